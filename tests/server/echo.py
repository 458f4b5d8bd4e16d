"""
The whole port with an echo in place of the game: for conformance suites and other people's clients.

``python echo.py [conformance] [certificate.pem] [name=value ...]`` serves on a free port of
127.0.0.1, prints it, and runs until its stdin ends. Limits are the product's, or those that the
conformance suite needs, changed by *name=value*.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import attrs
from twisted.web.resource import Resource

from gamesync.limits import Limits
from gamesync.server.channel import GuardedSite
from gamesync.server.front import FrontFactory
from gamesync.server.gate import Gate
from gamesync.server.line import Line
from gamesync.server.listen import Certificate, Listener, tcp
from gamesync.server.websocket import ConnectionFactory

CONFORMANCE = Limits(
    message_bytes=32 * 2**20,
    outbound_message_bytes=32 * 2**20,
    outbound_debt_bytes=64 * 2**20,
    frames_per_second=1e9,
    frames_burst=10**9,
    private_per_second=1e6,
    private_burst=10**6,
    private_open=10**6,
    ping_seconds=0,
)
"""What the conformance suite's big and many frames need; all else is the product's."""


@attrs.define
class Echo:
    """Says back what it hears, binary or text; does not greet, or nothing would pass."""

    line: Line

    def opened(self) -> None: ...

    def received(self, payload: bytes, is_binary: bool) -> None:
        self.line.send(payload, is_binary)

    def heard(self) -> None: ...

    def jammed(self) -> None:
        self.line.pause_reading()

    def drained(self) -> None:
        self.line.resume_reading()

    def closed(self, code: int | None, reason: str) -> None: ...


class Words(Resource):
    """A page."""

    isLeaf = True

    def render_GET(self, request: Any) -> bytes:
        request.setHeader(b"content-type", b"text/plain")
        path: bytes = request.path
        return b"hello " + path

    def render_POST(self, request: Any) -> bytes:
        return b"%d bytes" % len(request.content.read())


def port(reactor: Any, limits: Limits, handler: Any = Echo, **door: Any) -> FrontFactory:
    """All of it, but the listening."""
    connections = ConnectionFactory(reactor, handler, limits, **door)
    site = GuardedSite(Words(), reactor, limits, connections.door)
    gate = Gate(reactor.seconds, limits, connections.door)
    return FrontFactory(reactor, site, connections, gate)


def main(limits: Limits, certificate: Certificate | None = None) -> None:
    from twisted.internet import reactor, stdio
    from twisted.internet.protocol import Protocol

    loop: Any = reactor
    loop.seconds = time.monotonic

    class UntilTheEnd(Protocol):
        def connectionLost(self, reason: Any = None) -> None:
            if loop.running:
                loop.stop()

    listener = Listener(loop, tcp("127.0.0.1", 0), port(loop, limits), certificate)
    listener.startService()
    print(listener.port, flush=True)
    stdio.StandardIO(UntilTheEnd())
    loop.run()


if __name__ == "__main__":
    words = sys.argv[1:]
    pem = [Certificate(Path(word)) for word in words if word.endswith(".pem")]
    kinds: dict[str, Any] = {field.name: type(field.default) for field in attrs.fields(Limits)}
    pairs = [word.split("=") for word in words if "=" in word]
    base = CONFORMANCE if "conformance" in words else Limits()
    changed: Any = {name: kinds[name](value) for name, value in pairs}
    main(attrs.evolve(base, **changed), *pem)
