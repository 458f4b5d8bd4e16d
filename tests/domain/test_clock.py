"""The clock: worked cases, edge cases and laws."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gamesync.domain.clock import Clock, shown_text
from gamesync.domain.ruleset import ClockRules, Stage
from gamesync.domain.values import PLAYERS, Millis, Player, Side, other

MINUTE = 60_000
DOWN = ClockRules(mode="down", budget_ms=10 * MINUTE)
STOP = ClockRules(mode="down", budget_ms=MINUTE, on_flag="stop")
UP = ClockRules(mode="up")


def begun(rules: ClockRules = DOWN, side: Side = 1, now: Millis = 0) -> Clock:
    return Clock.new(rules).start(now, side)


def both(clock: Clock, now: Millis) -> tuple[Millis, Millis]:
    return clock.shown(1, now), clock.shown(2, now)


# -- the worked cases, which authors of clients have too --

VECTORS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("clock_vectors.json").read_text("utf-8")
)
SIDES: dict[str | None, Side] = {"p1": 1, "p2": 2, None: 0}
SEATS: dict[str, Player] = {"p1": 1, "p2": 2}


def played(clock: Clock, step: dict[str, Any]) -> Clock:
    now: Millis = step["now"]
    match step["op"]:
        case "start":
            return clock.start(now, SIDES[step.get("side", "p1")])
        case "switch":
            side = clock.side
            turn = step.get("turn", True) and side != 0
            return clock.switch(
                now,
                SIDES[step["to"]] if "to" in step else other(side) if side else 0,
                completes=side if side and turn else None,
                pressed_at=step.get("pressed_at"),
                lag_ms=step.get("lag", 0),
            )
        case "pause":
            return clock.pause(now, step["reason"])
        case "resume":
            return clock.resume(now, step["reason"])
        case "adjust":
            return clock.adjust(now, SEATS[step["side"]], step["delta_ms"])
        case "flag":
            return clock.flag(now)
        case "restart":
            gap = now - step["last_alive"]
            return clock.downtime(now, step["last_alive"], gap > clock.rules.restart_grace_ms)
    raise AssertionError(step)


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_vector(case: dict[str, Any]) -> None:
    new = Clock.new(msgspec.convert(case["rules"], ClockRules))
    log: list[dict[str, Any]] = []
    for step in case["steps"]:
        if step["op"] == "undo":
            log.pop()
        else:
            log.append(step)
        clock = reduce(played, log, new)
        now, then = step["now"], step["then"]
        assert clock.side == SIDES[then["side"]]
        assert clock.running == then["running"]
        assert list(clock.paused) == then["paused"]
        assert both(clock, now) == (then["p1"], then["p2"])
        assert clock.flag_at() == then["flag_at"]
        assert clock.flagged == (then["flagged"]["p1"], then["flagged"]["p2"])


def test_there_are_nineteen_vectors() -> None:
    assert len(VECTORS) == 19


# -- start, runs, sides --


def test_a_new_clock_stands_and_owes_nothing() -> None:
    clock = Clock.new(DOWN)
    assert not clock.started
    assert not clock.running
    assert clock.side == 0
    assert clock.flag_at() is None
    assert clock.fallen(99 * MINUTE) is None
    assert both(clock, 99 * MINUTE) == (10 * MINUTE, 10 * MINUTE)
    assert clock.accounts(99 * MINUTE).total_ms == 0


def test_start_happens_once() -> None:
    clock = begun(now=5)
    assert clock.start(9, 2) == clock
    assert clock.started_at == 5


def test_a_clock_started_under_a_pause_runs_when_that_is_resumed() -> None:
    clock = Clock.new(DOWN).pause(0, "round").start(1_000, 2)
    assert clock.started
    assert not clock.running
    clock = clock.resume(4_000, "round")
    assert clock.running
    assert both(clock, 5_000) == (600_000, 599_000)
    assert clock.accounts(5_000).paused_ms == 3_000


def test_each_start_and_switch_begins_a_numbered_run() -> None:
    clock = begun()
    assert clock.run == 1
    clock = clock.switch(10, 2).pause(20, "judge").switch(30, 1)
    assert clock.run == 3
    assert clock.resume(40, "judge").adjust(50, 1, 5).flag(60).run == 3


def test_what_is_not_running_cannot_be_switched() -> None:
    new = Clock.new(DOWN)
    assert new.switch(5, 2) == new
    ended = begun().finish(5)
    assert ended.switch(9, 2) == ended


def test_two_switches_at_one_instant_cost_nobody_anything() -> None:
    clock = begun().switch(1_000, 2, completes=1).switch(1_000, 1, completes=2)
    assert clock.side == 1
    assert both(clock, 1_000) == (599_000, 600_000)


def test_a_turn_may_end_while_the_next_player_has_the_clock_already() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, increment_ms=5_000, delay_ms=2_000)
    clock = begun(rules).switch(10_000, 2).switch(12_000, 2, completes=1, lag_ms=1_000)
    assert clock.side == 2
    assert both(clock, 12_000) == (57_000, 58_000)
    assert clock.turns == (1, 0)
    assert clock.quota == (1_500 + 500, 1_500)  # the second press stopped nobody's run
    assert clock.flag_at() == 12_000 + 2_000 + 58_000


def test_the_same_side_again_is_not_a_pass_and_keeps_its_delay() -> None:
    clock = begun(ClockRules(mode="down", budget_ms=MINUTE, delay_ms=5_000)).switch(1_000, 1)
    assert clock.flag_at() == 65_000


def test_while_paused_a_switch_changes_sides_only() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, increment_ms=5_000)
    clock = begun(rules).pause(10_000, "judge")
    clock = clock.switch(20_000, 2, completes=1, pressed_at=19_000, lag_ms=500)
    assert clock.side == 2
    assert not clock.running
    assert both(clock, 30_000) == (55_000, 60_000)
    assert clock.quota == (1_500, 1_500)
    clock = clock.resume(30_000, "judge")
    assert both(clock, 31_000) == (55_000, 59_000)
    assert clock.accounts(31_000).paused_ms == 20_000


def test_time_of_a_ruling_or_a_concession_is_settled_at_its_instant() -> None:
    clock = begun().switch(10_000, 2).pause(25_000, "judge").switch(30_000, 1).finish(40_000)
    assert both(clock, 99_000) == (590_000, 585_000)


# -- delay, increments, stages, rounds --


def test_delay_waits_while_the_clock_is_neutral() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, delay_ms=5_000)
    assert begun(rules, 0).switch(9_000, 2).flag_at() == 9_000 + 65_000
    roll_off = begun(rules).switch(10_000, 0, completes=1)
    assert roll_off.switch(20_000, 2).flag_at() == 20_000 + 65_000
    # Passed to nobody in the middle of a turn, the delay is gone as with any pass.
    assert begun(rules).switch(1_000, 0).switch(2_000, 1).flag_at() == 2_000 + 60_000


def test_a_pass_leaves_no_delay_when_the_clock_comes_back() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, delay_ms=5_000)
    clock = begun(rules).switch(1_000, 2).switch(2_000, 1)
    assert both(clock, 3_000) == (59_000, 59_000)


def test_no_number_of_pauses_renews_the_delay() -> None:
    clock = begun(ClockRules(mode="down", budget_ms=MINUTE, delay_ms=5_000))
    for now in (2_000, 4_000, 6_000):
        clock = clock.pause(now, "judge").resume(now, "judge")
    assert clock.remaining(1, 8_000) == 57_000
    assert clock.accounts(8_000).free_ms == 5_000


def test_bronstein_counts_the_whole_turn_and_only_that() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, bronstein_ms=5_000)
    clock = begun(rules).switch(1_000, 2).switch(3_000, 1).switch(4_000, 2, completes=1)
    assert both(clock, 4_000) == (60_000, 58_000)
    # What player 2 used in the turn of player 1 is not given back at the end of his own.
    assert both(clock.switch(5_000, 1, completes=2), 5_000) == (60_000, 58_000)


def test_stages_add_their_time_and_change_the_increment() -> None:
    stages = (
        Stage(after_turns=2, budget_ms=30_000, increment_ms=3_000),
        Stage(after_turns=3, budget_ms=10_000),
    )
    rules = ClockRules(mode="down", budget_ms=MINUTE, increment_ms=1_000, stages=stages)
    clock, left = begun(rules), []
    for _ in range(4):
        clock = clock.switch(0, 1, completes=1)
        left.append(clock.remaining(1, 0))
    assert left == [61_000, 92_000, 105_000, 105_000]
    assert clock.remaining(2, 0) == 60_000


def test_a_stage_comes_after_the_flag_too_and_does_not_lift_it() -> None:
    rules = ClockRules(
        mode="down",
        budget_ms=MINUTE,
        increment_ms=1_000,
        bronstein_ms=1_000,
        stages=(Stage(after_turns=1, budget_ms=30_000),),
    )
    clock = begun(rules).switch(61_000, 2, completes=1)
    assert clock.remaining(1, 61_000) == 29_000
    assert clock.flagged == (60_000, None)
    again = clock.switch(62_000, 1, completes=2).pause(63_000, "judge")
    assert again.flagged == (60_000, None)
    assert again.adjust(63_000, 1, 1).flagged == (None, None)


@pytest.mark.parametrize(
    ("cap", "kept"), [(None, (40_000, 60_000)), (45_000, (40_000, 45_000)), (0, (0, 0))]
)
def test_a_round_brings_its_budget_and_caps_what_is_carried(
    cap: int | None, kept: tuple[int, int]
) -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, round_budget_ms=30_000, carry_cap_ms=cap)
    clock = begun(rules).round_begins(20_000, 2)
    assert both(clock, 20_000) == (kept[0] + 30_000, kept[1] + 30_000)


def test_a_round_is_reckoned_from_the_press_that_ended_the_last() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, round_budget_ms=30_000, carry_cap_ms=0)
    clock = begun(rules).switch(20_000, 2, completes=1, pressed_at=18_000)
    clock = clock.round_begins(clock.anchor, 2)
    assert both(clock, 20_000) == (30_000, 28_000)


def test_a_new_round_lifts_a_flag_unless_more_is_overdrawn_than_it_brings() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, round_budget_ms=30_000, carry_cap_ms=0)
    lifted = begun(rules).round_begins(70_000, 2)
    assert lifted.flagged == (None, None)
    assert both(lifted, 70_000) == (20_000, 30_000)
    assert lifted.flag_at() == 90_000
    kept = begun(rules).round_begins(95_000, 2)
    assert kept.flagged == (60_000, None)
    assert both(kept, 95_000) == (-5_000, 30_000)


@pytest.mark.parametrize("rules", [DOWN, ClockRules(mode="up", round_budget_ms=MINUTE)])
def test_no_round_budget_no_change(rules: ClockRules) -> None:
    assert begun(rules).round_begins(9, 2) == begun(rules)


def test_the_first_round_and_a_finished_game_bring_nothing() -> None:
    clock = begun(ClockRules(mode="down", budget_ms=MINUTE, round_budget_ms=30_000))
    assert clock.round_begins(9, 1) == clock
    assert clock.finish(9).round_begins(10, 2) == clock.finish(9)


def test_stopwatch_earns_nothing() -> None:
    rules = ClockRules(mode="up", increment_ms=5_000, bronstein_ms=5_000)
    clock = begun(rules).switch(3_000, 2, completes=1)
    assert both(clock, 4_000) == (3_000, 1_000)


# -- presses dated back, and lag --


def test_press_instant_is_held_between_the_anchor_the_limit_and_now() -> None:
    clock = begun().switch(5_000, 2)
    assert clock.press_instant(30_000, None) == 30_000
    assert clock.press_instant(30_000, 29_000) == 29_000
    assert clock.press_instant(30_000, 31_000) == 30_000
    assert clock.press_instant(30_000, 6_000) == 20_000
    assert clock.press_instant(30_000, 6_000, backdate_max_ms=10 * MINUTE) == 6_000
    assert clock.press_instant(30_000, 1_000, backdate_max_ms=10 * MINUTE) == 5_000
    assert clock.press_instant(4_000, 1_000) == 4_000


def test_the_tables_own_batch_is_honoured_ten_minutes_back() -> None:
    clock = begun()
    for pressed_at, to in ((60_000, 2), (90_000, 1), (150_000, 2)):
        side: Side = 1 if to == 1 else 2
        clock = clock.switch(400_000, side, pressed_at=pressed_at, backdate_max_ms=10 * MINUTE)
    assert both(clock, 400_000) == (600_000 - 120_000, 600_000 - 280_000)


def test_a_batch_replaces_the_pause_for_a_lost_link() -> None:
    lost = begun().pause(75_000, "link", since=60_000)
    assert both(lost, 80_000) == (540_000, 600_000)
    back = lost.resume(lost.anchor, "link")
    assert back.accounts(80_000) == begun().accounts(80_000)
    back = back.switch(80_000, 2, pressed_at=62_000, backdate_max_ms=10 * MINUTE)
    assert both(back, 80_000) == (538_000, 582_000)


def test_lag_is_not_forgiven_to_a_press_that_says_when_it_was() -> None:
    clock = begun().switch(10_000, 2, pressed_at=9_900, lag_ms=1_000)
    assert both(clock, 10_000) == (590_100, 599_900)
    assert clock.quota == (2_000, 1_500)


def test_lag_is_nobodys_and_no_more_than_was_charged() -> None:
    rules = ClockRules(mode="down", budget_ms=MINUTE, delay_ms=5_000)
    clock = begun(rules).switch(5_300, 2, completes=1, lag_ms=1_000)
    assert both(clock, 5_300) == (60_000, 60_000)
    assert clock.accounts(5_300).free_ms == 5_300
    assert clock.quota == (1_500 - 300 + 500, 1_500)
    assert begun().switch(1_000, 2, lag_ms=-50).remaining(1, 1_000) == 599_000


def test_the_quota_has_a_ceiling_and_neutral_time_has_none() -> None:
    clock = begun(side=0).switch(1_000, 1, lag_ms=400)
    assert clock.quota == (1_500, 1_500)
    assert clock.accounts(1_000).neutral_ms == 1_000
    for n in range(20):
        clock = clock.switch(2_000 + n, other(1 if clock.side == 1 else 2))
    assert clock.quota == (3_500, 3_500)


def test_forgiven_lag_may_lift_a_flag() -> None:
    clock = begun(STOP).flag(60_500)
    assert clock.fallen(60_500) == 1
    clock = clock.switch(60_500, 2, lag_ms=800)
    assert clock.flagged == (None, None)
    assert clock.remaining(1, 60_500) == 300


# -- pauses --


def test_pausing_twice_for_one_reason_is_pausing_once() -> None:
    clock = begun().pause(1_000, "judge")
    assert clock.pause(2_000, "judge") == clock


def test_a_reason_that_is_not_held_cannot_be_resumed() -> None:
    clock = begun()
    assert clock.resume(1_000, "judge") == clock
    paused = clock.pause(1_000, "judge")
    assert paused.resume(2_000, "round") == paused


def test_nothing_is_paused_or_resumed_after_the_end() -> None:
    ended = begun().pause(1_000, "judge").finish(2_000)
    assert ended.pause(3_000, "round") == ended
    assert ended.resume(3_000, "judge") == ended


def test_a_player_whose_flag_fell_may_pause() -> None:
    clock = begun().flag(600_000).pause(605_000, "player:p1")
    assert clock.remaining(1, 700_000) == -5_000
    assert clock.flagged == (600_000, None)


def test_a_pause_is_never_dated_before_the_anchor_nor_after_now() -> None:
    clock = begun().switch(10_000, 2)
    assert both(clock.pause(20_000, "link", since=4_000), 20_000) == (590_000, 600_000)
    assert both(clock.pause(20_000, "link", since=30_000), 20_000) == (590_000, 590_000)


def test_a_pause_dated_before_the_fall_lifts_the_flag() -> None:
    clock = begun().flag(600_000).pause(601_000, "link", since=599_000)
    assert clock.flagged == (None, None)
    assert clock.remaining(1, 601_000) == 1_000


# -- flags --


def test_the_instant_of_the_fall_does_not_depend_on_the_call() -> None:
    prompt, late = begun().flag(600_000), begun().flag(604_000)
    assert prompt == late
    assert late.flagged == (600_000, None)
    assert late.anchor == 0


def test_a_call_that_comes_too_early_records_nothing() -> None:
    assert begun().flag(599_999) == begun()
    assert begun().fallen(599_999) is None


def test_the_first_of_two_flags_counts() -> None:
    clock = begun().switch(700_000, 2)
    assert clock.fallen(800_000) == 1
    assert clock.fallen(9_000_000) == 1
    assert clock.flag(9_000_000).flagged == (600_000, 1_300_000)
    assert begun(side=2).fallen(600_000) == 2


def test_overtime_is_negative_and_a_flag_that_stops_is_not() -> None:
    assert begun().remaining(1, 660_000) == -60_000
    stopped = begun(STOP)
    assert stopped.remaining(1, 90_000) == 0
    assert stopped.accounts(90_000).free_ms == 30_000


def test_adjusting_settles_first() -> None:
    clock = begun(STOP).adjust(75_000, 1, 5_000)
    assert clock.remaining(1, 75_000) == 5_000
    assert clock.flagged == (None, None)
    assert clock.flag_at() == 80_000


def test_adjusting_lifts_a_flag_only_if_time_is_left_and_may_drop_one() -> None:
    clock = begun().adjust(605_000, 1, 5_000)
    assert clock.remaining(1, 605_000) == 0
    assert clock.flagged == (600_000, None)
    taken = begun().adjust(1_000, 2, -600_000)
    assert taken.flagged == (None, 1_000)
    assert taken.fallen(1_000) == 2


def test_adjusting_does_not_go_below_a_display_that_ends_at_zero() -> None:
    assert begun(STOP).adjust(10_000, 1, -99_000).remaining(1, 10_000) == 0
    assert begun().adjust(10_000, 1, -600_000).remaining(1, 10_000) == -10_000
    clock = begun(UP).adjust(10_000, 1, -99_000)
    assert clock.shown(1, 11_000) == 1_000


def test_adjusting_changes_what_a_stopwatch_shows_not_what_was_spent() -> None:
    clock = begun(UP).adjust(10_000, 1, 5_000)
    assert both(clock, 10_000) == (15_000, 0)
    assert clock.spent_by(1, 10_000) == 10_000


def test_without_a_clock_nothing_is_shown() -> None:
    clock = begun(ClockRules(mode="none", budget_ms=MINUTE)).adjust(9, 1, 9)
    assert both(clock, 70_000) == (0, 0)
    assert clock.flag_at() is None


# -- the end, and gaps --


def test_a_finished_clock_is_frozen_and_can_be_reopened() -> None:
    ended = begun().pause(5_000, "round").resume(6_000, "round").finish(10_000)
    assert both(ended, 99_000) == (591_000, 600_000)
    assert not ended.running
    assert ended.anchor == 10_000
    assert ended.finish(20_000) == ended
    clock = ended.reopen(30_000)
    assert clock.paused == ("reopened",)
    assert clock.reopen(31_000) == clock
    clock = clock.resume(40_000, "reopened")
    assert both(clock, 41_000) == (590_000, 600_000)
    assert clock.accounts(41_000).paused_ms == 1_000 + 30_000


def test_reopening_restores_the_reasons() -> None:
    clock = begun(side=2).pause(5_000, "judge").finish(6_000).reopen(7_000)
    assert clock.paused == ("judge", "reopened")
    assert clock.side == 2


def test_finishing_records_the_fall_and_adjusting_after_it_moves_no_time() -> None:
    ended = begun().finish(601_000)
    assert ended.flagged == (600_000, None)
    ruled = ended.adjust(700_000, 1, 2_000)
    assert ruled.remaining(1, 700_000) == 1_000
    assert ruled.flagged == (None, None)
    assert ruled.anchor == 601_000


def test_a_game_abandoned_before_its_start_can_still_be_started() -> None:
    clock = Clock.new(DOWN).finish(5)
    assert clock.start(6, 1) == clock
    assert clock.reopen(7).start(8, 1).running


def test_down_time_is_nobodys() -> None:
    clock = begun().downtime(40_000, 30_000, long=False)
    assert clock.running
    assert clock.accounts(45_000).down_ms == 10_000
    assert clock.spent_by(1, 45_000) == 35_000


def test_down_time_only_concerns_a_game_in_progress() -> None:
    new, ended = Clock.new(DOWN), begun().finish(5)
    assert new.downtime(9, 7, long=True) == new
    assert ended.downtime(9, 7, long=True) == ended


def test_a_paused_clock_stays_paused_over_a_gap() -> None:
    paused = begun().pause(5_000, "judge")
    assert paused.downtime(40_000, 30_000, long=False) == paused
    clock = paused.downtime(400_000, 30_000, long=True)
    assert clock.paused == ("judge", "server")
    assert clock.accounts(400_000).paused_ms == 395_000


@pytest.mark.parametrize(("last_alive", "spent"), [(5_000, 0), (50_000, 20_000)])
def test_a_gap_is_held_between_the_anchor_and_now(last_alive: int, spent: int) -> None:
    clock = begun().switch(10_000, 2).downtime(30_000, last_alive, long=False)
    assert clock.spent_by(1, 30_000) == 10_000
    assert clock.spent_by(2, 30_000) == spent


def test_a_gap_before_which_the_flag_had_not_fallen_lifts_it() -> None:
    clock = begun().flag(600_000).downtime(640_000, 599_000, long=True)
    assert clock.flagged == (None, None)


def test_game_time_that_goes_back_charges_nobody() -> None:
    clock = begun(now=10_000)
    assert clock.downtime(4_000, 3_000, long=False).spent_by(1, 4_000) == 0
    back = clock.switch(4_000, 2, lag_ms=500)
    assert back.anchor == 4_000
    assert back.accounts(4_000).total_ms == 0
    assert both(clock, 4_000) == (600_000, 600_000)


def test_no_limit_of_any_machine_word() -> None:
    days = 60 * 24 * 60 * MINUTE
    clock = begun(UP).switch(days, 2)
    assert both(clock, 2 * days) == (days, days)


# -- how it looks --


@pytest.mark.parametrize(
    ("ms", "mode", "text"),
    [
        (5_400_000, "down", "1:30:00"),
        (3_599_001, "down", "1:00:00"),
        (3_599_000, "down", "59:59"),
        (60_001, "down", "1:01"),
        (10_001, "down", "0:11"),
        (10_000, "down", "0:10"),
        (9_901, "down", "0:10"),
        (9_900, "down", "0:09.9"),
        (9_801, "down", "0:09.9"),
        (1_000, "down", "0:01.0"),
        (1, "down", "0:00.1"),
        (0, "down", "0:00"),
        (-999, "down", "0:00"),
        (-1_000, "down", "\N{MINUS SIGN}0:01"),
        (-61_999, "down", "\N{MINUS SIGN}1:01"),
        (-3_600_000, "down", "\N{MINUS SIGN}1:00:00"),
        (0, "up", "0:00"),
        (999, "up", "0:00"),
        (9_999, "up", "0:09"),
        (59_999, "up", "0:59"),
        (3_600_000, "up", "1:00:00"),
        (90_061_000, "up", "25:01:01"),
        (5_000, "none", ""),
    ],
)
def test_shown_text(ms: int, mode: Any, text: str) -> None:
    assert shown_text(ms, mode) == text


@given(st.integers(min_value=1, max_value=10**10))
def test_zero_is_not_shown_before_the_flag_fell(ms: int) -> None:
    assert shown_text(ms, "down").strip("0:.") != ""


# -- the laws, under any order of operations --

Op = Callable[[Clock, Millis], Clock]

reasons = st.sampled_from(["judge", "link", "round", "server", "reopened"])
sides: st.SearchStrategy[Side] = st.sampled_from([0, 1, 2])
players: st.SearchStrategy[Player] = st.sampled_from([1, 2])
ago = st.integers(-500, 20_000)
lengths = st.one_of(st.just(0), st.integers(0, 20_000))

starts: st.SearchStrategy[Op] = st.builds(lambda side: lambda c, now: c.start(now, side), sides)
presses: st.SearchStrategy[Op] = st.builds(
    lambda to, turn: lambda c, now: c.switch(now, to, completes=turn),
    sides,
    st.none() | players,
)
pauses: st.SearchStrategy[Op] = st.builds(
    lambda reason: lambda c, now: c.pause(now, reason), reasons
)
resumes: st.SearchStrategy[Op] = st.builds(
    lambda reason: lambda c, now: c.resume(now, reason), reasons
)
rounds: st.SearchStrategy[Op] = st.builds(
    lambda number: lambda c, now: c.round_begins(now, number), st.integers(1, 4)
)
plain: st.SearchStrategy[Op] = st.one_of(
    starts,
    presses,
    presses,
    pauses,
    resumes,
    resumes,
    rounds,
    st.just(lambda c, now: c.flag(now)),
    st.just(lambda c, now: c.finish(now)),
    st.just(lambda c, now: c.reopen(now)),
)
"""Operations that leave every player's spent time as it is."""

dated: st.SearchStrategy[Op] = st.one_of(
    st.builds(
        lambda to, turn, back, limit: (
            lambda c, now: c.switch(
                now, to, completes=turn, pressed_at=now - back, backdate_max_ms=limit
            )
        ),
        sides,
        st.none() | players,
        ago,
        st.none() | st.just(600_000),
    ),
    st.builds(
        lambda to, turn, lag: lambda c, now: c.switch(now, to, completes=turn, lag_ms=lag),
        sides,
        st.none() | players,
        st.integers(-100, 5_000),
    ),
    st.builds(lambda r, back: lambda c, now: c.pause(now, r, since=now - back), reasons, ago),
    st.builds(
        lambda back, long: lambda c, now: c.downtime(now, now - back, long), ago, st.booleans()
    ),
)
adjusts: st.SearchStrategy[Op] = st.builds(
    lambda player, ms: lambda c, now: c.adjust(now, player, ms),
    players,
    st.integers(-40_000, 40_000),
)
every = st.one_of(plain, plain, dated, adjusts)

any_rules = st.builds(
    ClockRules,
    mode=st.sampled_from(["down", "down", "down", "up", "none"]),
    budget_ms=st.sampled_from([0, 10_000, 60_000]),
    increment_ms=st.sampled_from([0, 1_000]),
    delay_ms=st.sampled_from([0, 3_000]),
    bronstein_ms=st.sampled_from([0, 2_000]),
    stages=st.sampled_from([(), (Stage(after_turns=2, budget_ms=9_000, increment_ms=500),)]),
    round_budget_ms=st.sampled_from([0, 15_000]),
    carry_cap_ms=st.sampled_from([None, 0, 5_000]),
    on_flag=st.sampled_from(["overtime", "stop", "lose", "claim"]),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Clock, Millis]:
    """A clock that much has happened to, and the instant of the last of it."""
    now = draw(st.integers(-5_000, 5_000))
    clock = Clock.new(draw(any_rules))
    if draw(st.integers(0, 9)):
        clock = clock.start(now, draw(sides))
    for wait, op in draw(st.lists(st.tuples(lengths, every), max_size=12)):
        now += wait
        clock = op(clock, now)
    return clock, now


def running(history: tuple[Clock, Millis]) -> bool:
    return history[0].flag_at() is not None


@given(histories(), every, lengths, lengths)
def test_no_time_is_lost_or_counted_twice(
    history: tuple[Clock, Millis], op: Op, wait: int, later: int
) -> None:
    clock, now = history
    now += wait
    clock = op(clock, now)
    for at in (now, now + later):
        accounts = clock.accounts(at)
        assert accounts.total_ms == (at - clock.started_at if clock.started else 0)
        assert min(msgspec.structs.astuple(accounts)) >= 0
        assert (accounts.p1_ms, accounts.p2_ms) == (clock.spent_by(1, at), clock.spent_by(2, at))


@given(histories(), every, lengths)
def test_the_anchor_is_never_ahead_and_never_moves_back(
    history: tuple[Clock, Millis], op: Op, wait: int
) -> None:
    clock, now = history
    after = op(clock, now + wait)
    assert after.anchor <= now + wait or not after.started
    assert after.anchor >= clock.anchor or not clock.started


@given(histories(), plain, lengths)
def test_only_dated_operations_change_what_was_spent(
    history: tuple[Clock, Millis], op: Op, wait: int
) -> None:
    clock, now = history
    now += wait
    after = op(clock, now)
    for player in PLAYERS:
        assert after.spent_by(player, now) == clock.spent_by(player, now)


@given(histories(), adjusts)
def test_an_adjustment_is_not_spent_time(history: tuple[Clock, Millis], op: Op) -> None:
    clock, now = history
    for player in PLAYERS:
        assert op(clock, now).spent_by(player, now) == clock.spent_by(player, now)


@given(histories(), lengths, lengths)
def test_spent_time_only_grows_while_nothing_happens(
    history: tuple[Clock, Millis], wait: int, more: int
) -> None:
    clock, now = history
    for player in PLAYERS:
        early = clock.spent_by(player, now + wait)
        assert 0 <= early <= clock.spent_by(player, now + wait + more) <= early + more


@given(histories(), lengths)
def test_remaining_and_spent_are_two_sides_of_one_sum(
    history: tuple[Clock, Millis], wait: int
) -> None:
    clock, now = history
    for player in PLAYERS:
        spent, left = clock.spent_by(player, now + wait), clock.remaining(player, now + wait)
        assert spent + left == clock.rules.budget_ms + clock.bonus[player - 1]
        if clock.rules.mode == "down" and clock.rules.on_flag == "stop":
            assert left >= 0
        if clock.rules.mode == "up":
            assert clock.shown(player, now + wait) >= 0


@given(histories(), lengths)
def test_settling_in_between_changes_no_reading(history: tuple[Clock, Millis], wait: int) -> None:
    clock, now = history
    settled = clock.pause(now, "blink").resume(now, "blink")
    later = now + wait
    assert both(settled, later) == both(clock, later)
    assert settled.accounts(later) == clock.accounts(later)
    assert settled.fallen(later) == clock.fallen(later)
    assert settled.flag(later).flagged == clock.flag(later).flagged


@given(histories())
def test_a_clock_survives_json(history: tuple[Clock, Millis]) -> None:
    clock, _ = history
    assert msgspec.json.decode(msgspec.json.encode(clock), type=Clock) == clock


@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(histories().filter(running), st.integers(1, 20_000))
def test_the_flag_falls_when_nothing_remains_and_not_before(
    history: tuple[Clock, Millis], early: int
) -> None:
    clock, _ = history
    fall = clock.flag_at()
    assert fall is not None
    assert clock.side in PLAYERS
    assert clock.remaining(clock.side, fall) == 0
    assert clock.flag(fall).flagged[clock.side - 1] == fall
    assert clock.flag(fall).flag_at() is None
    assert clock.flag(fall) == clock.flag(fall + early)
    before = fall - early
    assume(before >= clock.anchor)
    assert clock.flag(before) == clock
    if clock.rules.budget_ms:
        assert clock.remaining(clock.side, before) > 0
        assert shown_text(clock.shown(clock.side, before), "down") != "0:00"


@given(histories(), lengths)
def test_a_flag_is_recorded_with_the_player_who_has_nothing_left(
    history: tuple[Clock, Millis], wait: int
) -> None:
    clock, now = history
    now += wait
    flagged = clock.flag(now).flagged
    for player in PLAYERS:
        if clock.rules.mode != "down":
            assert flagged[player - 1] is None
        elif clock.remaining(player, now) < 0:
            assert flagged[player - 1] is not None
        elif flagged[player - 1] is not None and not clock.rules.stages:
            assert clock.remaining(player, now) <= 0
