"""
A fault of our own, anywhere, is one client's: he is told so and no more, the log has why under the
id that he was told, and everybody else plays on.
"""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from .breaking import PLACES, SECRET, address, wrapper
from .server import ServerProcess
from .talker import Talker

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
REQUEST = re.compile(r"\b[0-9a-f]{8}\b")


class Table:
    """A game in play: its host, a phone, and more phones at the same seat, from any address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.host = Talker(url)
        made = self.host.create(player1_name="Anna", player2_name="Marek")
        self.id: str = made["game_id"]
        self.keys = {k: v["key"] for k, v in made["data"]["detail"]["places"].items()}
        self.marek = self.phone("player:2")
        self.first = self.phone("player:1")
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})

    def phone(self, place: str, source: str | None = None) -> Talker:
        talker = Talker(self.url, source=source)
        talker.connect(game_id=self.id, key=self.keys[place])
        return talker

    def close(self) -> None:
        for talker in (self.host, self.marek, self.first):
            talker.close()


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(
        tmp_path_factory.mktemp("broken"),
        *("--log-format", "json", "--ping-interval", "1"),
        wrapper=wrapper(),
    ).start()
    yield server
    server.stop()


def faults(server: ServerProcess, since: int = 0) -> list[dict[str, Any]]:
    entries = [json.loads(line) for line in server.log[since:].splitlines()]
    return [entry for entry in entries if entry["level"] == "critical"]


def closing_of(talker: Talker) -> tuple[int, str]:
    """How the server ends the connection."""
    with pytest.raises(ConnectionClosed) as end:  # noqa: PT012 - whatever else it says before
        while True:
            talker.hear(20)
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


def _opened(table: Table) -> tuple[int, str]:
    with pytest.raises(ConnectionClosed) as end:
        Talker(table.url, source=address("opened"))
    assert end.value.rcvd is not None
    return end.value.rcvd.code, end.value.rcvd.reason


def _closed_by(place: str, act: Callable[[Table, Talker], object]) -> Callable[[Table], Any]:
    def run(table: Table) -> tuple[int, str]:
        with table.phone("player:1", address(place)) as talker:
            act(table, talker)
            return closing_of(talker)

    return run


def _answered(place: str) -> Callable[[Table], Any]:
    def run(table: Table) -> tuple[int, str]:
        with table.phone("player:1", address(place)) as talker:
            answer = talker.ask("score_update", SCORE, game_id=table.id)
            assert answer["type"] == "error"
            assert answer["data"]["code"] == "internal"
            assert SECRET not in json.dumps(answer)
            talker.do("heartbeat")  # the connection is as good as it was
            return 1011, answer["data"]["detail"]["request"]

    return run


def _read(table: Table) -> tuple[int, str]:
    port = int(table.url.rstrip("/").rpartition(":")[2])
    with closing(
        http.client.HTTPConnection("127.0.0.1", port, source_address=(address("read"), 0))
    ) as line:
        line.request("GET", "/api/v1/games")
        answer = line.getresponse()
        body = answer.read().decode()
    assert (answer.status, json.loads(body)["error"]) == (500, "internal")
    return 1011, body


ACTS: dict[str, Callable[[Table], tuple[int, str]]] = {
    "opened": _opened,
    "received": _closed_by("received", lambda table, talker: talker.say("heartbeat")),
    "message": _closed_by("message", lambda table, talker: talker.say("game_list")),
    "told": _closed_by("told", lambda table, _: table.host.do("score_update", SCORE)),
    "heard": _closed_by("heard", lambda table, talker: None),
    "decided": _answered("decided"),
    "stored": _answered("stored"),
    "read": _read,
}


@pytest.mark.parametrize("place", ACTS)
def test_it_is_one_client_s_and_the_log_has_why(broken: ServerProcess, place: str) -> None:
    table, other = Table(broken.url), Table(broken.url)
    before = len(broken.log)
    code, said = ACTS[place](table)
    assert code == 1011
    assert SECRET not in said
    (request,) = REQUEST.findall(said)
    _until(lambda: len(faults(broken, before)) > 0)
    found = faults(broken, before)
    (entry,) = [each for each in found if each.get("request") == request]
    assert SECRET in entry["traceback"]
    # One more is allowed where it is stored: of the group, before each change was tried alone.
    rest = [each["event"] for each in found if each is not entry]
    assert rest == (["fault_group"] if place == "stored" else [])
    for each in (table, other):
        shown = _score(each)
        each.first.do("score_update", SCORE, game_id=each.id)
        assert _score(each) == shown + 1
        each.marek.do("heartbeat")
        each.close()


def _score(table: Table) -> int:
    state = table.host.do("game_state", {}, game_id=table.id)["data"]["state"]
    return int(state["scores"]["players"][0]["score"])


def _until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20.0
    while not done():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def test_a_fault_as_a_connection_ends_is_nobody_s_but_in_the_log(broken: ServerProcess) -> None:
    table, before = Table(broken.url), len(broken.log)
    table.phone("player:1", address("closed")).close()
    _until(lambda: len(faults(broken, before)) > 0)
    (entry,) = faults(broken, before)
    assert entry["event"] == "fault_closing"
    assert SECRET in entry["traceback"]
    table.first.do("score_update", SCORE, game_id=table.id)
    table.close()


def test_what_could_not_be_stored_left_nothing_behind(broken: ServerProcess) -> None:
    table = Table(broken.url)
    before = _score(table)
    _answered("stored")(table)
    assert _score(table) == before
    table.first.do("score_update", SCORE, game_id=table.id)
    shown = table.host.do("game_state", {}, game_id=table.id)
    table.close()
    folder = broken.folder
    broken.stop()
    with closing(sqlite3.connect(folder / "game_state.db")) as database:
        (version,) = database.execute(
            "SELECT version FROM game_state WHERE game_id = ?", (table.id,)
        ).fetchone()
        (entries, last) = database.execute(
            "SELECT count(*), max(version) FROM events WHERE game_id = ?", (table.id,)
        ).fetchone()
        (kept,) = database.execute(
            "SELECT count(*) FROM answers WHERE scope = ? AND code = 'internal'", (table.id,)
        ).fetchone()
    assert version == shown["version"] == last == entries
    assert kept == 0
    assert Path(folder / "server.log").exists()


def test_every_place_is_tried() -> None:
    assert set(ACTS) | {"closed"} == set(PLACES)
