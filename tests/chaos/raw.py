"""A WebSocket by hand, for peers that do what no library lets them."""

from __future__ import annotations

import base64
import json
import os
import socket
import struct
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(payload: bytes, opcode: int = TEXT, *, final: bool = True, mask: bool = True) -> bytes:
    """One frame as a client sends it; the mask is zero, so that the payload can be read."""
    size = len(payload)
    head = bytes([(0x80 if final else 0) | opcode])
    bit = 0x80 if mask else 0
    if size < 126:
        head += bytes([bit | size])
    elif size < 0x10000:
        head += bytes([bit | 126]) + struct.pack("!H", size)
    else:
        head += bytes([bit | 127]) + struct.pack("!Q", size)
    return head + (b"\0\0\0\0" if mask else b"") + payload


class RawSocket:
    """
    One connection past its handshake.

    :ivar closed: code of the Close that came, 0 for none, None while open
    """

    def __init__(
        self, port: int, *, receive_buffer: int | None = None, source: str = "", path: str = "/ws"
    ) -> None:
        self.socket = socket.socket()
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if source:
            self.socket.bind((source, 0))
        self.socket.settimeout(10)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self._data = b""
        while b"\r\n\r\n" not in self._data:
            if not (more := self.socket.recv(65536)):
                raise ConnectionError("no handshake")
            self._data += more
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        if b" 101 " not in head:
            raise ConnectionError(head.decode("latin-1"))
        self.closed: int | None = None
        self.answers_pings = True
        self.pings: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """These very bytes; a peer that has cut the connection is no error."""
        try:
            self.socket.sendall(data)
        except OSError:
            self.closed = self.closed or 0

    def say(self, message: dict[str, Any] | str | bytes) -> None:
        if isinstance(message, dict):
            message = json.dumps(message)
        self.send(frame(message.encode() if isinstance(message, str) else message))

    def hear(self, seconds: float = 5.0) -> Iterator[dict[str, Any]]:
        """Messages that come within *seconds*, until the connection ends."""
        until = time.monotonic() + seconds
        while True:
            while (whole := self._frame()) is not None:
                opcode, payload = whole
                if opcode == CLOSE:
                    self.closed = struct.unpack("!H", payload[:2])[0] if payload else 0
                    return
                if opcode == PING and not self.answers_pings:
                    self.pings.append(payload)
                    return
                if opcode == PING:
                    self.send(frame(payload, PONG))
                elif opcode == TEXT:
                    yield json.loads(payload)
            left = until - time.monotonic()
            if left <= 0:
                return
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(1 << 18)
            except TimeoutError:
                return
            except OSError:
                more = b""
            finally:
                self.socket.settimeout(10)
            if not more:
                self.closed = self.closed or 0
                return
            self._data += more

    def wait_for(self, type_: str, seconds: float = 5.0) -> dict[str, Any]:
        for message in self.hear(seconds):
            if message["type"] == type_:
                return message
        raise AssertionError(f"no {type_} came within {seconds} s")

    def wait_for_ping(self, seconds: float = 5.0) -> bytes:
        """A ping, which is not answered here."""
        self.answers_pings = False
        for _ in self.hear(seconds):
            pass  # it ends with the ping
        if not self.pings:
            raise AssertionError(f"no ping came within {seconds} s")
        return self.pings.pop()

    def _frame(self) -> tuple[int, bytes] | None:
        data = self._data
        if len(data) < 2:
            return None
        size, at = data[1] & 0x7F, 2
        if size == 126:
            if len(data) < 4:
                return None
            size, at = struct.unpack("!H", data[2:4])[0], 4
        elif size == 127:
            if len(data) < 10:
                return None
            size, at = struct.unpack("!Q", data[2:10])[0], 10
        if len(data) < at + size:
            return None
        self._data = data[at + size :]
        return data[0] & 0x0F, data[at : at + size]
