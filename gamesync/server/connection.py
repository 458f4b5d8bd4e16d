"""One WebSocket, on Autobahn, with every guard; what it carries is its handler's business."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from autobahn.twisted.websocket import WebSocketServerProtocol
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from twisted.internet.interfaces import IDelayedCall, IPushProducer, ISSLTransport
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from ..asking import new_request
from ..limits import Bucket
from ..wire.errors import CloseCode
from .gate import address_of
from .head import Visitor
from .line import Handler

if TYPE_CHECKING:
    from .websocket import ConnectionFactory

SUBPROTOCOL = "gamesync.v1"
"""Spoken with clients that offer it and with those that do not."""

ABUSE = frozenset({CloseCode.BINARY, CloseCode.ABUSE, CloseCode.TOO_BIG})
"""After a Close with one of these nothing more is read: a flood lives on what is read."""
_MAY_SEND = frozenset({*CloseCode, 1013, *range(3000, 5000)})
_LATE_BYTES = 64 * 1024
"""A peer that sends more than this after the closing has begun is not listening: cut it."""


class _OnlyErrors:
    """For Autobahn, which tells its log of each read and write, and warns of each lost peer."""

    def _unsaid(self, *args: object, **kwargs: object) -> None: ...

    trace = debug = info = warn = _unsaid
    error = critical = Logger("autobahn").error
    failure = Logger("autobahn").failure


@implementer(IPushProducer)
class Connection(WebSocketServerProtocol):
    """One WebSocket; to its handler it is the `Line`."""

    log = _OnlyErrors()
    _log = Logger()
    factory: ConnectionFactory

    visitor: Visitor | None = None
    """Set before the connection is made by whoever read the head; else the socket is asked."""
    handler: Handler | None = None
    closeHandshakeTimeoutCall: Any = None
    origin: str | None = None
    host = ""

    def __init__(self) -> None:
        super().__init__()
        self.jammed = False
        self.debt = 0
        self._queue: deque[bytes] = deque()
        self._full = False  # the transport has asked us to wait
        self._paused = False  # by the handler, or for good after abuse
        self._late = 0  # bytes that came after the closing had begun
        self._linger: IDelayedCall | None = None

    # Coming and going

    def connectionMade(self) -> None:
        limits = self.factory.limits
        self._frames = Bucket(limits.frames_per_second, limits.frames_burst)
        super().connectionMade()
        visitor = self.visitor or Visitor(
            address_of(self.transport.getPeer()), None, ISSLTransport.providedBy(self.transport)
        )
        # Autobahn writes its own form of the address to ``peer``, and reads it only for its logs.
        self.peer, self.via, self.secure = visitor.peer, visitor.via, visitor.secure

    def onConnect(self, request: ConnectionRequest) -> str | None:
        try:
            self.host = request.headers["host"]
            self.origin = request.headers.get("origin")
            refusal = self.factory.door.refusal(self.host, self.origin, self.secure)
        except Exception:
            self._log.failure("opening a connection broke")
            refusal = HTTPStatus.INTERNAL_SERVER_ERROR
        if refusal is not None:
            self.factory.denied(refusal)
            raise ConnectionDeny(int(refusal), refusal.phrase)
        return SUBPROTOCOL if SUBPROTOCOL in request.protocols else None

    def onOpen(self) -> None:
        self.transport.registerProducer(self, True)
        try:
            self.handler = self.factory.handler(self)
        except Exception:
            self._broke("making a handler broke")
        else:
            self._tell(self.handler.opened)

    message_data: list[bytes] | None

    def onMessageEnd(self) -> None:
        # In place of Autobahn's, which also makes a Deferred for each message.
        if not self.failedByMe:
            self.onMessage(b"".join(self.message_data or ()), self.message_is_binary)
        self.message_data = None

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        # Autobahn goes on delivering what came in one read with the end.
        if self.state == self.STATE_OPEN and self.handler is not None:
            self._tell(self.handler.received, payload, isBinary)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        handler, self.handler = self.handler, None
        if handler is None:
            return
        if self.closedByMe:
            code, words = self.localCloseCode, self.localCloseReason
            reason = words.decode("utf-8", "replace") if words else ""
        elif not wasClean:
            code = None
        try:
            handler.closed(code, reason or "")
        except Exception:
            self._log.failure("a handler broke at the end")

    def connectionLost(self, reason: Failure) -> None:
        for timer in (self._linger, self.closeHandshakeTimeoutCall):
            if timer is not None:  # Autobahn forgets to cancel its own
                timer.cancel()
        self._linger = self.closeHandshakeTimeoutCall = None
        self._forget_queue()
        super().connectionLost(reason)
        # Its result is the connection itself: only the collector would free them, and what waits
        # for it (sessions, buffers) is most of the memory of a busy server.
        self.is_closed = None

    def _tell(self, what: Callable[..., None], *args: object) -> None:
        try:
            what(*args)
        except Exception:
            self._broke("a handler broke")

    def _broke(self, message: str) -> None:
        """Our own bug: in the log what it was, to the peer that it was."""
        request = new_request()
        self._log.failure(message, request=request)
        self.close(CloseCode.INTERNAL, f"internal error {request}")

    # Out

    def send(self, frame: bytes, is_binary: bool = False) -> None:
        if self.state != self.STATE_OPEN:
            return
        try:
            data = self.factory.framed(frame, is_binary)
        except Exception:
            self._broke("a message could not be sent")
            return
        if not self.jammed:
            self.transport.write(data)
            return
        self._queue.append(data)
        self.debt += len(data)
        if self.debt > self.factory.limits.outbound_debt_bytes:
            self._forget_queue()
            self.close(CloseCode.TOO_SLOW, "too slow")

    def close(self, code: int, reason: str) -> None:
        if self.state != self.STATE_OPEN:
            return
        if code not in _MAY_SEND:
            self._log.error("{code} is no code to close with", code=code)
            code = CloseCode.INTERNAL
        if code in ABUSE or code == CloseCode.TOO_SLOW:
            self._log.info("{peer} is cut off: {reason}", peer=self.peer, reason=reason)
        self.sendCloseFrame(code, reason.encode()[:123].decode(errors="ignore").encode())
        if code in ABUSE:
            self._stop_listening()
        else:
            self.resume_reading()  # to hear the peer's answer

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        # All ways of closing lead through here: what waits goes before the Close, or never.
        if self.state == self.STATE_OPEN and not isReply:
            for data in self._queue:
                self.transport.write(data)
        self._forget_queue()
        super().sendCloseFrame(code, reasonUtf8, isReply)

    def pauseProducing(self) -> None:
        """The transport holds 64 KiB that the peer does not take."""
        self._full = True
        if not self.jammed and self.state == self.STATE_OPEN:
            self.jammed = True
            if self.handler is not None:
                self._tell(self.handler.jammed)

    def resumeProducing(self) -> None:
        """The transport holds nothing any more."""
        self._full = False
        while self._queue and not self._full:
            data = self._queue.popleft()
            self.debt -= len(data)
            self.transport.write(data)
        if self.jammed and not self._full and self.state == self.STATE_OPEN:
            self.jammed = False
            if self.handler is not None:
                self._tell(self.handler.drained)

    def stopProducing(self) -> None:
        """Part of IPushProducer; `connectionLost` does the work."""

    def onPing(self, payload: bytes) -> None:
        if not self.jammed:  # who does not read shall not make us remember the answers
            super().onPing(payload)

    def onAutoPingTimeout(self) -> None:
        # In the reactor's turn timers come before sockets: when the process has stood still, the
        # pongs of healthy peers wait there to be read. One more turn, and they have been.
        self.autoPingTimeoutCall = self.factory.reactor.callLater(0, self._pong_is_missing)

    def _pong_is_missing(self) -> None:
        if self._paused:  # it may wait where we do not read
            self.autoPingTimeoutCall = self.factory.reactor.callLater(1, self._pong_is_missing)
        else:
            super().onAutoPingTimeout()

    def onPong(self, payload: bytes) -> None:
        if self.handler is not None and self.state == self.STATE_OPEN:
            self._tell(self.handler.heard)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self.debt = 0

    # In

    def dataReceived(self, data: bytes) -> None:
        if self.state in (self.STATE_CLOSING, self.STATE_CLOSED):
            self._late += len(data)
            if self._late > _LATE_BYTES:
                self.transport.abortConnection()
            if self.state == self.STATE_CLOSED or self._linger is not None:
                return  # Autobahn would keep it
        self._dataReceived(data)

    def consumeData(self) -> None:
        # Autobahn's own loop does not stop when the handler wants to hear no more.
        if self.state == self.STATE_CONNECTING:
            super().consumeData()
        while (
            not self._paused
            and self.state in (self.STATE_OPEN, self.STATE_CLOSING)
            and self.processData()
        ):
            pass

    def onFrameBegin(self) -> None:
        # Counted here because Autobahn has no budget of its own: one client's pings or empty
        # frames, 200,000 a second, would hold up everybody.
        if not self._frames.take(self.factory.seconds()):
            self.close(CloseCode.ABUSE, "too many frames")
            self._stop_listening()
            return
        super().onFrameBegin()

    def pause_reading(self) -> None:
        self._paused = True
        self.transport.pauseProducing()

    def resume_reading(self) -> None:
        if self._paused:
            self.factory.reactor.callLater(0, self._read_on)

    def _read_on(self) -> None:
        if self._linger is None and self.state in (self.STATE_OPEN, self.STATE_CLOSING):
            self._paused = False
            self.transport.resumeProducing()
            self.consumeData()

    # The end

    def _fail_connection(self, code: int = 1001, reason: str = "going away") -> None:
        super()._fail_connection(code, reason)
        if code in ABUSE:
            self._stop_listening()

    def _stop_listening(self) -> None:
        """
        Read nothing more, and cut the connection after a moment.

        The moment lets the Close arrive: a reset at once would overtake it in the peer's system.
        """
        self._paused = True
        self.data = b""
        self.transport.pauseProducing()
        self._lingering(self.factory.limits.abuse_linger_seconds)

    def _closeConnection(self, abort: bool = False) -> None:
        super()._closeConnection(abort)
        if not abort:  # a peer that never reads would hold its socket and our memory for ever
            self._forget_queue()
            self._lingering(self.factory.limits.linger_seconds)

    def _lingering(self, seconds: float) -> None:
        if self._linger is None:
            self._linger = self.factory.reactor.callLater(seconds, self._cut)

    def _cut(self) -> None:
        self._linger = None
        self.transport.abortConnection()

    def sendHttpErrorResponse(
        self, code: int, reason: str, responseHeaders: list[tuple[str, str]] | None = None
    ) -> None:
        """Only the status and its usual words: Autobahn's own may quote an exception."""
        lines = [f"HTTP/1.1 {code} {HTTPStatus(code).phrase}"]
        lines += [f"{name}: {value}" for name, value in responseHeaders or ()]
        lines += ["Content-Length: 0", "Connection: close", "", ""]
        self.transport.write("\r\n".join(lines).encode("ascii"))
