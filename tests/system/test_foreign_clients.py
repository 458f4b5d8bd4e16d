"""Clients that are not ours join and play a turn each, over ws and wss."""

from __future__ import annotations

import asyncio
import functools
import json
import shutil
import ssl
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aiohttp
import attrs
import pytest
import websockets

from ..chaos.storm import FREE
from .certificates import Authority
from .needs import needs
from .server import ServerProcess
from .talker import Talker

PATIENCE_S = 60


@attrs.frozen(kw_only=True)
class Seat:
    """Where a foreign client is to play: all that it is told."""

    url: str
    game_id: str
    key: str
    player: int
    authority: Path | None

    @property
    def context(self) -> ssl.SSLContext | None:
        if self.authority is None:
            return None
        return ssl.create_default_context(cafile=str(self.authority))

    def joining(self) -> str:
        return json.dumps({"type": "connect", "game_id": self.game_id, "data": {"key": self.key}})

    def pressing(self, joined: dict[str, Any]) -> str | None:
        """What ends the turn, once *joined* is the answer to ``connect``."""
        if joined["type"] != "connect" or "token" not in joined["data"]:
            return None
        data = {"player": self.player, "turn": joined["data"]["state"]["turn"]["turn"]}
        return json.dumps({"type": "turn_change", "id": "foreign-0001", "data": data})


class Table:
    """A game in play, whose next mover is always the foreign client."""

    def __init__(self, server: ServerProcess, page: str, authority: Authority | None) -> None:
        self.server = server
        self.page = page
        self.said: list[Any] = []
        self.authority = authority.file if authority else None
        context = ssl.create_default_context(cafile=str(authority.file)) if authority else None
        self.host = Talker(server.url, context=context)
        made = self.host.create(ruleset="kill-team", player1_name="Anna", player2_name="Marek")
        self.places = made["data"]["detail"]["places"]
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})

    @contextmanager
    def a_turn(self) -> Iterator[Seat]:
        """The seat whose turn it is; on leaving, that player must have ended it himself."""
        turn = self.host.state()["turn"]
        player: int = turn["active_player"]
        assert self.host.game_id is not None
        yield Seat(
            url=self.server.url,
            game_id=self.host.game_id,
            key=self.places[f"player:{player}"]["key"],
            player=player,
            authority=self.authority,
        )
        told = self.host.hear_until(lambda m: m["type"] == "turn_change")
        assert (told["data"]["by"]["role"], told["data"]["by"]["player"]) == ("player", player)
        after = self.host.state()["turn"]
        assert (after["turn"], after["active_player"]) == (turn["turn"] + 1, 3 - player)


class Page(BaseHTTPRequestHandler):
    """Serves the page to the browser, and takes what it has to say."""

    said: list[Any]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()
        self.said.append(json.loads(body))
        with HEARD:
            HEARD.notify_all()

    def log_message(self, *args: object) -> None:
        """Not on the test's output."""


HEARD = threading.Condition()
PAGE = """<!doctype html><meta charset=utf-8><title>a seat</title><script>
const seat = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const socket = new WebSocket(seat.url, "gamesync.v1");
const report = (what) => fetch("/", {method: "POST", body: JSON.stringify(what)});
const say = (type, data) =>
  socket.send(JSON.stringify({type, id: "foreign-0001", game_id: seat.game_id, data}));
let greeted = false;
socket.onerror = () => report({error: "socket"});
socket.onmessage = (event) => {
  const {type, id, data} = JSON.parse(event.data);
  if (!greeted) { greeted = true; return say("connect", {client_type: "player", key: seat.key}); }
  if (type === "connect" && data.token)
    return say("turn_change", {player: seat.player, turn: data.state.turn.turn});
  if (id === "foreign-0001") report({type, protocol: socket.protocol});
};
</script>"""

NODE = """
const { readFileSync } = require("fs");
const WebSocket = require("ws");
const seat = JSON.parse(process.argv[2]);
const options = seat.authority ? { ca: readFileSync(seat.authority) } : {};
const socket = new WebSocket(seat.url, ["gamesync.v1"], options);
const say = (type, data) =>
  socket.send(JSON.stringify({ type, id: "foreign-0001", game_id: seat.game_id, data }));
let greeted = false;
socket.on("message", (text) => {
  const { type, id, data } = JSON.parse(text);
  if (!greeted) { greeted = true; return say("connect", { key: seat.key }); }
  if (type === "connect" && data.token)
    return say("turn_change", { player: seat.player, turn: data.state.turn.turn });
  if (id === "foreign-0001") {
    console.log(JSON.stringify({ type, protocol: socket.protocol }));
    socket.close();
  }
});
"""


@pytest.fixture(scope="module", params=["ws", "wss"])
def table(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Table]:
    folder = tmp_path_factory.mktemp("foreign")

    class Handler(Page):
        said: list[Any] = []

    pages = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{pages.server_address[1]}"
    options, authority = [*FREE, "--origins", page], None
    if request.param == "wss":
        authority = Authority(folder)
        chain, key = authority.issue("server")
        options += ["--certificate", str(chain), "--private-key", str(key)]
    server = ServerProcess(folder, *options, scheme=request.param).start()
    table = Table(server, page, authority)
    table.said = Handler.said
    yield table
    table.host.close()
    server.stop()
    pages.shutdown()
    assert "Traceback" not in server.log, server.log


async def with_websockets(seat: Seat) -> str:
    async with websockets.connect(seat.url, ssl=seat.context) as line:
        await line.recv()
        await line.send(seat.joining())
        while True:
            message = json.loads(await line.recv())
            if press := seat.pressing(message):
                await line.send(press)
            elif message.get("id") == "foreign-0001":
                return str(message["type"])


async def with_aiohttp(seat: Seat) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            seat.url,
            ssl=seat.context or True,
            protocols=["gamesync.v1"],
            heartbeat=5,
            autoping=True,
        ) as line,
    ):
        assert line.protocol == "gamesync.v1"
        await line.receive_json()
        await line.send_str(seat.joining())
        while True:
            message = await line.receive_json()
            if press := seat.pressing(message):
                await line.send_str(press)
            elif message.get("id") == "foreign-0001":
                return str(message["type"])


@pytest.mark.parametrize("play", [with_websockets, with_aiohttp], ids=["websockets", "aiohttp"])
def test_python(table: Table, play: Callable[[Seat], Any]) -> None:
    with table.a_turn() as seat:
        assert asyncio.run(asyncio.wait_for(play(seat), PATIENCE_S)) == "ack"


@functools.cache
def node_with_ws() -> Path:
    """A folder in which Node finds ``ws``."""
    needs("node", "npm")
    folder = Path(tempfile.mkdtemp(prefix="node-ws-"))
    installed = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "ws@8"],
        cwd=folder,
        timeout=120,
        check=False,
        capture_output=True,
    )
    assert installed.returncode == 0, installed.stderr
    (folder / "seat.cjs").write_text(NODE)
    return folder


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    folder = node_with_ws()
    yield folder
    node_with_ws.cache_clear()
    shutil.rmtree(folder)


def test_node(table: Table, node: Path) -> None:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    assert int(version.stdout[1:].split(".")[0]) >= 20
    with table.a_turn() as seat:
        told = {**attrs.asdict(seat), "authority": seat.authority and str(seat.authority)}
        done = subprocess.run(
            ["node", "seat.cjs", json.dumps(told)],
            cwd=node,
            timeout=PATIENCE_S,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"type": "ack", "protocol": "gamesync.v1"}


def test_a_browser(table: Table, tmp_path: Path) -> None:
    needs("chromium")
    said = table.said
    said.clear()
    with table.a_turn() as seat:
        told = {name: value for name, value in attrs.asdict(seat).items() if name != "authority"}
        browser = subprocess.Popen(
            [
                *("chromium", "--headless=new", "--no-sandbox", "--disable-gpu"),
                *("--no-first-run", "--disable-dev-shm-usage", "--ignore-certificate-errors"),
                f"--user-data-dir={tmp_path / 'profile'}",
                f"{table.page}/#{json.dumps(told)}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            with HEARD:
                assert HEARD.wait_for(lambda: said, PATIENCE_S), "nothing from the browser"
        finally:
            browser.kill()
            browser.wait()
        assert said == [{"type": "ack", "protocol": "gamesync.v1"}]
