"""Reports and exports: what is in them, for whom, and what of it a browser may do."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from gamesync.server.spreadsheet import FORMULA_SIGNS
from gamesync.store import Unavailable

from ..house import House, Match, Person
from .kit import failures
from .test_site import Answer, get

FORMS = ("report", "export.json", "export.csv")


@pytest.fixture
def match() -> Match:
    """Two turns of a game, a correction, and an undo."""
    match = Match(House(), table="Table 4")
    house = match.house
    cell = {"player": 1, "category": "secondary"}
    match.anna.do("score_update", {**cell, "value": 5})
    house.wait(60)
    match.anna.do("turn_change")
    match.marek.do("score_update", {"player": 2, "category": "secondary", "value": 3})
    house.wait(30)
    match.marek.do("undo")
    match.marek.do("turn_change")
    match.host.do("score_update", {"player": 1, "category": "battle-ready", "value": 10})
    return match


def ask(match: Match, form: str, person: Person | None = None, **headers: str) -> Answer:
    if person is not None:
        headers["authorization"] = f"Bearer {person.token}"
    return get(match.house, f"/api/v1/games/{match.id}/{form}", **headers)


def table(answer: Answer) -> list[dict[str, str]]:
    text = answer.body.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


# -- what is in them


def test_the_report(match: Match) -> None:
    answer = ask(match, "report")
    assert answer.code == 200
    assert answer.header("content-type") == "application/json; charset=utf-8"
    assert answer.header("content-disposition") is None
    told, report = answer.json, answer.json["report"]
    assert told["game_id"] == match.id
    assert told["version"] == report["version"] == match.version
    assert (report["ruleset"], report["table"], report["status"]) == (
        "wh40k-10e",
        "Table 4",
        "playing",
    )
    assert [t["p1_ms"] + t["p2_ms"] for t in report["turns"]] == [60_000, 30_000, 0]
    assert [r["total"] for r in report["scores_by_round"][0]] == [10, 15, 15]
    assert report["undos"] == 1
    assert report["began_wall"] == match.house.wall()
    assert told["state"]["scores"]["players"][0]["score"] == 15


def test_the_whole_game(match: Match) -> None:
    answer = ask(match, "export.json", match.host)
    assert (
        answer.header("content-disposition") == f'attachment; filename="gamesync-{match.id}.json"'
    )
    told = answer.json
    assert told["report"] == ask(match, "report", match.host).json["report"]
    assert told["state"]["devices"] != []
    assert [entry["version"] for entry in told["log"]] == list(range(1, match.version + 1))
    assert told["log"][0]["facts"][0]["fact"] == "created"
    assert sum(entry["struck"] for entry in told["log"]) == 1


def test_no_secret_is_in_an_export(match: Match) -> None:
    body = ask(match, "export.json", match.host).body.decode()
    for place in match.places.values():
        assert place["key"] not in body
        assert all(code not in body for code in place["codes"])
    assert all(str(person.token) not in body for person in (match.host, match.anna))


def test_the_sheet(match: Match) -> None:
    answer = ask(match, "export.csv")
    assert answer.header("content-type") == "text/csv; charset=utf-8; header=present"
    assert answer.header("content-disposition") == f'attachment; filename="gamesync-{match.id}.csv"'
    assert answer.body.startswith(b"\xef\xbb\xbfrow,player,name,faction,category,round,points\r\n")
    anna = [row for row in table(answer) if row["player"] == "1"]
    assert [(r["row"], r["category"], r["round"], r["points"]) for r in anna] == [
        ("cell", "secondary", "1", "5"),
        ("cell", "battle-ready", "0", "10"),
        ("category", "primary", "", "0"),
        ("category", "secondary", "", "5"),
        ("category", "battle-ready", "", "10"),
        ("cp", "", "", str(match.room.game.player(1).cp)),
        ("score", "", "", "15"),
    ]
    assert {row["name"] for row in anna} == {"Anna"}


def test_names_are_no_formulas(match: Match) -> None:
    match.anna.do("setup", {"op": "profile", "name": '=HYPERLINK("http://x")', "faction": "@Orks"})
    row = table(ask(match, "export.csv"))[0]
    assert (row["name"], row["faction"]) == ('\'=HYPERLINK("http://x")', "'@Orks")
    for row in table(ask(match, "export.csv")):
        assert not row["name"].startswith(tuple(FORMULA_SIGNS))


# -- for whom


@pytest.mark.parametrize("form", FORMS)
def test_who_shows_no_token_sees_what_everybody_may(match: Match, form: str) -> None:
    answer = ask(match, form)
    assert answer.code == 200
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("cache-control") == "no-cache"
    assert answer.header("vary") == "authorization"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-length") == str(len(answer.body))
    same = ask(match, form, if_none_match=str(answer.header("etag")))
    assert (same.code, same.body, same.finished) == (304, b"", True)
    match.host.do("settings_update", {"key": "visibility", "value": "link"})
    hidden = ask(match, form, if_none_match=str(answer.header("etag")))
    assert (hidden.code, hidden.json) == (404, {"error": "not_found"})


@pytest.mark.parametrize("form", FORMS)
def test_with_a_token_one_sees_what_the_device_sees(match: Match, form: str) -> None:
    match.host.do("settings_update", {"key": "visibility", "value": "link"})
    judge = match.house.person()
    judge.connect("venue", key=match.house.official("judge"))
    for person in (match.host, match.anna, match.marek, judge):
        answer = ask(match, form, person)
        assert answer.code == 200
        assert answer.header("access-control-allow-origin") is None
        assert answer.header("cache-control") == "private, no-store"
        assert answer.header("vary") == "authorization"
        assert answer.header("etag") is None


def test_a_frozen_sheet_is_frozen_here_too(match: Match) -> None:
    match.marek.do("dispute", {"op": "open", "text": "No."})
    match.host.do("score_update", {"player": 1, "category": "secondary", "round": 1, "value": 2})
    for person, points in ((None, "5"), (match.anna, "2")):
        cell = table(ask(match, "export.csv", person))[0]
        assert (cell["row"], cell["category"], cell["points"]) == ("cell", "secondary", points)
    public, true = ask(match, "export.json").json, ask(match, "export.json", match.anna).json
    assert public["report"]["scores"][0]["score"] == 15
    assert true["report"]["scores"][0]["score"] == 12
    assert public["log"][-1]["facts"] == []
    assert true["log"][-1]["facts"] != []
    assert public["state"]["devices"] == []


@pytest.mark.parametrize(
    "header",
    [
        "Bearer " + "x" * 43,
        "Bearer short",
        "Bearer " + "ł" * 43,
        "Bearer",
        "Basic b2xnYTo=",
        "",
    ],
)
def test_a_wrong_token_is_told_nothing(match: Match, header: str) -> None:
    for game_id in (match.id, "no-such-game"):
        answer = get(match.house, f"/api/v1/games/{game_id}/report", authorization=header)
        assert (answer.code, answer.json) == (401, {"error": "bad_credentials"})
        assert answer.header("www-authenticate") == "Bearer"
        assert answer.header("access-control-allow-origin") is None


def test_a_stranger_s_token_and_a_revoked_one(match: Match) -> None:
    stranger = match.watcher()
    assert ask(match, "report", stranger).code == 401
    assert ask(match, "report", match.anna).code == 200
    match.host.do("device", {"op": "revoke", "device": match.anna.device})
    assert ask(match, "report", match.anna).code == 401


def test_a_token_in_the_address_is_not_looked_at(match: Match) -> None:
    match.host.do("settings_update", {"key": "visibility", "value": "link"})
    path = f"/api/v1/games/{match.id}/report?token={match.anna.token}"
    assert get(match.house, path).code == 404


def test_wrong_tokens_are_wrong_guesses(match: Match) -> None:
    for _ in range(10):
        assert ask(match, "report", authorization="Bearer " + "x" * 43).code == 401
    for person in (None, match.anna):
        answer = ask(match, "report", person, **({} if person else {"authorization": "Bearer x"}))
        assert (answer.code, answer.json) == (429, {"error": "rate_limited"})
        assert 0 < int(str(answer.header("retry-after"))) <= 60
    assert ask(match, "report").code == 200, "what is for everybody needs no guess"
    match.house.wait(61)
    assert ask(match, "report", match.anna).code == 200


def test_a_token_that_is_too_old_is_told_so_and_is_no_guess(match: Match) -> None:
    match.anna.hang_up()
    match.house.hub.retire()
    match.house.wait(13 * 3_600)
    for _ in range(12):
        answer = ask(match, "report", match.anna)
        assert (answer.code, answer.json) == (401, {"error": "token_expired"})
    assert ask(match, "report").code == 200


def test_what_is_not_there(match: Match) -> None:
    house = match.house
    desk = house.person()
    desk.connect("venue", key=house.official())
    for path in (
        f"/api/v1/games/{match.id}/report/more",
        f"/api/v1/games/{match.id}/export.xml",
        f"/api/v1/games/{match.id}/",
        "/api/v1/games/no-such-game/report",
        "/api/v1/games/venue/report",
        "/api/v1/events",
        "/api/v1/events/e1",
        "/api/v1/events/e1/report",
    ):
        assert get(house, path).code == 404, path
    for path in (
        "/api/v1/games/no-such-game/report",
        "/api/v1/games/venue/export.json",
        "/api/v1/events/e99/export.json",
        "/api/v1/events/%ff/export.csv",
    ):
        answer = get(house, path, authorization=f"Bearer {desk.token}")
        assert (answer.code, answer.json) == (404, {"error": "not_found"}), path
    assert get(house, f"/api/v1/games/{match.id}/report", "POST").code == 405


def test_a_head_has_no_body(match: Match) -> None:
    answer = get(match.house, f"/api/v1/games/{match.id}/export.csv", "HEAD")
    assert (answer.code, answer.body) == (200, b"")
    assert int(str(answer.header("content-length"))) > 100


def test_no_room_is_opened_for_it(match: Match) -> None:
    house = match.house
    house.registry._put_away(match.room)
    assert ask(match, "export.json", match.anna).code == 200
    assert match.id not in house.registry.rooms


def test_when_the_store_is_away(match: Match) -> None:
    match.house.store.read_fails = [Unavailable("gone")]
    answer = ask(match, "report")
    assert (answer.code, answer.json) == (503, {"error": "storage"})


def test_a_bug_is_a_plain_500(match: Match) -> None:
    match.house.store.read_fails = [RuntimeError("the secret of the house")]
    with failures() as found:
        answer = ask(match, "report", match.anna)
    assert len(found) == 1
    assert (answer.code, answer.json["error"]) == (500, "internal")


def test_who_comes_while_too_many_long_games_are_read(
    match: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gamesync.server.exports.AT_ONCE", match.version)
    monkeypatch.setattr("gamesync.server.aside.WAITING_MAX", 0)
    assert ask(match, "report").code == 200, "a short one waits for nobody"
    monkeypatch.setattr("gamesync.server.exports.AT_ONCE", match.version - 1)
    answer = ask(match, "report")
    assert (answer.code, answer.json) == (503, {"error": "overloaded"})
    assert answer.header("retry-after") == "5"


# -- events


class Cup:
    """An event of one round: a game that is over, and a bye."""

    def __init__(self) -> None:
        self.house = house = House()
        self.desk = house.person()
        self.desk.connect("venue", key=house.official())
        self.match = Match(house)
        table = self.made("table", op="add", name="Table 1")["table"]
        self.event: str = self.made("event", op="add", name="=Cup")["event"]
        people = [
            self.made("event", op="add_participant", event=self.event, name=name)["participant"]
            for name in ("Anna", "Marek", "Li")
        ]
        pairings = [
            {"table": table, "p1": people[0], "p2": people[1], "game": self.match.id},
            {"p1": people[2]},
        ]
        self.made("event", op="pair_round", event=self.event, round=1, pairings=pairings)
        self.match.anna.do("score_update", {"player": 1, "category": "secondary", "value": 6})
        house.wait(90)
        self.match.host.do("game_end", {"op": "rule", "how": "time_called"})

    def made(self, type_: str, **data: Any) -> dict[str, Any]:
        self.house.wait(1)
        detail: dict[str, Any] = self.desk.do(type_, data, "venue")["data"].get("detail", {})
        return detail

    def export(self, suffix: str, person: Person | None) -> Answer:
        headers = {} if person is None else {"authorization": f"Bearer {person.token}"}
        return get(self.house, f"/api/v1/events/{self.event}/export.{suffix}", **headers)


@pytest.fixture
def cup() -> Cup:
    return Cup()


def test_an_event_is_for_officials(cup: Cup) -> None:
    for suffix in ("json", "csv"):
        assert cup.export(suffix, None).code == 401
        assert cup.export(suffix, cup.match.host).code == 401
        answer = cup.export(suffix, cup.desk)
        assert answer.code == 200
        assert answer.header("access-control-allow-origin") is None
        assert answer.header("cache-control") == "private, no-store"
        name = f"gamesync-event-{cup.event}.{suffix}"
        assert answer.header("content-disposition") == f'attachment; filename="{name}"'


def test_to_ask_without_a_token_is_no_guess(cup: Cup) -> None:
    for _ in range(20):
        assert cup.export("json", None).code == 401
    assert cup.export("json", cup.desk).code == 200


def test_a_line_a_pairing(cup: Cup) -> None:
    told = cup.export("json", cup.desk).json
    assert (told["event_id"], told["event"], told["closed"]) == (cup.event, "=Cup", False)
    assert told["version"] == cup.house.registry.venue.version
    played, bye = told["pairings"]
    assert {k: played[k] for k in ("round", "table", "game_id", "player1", "player2")} == {
        "round": 1,
        "table": "Table 1",
        "game_id": cup.match.id,
        "player1": "Anna",
        "player2": "Marek",
    }
    assert (played["how"], played["winner"], played["score1"], played["score2"]) == (
        "time_called",
        1,
        6,
        0,
    )
    assert (played["event_points1"], played["event_points2"]) == (11, 9)
    assert (played["signed"], played["disputed"]) == (False, False)
    assert played["time1_ms"] >= 90_000
    assert (bye["player1"], bye["how"], bye["winner"], bye["score1"]) == ("Li", "bye", 1, None)


def test_the_same_as_a_sheet(cup: Cup) -> None:
    answer = cup.export("csv", cup.desk)
    told = cup.export("json", cup.desk).json["pairings"]
    rows = table(answer)
    assert list(rows[0]) == list(told[0])
    assert [row["event"] for row in rows] == ["'=Cup", "'=Cup"]
    assert [row["event_points1"] for row in rows] == ["11", ""]
    assert [row["signed"] for row in rows] == ["no", "no"]


def test_a_game_of_the_event_that_was_never_made(cup: Cup) -> None:
    table_id = cup.made("table", op="add", name="Table 2")["table"]
    other = cup.made("event", op="add", name="Other")["event"]
    two = [
        cup.made("event", op="add_participant", event=other, name=name)["participant"]
        for name in ("Ola", "Ben")
    ]
    cup.made(
        "event",
        op="pair_round",
        event=other,
        round=1,
        pairings=[{"table": table_id, "p1": two[0], "p2": two[1], "game": "lost-game"}],
    )
    cup.event = other
    (line,) = cup.export("json", cup.desk).json["pairings"]
    assert (line["game_id"], line["status"], line["player1"]) == ("lost-game", None, "Ola")
