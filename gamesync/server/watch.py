"""What is noted of a server's work: in the log by its events, in the metrics by figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from ..domain.values import Millis
from .metrics import Metrics

if TYPE_CHECKING:
    from .session import Session

DEVICE_SIGNS = 6
"""Of a device's id so much is logged: enough to tell two apart."""
OFFICIALS = ("organiser", "judge")
SLOW_COMMIT_MS: Millis = 2_000
LATE_MS: Millis = 1_000
"""A reactor later than this is worth an entry."""
BEAT_S = 0.5


class Watch:
    """
    Told by sessions and store what happens.

    :ivar metrics: where it is counted
    :ivar traffic: whether the log wants every message
    :ivar late_ms: how late the reactor was at the last look
    """

    _log = Logger()

    def __init__(self, metrics: Metrics | None = None, *, traffic: bool = False) -> None:
        self.metrics = metrics or Metrics()
        self.traffic = traffic
        self.late_ms: Millis = 0

    def opened(self, session: Session) -> None:
        self.metrics.opened()
        if self.traffic:
            self._log.debug("{client} opened", client=session.client_id, peer=session.line.peer)

    def joined(self, session: Session, game: str, role: str, player: int) -> None:
        """*session* holds *role* in *game* (or the venue) from now on."""
        if session.role not in OFFICIALS:  # who makes a game for others is still what he was
            session.role = role
        self._log.info(
            "{client} joined {game} as {role}",
            client=session.client_id,
            game=game,
            role=role,
            player=player,
            device=session.device[:DEVICE_SIGNS],
            peer=session.line.peer,
        )

    def closed(self, session: Session, code: int | None, reason: str) -> None:
        self.metrics.closed(code)
        self._log.info(
            "{client} closed: {code} {reason}",
            client=session.client_id,
            code=None if code is None else int(code),
            reason=reason,
            role=session.role,
            device=session.device[:DEVICE_SIGNS],
            peer=session.line.peer,
            open_ms=session.hub.now() - session.opened_ms,
        )

    def message(
        self,
        session: Session,
        type_: str,
        result: str,
        *,
        size: int = 0,
        game: str | None = None,
        ms: Millis | None = None,
    ) -> None:
        """
        A message came, and this became of it.

        :param size: bytes
        :param ms: from its arrival to its answer; None if it did not have to wait
        """
        self.metrics.message(type_, result)
        if ms is not None:
            self.metrics.answered(ms / 1000)
        if self.traffic:
            self._log.debug(
                "{client} {type} {result}",
                client=session.client_id,
                type=type_,
                result=result,
                game=game,
                bytes=size,
                ms=ms,
            )

    def committed(self, seconds: float, games: int, entries: int) -> None:
        """One commit became durable."""
        self.metrics.committed(seconds, games, entries)
        ms = round(seconds * 1000)
        if ms > SLOW_COMMIT_MS:
            self._log.warn("a commit took {ms} ms", ms=ms, games=games, entries=entries)

    def late(self, seconds: float) -> None:
        """The reactor came so much later than it was asked to."""
        self.metrics.late(seconds)
        self.late_ms = round(seconds * 1000)
        if self.late_ms > LATE_MS:
            self._log.warn("the reactor was {ms} ms late", ms=self.late_ms)


class Lateness:
    """Looks, twice a second while it runs, how late the reactor is."""

    def __init__(self, reactor: IReactorTime, watch: Watch) -> None:
        self._reactor = reactor
        self._watch = watch
        self._call: Any = None

    def start(self) -> None:
        self._due = self._reactor.seconds() + BEAT_S
        self._call = self._reactor.callLater(BEAT_S, self._look)

    def stop(self) -> None:
        if self._call is not None and self._call.active():
            self._call.cancel()
        self._call = None

    def _look(self) -> None:
        self._watch.late(max(0.0, self._reactor.seconds() - self._due))
        self.start()
