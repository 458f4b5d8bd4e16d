"""One WebSocket of the client, on Autobahn, from its first byte to the reason of its end."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Protocol

import attrs
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.types import ConnectingRequest
from OpenSSL import SSL
from twisted.internet import error as broken
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..wire.errors import CloseCode
from ..wire.messages import SUBPROTOCOL
from .timer import Monotonic, Timer
from .tls import UntrustedServer

MESSAGE_BYTES = 8 * 1024 * 1024
"""The largest message taken from a server: a whole state is a small part of it."""
HEAD_BYTES = 64 * 1024
LINGER_SECONDS = 2.0
"""How long the other side may take over a goodbye."""


class Kind(StrEnum):
    """What sort of reason a connection has for its state."""

    OPENED = "opened"
    STARTING = "starting"
    STOPPED = "stopped"
    UNREACHABLE = "unreachable"
    """No TCP connection: wrong address, nothing listening, no network."""
    UNTRUSTED = "untrusted"
    """TLS: the server could not prove who it is."""
    TURNED_AWAY = "turned_away"
    """It speaks HTTP, but did not open a WebSocket; ``code`` is the HTTP status."""
    CLOSED = "closed"
    """It said goodbye with the close code ``code``."""
    SILENT = "silent"
    """It is connected, but says nothing any more."""
    LOST = "lost"
    """The connection broke."""


@attrs.frozen(kw_only=True)
class Reason:
    """Why a connection is in its state. As text it is a sentence for people."""

    kind: Kind
    words: str
    code: int | None = None
    error: BaseException | None = attrs.field(default=None, eq=False)
    retry_in: float | None = None
    """Seconds until the next attempt; None: none is planned, or one is on its way."""
    come_back: bool = True
    """False: the server asked us not to come back by ourselves."""
    wait: float = 0.0
    """The least wait, in seconds, that the server asked for."""

    def __str__(self) -> str:
        return self.words


class Ears(Protocol):
    """What a talk calls."""

    def said(self, payload: bytes) -> None: ...

    def alive(self) -> None:
        """Something came, be it a part of a message."""


class _OnlyErrors:
    """For Autobahn, which tells its log of each read and of each refused handshake."""

    def _unsaid(self, *args: object, **kwargs: object) -> None: ...

    trace = debug = info = warn = error = _unsaid
    critical = Logger("autobahn").critical
    failure = Logger("autobahn").failure


class Talk(WebSocketClientProtocol):
    """
    :ivar opened: fires when the WebSocket is open; fails with :exc:`Ended`. Cancelling it aborts
    :ivar ended: fires with the :class:`Reason`, once, when the connection is gone
    """

    log = _OnlyErrors()
    _log = Logger()
    factory: TalkFactory

    def __init__(self) -> None:
        super().__init__()
        self.opened: Deferred[None] = Deferred(lambda _: self.drop(_TOO_SLOW_TO_OPEN))
        self.ended: Deferred[Reason] = Deferred()
        self._why: Reason | None = None
        self._early: list[bytes] | None = []
        self._linger: Timer | None = None
        self.advice: tuple[str, bool, float] | None = None

    # -- what the link calls

    def say(self, payload: bytes) -> bool:
        """Send a message; False if it is too late for that."""
        if self.state != self.STATE_OPEN:
            return False
        self.sendMessage(payload)
        return True

    def listen(self) -> None:
        """Hand on what came, and what comes from now on."""
        early, self._early = self._early, None
        for payload in early or ():
            self.onMessage(payload, False)

    def goodbye(self) -> None:
        """Close politely; a peer that does not answer is cut off."""
        self.sendClose(int(CloseCode.NORMAL))

    def drop(self, why: Reason) -> None:
        """Break the connection off at once; *why* becomes its reason."""
        self._why = self._why or why
        if self.transport is not None:
            self.transport.abortConnection()

    # -- what Autobahn calls

    def onConnecting(self, transport_details: object) -> ConnectingRequest:
        factory = self.factory
        host = f"[{factory.host}]" if ":" in factory.host else factory.host
        return ConnectingRequest(
            host=host,
            port=factory.port,
            resource=factory.resource,
            headers=factory.headers,
            useragent=factory.useragent,
            origin=factory.origin,
            protocols=factory.protocols,
        )

    def dataReceived(self, data: bytes) -> None:
        self.factory.ears.alive()
        try:
            super().dataReceived(data)
        except Exception:  # Autobahn decodes a head as UTF-8, whatever was sent
            self._log.failure("reading what the server sent broke")
            self.drop(
                Reason(kind=Kind.TURNED_AWAY, words="what answers there is no server of ours")
            )
        if self.state == self.STATE_CONNECTING and len(self.data) > HEAD_BYTES:
            self.drop(Reason(kind=Kind.TURNED_AWAY, words="its answer has no end"))

    def onOpen(self) -> None:
        self.opened.callback(None)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        if self._early is not None:
            self._early.append(payload)  # it came in one piece with the end of the handshake
            return
        try:
            self.factory.ears.said(payload)
        except Exception:
            self._log.failure("a message from the server broke the client")

    def sendCloseFrame(self, *args: Any, **kwargs: Any) -> None:
        # All ways of closing lead through here, the answer to the server's Close among them.
        super().sendCloseFrame(*args, **kwargs)
        if self._linger is None:
            self._linger = Timer(self.factory.reactor, self.factory.monotonic, self._cut)
            self._linger.start(LINGER_SECONDS)

    def connectionLost(self, reason: Failure) -> None:
        if self._linger is not None:
            self._linger.stop()
        super().connectionLost(reason)
        why = self._why or self._reason(reason.value)
        if not self.opened.called:
            self.opened.errback(Ended(why))
        self.ended.callback(why)

    def _cut(self) -> None:
        self.transport.abortConnection()

    def _reason(self, error: BaseException | None) -> Reason:
        if self.remoteCloseCode is not None and not self.closedByMe:
            return closed(self.remoteCloseCode, self.remoteCloseReason or "")
        if isinstance(error, UntrustedServer | SSL.Error):
            return reason_of(error)
        if self.failedByMe:
            said = (self.localCloseReason or b"").decode("utf-8", "replace")
            words = f"what the server sent cannot be read: {said}"
            return Reason(kind=Kind.LOST, words=words, code=self.localCloseCode)
        if not self.opened.called and self.wasNotCleanReason and self.droppedByMe:
            return self._turned_away()
        return reason_of(error)

    def _turned_away(self) -> Reason:
        words = getattr(self, "http_status_line", "").split()
        status = int(words[1]) if len(words) > 1 and words[1].isdigit() else None
        if status is None or status == 101:
            said = f"what answers there is no server of ours: {self.wasNotCleanReason}"
            return Reason(kind=Kind.TURNED_AWAY, words=said)
        wait = str(self.http_headers.get("retry-after", "")).strip()
        return Reason(
            kind=Kind.TURNED_AWAY,
            words=f"the server turned us away: {' '.join(words[1:])[:80]}",
            code=status,
            wait=min(float(wait), 300.0) if wait.isdecimal() else 0.0,
        )


class TalkFactory(WebSocketClientFactory):
    """Makes the talks of one link. Every timer is our own: Autobahn's ignore the reactor given."""

    noisy = False
    protocol = Talk

    def __init__(self, url: str, reactor: IReactorTime, monotonic: Monotonic, ears: Ears) -> None:
        super().__init__(url, protocols=[SUBPROTOCOL], useragent="gamesync", reactor=reactor)
        self.monotonic = monotonic
        self.ears = ears
        self.setProtocolOptions(
            openHandshakeTimeout=0,
            closeHandshakeTimeout=0,
            serverConnectionDropTimeout=0,
            autoPingInterval=0,
            maxFramePayloadSize=MESSAGE_BYTES,
            maxMessagePayloadSize=MESSAGE_BYTES,
            failByDrop=False,
            tcpNoDelay=True,
            perMessageCompressionOffers=[],
        )


class Ended(Exception):
    """A talk ended before it began."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.words)
        self.reason = reason


_TOO_SLOW_TO_OPEN = Reason(kind=Kind.SILENT, words="the server did not answer in time")
_STAYS_AWAY = frozenset(
    code for code in CloseCode if code.come_back == "no" and code is not CloseCode.GOING_AWAY
)
"""Codes after which we do not come back. 1001 is no server's of ours, but of a proxy in between,
which is leaving and will be back."""
_ABUSE_WAIT = 30.0


def closed(code: int, said: str) -> Reason:
    """The reason in a close code from the server, with what it *said* beside it."""
    known = next((member for member in CloseCode if member == code), None)
    meaning = known.meaning if known is not None else "No reason was given."
    return Reason(
        kind=Kind.CLOSED,
        words=f"the server closed the connection ({code}): {said or meaning}",
        code=code,
        come_back=code not in _STAYS_AWAY,
        wait=_ABUSE_WAIT if code == CloseCode.ABUSE else 0.0,
    )


def reason_of(error: BaseException | None) -> Reason:
    """The reason in an exception of an endpoint, of TLS or of a transport."""
    match error:
        case Ended():
            return error.reason
        case UntrustedServer():
            return Reason(kind=Kind.UNTRUSTED, words=str(error), error=error)
        case SSL.Error():
            why = error.args[0][0][-1] if error.args and error.args[0] else "no reason given"
            words = f"no secure connection: {why}"
            return Reason(kind=Kind.UNTRUSTED, words=words, error=error)
        case broken.DNSLookupError():
            words = "there is no computer of that name here"
            return Reason(kind=Kind.UNREACHABLE, words=words, error=error)
        case broken.ConnectionRefusedError():
            words = "nothing is listening there (is the server running?)"
            return Reason(kind=Kind.UNREACHABLE, words=words, error=error)
        case broken.TimeoutError() | CancelledError() | broken.ConnectingCancelledError():
            return _TOO_SLOW_TO_OPEN
        case broken.ConnectionDone() | broken.ConnectionLost() | broken.ConnectionAborted():
            return Reason(kind=Kind.LOST, words="the connection broke", error=error)
        case _:
            words = f"no connection: {error}"
            return Reason(kind=Kind.UNREACHABLE, words=words, error=error)
