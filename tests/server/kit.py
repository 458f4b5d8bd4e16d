"""For tests of the port: a socket in memory that buffers as Twisted's do, and a client's bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet.abstract import FileDescriptor
from twisted.internet.address import IPv4Address
from twisted.internet.error import ConnectionAborted, ConnectionDone
from twisted.internet.interfaces import IAddress
from twisted.internet.testing import MemoryReactorClock
from twisted.logger import ILogObserver, globalLogPublisher
from twisted.python.failure import Failure
from zope.interface import implementer

from gamesync.server.line import Line

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Socket(FileDescriptor):
    """Twisted's own buffering and producers; only the system below is a double."""

    def __init__(self, reactor: MemoryReactorClock, peer: str = "192.168.1.5") -> None:
        super().__init__(reactor)
        self.clock = reactor
        self.peer: IAddress = IPv4Address("TCP", peer, 50000)
        self.heard = b""
        self.reads = True
        """Whether the peer takes what is sent to it."""
        self.aborted = False
        self.protocol: Any = None

    def attach(self, factory: Any) -> Any:
        """Connect a protocol of *factory*, as a listening port does."""
        self.protocol = factory.buildProtocol(self.peer)
        self.connected = 1
        self.startReading()
        self.protocol.makeConnection(self)
        return self.protocol

    @property
    def paused(self) -> bool:
        return self not in self.clock.getReaders()

    def say(self, data: bytes) -> bytes:
        """The peer sends *data*; what it hears then."""
        if self.connected:
            self.protocol.dataReceived(data)
        return self.listen()

    def listen(self) -> bytes:
        """What has come to the peer since it last asked."""
        self.clock.advance(0)
        self.flush()
        heard, self.heard = self.heard, b""
        return heard

    def flush(self) -> None:
        while self in self.clock.getWriters() and (self.reads or not self.unsent):
            end = self.doWrite()
            if end is not None:
                self.connectionLost(Failure(ConnectionDone()))

    @property
    def unsent(self) -> int:
        return len(self.dataBuffer) - self.offset + self._tempDataLen

    def writeSomeData(self, data: bytes) -> int:
        self.heard += bytes(data)
        return len(data)

    def abortConnection(self) -> None:
        if not self.aborted and self.connected:
            self.aborted = True
            self.stopReading()
            self.stopWriting()
            self.clock.callLater(0, self.connectionLost, Failure(ConnectionAborted()))

    def connectionLost(self, reason: Failure) -> None:
        if not self.disconnected:
            super().connectionLost(reason)
            self.protocol.connectionLost(reason)

    def getPeer(self) -> IAddress:
        return self.peer

    def getHost(self) -> IAddress:
        return IPv4Address("TCP", "192.168.1.2", 8765)


def in_reactor(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., Any]:
    """Run a test coroutine in the real reactor."""
    decorated: Callable[..., Any] = pytest_twisted.ensureDeferred(test)
    return decorated


def request(
    target: str = "/", *lines: str, method: str = "GET", host: str = "192.168.1.2"
) -> bytes:
    """The head of an HTTP request."""
    return "\r\n".join([f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()


def upgrade(target: str = "/", *lines: str, host: str = "192.168.1.2") -> bytes:
    """The head of a WebSocket's opening."""
    return request(
        target,
        "Upgrade: websocket",
        "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *lines,
        host=host,
    )


def client_frame(
    kind: int, payload: bytes = b"", fin: bool = True, size: int | None = None
) -> bytes:
    """A masked frame; *size* is what its head says, if that is not the truth."""
    size = len(payload) if size is None else size
    first = bytes([kind | (0x80 if fin else 0)])
    if size < 126:
        head = struct.pack("!B", 0x80 | size)
    elif size < 0x10000:
        head = struct.pack("!BH", 0xFE, size)
    else:
        head = struct.pack("!BQ", 0xFF, size)
    return first + head + b"\0\0\0\0" + payload


def server_frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The frames of a server: kind and payload of each."""
    while data:
        kind, size, at = data[0] & 0x0F, data[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(data[2:10], "big"), 10
        yield kind, data[at : at + size]
        data = data[at + size :]


def goodbye(data: bytes) -> tuple[int, str]:
    """Code and reason of the Close that *data* ends with."""
    kind, payload = list(server_frames(data))[-1]
    assert kind == CLOSE
    return int.from_bytes(payload[:2], "big"), payload[2:].decode()


@attrs.define
class Recorder:
    """A handler that notes what it is told, and breaks where it is told to."""

    line: Line
    told: list[tuple[Any, ...]] = attrs.field(factory=list)
    breaks: set[str] = attrs.field(factory=set)

    def _note(self, what: str, *rest: Any) -> None:
        self.told.append((what, *rest))
        if what in self.breaks:
            raise RuntimeError("the secret of the house")

    def opened(self) -> None:
        self._note("opened")

    def received(self, payload: bytes, is_binary: bool) -> None:
        self._note("received", payload)

    def heard(self) -> None:
        self._note("heard")

    def jammed(self) -> None:
        self._note("jammed")

    def drained(self) -> None:
        self._note("drained")

    def closed(self, code: int | None, reason: str) -> None:
        self._note("closed", code, reason)


@contextmanager
def log_entries() -> Iterator[list[dict[str, Any]]]:
    """Every event that is logged meanwhile."""
    found: list[dict[str, Any]] = []

    @implementer(ILogObserver)
    def observer(event: dict[str, Any]) -> None:
        found.append(event)

    globalLogPublisher.addObserver(observer)
    try:
        yield found
    finally:
        globalLogPublisher.removeObserver(observer)


@contextmanager
def failures() -> Iterator[list[Failure]]:
    """The failures that are logged meanwhile."""
    found: list[Failure] = []

    @implementer(ILogObserver)
    def observer(event: dict[str, Any]) -> None:
        if "log_failure" in event:
            found.append(event["log_failure"])

    globalLogPublisher.addObserver(observer)
    try:
        yield found
    finally:
        globalLogPublisher.removeObserver(observer)
