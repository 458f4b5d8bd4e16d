"""What the box itself can take out of its games and events."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gamesync.domain.values import Refused
from gamesync.server import takeout
from gamesync.server.aside import WAITING_MAX
from gamesync.storage import importing
from gamesync.testing import InlineThreads

from ..house import House, Match
from ..storage.played import cup, over


class Out:
    def __init__(self) -> None:
        self.house = House()
        self.match = over(self.house)
        self.going = Match(self.house)
        _, self.event, _ = cup(self.house)
        self.house.reactor.getThreadPool = InlineThreads  # type: ignore[attr-defined]
        self.doings = takeout.doings(self.house.hub)

    def asked(self, do: str, **request: Any) -> Any:
        heard: list[Any] = []
        done: Deferred[Any] = Deferred.fromCoroutine(self.doings[do](request))  # type: ignore[arg-type]
        done.addCallbacks(heard.append, lambda failure: heard.append(failure.value))
        return heard[0]

    def body(self, do: str, **request: Any) -> str:
        return str(self.asked(do, **request)["body"])


@pytest.fixture
def out() -> Iterator[Out]:
    made = Out()
    yield made
    made.house.close()


def test_games_are_listed_a_page_at_a_time(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeout, "PAGE", 1)
    found: list[str] = []
    while page := out.asked("export.games", after=found[-1] if found else "")["games"]:
        found += page
    assert found == sorted((out.match.id, out.going.id))


@pytest.mark.parametrize("long", [False, True])
def test_each_form_of_a_game(long: bool, out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    if long:
        monkeypatch.setattr(takeout, "AT_ONCE", 0)
    whole = json.loads(out.body("export.game", game=out.match.id, form="export.json"))
    assert whole["game_id"] == out.match.id
    assert whole["epoch"]
    assert len(whole["log"]) == out.match.version
    assert whole["state"]["devices"] != []  # all that officials see
    assert json.loads(out.body("export.game", game=out.match.id, form="report"))["report"]
    rows = list(
        csv.reader(io.StringIO(out.body("export.game", game=out.match.id, form="export.csv")))
    )
    assert "Anna" in rows[1]


def test_a_whole_log_can_be_taken_in_elsewhere(out: Out) -> None:
    body = out.body("export.game", game=out.match.id, form="log")
    assert body.count("\n") == 1
    (change,) = importing.read([body.encode()])
    assert change.entries == out.match.room.stream.entries
    assert change.state == out.match.room.game


def test_an_event(out: Out) -> None:
    told = json.loads(out.body("export.event", event=out.event, form="json"))
    assert (told["event"], told["pairings"]) == ("Cup", [])
    assert out.body("export.event", event=out.event, form="csv").startswith("\ufeffevent,")


@pytest.mark.parametrize(
    ("do", "request_"),
    [
        ("export.game", {"game": "none", "form": "log"}),
        ("export.game", {"game": "venue", "form": "log"}),
        ("export.event", {"event": "none", "form": "json"}),
    ],
)
def test_what_is_not_there(do: str, request_: dict[str, str], out: Out) -> None:
    refused = out.asked(do, **request_)
    assert (type(refused), refused.code) == (Refused, "not_found")


def test_a_form_that_is_not_there(out: Out) -> None:
    assert out.asked("export.game", game=out.match.id, form="pdf").code == "bad_value"


def test_too_many_at_once(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(takeout, "AT_ONCE", 0)

    class Never(InlineThreads):
        def callInThreadWithCallback(self, *_: Any, **__: Any) -> None:
            """It goes on."""

    out.house.reactor.getThreadPool = Never  # type: ignore[attr-defined]
    request = {"game": out.match.id, "form": "report"}
    waiting: list[Deferred[Any]] = [
        Deferred.fromCoroutine(out.doings["export.game"](request))  # type: ignore[arg-type]
        for _ in range(WAITING_MAX + 1)
    ]
    assert out.asked("export.game", **request).code == "overloaded"
    for each in waiting:
        each.addErrback(lambda _: None)
