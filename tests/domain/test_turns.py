"""Turns, rounds, phases, first press wins, and the state put right by hand."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gamesync.domain.commands import (
    Choose,
    Concede,
    CorrectState,
    PauseClock,
    RollResult,
    ScoreUpdate,
    SetFirstPlayer,
    SkipSetup,
    StartClock,
    SwitchClock,
    TimeCall,
    TurnChange,
    Undo,
)
from gamesync.domain.events import ProfileSet, SetupSkipped, TurnEnded, TurnSet
from gamesync.domain.profile import Overrides
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.values import PLAYERS, Player, other

from .playing import ANNA, HOST, MAREK, MINUTE, SECOND, Table

SHORT = Overrides(clock=ClockRules(mode="down", budget_ms=90 * MINUTE, new_round_min_ms=5 * MINUTE))


def where(table: Table) -> tuple[int, int, int]:
    """Round, turn and active player."""
    turn = table.game.turn
    return turn.round, turn.ordinal, turn.active_player


def awaiting(table: Table) -> str:
    return table.game.turn.awaiting


# -- rounds --


@pytest.mark.parametrize("first", PLAYERS)
def test_the_round_ends_with_its_second_player_whichever_number_he_has(first: Player) -> None:
    # Scorer ended the round with player 2's turn: games that he began were a turn short.
    table = Table().begin(first)
    seen = [where(table), *(where(table.turns()) for _ in range(9))]
    second = other(first)
    expected = [(n // 2 + 1, n + 1, second if n % 2 else first) for n in range(10)]
    assert seen == expected
    table.turns()
    assert table.game.status == "ended"
    assert table.game.result is not None
    assert table.game.result.how == "completed"


def test_who_ends_a_turn_is_told_nothing_more() -> None:
    table = Table().begin()
    assert table.game.clock_version == table.version
    assert table.do(TurnChange()).data == {}
    assert "by" not in table.already(CorrectState(round=1)).data


def test_a_turn_that_ends_passes_the_clock_in_the_same_version() -> None:
    table = Table().begin()
    version = table.version
    table.turns(wait=MINUTE)
    assert table.version == version + 1
    assert (table.game.clock.side, table.shown(1)) == (2, MINUTE)
    assert table.game.clock_version == table.version
    assert table.wait(SECOND).shown(2) == SECOND


def test_a_turn_ends_while_paused_and_nobodys_time_runs() -> None:
    table = Table().begin()
    table.do(PauseClock())
    table.turns(wait=MINUTE)
    assert (table.game.clock.side, table.game.clock.running) == (2, False)
    assert table.shown(1) == SECOND


def test_a_turn_begins_in_the_first_phase() -> None:
    table = Table().begin()
    table.do(TurnChange(phase="Shooting"), ANNA)
    assert table.game.turn.phase == "Shooting"
    table.already(TurnChange(phase="Shooting"))
    table.turns()
    assert table.game.turn.phase == "Command"


def test_a_phase_is_one_of_the_rulesets() -> None:
    table = Table().begin()
    no = table.refused(TurnChange(phase="Psychic"))
    assert (no.code, no.field) == ("not_found", "phase")
    assert "Command, Movement" in no.message
    assert "none" in Table("chess").begin().refused(TurnChange(phase="Opening")).message


# -- first press wins --


def test_two_presses_for_one_turn_end_one_turn() -> None:
    table = Table().begin()
    press = TurnChange(player=1, turn=1)
    table.do(press, HOST)
    table.wait(800)
    answer = table.already(press, ANNA)
    assert where(table) == (1, 2, 2)
    assert (answer.data["by"], answer.data["version"]) == (HOST, table.version)
    assert answer.data["active_player"] == 2


def test_who_pressed_is_said_of_the_very_turn() -> None:
    table = Table().begin()
    table.do(TurnChange(turn=1), ANNA)
    ended_by_anna = table.version
    table.do(TurnChange(turn=2), MAREK)
    table.do(SwitchClock(), HOST)
    assert table.already(TurnChange(turn=1), HOST).data["version"] == ended_by_anna
    assert table.already(TurnChange(player=2), MAREK).data["version"] == table.version - 1


def test_a_turn_passed_by_hand_is_over_though_nobody_ended_it() -> None:
    table = Table().begin()
    table.do(CorrectState(current_turn=4))
    assert "by" not in table.already(TurnChange(turn=2), MAREK).data


def test_a_press_for_a_turn_that_is_not_there_yet_is_refused() -> None:
    no = Table().begin().refused(TurnChange(turn=2))
    assert (no.code, no.field) == ("out_of_range", "turn")


def test_a_press_that_names_the_player_ends_only_his_turn() -> None:
    table = Table().begin()
    table.already(TurnChange(player=2), MAREK)
    table.do(TurnChange(player=1), ANNA)
    table.already(TurnChange(player=1), ANNA)
    assert where(table) == (1, 2, 2)


@pytest.mark.parametrize("press", [TurnChange(turn=10), TurnChange(player=2)])
def test_the_press_that_ended_the_match_was_first_too(press: TurnChange) -> None:
    table = Table().begin().turns(9)
    table.do(press, MAREK)
    assert table.game.status == "ended"
    assert table.already(press, HOST).data["status"] == "ended"
    assert table.refused(TurnChange()).code == "not_now"


def test_the_press_that_ended_the_round_was_first_too() -> None:
    table = Table("aos").begin().turns()
    table.do(TurnChange(turn=2), MAREK)
    assert table.already(TurnChange(turn=2), HOST).data["awaiting"] == "order"
    assert table.already(TurnChange(player=2), MAREK).data["turn"] == 2
    no = table.refused(TurnChange())
    assert (no.code, no.detail) == ("not_now", {"awaiting": "order"})


@pytest.mark.parametrize("command", [TurnChange(), TurnChange(turn=1), TurnChange(phase="Fight")])
def test_no_turn_ends_before_play(command: TurnChange) -> None:
    table = Table()
    assert table.refused(command).code in ("not_now", "out_of_range")
    table.do(SkipSetup(first_player=1))
    assert table.refused(TurnChange(player=1)).code == "not_now"


# -- presses that were on their way --


def test_a_press_is_dated_back_and_lag_is_forgiven() -> None:
    table = Table().begin()
    table.do(TurnChange(pressed_at=table.now + 5 * SECOND), ANNA, wait=8 * SECOND, lag_ms=700)
    assert (table.shown(1), table.shown(2)) == (5 * SECOND, 3 * SECOND)
    table.do(TurnChange(), MAREK, wait=SECOND, lag_ms=700)
    assert table.shown(2) == 3_300
    assert table.refolded() == table.game


def test_how_far_back_is_said_by_the_rules_or_by_the_sender() -> None:
    table = Table().begin()
    begun = table.now
    table.do(TurnChange(pressed_at=begun), ANNA, wait=MINUTE)
    assert table.shown(1) == 50 * SECOND
    table.do(
        TurnChange(pressed_at=begun), MAREK, wait=MINUTE, backdate_max_ms=30 * SECOND, lag_ms=9
    )
    assert table.shown(2) == 40 * SECOND
    fact = table.match.entries[-1].facts[0]
    assert isinstance(fact, TurnEnded)
    assert (fact.pressed_at, fact.backdate_max_ms, fact.lag_ms) == (begun, 30 * SECOND, 0)


# -- rounds that wait --


def test_where_the_order_is_chosen_each_round_it_is_waited_for_on_nobodys_time() -> None:
    table = Table("aos").begin().turns(2)
    assert where(table) == (1, 2, 0)
    assert (table.game.turn.awaiting, table.game.clock.side) == ("order", 0)
    table.wait(MINUTE)
    spent = table.shown(1), table.shown(2)
    table.do(SetFirstPlayer(player=2))
    assert where(table) == (2, 3, 2)
    assert (table.game.turn.awaiting, table.game.clock.side) == ("", 2)
    assert (table.shown(1), table.shown(2)) == spent


@pytest.mark.parametrize("first", PLAYERS)
def test_whoever_is_named_first_for_the_round_it_begins(first: Player) -> None:
    table = Table("aos").begin().turns(2)
    table.do(RollResult(winner=1))
    table.do(SetFirstPlayer(player=first))
    assert where(table) == (2, 3, first)
    table.turns(2)
    table.do(RollResult(winner=2))
    table.do(Choose(option="second"))
    assert where(table) == (3, 5, 1)


def test_no_new_round_when_neither_has_the_time() -> None:
    table = Table(overrides=SHORT).begin()
    table.turns(2, wait=85 * MINUTE)
    assert table.game.turn.awaiting == "consent"
    assert where(table) == (1, 2, 0)
    assert table.game.clock.side == 0
    assert table.refused(TurnChange()).detail == {"awaiting": "consent"}


def test_a_round_that_was_forbidden_opens_when_the_table_says_so() -> None:
    table = Table(overrides=SHORT).begin(2).turns(2, wait=85 * MINUTE)
    table.do(TurnChange(new_round=True, turn=2), wait=MINUTE)
    assert where(table) == (2, 3, 2)
    assert (table.game.clock.side, table.shown(2)) == (2, 5 * MINUTE)
    assert table.game.clock_version == table.version
    table.already(TurnChange(new_round=True, turn=2))
    assert table.refused(TurnChange(new_round=True)).code == "not_now"


def test_or_time_is_called() -> None:
    table = Table(overrides=SHORT).begin().turns(2, wait=85 * MINUTE)
    table.score(1, "secondary", 3)
    table.do(TimeCall())
    assert table.game.result is not None
    assert (table.game.result.how, table.game.result.winner) == ("time_called", 1)


def test_one_of_them_with_time_is_enough_for_a_round() -> None:
    table = Table(overrides=SHORT).begin()
    table.turns(1, wait=89 * MINUTE).turns(1, wait=84 * MINUTE + 59 * SECOND)
    assert where(table) == (2, 3, 1)


def test_the_rule_knows_the_instant_of_the_press() -> None:
    table = Table(overrides=SHORT).begin().turns(1, wait=89 * MINUTE)
    begun = table.now
    table.do(TurnChange(pressed_at=begun + 85 * MINUTE - SECOND), wait=85 * MINUTE)
    assert table.game.turn.awaiting == ""


def test_a_forbidden_round_of_chosen_order_asks_for_the_order_next() -> None:
    table = Table("aos", overrides=SHORT).begin().turns(2, wait=88 * MINUTE)
    assert awaiting(table) == "consent"
    table.do(TurnChange(new_round=True))
    assert awaiting(table) == "order"
    assert table.game.clock_version == table.version
    table.already(TurnChange(new_round=True, turn=2))
    assert table.refused(TurnChange(new_round=True)).code == "not_now"


def test_who_goes_first_can_be_put_right_while_a_round_waits_for_consent() -> None:
    table = Table(overrides=SHORT).begin().turns(2, wait=85 * MINUTE)
    table.do(SetFirstPlayer(player=2))
    assert where(table) == (1, 2, 0)
    table.do(TurnChange(new_round=True))
    assert where(table) == (2, 3, 2)


# -- alternating --


def test_alternating_turns_go_to_and_fro_until_somebody_ends_the_round() -> None:
    table = Table("kill-team").begin(2)
    seen = [where(table.turns()) for _ in range(3)]
    assert seen == [(1, 2, 1), (1, 3, 2), (1, 4, 1)]
    table.do(TurnChange(end_round=True))
    assert table.game.turn.awaiting == "order"
    table.do(SetFirstPlayer(player=1))
    assert where(table) == (2, 5, 1)


def test_only_alternating_rounds_are_ended_by_hand() -> None:
    no = Table().begin().refused(TurnChange(end_round=True))
    assert (no.code, no.field) == ("bad_value", "end_round")


# -- who goes first, corrected --


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_first_player_put_right_turns_the_round_round(turns: int) -> None:
    table = Table().begin().turns(turns)
    round_, ordinal, active = where(table)
    table.do(SetFirstPlayer(player=2))
    assert where(table) == (round_, ordinal, 3 - active)
    assert table.game.clock.side == 3 - active
    assert table.game.clock_version == table.version
    table.turns(10 - turns)
    assert table.game.status == "ended"  # and no round has three turns or one
    assert table.game.turn.ordinal == 10


def test_a_first_player_who_is_first_already() -> None:
    table = Table()
    assert table.refused(SetFirstPlayer(player=1)).code == "not_now"
    table.do(SkipSetup(first_player=1))
    table.already(SetFirstPlayer(player=1))
    table.do(SetFirstPlayer(player=2))
    assert (table.game.status, table.game.turn.first_player) == ("ready", 2)


# -- the state put right --


@pytest.mark.parametrize("count", range(1, 11))
def test_current_turn_counts_the_turns_of_both(count: int) -> None:
    table = Table().begin(2)
    table.do(CorrectState(current_turn=count))
    assert where(table) == ((count + 1) // 2, count, 2 if count % 2 else 1)
    table.turns(11 - count)
    assert table.game.status == "ended"


def test_a_corrected_turn_moves_the_clock_but_starts_none() -> None:
    table = Table().begin()
    table.do(TurnChange(phase="Fight"))
    table.do(CorrectState(round=3, active_player=2))
    assert table.game.turn.phase == "Command"
    assert (where(table), table.game.clock.side) == ((3, 6, 2), 2)
    fresh = Table()
    fresh.do(CorrectState(round=2))
    assert (fresh.game.status, fresh.game.clock.started) == ("playing", False)
    assert where(fresh) == (2, 3, 1)
    assert fresh.cp() == (1, 1)
    fresh.do(StartClock())
    assert fresh.game.clock.side == 1


def test_the_clock_of_a_timed_set_up_goes_on_into_a_corrected_turn() -> None:
    table = Table()
    table.do(StartClock())
    table.do(CorrectState(active_player=2), wait=MINUTE)
    assert (table.game.clock.side, table.game.clock.running) == (2, True)
    assert table.game.clock.accounts(table.now).neutral_ms == MINUTE


def test_a_turn_put_right_between_rounds_ends_the_waiting() -> None:
    table = Table("aos").begin().turns(2)
    table.do(CorrectState(round=2))
    assert (where(table), table.game.turn.awaiting) == ((2, 3, 1), "")


def test_with_alternating_turns_a_correction_is_one_more() -> None:
    table = Table("chess").begin().turns(4)
    table.do(CorrectState(active_player=2))
    assert where(table) == (1, 6, 2)


def test_names_are_put_right_both_at_once() -> None:
    table = Table(names=("", ""))
    decision = table.do(CorrectState(player1_name="Ann", player2_name="Mark"))
    assert decision.facts == (
        ProfileSet(player=1, name="Ann"),
        ProfileSet(player=2, name="Mark"),
    )
    table.already(CorrectState(player1_name="Ann", player2_name=""))


@pytest.mark.parametrize(
    ("status", "facts"),
    [
        ("ready", (SetupSkipped(first_player=1),)),
        ("playing", (SetupSkipped(first_player=1), TurnSet(round=1, active_player=1))),
    ],
)
def test_a_match_is_put_into_a_status(status: Any, facts: tuple[Any, ...]) -> None:
    table = Table()
    assert table.do(CorrectState(game_status=status)).facts == facts
    assert table.game.status == status
    table.already(CorrectState(game_status=status))


def test_from_ready_to_playing() -> None:
    table = Table()
    table.do(SkipSetup(first_player=2))
    table.do(CorrectState(game_status="playing"))
    assert where(table) == (1, 1, 2)


def test_where_no_number_of_rounds_ends_the_match_there_is_still_a_most() -> None:
    table = Table(structs.replace(shipped()["wh40k-10e"], rounds=0)).begin()
    assert table.refused(CorrectState(current_turn=201)).field == "current_turn"
    table.do(CorrectState(current_turn=200))
    assert where(table) == (100, 200, 2)
    table.turns(2)
    assert table.game.status == "playing"


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (CorrectState(if_version=1, round=2), "conflict", "if_version"),
        (CorrectState(round=6), "out_of_range", "round"),
        (CorrectState(current_turn=11), "out_of_range", "current_turn"),
        (CorrectState(current_turn=3, round=2), "bad_value", "current_turn"),
        (CorrectState(current_turn=3, active_player=2), "bad_value", "current_turn"),
        (CorrectState(round=2, game_status="waiting"), "bad_value", "game_status"),
        (CorrectState(game_status="waiting"), "not_now", None),
        (CorrectState(game_status="ready"), "not_now", None),
    ],
)
def test_what_a_correction_may_not_say(command: CorrectState, code: str, field: str) -> None:
    no = Table().begin().refused(command)
    assert (no.code, no.field) == (code, field)


def test_current_turn_means_nothing_where_turns_alternate() -> None:
    no = Table("chess").begin().refused(CorrectState(current_turn=3))
    assert (no.code, no.field) == ("bad_value", "current_turn")


def test_a_correction_of_the_version_it_saw_holds() -> None:
    table = Table().begin()
    table.do(CorrectState(if_version=table.version, round=2))
    assert where(table) == (2, 3, 1)
    no = table.refused(CorrectState(if_version=table.version - 1, round=3))
    assert no.detail == {"version": table.version}


@pytest.mark.parametrize("command", [CorrectState(round=2), CorrectState(game_status="playing")])
def test_a_match_that_is_over_is_reopened_first(command: CorrectState) -> None:
    table = Table().begin()
    table.do(Concede(player=1))
    assert table.refused(command).code == "not_now"


def test_an_empty_correction_asks_for_nothing() -> None:
    assert CorrectState().empty
    assert not CorrectState(round=1).empty
    Table().already(CorrectState())


# -- budgets of rounds --


def test_a_round_gives_its_budget_when_it_begins() -> None:
    rules = ClockRules(
        mode="down", budget_ms=10 * MINUTE, round_budget_ms=10 * MINUTE, carry_cap_ms=0
    )
    table = Table(overrides=Overrides(clock=rules)).begin()
    table.turns(2, wait=4 * MINUTE)
    assert (table.shown(1), table.shown(2)) == (10 * MINUTE, 10 * MINUTE)
    aos = Table("aos", overrides=Overrides(clock=rules)).begin().turns(2, wait=4 * MINUTE)
    assert aos.shown(1) == 6 * MINUTE
    aos.do(SetFirstPlayer(player=2))
    assert aos.shown(1) == 10 * MINUTE


# -- taken back --


def test_a_turn_taken_back_gives_the_time_back_and_takes_what_came_with_it() -> None:
    table = Table().begin()
    table.turns(wait=MINUTE)
    table.do(Undo(), HOST, wait=5 * SECOND)
    assert where(table) == (1, 1, 1)
    assert table.cp() == (1, 1)
    assert (table.shown(1), table.shown(2)) == (MINUTE + 5 * SECOND, 0)


def test_scores_of_a_round_that_is_taken_back_fall_with_it() -> None:
    table = Table().begin().turns(2)
    opened = table.version
    table.score(1, "primary", 5)
    answer = table.do(Undo(version=opened))
    assert answer.data == {"undone": [opened], "voided": [opened + 1]}
    assert table.total(1) == 0


def test_a_pass_of_the_clock_is_no_turn() -> None:
    table = Table().begin()
    table.do(SwitchClock())
    assert (where(table), table.game.clock.side) == ((1, 1, 1), 2)
    table.do(ScoreUpdate(player=1, category="secondary", value=2))
    table.turns()
    assert (where(table), table.game.clock.side) == ((1, 2, 2), 2)
