"""twisted.web with its limits lowered, and a way from a kept-alive HTTP connection to WebSocket."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IAddress, IDelayedCall, IReactorTime
from twisted.internet.protocol import connectionDone
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.error import UnsupportedMethod
from twisted.web.http import HTTPChannel
from twisted.web.resource import IResource, Resource
from twisted.web.server import Request, Site

from ..limits import Limits
from .gate import address_of
from .head import END, BadHead, Door, Head, Visitor
from .https_only import HttpsOnly

if TYPE_CHECKING:
    from .front import Front

WEBSOCKET_PATHS = frozenset({"/", "/ws"})


def short_answer(status: HTTPStatus, location: str = "") -> bytes:
    """An answer of a status and nothing else, after which the connection is closed."""
    to = f"Location: {location}\r\nCache-Control: no-store\r\n" if location else ""
    return (
        f"HTTP/1.1 {status.value} {status.phrase}\r\n{to}"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


class _OrNotAllowed(Resource):
    """
    A resource that refuses methods it has not, in JSON as it answers everything else.

    Twisted's own answer is a page for people, which quotes the request.
    """

    def __init__(self, asked: IResource) -> None:
        super().__init__()
        self._asked = asked

    def render(self, request: Any) -> Any:
        try:
            return self._asked.render(request)
        except UnsupportedMethod as no:
            request.setResponseCode(HTTPStatus.METHOD_NOT_ALLOWED)
            request.setHeader(b"allow", b", ".join(no.allowedMethods))
            request.setHeader(b"content-type", b"application/json; charset=utf-8")
            request.setHeader(b"x-content-type-options", b"nosniff")
            return b'{"error":"method_not_allowed"}'


class GuardedRequest(Request):
    """A request whose Host has been judged, and which may turn out to be a WebSocket's."""

    channel: Channel
    site: GuardedSite
    visitor: Visitor
    """Who asks; its address is the forwarded one behind a named proxy."""

    def process(self) -> None:
        try:
            head = self._head()
        except BadHead as bad:
            self.channel.refuse(bad.status)
            return
        door = self.channel.site.door
        if door.misdirected(head.get("host")):
            self.channel.refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        self.visitor = self.channel.front.visitor(head)
        only = self.channel.site.https_only
        if only is not None and only.stops(head, self.visitor):
            local = address_of(self.channel.transport.getHost())
            self.channel.refuse(*only.answer(head, local))
            return
        if head.asks_for_websocket and head.path in WEBSOCKET_PATHS:
            self.channel.leave_http(head, self._raw_head())
            return
        super().process()

    def render(self, resrc: IResource) -> None:
        self.responseHeaders.removeHeader(b"server")  # the version is nobody's business
        super().render(_OrNotAllowed(resrc))

    def _raw_head(self) -> bytes:
        lines = [b"%s %s %s" % (self.method, self.uri, self.clientproto)]
        for name, values in self.requestHeaders.getAllRawHeaders():
            lines += [name + b": " + value for value in values]
        return b"\r\n".join(lines) + END

    def _head(self) -> Head:
        return Head.parse(self._raw_head(), self.channel.maxHeaders)


class Channel(HTTPChannel):
    """One HTTP connection."""

    site: GuardedSite
    front: Front
    transport: Any
    _left = False
    """HTTP is over here: refused, or handed on to WebSocket."""
    _refused = False
    _lingering: IDelayedCall | None = None

    def dataReceived(self, data: bytes) -> None:
        # Twisted's own would restart the time-out at each byte, and so a dribble could go on for
        # ever. Here it runs from the last answer.
        if not self._left:
            super(HTTPChannel, self).dataReceived(data)

    def rawDataReceived(self, data: bytes) -> None:
        if not self._left:
            super().rawDataReceived(data)
        elif not self._refused:
            self.front.dataReceived(data)  # frames sent in one breath with the request

    def lineLengthExceeded(self, line: bytes) -> None:
        self.refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)

    def allHeadersReceived(self) -> None:
        if self.length is None:
            self.refuse(HTTPStatus.LENGTH_REQUIRED)
        elif self.length > self.site.limits.http_body_bytes:
            self.refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            super().allHeadersReceived()

    def refuse(self, status: HTTPStatus, location: str = "") -> None:
        """Answer with *status* alone, and read nothing more."""
        self._left = self._refused = True
        if not location:
            self.site.denied(status)
        self.transport.write(short_answer(status, location))
        self.loseConnection()

    def leave_http(self, head: Head, raw: bytes) -> None:
        """Give the connection up to WebSocket, with the head that asked for it."""
        self._left = True
        self.setTimeout(None)
        self.requests.clear()
        self.transport.unregisterProducer()
        self.front.switch(head, raw)

    def timeoutConnection(self) -> None:
        self.loseConnection()

    def loseConnection(self) -> None:
        super().loseConnection()
        if self._lingering is None:  # TLS waits for the peer's goodbye without end
            seconds = self.site.limits.http_linger_seconds
            self._lingering = self.callLater(seconds, self._cut)

    def _cut(self) -> None:
        self._lingering = None
        self.transport.abortConnection()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        super().connectionLost(reason)


class GuardedSite(Site):
    """A Site for our port. Make it with the root resource; `FrontFactory` uses it."""

    _log = Logger()
    noisy = False
    displayTracebacks = False
    protocol: Any = Channel
    requestFactory = GuardedRequest

    def __init__(
        self,
        resource: IResource,
        reactor: IReactorTime,
        limits: Limits | None = None,
        door: Door | None = None,
        https_only: HttpsOnly | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.door = door or Door()
        self.https_only = https_only
        self.denied: Callable[[int], None] = lambda status: None
        """Told of each refusal."""
        super().__init__(resource, reactor=reactor, timeout=self.limits.http_idle_seconds)

    def buildProtocol(self, addr: IAddress | None) -> Any:
        channel = super().buildProtocol(addr)
        channel.totalHeadersSize = channel.MAX_LENGTH = self.limits.head_bytes
        channel.maxHeaders = self.limits.head_headers
        return channel

    def log(self, request: Any) -> None:
        """No access log with addresses and links in it; only this, for whoever looks closely."""
        self._log.debug(
            "{method} {path} {code}", method=request.method, path=request.path, code=request.code
        )
