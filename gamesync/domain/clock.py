"""
The clock of a match: a value, to which time comes in as an argument.

Its law: every millisecond between the start and now is some player's, nobody's, or idle; none is
lost and none is counted twice, in any order of operations (``Accounts`` shows the sum). So no
remaining time is kept and counted down: what was spent is summed up to an ``anchor``, and what runs
since then is worked out whenever somebody asks.

All times are whole milliseconds. ``now`` is an instant of the server's game time, the same line as
``anchor``. Every operation gives a new clock and none raises: one that makes no sense (to resume
what is not paused, to pause what is finished) gives the same clock back, and a ``now`` before the
anchor charges nobody.

Undo is not here: the clock before an event is the fold of the events without it.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from .ruleset import ClockRules
from .values import NEUTRAL, PLAYERS, Millis, Player, Side

T = TypeVar("T")

# The two reasons to pause that the clock gives itself.
SERVER = "server"
REOPENED = "reopened"


class Accounts(Struct, frozen=True, kw_only=True):
    """Where all the time since the start went, in milliseconds."""

    p1_ms: Millis
    p2_ms: Millis
    neutral_ms: Millis
    """Ran for nobody: set-up."""
    free_ms: Millis
    """Ran, but is charged to nobody: delay, forgiven lag, overrun of a flag that stops."""
    paused_ms: Millis
    """Stood: paused, or finished."""
    down_ms: Millis
    """Ran as far as the table knew, but the server could not record anything."""

    @property
    def total_ms(self) -> Millis:
        played = self.p1_ms + self.p2_ms + self.neutral_ms
        return played + self.free_ms + self.paused_ms + self.down_ms


class Clock(Struct, frozen=True, kw_only=True):
    """Both players' clocks. Pairs are by seat: player 1's first."""

    rules: ClockRules
    side: Side = NEUTRAL
    """Whose time runs, or would but for a pause. Not whose turn it is."""
    started: bool = False
    finished: bool = False
    started_at: Millis = 0
    """Instant of the start; means nothing before it."""
    anchor: Millis = 0
    """Instant up to which all time is accounted for; once finished, the instant of the end."""
    run: int = 0
    """Ordinal of the run, so that a press can name the one it ends; one more with each switch."""
    paused: tuple[str, ...] = ()
    """Reasons why the clock stands, sorted, each once. It goes on when none is left."""
    flagged: tuple[Millis | None, Millis | None] = (None, None)
    """Instant at which each flag fell, as far as that has been recorded."""

    spent: tuple[Millis, Millis] = (0, 0)
    """Charged up to the anchor."""
    bonus: tuple[Millis, Millis] = (0, 0)
    """Increments, later budgets and adjustments. With ``up``: adjustments of the time shown."""
    used: tuple[Millis, Millis] = (0, 0)
    """Charged since a turn was last completed: the most that Bronstein gives back."""
    turns: tuple[int, int] = (0, 0)
    """Turns each has completed, for the stages of the control."""
    quota: tuple[Millis, Millis]
    """Lag that can still be forgiven."""
    delay_used: Millis = 0
    """How much of the turn's delay is gone, up to the anchor."""

    neutral_ms: Millis = 0
    free_ms: Millis = 0
    paused_ms: Millis = 0
    down_ms: Millis = 0
    """These four as in ``Accounts``, up to the anchor."""

    @classmethod
    def new(cls, rules: ClockRules) -> Clock:
        """A clock that nobody has started."""
        return cls(rules=rules, quota=(rules.comp_start_ms, rules.comp_start_ms))

    # -- what it shows --

    @property
    def running(self) -> bool:
        return self.started and not self.finished and not self.paused

    def spent_by(self, player: Player, now: Millis) -> Millis:
        """Time charged to *player* by *now*; an adjustment is not part of it."""
        return self._settled(now).spent[player - 1]

    def remaining(self, player: Player, now: Millis) -> Millis:
        """Time left to *player*, negative in overtime. Means something in mode ``down`` only."""
        return self._settled(now)._left(player)

    def shown(self, player: Player, now: Millis) -> Millis:
        """The number on the display: what is left (``down``), what was used (``up``), else 0."""
        if self.rules.mode == "up":
            return self.spent_by(player, now) + self.bonus[player - 1]
        return self.remaining(player, now) if self.rules.mode == "down" else 0

    def flag_at(self) -> Millis | None:
        """Instant at which the flag of the running side falls; None if none is going to."""
        side = self.side
        if not self.running or side == NEUTRAL or self.rules.mode != "down":
            return None
        flagged = self.flagged[side - 1] is not None
        return None if flagged else self.anchor + self._delay_left + self._left(side)

    def fallen(self, now: Millis) -> Player | None:
        """Whose flag has fallen by *now*, recorded or not; of two, the first to fall."""
        falls = zip(self._settled(now).flagged, PLAYERS, strict=True)
        return min(((at, player) for at, player in falls if at is not None), default=(0, None))[1]

    def free_left(self, at: Millis) -> Millis:
        """What is left at *at* of the delay that the running side's turn began with."""
        gone = max(0, at - self.anchor) if self.running and self.side != NEUTRAL else 0
        return max(0, self._delay_left - gone)

    def accounts(self, now: Millis) -> Accounts:
        """
        Where the time went until *now*. The total is exactly ``now - started_at``.

        Time after the end is idle too: ask for ``accounts(clock.anchor)`` to have it left out.
        """
        clock = (self.reopen(now) if self.finished else self)._settled(now)
        return Accounts(
            p1_ms=clock.spent[0],
            p2_ms=clock.spent[1],
            neutral_ms=clock.neutral_ms,
            free_ms=clock.free_ms,
            paused_ms=clock.paused_ms,
            down_ms=clock.down_ms,
        )

    # -- what is done to it --

    def start(self, now: Millis, side: Side) -> Clock:
        """The first run begins; if a reason to pause is held already, when that is resumed."""
        if self.started or self.finished:
            return self
        return replace(self, started=True, started_at=now, anchor=now, side=side, run=self.run + 1)

    def press_instant(
        self, now: Millis, pressed_at: Millis | None, backdate_max_ms: Millis | None = None
    ) -> Millis:
        """
        The instant that counts for a press received *now*.

        :param pressed_at: when the device says it was pressed. Believed only within the time not
            yet accounted for, since what came before the anchor has been decided on
        :param backdate_max_ms: how far back it is believed; None: as the rules say
        """
        if pressed_at is None:
            return now
        limit = self.rules.backdate_max_ms if backdate_max_ms is None else backdate_max_ms
        return self._within(max(pressed_at, now - limit), now)

    def switch(
        self,
        now: Millis,
        to: Side,
        *,
        completes: Player | None = None,
        pressed_at: Millis | None = None,
        lag_ms: Millis = 0,
        backdate_max_ms: Millis | None = None,
    ) -> Clock:
        """
        End the run at the press, and begin that of *to* at the same instant.

        A clock that is paused changes sides and stays paused.

        :param to: may be the side that runs already, when a turn ends while its successor has
            the clock for an answer
        :param completes: whose turn the press completes, which earns what the rules give for a
            turn and lets the next one begin with its delay; None: the clock is passed only
        :param pressed_at: see ``press_instant``
        :param lag_ms: how long the press was on its way, if it came without ``pressed_at``;
            forgiven to the side that stops as far as its quota goes. It is nobody's then
        """
        if not self.started or self.finished:
            return self
        at = self.press_instant(now, pressed_at, backdate_max_ms)
        forgiven, quota = 0, self.quota
        if self.running and self.side != NEUTRAL and self.side != to:
            has = quota[self.side - 1]
            if pressed_at is None:
                billable = max(0, now - self.anchor - self._delay_left)
                forgiven = min(max(0, lag_ms), has, billable)
            has = min(self.rules.comp_max_ms, has - forgiven + self.rules.comp_gain_ms)
            quota = _put(quota, self.side, has)
        clock = self._settled(at - forgiven)
        if completes is not None:
            clock = clock._turn_completed(completes)
        elif self.side not in (NEUTRAL, to):
            # The delay is for whom the turn begins with. It waits while the clock is neutral.
            clock = replace(clock, delay_used=self.rules.delay_ms)
        free = clock.free_ms + forgiven
        return replace(clock, side=to, run=self.run + 1, anchor=at, free_ms=free, quota=quota)

    def pause(self, now: Millis, reason: str, since: Millis | None = None) -> Clock:
        """
        Stand still, for *reason* besides any other.

        :param since: instant from which time is nobody's, if that lies back. Never before the
            anchor: ``resume(clock.anchor, reason)`` on the result takes a dated pause back
        """
        if self.finished or reason in self.paused:
            return self
        at = now if since is None else self._within(since, now)
        return self._settled(at)._held(reason)

    def resume(self, now: Millis, reason: str) -> Clock:
        """Take one reason away, and go on if it was the last."""
        if self.finished or reason not in self.paused:
            return self
        paused = tuple(held for held in self.paused if held != reason)
        return replace(self._settled(now), paused=paused)

    def adjust(self, now: Millis, player: Player, delta_ms: Millis) -> Clock:
        """
        Change the time shown for *player*; lifts the flag if time is left then, else drops it.

        Where a display never goes below zero (``up``, and a flag that stops) neither does this.
        """
        clock = self._settled(now)
        if self.rules.mode == "up" or self._stops:
            delta_ms = max(delta_ms, -clock.shown(player, now))
        return clock._given(player, delta_ms)._reflagged(player, now)

    def flag(self, now: Millis) -> Clock:
        """
        Record the fall of the flag if it has fallen by *now*: its own instant, not *now*.

        The anchor stays, so that a press from before the fall can still be honoured.
        """
        return replace(self, flagged=self._settled(now).flagged)

    def round_begins(self, now: Millis, round_number: int) -> Clock:
        """
        Give both players the budget of a new battle round, and cut what they carry into it.

        What is overdrawn is carried whole. After a switch, *now* is the anchor: the press may
        have been dated back.
        """
        rules = self.rules
        budget, cap = rules.round_budget_ms, rules.carry_cap_ms
        if self.finished or rules.mode != "down" or not budget or round_number <= 1:
            return self
        clock = self._settled(now)
        for player in PLAYERS:
            surplus = 0 if cap is None else max(0, clock._left(player) - cap)
            clock = clock._given(player, budget - surplus)._reflagged(player, now)
        return clock

    def downtime(self, now: Millis, last_alive: Millis, long: bool) -> Clock:
        """
        Nothing could be recorded between *last_alive* and *now*: that time is nobody's.

        :param long: too long to go on by itself; a clock that was paused then waits for the
            server's reason too, since the people at the table may have left
        """
        if not self.started or self.finished:
            return self
        clock = self
        if self.running:
            clock = self._settled(self._within(last_alive, now))
            clock = replace(clock, anchor=now, down_ms=clock.down_ms + now - clock.anchor)
        return clock._held(SERVER) if long else clock

    def finish(self, now: Millis) -> Clock:
        """Settle and freeze. Side and reasons are kept in case it is reopened."""
        return replace(self._settled(now), finished=True)

    def reopen(self, now: Millis) -> Clock:
        """As it was before the end, but paused; the time between was idle."""
        if not self.finished:
            return self
        clock = replace(self, finished=False)
        return clock._held(REOPENED)._settled(now) if self.started else clock

    # -- how it is reckoned --

    @property
    def _stops(self) -> bool:
        return self.rules.mode == "down" and self.rules.on_flag == "stop"

    @property
    def _delay_left(self) -> Millis:
        return self.rules.delay_ms - self.delay_used

    def _left(self, player: Player) -> Millis:
        """What *player* had left at the anchor."""
        return self.rules.budget_ms + self.bonus[player - 1] - self.spent[player - 1]

    def _within(self, instant: Millis, now: Millis) -> Millis:
        # now has the last word: should game time have gone back, the anchor lies ahead of it.
        return min(now, max(self.anchor, instant))

    def _settled(self, at: Millis) -> Clock:
        """The same clock with all time up to *at* accounted for. The one place that does so."""
        if not self.started or self.finished:
            return self
        elapsed, side = max(0, at - self.anchor), self.side
        if not self.running:
            return replace(self, anchor=at, paused_ms=self.paused_ms + elapsed)
        if side == NEUTRAL:
            return replace(self, anchor=at, neutral_ms=self.neutral_ms + elapsed)
        delay = min(elapsed, self._delay_left)
        charged = elapsed - delay
        if self._stops:
            charged = min(charged, self._left(side))
        recorded, fall = self.flagged[side - 1], self.flag_at()
        if fall is not None and fall <= at:
            recorded = fall
        elif recorded is not None and at < recorded and charged < self._left(side):
            recorded = None  # the run ended before the fall that had been recorded
        return replace(
            self,
            anchor=at,
            spent=_put(self.spent, side, self.spent[side - 1] + charged),
            used=_put(self.used, side, self.used[side - 1] + charged),
            free_ms=self.free_ms + elapsed - charged,
            delay_used=self.delay_used + delay,
            flagged=_put(self.flagged, side, recorded),
        )

    def _turn_completed(self, player: Player) -> Clock:
        """What a completed turn earns. A later stage's budget comes even after the flag fell."""
        rules, turns = self.rules, self.turns[player - 1] + 1
        earned = sum(stage.budget_ms for stage in rules.stages if stage.after_turns == turns)
        if self.flagged[player - 1] is None:
            # The turn that leads into a stage was still played in the one before.
            begun = [stage for stage in rules.stages if stage.after_turns < turns]
            stage = max(begun, key=lambda stage: stage.after_turns, default=rules)
            earned += stage.increment_ms + min(self.used[player - 1], rules.bronstein_ms)
        clock = self._given(player, earned if rules.mode == "down" else 0)
        return replace(clock, turns=_put(self.turns, player, turns), used=(0, 0), delay_used=0)

    def _given(self, player: Player, ms: Millis) -> Clock:
        return replace(self, bonus=_put(self.bonus, player, self.bonus[player - 1] + ms))

    def _reflagged(self, player: Player, now: Millis) -> Clock:
        """The flag as it has to be once a budget was changed by hand or by a new round."""
        if self.rules.mode != "down":
            return self
        fall = self.flagged[player - 1]
        if self._left(player) > 0:
            fall = None
        elif fall is None:
            fall = now
        return replace(self, flagged=_put(self.flagged, player, fall))

    def _held(self, reason: str) -> Clock:
        return replace(self, paused=tuple(sorted({*self.paused, reason})))


def shown_text(ms: Millis, mode: Literal["none", "up", "down"]) -> str:
    """
    The time on a display, as ``m:ss`` or ``h:mm:ss``; nothing in mode ``none``.

    Counting down rounds up, so that 0:00 is not seen before the flag has fallen, and shows tenths
    below ten seconds; counting up rounds down. Overtime is negative, with a true minus sign.
    """
    if mode == "none":
        return ""
    if mode == "down" and 0 < ms <= 9_900:
        tenths = -(-ms // 100)
        return f"0:{tenths // 10:02}.{tenths % 10}"
    seconds = -(-ms // 1000) if mode == "down" else ms // 1000
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
    return f"\N{MINUS SIGN}{text}" if seconds < 0 else text


def _put(pair: tuple[T, T], player: Player, value: T) -> tuple[T, T]:
    return (value, pair[1]) if player == 1 else (pair[0], value)
