"""Addresses for production tools: a display, the tables."""

from __future__ import annotations

from typing import Any

import pytest

from ..house import House, Match, Person
from .port import Port

SCORE = {"player": 1, "category": "secondary", "delta": 3}
TABLES = "/api/v1/tables"


class Hall:
    """Tables 1 and 2, one display, a match at table 1; its organiser is at the desk."""

    def __init__(self) -> None:
        self.house = House()
        self.port = Port(self.house)
        self.boss: Person = self.house.person()
        self.boss.connect("venue", key=self.house.official())
        self.one, self.two = (self._made("table", op="add", name=n)["table"] for n in "12")
        self.display = self._made("display", op="register", name="Wall")["display"]
        self.match = Match(self.house, begun=False)
        self.boss.do("assign", {"op": "game", "table": self.one, "game": self.match.id}, "venue")
        self.match.begin()

    def _made(self, type_: str, **data: Any) -> Any:
        return self.boss.do(type_, data, "venue")["data"]["detail"]

    def show(self, **what: Any) -> Any:
        self.boss.do("display", {"op": "show", "display": self.display, **what}, "venue")
        return self.read()

    @property
    def url(self) -> str:
        return f"/api/v1/displays/{self.display}"

    def read(self) -> Any:
        said = self.port.ask(self.url)
        assert said.code == 200
        return said.json


def test_the_tables_and_their_games() -> None:
    hall = Hall()
    hall.match.anna.do("score_update", SCORE)
    said = hall.port.ask(TABLES)
    assert said.headers["access-control-allow-origin"] == "*"
    one, two = said.json["tables"]
    assert (one["id"], one["name"]) == (hall.one, "1")
    assert two == {"id": hall.two, "name": "2", "game": None}
    assert (one["game"]["game_id"], one["game"]["score1"]) == (hall.match.id, 3)
    assert said.json["now"] == hall.house.now()
    listed = hall.port.ask("/api/v1/games").json["games"]
    assert listed == [one["game"]]


@pytest.mark.parametrize("kind", ["hidden", "link"])
def test_what_is_not_for_everybody_is_not_there(kind: str) -> None:
    hall = Hall()
    assert hall.show(kind="game", game=hall.match.id)["game"]["game_id"] == hall.match.id
    if kind == "hidden":
        hall.boss.do("hide_game", {"game": hall.match.id}, "venue")
    else:
        hall.match.host.do("settings_update", {"key": "visibility", "value": "link"})
    assert [table["game"] for table in hall.port.ask(TABLES).json["tables"]] == [None, None]
    assert hall.read()["game"] is None
    shown = hall.show(kind="table", table=hall.one)
    assert (shown["game"], shown["tables"][0]["game"]) == (None, None)
    if kind == "hidden":
        assert hall.match.id not in str(shown)


def test_a_display_shows_the_board() -> None:
    hall = Hall()
    body = hall.read()
    assert (body["id"], body["name"], body["now"]) == (hall.display, "Wall", hall.house.now())
    assert (body["shows"], body["game"], body["round_clock"]) == ({}, None, None)
    assert [table["name"] for table in body["tables"]] == ["1", "2"]
    hall.boss.do("round_clock", {"op": "start", "length_ms": 60_000}, "venue")
    assert hall.read()["round_clock"]["left_ms"] == 60_000


def test_a_display_shows_a_table_with_whatever_game_is_on_it() -> None:
    hall = Hall()
    body = hall.show(kind="table", table=hall.one)
    assert body["game"] == hall.port.ask(f"/api/v1/games/{hall.match.id}").json
    assert [table["id"] for table in body["tables"]] == [hall.one]
    empty = hall.show(kind="table", table=hall.two)
    assert (empty["game"], [table["id"] for table in empty["tables"]]) == (None, [hall.two])


def test_a_display_shows_several_in_turn() -> None:
    hall = Hall()
    body = hall.show(kind="rotation", tables=[hall.two, hall.one], every_ms=5_000)
    assert body["shows"]["every_ms"] == 5_000
    assert [table["id"] for table in body["tables"]] == [hall.two, hall.one]
    assert body["game"] is None
    assert hall.show(kind="round_clock")["tables"] == []


def test_what_a_display_shows_has_a_tag() -> None:
    hall = Hall()
    hall.show(kind="game", game=hall.match.id)
    tags = [hall.port.tag(hall.url)]
    hall.house.wait(2)  # only the clock has moved, and the state says how
    assert hall.port.tag(hall.url) == tags[0]
    hall.match.anna.do("score_update", SCORE)
    tags.append(hall.port.tag(hall.url))
    hall.boss.do("display", {"op": "rename", "display": hall.display, "name": "TV"}, "venue")
    tags.append(hall.port.tag(hall.url))
    hall.show(kind="board")
    tags.append(hall.port.tag(hall.url))
    hall.match.anna.do("score_update", SCORE)
    tags.append(hall.port.tag(hall.url))
    assert len(set(tags)) == 5
    before = hall.port.tag(TABLES)
    hall.match.anna.do("score_update", SCORE)
    assert hall.port.tag(TABLES) != before


def test_a_frozen_sheet_is_frozen_here_too() -> None:
    hall = Hall()
    hall.show(kind="game", game=hall.match.id)
    hall.match.anna.do("score_update", SCORE)
    judge = hall.house.person()
    judge.connect(hall.match.id, key=hall.house.official("judge", "Tom"))
    judge.do("settings_update", {"key": "frozen", "value": True}, hall.match.id)
    hall.match.anna.do("score_update", SCORE)

    def seen() -> list[int]:
        whole, lines = hall.read()["game"]["state"], hall.port.ask(TABLES).json["tables"]
        return [whole["scores"]["players"][0]["score"], lines[0]["game"]["score1"]]

    assert seen() == [3, 3]
    judge.do("settings_update", {"key": "frozen", "value": False}, hall.match.id)
    assert seen() == [6, 6]


def test_displays_that_are_not_there() -> None:
    hall = Hall()
    for path in ("", "/", "/d99", "/%ff", f"/{hall.display}/more"):
        said = hall.port.ask(f"/api/v1/displays{path}")
        assert (said.code, said.json) == (404, {"error": "not_found"}), path
