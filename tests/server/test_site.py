"""What is served over HTTP: games as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure
from twisted.web.resource import getChildForRequest
from twisted.web.server import Request, Site
from twisted.web.test.requesthelper import DummyChannel

from gamesync.server.site import site
from gamesync.store import Unavailable

from ..house import House, Match
from .kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


class Answer:
    def __init__(self, house: House, path: str, method: str, headers: dict[str, str]) -> None:
        self.channel = DummyChannel()
        self.channel.site = Site(site(house.hub))
        self.request = Request(self.channel)
        for name, value in headers.items():
            self.request.requestHeaders.addRawHeader(name.encode(), value.encode())
        self.request.gotLength(0)
        self.request.requestReceived(method.encode(), path.encode(), b"HTTP/1.1")

    @property
    def finished(self) -> bool:
        return bool(self.request.finished)

    @property
    def code(self) -> int:
        return int(self.request.code)

    @property
    def body(self) -> bytes:
        _, _, body = self.channel.transport.written.getvalue().partition(b"\r\n\r\n")
        return bytes(body)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        found = self.request.responseHeaders.getRawHeaders(name)
        return found[0] if found else None


def get(house: House, path: str, method: str = "GET", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(house, path, method, named)


def test_the_list_of_games() -> None:
    house = House()
    match = Match(house)
    Match(house, options={"visibility": "link"})
    match.anna.do("score_update", SCORE)
    answer = get(house, "/api/v1/games")
    assert answer.code == 200
    assert answer.header("content-type") == "application/json; charset=utf-8"
    assert answer.header("access-control-allow-origin") == "*"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("content-length") == str(len(answer.body))
    (line,) = answer.json["games"]
    assert (line["game_id"], line["score1"], line["player2_name"]) == (match.id, 1, "Marek")
    assert answer.json["next"] is None
    assert get(house, f"/api/v1/games?after={match.id}").json["games"] == []


def test_the_list_has_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    monkeypatch.setattr(house.registry.maker, "_may_host", lambda *_: None)
    made = []
    for _ in range(101):
        person = house.person()
        made.append(person.create()["game_id"])
    answer = get(house, "/api/v1/games")
    first = answer.json
    assert first["next"] == sorted(made)[99]
    rest = get(house, f"/api/v1/games?after={first['next']}").json
    assert [g["game_id"] for g in rest["games"]] == sorted(made)[100:]
    assert rest["next"] is None


def test_a_game_as_everybody_may_see_it() -> None:
    house = House()
    match = Match(house)
    house.wait(12)
    answer = get(house, f"/api/v1/games/{match.id}")
    assert answer.code == 200
    assert answer.json["version"] == match.version
    assert answer.json["p1_ms"] == 12_000
    assert answer.json["now"] == house.now()
    assert answer.json["state"]["devices"] == []
    match.anna.do("dispute", {"op": "open", "text": "No."})
    match.host.do("score_update", SCORE)
    assert get(house, f"/api/v1/games/{match.id}").json["state"]["scores"]["frozen"] is True
    assert get(house, "/api/v1/games").json["games"][0]["score1"] == 0


@pytest.mark.parametrize("path", ["/api/v1/games", "/api/v1/games/{id}"])
def test_what_has_not_changed_is_not_sent_again(path: str) -> None:
    house = House()
    match = Match(house)
    path = path.format(id=match.id)
    tag = get(house, path).header("etag")
    assert tag is not None
    assert tag.startswith('"')
    assert tag.endswith('"')
    same = get(house, path, if_none_match=tag)
    assert (same.code, same.body) == (304, b"")
    assert same.finished
    match.anna.do("score_update", SCORE)
    changed = get(house, path, if_none_match=tag)
    assert changed.code == 200
    assert changed.header("etag") != tag


def test_what_is_not_there_or_not_for_everybody() -> None:
    house = House()
    match, hidden = Match(house), Match(house, options={"visibility": "link"})
    for path in (
        "/api/v1/games/no-such-game",
        f"/api/v1/games/{hidden.id}",
        f"/api/v1/games/{match.id}/more",
        "/api/v1/games/venue",
    ):
        answer = get(house, path)
        assert (answer.code, answer.json) == (404, {"error": "not_found"}), path
    for path in ("/api", "/api/v1", "/api/v1/games/", "/api/v1/games/a%20b", "/x", "/%ff"):
        answer = get(house, path)
        assert (answer.code, answer.json) == (404, {"error": "not_found"}), path
    assert get(house, "/api/v1/games/%ff").code == 404
    assert get(house, "/healthz", "POST").code == 405


def test_a_head_has_no_body() -> None:
    house = House()
    answer = get(house, "/healthz", "HEAD")
    assert (answer.code, answer.body) == (200, b"")
    assert answer.header("content-length") == str(len(b'{"status":"ok"}'))


def test_when_the_store_is_away() -> None:
    house = House()
    match = Match(house)
    house.registry._put_away(match.room)
    house.store.read_fails = [Unavailable("gone")]
    answer = get(house, f"/api/v1/games/{match.id}")
    assert (answer.code, answer.json) == (503, {"error": "storage"})


def test_a_bug_is_a_plain_500(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(house.registry, "games", broken)
    with failures() as found:
        answer = get(house, "/api/v1/games")
    assert len(found) == 1
    assert (answer.code, answer.json["error"]) == (500, "internal")
    assert len(answer.json["request"]) == 8
    assert b"secret" not in answer.body


def test_who_goes_before_the_answer_is_ready() -> None:
    house = House()
    match = Match(house)
    house.registry._put_away(match.room)
    reads: list[Any] = []
    read = house.store.read

    def slow(*args: Any) -> Any:
        done: Any = Deferred()
        reads.append((done, args))
        return done

    house.store.read = slow
    answer = get(house, f"/api/v1/games/{match.id}")
    assert not answer.finished
    with failures() as found:
        answer.request.connectionLost(Failure(ConnectionDone()))
    assert found == []
    house.store.read = read
    assert get(house, f"/api/v1/games/{match.id}").code == 200


def test_the_root_has_what_is_documented() -> None:
    root = site(House().hub)
    request = Request(DummyChannel())
    request.prepath, request.postpath = [], [b"api", b"v1", b"games"]
    assert getChildForRequest(root, request).isLeaf is False
