"""The round clock: its law, and what is done to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gamesync.domain.commands import ServerDown, SettingsUpdate
from gamesync.domain.values import Millis
from gamesync.domain.venue import (
    RoundClock,
    games_of,
    round_deadline,
    round_end,
    round_left,
    share_left,
    venue_deadline,
)
from gamesync.domain.venue.commands import (
    AddEvent,
    AssignGame,
    ExtendRound,
    ImportParticipants,
    NewParticipant,
    PairingIn,
    PairRound,
    PauseRoundClock,
    ResumeAll,
    ResumeRoundClock,
    RoundOver,
    StartRound,
    StartRoundClock,
    StopRoundClock,
)

from .kit import BOSS, MINUTE, SERVER, Hall, hall

HOUR = 60 * MINUTE


def clocked(length_ms: Millis = HOUR) -> Hall:
    """A club evening: a game on a table, and a round clock that started at 0."""
    it = hall(1)
    it.do(AssignGame(table="t1", game="g1"))
    it.now = 0
    it.do(StartRoundClock(length_ms=length_ms))
    return it


def clock_of(it: Hall) -> RoundClock:
    assert it.state.round_clock is not None
    return it.state.round_clock


def test_it_runs_pauses_and_runs_on() -> None:
    it = clocked()
    assert round_left(it.state, 10 * MINUTE) == 50 * MINUTE
    it.now = 10 * MINUTE
    assert it.do(PauseRoundClock()) == {"games": ("g1",)}
    assert it.idle(PauseRoundClock()) == {"already": True}
    assert round_left(it.state, 20 * MINUTE) == 50 * MINUTE
    assert clock_of(it).ends_at is None
    assert round_deadline(it.state) is None
    assert venue_deadline(it.state) is None
    it.now = 20 * MINUTE
    assert it.do(ResumeRoundClock()) == {"games": ("g1",)}
    assert it.idle(ResumeRoundClock()) == {"already": True}
    assert clock_of(it).ends_at == 70 * MINUTE == venue_deadline(it.state)
    it.folds()


def test_it_warns_at_30_15_and_5_minutes() -> None:
    it = clocked()
    assert clock_of(it).warnings == (30 * MINUTE, 45 * MINUTE, 55 * MINUTE)
    assert round_deadline(it.state) == 30 * MINUTE
    assert round_deadline(it.state, 30 * MINUTE) == 45 * MINUTE
    assert round_deadline(it.state, 54 * MINUTE) == 55 * MINUTE
    assert round_deadline(it.state, 55 * MINUTE) == 60 * MINUTE
    assert round_deadline(it.state, 65 * MINUTE) == 60 * MINUTE
    short = RoundClock.begin(0, 15 * MINUTE)
    assert short.warnings == (10 * MINUTE,)
    assert short.pause(0).warnings == ()


def test_its_end_is_told_once() -> None:
    it = clocked()
    it.now = HOUR - 1
    assert it.idle(RoundOver(), SERVER) == {}
    it.now = HOUR + 3
    assert it.do(RoundOver(), SERVER) == {"games": ("g1",), "round_end": "announce"}
    assert it.idle(RoundOver(), SERVER) == {}
    assert round_deadline(it.state) is None
    assert venue_deadline(it.state) is None
    assert round_left(it.state, HOUR + MINUTE) == -MINUTE
    it.folds()


def test_extra_time_after_the_end_is_ended_anew() -> None:
    it = clocked()
    it.now = HOUR
    it.do(RoundOver(), SERVER)
    it.now = HOUR + 2 * MINUTE
    assert it.do(ExtendRound(delta_ms=MINUTE))["left_ms"] == -MINUTE
    assert clock_of(it).over
    assert it.do(ExtendRound(delta_ms=6 * MINUTE))["left_ms"] == 5 * MINUTE
    assert not clock_of(it).over
    it.now += 5 * MINUTE
    it.do(RoundOver(), SERVER)
    it.folds()


def test_a_round_is_made_shorter_within_reason() -> None:
    it = clocked()
    assert it.idle(ExtendRound(delta_ms=0)) == {"already": True}
    it.do(ExtendRound(delta_ms=-10 * MINUTE))
    assert clock_of(it).length_ms == 50 * MINUTE
    assert it.refuses(ExtendRound(delta_ms=-50 * MINUTE))[0] == "out_of_range"
    for _ in range(6):
        it.do(ExtendRound(delta_ms=24 * HOUR))
    assert it.refuses(ExtendRound(delta_ms=24 * HOUR))[0] == "out_of_range"


def test_without_a_round_clock_there_is_nothing_to_do() -> None:
    it = hall()
    for command in (PauseRoundClock(), ResumeRoundClock(), ExtendRound(delta_ms=1)):
        assert it.refuses(command)[0] == "not_now"
    assert it.idle(StopRoundClock()) == {"already": True}
    assert it.idle(RoundOver(), SERVER) == {}
    assert it.idle(ServerDown(last_alive=0, gap_ms=None, long=True), SERVER) == {}
    assert round_left(it.state, 0) is None
    assert round_deadline(it.state) is None
    assert share_left(it.state, 0, HOUR) == HOUR
    assert round_end(it.state) == "announce"


def test_one_round_clock_at_a_time() -> None:
    it = clocked()
    assert it.refuses(StartRoundClock(length_ms=HOUR))[0] == "not_now"
    assert it.do(StopRoundClock()) == {"games": ("g1",)}
    it.do(StartRoundClock(length_ms=MINUTE))
    it.now = MINUTE
    it.do(RoundOver(), SERVER)
    it.do(StartRoundClock(length_ms=HOUR))  # one that is over is not in the way
    assert clock_of(it).started_at == MINUTE
    it.folds()


def test_a_late_start_shares_what_is_left() -> None:
    it = clocked()
    assert share_left(it.state, 0, 90 * MINUTE) == 30 * MINUTE
    assert share_left(it.state, 0, 20 * MINUTE) == 20 * MINUTE
    assert share_left(it.state, 40 * MINUTE, 20 * MINUTE) == 10 * MINUTE
    assert share_left(it.state, 2 * HOUR, 20 * MINUTE) == 0


def test_the_end_of_a_round_is_as_the_event_or_the_venue_says() -> None:
    it = clocked()
    it.do(SettingsUpdate(key="round_end", value="no_new_turn"))
    assert round_end(it.state) == "no_new_turn"
    it.do(StopRoundClock())
    eventful(it)
    assert round_end(it.state) == "pause"


def eventful(it: Hall) -> None:
    """Round 1 of e2, at t1 with g2."""
    it.do(AddEvent(name="Open", round_end="pause"))
    add_two(it)
    pairing = PairingIn(p1="p3", p2="p4", table="t1", game="g2")
    it.do(PairRound(event="e2", round=1, pairings=(pairing,)))
    it.do(StartRound(event="e2", round=1, length_ms=HOUR))


def add_two(it: Hall) -> None:
    both = (NewParticipant(name="Anna"), NewParticipant(name="Bert"))
    it.do(ImportParticipants(event="e2", participants=both))


def test_an_events_round_clock_is_started_again_after_a_stop() -> None:
    it = hall(1)
    it.do(AddEvent(name="Open"))
    again = StartRoundClock(length_ms=HOUR, event="e2")
    assert it.refuses(again)[0] == "not_now"
    add_two(it)
    it.do(PairRound(event="e2", round=1, pairings=(PairingIn(p1="p3", p2="p4"),)))
    assert it.refuses(again)[0] == "not_now"
    it.do(StartRound(event="e2", round=1, length_ms=HOUR))
    it.do(StopRoundClock())
    it.do(again)
    assert (clock_of(it).event, clock_of(it).round) == ("e2", 1)
    it.folds()


# -- the power goes --


def test_down_time_is_nobodys() -> None:
    it = clocked()
    it.now = 16 * MINUTE
    it.do(ServerDown(last_alive=10 * MINUTE, gap_ms=6 * MINUTE, long=False), SERVER)
    assert clock_of(it).running
    assert round_left(it.state, it.now) == 50 * MINUTE
    assert clock_of(it).accounts(it.now).down_ms == 6 * MINUTE
    [gap] = it.state.gaps
    assert (gap.from_ms, gap.to_ms, gap.gap_ms, gap.long) == (
        10 * MINUTE,
        16 * MINUTE,
        6 * MINUTE,
        False,
    )
    it.folds()


def test_after_long_down_time_it_stands_until_all_is_resumed() -> None:
    it = clocked()
    it.now = 16 * MINUTE
    it.do(ServerDown(last_alive=10 * MINUTE, gap_ms=None, long=True), SERVER)
    assert clock_of(it).paused == ("server",)
    it.now = 20 * MINUTE
    assert it.do(ResumeAll()) == {"games": ("g1",)}
    assert clock_of(it).running
    assert round_left(it.state, it.now) == 50 * MINUTE
    assert clock_of(it).accounts(it.now).paused_ms == 4 * MINUTE
    it.folds()


def test_what_the_organiser_had_paused_is_not_resumed_with_all() -> None:
    it = clocked()
    it.do(PauseRoundClock())
    it.now = 16 * MINUTE
    it.do(ServerDown(last_alive=10 * MINUTE, gap_ms=None, long=True), SERVER)
    it.do(ServerDown(last_alive=16 * MINUTE, gap_ms=0, long=False), SERVER)
    assert clock_of(it).paused == ("organiser", "server")
    it.do(ResumeAll())
    assert clock_of(it).paused == ("organiser",)
    it.do(ResumeRoundClock())
    assert round_left(it.state, it.now) == HOUR


def test_all_of_one_event_are_resumed() -> None:
    it = clocked()
    it.do(ResumeAll())  # nothing stood; the tables may have
    it.do(StopRoundClock())
    it.do(ResumeAll())
    eventful(it)
    it.do(AddEvent(name="Side"))
    it.now = 10 * MINUTE
    it.do(ServerDown(last_alive=MINUTE, gap_ms=None, long=True), SERVER)
    assert it.do(ResumeAll(event="e5")) == {"games": ()}
    assert not clock_of(it).running
    assert it.do(ResumeAll(event="e2")) == {"games": ("g2",)}
    assert clock_of(it).running
    assert it.refuses(ResumeAll(event="e9"), BOSS)[0] == "not_found"
    assert games_of(it.state, None) == ("g2",)
    it.folds()


# -- the law --

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["pause", "resume", "resume_all", "extend", "down", "long"]),
        st.integers(0, 1000),
        st.integers(-500, 2000),
    ),
    max_size=30,
)


@given(length=st.integers(1, 5_000), start=st.integers(0, 10_000), steps=STEPS)
def test_every_millisecond_is_spent_paused_or_down(
    length: Millis, start: Millis, steps: list[tuple[str, Millis, int]]
) -> None:
    clock, now = RoundClock.begin(start, length), start
    for what, wait, number in steps:
        now += wait
        spent, paused = clock.accounts(now).spent_ms, not clock.running
        match what:
            case "pause":
                clock = clock.pause(now)
            case "resume":
                clock = clock.resume(now)
            case "resume_all":
                clock = clock.resume(now, "server")
            case "extend":
                clock = clock.extend(now, number)
            case _:
                before = clock
                clock = clock.downtime(now, now - number, what == "long")
                if paused:
                    assert clock.spent_ms == before.spent_ms
        assert clock.accounts(now).total_ms == now - start
        assert clock.accounts(now + 7).total_ms == now + 7 - start
        assert clock.left(now) == clock.length_ms - clock.accounts(now).spent_ms
        assert clock.accounts(now).spent_ms <= spent  # only down time gives any back
        if clock.ends_at is not None:
            assert clock.left(max(clock.ends_at, now)) == min(0, clock.left(now))


@given(back=st.integers(1, 1_000))
def test_time_that_goes_back_charges_nobody(back: Millis) -> None:
    clock = RoundClock.begin(5_000, 1_000).pause(5_500)
    assert clock.resume(5_500 - back) == clock.resume(5_500)
    assert clock.accounts(5_500 - back) == clock.accounts(5_500)
    running = RoundClock.begin(5_000, 1_000)
    assert running.downtime(5_000 - back, 4_000, long=False) == running
