"""A match on one line: it says what the views say, to each audience what it may know."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from gamesync.domain.commands import (
    CallJudge,
    CloseCall,
    Concede,
    ConfirmResult,
    CorrectState,
    Join,
    OpenDispute,
    PauseClock,
    SetFirstPlayer,
    SetProfile,
    SettingsUpdate,
    TakeCall,
    TurnChange,
    Undo,
)
from gamesync.domain.log import fold
from gamesync.domain.profile import Overrides
from gamesync.domain.state import Game
from gamesync.domain.summary import CallSummary, ResultSummary, Seats, summaries
from gamesync.domain.view import Audience, view

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, SECOND, SERVER, Table
from .strategies import attempt, courses, tables, through_json


def said_by_the_view(game: Game, audience: Audience) -> dict[str, Any]:
    """The fields of the line that stand in a view, too."""
    seen = view(game, audience)
    (one, two), (first, second) = seen.players, seen.scores.players
    return {
        "version": game.version,
        "status": seen.status,
        "player1_name": one.name,
        "player2_name": two.name,
        "faction1": one.faction,
        "faction2": two.faction,
        "score1": first.score,
        "score2": second.score,
        "cp1": first.cp,
        "cp2": second.cp,
        "round": seen.turn.round,
        "rounds": seen.ruleset.rounds,
        "turn": seen.turn.turn,
        "active_player": seen.turn.active_player,
        "first_player": seen.turn.first_player,
        "awaiting": seen.turn.awaiting,
        "disputed": seen.dispute is not None,
        "frozen": seen.scores.frozen,
        "contested": bool(seen.contested),
        "signed": tuple(s.player for s in seen.signatures),
        "profile": seen.profile,
        "ruleset": seen.ruleset.id,
        "table": seen.table,
        "visibility": seen.settings["visibility"],
    }


@settings(max_examples=60)
@given(tables(), courses)
def test_a_line_says_what_the_views_say(table: Table, course: list[Any]) -> None:
    for step in course:
        attempt(table, step)
    game = table.game
    lines = summaries(game)
    for audience in ("match", "public"):
        line, seen = lines.of(audience), view(game, audience)
        wanted = said_by_the_view(game, audience)
        assert {name: getattr(line, name) for name in wanted} == wanted
        clock = {n: getattr(line.clock, n) for n in line.clock.__struct_fields__}
        rules = {n: getattr(seen.clock.rules, n) for n in ("on_flag", "budget_ms")}
        assert clock == {**{n: getattr(seen.clock, n) for n in clock if n not in rules}, **rules}
        assert (line.result is None) == (seen.result is None)
        assert (line.judge is None) == (seen.judge is None)
        assert line.changed_at <= table.now
        began = line.turn_began_at
        assert (began is None) == (not line.active_player)
        assert began is None or game.created_ms <= began <= table.now
    assert (lines.public is None) == (not lines.match.frozen)
    # What a store keeps, and what a restart folds from the log, is the same line.
    assert through_json(lines) == lines
    assert summaries(fold(table.match.entries).game) == lines


def test_the_turn_began_when_it_was_pressed() -> None:
    table = Table(overrides=Overrides(clock="down-90"))
    assert summaries(table.game).match.turn_began_at is None
    table.begin()
    began = table.now
    table.wait(MINUTE).score(1, "secondary", 5)
    assert summaries(table.game).match.turn_began_at == began
    pressed = table.now + SECOND
    table.do(TurnChange(pressed_at=pressed), ANNA, wait=5 * SECOND)
    line = summaries(table.game).match
    assert (line.turn, line.active_player, line.turn_began_at) == (2, 2, pressed)
    table.do(Undo(version=table.version), HOST)
    assert summaries(table.game).match.turn_began_at == began


def test_nobodys_turn_has_not_begun() -> None:
    table = Table("aos").begin().turns(2)
    line = summaries(table.game).match
    assert (line.awaiting, line.turn_began_at) == ("order", None)
    table.do(SetFirstPlayer(player=2), HOST)
    assert summaries(table.game).match.turn_began_at == table.now
    # The host corrects whose turn it is: that turn begins there and then.
    table.do(CorrectState(active_player=1), HOST)
    assert summaries(table.game).match.turn_began_at == table.now


def test_a_call_for_a_judge_from_the_call_to_the_end() -> None:
    table = Table().begin()
    assert summaries(table.game).match.judge is None
    table.do(CallJudge(note="line of sight"), MAREK)
    called = table.now
    expected: dict[str, Any] = {
        "at_ms": called,
        "role": "player",
        "player": 2,
        "name": "Marek",
        "note": "line of sight",
    }
    waiting = CallSummary(**expected, taken_by="", taken_at_ms=None)
    assert summaries(table.game).match.judge == waiting
    table.do(TakeCall(), JUDGE)
    coming = CallSummary(**expected, taken_by="Tom", taken_at_ms=table.now)
    assert summaries(table.game).match.judge == coming
    table.do(CloseCall(), JUDGE)
    assert summaries(table.game).match.judge is None


def test_the_end_and_who_has_signed_it() -> None:
    table = Table().begin()
    table.do(SetProfile(faction="Orks"), ANNA)
    table.do(Concede(player=1), ANNA)
    line = summaries(table.game).match
    assert (line.status, line.faction1, line.signed) == ("ended", "Orks", ())
    assert line.result == ResultSummary(how="conceded", winner=2)
    table.do(ConfirmResult(version=table.version), MAREK)
    assert summaries(table.game).match.signed == (2,)


def test_a_frozen_sheet_is_the_publics_alone() -> None:
    table = Table().begin()
    table.score(1, "secondary", 3)
    table.do(OpenDispute(text="?"), ANNA)
    table.score(1, "secondary", 5)
    table.do(PauseClock(), HOST)
    lines = summaries(table.game)
    assert (lines.of("match").score1, lines.of("public").score1) == (5, 3)
    assert (lines.of("public").disputed, lines.of("public").frozen) == (True, True)
    assert lines.of("match").clock == lines.of("public").clock


def test_seats_are_gone_until_somebody_is_seen_on_them() -> None:
    table = Table()
    assert summaries(table.game).match.seats == Seats()
    table.do(Join(device="phone", role="player", player=2), SERVER)
    assert summaries(table.game).match.seats == Seats(player2="gone")
    table.do(Join(device="tablet", role="host"), SERVER)
    table.do(Join(device="other", role="player", player=1), SERVER)
    table.do(SettingsUpdate(key="visibility", value="link"), HOST)
    line = summaries(table.game).match
    assert line.seats == Seats(host="gone", player1="gone", player2="gone")
    assert line.visibility == "link"
