"""The first protocol of every connection: reads one head under guard, and says who goes on."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolNegotiationFactory,
    IReactorTime,
    ISSLTransport,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ..limits import Limits
from .channel import WEBSOCKET_PATHS, GuardedSite, short_answer
from .gate import Gate, address_of
from .head import END, BadHead, Head, Visitor, alien
from .websocket import ConnectionFactory


class Front(Protocol):
    """
    One connection: first unknown, then HTTP or WebSocket, or HTTP and then WebSocket.

    It stays in the way of what is received; what is sent goes to the transport directly.
    """

    factory: FrontFactory
    transport: Any

    def __init__(self, address: IAddress) -> None:
        self._address = address
        self._seen = b""
        self._inner: IProtocol | None = None
        self._over = False
        self._timer: IDelayedCall | None = None  # the head's, a late visitor's, or the linger
        self._entered: str | None = None

    def connectionMade(self) -> None:
        seconds = self.factory.limits.head_seconds
        self._timer = self.factory.reactor.callLater(seconds, self._cut)

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
        elif not self._over:
            if self._entered is not None:  # held: a visitor of a proxy who waits for his turn
                self._seen += data
                return
            try:
                self._look(data)
            except BadHead as bad:
                self._refuse(bad.status)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._over = True
        self._stop_timer()
        if self._entered is not None:
            self.factory.gate.leave(self._entered)
            self._entered = None
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.connectionLost(reason)

    def visitor(self, head: Head) -> Visitor:
        """Who sent *head*."""
        secure = ISSLTransport.providedBy(self.transport)
        return self.factory.door.visitor(head, address_of(self._address), secure)

    def switch(self, head: Head, raw: bytes) -> None:
        """Called by the HTTP channel, which lets go: *raw* is the head of a WebSocket."""
        self._inner = None
        self._enter(head, raw)

    def _look(self, data: bytes) -> None:
        """:raises BadHead: on what can be no head"""
        known = len(self._seen)
        seen = self._seen = self._seen + data
        end = seen.find(END, max(0, known - len(END) + 1))
        size = end + len(END) if end >= 0 else len(seen)
        if alien(seen[known:size]):
            raise BadHead(HTTPStatus.BAD_REQUEST)
        if size > self.factory.limits.head_bytes:
            raise BadHead(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        if end < 0:
            return
        head = Head.parse(seen[:size], self.factory.limits.head_headers)
        self._stop_timer()
        if head.asks_for_websocket and head.path in WEBSOCKET_PATHS:
            self._enter(head, seen)
        else:
            self._seen = b""
            channel = self.factory.site.buildProtocol(self._address)
            channel.front = self
            self._go_on_as(channel, seen)

    def _enter(self, head: Head, seen: bytes) -> None:
        """Let a WebSocket in: at once, or in its turn if it comes through a proxy."""
        visitor = self.visitor(head)
        only = self.factory.site.https_only
        if only is not None and only.stops(head, visitor):
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        self._seen = seen
        wait: float | None = 0.0
        if visitor.via is not None and not self.factory.door.is_proxy(visitor.peer):
            wait = self.factory.gate.enter(visitor.peer)
            if wait is None:
                self._refuse(HTTPStatus.SERVICE_UNAVAILABLE)
                return
            self._entered = visitor.peer
        if wait:
            self.transport.pauseProducing()
            self._timer = self.factory.reactor.callLater(wait, self._open, visitor)
        else:
            self._open(visitor)

    def _open(self, visitor: Visitor) -> None:
        self._timer = None
        connection = self.factory.connections.buildProtocol(self._address)
        connection.visitor = visitor
        seen, self._seen = self._seen, b""
        self.transport.resumeProducing()
        self._go_on_as(connection, seen)

    def _go_on_as(self, inner: IProtocol, data: bytes) -> None:
        self._inner = inner
        inner.makeConnection(self.transport)
        inner.dataReceived(data)

    def _refuse(self, status: HTTPStatus) -> None:
        """Say so, and cut; what else comes is thrown away."""
        self._over = True
        self._seen = b""
        self._stop_timer()
        if status != HTTPStatus.SERVICE_UNAVAILABLE:
            self.factory.gate.denied(status)
        self.transport.write(short_answer(status))
        self.transport.loseConnection()
        # TLS waits for the peer's goodbye without end.
        self._timer = self.factory.reactor.callLater(self.factory.limits.linger_seconds, self._cut)

    def _cut(self) -> None:
        self._over = True
        self._timer = None
        self.transport.abortConnection()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


@implementer(IProtocolNegotiationFactory)
class FrontFactory(Factory[Front]):
    """
    WebSocket at ``/`` and ``/ws``, twisted.web for all else, on one port.

    Limits and door are the connections' own.
    """

    noisy = False

    def __init__(
        self, reactor: IReactorTime, site: GuardedSite, connections: ConnectionFactory, gate: Gate
    ) -> None:
        self.reactor = reactor
        self.site = site
        self.connections = connections
        self.gate = gate
        site.denied = connections.denied = gate.denied
        self.limits: Limits = connections.limits
        self.door = connections.door

    def buildProtocol(self, addr: Any) -> Front:
        front = Front(addr)
        front.factory = self
        return front

    def acceptableProtocols(self) -> list[bytes]:
        """For ALPN; without it, TLS refuses every client that uses ALPN."""
        return [b"http/1.1"]
