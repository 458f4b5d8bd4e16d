"""The clock of a match: starts, pauses and who lifts them, links, batches, flags, down time."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gamesync.domain.commands import (
    AdjustClock,
    BatchPresses,
    CallJudge,
    Concede,
    CorrectState,
    FallFlag,
    Join,
    LoseLink,
    PauseClock,
    Press,
    Reopen,
    ResumeClock,
    RoundPause,
    ServerDown,
    SetClock,
    SetFirstPlayer,
    SetProfile,
    SkipSetup,
    StartClock,
    SwitchClock,
    TurnChange,
)
from gamesync.domain.events import By, ClockAdjusted, ClockPaused, ClockSwitched, Contested
from gamesync.domain.profile import Overrides
from gamesync.domain.rulebook import shipped
from gamesync.domain.timekeeping import GAPS_KEPT, pause_reason
from gamesync.domain.view import deadline

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, ORGANISER, SECOND, SERVER, Table

DOWN = Overrides(clock="down-90")
OWN = structs.replace(shipped()["wh40k-10e"], setup_clock="own")


def club(**overrides: Any) -> Table:
    return Table(overrides=Overrides(**overrides)).begin()


def times(table: Table) -> tuple[int, int]:
    return table.shown(1), table.shown(2)


# -- start --


def test_the_clock_starts_with_the_match_and_counts_up() -> None:
    table = Table().begin(2)
    assert (table.game.status, table.game.clock.side, table.game.clock.running) == (
        "playing",
        2,
        True,
    )
    assert times(table.wait(MINUTE)) == (0, MINUTE)


def test_a_second_start_finds_it_started() -> None:
    table = Table().begin()
    assert table.already(StartClock()).data["side"] == 1


def test_a_match_may_begin_on_nobodys_time() -> None:
    table = Table()
    table.do(SkipSetup(first_player=1))
    table.do(StartClock(side=0))
    assert (table.game.status, table.game.turn.active_player) == ("playing", 1)
    assert times(table.wait(MINUTE)) == (0, 0)
    table.do(SwitchClock())
    assert table.game.clock.side == 1


def test_set_up_is_on_nobodys_time_until_the_match_begins() -> None:
    table = Table()
    table.do(StartClock())
    table.do(SkipSetup(first_player=2), wait=MINUTE)
    table.do(StartClock(), wait=MINUTE)
    assert (table.game.status, table.game.clock.side) == ("playing", 2)
    assert times(table) == (0, 0)
    assert table.game.clock.accounts(table.now).neutral_ms == 2 * MINUTE


@pytest.mark.parametrize("command", [StartClock(side=1), SwitchClock(player=1)])
def test_nobodys_set_up_is_no_players(command: StartClock | SwitchClock) -> None:
    table = Table()
    if isinstance(command, SwitchClock):
        table.do(StartClock())
    assert table.refused(command).code == "not_now"


def test_set_up_on_own_time_passes_to_and_fro() -> None:
    table = Table(OWN)
    table.do(StartClock(side=2))
    table.do(SwitchClock(player=2), wait=MINUTE)
    table.do(SwitchClock(player=1), wait=2 * MINUTE)
    assert times(table) == (2 * MINUTE, MINUTE)
    table.do(SkipSetup(first_player=1))
    assert table.game.status == "ready"
    table.do(SwitchClock())
    assert table.game.clock.side == 1


def test_a_set_up_without_time_has_no_clock() -> None:
    table = Table("chess")
    assert table.refused(StartClock()).code == "not_now"
    assert table.refused(SwitchClock()).code == "not_now"


def test_a_match_put_into_play_has_its_clock_started_apart() -> None:
    table = Table()
    table.do(CorrectState(game_status="playing"))
    table.do(StartClock())
    assert (table.game.clock.side, table.game.turn.ordinal) == (1, 1)


# -- late --


def late(policy: Any) -> Table:
    table = Table(overrides=Overrides(late=policy), names=("Anna", ""))
    table.do(SkipSetup(first_player=1))
    return table


def test_where_one_is_late_the_clocks_wait() -> None:
    table = late("wait")
    no = table.refused(StartClock())
    assert no.code == "not_now"
    assert "player 2" in no.message
    table.do(SetProfile(player=2, name="Marek"))
    table.do(StartClock())
    assert table.game.clock.side == 1


def test_a_phone_without_a_name_is_somebody_too() -> None:
    table = late("wait")
    table.server(Join(device="phone", role="player", player=2))
    table.do(StartClock())
    assert table.game.status == "playing"


def test_or_neutral_time_runs() -> None:
    table = late("neutral")
    table.do(StartClock())
    assert (table.game.clock.side, table.game.turn.active_player) == (0, 1)


def test_or_the_time_of_him_who_is_absent() -> None:
    table = late("own_clock")
    table.do(StartClock())
    assert (table.game.clock.side, table.game.turn.active_player) == (2, 1)


def test_a_game_whose_names_nobody_entered_waits_for_nobody() -> None:
    table = Table(names=("", "")).begin(2)
    assert table.game.clock.side == 2


# -- switch --


def test_a_pass_of_priority_leaves_the_turn() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(SwitchClock(), wait=MINUTE)
    table.do(SwitchClock(), wait=2 * MINUTE)
    assert (table.game.turn.active_player, table.game.turn.ordinal) == (1, 1)
    assert times(table) == (89 * MINUTE, 88 * MINUTE)


def test_two_presses_for_one_run_end_one_run() -> None:
    table = Table().begin()
    press = SwitchClock(player=1, run=table.game.clock.run)
    decision = table.do(press, ANNA)
    assert decision.facts == (ClockSwitched(run=1, to=2),)
    answer = table.already(press, HOST)
    assert (answer.data["by"], answer.data["side"]) == (ANNA, 2)
    assert table.already(SwitchClock(player=1)).data["version"] == table.version
    table.do(TurnChange())
    assert table.already(SwitchClock(run=1)).data["by"] == HOST  # a turn passes the clock too


def test_a_run_that_is_not_there_yet_is_refused() -> None:
    no = Table().begin().refused(SwitchClock(run=2))
    assert (no.code, no.field) == ("out_of_range", "run")


def test_the_run_that_the_end_cut_short_is_over() -> None:
    table = Table().begin()
    run = table.game.clock.run
    table.do(Concede(player=2))
    assert table.already(SwitchClock(run=run)).data["status"] == "ended"
    assert table.refused(SwitchClock()).code == "not_now"


def test_a_switch_is_dated_back_or_has_its_lag_forgiven() -> None:
    table = Table().begin()
    command = SwitchClock(pressed_at=table.now + 2 * SECOND)
    (fact,) = table.do(command, wait=5 * SECOND, lag_ms=900).facts
    assert fact == ClockSwitched(run=1, to=2, pressed_at=command.pressed_at)
    assert times(table) == (2 * SECOND, 3 * SECOND)
    table.do(SwitchClock(), wait=SECOND, lag_ms=900)
    assert times(table) == (2 * SECOND, 3_100)


def test_while_paused_a_switch_changes_the_side_only() -> None:
    table = Table().begin()
    table.do(PauseClock())
    table.do(SwitchClock(), wait=MINUTE)
    assert (table.game.clock.side, table.game.clock.running) == (2, False)
    assert times(table) == (SECOND, 0)


# -- pauses: a set of reasons --


@pytest.mark.parametrize(
    ("by", "reason"),
    [
        (ANNA, "player:1"),
        (MAREK, "player:2"),
        (HOST, "host"),
        (JUDGE, "judge"),
        (ORGANISER, "judge"),
    ],
)
def test_a_pause_stands_under_who_asked(by: By, reason: str) -> None:
    table = Table().begin()
    table.do(PauseClock(), by)
    assert table.game.clock.paused == (reason,)
    assert table.already(PauseClock(), by).data["paused"] == (reason,)
    assert pause_reason(by, "setup") == "setup"


def test_a_pause_keeps_what_was_said() -> None:
    decision = Table().begin().do(PauseClock(reason="pizza"))
    assert decision.facts == (ClockPaused(reason="host", note="pizza"),)


def test_a_pause_is_nobodys_time_and_anybody_ends_it_at_a_club() -> None:
    table = Table().begin()
    table.do(PauseClock(), ANNA, wait=MINUTE)
    assert table.game.clock.paused == ("player:1",)
    table.do(ResumeClock(), MAREK, wait=5 * MINUTE)
    assert table.game.clock.running
    assert times(table.wait(MINUTE)) == (2 * MINUTE, 0)
    assert table.refolded() == table.game
    assert table.already(ResumeClock()).data["paused"] == ()


def test_it_runs_when_the_last_reason_is_gone() -> None:
    table = Table().begin()
    table.do(PauseClock(), ANNA)
    table.do(PauseClock(), MAREK)
    assert table.do(ResumeClock(why="player:1"), ANNA).data["paused"] == ("player:2",)
    assert not table.game.clock.running
    assert table.already(ResumeClock(why="player:1")).data["paused"] == ("player:2",)
    assert table.do(ResumeClock(), MAREK).data["paused"] == ()
    assert table.game.clock.running


ALL = ("both", "contested", "host", "judge", "player:1", "reopened", "round", "server")


@pytest.mark.parametrize(
    ("policy", "by", "lifted"),
    [
        ("any", HOST, ("both", "contested", "host", "player:1", "reopened", "server")),
        ("any", MAREK, ("both", "contested", "host", "player:1", "reopened", "server")),
        ("both", HOST, ()),
        ("both", ANNA, ()),
        ("judge", HOST, ("host", "reopened", "server")),
        ("judge", ANNA, ("host", "reopened", "server")),
        ("any", JUDGE, tuple(r for r in ALL if r != "round")),
        ("judge", JUDGE, tuple(r for r in ALL if r != "round")),
        ("both", ORGANISER, ALL),
        ("judge", SERVER, ALL),
    ],
)
def test_who_lifts_which_reason(policy: Any, by: By, lifted: tuple[str, ...]) -> None:
    table = club(pause_policy=policy)
    clock = structs.replace(table.game.clock, paused=ALL)
    table.match.game = structs.replace(table.game, clock=clock)
    if lifted:
        decision = table.match.decide(ResumeClock(), by, table.now)
        kept = tuple(reason for reason in ALL if reason not in lifted)
        assert decision.data["paused"] == kept
    for reason in set(ALL) - set(lifted):
        no = table.refused(ResumeClock(why=reason), by)
        expected = "consent_needed" if policy == "both" else "not_yours"
        assert (no.code, no.field, no.detail["paused"]) == (expected, "why", ALL)


def test_a_pause_needs_a_clock_that_was_started() -> None:
    table = Table()
    assert table.refused(PauseClock()).code == "not_now"
    table.begin()
    table.do(Concede(player=1))
    assert table.refused(PauseClock()).code == "not_now"


def test_a_pause_that_outlived_the_match_is_not_lifted() -> None:
    table = Table().begin()
    table.do(PauseClock())
    table.do(Concede(player=1))
    assert table.refused(ResumeClock()).code == "not_now"


# -- adjust and set --


def test_time_is_given_and_taken_while_it_runs() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(AdjustClock(player=1, delta_ms=5 * MINUTE), JUDGE, wait=MINUTE)
    table.do(AdjustClock(player=2, delta_ms=-10 * MINUTE), JUDGE, wait=0)
    assert times(table) == (94 * MINUTE, 80 * MINUTE)
    table.already(AdjustClock(player=1, delta_ms=0))


def test_a_clock_is_set_by_the_adjustment_it_amounts_to() -> None:
    table = Table(overrides=DOWN).begin()
    decision = table.do(SetClock(player=1, time_ms=80 * MINUTE), wait=MINUTE)
    assert decision.facts == (ClockAdjusted(player=1, delta_ms=-9 * MINUTE),)
    assert times(table) == (80 * MINUTE, 90 * MINUTE)
    table.already(SetClock(player=1, time_ms=80 * MINUTE))
    table.do(Concede(player=1))
    assert table.refused(SetClock(player=1, time_ms=0)).code == "not_now"


def test_a_clock_can_be_set_before_it_runs() -> None:
    table = Table(overrides=DOWN)
    table.do(SetClock(player=2, time_ms=60 * MINUTE))
    assert times(table) == (90 * MINUTE, 60 * MINUTE)


# -- flags --


def test_a_flag_is_announced_after_its_grace_and_recorded_at_its_fall() -> None:
    table = Table(overrides=DOWN).begin()
    falls = table.now + 90 * MINUTE
    assert deadline(table.game) == falls + 2 * SECOND
    table.now = falls
    assert table.server(FallFlag(), wait=1_999).facts == ()
    table.server(FallFlag(), wait=1)
    assert table.game.clock.flagged == (falls, None)
    assert table.game.status == "playing"  # in 40k a flag is not a loss
    assert deadline(table.game) is None
    assert table.server(FallFlag()).facts == ()


def test_a_press_from_before_the_flag_clears_it() -> None:
    table = Table(overrides=DOWN).begin()
    falls = table.now + 90 * MINUTE
    table.server(FallFlag(), wait=90 * MINUTE + 3 * SECOND)
    table.do(TurnChange(pressed_at=falls - SECOND), ANNA)
    assert table.game.clock.flagged == (None, None)


def test_no_flag_falls_where_none_runs() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(PauseClock())
    assert table.server(FallFlag(), wait=99 * MINUTE).facts == ()


# -- the link --


def test_where_no_device_is_heard_the_clock_stops_from_then_on() -> None:
    table = Table().begin()
    heard = table.now + MINUTE
    table.server(LoseLink(heard_at=heard), wait=MINUTE + 15 * SECOND)
    assert table.game.clock.paused == ("link",)
    assert times(table) == (MINUTE, 0)
    assert table.server(LoseLink(heard_at=heard)).facts == ()
    table.do(ResumeClock(), HOST)
    assert table.game.clock.running


def test_a_link_is_lost_in_play_only() -> None:
    table = Table()
    table.do(StartClock())
    assert table.server(LoseLink(heard_at=table.now)).facts == ()


# -- presses kept while cut off --


def press(kind: Any, player: Any, pressed_at: int) -> Press:
    return Press(kind=kind, player=player, pressed_at=pressed_at)


def batch(table: Table, *presses: Press, since: int | None = None) -> BatchPresses:
    return BatchPresses(presses=presses, since_version=table.version if since is None else since)


LIMIT = 10 * MINUTE


def test_a_batch_is_honoured_and_takes_the_place_of_the_links_pause() -> None:
    table = Table().begin()
    seen, start = table.version, table.now
    table.server(LoseLink(heard_at=start + SECOND), wait=16 * SECOND)
    presses = (
        press("switch", 1, start + MINUTE),
        press("switch", 2, start + 2 * MINUTE),
        press("turn", 1, start + 4 * MINUTE),
        press("pause", 2, start + 5 * MINUTE),
        press("resume", 2, start + 7 * MINUTE),
    )
    table.now = start + 8 * MINUTE
    decision = table.do(batch(table, *presses, since=seen), wait=0, backdate_max_ms=LIMIT)
    assert "contested" not in decision.data
    assert table.version == seen + 2  # the pause, and all the presses in one
    assert (table.game.clock.paused, table.game.turn.active_player) == ((), 2)
    assert times(table) == (3 * MINUTE, 3 * MINUTE)
    accounts = table.game.clock.accounts(table.now)
    assert (accounts.paused_ms, accounts.total_ms) == (2 * MINUTE, 8 * MINUTE)
    assert table.refolded() == table.game


def test_a_batch_without_a_links_pause_is_honoured_too() -> None:
    table = Table().begin()
    start = table.now
    table.do(batch(table, press("turn", 1, start + 3 * SECOND)), wait=8 * SECOND)
    assert times(table) == (3 * SECOND, 5 * SECOND)


def contested(table: Table, command: BatchPresses, limit: int | None = LIMIT) -> bool:
    """Whether the batch is; if so, it has changed nothing but to stop the clock."""
    before = table.game
    decision = table.do(command, backdate_max_ms=limit)
    if not decision.data:
        return False
    assert decision.data == {"contested": True}
    assert isinstance(decision.facts[0], Contested)
    assert table.game.clock.paused == tuple(sorted({*before.clock.paused, "contested"}))
    assert (table.game.turn, table.game.clock_version) == (before.turn, table.version)
    assert [p["kind"] for p in table.game.contested] == [p.kind for p in command.presses]
    return True


@pytest.mark.parametrize(
    ("meanwhile", "by", "disputed"),
    [
        (SwitchClock(), ANNA, True),
        (TurnChange(), ANNA, True),
        (PauseClock(), JUDGE, True),
        (AdjustClock(player=1, delta_ms=MINUTE), JUDGE, True),
        (SetProfile(name="Ann"), ANNA, False),
    ],
)
def test_a_batch_is_contested_if_the_clock_was_decided_on_meanwhile(
    meanwhile: Any, by: By, disputed: bool
) -> None:
    table = Table().begin()
    seen, start = table.version, table.now
    table.do(meanwhile, by)
    assert contested(table, batch(table, press("turn", 1, start + 500), since=seen)) is disputed


def test_every_decision_on_clock_or_turn_is_one() -> None:
    table = Table("aos")
    for command in (
        StartClock(),
        PauseClock(),
        ResumeClock(),
        AdjustClock(player=1, delta_ms=5),
        SkipSetup(first_player=1),
        StartClock(),
        SwitchClock(),
        ServerDown(last_alive=0, gap_ms=None, long=False),
        TurnChange(),
        TurnChange(),
        SetFirstPlayer(player=2),
        CorrectState(round=4),
        SetFirstPlayer(player=1),
        Concede(player=1),
        Reopen(),
    ):
        table.do(command)
        decided = table.game.clock_version == table.version
        assert decided != isinstance(command, SkipSetup | Concede)


def test_a_batch_is_contested_if_the_clock_was_set_going_meanwhile() -> None:
    table = Table().begin()
    table.do(PauseClock())
    seen = table.version
    table.do(ResumeClock(), ANNA)
    assert contested(table, batch(table, press("turn", 1, table.now), since=seen))


def test_a_flag_that_fell_meanwhile_contests_nothing() -> None:
    table = Table(overrides=DOWN).begin()
    seen, falls = table.version, table.now + 90 * MINUTE
    table.server(FallFlag(), wait=90 * MINUTE + 3 * SECOND)
    assert not contested(table, batch(table, press("turn", 1, falls - SECOND), since=seen))
    assert table.game.clock.flagged == (None, None)


@pytest.mark.parametrize(
    "presses",
    [
        [("turn", 2, 1_000)],  # it was not his
        [("switch", 2, 1_000)],
        [("resume", 1, 1_000)],  # nothing stood
        [("turn", 1, 2_000), ("turn", 2, 1_000)],  # not in order
        [("turn", 1, 2_000), ("turn", 1, 3_000)],
    ],
)
def test_presses_that_do_not_fit_are_contested(presses: list[tuple[Any, Any, int]]) -> None:
    table = Table().begin()
    kept = [press(kind, player, table.now + at) for kind, player, at in presses]
    assert contested(table.wait(MINUTE), batch(table, *kept))


def test_presses_at_one_instant_and_just_within_the_limit_are_honoured() -> None:
    table = Table().begin()
    at = table.now + SECOND
    kept = (press("turn", 1, at), press("switch", 2, at))
    table.now = at + LIMIT - SECOND  # and one more until it arrives
    assert not contested(table, batch(table, *kept))
    assert table.game.clock.side == 1


@pytest.mark.parametrize(("limit", "disputed"), [(None, True), (LIMIT, False)])
def test_a_press_beyond_the_limit_is_contested(limit: int | None, disputed: bool) -> None:
    table = Table().begin()
    kept = press("turn", 1, table.now + SECOND)
    assert contested(table.wait(9 * MINUTE), batch(table, kept), limit) is disputed


def test_where_a_judge_pauses_the_cut_off_table_does_not() -> None:
    table = club(pause_policy="judge")
    assert contested(table, batch(table, press("pause", 1, table.now)))


def test_a_contest_is_settled_by_lifting_it() -> None:
    table = club(pause_policy="judge")
    contested(table, batch(table, press("turn", 2, table.now)))
    assert table.refused(ResumeClock(), HOST).code == "not_yours"
    table.do(ResumeClock(why="contested"), JUDGE)
    assert (table.game.contested, table.game.clock.running) == ((), True)


def test_a_pause_lifted_during_a_contest_leaves_the_contest() -> None:
    table = Table().begin()
    table.do(PauseClock(), ANNA)
    contested(table, batch(table, press("turn", 2, table.now)))
    table.do(ResumeClock(why="player:1"), ANNA)
    assert table.game.contested


def test_a_batch_needs_a_match_in_play_with_its_clock_on() -> None:
    table = Table()
    assert table.refused(batch(table, press("turn", 1, table.now))).code == "not_now"
    table.do(CorrectState(game_status="playing"))
    no = table.refused(batch(table, press("switch", 1, table.now)))
    assert no.code == "not_now"


# -- the server, the round --


def test_a_short_gap_is_nobodys_and_the_clock_goes_on() -> None:
    table = Table().begin()
    alive = table.now + MINUTE
    table.now = alive + 10 * SECOND
    table.server(ServerDown(last_alive=alive, gap_ms=10 * SECOND, long=False), wait=0)
    assert table.game.clock.running
    assert times(table.wait(SECOND)) == (MINUTE + SECOND, 0)
    assert table.game.clock.accounts(table.now).down_ms == 10 * SECOND


def test_a_long_gap_pauses_and_is_told_even_where_nothing_ran() -> None:
    table = Table().begin()
    table.do(PauseClock())
    table.server(ServerDown(last_alive=table.now, gap_ms=None, long=True), wait=MINUTE)
    assert table.game.clock.paused == ("host", "server")
    gap = table.game.gaps[0]
    assert (gap.to_ms - gap.from_ms, gap.gap_ms, gap.long) == (MINUTE, None, True)


def test_the_last_gaps_are_kept() -> None:
    table = Table().begin()
    for gap in range(GAPS_KEPT + 2):
        table.server(ServerDown(last_alive=table.now, gap_ms=gap, long=False))
    assert [gap.gap_ms for gap in table.game.gaps] == list(range(2, GAPS_KEPT + 2))


def test_a_match_that_is_not_on_the_clock_knows_no_gap() -> None:
    table = Table()
    down = ServerDown(last_alive=table.now, gap_ms=1, long=True)
    assert table.server(down).facts == ()
    table.begin()
    table.do(Concede(player=1))
    assert table.server(down).facts == ()


def test_the_organisers_round_clock_stops_and_starts_the_table() -> None:
    table = Table().begin()
    table.server(RoundPause(pause=True))
    assert table.game.clock.paused == ("round",)
    assert table.server(RoundPause(pause=True)).facts == ()
    assert table.refused(ResumeClock(), HOST).code == "not_yours"
    table.server(RoundPause(pause=False))
    assert table.game.clock.running
    assert table.server(RoundPause(pause=False)).facts == ()
    assert Table().server(RoundPause(pause=True)).facts == ()


@pytest.mark.parametrize(("after", "kept"), [(False, ("server",)), (True, ())])
def test_the_round_starts_again_after_down_time(after: bool, kept: tuple[str, ...]) -> None:
    table = Table().begin()
    table.server(RoundPause(pause=True))
    table.server(ServerDown(last_alive=table.now, gap_ms=None, long=True))
    table.server(RoundPause(pause=False, after_down_time=after))
    assert table.game.clock.paused == kept
    assert table.server(RoundPause(pause=False)).facts == ()


def test_what_the_server_may_lift_it_lifts() -> None:
    table = Table(profile="event").begin()
    table.do(CallJudge(), ANNA)
    assert table.game.clock.paused == ("judge",)
    table.server(ResumeClock())
    assert table.game.clock.running
