"""What the table shows of turn and clocks while it is cut off is what the server will say later."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamesync.domain.commands import BatchPresses, PauseClock
from gamesync.domain.commands import Press as Pressed
from gamesync.domain.profile import Overrides
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.view import clock_view, view
from gamesync.table.seen import Press, seen

from ..client.kit import jsoned
from ..domain.playing import MINUTE, SECOND, Table

UP = ClockRules(mode="up")
DOWN = ClockRules(mode="down", budget_ms=90 * MINUTE)
FISCHER = ClockRules(mode="down", budget_ms=15 * MINUTE, increment_ms=10 * SECOND)
STOPS = ClockRules(mode="down", budget_ms=1 * MINUTE, on_flag="stop")


def playing(rules: ClockRules) -> Table:
    return Table("wh40k-10e", overrides=Overrides(clock=rules)).begin()


def state_of(table: Table) -> dict[str, Any]:
    found: dict[str, Any] = jsoned(view(table.game))
    return found


def test_without_a_press_it_is_what_the_server_said() -> None:
    table = playing(DOWN).wait(7 * SECOND)
    found = seen(state_of(table), table.now)
    assert (found.active, found.side, found.running) == (1, 1, True)
    assert (
        found.shown == (table.shown(1), table.shown(2)) == (90 * MINUTE - 7 * SECOND, 90 * MINUTE)
    )


def test_a_paused_clock_stands_and_says_why() -> None:
    table = playing(UP)
    table.do(PauseClock())
    found = seen(state_of(table), table.now + MINUTE)
    assert not found.running
    assert found.paused == ("host",)
    assert found.shown == (SECOND, 0)


def test_a_clock_that_stops_at_its_end_shows_no_overtime() -> None:
    table = playing(STOPS)
    assert seen(state_of(table), table.now + 2 * MINUTE).shown == (0, MINUTE)


presses = st.lists(
    st.tuples(
        st.sampled_from(["switch", "turn", "pause", "resume"]),
        st.integers(min_value=301, max_value=40_000),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(presses, st.sampled_from([UP, DOWN, FISCHER]), st.integers(0, 30_000))
def test_what_was_pressed_here_counts_as_the_server_will_count_it(
    made: list[tuple[str, int]], rules: ClockRules, after: int
) -> None:
    table = playing(rules)
    before, since = state_of(table), table.version
    at = table.now
    here: list[Press] = []
    sent: list[Pressed] = []
    for kind, wait in made:
        so_far = seen(before, at, here)
        if kind == ("pause" if not so_far.running else "resume"):
            continue  # the key says the other then
        if kind in ("switch", "turn") and not so_far.running:
            continue
        at += wait
        player = so_far.active if kind == "turn" else so_far.side
        if kind == "turn" and so_far.turn >= 9:
            continue  # the match ends with the tenth
        here.append(Press(kind=kind, player=player or 1, at=at))
        sent.append(Pressed(kind=kind, player=player or 1, pressed_at=at))  # type: ignore[arg-type]
    now = at + after
    foreseen = seen(before, now, here)
    table.now = now
    if sent:
        table.do(
            BatchPresses(presses=tuple(sent), since_version=since), wait=0, backdate_max_ms=600_000
        )
    clock = clock_view(table.game, now)
    assert "contested" not in table.game.clock.paused
    assert foreseen.shown == (clock.p1_ms, clock.p2_ms)
    assert (foreseen.side, foreseen.running) == (clock.side, clock.running)
    assert (foreseen.turn, foreseen.active) == (
        table.game.turn.ordinal,
        table.game.turn.active_player,
    )


def test_a_wrong_sum_would_be_seen() -> None:
    """The property above can fail: a press left out gives other clocks."""
    table = playing(DOWN)
    state = state_of(table)
    press = Press(kind="switch", player=1, at=table.now + SECOND)
    now = table.now + MINUTE
    assert seen(state, now, [press]).shown != seen(state, now).shown


@pytest.mark.parametrize("kind", ["switch", "turn"])
def test_a_press_passes_the_clock(kind: str) -> None:
    table = playing(UP)
    press = Press(kind=kind, player=1, at=table.now + 5 * SECOND)
    found = seen(state_of(table), table.now + 9 * SECOND, [press])
    assert (found.side, found.shown) == (2, (5 * SECOND, 4 * SECOND))
    assert found.active == (2 if kind == "turn" else 1)
