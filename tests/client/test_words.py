"""What is typed at the terminal."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.client.asking import Asking
from gamesync.client.words import Order, Unclear, order

from .kit import Table

STATE = Table().state


@pytest.mark.parametrize(
    ("line", "seat", "wanted"),
    [
        ("score 1 primary 5", 0, Order("score", (1, "primary"), {"value": 5})),
        ("score 2 sec +3", 0, Order("score", (2, "secondary"), {"delta": 3})),
        ("score marek pri r2 -5", 0, Order("score", (2, "primary"), {"round": 2, "delta": -5})),
        ("score primary 10", 2, Order("score", (2, "primary"), {"value": 10})),
        ("s 1 battle 10", 2, Order("score", (1, "battle-ready"), {"value": 10})),
        ("cp 1 +1", 0, Order("cp", (1,), {"delta": 1})),
        ("cp 3", 1, Order("cp", (1,), {"value": 3})),
        ("cp 1", 2, Order("cp", (2,), {"value": 1})),
        ("cp 1 1", 2, Order("cp", (1,), {"value": 1})),
        ("end", 0, Order("end_turn")),
        ("PASS", 0, Order("switch_clock")),
        ("start", 0, Order("start_clock")),
        ("pause", 0, Order("pause")),
        ("pause judge", 0, Order("pause", (), {"why": "judge"})),
        ("resume server", 0, Order("resume", (), {"why": "server"})),
        ("undo", 0, Order("undo")),
        ("undo 17", 0, Order("undo", (17,))),
        ("name 1 Anna Nowak", 0, Order("profile", (1,), {"name": "Anna Nowak"})),
        ("faction 2 Orks", 0, Order("profile", (2,), {"faction": "Orks"})),
        ("faction Orks", 2, Order("profile", (2,), {"faction": "Orks"})),
        ("ready", 0, Order("ready")),
        ("ready", 2, Order("ready", (2,))),
        ("ready 1", 0, Order("ready", (1,))),
        ("roll anna", 0, Order("roll", (1,))),
        ("sign", 1, Order("sign", (1,))),
        ("first 2", 0, Order("skip_setup", (2,))),
        ("choose attacker", 0, Order("choose", ("attacker",))),
        ("judge line of sight", 0, Order("judge", ("call", "line of sight"))),
        ("cancel", 0, Order("judge", ("cancel",))),
        ("concede 1", 0, Order("end_game", ("concede",), {"player": 1})),
        ("finish", 0, Order("end_game", ("complete",))),
        ("accept 12", 0, Order("answer", (12, True))),
        ("reject 12", 0, Order("answer", (12, False))),
        ("quit", 0, Order("quit")),
        ("q", 0, Order("quit")),
        ("?", 0, Order("help")),
        ("   ", 0, None),
    ],
)
def test_a_line_becomes_an_order(line: str, seat: int, wanted: Order | None) -> None:
    assert order(line, STATE, seat) == wanted
    if wanted is not None and wanted.method not in ("quit", "help"):
        assert callable(getattr(Asking, wanted.method))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("dance", "dance? Type help."),
        ("choose", "choose? Type help."),
        ("score", "which player"),
        ("score 1", "score [PLAYER]"),
        ("score 1 primary", "score [PLAYER]"),
        ("score 1 primary five", "five? A number"),
        ("score 1 rubbish 5", "Categories are primary, secondary, battle-ready"),
        ("score 1 primary rX 5", "X? A number"),
        ("cp zoe 1", "which player"),
        ("cp 1", "which player"),
        ("cp 1 2 3", "cp [PLAYER]"),
        ("first", "which player"),
        ("undo all", "all? A number"),
    ],
)
def test_what_is_unclear_is_said_in_words(line: str, words: str) -> None:
    with pytest.raises(Unclear) as error:
        order(line, STATE)
    assert words in str(error.value)


@given(st.text(max_size=40), st.sampled_from([0, 1, 2]), st.booleans())
def test_any_line_is_an_order_or_unclear(line: str, seat: int, empty: bool) -> None:
    state: dict[str, Any] = {} if empty else STATE
    for text in (line, f"score {line}", f"cp {line}", f"undo {line}", f"name {line}"):
        try:
            found = order(text, state, seat)
        except Unclear:
            continue
        assert found is None or isinstance(found, Order)
