"""Where the time of a match went: into whose turns, into which pauses."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from .clock import Clock
from .events import DownTime, GameFact
from .state import Game
from .values import Millis, Player


class Time(Struct, frozen=True, kw_only=True):
    """A length of time, by whom the clock charged it to."""

    p1_ms: Millis = 0
    p2_ms: Millis = 0
    nobody_ms: Millis = 0
    """Neutral, paused, down, or free: charged to neither player."""

    def __add__(self, other: Time) -> Time:
        return Time(
            p1_ms=self.p1_ms + other.p1_ms,
            p2_ms=self.p2_ms + other.p2_ms,
            nobody_ms=self.nobody_ms + other.nobody_ms,
        )

    def __sub__(self, other: Time) -> Time:
        return Time(
            p1_ms=self.p1_ms - other.p1_ms,
            p2_ms=self.p2_ms - other.p2_ms,
            nobody_ms=self.nobody_ms - other.nobody_ms,
        )


class TurnReport(Struct, frozen=True, kw_only=True):
    """One turn, and the time that each player used in it: answers to it are on his clock too."""

    turn: int
    """Ordinal of the turn in the match."""
    round: int
    player: Player
    began_at: Millis
    ended_at: Millis | None
    """None: it is on."""
    p1_ms: Millis = 0
    p2_ms: Millis = 0
    nobody_ms: Millis = 0
    """Paused, down, or free: charged to neither player."""


class Pause(Struct, frozen=True, kw_only=True):
    """A stretch in which the clock stood for one reason; others may have held it too."""

    reason: str
    from_ms: Millis
    to_ms: Millis | None
    """None: it is on."""


Turn: TypeAlias = tuple[int, int, Player]
"""Ordinal, round and player."""


class Timekeeper:
    """
    Watches a match go from one state to the next, and books its time.

    :ivar turns: so far; the last may be on
    :ivar outside: time in no turn, so far
    :ivar pauses: so far, in the order in which they began
    :ivar as_of: game time up to which time is booked
    :ivar moved_at: game time at which the state last changed, by the clock's own reckoning
    """

    def __init__(self) -> None:
        self.turns: list[TurnReport] = []
        self.outside = Time()
        self.pauses: list[Pause] = []
        self.as_of: Millis = 0
        self.moved_at: Millis = 0
        self._turn: Turn | None = None
        self._booked = Time()

    def passed(self, before: Game, after: Game, fact: GameFact, now: Millis) -> None:
        """
        One fact made *after* of *before*.

        :param now: game time at which it was told; a press may have happened earlier
        """
        self.moved_at = _instant(before.clock, after.clock, now)
        turn = _turn(after)
        if turn != self._turn:
            self._book(after.clock, self.moved_at)
            self._change_turn(turn, self.moved_at)
        self._pauses(before.clock, after.clock, fact, now)

    def close(self, game: Game, now: Millis) -> Time:
        """
        Book what is left until *now*; no more may pass then.

        :returns: all the time there was
        """
        clock = game.clock
        self._book(clock, clock.anchor if clock.finished and clock.started else now)
        return self._booked

    def _book(self, clock: Clock, at: Millis) -> None:
        """Put down what was used since the last booking, to the turn that was on."""
        accounts = clock.accounts(clock.anchor if clock.finished else at)
        played = accounts.p1_ms + accounts.p2_ms
        total = Time(
            p1_ms=accounts.p1_ms, p2_ms=accounts.p2_ms, nobody_ms=accounts.total_ms - played
        )
        used, self._booked, self.as_of = total - self._booked, total, at
        if self._turn is None:
            self.outside += used
            return
        turn = self.turns[-1]
        self.turns[-1] = replace(
            turn,
            p1_ms=turn.p1_ms + used.p1_ms,
            p2_ms=turn.p2_ms + used.p2_ms,
            nobody_ms=turn.nobody_ms + used.nobody_ms,
        )

    def _change_turn(self, turn: Turn | None, at: Millis) -> None:
        if self._turn is not None:
            self.turns[-1] = replace(self.turns[-1], ended_at=at)
        self._turn = turn
        if turn is None:
            return
        last = self.turns[-1] if self.turns else None
        if last is not None and (last.turn, last.round, last.player) == turn:
            self.turns[-1] = replace(last, ended_at=None)  # the match was opened again
            return
        ordinal, round_, player = turn
        self.turns.append(
            TurnReport(turn=ordinal, round=round_, player=player, began_at=at, ended_at=None)
        )

    def _pauses(self, before: Clock, after: Clock, fact: GameFact, now: Millis) -> None:
        held, holds = _holding(before), _holding(after)
        if held == holds:
            return
        # Down time is told apart: a pause that follows it begins when it is over.
        at = now if isinstance(fact, DownTime) else after.anchor
        for place, pause in enumerate(self.pauses):
            if pause.to_ms is None and pause.reason not in holds:
                self.pauses[place] = replace(pause, to_ms=at)
        for reason in holds:
            if reason not in held:
                self.pauses.append(Pause(reason=reason, from_ms=at, to_ms=None))


def _turn(game: Game) -> Turn | None:
    """The turn that is on; None before play, between rounds and when the match is over."""
    turn = game.turn
    if game.status != "playing" or not turn.active_player:
        return None
    return turn.ordinal, turn.round, turn.active_player


def _instant(before: Clock, after: Clock, now: Millis) -> Millis:
    """When it happened: where the clock was switched or stopped, as of when it was."""
    moved = after.run != before.run or after.finished != before.finished
    return after.anchor if after.started and moved else now


def _holding(clock: Clock) -> tuple[str, ...]:
    """Reasons for which the clock stands, while it has not come to its end."""
    return () if clock.finished else clock.paused
