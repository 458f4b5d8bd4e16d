"""The shipped rulesets hold the facts; a venue's own are laid over them."""

from __future__ import annotations

from importlib.resources import files

import msgspec
import pytest

from gamesync.domain.profile import clock_preset
from gamesync.domain.rulebook import house, shipped
from gamesync.domain.ruleset import BadRuleset, Category, CommandPoints, Ruleset

HOUR = 3_600_000


def text(**fields: object) -> bytes:
    return msgspec.json.encode(fields)


def caps(ruleset: Ruleset) -> dict[str, tuple[int | None, int | None]]:
    return {each.id: (each.round_cap, each.cap) for each in ruleset.categories}


# What is shipped


def test_five_games_are_shipped_each_in_the_file_of_its_id() -> None:
    assert list(shipped()) == ["aos", "chess", "kill-team", "wh40k-10e", "wh40k-11e"]
    folder = files("gamesync.domain").joinpath("rulesets")
    for key, ruleset in shipped().items():
        raw = folder.joinpath(f"{key}.json").read_bytes()
        assert msgspec.json.decode(raw, type=Ruleset) == ruleset
        assert ruleset.id == key


def test_they_are_read_once() -> None:
    assert shipped() is shipped()


@pytest.mark.parametrize("key", ["wh40k-10e", "wh40k-11e"])
def test_40k(key: str) -> None:
    rules = shipped()[key]
    assert (rules.rounds, rules.turn_model, rules.turn_order) == (5, "player_turns", "fixed")
    assert (rules.press, rules.total_cap) == ("pass", 100)
    assert rules.phases == ("Command", "Movement", "Shooting", "Charge", "Fight")
    assert rules.cp == CommandPoints(gain="both", when="turn", amount=1, extra_per_round=1)
    assert rules.clock == clock_preset("up")
    assert rules.setup_clock == "neutral"
    assert [(step.kind, step.by, step.options) for step in rules.setup] == [
        ("roll", "host", ()),
        ("choice", "attacker-roll", ("attacker", "defender")),
        ("roll", "host", ()),
        ("choice", "first-turn-roll", ("first", "second")),
    ]
    assert rules.categories[-1] == Category(
        id="battle-ready", name="Battle Ready", per_round=False, cap=10, quick=(10,)
    )


def test_40k_editions_differ_in_their_caps() -> None:
    tenth, eleventh = shipped()["wh40k-10e"], shipped()["wh40k-11e"]
    assert caps(tenth) == {
        "primary": (None, 50),
        "secondary": (None, 40),
        "battle-ready": (None, 10),
    }
    assert tenth.categories[0].first_round == 2
    assert caps(eleventh) == {
        "primary": (15, 45),
        "secondary": (15, 45),
        "battle-ready": (None, 10),
    }


@pytest.mark.parametrize(
    ("difference", "points"),
    [(0, 10), (5, 10), (6, 11), (10, 11), (11, 12), (45, 18), (46, 19), (50, 19), (51, 20)],
)
def test_40k_event_score(difference: int, points: int) -> None:
    table = shipped()["wh40k-10e"].event_score
    assert table is not None
    assert table.base + sum(difference > step for step in table.steps) == points
    assert table.total == 20


def test_age_of_sigmar_rolls_for_priority_each_round() -> None:
    rules = shipped()["aos"]
    assert (rules.rounds, rules.turn_order) == (5, "chosen_each_round")
    assert [step.id for step in rules.setup if step.each_round] == ["priority-roll", "priority"]
    assert rules.cp == CommandPoints(when="round", amount=4, carry=False)


def test_kill_team_goes_to_and_fro_in_four_turning_points() -> None:
    rules = shipped()["kill-team"]
    assert (rules.rounds, rules.turn_model) == (4, "alternating")
    assert rules.turn_order == "chosen_each_round"
    assert caps(rules) == {
        "crit-op": (None, 6),
        "tac-op": (None, 6),
        "kill-op": (None, 6),
        "primary-op": (None, 3),
    }
    assert rules.total_cap == 21
    assert rules.cp == CommandPoints(start=2, when="round", amount=1, second_bonus=1)


def test_chess_has_a_staged_clock_and_no_score() -> None:
    rules = shipped()["chess"]
    assert (rules.rounds, rules.turn_model, rules.press) == (0, "alternating", "turn")
    assert (rules.winner, rules.categories, rules.cp) == ("declared", (), None)
    assert [side.name for side in rules.sides] == ["White", "Black"]
    assert rules.clock == clock_preset("chess-90-30")
    assert rules.clock.on_flag == "lose"
    assert rules.clock.budget_ms == 1.5 * HOUR
    (stage,) = rules.clock.stages
    assert (stage.after_turns, stage.budget_ms, stage.increment_ms) == (40, HOUR / 2, 30_000)


# A venue's own


def test_no_files_no_rulesets() -> None:
    assert house({}) == {}


def test_a_whole_ruleset_of_ones_own() -> None:
    own = house({"skirmish.json": text(id="skirmish", name="Skirmish", rounds=3)})
    assert own == {"skirmish": Ruleset(id="skirmish", name="Skirmish", rounds=3)}


def test_extending_merges_objects_and_replaces_lists() -> None:
    base = shipped()["wh40k-10e"]
    (own,) = house(
        {
            "short.json": text(
                id="short",
                extends="wh40k-10e",
                rounds=3,
                cp={"amount": 2},
                categories=[{"id": "primary", "name": "Primary"}],
                event_score=None,
            )
        }
    ).values()
    assert base.cp is not None
    assert own == msgspec.structs.replace(
        base,
        id="short",
        rounds=3,
        cp=msgspec.structs.replace(base.cp, amount=2),
        categories=(Category(id="primary", name="Primary"),),
        event_score=None,
    )


def test_an_object_may_fill_what_was_null() -> None:
    own = house({"a.json": text(id="a", extends="chess", cp={"when": "round"})})
    assert own["a"].cp == CommandPoints(when="round")


def test_files_extend_each_other_in_any_order() -> None:
    own = house(
        {
            "a.json": text(id="a", extends="b", edition="A"),
            "b.json": text(id="b", extends="c", press="turn"),
            "c.json": text(id="c", name="C", rounds=7),
        }
    )
    assert own["a"] == Ruleset(id="a", name="C", rounds=7, press="turn", edition="A")


def test_a_file_may_correct_a_shipped_ruleset_for_all_that_extend_it() -> None:
    own = house(
        {
            "corrected.json": text(id="aos", extends="aos", rounds=4),
            "ours.json": text(id="ours", extends="aos", name="Ours"),
        }
    )
    assert own["aos"].rounds == own["ours"].rounds == 4
    assert shipped()["aos"].rounds == 5


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({"a.json": b"{"}, "a.json: this is not JSON"),
        ({"a.json": b"[]"}, "a.json: Expected `object`"),
        ({"a.json": text(name="A", extends="aos")}, "a.json: id: it is missing"),
        ({"a.json": text(id="a", extends=1)}, "a.json: extends: Expected `str | null`"),
        ({"a.json": text(id="a", extends="zz")}, "a.json: extends: there is no ruleset 'zz'"),
        ({"a.json": text(id="a", extends="a")}, "a.json: extends: there is no ruleset 'a'"),
        ({"a.json": text(id="a", name="A")}, "a.json: rounds: it is missing"),
        (
            {"a.json": text(id="a", extends="aos", clock={"mode": "down"})},
            "a.json: clock.budget_ms: a clock that counts down needs time",
        ),
        (
            {"a.json": text(id="a", extends="aos", clock={"mood": "down"})},
            "a.json: clock.mood: there is no such field",
        ),
        (
            {"a.json": text(id="x", extends="b"), "b.json": text(id="b", extends="aos", rounds=-1)},
            "b.json: rounds: Expected `int` >= 0",
        ),
        (
            {"a.json": text(id="x", extends="aos"), "b.json": text(id="x", extends="chess")},
            "b.json: id: 'x' is also in a.json",
        ),
    ],
)
def test_a_wrong_file_is_named_with_its_field(texts: dict[str, bytes], said: str) -> None:
    with pytest.raises(BadRuleset) as caught:
        house(texts)
    assert str(caught.value).startswith(said)
    assert caught.value.file == said.partition(":")[0]


@pytest.mark.parametrize(
    "texts",
    [
        {"a.json": text(id="a", extends="b"), "b.json": text(id="b", extends="a")},
        {"a.json": text(id="a", extends="aos"), "aos.json": text(id="aos", extends="a")},
    ],
)
def test_a_circle_is_refused(texts: dict[str, bytes]) -> None:
    with pytest.raises(
        BadRuleset, match=r"^\w+\.json: extends: they extend each other in a circle"
    ):
        house(texts)
