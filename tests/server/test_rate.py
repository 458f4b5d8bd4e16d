"""How fast one connection may speak, by a clock of the test's own."""

from __future__ import annotations

from collections import Counter

import pytest

from gamesync.limits import Limits
from gamesync.server.rate import Rate

LIMITS = Limits(
    commands_per_second=10,
    commands_burst=30,
    observer_commands_per_second=1,
    observer_commands_burst=5,
)


def judged(rate: Rate, times: int, *, now: float = 0.0, seated: bool = True) -> Counter[str]:
    return Counter(rate.judge(now, seated=seated) for _ in range(times))


@pytest.mark.parametrize(("seated", "burst", "a_second"), [(True, 30, 10), (False, 5, 1)])
def test_so_many_at_once_and_so_many_a_second(seated: bool, burst: int, a_second: int) -> None:
    rate = Rate(LIMITS)
    assert judged(rate, burst + 1, seated=seated) == {"passes": burst, "too fast": 1}
    assert judged(rate, a_second + 1, now=1.0, seated=seated) == {"passes": a_second, "too fast": 1}


@pytest.mark.parametrize(("seated", "burst", "gap_s"), [(True, 30, 0.1), (False, 5, 1.0)])
def test_who_waits_as_long_as_he_is_told_passes(seated: bool, burst: int, gap_s: float) -> None:
    rate = Rate(LIMITS)
    judged(rate, burst, seated=seated)
    wait_ms = rate.wait_ms(0.0, seated=seated)
    assert wait_ms - 1 <= gap_s * 1000 <= wait_ms
    assert rate.judge(wait_ms / 1000, seated=seated) == "passes"
    assert rate.judge(wait_ms / 1000, seated=seated) == "too fast"


@pytest.mark.parametrize(("seated", "burst"), [(True, 30), (False, 5)])
def test_who_is_over_it_by_twice_the_burst_is_cut_off(seated: bool, burst: int) -> None:
    rate = Rate(LIMITS)
    assert judged(rate, 3 * burst, seated=seated) == {"passes": burst, "too fast": 2 * burst}
    assert rate.judge(0.0, seated=seated) == "cut off"


def test_each_that_passes_makes_up_for_one_that_was_too_fast() -> None:
    rate = Rate(LIMITS)
    judged(rate, 5 + 9, seated=False)
    assert judged(rate, 5, now=5.0, seated=False) == {"passes": 5}
    assert judged(rate, 6, now=5.0, seated=False) == {"too fast": 6}
    assert rate.judge(5.0, seated=False) == "cut off"
    for second in range(100, 200):  # and no more than that: none is saved up
        assert rate.judge(second, seated=False) == "passes"
    assert judged(rate, 15, now=200.0, seated=False) == {"passes": 5, "too fast": 10}
    assert rate.judge(200.0, seated=False) == "cut off"


def test_who_sits_down_has_a_seat_s_rate_and_what_was_too_much_before_still_counts() -> None:
    rate = Rate(LIMITS)
    judged(rate, 5 + 10, seated=False)
    assert judged(rate, 31) == {"passes": 30, "too fast": 1}
    assert rate.judge(0.0, seated=False) == "too fast", "thirty made up for ten"
