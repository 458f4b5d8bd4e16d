"""
What is done to the round clock, and whom it concerns.

Each table's own clock is another stream's: answers here name the ``games`` that the registry then
pauses, resumes or tells. A round clock that is stopped while it is paused lets its tables go.
"""

from __future__ import annotations

from typing import get_args

from msgspec.structs import replace

from ..clock import SERVER
from ..commands import Scalar, ServerDown
from ..events import DownTime
from ..profile import RoundEnd
from ..state import Gap
from ..values import Millis, Refused
from .clock import HELD, RoundClock
from .commands import (
    ExtendRound,
    PauseRoundClock,
    ResumeAll,
    ResumeRoundClock,
    RoundOver,
    StartRoundClock,
    StopRoundClock,
)
from .events import (
    AllResumed,
    RoundClockPaused,
    RoundClockResumed,
    RoundClockStarted,
    RoundClockStopped,
    RoundEnded,
    RoundExtended,
)
from .places import setting
from .state import Venue, VenueContext, VenueDecision, already, apply, decide, one

ROUND_MIN_MS = 1_000
ROUND_MAX_MS = 7 * 86_400_000
GAPS_KEPT = 20
_POLICIES: dict[Scalar, RoundEnd] = {policy: policy for policy in get_args(RoundEnd)}


def games_of(venue: Venue, event_id: str | None) -> tuple[str, ...]:
    """
    The games at the tables: of an event's round in play, or (None) of the whole hall. Each once.

    :raises Refused: there is no such event
    """
    if event_id is None:
        games = [table.game for table in venue.tables.values()]
        events = [event for event in venue.events.values() if not event.closed]
    else:
        games, events = [], [venue.event(event_id)]
    for event in events:
        if event.played:
            games += [pairing.game for pairing in event.played.pairings]
    return tuple(dict.fromkeys(game for game in games if game))


def round_left(venue: Venue, now: Millis) -> Millis | None:
    """Milliseconds left on the round clock, below 0 when the round is over; None without one."""
    return None if venue.round_clock is None else venue.round_clock.left(now)


def round_deadline(venue: Venue, now: Millis | None = None) -> Millis | None:
    """
    Game time at which the round clock wants to be looked at: its next warning, or its end.

    :param now: warnings up to here have been given; left out, those up to the last change
    """
    clock = venue.round_clock
    if clock is None or clock.over or clock.ends_at is None:
        return None
    since = clock.anchor if now is None else now
    return min((w for w in clock.warnings if w > since), default=clock.ends_at)


def venue_deadline(venue: Venue) -> Millis | None:
    """Game time at which the venue itself changes: the round is over, an announcement lapses."""
    due = [a.until for a in venue.announcements.values() if a.until is not None]
    clock = venue.round_clock
    if clock is not None and not clock.over and clock.ends_at is not None:
        due.append(clock.ends_at)
    return min(due, default=None)


def share_left(venue: Venue, now: Millis, budget_ms: Millis) -> Millis:
    """What each player of a late start has: an equal share of what is left, at most his budget."""
    left = round_left(venue, now)
    return budget_ms if left is None else max(0, min(budget_ms, left // 2))


def round_end(venue: Venue) -> RoundEnd:
    """What the end of the round does to the tables: as its event says, else the venue."""
    clock = venue.round_clock
    if clock is not None and clock.event:
        return venue.event(clock.event).round_end
    return _POLICIES.get(setting(venue, "round_end"), "announce")


def _clock(venue: Venue) -> RoundClock:
    if venue.round_clock is None:
        raise Refused("not_now", "there is no round clock")
    return venue.round_clock


def _games(venue: Venue) -> tuple[str, ...]:
    return games_of(venue, _clock(venue).event or None)


def with_clock(venue: Venue, clock: RoundClock) -> Venue:
    """
    The venue with a round clock that begins.

    :raises Refused: (``not_now``) another is on
    """
    if venue.round_clock is not None and not venue.round_clock.over:
        raise Refused("not_now", "a round clock is on; stop it first")
    return replace(venue, round_clock=clock)


@decide.register
def _(command: StartRoundClock, venue: Venue, ctx: VenueContext) -> VenueDecision:
    fact = RoundClockStarted(length_ms=command.length_ms, event=command.event)
    return one(fact, venue, ctx)


@apply.register
def _(fact: RoundClockStarted, venue: Venue, ctx: VenueContext) -> Venue:
    number = 0
    if fact.event:
        played = venue.open_event(fact.event).played
        if played is None or played.started_at is None:
            raise Refused("not_now", "event: start its round", "event")
        number = played.number
    return with_clock(venue, RoundClock.begin(ctx.now, fact.length_ms, fact.event, number))


@decide.register
def _(command: PauseRoundClock, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if HELD in _clock(venue).paused:
        return already()
    return one(RoundClockPaused(), venue, ctx, games=_games(venue))


@apply.register
def _(fact: RoundClockPaused, venue: Venue, ctx: VenueContext) -> Venue:
    return replace(venue, round_clock=_clock(venue).pause(ctx.now))


@decide.register
def _(command: ResumeRoundClock, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if _clock(venue).running:
        return already()
    return one(RoundClockResumed(), venue, ctx, games=_games(venue))


@apply.register
def _(fact: RoundClockResumed, venue: Venue, ctx: VenueContext) -> Venue:
    return replace(venue, round_clock=_clock(venue).resume(ctx.now))


@decide.register
def _(command: ResumeAll, venue: Venue, ctx: VenueContext) -> VenueDecision:
    games = games_of(venue, command.event or None)
    return one(AllResumed(event=command.event), venue, ctx, games=games)


@apply.register
def _(fact: AllResumed, venue: Venue, ctx: VenueContext) -> Venue:
    clock = venue.round_clock
    if clock is None or (fact.event and clock.event not in ("", fact.event)):
        return venue
    return replace(venue, round_clock=clock.resume(ctx.now, SERVER))


@decide.register
def _(command: ExtendRound, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if not command.delta_ms:
        return already()
    left = _clock(venue).left(ctx.now) + command.delta_ms
    fact = RoundExtended(delta_ms=command.delta_ms)
    return one(fact, venue, ctx, left_ms=left, games=_games(venue))


@apply.register
def _(fact: RoundExtended, venue: Venue, ctx: VenueContext) -> Venue:
    clock = _clock(venue).extend(ctx.now, fact.delta_ms)
    if not ROUND_MIN_MS <= clock.length_ms <= ROUND_MAX_MS:
        raise Refused("out_of_range", "delta_ms: a round takes from a second to a week", "delta_ms")
    return replace(venue, round_clock=clock)


@decide.register
def _(command: StopRoundClock, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.round_clock is None:
        return already()
    return one(RoundClockStopped(), venue, ctx, games=_games(venue))


@apply.register
def _(fact: RoundClockStopped, venue: Venue, ctx: VenueContext) -> Venue:
    return replace(venue, round_clock=None)


@decide.register
def _(command: RoundOver, venue: Venue, ctx: VenueContext) -> VenueDecision:
    clock = venue.round_clock
    if clock is None or clock.over or clock.ends_at is None or ctx.now < clock.ends_at:
        return VenueDecision()
    return one(RoundEnded(), venue, ctx, games=_games(venue), round_end=round_end(venue))


@apply.register
def _(fact: RoundEnded, venue: Venue, ctx: VenueContext) -> Venue:
    return replace(venue, round_clock=replace(_clock(venue), over=True))


@decide.register
def _(command: ServerDown, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.round_clock is None:
        return VenueDecision()
    fact = DownTime(last_alive=command.last_alive, gap_ms=command.gap_ms, long=command.long)
    return one(fact, venue, ctx)


@apply.register
def _(fact: DownTime, venue: Venue, ctx: VenueContext) -> Venue:
    gap = Gap(from_ms=fact.last_alive, to_ms=ctx.now, gap_ms=fact.gap_ms, long=fact.long)
    return replace(
        venue,
        round_clock=_clock(venue).downtime(ctx.now, fact.last_alive, fact.long),
        gaps=(*venue.gaps, gap)[-GAPS_KEPT:],
    )
