"""
What one connection says, in order, each message to what does it; it knows no game and no rule.

Messages are taken one at a time, each answered before the next; only heartbeats are answered at
once. The inbox is given its session with each call and holds none, so that neither keeps the other.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..asking import new_request
from ..domain.values import Millis, Refused
from ..limits import Limits
from ..store import Unavailable
from ..wire import messages as m
from ..wire.codec import Malformed, decode
from ..wire.errors import CloseCode, ErrorCode
from . import believed, looking
from .commanding import command
from .creating import create, from_state
from .joining import Joining
from .rate import Rate
from .received import Received
from .tokens import OVER_SAID

if TYPE_CHECKING:
    from .session import Session

STORAGE_SAID = "the store is not to be had just now; nothing has changed, try again"


class Inbox:
    """
    :ivar waiting: what is being done, and behind it what waits its turn
    """

    _log = Logger()

    def __init__(self, limits: Limits, now: Millis) -> None:
        self.waiting: deque[Received] = deque()
        self._most = limits.commands_queued
        self._rate = Rate(limits)
        self._working = False
        self._previous_ms = now

    # -- it comes

    def received(self, session: Session, payload: bytes, is_binary: bool) -> None:
        """Answer it at once, or let it wait its turn."""
        now, size, note = session.heard_ms, len(payload), session.hub.watch.message
        previous_ms, self._previous_ms = self._previous_ms, now
        if is_binary:
            session.line.close(CloseCode.BINARY, "this protocol is text")
            return
        try:
            message = decode(payload)
        except Malformed as e:
            if self._within_rate(session, e.id):
                error = m.ErrorData(code=e.code, message=e.message, field=e.field)
                session.send(error, id_=e.id)
            note(session, "malformed", e.code, size=size)
            return
        session.stop_waiting()
        received = Received(message=message, now=now, previous_ms=previous_ms, size=size)
        if isinstance(message, m.Heartbeat):
            _heartbeat(session, message)
            note(session, received.type, "ok", size=size)
        elif not self._within_rate(session, message.id):
            note(session, received.type, ErrorCode.RATE_LIMITED.value, size=size)
        else:
            self._queue(session, received)

    def _within_rate(self, session: Session, id_: str | None) -> bool:
        """Whether the connection keeps its rate; if not it is told, and at last cut off."""
        now = session.hub.seconds()
        seated = any(membership.audience == "match" for membership in session.games.values())
        match self._rate.judge(now, seated=seated):
            case "passes":
                return True
            case "too fast":
                error = m.ErrorData(
                    code=ErrorCode.RATE_LIMITED,
                    message="slower, please",
                    retry_after_ms=self._rate.wait_ms(now, seated=seated),
                )
                session.send(error, id_=id_)
            case "cut off":
                self._log.info("{client} is cut off: too many messages", client=session.client_id)
                session.line.close(CloseCode.ABUSE, "too many messages")
        return False

    # -- it waits its turn

    def _queue(self, session: Session, received: Received) -> None:
        self.waiting.append(received)
        if len(self.waiting) > self._most:  # and the first is being done
            session.line.pause_reading()
        if not self._working:
            self._working = True
            Deferred.fromCoroutine(self._work(session)).addErrback(self._broke, session)

    async def _work(self, session: Session) -> None:
        try:
            while self.waiting and not session.closed_:
                await _handle(session, self.waiting[0])
                if not self.waiting:  # it was closed meanwhile
                    break
                self.waiting.popleft()
                if len(self.waiting) == self._most // 2 and not session.hub.stopping:
                    session.line.resume_reading()
        finally:
            self._working = False

    def _broke(self, failure: Failure, session: Session) -> None:
        request = new_request()
        self._log.failure(
            "a message broke {client}", failure=failure, client=session.client_id, request=request
        )
        self.waiting.clear()
        session.broken(request)


# -- it is done, and what came of it is noted


async def _handle(session: Session, received: Received) -> None:
    result = "ok"
    try:
        result = await _answer(session, received)
    except Exception:
        result = ErrorCode.INTERNAL.value
        raise
    finally:
        session.hub.watch.message(
            session,
            received.type,
            result,
            size=received.size,
            game=received.message.game_id,
            ms=session.hub.now() - received.now,
        )


async def _answer(session: Session, received: Received) -> str:
    """:return: what came of it: ``ok``, ``ack``, or an error's code"""
    message = received.message
    if session.hub.tokens.over(session.device):
        code = session.refuse(message, Refused(ErrorCode.TOKEN_EXPIRED, OVER_SAID))
        session.outlived()
        return code
    try:
        return await dispatch(session, received)
    except Refused as no:
        return session.refuse(message, no)
    except Unavailable:
        return session.refuse(message, Refused(ErrorCode.STORAGE, STORAGE_SAID))


async def dispatch(session: Session, received: Received) -> str:
    """
    Do what it asks for.

    :return: as above
    :raises Refused: it is not done
    :raises Unavailable: nor is this, for now
    """
    message = received.message
    match message:
        case m.Connect():
            await Joining(session, message).run()
        case m.Disconnect():
            session.line.close(CloseCode.NORMAL, "goodbye")
        case m.Leave():
            session.leave(message)
        case m.GameList():
            await session.guest.asked(message)
        case m.History():
            await looking.history(session, message)
        case m.GameState() if message.data.empty:
            await looking.state(session, message)
        case m.GameState() if session.meant(message) is None:
            return await create(session, received, *from_state(message.data))
        case m.GameCreate():
            return await create(session, received, message.data)
        case _:
            return await command(session, received)
    return "ok"


def _heartbeat(session: Session, message: m.Heartbeat) -> None:
    if message.data.rtt_ms is not None:
        session.rtt_ms = believed.rtt(message.data.rtt_ms)
    pong = m.Pong(now=session.hub.now(), t0=message.data.t0, live=session.hub.live)
    session.send(pong, id_=message.id)
