"""Cells, caps, corrections, totals and command points."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from gamesync.domain.commands import (
    Concede,
    ConfirmResult,
    CorrectState,
    ScoreUpdate,
    SkipSetup,
    TurnChange,
)
from gamesync.domain.events import By, CellSet, CellStepped, CpStepped
from gamesync.domain.profile import Overrides
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import CommandPoints
from gamesync.domain.sheet import TOTAL, category, subtotal
from gamesync.domain.values import PLAYERS, Player

from .playing import ANNA, HOST, JUDGE, MAREK, ORGANISER, Table


def score(player: Player = 1, **fields: Any) -> ScoreUpdate:
    return ScoreUpdate(player=player, **fields)


def playing(round_: int = 1, **kind: Any) -> Table:
    table = Table(**kind).begin()
    return table.turns(2 * (round_ - 1))


def with_cp(**rules: Any) -> Table:
    """A table of a game with these rules for command points, at its first turn."""
    cp = CommandPoints(**rules)
    return Table(structs.replace(shipped()["wh40k-10e"], cp=cp, setup=())).begin()


# -- cells --


def test_secondary_can_be_set_and_leaves_primary_alone() -> None:
    # Scorer's number pad wrote every score into primary.
    table = playing(2)
    table.score(1, "primary", 10)
    table.score(1, "secondary", 5)
    assert {k: c.value for k, c in table.game.cells.items()} == {
        "1/primary/2": 10,
        "1/secondary/2": 5,
    }
    assert (table.total(1), table.total(2)) == (15, 0)


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("column", ["primary", "secondary", "battle-ready"])
def test_every_column_of_either_player_is_a_cell_of_its_own(player: Player, column: str) -> None:
    table = playing(3)
    table.score(player, column, 5)
    round_ = 0 if column == "battle-ready" else 3
    assert list(table.game.cells) == [f"{player}/{column}/{round_}"]
    assert table.total(player) == 5


def test_a_cell_says_who_entered_it_and_when() -> None:
    table = playing()
    table.do(score(category="secondary", value=5), ANNA)
    cell = table.game.cells["1/secondary/1"]
    assert (cell.by, cell.at_ms, cell.version) == (ANNA, table.now, table.version)


def test_a_set_value_is_a_new_total_of_its_cell_and_a_delta_a_step() -> None:
    table = playing()
    table.score(1, "secondary", 5)
    table.score(1, "secondary", 8)
    table.do(score(category="secondary", delta=-3))
    assert table.total(1) == 5


def test_steps_from_two_phones_at_once_both_count() -> None:
    table = playing()
    one = table.match.decide(score(category="secondary", delta=2), ANNA, table.now)
    table.do(score(category="secondary", delta=3), MAREK)
    table.do(score(category="secondary", delta=2), ANNA)
    assert one.facts == (
        CellStepped(player=1, category="secondary", round=1, delta=2, correct=False),
    )
    assert table.total(1) == 5


def test_the_round_is_the_present_one_unless_named() -> None:
    table = playing(3)
    table.score(1, "primary", 5)
    table.score(1, "primary", 10, round_=2)
    assert sorted(table.game.cells) == ["1/primary/2", "1/primary/3"]
    assert table.total(1) == 15


def test_a_cell_and_command_points_go_in_one_command() -> None:
    table = playing()
    table.do(score(category="secondary", value=5, cp_delta=-1))
    assert (table.total(1), table.cp()) == (5, (0, 1))


def test_either_both_or_nothing_of_a_command_holds() -> None:
    table = playing()
    assert table.refused(score(category="secondary", value=5, cp_delta=-9)).field == "cp_delta"
    assert table.refused(score(category="secondary", value=99, cp_delta=1)).field == "value"


@pytest.mark.parametrize(
    "command",
    [
        score(category="secondary", value=5),
        score(category="secondary", delta=0),
        score(score=5),
        score(cp=1),
        score(cp_delta=0),
        score(category="secondary", value=5, cp=1),
    ],
)
def test_what_stands_already_is_no_new_version(command: ScoreUpdate) -> None:
    table = playing()
    table.score(1, "secondary", 5)
    table.already(command)


def test_a_zero_that_nobody_had_entered_is_an_entry() -> None:
    table = playing()
    table.score(1, "secondary", 0)
    assert table.game.cells["1/secondary/1"].value == 0


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (score(), "missing_field", "value"),
        (score(reason="why"), "missing_field", "value"),
        (score(category="secondary"), "missing_field", "value"),
        (score(category="secondary", cp=3), "missing_field", "value"),
        (score(round=1, cp=3), "missing_field", "value"),
        (score(value=5), "missing_field", "category"),
        (score(delta=5, cp=2), "missing_field", "category"),
        (score(category="secondary", value=5, delta=1), "bad_value", "delta"),
        (score(category="secondary", value=5, score=1), "bad_value", "score"),
        (score(category="secondary", score=9), "bad_value", "category"),
        (score(round=1, score=9), "bad_value", "round"),
        (score(cp=1, cp_delta=1), "bad_value", "cp_delta"),
        (score(cp_delta=1, cp_why="spend"), "bad_value", "cp_why"),
        (score(cp_delta=-1, cp_why="gain"), "bad_value", "cp_why"),
        (score(category="secondary", value=5, cp=1, if_version=1), "bad_value", "if_version"),
        (score(category="tertiary", value=5), "not_found", "category"),
        (score(category="secondary", value=-1), "out_of_range", "value"),
        (score(category="secondary", delta=-1), "out_of_range", "delta"),
        (score(category="secondary", value=5, round=2), "out_of_range", "round"),
        (score(category="secondary", value=5, round=0), "out_of_range", "round"),
        (score(category="primary", value=5), "out_of_range", "round"),
        (score(category="battle-ready", value=5, round=1), "out_of_range", "round"),
        (score(category="secondary", delta=1, if_version=99), "conflict", "if_version"),
        (score(score=-1), "out_of_range", "score"),
        (score(score=101), "out_of_range", "score"),
        (score(cp_delta=99), "out_of_range", "cp_delta"),
        (score(cp_delta=-2), "out_of_range", "cp_delta"),
    ],
)
def test_what_a_score_update_may_not_say(command: ScoreUpdate, code: str, field: str) -> None:
    no = playing().refused(command)
    assert (no.code, no.field) == (code, field)
    assert no.message.startswith(f"{field}: ")


def test_a_refusal_of_a_column_says_which_there_are() -> None:
    assert (
        "primary, secondary, battle-ready"
        in playing().refused(score(category="tertiary", value=5)).message
    )
    chess = Table("chess")
    chess.do(SkipSetup(first_player=1))
    assert "none" in chess.refused(score(category="primary", value=5)).message


# -- caps --


def test_caps_of_a_round_and_of_the_game_refuse_ordinary_scores() -> None:
    table = playing(ruleset="wh40k-11e")
    no = table.refused(score(category="primary", value=16))
    assert (no.code, no.field, no.detail) == ("out_of_range", "value", {"cap": 15})
    for _ in range(3):
        table.score(1, "primary", 15)
        table.turns(2)
    no = table.refused(score(category="primary", delta=1))
    assert (no.field, no.detail) == ("delta", {"cap": 45})
    assert table.total(1) == 45


def test_the_cap_of_a_column_that_is_not_by_round() -> None:
    assert playing().refused(score(category="battle-ready", value=11)).detail == {"cap": 10}


def full_sheet() -> Table:
    """50 + 40 + 10 points for player 1."""
    table = playing(5)
    for round_, primary in ((2, 20), (3, 15), (4, 15)):
        table.score(1, "primary", primary, round_)
    for round_ in (1, 2, 3, 4):
        table.score(1, "secondary", 10, round_)
    table.score(1, "battle-ready", 10)
    return table


def test_104_of_100_cannot_be() -> None:
    table = full_sheet()
    assert table.total(1) == 100
    assert table.refused(score(category="primary", value=4)).detail == {"cap": 50}
    assert table.refused(score(category=TOTAL, value=4)).detail == {"cap": 100}
    assert table.refused(score(score=104)).code == "out_of_range"
    table.do(score(category="primary", value=4, correct=True))
    table.do(score(category=TOTAL, value=4, correct=True))
    assert table.total(1) == 100


def test_a_correction_passes_a_cap_but_no_more_than_the_cap_counts() -> None:
    table = playing(ruleset="wh40k-11e")
    table.do(score(category="primary", value=20, correct=True))
    assert table.game.cells["1/primary/1"].value == 20
    assert table.refused(score(category="primary", value=21)).field == "value"
    table.do(score(category="primary", value=18))
    assert table.total(1) == 18  # down towards the cap is no offence against it
    table.do(score(category="primary", delta=40, correct=True))
    assert subtotal(table.game, 1, category(table.game, "primary")) == 45


def test_without_caps_there_is_still_an_end() -> None:
    table = Table("aos").begin()
    table.score(1, "objectives", 999)
    assert table.refused(score(category="objectives", delta=1)).code == "out_of_range"
    assert table.refused(score(score=1_000)).code == "out_of_range"
    table.do(score(score=999, player=2))
    assert table.total(2) == 999


def test_a_round_is_scored_from_when_its_column_begins() -> None:
    table = playing(2)
    table.score(1, "primary", 10)
    no = table.refused(score(category="primary", value=5, round=1))
    assert (no.code, no.field) == ("out_of_range", "round")


def test_a_cell_that_was_filled_can_be_emptied_though_its_round_was_taken_back() -> None:
    table = playing(3)
    table.score(1, "primary", 10)
    table.do(CorrectState(round=2, active_player=1))
    table.do(score(category="primary", value=0, round=3))
    assert table.total(1) == 0


# -- bare totals --


def test_a_bare_total_becomes_a_correction_in_its_own_column() -> None:
    table = playing(2)
    table.score(1, "primary", 10)
    decision = table.do(score(score=25))
    assert decision.facts == (CellSet(player=1, category="total", round=0, value=15, correct=True),)
    assert table.total(1) == 25
    table.score(1, "primary", 15)
    assert table.total(1) == 30  # the correction stays
    table.do(score(category=TOTAL, value=0))
    assert table.total(1) == 15


def test_a_total_below_zero_counts_as_none() -> None:
    table = playing(2)
    table.score(1, "primary", 10)
    table.do(score(score=0))
    table.score(1, "primary", 5)
    assert table.total(1) == 0
    table.do(score(score=3))
    assert table.total(1) == 3


# -- if_version --


def test_if_version_is_that_of_the_cell_and_of_no_other() -> None:
    table = playing()
    table.score(1, "secondary", 5)
    seen = table.version
    table.score(2, "secondary", 3)
    table.do(score(category="secondary", value=8, if_version=seen))
    no = table.refused(score(category="secondary", value=9, if_version=seen))
    assert (no.code, no.field) == ("conflict", "if_version")
    assert no.detail == {"value": 8, "cell_version": table.version}


def test_if_version_of_a_cell_that_nobody_filled_is_0() -> None:
    table = playing()
    no = table.refused(score(category="secondary", value=5, if_version=2))
    assert (no.code, no.detail) == ("conflict", {"value": 0, "cell_version": 0})
    table.do(score(category="secondary", value=5, if_version=0))
    assert table.total(1) == 5


def test_if_version_holds_for_the_bare_total_and_for_command_points_too() -> None:
    table = playing()
    table.do(score(score=5, if_version=0))
    assert table.refused(score(score=6, if_version=0)).detail["value"] == 5
    seen = table.game.players[0].cp_version
    table.do(score(cp=3, if_version=seen))
    assert table.refused(score(cp=4, if_version=seen)).detail == {
        "value": 3,
        "cell_version": table.version,
    }
    assert table.refused(score(cp_delta=1, if_version=seen)).code == "conflict"


# -- corrections of rounds that are over --


@pytest.mark.parametrize(
    ("profile", "by", "allowed"),
    [
        ("club", HOST, True),
        ("club", ANNA, True),
        ("event", HOST, False),
        ("event", ANNA, False),
        ("event", MAREK, True),  # his word against himself
        ("event", JUDGE, True),
        ("event", ORGANISER, True),
    ],
)
@pytest.mark.parametrize("what", [{"category": "primary", "round": 2, "value": 5}, {"score": 5}])
def test_who_corrects_a_round_that_is_over(
    profile: Any, by: By, allowed: bool, what: dict[str, Any]
) -> None:
    table = playing(4, profile=profile)
    command = score(**what, reason="wrong cell")
    if allowed:
        table.do(command, by)
        assert table.total(1) == 5
    else:
        no = table.refused(command, by)
        assert (no.code, no.field) == ("consent_needed", "score" if "score" in what else "round")


def test_at_an_event_the_present_round_and_what_has_none_stay_open() -> None:
    table = playing(3, profile="event")
    table.score(1, "primary", 5)
    table.score(1, "primary", 10)
    table.score(1, "battle-ready", 10)
    assert table.total(1) == 20
    assert playing(1, profile="event").do(score(score=7)).facts


def test_the_rule_is_an_option_of_its_own() -> None:
    table = playing(3, profile="event", overrides=Overrides(correct_rounds="any"))
    table.score(1, "primary", 5, round_=2)
    assert table.total(1) == 5


# -- when --


def test_scores_wait_for_set_up_and_close_with_the_signatures() -> None:
    table = Table()
    assert table.refused(score(score=5)).code == "not_now"
    table.do(SkipSetup(first_player=1))
    table.score(1, "battle-ready", 10)
    assert table.refused(score(category="secondary", value=5, round=1)).field == "round"
    table.begin()
    table.do(Concede(player=2))
    table.score(1, "secondary", 5)
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    assert table.refused(score(category="secondary", value=3)).code == "not_now"
    table.do(score(category="secondary", value=3), JUDGE)
    assert (table.game.status, table.game.signatures) == ("ended", ())
    assert table.game.result is not None
    assert table.game.result.score1 == 13


# -- command points --


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        # after each of: first turn, second turn, first turn of round 2, second turn of round 2
        ({"gain": "both", "when": "turn"}, [(1, 1), (2, 2), (3, 3), (4, 4)]),
        ({"gain": "active", "when": "turn"}, [(1, 0), (1, 1), (2, 1), (2, 2)]),
        ({"gain": "none"}, [(0, 0)] * 4),
        ({"gain": "both", "when": "round", "amount": 3}, [(3, 3), (3, 3), (6, 6), (6, 6)]),
        ({"gain": "active", "when": "round"}, [(1, 0), (1, 0), (2, 0), (2, 0)]),
        ({"gain": "none", "second_bonus": 2}, [(0, 0), (0, 0), (0, 2), (0, 2)]),
        ({"when": "round", "second_bonus": 1}, [(1, 1), (1, 1), (2, 3), (2, 3)]),
        ({"start": 4, "when": "round", "carry": False}, [(5, 5), (5, 5), (1, 1), (1, 1)]),
        ({"start": 2, "cap": 3}, [(3, 3), (3, 3), (3, 3), (3, 3)]),
    ],
)
def test_command_points_that_come_by_themselves(
    rules: dict[str, Any], expected: list[tuple[int, int]]
) -> None:
    table = with_cp(**rules)
    assert [table.cp(), *(table.turns().cp() for _ in range(3))] == expected


def test_so_many_may_be_gained_besides_each_round_and_corrections_are_outside() -> None:
    table = with_cp(gain="none", extra_per_round=1)
    table.do(score(cp_delta=1, cp_why="gain"))
    no = table.refused(score(cp_delta=1, cp_why="gain"))
    assert (no.code, no.field, no.detail) == ("out_of_range", "cp_delta", {"cap": 1})
    table.do(score(cp_delta=1, cp_why="correction"))
    table.do(score(cp_delta=1))
    table.do(score(cp_delta=-2))
    table.do(score(cp=7))
    table.do(score(cp_delta=1, cp_why="gain", player=2))
    assert table.cp() == (7, 1)
    table.turns(1)
    table.refused(score(cp_delta=1, cp_why="gain"))
    table.turns(1)
    table.do(score(cp_delta=1, cp_why="gain"))
    assert table.cp() == (8, 1)


def test_a_round_set_by_hand_counts_gains_anew() -> None:
    table = with_cp(gain="none", extra_per_round=1)
    table.do(score(cp_delta=1, cp_why="gain"))
    table.do(CorrectState(active_player=2))
    table.refused(score(cp_delta=1, cp_why="gain"))
    table.do(CorrectState(round=3))
    table.do(score(cp_delta=1, cp_why="gain"))
    assert table.cp() == (2, 0)


def test_a_step_says_why() -> None:
    table = with_cp(start=5)
    kinds = [
        table.do(score(cp_delta=delta, cp_why=why)).facts[0]
        for delta, why in ((-1, None), (1, None), (1, "gain"), (-1, "correction"))
    ]
    assert [fact.why for fact in kinds if isinstance(fact, CpStepped)] == [
        "spend",
        "correction",
        "gain",
        "correction",
    ]


@pytest.mark.parametrize("field", ["cp", "cp_delta"])
def test_a_game_without_command_points_has_none(field: str) -> None:
    table = Table("chess")
    table.do(SkipSetup(first_player=1))
    command = score(cp=0) if field == "cp" else score(cp_delta=0)
    no = table.refused(command)
    assert (no.code, no.field) == ("not_found", field)
    assert table.cp() == (0, 0)


def test_command_points_stop_at_their_cap() -> None:
    table = with_cp(cap=5)
    no = table.refused(score(cp=6))
    assert (no.code, no.field) == ("out_of_range", "cp")
    table.do(score(cp=5))
    table.do(TurnChange())
    assert table.cp() == (5, 2)
