"""Taking people out of a match: nothing that was played changes, and nobody is left in it."""

from __future__ import annotations

from typing import Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from gamesync.domain.commands import (
    CallJudge,
    Concede,
    Join,
    OpenDispute,
    RenameDevice,
    RevokeDevice,
    ScoreUpdate,
    SetProfile,
    SettingsUpdate,
    SwapPlayers,
    Undo,
)
from gamesync.domain.erasure import DEVICES, NAMES, TEXTS, erased, played, seats_of
from gamesync.domain.events import GameFact, Joined, ProfileSet
from gamesync.domain.log import fold
from gamesync.domain.seats import DEVICES_A_PLACE
from gamesync.domain.state import Game
from gamesync.domain.values import PLAYERS

from . import strategies
from .playing import ANNA, HOST, JUDGE, MAREK, Table

SECRETS = ("anna-phone", "marek-phone", "Zofia", "Ludwik", "SECRET", "Marek", "Anna")
KEPT = {
    "faction": "what was played",
    "detachment": "the same",
    "disposition": "the same",
    "table": "a place",
    "rematch_of": "a game",
    "key": "of a setting, a known word",
    "value": "of a setting: those in erasure.SETTINGS go",
    "step": "of the ruleset",
    "option": "of the ruleset",
    "category": "of the ruleset",
    "phase": "of the ruleset",
    "reason": "a known word",
    "kind": "a known word",
    "why": "a known word",
    "how": "a known word",
    "place": "a known word",
    "presses": "known words and numbers",
    "role": "a known word",
}
"""Texts in facts that say nothing of anybody, and why."""


def full_of_people() -> Table:
    table = Table()
    for device, player, name in (("anna-phone", 1, "SECRET A"), ("marek-phone", 2, "SECRET M")):
        table.server(Join(device=device, role="player", player=player, name=name))  # type: ignore[arg-type]
    table.server(Join(device="tablet", role="host", name="SECRET table"))
    anna, marek = replace(ANNA, device="anna-phone"), replace(MAREK, device="marek-phone")
    table.do(SetProfile(player=1, name="Zofia", team="SECRET", list_link="https://SECRET"), anna)
    table.do(SetProfile(player=2, faction="Orks"), marek)
    table.do(RenameDevice(device="marek-phone", name="SECRET"), HOST)
    table.begin()
    table.do(ScoreUpdate(player=1, category="secondary", value=5), anna)
    table.do(SettingsUpdate(key="note", value="SECRET"))
    table.do(SettingsUpdate(key="mission", value="Take and hold"))
    table.do(CallJudge(note="SECRET"), marek)
    table.do(SwapPlayers())
    table.do(SetProfile(player=1, name="Ludwik"), HOST)
    table.do(OpenDispute(text="SECRET"), JUDGE)
    table.do(RevokeDevice(device="tablet"), HOST)
    return table


def text_of(entries: Any) -> str:
    return msgspec.json.encode((entries, fold(entries).game)).decode()


def test_nobody_is_left_and_all_that_was_played_is() -> None:
    table = full_of_people()
    table.do(Concede(), ANNA)
    before = text_of(table.match.entries)
    for secret in SECRETS:
        assert secret in before
    entries = erased(table.match.entries)
    after = text_of(entries)
    for secret in SECRETS:
        assert secret not in after, secret
    game = fold(entries).game
    assert played(game) == played(table.game)
    assert [player.name for player in game.players] == ["Player 1", "Player 2"]
    assert game.players[0].faction == "Orks"
    assert game.settings["mission"] == "Take and hold"
    assert [(e.version, e.at_ms, e.type) for e in entries] == [
        (e.version, e.at_ms, e.type) for e in table.match.entries
    ]
    assert {entry.by.role for entry in entries} == {e.by.role for e in table.match.entries}


@pytest.mark.parametrize("only", [None, 1, 2])
def test_who_took_the_place_of_what_had_ended_does_so_still(only: Any) -> None:
    table = Table()
    for number in range(DEVICES_A_PLACE):
        table.server(Join(device=f"SECRET {number}", role="player", player=1))
    gone = ("SECRET 0", "SECRET 1")
    table.server(Join(device="SECRET 3", role="player", player=1, ended=gone))
    table.server(Join(device="SECRET 4", role="player", player=1))
    game = fold(erased(table.match.entries, only)).game
    assert played(game) == played(table.game)
    assert ("SECRET" in text_of(erased(table.match.entries, only))) is (only == 2)


def test_who_had_two_names_is_still_one() -> None:
    table = Table()
    table.do(SetProfile(player=1, name="Annie"), HOST)
    table.do(SetProfile(player=1, name="Ann"), HOST)
    names = [
        fact.name
        for entry in erased(table.match.entries)
        for fact in entry.facts
        if isinstance(fact, ProfileSet)
    ]
    assert names == ["Player 1 (former name 1)", "Player 1"]


def test_a_swap_that_was_taken_back_is_none() -> None:
    table = Table()
    table.do(SwapPlayers())
    table.do(Undo(), HOST)
    game = fold(erased(table.match.entries)).game
    assert [player.name for player in game.players] == ["Player 1", "Player 2"]


def test_one_person_goes_and_the_other_stays() -> None:
    table = full_of_people()
    table.do(Concede(player=2), HOST)
    entries = table.match.entries
    # Anna, later Zofia, sits at seat 2 since the swap; Marek, then called Ludwik, at 1.
    assert seats_of(entries, "zofia") == seats_of(entries, "ANNA") == [2]
    assert seats_of(entries, "Ludwik") == seats_of(entries, "Marek") == [1]
    assert seats_of(entries, "nobody") == []
    after = erased(entries, only=2)
    text = text_of(after)
    for gone in ("Anna", "Zofia", "anna-phone", "SECRET A", "https://SECRET"):
        assert gone not in text
    for stays in ("Ludwik", "marek-phone", "SECRET M"):
        assert stays in text
    assert played(fold(after).game) == played(table.game)
    assert [player.name for player in fold(after).game.players] == ["Ludwik", "Player 2"]


@settings(max_examples=60)
@given(strategies.played())
def test_whatever_was_played_is_the_same_without_its_people(table: Table) -> None:
    entries = erased(table.match.entries)
    assert played(fold(entries).game) == played(fold(table.match.entries).game)
    assert erased(entries) == entries
    for player in PLAYERS:
        one = erased(table.match.entries, only=player)
        assert played(fold(one).game) == played(fold(table.match.entries).game)
        both = erased(one, only=2 if player == 1 else 1)
        assert played(fold(both).game) == played(fold(table.match.entries).game)


def test_every_text_in_a_fact_is_thought_of() -> None:
    """Whoever adds a field says here whether it is about somebody."""
    found = set()
    for kind in get_args(GameFact):
        for name, hint in get_type_hints(kind).items():
            kinds = {hint, *get_args(hint)}
            if str in kinds or any(isinstance(each, str) for each in kinds) or _words(hint):
                found.add(name)
    assert found - TEXTS - NAMES - DEVICES <= set(KEPT)
    assert found >= TEXTS | NAMES | DEVICES


def _words(hint: Any) -> bool:
    """Whether a hint is of a constrained text."""
    return any(arg is str or _words(arg) for arg in get_args(hint))


@pytest.mark.parametrize("field", ["turn", "clock", "cells", "result", "status"])
def test_another_game_is_seen_to_be_another(field: str) -> None:
    one, other = full_of_people(), full_of_people()
    other.wait(5_000)
    if field == "turn":
        other.turns(1)
    other.do(ScoreUpdate(player=1, category="secondary", value=6), HOST)
    other.do(Concede(player=1), HOST)
    changed: Game = replace(one.game, **{field: getattr(other.game, field)})
    assert played(changed) != played(one.game)


def test_a_device_that_is_nobodys_player_stays_when_one_person_goes() -> None:
    table = full_of_people()
    devices = {
        fact.device
        for entry in erased(table.match.entries, only=1)
        for fact in entry.facts
        if isinstance(fact, Joined)
    }
    assert "tablet" in devices
    assert "anna-phone" in devices
    assert "marek-phone" not in devices
