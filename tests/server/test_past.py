"""``history`` as a session answers it: to whom, how much, and what of it."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.limits import Limits
from gamesync.store import Unavailable

from ..house import House, Match, Person

CELL: dict[str, Any] = {"player": 1, "category": "secondary", "round": 1}


def entries(person: Person, game_id: str | None = None, **question: Any) -> list[dict[str, Any]]:
    answer = person.do("history", question, game_id)
    assert answer["type"] == "history"
    assert "version" not in answer
    found: list[dict[str, Any]] = answer["data"]["entries"]
    return found


@pytest.fixture
def match() -> Match:
    found = Match(House())
    found.anna.do("score_update", {**CELL, "delta": 4})
    return found


def test_a_player_reads_what_was_done(match: Match) -> None:
    newest, *_ = told = entries(match.anna)
    assert [e["version"] for e in told] == list(range(match.version, 0, -1))
    assert newest["type"] == "score_update"
    assert newest["by"]["player"] == 1
    assert newest["facts"] == [{"fact": "cell_stepped", **CELL, "delta": 4}]
    assert (newest["struck"], newest["undoable"]) == (False, True)
    assert newest["at"] == match.house.now()
    assert newest["wall"] == match.house.wall()
    match.anna.do("undo")
    assert entries(match.marek, **CELL)[1]["struck"] is True


def test_a_question_needs_no_id_and_raises_no_version(match: Match) -> None:
    before = match.version
    match.anna.take()
    match.anna.say("history", id_="-")
    (answer,) = match.anna.take()
    assert (answer["type"], answer["game_id"]) == ("history", match.id)
    assert "id" not in answer
    assert match.version == before


def test_pages_are_as_long_as_one_asks(match: Match) -> None:
    first = match.anna.do("history", {"limit": 2})["data"]
    assert len(first["entries"]) == 2
    assert first["next"] == first["entries"][-1]["version"]
    rest = match.anna.do("history", {"before": first["next"], "limit": 100})["data"]
    assert rest["next"] is None
    assert len(rest["entries"]) == match.version - 2
    assert match.anna.code("history", {"limit": 101}) == "out_of_range"
    assert match.anna.code("history", {"before": 0}) == "out_of_range"
    assert match.anna.do("history", {"before": 1})["data"] == {"entries": [], "next": None}


def test_no_page_is_longer_than_a_message_may_be() -> None:
    house = House(limits=Limits(outbound_message_bytes=8 * 1024))
    match = Match(house)
    for number in range(60):
        house.wait(1)
        match.host.do("settings_update", {"key": "note", "value": f"{number}" + "x" * 190})
    seen: list[int] = []
    before: int | None = match.version + 1
    pages = 0
    while before is not None:
        house.wait(1)
        data = match.host.do("history", {"before": before, "limit": 100})["data"]
        whole = len(match.host.line.frames[-1])
        # The one entry that is longer than all that stands alone: it has the whole ruleset.
        assert whole <= 8 * 1024 or len(data["entries"]) == 1
        seen += [entry["version"] for entry in data["entries"]]
        before, pages = data["next"], pages + 1
    assert seen == list(range(match.version, 0, -1))
    assert pages >= 3


def test_who_may_read(match: Match) -> None:
    house = match.house
    stranger = house.person()
    assert stranger.code("history") == "not_joined"
    assert entries(stranger, match.id)[0]["facts"]
    assert stranger.code("history", {}, "no-such-game") == "not_found"
    assert stranger.code("history", {}, "venue") == "not_found"
    watcher = match.watcher()
    house.wait(5)
    match.host.do("settings_update", {"key": "visibility", "value": "link"})
    assert stranger.code("history", {}, match.id) == "not_found"
    assert entries(watcher)[0]["type"] == "settings_update"


def test_the_public_reads_what_it_was_told(match: Match) -> None:
    watcher = match.watcher()
    # Who took a seat is told to the match alone.
    assert {e["type"]: e["facts"] for e in entries(watcher)}["device"] == []
    assert {e["type"]: e["facts"] for e in entries(match.anna)}["device"] != []
    match.marek.do("dispute", {"op": "open", "text": "No."})
    match.host.do("score_update", {**CELL, "value": 2})
    match.house.wait(2)
    told = watcher.of("score_update")[-1]
    read = entries(watcher)[0]
    assert (told["data"]["facts"], told["version"]) == (read["facts"], read["version"])
    assert read["facts"] == []
    assert entries(match.anna)[0]["facts"] != []


def test_the_venues_log_is_for_officials() -> None:
    house = House()
    desk = house.person()
    desk.connect("venue", key=house.official())
    desk.do("table", {"op": "add", "name": "Table 1"}, "venue")
    newest, *_, oldest = entries(desk, "venue")
    assert (newest["type"], newest["by"]["name"]) == ("table", "Olga")
    assert [fact["fact"] for fact in newest["facts"]] == ["table_added"]
    assert (newest["struck"], newest["undoable"]) == (False, False)
    assert oldest["version"] == 1
    assert [e["version"] for e in entries(desk, "venue", before=2)] == [1]
    assert desk.code("history", {"round": 2}, "venue") == "bad_value"
    visitor = house.person()
    visitor.connect("venue")
    assert visitor.code("history", {}, "venue") == "not_yours"


def test_a_game_that_is_not_open_is_read_for_it(match: Match) -> None:
    house, stranger = match.house, match.house.person()
    house.registry._put_away(match.room)
    house.store.read_fails = [Unavailable("gone")]
    assert stranger.code("history", {}, match.id) == "storage"
    assert stranger.code("history", {}, match.id) == "ok"
