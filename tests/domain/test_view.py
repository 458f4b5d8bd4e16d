"""What is shown: sections that change with what happened, the sheet's order, deadlines."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from gamesync.domain.commands import (
    CallJudge,
    Concede,
    ConfirmResult,
    Join,
    OpenDispute,
    PauseClock,
    Propose,
    RollDie,
    ScoreUpdate,
    ServerDown,
    SetProfile,
    SettingsUpdate,
    SwitchClock,
    TurnChange,
    Undo,
)
from gamesync.domain.events import By
from gamesync.domain.log import fold
from gamesync.domain.profile import Overrides
from gamesync.domain.view import SECTIONS, changed, clock_view, deadline, view

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, SECOND, SERVER, Table
from .strategies import Step, attempt, freezing_steps, usual_steps
from .test_setting_up import in_setup


def told(table: Table, command: Any, by: By = HOST) -> set[str]:
    """The sections that a command changes for the match."""
    before = view(table.game)
    table.do(command, by)
    after = view(table.game)
    sections = changed(before, after)
    assert structs.replace(before, **sections) == after
    return set(sections)


@pytest.mark.parametrize(
    ("command", "by", "sections"),
    [
        (ScoreUpdate(player=1, category="secondary", value=5), ANNA, {"scores"}),
        (ScoreUpdate(player=1, cp_delta=-1), ANNA, {"scores"}),
        (TurnChange(), ANNA, {"turn", "clock", "scores"}),
        (TurnChange(phase="Fight"), ANNA, {"turn"}),
        (SwitchClock(), ANNA, {"clock"}),
        (PauseClock(), ANNA, {"clock"}),
        (SetProfile(faction="Orks"), ANNA, {"players"}),
        (SettingsUpdate(key="note", value="x"), HOST, {"settings"}),
        (SettingsUpdate(key="pause_policy", value="both"), HOST, {"options"}),
        (Propose(kind="draw"), ANNA, {"proposals"}),
        (CallJudge(), ANNA, {"judge"}),
        (OpenDispute(text="?"), ANNA, {"dispute", "scores"}),
        (Join(device="x", role="host"), SERVER, {"devices"}),
        (Concede(player=1), HOST, {"status", "result", "clock"}),
        (ServerDown(last_alive=0, gap_ms=None, long=False), SERVER, {"clock", "gaps"}),
    ],
)
def test_a_section_changes_when_something_happened_to_it(
    command: Any, by: By, sections: set[str]
) -> None:
    assert told(Table().begin(), command, by) == sections


def test_sections_of_set_up_and_signature() -> None:
    table = in_setup()
    assert told(table, RollDie(), ANNA) == {"setup"}
    table.begin()
    table.do(Concede(player=1))
    assert told(table, ConfirmResult(version=table.version), ANNA) == {"signatures"}
    assert told(table, ConfirmResult(version=table.version), MAREK) == {"signatures", "status"}


def test_nothing_changes_by_itself() -> None:
    table = Table().begin()
    assert changed(view(table.game), view(table.wait(MINUTE).game)) == {}
    assert set(SECTIONS) >= {"clock", "scores", "turn"}


def test_the_clock_is_told_as_of_the_last_change() -> None:
    table = Table(overrides=Overrides(clock="down-90")).begin()
    started = table.now
    table.score(1, "secondary", 5)
    seen = view(table.game).clock
    assert (seen.at, seen.p1_ms, seen.p2_ms, seen.running, seen.side) == (
        started,
        90 * MINUTE,
        90 * MINUTE,
        True,
        1,
    )
    assert seen.flag_at == started + 90 * MINUTE
    beat = clock_view(table.game, started + MINUTE)
    assert (beat.at, beat.p1_ms, beat.flag_at) == (started + MINUTE, 89 * MINUTE, seen.flag_at)
    assert clock_view(table.game, started - SECOND) == seen


def test_cells_stand_in_the_order_of_the_sheet() -> None:
    table = Table().begin().turns(4)
    for player, column, round_ in (
        (2, "secondary", 1),
        (1, "secondary", 3),
        (1, "battle-ready", None),
        (1, "primary", 3),
        (1, "primary", 2),
    ):
        table.do(
            ScoreUpdate(player=2 if player == 2 else 1, category=column, value=5, round=round_)
        )
    table.do(ScoreUpdate(player=1, score=30))
    scores = view(table.game).scores
    assert [(c.player, c.category, c.round) for c in scores.cells] == [
        (1, "primary", 2),
        (1, "primary", 3),
        (1, "secondary", 3),
        (1, "battle-ready", 0),
        (1, "total", 0),
        (2, "secondary", 1),
    ]
    assert scores.players[0].score == 30
    assert scores.players[0].categories == {"primary": 10, "secondary": 5, "battle-ready": 5}
    cell = scores.cells[0]
    assert (cell.value, cell.by) == (5, HOST)
    assert cell.version == table.game.cells["1/primary/2"].version


def test_the_last_rounds_cells_are_shown() -> None:
    table = Table().begin().turns(8)
    table.score(1, "primary", 10)
    assert [c.round for c in view(table.game).scores.cells] == [5]
    chess = Table(structs.replace(table.game.ruleset, rounds=0, turn_order="fixed")).begin()
    chess.turns(12).score(2, "secondary", 3)
    assert [c.round for c in view(chess.game).scores.cells] == [7]


def test_a_game_without_rounds_shows_the_rounds_it_has() -> None:
    table = Table("kill-team").begin()
    table.score(2, "crit-op", 2)
    assert [c.round for c in view(table.game).scores.cells] == [1]


def test_the_next_deadline_is_told() -> None:
    table = Table(overrides=Overrides(clock="down-90")).begin()
    falls = table.now + 90 * MINUTE
    assert deadline(table.game) == falls + 2 * SECOND
    table.do(Propose(kind="draw", expires_ms=30 * SECOND), ANNA)
    assert deadline(table.game) == table.now + 30 * SECOND
    assert deadline(Table().begin().game) is None


def test_a_judge_and_the_public_see_one_match() -> None:
    table = Table().begin()
    table.do(CallJudge(), JUDGE)
    hidden = {"devices"}
    match, public = view(table.game), view(table.game, "public")
    assert {n for n in SECTIONS if getattr(match, n) != getattr(public, n)} <= hidden
    assert (match.profile, match.ruleset.id) == ("club", "wh40k-10e")


BUSY = st.lists(st.one_of(usual_steps, freezing_steps, freezing_steps), min_size=15, max_size=30)


@settings(max_examples=200)
@given(st.sampled_from(("wh40k-10e", "aos")), BUSY)
def test_a_frozen_sheet_stands_still_for_the_public_and_for_nobody_else(
    ruleset: str, tried: list[Step]
) -> None:
    table = Table(ruleset).begin()
    for step in tried:
        before = table.game
        attempt(table, step)
        game = table.game
        wanted = game.dispute is not None or game.settings.get("frozen") is True
        assert (game.frozen is not None) == wanted
        assert fold(table.match.entries).game == game  # a restart changes nothing
        true, public = view(game), view(game, "public")
        assert true.scores.frozen == public.scores.frozen == wanted
        assert true.scores.players[0].score == table.total(1)
        if not wanted:
            assert (public.scores, public.result) == (true.scores, true.result)
            continue
        assert game.frozen is not None
        # An undo may bring an earlier freezing back into force, and the sheet of that time.
        then = fold([e for e in table.match.entries if e.version <= game.frozen.version]).game
        assert (public.scores, public.result) == (view(then, "public").scores, then.result)
        undone = isinstance(step.command, Undo)
        same = before.frozen is not None and before.frozen.version == game.frozen.version
        if same or (before.frozen is not None and not undone):
            stood = view(before, "public")
            assert (public.scores, public.result) == (stood.scores, stood.result)
        elif not undone:
            assert public.scores.cells == view(before).scores.cells
            assert public.result == before.result
