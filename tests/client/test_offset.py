"""The server's clock as it is known from here."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gamesync.client.offset import SAMPLES, ServerClock

ways = st.floats(min_value=0, max_value=2_000)


@given(
    offset=st.floats(min_value=-1e9, max_value=1e9),
    trips=st.lists(st.tuples(ways, ways, ways), min_size=1, max_size=40),
)
def test_the_error_is_at_most_half_of_the_shortest_round_trip(
    offset: float, trips: list[tuple[float, float, float]]
) -> None:
    clock, local, kept = ServerClock(), 1_000.0, []
    for there, back, pause in trips:
        clock.sample(local + there + offset, local, local + there + back)
        kept.append(there + back)
        local += there + back + pause
    assert clock.offset_ms is not None
    assert clock.error_ms is not None
    assert (
        clock.error_ms == min(kept[-SAMPLES:]) / 2
        or abs(clock.error_ms - min(kept[-SAMPLES:]) / 2) < 1e-6
    )
    assert abs(clock.offset_ms - offset) <= clock.error_ms + 1e-3
    assert clock.rtt_ms is not None
    assert abs(clock.rtt_ms - kept[-1]) < 1e-6


def test_before_any_word_of_the_server_nothing_is_known() -> None:
    clock = ServerClock()
    assert clock.at(5) is None
    assert clock.error_ms is None
    assert clock.rtt_ms is None


def test_the_greeting_is_a_guess_that_a_heartbeat_replaces() -> None:
    clock = ServerClock()
    clock.greeted(10_000, 400)
    assert clock.at(500) == 10_100
    assert clock.error_ms is None
    clock.sample(10_250, 500, 520)
    assert clock.at(510) == 10_250
    assert clock.error_ms == 10


def test_a_new_connection_starts_anew() -> None:
    clock = ServerClock()
    clock.sample(1_000, 0, 2)
    clock.greeted(9_000, 100)
    assert clock.at(100) == 9_000


def test_a_jump_of_either_clock_makes_the_old_samples_worthless() -> None:
    clock = ServerClock()
    clock.sample(1_000, 0, 1)
    clock.sample(61_000, 10, 30)  # this machine slept for a minute
    assert clock.at(20) == 61_000


def test_a_heartbeat_from_the_future_is_ignored() -> None:
    clock = ServerClock()
    clock.sample(1_000, 10, 5)
    assert clock.best is None
