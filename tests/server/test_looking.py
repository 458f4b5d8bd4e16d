"""What is told of a game to who only asks."""

from __future__ import annotations

from typing import Any

from ..house import House, Match

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def test_who_has_not_joined_may_look_round() -> None:
    house = House()
    match = Match(house)
    person = house.person()
    pong = person.ask("heartbeat", {"t0": 12.5})
    assert (pong["type"], pong["data"]["t0"], pong["data"]["live"]) == ("heartbeat", 12.5, True)
    assert pong["data"]["now"] == house.now()
    assert person.ask("game_list")["data"]["games"][0]["game_id"] == match.id
    state = person.ask("game_state", {}, match.id)
    assert (state["game_id"], state["version"]) == (match.id, match.version)
    assert state["data"]["state"]["devices"] == []
    assert person.code("game_state", {}, "no-such-game") == "not_found"
    assert person.code("game_state", {}, "venue") == "not_found"
    match.anna.do("score_update", SCORE)
    assert person.of("score_update") == [], "it has not joined"
