"""Lines of the log, and what taking one back would change."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import ScoreUpdate, Undo
from gamesync.domain.view import view
from gamesync.table.story import differences, entry_words, fact_words, told
from gamesync.table.texts import Words

from ..client.kit import jsoned
from ..domain.playing import Table

WORDS = Words()


def state_of(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = jsoned(view(table.game))
    return found


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        ({"fact": "cell_set", "player": 1, "category": "primary", "round": 2, "value": 10},
         "Anna: Primary, round 2 = 10"),
        ({"fact": "cell_stepped", "player": 2, "category": "secondary", "round": 1, "delta": -2},
         "Marek: Secondary, round 1 −2"),
        ({"fact": "cell_set", "player": 1, "category": "battle-ready", "round": 0, "value": 10},
         "Anna: Battle Ready = 10"),
        ({"fact": "cell_set", "player": 1, "category": "total", "round": 0, "value": 3},
         "Anna: Correction = 3"),
        ({"fact": "cp_stepped", "player": 1, "delta": 1}, "Anna: CP +1"),
        ({"fact": "cp_set", "player": 1, "value": 4}, "Anna: CP = 4"),
        ({"fact": "clock_paused", "reason": "judge"}, "Clock paused (judge)"),
        ({"fact": "turn_ended", "player": 2}, "Marek: Turn ended"),
        ({"fact": "something_new"}, "something new"),
    ],
)  # fmt: skip
def test_a_fact_in_words(fact: dict[str, Any], words: str) -> None:
    assert fact_words(state_of(Table()), fact, WORDS) == words


def test_an_entry_has_its_reason_and_leaves_out_what_nobody_asks() -> None:
    facts = [{"fact": "seated"}, {"fact": "cp_set", "player": 1, "value": 4}]
    entry = {"type": "score_update", "facts": facts, "reason": "Counted again."}
    assert entry_words(state_of(Table()), entry, WORDS) == "Anna: CP = 4 (Counted again.)"
    assert told(entry)
    assert not told({"facts": [{"fact": "invited"}]})


def test_what_would_be_different() -> None:
    table = Table().begin().turns(2)
    table.do(ScoreUpdate(player=1, category="primary", value=10))
    before = state_of(table)
    table.do(Undo(version=table.version))
    after = state_of(table)
    assert differences(after, before, after, WORDS) == ["Anna: Primary, round 2: 10 → –"]


def test_a_turn_comes_back() -> None:
    table = Table().begin()
    earlier = state_of(table)
    table.turns(1)
    later = state_of(table)
    said = differences(later, later, {"turn": earlier["turn"]}, WORDS)
    assert said == ["It is Anna’s turn again"]


def test_nothing_on_the_sheet() -> None:
    state = state_of(Table())
    assert differences(state, {}, {}, WORDS) == ["Nothing on the sheet changes"]
