"""A small tournament over the wire: organiser, judge, tables, phones, the round clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .server import ServerProcess
from .talker import Talker

LINK = re.compile(r"#k=(?P<key>[\w-]+)")


def organiser_key(server: ServerProcess) -> str:
    found = LINK.search(server.log)
    assert found, server.log
    return found["key"]


@pytest.fixture
def desk(server: ServerProcess) -> Iterator[Talker]:
    """The organiser at his desk."""
    with Talker(server.url) as talker:
        joined = talker.connect(game_id="venue", key=organiser_key(server), name="Olga")
        assert joined["data"]["rights"] == ["organiser"]
        yield talker


def venue(talker: Talker) -> dict[str, Any]:
    """What *talker* sees of the venue now."""
    found: dict[str, Any] = talker.do("game_state", game_id="venue")["data"]["state"]
    return found


def made(talker: Talker, type_: str, **data: Any) -> dict[str, Any]:
    """The detail of the ack to a command to the venue."""
    answer = talker.do(type_, data)
    detail: dict[str, Any] = answer["data"].get("detail", {})
    return detail


def test_the_organisers_link_is_shown_until_it_is_used(server: ServerProcess) -> None:
    key = organiser_key(server)
    server.restart()
    assert server.log.count(key) == 2
    with Talker(server.url) as talker:
        talker.connect(game_id="venue", key=key)
    server.restart()
    assert server.log.count(key) == 2


def test_a_round_of_an_event(server: ServerProcess, desk: Talker) -> None:
    table = made(desk, "table", op="add", name="Table 1")["table"]
    event = made(desk, "event", op="add", name="Winter Open")["event"]
    anna = made(desk, "event", op="add_participant", event=event, name="Anna")["participant"]
    marek = made(desk, "event", op="add_participant", event=event, name="Marek")["participant"]
    made(
        desk,
        "event",
        op="pair_round",
        event=event,
        round=1,
        pairings=[{"p1": anna, "p2": marek, "table": table}],
    )
    game = desk.create(player1_name="Anna", player2_name="Marek", profile="event", table="Table 1")
    game_id = game["game_id"]
    made(desk, "assign", op="game", table=table, game=game_id, event=event)
    with Talker(server.url) as phone, Talker(server.url) as tv:
        phone.connect(game_id="venue")
        made(phone, "event", op="join", event=event, participant=anna)
        joined = phone.connect(game_id=game_id)
        assert joined["data"]["rights"] == ["player:1"], "the seat follows from the pairing"
        tv.connect(game_id=game_id)
        desk.do("setup", {"op": "skip", "first_player": 1}, game_id=game_id)
        desk.do("timer_update", {"op": "start"}, game_id=game_id)
        made(desk, "event", op="start_round", event=event, round=1, length_ms=3_600_000)

        made(desk, "round_clock", op="pause")
        paused = tv.hear_until(
            lambda m: (
                "clock" in m["data"].get("state", {})
                and m["data"]["state"]["clock"]["paused"] == ["round"]
            )
        )
        assert paused["data"]["by"]["role"] == "server"
        refused = phone.ask("timer_update", {"op": "resume"})
        assert refused["data"]["code"] == "not_yours", "the round is the organiser's to start"
        made(desk, "round_clock", op="resume")
        tv.hear_until(
            lambda m: (
                "clock" in m["data"].get("state", {}) and m["data"]["state"]["clock"]["running"]
            )
        )

        made(desk, "announce", op="add", text="Lunch in ten minutes", to="all")
        heard = phone.hear_until(lambda m: m["type"] == "announce")
        assert heard["data"]["state"]["announcements"][0]["text"] == "Lunch in ten minutes"


def test_a_judge_has_a_key_of_his_own_until_it_is_taken(
    server: ServerProcess, desk: Talker
) -> None:
    official = made(desk, "official", op="new", name="Tom", role="judge")
    key = official.get("key")
    assert key, "the organiser is told the key, to hand it out"
    game_id = desk.create(player1_name="Anna", player2_name="Marek")["game_id"]
    desk.do("setup", {"op": "skip", "first_player": 1}, game_id=game_id)
    desk.do("timer_update", {"op": "start"}, game_id=game_id)
    with Talker(server.url) as judge:
        joined = judge.connect(game_id=game_id, key=key, name="Tom's phone")
        assert joined["data"]["rights"] == ["judge"]
        desk.do("judge_call", {"op": "call", "note": "line of sight"}, game_id=game_id)
        taken = judge.do("judge_call", {"op": "take"})
        assert taken["type"] == "ack"
        adjust = {"op": "adjust", "player": 1, "delta_ms": 60_000, "reason": "late start"}
        judge.do("timer_update", adjust)
        no = judge.ask("settings_update", {"key": "note", "value": "x"})
        assert no["data"]["code"] == "not_yours"
        made(desk, "official", op="revoke", official=official["official"])
        bye = judge.hear_until(lambda m: m["type"] == "disconnect")
        assert bye["data"]["come_back"] is False


STRANGE: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("table", {"op": "add", "name": "Mine"}, "not_yours"),
    ("official", {"op": "new", "name": "Me", "role": "organiser"}, "not_yours"),
    ("round_clock", {"op": "start", "length_ms": 60_000}, "not_yours"),
    ("announce", {"op": "add", "text": "Free beer"}, "not_yours"),
    ("hide_game", {"game": "any"}, "not_yours"),
    ("settings_update", {"key": "hosting", "value": "open"}, "not_yours"),
    ("connect", {"key": "x" * 43}, "bad_credentials"),
)


def test_what_a_stranger_may_not_do_to_the_venue(server: ServerProcess) -> None:
    with Talker(server.url) as watcher:
        watcher.connect(game_id="venue")
        before = venue(watcher)
        for type_, data, code in STRANGE:
            with Talker(server.url) as stranger:
                stranger.connect(game_id="venue")
                answer = stranger.ask(type_, data, game_id="venue")
                assert answer["data"]["code"] == code, type_
        assert venue(watcher) == before
