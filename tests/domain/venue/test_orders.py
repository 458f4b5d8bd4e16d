"""What the round clock orders at the tables, and which of them have not heard of it."""

from __future__ import annotations

import pytest

from gamesync.domain.commands import RoundPause, SettingsUpdate
from gamesync.domain.events import (
    SERVER,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    Entry,
    GameFact,
    ProfileSet,
    SettingSet,
)
from gamesync.domain.profile import RoundEnd
from gamesync.domain.values import Millis
from gamesync.domain.venue import Venue
from gamesync.domain.venue.clock import RoundClock
from gamesync.domain.venue.commands import (
    AddTable,
    PauseRoundClock,
    ResumeAll,
    ResumeRoundClock,
    RoundOver,
    StopRoundClock,
)
from gamesync.domain.venue.events import (
    AllResumed,
    RoundClockPaused,
    RoundClockResumed,
    RoundClockStopped,
    RoundEnded,
    TableAdded,
    VenueEntry,
    VenueFact,
)
from gamesync.domain.venue.orders import (
    NO_NEW_TURN,
    Order,
    TableOrder,
    at_each_table,
    last_order,
    reached,
)
from gamesync.domain.venue.state import Table

STOP, GO = RoundPause(pause=True), RoundPause(pause=False)
WITH_DOWN_TIME = RoundPause(pause=False, after_down_time=True)


def hall(round_end: RoundEnd = "announce") -> Venue:
    """A venue with a game on one table, and a round clock for the whole hall."""
    return Venue(
        tables={"t1": Table(id="t1", name="1", ordinal=1, game="g1")},
        settings={"round_end": round_end},
        round_clock=RoundClock.begin(0, 60_000),
    )


def said(fact: VenueFact, at_ms: Millis = 5) -> VenueEntry:
    return VenueEntry(version=1, type="round_clock", by=SERVER, at_ms=at_ms, wall="", facts=(fact,))


def did(fact: GameFact, at_ms: Millis) -> Entry:
    return Entry(version=2, type="timer_update", by=SERVER, at_ms=at_ms, wall="", facts=(fact,))


@pytest.mark.parametrize(
    ("command", "round_end", "order"),
    [
        (PauseRoundClock(), None, STOP),
        (ResumeRoundClock(), None, GO),
        (StopRoundClock(), None, GO),
        (ResumeAll(), None, WITH_DOWN_TIME),
        (RoundOver(), "pause", STOP),
        (RoundOver(), "no_new_turn", NO_NEW_TURN),
        (RoundOver(), "announce", None),
        (AddTable(name="8"), None, None),
    ],
)
def test_what_a_command_means_at_a_table(
    command: object, round_end: str | None, order: TableOrder | None
) -> None:
    assert at_each_table(command, round_end) == order


@pytest.mark.parametrize(
    ("fact", "venue", "long", "order"),
    [
        (RoundClockPaused(), hall(), False, STOP),
        (RoundClockResumed(), hall(), False, GO),
        (RoundClockStopped(), hall(), True, GO),
        (AllResumed(), hall(), False, WITH_DOWN_TIME),
        (AllResumed(), hall(), True, GO),
        (RoundEnded(), hall("pause"), False, STOP),
        (RoundEnded(), hall("no_new_turn"), False, NO_NEW_TURN),
    ],
)
def test_the_last_order(fact: VenueFact, venue: Venue, long: bool, order: TableOrder) -> None:
    before = [
        (said(RoundClockPaused(), 4), hall()),
        (said(fact), venue),
        (said(RoundEnded(), 6), hall()),  # announced, and no more
        (said(TableAdded(table="t2", name="2"), 7), venue),
    ]
    assert last_order(before, long=long) == Order(command=order, games=("g1",), at_ms=5)


def test_nothing_was_ordered() -> None:
    assert last_order([(said(TableAdded(table="t2", name="2")), hall())], long=False) is None


def test_without_a_clock_it_was_for_the_whole_hall() -> None:
    order = last_order([(said(AllResumed()), Venue(tables=hall().tables))], long=False)
    assert order == Order(command=WITH_DOWN_TIME, games=("g1",), at_ms=5)


PAUSED, RESUMED = ClockPaused(reason="round"), ClockResumed(reason="round")
SET = SettingSet(key="no_new_turn", value=True)


@pytest.mark.parametrize(
    ("fact", "at_ms", "command", "heard"),
    [
        (PAUSED, 5, STOP, True),
        (PAUSED, 4, STOP, False),
        (RESUMED, 9, STOP, True),  # somebody's last word
        (ClockResumed(reason="server"), 9, WITH_DOWN_TIME, True),
        (ClockPaused(reason="judge"), 9, STOP, False),
        (SET, 5, STOP, False),
        (SET, 5, NO_NEW_TURN, True),
        (PAUSED, 5, NO_NEW_TURN, False),
        (SettingSet(key="frozen", value=True), 5, NO_NEW_TURN, False),
        (ClockStarted(side=1), 5, STOP, False),
        (ClockStarted(side=1), 6, STOP, True),  # it began afterwards
        (ProfileSet(player=1, name="Ada"), 9, STOP, False),
    ],
)
def test_whether_a_table_has_heard(
    fact: GameFact, at_ms: Millis, command: RoundPause | SettingsUpdate, heard: bool
) -> None:
    order = Order(command=command, games=("g1",), at_ms=5)
    assert reached((did(fact, at_ms),), order) is heard
