"""A command on its way: to which room, how many at once, and what is said if it cannot go."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.limits import Limits

from ..house import House, Match

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("score_update", SCORE),
        ("timer_update", {"op": "start"}),
        ("turn_change", {}),
        ("game_end", {"op": "abandon"}),
        ("setup", {"op": "swap"}),
        ("undo", {}),
        ("device", {"op": "swap"}),
        ("table", {"op": "add", "name": "1"}),
        ("settings_update", {"key": "visibility", "value": "link"}),
        ("game_state", {"round": 2}),
        ("game_state", {}),
    ],
)
def test_who_has_not_joined_may_not(type_: str, data: Any) -> None:
    house = House()
    match = Match(house)
    person = house.person()
    assert person.code(type_, data) == "not_joined"
    if (type_, data) != ("game_state", {}):
        assert person.code(type_, data, match.id) == "not_joined"


def test_a_message_without_a_game_is_for_the_one_joined_last() -> None:
    house = House()
    one, two = Match(house), Match(house)
    person = one.anna
    person.connect(two.id, key=two.places["player:1"]["key"])
    assert person.do("score_update", SCORE)["game_id"] == two.id
    assert person.do("score_update", SCORE, one.id)["game_id"] == one.id
    person.connect("venue")
    assert person.do("score_update", SCORE)["game_id"] == two.id
    person.session.games[two.id].leave()
    assert person.do("score_update", SCORE)["game_id"] == one.id
    person.session.games[one.id].leave()
    assert person.code("score_update", SCORE) == "not_joined"


def test_a_finished_game_and_versions_of_nowhere() -> None:
    match = Match(House())
    match.host.do("game_end", {"op": "abandon"})
    version = match.version
    assert match.anna.code("turn_change") == "not_now"
    assert match.host.code("undo", {"version": 10_000}) == "not_found"
    assert match.host.code("game_state", {"player1_name": "X", "if_version": 1}) == "conflict"
    assert match.version == version


def test_a_match_has_twenty_a_second_from_all_its_people() -> None:
    house = House(limits=Limits(commands_per_second=1e6, commands_burst=10_000))
    match = Match(house)
    house.wait(60)
    match.host.take()
    for n in range(60):
        person = (match.host, match.anna, match.marek)[n % 3]
        assert person.code("judge_call", {"op": "cancel"}) == "ok"
    answer = match.host.ask("judge_call", {"op": "cancel"})
    assert answer["data"]["code"] == "rate_limited"
    assert answer["data"]["retry_after_ms"] <= 51
    assert answer["version"] == match.version
    other = Match(house)
    assert other.anna.code("judge_call", {"op": "cancel"}) == "ok"
    house.wait(1)
    told = [match.anna.code("judge_call", {"op": "cancel"}) for _ in range(21)]
    assert told == ["ok"] * 20 + ["rate_limited"]


def test_watchers_cannot_use_up_what_the_players_have() -> None:
    house = House()
    match = Match(house)
    house.wait(60)
    for _ in range(20):
        watcher = match.watcher()
        for _ in range(4):
            assert watcher.code("turn_change") == "not_yours"
    assert match.anna.code("turn_change") == "ok"


def test_too_much_waiting_for_the_disk_is_refused() -> None:
    house = House(limits=Limits(writes_queued=2))
    match, other = Match(house), Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    for person in (match.marek, match.host):
        person.say("judge_call", {"op": "cancel"})
    answer = other.anna.ask("score_update", SCORE, id_="wait-a-bit")
    assert answer["data"]["code"] == "overloaded"
    assert answer["data"]["retry_after_ms"] == 500
    assert answer["version"] == other.version
    house.store.release()
    assert other.anna.code("score_update", SCORE, id_="wait-a-bit") == "ok"
