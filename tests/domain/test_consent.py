"""Proposals and answers, disputes and what the public sees of them, calls for a judge."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    AnswerProposal,
    CallJudge,
    CancelCall,
    CloseCall,
    CloseDispute,
    Concede,
    ConfirmResult,
    Expire,
    LoseLink,
    OpenDispute,
    PauseClock,
    Propose,
    ResumeClock,
    RoundPause,
    ScoreUpdate,
    ServerDown,
    SettingsUpdate,
    StartClock,
    SwitchClock,
    TakeCall,
    TimeCall,
    TurnChange,
    Undo,
    VoidGame,
)
from gamesync.domain.events import By
from gamesync.domain.profile import Overrides
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.view import changed, deadline, view

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, ORGANISER, SECOND, Table

BOTH = Overrides(pause_policy="both")


def proposed(kind: Any, table: Table | None = None, **fields: Any) -> Table:
    """What Anna asks Marek."""
    table = table or Table(overrides=BOTH).begin()
    table.do(Propose(kind=kind, **fields), ANNA)
    return table


def yes(table: Table, by: By = MAREK) -> Table:
    table.do(AnswerProposal(proposal=table.game.proposals[0].at_version, accept=True), by)
    return table


# -- proposals --


def test_everyone_sees_what_is_asked_and_the_other_one_answers() -> None:
    table = proposed("draw")
    (proposal,) = table.game.proposals
    assert (proposal.kind, proposal.player, proposal.at_version) == ("draw", 1, table.version)
    assert view(table.game, "public").proposals == (proposal,)
    answer = AnswerProposal(proposal=table.version, accept=True)
    no = table.refused(answer, ANNA)
    assert (no.code, no.field) == ("not_yours", "proposal")
    table.do(answer, MAREK)
    assert table.game.proposals == ()


def test_a_no_ends_it_and_nothing_else() -> None:
    table = proposed("draw")
    table.do(AnswerProposal(proposal=table.version, accept=False), MAREK)
    assert (table.game.proposals, table.game.status) == ((), "playing")


@pytest.mark.parametrize(("by", "player"), [(ANNA, None), (HOST, 1)])
def test_who_asked_takes_it_back(by: By, player: Any) -> None:
    table = proposed("draw")
    table.do(AnswerProposal(proposal=table.version, accept=False, player=player), by)
    assert (table.game.proposals, table.game.status) == ((), "playing")


def test_the_table_answers_for_a_player_if_it_says_for_whom() -> None:
    table = proposed("draw")
    answer = AnswerProposal(proposal=table.version, accept=True)
    assert table.refused(answer, HOST).field == "player"
    table.do(AnswerProposal(proposal=table.version, accept=True, player=2), HOST)
    assert table.game.status == "ended"


def test_the_same_is_asked_once() -> None:
    table = proposed("draw")
    assert table.already(Propose(kind="draw"), ANNA).data == {
        "already": True,
        "proposal": table.version,
    }
    table.do(Propose(kind="time_call"), ANNA)
    table.do(AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert table.game.result is not None
    assert table.game.result.how == "time_called"


def test_who_asks_for_what_he_is_asked_agrees() -> None:
    table = proposed("pause")
    table.do(Propose(kind="pause"), MAREK)
    assert (table.game.clock.paused, table.game.proposals) == (("both",), ())


def test_what_is_not_there_is_not_answered() -> None:
    table = Table().begin()
    no = table.refused(AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert (no.code, no.field) == ("not_found", "proposal")


def test_both_pause_and_both_go_on() -> None:
    table = yes(proposed("pause"))
    assert table.game.clock.paused == ("both",)
    assert table.refused(ResumeClock(), ANNA).code == "consent_needed"
    assert table.refused(ResumeClock(), HOST).code == "consent_needed"
    yes(proposed("resume", table))
    assert table.game.clock.running


def test_agreement_lifts_what_is_theirs_and_no_officials_reason() -> None:
    table = yes(proposed("pause"))
    table.do(PauseClock(), JUDGE)
    table.server(ServerDown(last_alive=table.now, gap_ms=None, long=True))
    yes(proposed("resume", table))
    assert table.game.clock.paused == ("judge",)
    yes(proposed("resume", table))
    assert table.game.clock.paused == ("judge",)


def test_where_only_a_judge_pauses_it_is_not_agreed_on() -> None:
    table = Table(profile="event").begin()
    for kind in ("pause", "resume"):
        no = table.refused(Propose(kind=kind), ANNA)
        assert (no.code, no.field) == ("not_yours", "kind")


@pytest.mark.parametrize(
    ("kind", "how"),
    [("draw", "draw_agreed"), ("time_call", "time_called"), ("abandon", "abandoned")],
)
def test_endings_are_agreed_on(kind: Any, how: str) -> None:
    table = yes(proposed(kind))
    assert table.game.result is not None
    assert (table.game.status, table.game.result.how) == ("ended", how)
    assert not table.game.clock.running


def test_no_new_round_ends_the_match_with_this_one() -> None:
    table = yes(proposed("no_new_round"))
    assert table.game.settings["no_new_round"] is True
    table.turns(1)
    assert table.game.status == "playing"
    table.turns(1)
    assert table.game.result is not None
    assert (table.game.result.how, table.game.turn.round) == ("time_called", 1)


@pytest.mark.parametrize("waiting", ["order", "consent"])
def test_no_new_round_ends_a_match_that_waits_for_one(waiting: str) -> None:
    rules = ClockRules(mode="down", budget_ms=90 * MINUTE, new_round_min_ms=5 * MINUTE)
    table = Table(
        "aos" if waiting == "order" else "wh40k-10e", overrides=Overrides(clock=rules)
    ).begin()
    table.turns(2, wait=(10 if waiting == "order" else 88) * MINUTE)
    assert table.game.turn.awaiting == waiting
    yes(proposed("no_new_round", table))
    assert table.game.result is not None
    assert table.game.result.how == "time_called"


@pytest.mark.parametrize(
    ("turns", "how"), [(0, "time_called"), (1, "time_called"), (9, "completed")]
)
def test_no_new_turn_ends_the_match_with_this_one(turns: int, how: str) -> None:
    table = Table().begin().turns(turns)
    table.do(SettingsUpdate(key="no_new_turn", value=True))
    assert table.game.status == "playing"
    table.do(TurnChange())
    assert table.game.result is not None
    assert (table.game.result.how, table.game.turn.ordinal) == (how, turns + 1)


def test_no_new_turn_ends_a_match_that_waits_for_one() -> None:
    table = Table("aos").begin().turns(2)
    table.do(SettingsUpdate(key="no_new_turn", value=True))
    assert table.game.status == "ended"


def test_the_rule_can_be_lifted_again() -> None:
    table = yes(proposed("no_new_round"))
    table.do(SettingsUpdate(key="no_new_round", value=None))
    table.turns(2)
    assert (table.game.status, table.game.turn.round) == ("playing", 2)


def test_an_undo_is_agreed_on() -> None:
    table = Table().begin()
    table.do(ScoreUpdate(player=1, category="secondary", value=5), MAREK)
    scored = table.version
    proposed("undo", table, version=scored)
    decision = table.do(AnswerProposal(proposal=table.version, accept=True), MAREK)
    assert decision.data == {"undone": [scored], "voided": []}
    assert (table.total(1), table.game.proposals) == (0, ())


@pytest.mark.parametrize(
    ("version", "code"),
    [(None, "missing_field"), (99, "not_found"), (1, "not_undoable"), (3, "undo_conflict")],
)
def test_only_what_can_be_undone_is_proposed_for_it(version: int | None, code: str) -> None:
    table = Table().begin().turns()
    no = table.refused(Propose(kind="undo", version=version), ANNA)
    assert (no.code, no.field) == (code, "version")


def test_a_turn_is_agreed_to_be_taken_back_only_while_nothing_stands_on_it() -> None:
    table = Table().begin()
    table.do(TurnChange(), ANNA)
    proposed("undo", table, version=table.version)
    asked = table.version
    yes(table)
    assert table.game.turn.ordinal == 1
    no = table.refused(AnswerProposal(proposal=asked, accept=True), MAREK)
    assert no.code == "not_found"


@pytest.mark.parametrize(
    ("what", "by"),
    [
        (TurnChange(), HOST),
        (SwitchClock(), HOST),
        (PauseClock(), JUDGE),
        (Concede(player=1), HOST),
        (Undo(version=4), JUDGE),
    ],
)
def test_what_moves_the_match_on_voids_what_was_asked(what: Any, by: By) -> None:
    table = Table().begin()
    table.score(1, "secondary", 5)
    proposed("draw", table)
    table.do(what, by)
    assert table.game.proposals == ()


@pytest.mark.parametrize(
    "what",
    [
        ScoreUpdate(player=1, category="secondary", value=5),
        TurnChange(phase="Fight"),
        LoseLink(heard_at=1_000_000),
        RoundPause(pause=True),
        ServerDown(last_alive=1_000_000, gap_ms=None, long=True),
        CallJudge(),
    ],
)
def test_what_does_not_leaves_it(what: Any) -> None:
    table = proposed("draw")
    (proposal,) = table.game.proposals
    table.do(what, By(role="server"))
    assert table.game.proposals == (proposal,)
    assert table.refolded().proposals == (proposal,)


def test_what_is_asked_lapses() -> None:
    table = proposed("draw", expires_ms=5_000)
    until = table.now + 5_000
    assert deadline(table.game) == until
    assert table.server(Expire(), wait=4_999).facts == ()
    table.wait(1)
    answer = AnswerProposal(proposal=table.version, accept=True)
    assert table.refused(answer, MAREK).code == "not_now"
    table.do(Propose(kind="time_call"), ANNA, wait=0)
    table.server(Expire(), wait=0)
    assert [p.kind for p in table.game.proposals] == ["time_call"]


def test_what_has_lapsed_may_be_asked_again_before_it_is_swept() -> None:
    table = proposed("draw", expires_ms=5_000)
    table.do(Propose(kind="draw"), MAREK, wait=5_000)
    assert [p.player for p in table.game.proposals] == [1, 2]


@pytest.mark.parametrize(
    "kind", ["pause", "resume", "draw", "time_call", "no_new_round", "abandon"]
)
def test_before_play_there_is_nothing_to_agree_on(kind: Any) -> None:
    assert Table().refused(Propose(kind=kind), ANNA).code == "not_now"


def test_a_timed_set_up_is_paused_by_agreement_too() -> None:
    table = Table(overrides=BOTH)
    table.do(StartClock())
    yes(proposed("pause", table))
    assert table.game.clock.paused == ("both",)


# -- expiry of what never began --


def test_a_match_that_nobody_starts_is_void() -> None:
    table = Table(unstarted_expires_ms=MINUTE)
    until = table.now + MINUTE
    assert deadline(table.game) == until
    assert table.server(Expire(), wait=MINUTE - 1).facts == ()
    table.server(Expire(), wait=1)
    assert table.game.status == "void"
    assert deadline(table.game) is None
    assert table.server(Expire()).facts == ()


def test_a_match_that_is_being_set_up_is_not() -> None:
    table = Table(unstarted_expires_ms=MINUTE)
    table.do(SettingsUpdate(key="note", value="soon"), wait=MINUTE - 1)
    assert table.server(Expire(), wait=MINUTE - 1).facts == ()
    table.do(StartClock())
    assert table.server(Expire(), wait=MINUTE).facts == ()
    assert deadline(table.game) is None


def test_a_match_in_play_does_not_expire() -> None:
    table = Table(unstarted_expires_ms=MINUTE).begin()
    assert deadline(table.game) is None
    assert table.server(Expire(), wait=2 * MINUTE).facts == ()


# -- disputes --


def disputed(by: By = ANNA) -> Table:
    table = Table().begin()
    table.score(1, "secondary", 5)
    table.do(OpenDispute(text="5 or 3?", player=1, category="secondary", round=1), by)
    return table


def test_a_dispute_names_what_it_is_about() -> None:
    table = disputed()
    dispute = table.game.dispute
    assert dispute is not None
    assert (dispute.text, dispute.by, dispute.player, dispute.category, dispute.round) == (
        "5 or 3?",
        ANNA,
        1,
        "secondary",
        1,
    )
    assert table.refused(OpenDispute(text="and 3?"), MAREK).code == "not_now"
    assert Table().begin().refused(OpenDispute(text="?", category="x")).field == "category"
    assert Table().refused(OpenDispute(text="?")).code == "not_now"


def test_a_dispute_freezes_what_the_public_sees_of_the_sheet() -> None:
    table = Table().begin()
    table.do(ScoreUpdate(player=1, category="secondary", value=5, cp=3))
    table.do(OpenDispute(text="5 or 3?"), ANNA)
    assert [s.cp for s in view(table.game, "public").scores.players] == [3, 1]
    public, match = view(table.game, "public"), view(table.game)
    table.do(ScoreUpdate(player=1, category="secondary", value=3, cp=4))
    assert changed(public, view(table.game, "public")) == {}
    told = changed(match, view(table.game))
    assert list(told) == ["scores"]
    assert [(s.score, s.cp) for s in told["scores"].players] == [(3, 4), (0, 1)]
    table.do(CloseDispute(), ANNA)
    seen = view(table.game, "public").scores
    assert (seen.frozen, seen.players[0].score, seen.players[0].cp) == (False, 3, 4)
    assert seen == view(table.game).scores


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_undo_shows_the_public_nothing_either(by_hand: bool) -> None:
    table = Table().begin()
    table.score(1, "secondary", 5)
    if by_hand:
        table.do(SettingsUpdate(key="frozen", value=True))
        shown = table.version
    table.do(OpenDispute(text="5 or 3?"), ANNA)
    public = view(table.game, "public")
    table.do(Undo(version=4))
    assert (table.total(1), changed(public, view(table.game, "public"))) == (0, {})
    if by_hand:  # the dispute freezes it now, as it was seen then
        table.do(Undo(version=shown))
        assert view(table.game, "public").scores == public.scores
    table.do(ScoreUpdate(player=1, category="secondary", value=2))
    assert table.refolded() == table.game
    table.do(Undo(version=5 + by_hand), JUDGE)
    assert view(table.game, "public").scores.players[0].score == 2


def test_the_result_is_frozen_too() -> None:
    table = Table().begin()
    table.do(Concede(player=1))
    before = table.game.result
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    table.do(OpenDispute(text="He meant the round"), ANNA)
    public = view(table.game, "public")
    assert (public.status, public.result) == ("ended", before)
    assert view(table.game).status == "signed"
    table.do(ScoreUpdate(player=1, category="secondary", value=3), JUDGE)
    assert view(table.game, "public").result == before
    assert view(table.game).result != before


def test_nothing_is_signed_under_dispute() -> None:
    table = disputed()
    table.do(TimeCall())
    assert table.refused(ConfirmResult(version=table.version), ANNA).code == "not_now"
    table.do(CloseDispute(), ANNA)
    table.do(ConfirmResult(version=table.version), ANNA)


@pytest.mark.parametrize(
    ("opener", "closer", "allowed"),
    [
        (ANNA, ANNA, True),
        (ANNA, MAREK, False),
        (ANNA, JUDGE, True),
        (ANNA, HOST, True),
        (HOST, ANNA, False),
        (JUDGE, ANNA, False),
        (JUDGE, ORGANISER, True),
    ],
)
def test_who_closes_a_dispute(opener: By, closer: By, allowed: bool) -> None:
    table = disputed(opener)
    if not allowed:
        assert table.refused(CloseDispute(), closer).code == "consent_needed"
        return
    table.do(CloseDispute(), closer)
    assert table.game.dispute is None
    table.already(CloseDispute(), closer)


def test_a_sheet_is_frozen_by_hand_and_stays_so_through_a_dispute() -> None:
    table = Table().begin()
    table.do(SettingsUpdate(key="frozen", value=True))
    table.score(1, "secondary", 5)
    table.do(OpenDispute(text="5?"), ANNA)
    table.do(CloseDispute(), ANNA)
    assert view(table.game, "public").scores.players[0].score == 0
    table.do(SettingsUpdate(key="frozen", value=False))
    assert view(table.game, "public").scores.players[0].score == 5


def test_thawing_by_hand_does_not_thaw_a_dispute() -> None:
    table = Table().begin()
    table.do(OpenDispute(text="5?"), ANNA)
    table.do(SettingsUpdate(key="frozen", value=True))
    table.do(SettingsUpdate(key="frozen", value=None))
    assert view(table.game).scores.frozen


# -- judges --


def test_a_judge_is_called_goes_and_is_done() -> None:
    table = Table().begin()
    table.do(CallJudge(note="line of sight"), ANNA)
    call = table.game.call
    assert call is not None
    assert (call.by, call.at_ms, call.note, call.taken_by) == (
        ANNA,
        table.now,
        "line of sight",
        None,
    )
    assert table.already(CallJudge(), MAREK).data["by"] == ANNA
    table.do(TakeCall(), JUDGE)
    taken = table.game.call
    assert taken is not None
    assert (taken.taken_by, taken.taken_at_ms) == (JUDGE, table.now)
    assert table.already(TakeCall(), ORGANISER).data["taken_by"] == JUDGE
    assert table.refused(CancelCall(), ANNA).code == "not_yours"
    table.do(CloseCall(note="he sees it"), JUDGE)
    assert table.game.call is None
    table.already(CloseCall(), JUDGE)
    table.already(CancelCall(), ANNA)
    assert table.refused(TakeCall(), JUDGE).code == "not_now"


def test_a_judge_cancels_what_he_has_taken() -> None:
    table = Table().begin()
    table.do(CallJudge(), ANNA)
    table.do(TakeCall(), JUDGE)
    table.do(CancelCall(), JUDGE)
    assert table.game.call is None


def test_a_call_stops_the_clock_where_the_profile_says_so() -> None:
    table = Table(profile="event").begin()
    called = table.do(CallJudge(), ANNA, wait=MINUTE)
    assert len(called.facts) == 2
    assert table.game.clock.paused == ("judge",)
    assert table.wait(MINUTE).shown(1) == 89 * MINUTE
    table.do(CancelCall(), ANNA)
    assert table.game.clock.running
    club = Table().begin()
    club.do(CallJudge(), ANNA)
    assert club.game.clock.running


def test_a_cancelled_call_lifts_only_its_own_pause() -> None:
    table = Table(profile="event").begin()
    table.do(PauseClock(), JUDGE)
    table.do(CallJudge(), ANNA)
    table.do(CancelCall(), ANNA)
    assert table.game.clock.paused == ("judge",)


def test_what_the_judge_had_lifted_is_not_lifted_again() -> None:
    table = Table(profile="event").begin()
    table.do(CallJudge(), ANNA)
    table.do(ResumeClock(), JUDGE)
    table.do(CancelCall(), ANNA)
    assert table.game.clock.running


@pytest.mark.parametrize("stage", ["before", "after"])
def test_a_judge_is_called_before_and_after_play_without_a_clock(stage: str) -> None:
    table = Table(profile="event")
    if stage == "after":
        table.begin()
        table.do(Concede(player=1))
    assert len(table.do(CallJudge(), MAREK).facts) == 1
    table.do(CancelCall(), MAREK)
    assert table.game.call is None


def test_a_call_that_outlived_the_match_is_cancelled() -> None:
    table = Table(profile="event").begin()
    table.do(CallJudge(), ANNA)
    table.do(Concede(player=1))
    table.do(CancelCall(), ANNA)
    assert (table.game.call, table.game.clock.paused) == (None, ("judge",))


def test_nobody_is_called_to_what_is_filed() -> None:
    table = Table()
    table.do(VoidGame())
    assert table.refused(CallJudge(), ANNA).code == "not_now"


def test_the_time_of_a_call_is_nobodys() -> None:
    table = Table(profile="event").begin()
    table.do(CallJudge(), ANNA, wait=MINUTE)
    table.do(TakeCall(), JUDGE, wait=MINUTE)
    table.do(ResumeClock(), JUDGE, wait=5 * MINUTE)
    table.do(CloseCall(), JUDGE, wait=SECOND)
    assert table.shown(1) == 89 * MINUTE - SECOND
