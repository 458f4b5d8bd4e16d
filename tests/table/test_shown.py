"""What a half shows, from states that the rules themselves have made."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import PauseClock, ScoreUpdate, SetProfile, SwitchClock
from gamesync.domain.profile import Overrides
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.view import view
from gamesync.table.seen import seen
from gamesync.table.shown import (
    cells,
    half,
    is_last_turn,
    length_text,
    liftable,
    name_of,
    pause_words,
    phone,
    shape_of,
)
from gamesync.table.texts import Words

from ..client.kit import jsoned
from ..domain.playing import JUDGE, MINUTE, SECOND, Table

WORDS = Words()
DOWN = Overrides(clock=ClockRules(mode="down", budget_ms=90 * MINUTE))


def state_of(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = jsoned(view(table.game))
    return found


def halves(table: Table, **more: Any) -> tuple[Any, Any]:
    state = state_of(table)
    now = seen(state, table.now)
    return half(state, now, 1, WORDS, **more), half(state, now, 2, WORDS, **more)


def test_the_half_whose_clock_runs_is_lit_and_says_what_a_tap_does() -> None:
    one, two = halves(Table(overrides=DOWN).begin())
    assert (one.lit, one.turn, one.on_clock, one.end) == (True, True, True, "End turn")
    assert one.under == "Tap: clock to Marek"
    assert (two.lit, two.turn, two.on_clock, two.end, two.under) == (False, False, False, "", "")
    assert (one.clock, two.clock) == ("1:30:00", "1:30:00")


def test_whose_turn_and_whose_clock_are_two_things() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(SwitchClock())
    one, two = halves(table)
    assert (one.turn, one.on_clock, one.end) == (True, False, "End turn")
    assert (two.turn, two.on_clock, two.lit, two.under) == (False, True, True, "Tap: clock to Anna")


def test_in_chess_the_half_is_the_turn() -> None:
    one, _ = halves(Table("chess").begin())
    assert (one.under, one.end, one.cells, one.cp) == ("Tap to end the turn", "", (), None)


def test_a_screen_that_may_not_press_offers_nothing() -> None:
    one, _ = halves(Table(overrides=DOWN).begin(), may=False)
    assert (one.lit, one.end, one.starts) == (False, "", False)


def test_a_paused_clock_is_not_lit() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(PauseClock())
    one, _ = halves(table)
    assert (one.lit, one.on_clock, one.under) == (False, True, "Clock stands")


@pytest.mark.parametrize(
    ("left", "level"), [(300_000, ""), (299_999, "low"), (59_999, "last"), (-1, "over")]
)
def test_short_time_has_levels(left: int, level: str) -> None:
    table = Table(overrides=DOWN).begin()
    table.wait(90 * MINUTE - left)
    one = halves(table)[0]
    assert one.level == level
    said = {"low": "Under 5 min", "last": "Last minute", "over": "Out of time"}
    assert one.under == " · ".join(filter(None, (said.get(level), "Tap: clock to Marek")))


def test_cells_of_the_round_with_their_caps() -> None:
    table = Table("wh40k-11e").begin().turns(2)
    table.do(ScoreUpdate(player=1, category="primary", value=12))
    found = {c.category: c for c in cells(state_of(table), 1, 2, WORDS)}
    primary = found["primary"]
    assert (primary.value, primary.room, primary.caps) == (12, 3, "12 of 15 · 12 of 45 in all")
    assert found["secondary"].value is None
    assert "battle-ready" not in found, "it counts once, at the end"


def test_what_counts_once_a_game_is_on_the_last_sheet() -> None:
    state = state_of(Table("wh40k-10e").begin().turns(8))
    found = {c.category: c for c in cells(state, 1, 5, WORDS)}
    assert (found["battle-ready"].round, found["battle-ready"].caps) == (0, "at most 10")


def test_the_last_turn_ends_the_match() -> None:
    table = Table("wh40k-10e").begin(first=2).turns(8)
    assert not is_last_turn(state_of(table))
    assert halves(table)[1].end == "End turn"
    table.turns(1)
    assert is_last_turn(state_of(table))
    assert halves(table)[0].end == "End the match"


def test_where_turns_alternate_the_round_has_a_key_of_its_own() -> None:
    one, _ = halves(Table("kill-team").begin())
    assert (one.under, one.end_round) == ("Tap to end the turn", "End round 1")


def test_names_until_somebody_has_said() -> None:
    table = Table(names=("", "Marek"))
    state = state_of(table)
    assert (name_of(state, 1, WORDS), name_of(state, 2, WORDS)) == ("Player 1", "Marek")
    table.do(SetProfile(player=2, faction="Tyranids", detachment="Invasion Fleet"))
    assert halves(table)[1].army == "Tyranids · Invasion Fleet"


def test_seats_differ_in_shape_as_well_as_colour() -> None:
    for ruleset in ("wh40k-10e", "chess", "aos", "kill-team"):
        state = state_of(Table(ruleset))
        assert shape_of(state, 1) != shape_of(state, 2)


def test_why_it_stands() -> None:
    table = Table(overrides=DOWN).begin()
    table.do(PauseClock(why="judge"), JUDGE)
    state = state_of(table)
    assert pause_words(state, ("judge", "player:2", "new_one"), WORDS) == "judge, Marek, new_one"


def test_what_the_table_may_lift() -> None:
    reasons = ("host", "player:1", "judge", "server", "contested")
    club, event = state_of(Table()), state_of(Table(profile="event"))
    assert liftable(club, reasons) == ("host", "player:1", "server", "contested")
    assert liftable(event, reasons) == ("host", "server")
    both = state_of(Table(overrides=Overrides(pause_policy="both")))
    assert liftable(both, reasons) == ()


@pytest.mark.parametrize(
    ("devices", "held", "words"),
    [
        ([], False, "No phone"),
        ([], True, "Phone away"),
        (["live"], True, "Phone here"),
        (["lost"], True, "Phone silent"),
        (["gone"], True, "Phone away"),
        (["gone", "live"], True, "Phone here"),
    ],
)
def test_how_a_phone_is(devices: list[str], held: bool, words: str) -> None:
    presence = {"devices": [{"player": 1, "role": "player", "link": link} for link in devices]}
    state = {"devices": [{"player": 1, "role": "player"}] if held else []}
    assert phone(state, presence, 1, WORDS) == words
    assert phone(state, presence, 2, WORDS) == "No phone"


def test_a_length_is_said_as_people_do() -> None:
    assert [length_text(ms) for ms in (-5, 2 * MINUTE + 13 * SECOND, 62 * MINUTE)] == [
        "0:00", "2:13", "1:02:00",
    ]  # fmt: skip
