"""The bucket counts right, and the defaults are those that were decided."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.limits import KIB, Bucket, Limits


def test_a_burst_then_a_rate() -> None:
    bucket = Bucket(rate=10, burst=3)
    assert [bucket.take(100.0) for _ in range(4)] == [True, True, True, False]
    assert bucket.wait(100.0) == pytest.approx(0.1)
    assert not bucket.take(100.09)
    assert bucket.take(100.11)


def test_it_holds_no_more_than_its_burst() -> None:
    bucket = Bucket(rate=10, burst=3)
    assert bucket.take(0.0, 3)
    assert not bucket.full(0.2)
    assert bucket.full(1000.0)
    assert not bucket.take(1000.0, 4)


def test_those_who_owe_pay_in_their_order() -> None:
    bucket = Bucket(rate=2, burst=1)
    assert [bucket.owe(5.0) for _ in range(4)] == [0.0, 0.5, 1.0, 1.5]
    assert bucket.wait(5.0) == pytest.approx(2.0)


def test_a_clock_that_goes_back_gives_nothing() -> None:
    bucket = Bucket(rate=10, burst=1)
    assert bucket.take(100.0)
    assert not bucket.take(50.0)
    assert not bucket.take(100.05)
    assert bucket.take(100.1)


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=60))
def test_never_more_than_burst_and_rate(steps: list[tuple[float, int]]) -> None:
    bucket, now, taken = Bucket(rate=7, burst=20), 0.0, 0
    for pause, n in steps:
        now += pause
        wait = bucket.wait(now, n)
        took = bucket.take(now, n)
        assert took == (wait == 0.0)
        taken += n * took
    assert taken <= 20 + 7 * now + 1e-6


def test_the_defaults() -> None:
    limits = Limits()
    assert (limits.head_bytes, limits.head_headers, limits.head_seconds) == (8 * KIB, 64, 5)
    assert (limits.message_bytes, limits.outbound_message_bytes) == (16 * KIB, 64 * KIB)
    assert (limits.frames_per_second, limits.frames_burst) == (50, 200)
    assert (limits.commands_per_second, limits.commands_burst) == (10, 30)
    assert (limits.observer_commands_per_second, limits.observer_commands_burst) == (1, 5)
    assert limits.match_commands_per_second == 20
    assert limits.first_message_seconds == 5
    assert (limits.ping_seconds, limits.pong_seconds) == (30, 10)
    assert (limits.send_buffer_bytes, limits.outbound_debt_bytes) == (64 * KIB, 256 * KIB)
    assert (limits.write_stall_seconds, limits.linger_seconds) == (15, 5)
    assert (limits.connections, limits.backlog) == (5000, 4096)
    assert (limits.new_connections_per_second, limits.new_connections_burst) == (500, 5000)
    assert (limits.private_per_second, limits.private_open) == (30, 256)
    assert (limits.public_per_second, limits.public_burst, limits.public_open) == (20, 64, 64)
    assert (limits.wrong_codes_per_minute, limits.wrong_codes_per_minute_total) == (10, 100)
    assert (limits.device_games, limits.address_games, limits.open_games) == (3, 20, 2000)
