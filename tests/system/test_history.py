"""History, report and exports of a real server: over its sockets, and of a very long game."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

from gamesync.domain.events import CellSet, Entry
from gamesync.domain.log import ENTRIES_MAX, fold
from gamesync.storage.sqlite import SqliteStore
from gamesync.store import Change
from gamesync.testing import FakeClocks, InlineReactor, inline

from ..domain.playing import ANNA, Table
from ..house import result
from .server import ServerProcess
from .talker import Talker

CELL: dict[str, Any] = {"player": 1, "category": "secondary", "round": 1}


def fetch(server: ServerProcess, path: str, token: str = "") -> tuple[int, Message, bytes]:
    """Status, headers and body of a GET."""
    request = urllib.request.Request(f"{server.http}{path}")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def test_a_game_is_read_back(server: ServerProcess) -> None:
    with Talker(server.url) as host, Talker(server.url) as watcher:
        game_id = host.create(player1_name="Anna", player2_name="Marek")["game_id"]
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        host.do("score_update", {**CELL, "value": 5})
        host.do("score_update", {**CELL, "delta": -1})
        host.do("undo", {})
        host.do("turn_change", {})
        told = host.do("history", CELL)["data"]
        assert [(e["type"], e["struck"]) for e in told["entries"]] == [
            ("undo", False),
            ("score_update", True),
            ("score_update", False),
        ]
        assert told["next"] is None
        page = watcher.do("history", {"limit": 2}, game_id=game_id)["data"]
        assert [e["type"] for e in page["entries"]] == ["turn_change", "undo"]
        rest = watcher.do("history", {"before": page["next"]}, game_id=game_id)["data"]
        assert [e["version"] for e in rest["entries"]] == list(range(page["next"] - 1, 0, -1))

        status, headers, body = fetch(
            server, f"/api/v1/games/{game_id}/export.json", str(host.token)
        )
        assert status == 200
        assert headers["Access-Control-Allow-Origin"] is None
        assert headers["Cache-Control"] == "private, no-store"
        whole = json.loads(body)
        first, second = whole["report"]["turns"]
        assert (first["player"], second["player"]) == (1, 2)
        assert first["p1_ms"] == first["ended_at"] - first["began_at"]
        assert [e["type"] for e in whole["log"]][-2:] == ["undo", "turn_change"]
        assert whole["report"]["scores"][0]["score"] == 5

        status, headers, body = fetch(server, f"/api/v1/games/{game_id}/export.csv")
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, "*")
        assert b"cell,1,Anna,,secondary,1,5\r\n" in body

        for token in ("x" * 43, str(watcher.token)):
            status, headers, body = fetch(server, f"/api/v1/games/{game_id}/report", token)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
        assert str(host.token) not in server.log


def test_a_very_long_game_is_exported_while_others_play(tmp_path: Path) -> None:
    """Folding it takes a good part of a second; a heartbeat is answered all the while."""
    long_game(tmp_path / "game_state.db")
    server = ServerProcess(tmp_path).start()
    path = "/api/v1/games/long-game/export.json"
    answers: list[tuple[int, Message, bytes]] = []
    worst, beats = 0.0, 0
    with Talker(server.url) as player:
        player.do("heartbeat", {})
        asking = threading.Thread(target=lambda: answers.append(fetch(server, path)))
        began = time.monotonic()
        asking.start()
        while asking.is_alive():
            sent = time.monotonic()
            player.do("heartbeat", {})
            worst, beats = max(worst, time.monotonic() - sent), beats + 1
            time.sleep(0.02)
        took = time.monotonic() - began
    server.stop()
    ((status, _, body),) = answers
    assert status == 200
    whole = json.loads(body)
    assert len(whole["log"]) == whole["report"]["version"] > ENTRIES_MAX  # it was down, too
    said = f"{beats} beats in {took:.2f} s, the slowest took {worst * 1000:.0f} ms"
    # Folded in the reactor's thread, it would be one or two beats and a slowest as long as all.
    assert beats >= 5, said
    assert worst < took / 2, said


def long_game(path: Path) -> None:
    """A file in which a listed game has as many entries as one may have."""
    table = Table().begin().turns(8)
    entries = list(table.match.entries)
    while len(entries) < ENTRIES_MAX:
        version = len(entries) + 1
        fact = CellSet(player=1, category="secondary", round=1, value=version % 9)
        entry = Entry(
            version=version,
            type="score_update",
            by=ANNA,
            at_ms=table.now + version,
            wall="2026-11-22T18:07:00.000Z",
            facts=(fact,),
        )
        entries.append(entry)
    game = fold(entries).game
    reactor = InlineReactor()
    store = SqliteStore(str(path), reactor, FakeClocks(reactor), pooled=inline)
    result(store.open())
    change = Change(game_id="long-game", base=0, entries=tuple(entries), state=game)
    assert result(store.commit([change])) == frozenset()
    result(store.close())
