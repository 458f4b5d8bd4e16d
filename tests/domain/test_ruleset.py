"""Rulesets: what is read, and how a wrong one is told."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import (
    BadRuleset,
    Category,
    ClockRules,
    Ruleset,
    check_clock,
    fitted,
    parse_json,
    parse_ruleset,
)

LEAST: dict[str, Any] = {"id": "ours", "name": "Ours", "rounds": 5}
MINUTE = 60_000


def parsed(**fields: object) -> Ruleset:
    return parse_ruleset(msgspec.json.encode(LEAST | fields))


def complaint(**fields: object) -> BadRuleset:
    with pytest.raises(BadRuleset) as caught:
        parsed(**fields)
    return caught.value


def category(**fields: object) -> dict[str, object]:
    return {"id": "primary", "name": "Primary"} | fields


def roll(**fields: object) -> dict[str, object]:
    return {"id": "roll", "name": "Roll-off", "kind": "roll"} | fields


def choice(**fields: object) -> dict[str, object]:
    start = {"id": "choice", "name": "Choice", "kind": "choice", "options": ["first", "second"]}
    return start | fields


def test_three_fields_are_enough() -> None:
    assert parsed() == Ruleset(id="ours", name="Ours", rounds=5)


@pytest.mark.parametrize("ruleset", shipped().values(), ids=lambda ruleset: ruleset.id)
def test_a_ruleset_survives_writing_and_reading(ruleset: Ruleset) -> None:
    assert parse_ruleset(msgspec.json.encode(ruleset)) == ruleset


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_ruleset(b"\xef\xbb\xbf" + msgspec.json.encode(LEAST)) == parsed()


@pytest.mark.parametrize("raw", [b"", b"{", b'{"id": "\xff"}', b"[" * 100_000, b"NaN"])
def test_what_is_not_json_says_so(raw: bytes) -> None:
    with pytest.raises(BadRuleset, match="not JSON"):
        parse_ruleset(raw)


@given(st.binary())
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    with suppress(BadRuleset):
        parse_ruleset(raw)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"rounds": "five"}, "rounds"),
        ({"rounds": True}, "rounds"),
        ({"round": 5}, "round"),
        ({"id": "Not a slug"}, "id"),
        ({"id": "slug\n"}, "id"),
        ({"clock": {"mode": "sideways"}}, "clock.mode"),
        ({"clock": {"budget": 1}}, "clock.budget"),
        ({"categories": [category(), {"name": "No id"}]}, "categories[1].id"),
        ({"categories": [category(cap=1000)]}, "categories[0].cap"),
        ({"setup": [choice(options=["first", "third"])]}, "setup[0].options[1]"),
        ({"sides": []}, "sides"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, object], field: str) -> None:
    bad = complaint(**fields)
    assert bad.field == field
    assert str(bad) == f"{field}: {bad.message}"


def test_a_missing_field_is_named_and_a_wrong_whole_is_not() -> None:
    with pytest.raises(BadRuleset, match=r"^rounds: it is missing$"):
        parse_ruleset(b'{"id": "x", "name": "X"}')
    with pytest.raises(BadRuleset) as caught:
        parse_ruleset(b"[]")
    assert caught.value.field == ""
    assert str(caught.value) == "Expected `object`, got `array`"


def test_a_name_with_a_trick_in_the_report_does_no_harm() -> None:
    assert complaint(turn_order="x - at `$.y`").message.startswith("Invalid enum value")


NO_ROUNDS = {"rounds": 0, "turn_model": "alternating"}
CHOSEN = {"turn_order": "chosen_each_round"}


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"rounds": 0}, "rounds", "alternating"),
        (NO_ROUNDS | CHOSEN, "turn_order", "fixed"),
        ({"phases": ["Move", "Fight", "Move"]}, "phases[2]", "twice"),
        ({"name": " Ours"}, "name", "stray"),
        ({"phases": ["Fi\u202eght"]}, "phases[0]", "invisible"),
        ({"categories": [category(name="A\u200bB")]}, "categories[0].name", "invisible"),
        # categories
        ({"categories": [category(), category()]}, "categories[1].id", "twice"),
        ({"categories": [category(id="total")]}, "categories[0].id", "meaning"),
        ({"categories": [category(id="cp")]}, "categories[0].id", "meaning"),
        (NO_ROUNDS | {"categories": [category()]}, "categories[0].per_round", "once"),
        (
            {"categories": [category(per_round=False, round_cap=5)]},
            "categories[0].round_cap",
            "use cap",
        ),
        (
            {"categories": [category(per_round=False, first_round=2)]},
            "categories[0].first_round",
            "once",
        ),
        ({"categories": [category(first_round=6)]}, "categories[0].first_round", "5 rounds"),
        (
            {"categories": [category(round_cap=16, cap=15)]},
            "categories[0].round_cap",
            "16 is more than cap 15",
        ),
        (
            {"categories": [category(cap=45)], "total_cap": 40},
            "categories[0].cap",
            "more than total_cap 40",
        ),
        (
            {"categories": [category(round_cap=15)], "total_cap": 10},
            "categories[0].round_cap",
            "more than total_cap 10",
        ),
        (
            {"categories": [category(round_cap=4, cap=9, quick=[4, 5])]},
            "categories[0].quick[1]",
            "round_cap 4",
        ),
        # command points
        ({"cp": {"start": 5, "cap": 4}}, "cp.start", "cap 4"),
        ({"cp": {"gain": "active", "when": "round"}}, "cp.gain", "use both"),
        ({"turn_model": "alternating", "cp": {}}, "cp.when", "use round"),
        # set-up
        ({"setup": [roll(), roll()]}, "setup[1].id", "twice"),
        ({"setup": [roll(id="host")]}, "setup[0].id", "meaning"),
        ({"setup": [roll(each_round=True)]}, "setup[0].each_round", "chosen_each_round"),
        ({"setup": [roll(options=["first"])]}, "setup[0].kind", "neither"),
        ({"setup": [roll(), roll(id="two", by="roll")]}, "setup[1].kind", "neither"),
        ({"setup": [choice(options=[])]}, "setup[0].options", "first/second"),
        ({"setup": [choice(options=["first", "white"])]}, "setup[0].options", "one of"),
        ({"setup": [choice(options=["first", "first"])]}, "setup[0].options[1]", "twice"),
        ({"setup": [choice(by="roll"), roll()]}, "setup[0].by", "no earlier roll"),
        ({"setup": [choice(), choice(id="b", by="choice")]}, "setup[1].by", "no earlier roll"),
        (
            CHOSEN | {"setup": [roll(), choice(by="roll", each_round=True)]},
            "setup[1].by",
            "once only",
        ),
        (CHOSEN | {"setup": [roll(each_round=True), choice()]}, "setup", "first or second"),
        (
            CHOSEN | {"setup": [choice(options=["attacker"], each_round=True)]},
            "setup",
            "first or second",
        ),
        # sides
        (
            {
                "sides": [
                    {"name": "Red", "colour": "#ff0000", "shape": "circle"},
                    {"name": "Blue", "colour": "#0000ff", "shape": "circle"},
                ]
            },
            "sides[1].shape",
            "differ",
        ),
        # event score
        (
            {"winner": "declared", "event_score": {"base": 1, "total": 2, "steps": []}},
            "event_score",
            "higher score",
        ),
        ({"event_score": {"base": 9, "total": 20, "steps": []}}, "event_score.total", "twice"),
        (
            {"event_score": {"base": 10, "total": 20, "steps": [5, 10, 10]}},
            "event_score.steps[2]",
            "rise",
        ),
        (
            {"event_score": {"base": 2, "total": 4, "steps": [1, 2, 3]}},
            "event_score.steps",
            "past total 4",
        ),
    ],
)
def test_fields_must_fit_each_other(fields: dict[str, object], field: str, why: str) -> None:
    bad = complaint(**fields)
    assert (bad.field, why in bad.message) == (field, True), str(bad)


@pytest.mark.parametrize(
    "fields",
    [
        {"cp": {"gain": "none"}, "turn_model": "alternating"},
        {"cp": {"gain": "active"}},
        {"cp": {"when": "round"}, "turn_model": "alternating"},
        NO_ROUNDS | {"categories": [category(per_round=False, cap=1)]},
        {"categories": [category(quick=[999])]},
        {"categories": [category(round_cap=15, cap=15, quick=[15])], "total_cap": 15},
        {"setup": [choice(options=["attacker"])]},
        CHOSEN | {"setup": [choice(each_round=True)]},
        {"event_score": {"base": 0, "total": 0, "steps": []}},
    ],
)
def test_what_looks_odd_but_can_be_played_is_taken(fields: dict[str, object]) -> None:
    parsed(**fields)


@pytest.mark.parametrize(
    ("clock", "field"),
    [
        ({"mode": "down"}, "clock.budget_ms"),
        ({"budget_ms": MINUTE}, "clock.budget_ms"),
        ({"mode": "none", "increment_ms": 1}, "clock.increment_ms"),
        ({"stages": [{"after_turns": 1, "budget_ms": 1}]}, "clock.stages"),
        (
            {
                "mode": "down",
                "budget_ms": MINUTE,
                "stages": [{"after_turns": n, "budget_ms": 1} for n in (20, 40, 40)],
            },
            "clock.stages[2].after_turns",
        ),
        ({"carry_cap_ms": 0}, "clock.carry_cap_ms"),
        ({"comp_start_ms": 9_000}, "clock.comp_start_ms"),
    ],
)
def test_clock_rules_must_fit_each_other(clock: dict[str, object], field: str) -> None:
    assert complaint(clock=clock).field == field


@pytest.mark.parametrize("field", ["round_budget_ms", "new_round_min_ms"])
def test_what_a_clock_does_by_rounds_needs_rounds(field: str) -> None:
    clock = fitted({"mode": "down", "budget_ms": MINUTE, field: MINUTE}, ClockRules)
    check_clock(clock, rounds=5)
    with pytest.raises(BadRuleset, match=rf"^clock\.{field}: only a game with rounds"):
        check_clock(clock, rounds=0)


def test_a_part_can_be_fitted_alone() -> None:
    assert fitted(parse_json(b'{"id": "x", "name": "X"}'), Category).cap is None
    with pytest.raises(BadRuleset, match=r"^cap: "):
        fitted({"id": "x", "name": "X", "cap": -1}, Category)
