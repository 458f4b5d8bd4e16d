"""Every way a match ends, who has won by it, signatures, and how it is opened again."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    Abandon,
    AdjustClock,
    AnswerProposal,
    ClaimFlag,
    Complete,
    Concede,
    ConfirmResult,
    FallFlag,
    How,
    Invite,
    Join,
    PauseClock,
    Propose,
    Ready,
    Reopen,
    ResumeClock,
    RollResult,
    RuleResult,
    ScoreUpdate,
    SetProfile,
    SkipSetup,
    StartClock,
    TimeCall,
    TurnChange,
    Undo,
    VoidGame,
)
from gamesync.domain.profile import Overrides
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.state import Result
from gamesync.domain.values import Side

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, SECOND, Table

QUICK = ClockRules(mode="down", budget_ms=MINUTE, on_flag="lose")
CLAIM = ClockRules(mode="down", budget_ms=MINUTE, on_flag="claim")


def result(table: Table) -> Result:
    assert table.game.result is not None
    return table.game.result


def outcome(table: Table) -> tuple[str, Side]:
    return result(table).how, result(table).winner


def ahead(player: Any = 1) -> Table:
    """A match in play, with a player ahead."""
    table = Table().begin()
    table.score(player, "secondary", 5)
    return table


def over() -> Table:
    table = ahead()
    table.do(TimeCall())
    return table


def sign(table: Table, *who: Any) -> Table:
    for by in who or (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    return table


# -- ways to end --


def test_a_concession_from_a_phone_stops_the_clock_and_names_the_winner() -> None:
    # Scorer's did neither.
    table = ahead(1)
    table.do(Concede(), ANNA, wait=MINUTE)
    assert table.game.status == "ended"
    assert result(table) == Result(
        how="conceded", winner=2, player=1, score1=5, score2=0, at_ms=table.now
    )
    shown = table.shown(1)
    assert not table.game.clock.running
    assert table.wait(MINUTE).shown(1) == shown == MINUTE + SECOND


def test_the_table_concedes_for_one_of_them() -> None:
    table = ahead()
    assert table.refused(Concede()).field == "player"
    table.do(Concede(player=2), HOST)
    assert (outcome(table), result(table).player) == (("conceded", 1), 2)


@pytest.mark.parametrize("leader", [1, 2, None])
def test_a_match_played_to_its_end_is_won_by_the_score(leader: Any) -> None:
    table = Table().begin()
    if leader:
        table.score(leader, "secondary", 5)
    table.turns(10)
    assert outcome(table) == ("completed", leader or 0)


def test_play_can_be_over_before_the_last_round() -> None:
    table = ahead(2)
    table.do(Complete())
    assert outcome(table) == ("completed", 2)


@pytest.mark.parametrize("winner", [0, 1, 2])
def test_where_the_winner_is_declared_it_has_to_be(winner: Any) -> None:
    table = Table("chess").begin()
    no = table.refused(Complete())
    assert (no.code, no.field) == ("missing_field", "winner")
    table.do(Complete(winner=winner))
    assert outcome(table) == ("completed", winner)


def test_where_the_score_says_who_has_won_nobody_declares_it() -> None:
    no = ahead().refused(Complete(winner=2))
    assert (no.code, no.field) == ("bad_value", "winner")


def test_time_called_leaves_the_score_and_abandoned_nothing() -> None:
    assert outcome(over()) == ("time_called", 1)
    table = ahead()
    table.do(Abandon())
    assert outcome(table) == ("abandoned", 0)


def test_a_draw_is_agreed_on() -> None:
    table = ahead()
    table.do(Propose(kind="draw"), ANNA)
    table.do(AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert outcome(table) == ("draw_agreed", 0)


RULED: dict[How, Side] = {
    "completed": 1,
    "time_called": 1,
    "conceded": 2,
    "clocked_out": 2,
    "tabled": 1,  # who was wiped out may still be ahead
    "no_show": 2,
    "bye": 1,
    "disqualified": 2,
    "draw_agreed": 0,
    "abandoned": 0,
}


@pytest.mark.parametrize(("how", "winner"), RULED.items())
def test_each_way_to_end_has_its_winner(how: How, winner: Side) -> None:
    """Of player 1, who is ahead."""
    table = ahead(1)
    table.do(RuleResult(how=how, player=1), JUDGE)
    assert outcome(table) == (how, winner)


@pytest.mark.parametrize("how", RULED)
@pytest.mark.parametrize("winner", [0, 1, 2])
def test_a_ruling_stands_over_the_rule(how: How, winner: Any) -> None:
    table = ahead()
    table.do(RuleResult(how=how, player=1, winner=winner), JUDGE)
    assert outcome(table) == (how, winner)
    table.score(2, "secondary", 15)
    assert outcome(table) == (how, winner)


@pytest.mark.parametrize("how", RULED)
def test_who_is_meant_has_to_be_said_where_it_matters(how: How) -> None:
    table = ahead()
    if how in ("conceded", "clocked_out", "no_show", "bye", "disqualified"):
        no = table.refused(RuleResult(how=how), JUDGE)
        assert (no.code, no.field) == ("missing_field", "player")
    else:
        table.do(RuleResult(how=how), JUDGE)
        assert result(table).player is None


def test_a_declared_winner_is_nobody_until_declared() -> None:
    table = Table("chess").begin()
    table.do(TimeCall())
    assert outcome(table) == ("time_called", 0)


@pytest.mark.parametrize("how", RULED)
def test_what_a_match_that_has_not_begun_can_come_to(how: How) -> None:
    table = Table()
    ruling = RuleResult(how=how, player=2)
    if how in ("no_show", "bye", "disqualified", "abandoned", "conceded"):
        table.do(ruling, JUDGE)
        assert (table.game.status, result(table).how) == ("ended", how)
    else:
        assert table.refused(ruling, JUDGE).code == "not_now"


@pytest.mark.parametrize("command", [TimeCall(), Complete(), Abandon(), Concede(player=1)])
def test_a_match_ends_once(command: Any) -> None:
    assert over().refused(command).detail == {"status": "ended"}


def test_a_ruling_changes_how_a_match_ended_but_not_when() -> None:
    table = over()
    ended_at = table.now
    table.do(RuleResult(how="disqualified", player=1), JUDGE, wait=MINUTE)
    assert outcome(table) == ("disqualified", 2)
    assert result(table).at_ms == ended_at
    sign(table)
    assert table.refused(RuleResult(how="tabled"), JUDGE).code == "not_now"


def test_the_score_of_a_match_that_is_over_can_still_turn_it() -> None:
    table = over()
    table.score(2, "secondary", 8)
    assert outcome(table) == ("time_called", 2)
    assert (result(table).score1, result(table).score2) == (5, 8)


# -- flags that end it --


def quick(**clock: Any) -> Table:
    return Table("chess", overrides=Overrides(**clock)).begin()


def test_a_flag_that_falls_loses_at_the_instant_of_its_fall() -> None:
    table = quick(clock=QUICK)
    falls = table.now + MINUTE
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    assert (outcome(table), result(table).at_ms) == (("clocked_out", 2), falls)
    assert table.game.clock.accounts(falls).total_ms == MINUTE


def test_a_press_after_the_fall_does_not_save_the_flag() -> None:
    table = quick(clock=QUICK)
    falls = table.now + MINUTE
    table.do(TurnChange(), ANNA, wait=MINUTE + SECOND)
    assert (outcome(table), result(table).at_ms) == (("clocked_out", 2), falls)
    table.do(Reopen(), JUDGE, wait=MINUTE)
    accounts = table.game.clock.accounts(table.now)
    assert accounts.total_ms == table.now - table.game.clock.started_at
    assert accounts.p1_ms == MINUTE + SECOND


def test_a_press_from_before_the_fall_does() -> None:
    table = quick(clock=QUICK)
    falls = table.now + MINUTE
    table.do(TurnChange(pressed_at=falls - 1), ANNA, wait=MINUTE + SECOND)
    assert (table.game.status, table.game.clock.side) == ("playing", 2)


def test_a_match_lost_on_time_can_be_opened_again_and_lost_again() -> None:
    table = quick(clock=QUICK)
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    table.do(Reopen(), JUDGE)
    assert (table.game.status, table.game.clock.paused) == ("playing", ("reopened",))
    table.do(AdjustClock(player=1, delta_ms=MINUTE), JUDGE)
    table.do(ResumeClock(), JUDGE)
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    assert outcome(table) == ("clocked_out", 2)


def test_either_flag_loses() -> None:
    table = quick(clock=QUICK)
    table.do(TurnChange())
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    assert outcome(table) == ("clocked_out", 1)


def test_a_fallen_flag_is_claimed_where_it_has_to_be() -> None:
    table = quick(clock=CLAIM)
    assert table.refused(ClaimFlag(), MAREK).code == "not_now"
    assert table.refused(ClaimFlag(), MAREK, wait=MINUTE - 1).code == "not_now"
    assert table.wait(1).refused(ClaimFlag(), ANNA).code == "not_now"
    table.do(ClaimFlag(), MAREK)
    assert (outcome(table), result(table).player) == (("clocked_out", 2), 1)


def test_a_recorded_flag_is_claimed_though_the_other_one_fell_first() -> None:
    table = quick(clock=CLAIM)
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    table.do(TurnChange())
    table.server(FallFlag(), wait=MINUTE + 2 * SECOND)
    assert table.game.status == "playing"
    table.do(ClaimFlag(), ANNA)
    assert outcome(table) == ("clocked_out", 1)


def test_flags_are_claimed_only_by_such_rules() -> None:
    assert quick(clock=QUICK).refused(ClaimFlag(), MAREK).code == "not_now"


# -- signatures --


def test_both_sign_the_version_they_have_seen() -> None:
    table = over()
    seen = table.version
    table.do(ConfirmResult(version=seen), ANNA)
    assert len(table.game.signatures) == 1
    table.do(ConfirmResult(version=seen), MAREK)
    assert table.game.status == "signed"
    assert [(s.player, s.version, s.by) for s in table.game.signatures] == [
        (1, seen, ANNA),
        (2, seen, MAREK),
    ]


def test_a_signature_is_given_once() -> None:
    table = over()
    seen = table.version
    table.do(ConfirmResult(version=seen), ANNA)
    answer = table.already(ConfirmResult(version=seen), ANNA)
    assert (answer.data["by"], answer.data["version"]) == (ANNA, seen)


def test_the_host_signs_for_a_player_and_it_is_seen() -> None:
    table = sign(over(), ANNA)
    table.do(ConfirmResult(version=table.version, player=2), HOST)
    assert table.game.status == "signed"
    assert table.game.signatures[1].by == HOST


@pytest.mark.parametrize("version", [-1, 1])
def test_no_other_version_is_signed(version: int) -> None:
    table = over()
    no = table.refused(ConfirmResult(version=table.version + version), ANNA)
    assert (no.code, no.field, no.detail) == ("conflict", "version", {"version": table.version})


def test_what_does_not_concern_the_result_does_not_hinder_signing_it() -> None:
    table = over()
    seen = table.version
    table.server(Join(device="new", role="host"))
    table.do(Invite(role="observer"))
    sign_both = ConfirmResult(version=seen)
    table.do(sign_both, ANNA)
    table.do(sign_both, MAREK)
    assert table.game.status == "signed"


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (ScoreUpdate(player=2, category="secondary", value=1), HOST),
        (ScoreUpdate(player=2, cp=9), HOST),
        (SetProfile(name="Ann"), ANNA),
        (RuleResult(how="tabled", player=1), JUDGE),
        (Undo(version=4), HOST),
    ],
)
def test_a_later_change_voids_signatures(change: Any, by: Any) -> None:
    table = sign(over(), ANNA)
    signed = table.game.signatures[0].version
    table.do(change, by)
    assert table.game.signatures == ()
    assert table.refused(ConfirmResult(version=signed), MAREK).code == "conflict"
    sign(table)
    assert table.game.status == "signed"


def test_officials_change_what_both_have_signed_and_it_is_unsigned_then() -> None:
    table = sign(over())
    assert table.game.status == "signed"
    table.do(ScoreUpdate(player=2, category="secondary", value=9), JUDGE)
    assert (table.game.status, table.game.signatures) == ("ended", ())
    assert outcome(table) == ("time_called", 2)


def test_nothing_is_signed_before_the_end() -> None:
    table = ahead()
    assert table.refused(ConfirmResult(version=table.version), ANNA).code == "not_now"


def test_it_is_not_for_the_server_to_sign() -> None:
    table = over()
    assert table.refused(ConfirmResult(version=table.version)).field == "player"


# -- opened again --


@pytest.mark.parametrize("signed", [False, True])
def test_a_match_is_opened_again_where_it_ended(signed: bool) -> None:
    table = Table().begin().turns(9)
    table.do(PauseClock())
    table.turns()
    if signed:
        sign(table)
    table.do(Reopen(), wait=MINUTE)
    assert (table.game.status, table.game.result, table.game.signatures) == ("playing", None, ())
    assert table.game.clock.paused == ("host", "reopened")
    assert (table.game.turn.active_player, table.game.clock.side) == (2, 2)
    table.do(ResumeClock())
    table.turns()
    assert outcome(table) == ("completed", 0)


def _waiting(table: Table) -> None:
    pass


def _readying(table: Table) -> None:
    table.do(Ready(), ANNA)


def _setup(table: Table) -> None:
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)


def _choosing(table: Table) -> None:
    _setup(table)
    table.do(RollResult(winner=1))


def _ready(table: Table) -> None:
    table.do(SkipSetup(first_player=2))


@pytest.mark.parametrize(
    ("ruleset", "before"),
    [
        *(("wh40k-10e", before) for before in (_waiting, _readying, _setup, _choosing, _ready)),
        *(("chess", before) for before in (_waiting, _readying, _setup, _ready)),
    ],
)
@pytest.mark.parametrize("end", [Concede(player=1), VoidGame()])
def test_a_match_that_had_not_begun_is_opened_where_it_was(
    ruleset: str, before: Any, end: Any
) -> None:
    table = Table(ruleset)
    before(table)
    status = table.game.status
    table.do(end)
    table.do(Reopen())
    assert table.game.status == status
    if status == "ready":
        table.do(StartClock())
        assert table.game.clock.running


def test_a_timed_set_up_goes_on_when_it_is_opened_again() -> None:
    table = Table()
    table.do(StartClock())
    table.do(Abandon(), wait=MINUTE)
    table.do(Reopen(), wait=MINUTE)
    assert table.game.clock.paused == ("reopened",)
    table.do(ResumeClock())
    assert table.game.clock.accounts(table.now).neutral_ms == MINUTE


def test_only_what_is_over_is_opened() -> None:
    assert ahead().refused(Reopen()).code == "not_now"


# -- struck from the record --


def test_a_match_is_struck_from_the_record_and_put_back() -> None:
    table = ahead()
    table.do(VoidGame(), JUDGE, wait=MINUTE)
    assert (table.game.status, table.game.clock.running) == ("void", False)
    assert table.refused(VoidGame(), JUDGE).code == "not_now"
    assert table.refused(ScoreUpdate(player=1, cp=3), JUDGE).code == "not_now"
    table.do(Reopen(), JUDGE)
    assert (table.game.status, table.shown(1)) == ("playing", MINUTE + SECOND)


def test_an_undo_does_not_put_a_void_match_back() -> None:
    table = over()
    scored = table.version - 1
    sign(table)
    table.do(VoidGame(), JUDGE)
    table.do(Undo(version=scored), JUDGE)
    assert (table.game.status, table.total(1)) == ("void", 0)
