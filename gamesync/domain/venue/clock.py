"""
The round clock: how long is left for everybody in the hall. A value, as :mod:`..clock` is.

It lives in game time and not at a wall moment, so that a pause or a power cut moves the end of the
round. Its law: every millisecond between its start and now was spent, paused or down; none is lost
and none is counted twice. It goes on past its end until it is stopped or the round is extended.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from ..clock import SERVER
from ..values import Millis

HELD = "organiser"
"""The reason it stands when somebody has paused it; the other is :data:`.clock.SERVER`."""
WARNINGS_MS: tuple[Millis, ...] = (30 * 60_000, 15 * 60_000, 5 * 60_000)
"""With so much left, the hall is warned."""


class RoundAccounts(Struct, frozen=True, kw_only=True):
    """Where all the time since the start went, in milliseconds."""

    spent_ms: Millis
    paused_ms: Millis
    down_ms: Millis

    @property
    def total_ms(self) -> Millis:
        return self.spent_ms + self.paused_ms + self.down_ms


class RoundClock(Struct, frozen=True, kw_only=True):
    event: str = ""
    """Whose round it is; empty for the whole hall."""
    round: int = 0
    length_ms: Millis
    """As extended."""
    started_at: Millis
    anchor: Millis
    """Instant of game time up to which all is accounted for."""
    paused: tuple[str, ...] = ()
    """Reasons why it stands, sorted."""
    over: bool = False
    """Its end has come, and has been told."""
    spent_ms: Millis = 0
    paused_ms: Millis = 0
    down_ms: Millis = 0
    """Nobody's: the server could record nothing. These three up to the anchor."""

    @classmethod
    def begin(cls, now: Millis, length_ms: Millis, event: str = "", round_: int = 0) -> RoundClock:
        return cls(event=event, round=round_, length_ms=length_ms, started_at=now, anchor=now)

    @property
    def running(self) -> bool:
        return not self.paused

    @property
    def left_ms(self) -> Millis:
        """What was left at the anchor; below 0 once the round is over."""
        return self.length_ms - self.spent_ms

    @property
    def ends_at(self) -> Millis | None:
        """Instant at which nothing is left; None while it stands."""
        return self.anchor + self.left_ms if self.running else None

    @property
    def warnings(self) -> tuple[Millis, ...]:
        """Instants of the warnings, past ones too; none while it stands."""
        end = self.ends_at
        return () if end is None else tuple(end - w for w in WARNINGS_MS if w < self.length_ms)

    def left(self, now: Millis) -> Millis:
        """What is left of the round *now*; below 0 once it is over."""
        return self.settled(now).left_ms

    def accounts(self, now: Millis) -> RoundAccounts:
        """Where the time went until *now*. The total is exactly ``now - started_at``."""
        at = self.settled(now)
        return RoundAccounts(spent_ms=at.spent_ms, paused_ms=at.paused_ms, down_ms=at.down_ms)

    def settled(self, at: Millis) -> RoundClock:
        """The same clock with all time up to *at* accounted for; never from before the anchor."""
        at = max(at, self.anchor)
        if self.running:
            return replace(self, anchor=at, spent_ms=self.spent_ms + at - self.anchor)
        return replace(self, anchor=at, paused_ms=self.paused_ms + at - self.anchor)

    def pause(self, now: Millis, reason: str = HELD) -> RoundClock:
        return replace(self.settled(now), paused=tuple(sorted({*self.paused, reason})))

    def resume(self, now: Millis, reason: str | None = None) -> RoundClock:
        """Go on; with *reason* (if that was the last one), else whatever it stood for."""
        kept = () if reason is None else tuple(r for r in self.paused if r != reason)
        return replace(self.settled(now), paused=kept)

    def extend(self, now: Millis, delta_ms: Millis) -> RoundClock:
        """Longer by *delta_ms*; with time left again, the end will be told again."""
        clock = replace(self.settled(now), length_ms=self.length_ms + delta_ms)
        return replace(clock, over=clock.over and clock.left_ms <= 0)

    def downtime(self, now: Millis, last_alive: Millis, long: bool) -> RoundClock:
        """
        Nothing could be recorded between *last_alive* and *now*: that time is nobody's.

        :param long: too long to go on by itself; it stands until somebody resumes it
        """
        clock = self
        if self.running:
            clock = self.settled(min(last_alive, now))
            down = max(0, now - clock.anchor)
            clock = replace(clock, anchor=clock.anchor + down, down_ms=clock.down_ms + down)
        return clock.pause(now, SERVER) if long else clock
