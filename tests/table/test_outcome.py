"""What a finished match shows, from states that the rules themselves have made."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    Abandon,
    Concede,
    ConfirmResult,
    OpenDispute,
    ScoreUpdate,
    TimeCall,
    VoidGame,
)
from gamesync.domain.view import view
from gamesync.table.outcome import empty_cells, headline, how, side
from gamesync.table.texts import Words

from ..client.kit import jsoned
from ..domain.playing import JUDGE, Table

WORDS = Words()


def state_of(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = jsoned(view(table.game))
    return found


def played(*commands: Any) -> dict[str, Any]:
    table = Table().begin()
    table.do(ScoreUpdate(player=1, category="secondary", round=1, value=5))
    for command in commands:
        table.do(command)
    return state_of(table)


def test_who_won_and_how() -> None:
    state = played(TimeCall())
    assert (headline(state, WORDS), how(state, WORDS)) == ("Anna wins", "Time called")
    one, two = (side(state, player, WORDS, may=True) for player in (1, 2))
    assert (one.won, two.won) == (True, False)
    assert (one.score, two.score) == ("5", "0")
    assert ("Secondary", "5") in one.rows


def test_who_conceded_is_named() -> None:
    state = played(Concede(player=1))
    assert headline(state, WORDS) == "Marek wins"
    assert how(state, WORDS) == "Anna: conceded"


def test_without_a_winner() -> None:
    assert headline(played(Abandon()), WORDS) == "No result"
    table = Table().begin()
    table.do(TimeCall())
    assert headline(state_of(table), WORDS) == "Draw"
    playing = state_of(Table().begin())
    assert (headline(playing, WORDS), how(playing, WORDS)) == ("", "")


def test_a_match_that_was_struck_has_no_winner() -> None:
    table = Table().begin()
    table.do(Concede(player=1))
    table.do(VoidGame(reason="wrong table"), JUDGE)
    state = state_of(table)
    assert headline(state, WORDS) == "Struck"
    for player in (1, 2):
        shown = side(state, player, WORDS, may=True)
        assert (shown.won, shown.signing, shown.empty) == (False, "none", 0)


def test_how_signatures_stand() -> None:
    table = Table().begin()
    table.do(TimeCall())

    def signing(player: int, **more: Any) -> str:
        return side(state_of(table), player, WORDS, **{"may": True, **more}).signing

    assert (signing(1), signing(2)) == ("may", "may")
    assert signing(1, may=False) == "elsewhere"
    assert signing(1, had=True) == "again"
    table.do(ConfirmResult(version=table.version, player=1))
    assert (signing(1), signing(2)) == ("signed", "may")
    table.do(OpenDispute(text="5, not 4"))
    assert signing(2) == "disputed"


def test_cells_that_nobody_filled_in() -> None:
    """Primary begins in round 2; what counts once a game is no blank."""
    state = played(TimeCall())
    assert (empty_cells(state, 1), empty_cells(state, 2)) == (0, 1)
    assert side(state, 2, WORDS, may=True).empty == 1
    state["ruleset"]["rounds"] = 1
    assert empty_cells(state, 1) == 0, "also when it is the last round"


@pytest.mark.parametrize("ruleset", ["chess"])
def test_where_no_points_are_counted_none_are_shown(ruleset: str) -> None:
    table = Table(ruleset=ruleset).begin()
    table.do(Concede(player=2))
    shown = side(state_of(table), 1, WORDS, may=True)
    assert (shown.score, shown.rows, shown.empty, shown.won) == ("", (), 0, True)
