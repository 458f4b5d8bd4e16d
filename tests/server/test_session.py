"""One connection without its socket: its greeting, its deadline, the games it joins, its end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gamesync.asking import Asked
from gamesync.domain.commands import Join
from gamesync.domain.events import SERVER
from gamesync.limits import Limits
from gamesync.server.session import Session

from ..house import FakeLine, House, Match

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def test_the_greeting() -> None:
    house = House()
    house.wait(7)
    assert house.boot is not None
    (greeting,) = house.person().take()
    data = greeting["data"]
    assert greeting["type"] == "connect"
    assert greeting["timestamp"] == "2026-11-22T18:00:00.000Z"
    assert len(data.pop("client_id")) == 16
    assert data == {
        "now": house.now(),
        "epoch": house.boot.epoch,
        "protocol": 1,
        "server": "gamesync",
        "heartbeat_ms": 5_000,
        "ping_interval_ms": 30_000,
        "ping_timeout_ms": 10_000,
        "max_message_bytes": 16_384,
        "commands_per_second": 10,
    }


def test_who_says_nothing_within_five_seconds_is_sent_away() -> None:
    house = House()
    person = house.person()
    house.wait(4.9)
    assert not person.line.gone
    house.wait(0.2)
    assert person.line.gone is not None
    assert person.line.gone[0] == 4401
    goodbye = person.take()[-1]
    assert goodbye["type"] == "disconnect"
    assert goodbye["data"]["come_back"] is True


@pytest.mark.parametrize(
    "message",
    [
        {"type": "heartbeat"},
        {"type": "heartbeat", "timestamp": "2026-11-22T18:07:00.123"},
        {"type": "game_list"},
        {"type": "score_update", "data": {"player": 1, "delta": 1}},
    ],
)
def test_any_valid_message_ends_the_deadline(message: Any) -> None:
    house = House()
    person = house.person()
    person.send(json.dumps(message))
    house.wait(60)
    assert person.line.gone is None


def test_what_is_no_message_does_not_end_the_deadline() -> None:
    house = House()
    person = house.person()
    person.send("{}")
    house.wait(5.1)
    assert person.line.gone is not None


def test_no_deadline_is_left_when_it_closes() -> None:
    house = House()
    house.person().hang_up()
    assert house.reactor.getDelayedCalls() == []
    assert house.hub.sessions == set()
    assert house.hub.by_device == {}


def test_a_session_is_named_by_chance() -> None:
    house = House()
    one, two = Session(house.hub, FakeLine()), Session(house.hub, FakeLine())
    assert one.client_id != two.client_id
    assert one.token != two.token
    one.jammed()
    one.heard()
    assert one.heard_ms == house.now()


@pytest.mark.parametrize("what", ["connect", "create", "list"])
def test_who_hangs_up_while_joining_is_not_there_afterwards(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    match = Match(house, begun=False)
    phone = house.person()
    house.store.hold()
    if what == "connect":
        phone.say("connect", {"key": match.places["host"]["key"]}, match.id)
    elif what == "create":
        phone.say("game_create", {})
    else:
        match_list = house.registry.games

        async def slow(*args: Any) -> Any:
            await house.registry.submit(match.room, _expire(house))
            return await match_list(*args)

        monkeypatch.setattr(house.registry, "games", slow)
        phone.say("game_list", {"subscribe": True})
    phone.hang_up()
    house.store.release()
    everybody = {w.device for room in house.registry.rooms.values() for w in room.watchers}
    assert phone.device not in everybody
    assert house.registry.lobby.guests == set()
    assert phone.session.games == {}


def _expire(house: House) -> Any:
    join = Join(device="somebody", role="host")
    return Asked(command=join, device="", now=house.now(), type="connect", by=SERVER)


def test_goodbye() -> None:
    house = House()
    match = Match(house)
    match.anna.say("disconnect", {"reason": "going home"})
    assert match.anna.line.gone == (1000, "goodbye")
    match.anna.hang_up()
    assert match.anna.session.games == {}


def test_who_leaves_a_game_is_told_no_more_of_it_and_keeps_his_place() -> None:
    house = House()
    match = Match(house)
    other = Match(house)
    match.anna.connect(other.id)
    match.anna.take()
    answer = match.anna.do("leave", None, match.id)
    assert (answer["type"], answer["game_id"], answer["data"]) == ("ack", match.id, {})
    match.host.do("score_update", SCORE)
    assert match.anna.of("score_update") == []
    assert match.anna.code("score_update", SCORE, match.id) == "not_joined"
    other.host.do("score_update", SCORE)
    assert [m["game_id"] for m in match.anna.of("score_update")] == [other.id]
    assert match.anna.connect(match.id)["data"]["rights"] == ["player:1"]


def test_leaving_by_no_name_is_the_game_joined_last_and_leaving_twice_is_no_fault() -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    assert watcher.do("leave")["game_id"] == match.id
    assert watcher.do("leave")["data"] == {"already": True}
    assert watcher.do("leave", None, match.id)["data"] == {"already": True}
    assert match.room.watchers.isdisjoint(watcher.session.games.values())
    assert len(match.room.watchers) == 3


def test_a_rotation_that_leaves_what_it_has_shown_may_watch_as_many_as_it_likes() -> None:
    house = House(limits=Limits(match_observers=1, observer_commands_burst=1_000))
    match = Match(house)
    for _ in range(5):
        watcher = match.watcher()
        watcher.do("leave", None, match.id)
