"""Games made over a connection: the seed's way, by a bare state."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gamesync.domain.commands import CorrectState
from gamesync.domain.events import GameFact, SetupSkipped, TurnSet
from gamesync.domain.values import Refused
from gamesync.server.creating import from_state

from ..house import House

BEGUN = SetupSkipped(first_player=1)


def test_the_seed_s_client_makes_a_game() -> None:
    house = House()
    person = house.person()
    person.send(json.dumps({"type": "heartbeat", "timestamp": "2026-11-22T18:07:00.123456"}))
    state = {"player1_name": "Anna", "player2_name": "Marek", "current_turn": 3}
    message = {
        "type": "game_state",
        "data": {**state, "game_status": "playing"},
        "timestamp": "2026-11-22T18:07:00.123456",
        "game_id": None,
    }
    person.send(json.dumps(message))
    greeting, pong, shown, ack = person.take()
    assert [greeting["type"], pong["type"], shown["type"], ack["type"]] == [
        "connect",
        "heartbeat",
        "game_state",
        "ack",
    ]
    seen = shown["data"]["state"]
    assert [p["name"] for p in seen["players"]] == ["Anna", "Marek"]
    assert (seen["status"], seen["turn"]["round"], seen["turn"]["active_player"]) == (
        "playing",
        2,
        1,
    )
    assert len(ack["data"]["detail"]["token"]) == 43
    # And goes on as its host, without a game_id.
    person.say("game_state", {"current_turn": 4}, id_="-")
    assert person.of("error") == []
    assert house.room(shown["game_id"]).game.turn.active_player == 2


@pytest.mark.parametrize(
    ("state", "extra"),
    [
        ({"game_status": "waiting"}, ()),
        ({"game_status": "setup"}, ()),
        ({}, (BEGUN,)),
        ({"game_status": "ended"}, (BEGUN,)),
        ({"game_status": "playing"}, (BEGUN, TurnSet(round=1, active_player=1))),
        ({"current_turn": 4}, (BEGUN, TurnSet(round=2, active_player=2))),
        ({"current_turn": 5}, (BEGUN, TurnSet(round=3, active_player=1))),
        ({"current_turn": 5, "round": 4}, (BEGUN, TurnSet(round=4, active_player=1))),
        ({"current_turn": 5, "active_player": 2}, (BEGUN, TurnSet(round=3, active_player=2))),
        (
            {"current_turn": 1, "game_status": "setup"},
            (BEGUN, TurnSet(round=1, active_player=1)),
        ),
    ],
)
def test_what_a_state_says_has_happened(state: Any, extra: tuple[GameFact, ...]) -> None:
    wanted, told = from_state(CorrectState(player1_name="Anna", player2_name="Marek", **state))
    assert (wanted.player1_name, wanted.player2_name) == ("Anna", "Marek")
    assert told == extra


@pytest.mark.parametrize(
    "state", [CorrectState(player1_name="Anna"), CorrectState(player2_name="Marek", current_turn=3)]
)
def test_a_state_that_does_not_name_both_players_makes_no_game(state: CorrectState) -> None:
    with pytest.raises(Refused) as caught:
        from_state(state)
    assert (caught.value.code, caught.value.field) == ("not_joined", "player1_name")


@pytest.mark.parametrize(
    ("more", "status", "round_", "active"),
    [
        ({}, "ready", 0, 0),
        ({"game_status": "waiting"}, "waiting", 0, 0),
        ({"game_status": "playing"}, "playing", 1, 1),
        ({"current_turn": 2}, "playing", 1, 2),
        ({"current_turn": 1, "active_player": 2}, "playing", 1, 2),
    ],
)
def test_the_seed_s_states(more: Any, status: str, round_: int, active: int) -> None:
    person = House().person()
    named = {"player1_name": "Anna", "player2_name": "Marek"}
    person.say("game_state", {**named, **more})
    state = next(m for m in person.take() if m["type"] == "game_state")["data"]["state"]
    assert state["status"] == status
    assert (state["turn"]["round"], state["turn"]["active_player"]) == (round_, active)


def test_a_seed_s_state_that_is_no_game() -> None:
    house = House()
    person = house.person()
    named = {"player1_name": "Anna", "player2_name": "Marek"}
    assert person.code("game_state", {"player1_name": "Anna"}) == "not_joined"
    assert person.code("game_state", {**named, "current_turn": 99}) == "out_of_range"
    assert house.registry.rooms == {}
