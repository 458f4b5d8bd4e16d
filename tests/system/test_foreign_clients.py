"""
Clients that are not ours join and play a turn each, over ws and wss.

Those that CI does not install are for the long form: ``make chaos`` does.
"""

from __future__ import annotations

import functools
import json
import os
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

import attrs
import pytest

from ..chaos.storm import FREE
from .certificates import Authority
from .foreign import PATIENCE_S, PLAYERS, Seat, lacking
from .needs import needs
from .server import ServerProcess
from .talker import Talker


class Table:
    """Where foreign clients come to play: a game for each, in which it is his turn."""

    def __init__(self, server: ServerProcess, page: str, authority: Authority | None) -> None:
        self.server = server
        self.page = page
        self.said: list[Any] = []
        self.authority = authority.file if authority else None
        context = ssl.create_default_context(cafile=str(authority.file)) if authority else None
        self.host = Talker(server.url, context=context)

    @contextmanager
    def a_turn(self) -> Iterator[Seat]:
        """The seat whose turn it is; on leaving, that player must have ended it himself."""
        made = self.host.create(ruleset="kill-team", player1_name="Anna", player2_name="Marek")
        places = made["data"]["detail"]["places"]
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})
        turn = self.host.state()["turn"]
        player: int = turn["active_player"]
        assert self.host.game_id is not None
        yield Seat(
            url=self.server.url,
            game_id=self.host.game_id,
            key=places[f"player:{player}"]["key"],
            player=player,
            authority=self.authority,
        )
        told = self.host.hear_until(lambda m: m["type"] == "turn_change")
        assert (told["data"]["by"]["role"], told["data"]["by"]["player"]) == ("player", player)
        after = self.host.state()["turn"]
        assert (after["turn"], after["active_player"]) == (turn["turn"] + 1, 3 - player)
        self.host.do("game_end", {"op": "abandon"})
        self.host.do("leave")


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
const seat = JSON.parse(process.argv[2]);
const socket = new WebSocket(seat.url, ["gamesync.v1"]);
const say = (type, data) =>
  socket.send(JSON.stringify({ type, id: "foreign-0001", game_id: seat.game_id, data }));
let greeted = false;
socket.onmessage = (event) => {
  const { type, id, data } = JSON.parse(event.data);
  if (!greeted) { greeted = true; return say("connect", { key: seat.key }); }
  if (type === "connect" && data.token)
    return say("turn_change", { player: seat.player, turn: data.state.turn.turn });
  if (id === "foreign-0001") {
    console.log(JSON.stringify({ type, protocol: socket.protocol }));
    socket.close();
  }
};
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


@pytest.mark.parametrize("play", PLAYERS, ids=lambda play: play.__name__[1:])
def test_python(table: Table, play: Callable[[Seat], str]) -> None:
    with table.a_turn() as seat:
        assert play(seat) == "ack"


@functools.cache
def node_with_ws() -> Path:
    """A folder in which Node finds ``ws``."""
    needs("node", "npm")
    folder = Path(tempfile.mkdtemp(prefix="node-ws-"))
    installed = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "ws@8", "undici@6"],
        cwd=folder,
        timeout=120,
        check=False,
        capture_output=True,
    )
    assert installed.returncode == 0, installed.stderr
    (folder / "ws.cjs").write_text(f'const WebSocket = require("ws");\n{NODE}')
    (folder / "undici.cjs").write_text(f'const {{ WebSocket }} = require("undici");\n{NODE}')
    return folder


@pytest.fixture(scope="module")
def node() -> Iterator[Path]:
    folder = node_with_ws()
    yield folder
    node_with_ws.cache_clear()
    shutil.rmtree(folder)


@pytest.mark.parametrize("library", ["ws", "undici"])
def test_node(table: Table, node: Path, library: str) -> None:
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    assert int(version.stdout[1:].split(".")[0]) >= 20
    with table.a_turn() as seat:
        told = {**attrs.asdict(seat), "authority": seat.authority and str(seat.authority)}
        trusted = {"NODE_EXTRA_CA_CERTS": told["authority"]} if told["authority"] else {}
        done = subprocess.run(
            ["node", f"{library}.cjs", json.dumps(told)],
            cwd=node,
            env={**os.environ, **trusted},
            timeout=PATIENCE_S,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == {"type": "ack", "protocol": "gamesync.v1"}


PERL = r"""
use Mojo::UserAgent; use Mojo::JSON qw(decode_json encode_json);
my $seat = decode_json $ARGV[0];
my $agent = Mojo::UserAgent->new;
$agent->ca($seat->{authority}) if $seat->{authority};
my ($greeted, $said);
$agent->websocket($seat->{url} => ["gamesync.v1"] => sub {
  my ($agent, $tx) = @_;
  die "no WebSocket" unless $tx->is_websocket;
  my $say = sub { $tx->send(encode_json {
    type => $_[0], id => "foreign-0001", game_id => $seat->{game_id}, data => $_[1]}) };
  $tx->on(text => sub {
    my $told = decode_json $_[1];
    if (!$greeted++) { $say->(connect => {key => $seat->{key}}) }
    elsif ($told->{type} eq "connect" && $told->{data}{token}) {
      my $turn = $told->{data}{state}{turn}{turn};
      $say->(turn_change => {player => $seat->{player} + 0, turn => $turn}) }
    elsif (($told->{id} // "") eq "foreign-0001") {
      $said = {type => $told->{type}, protocol => $tx->protocol}; $tx->finish }
  });
  $tx->on(finish => sub { Mojo::IOLoop->stop });
});
Mojo::IOLoop->start;
print encode_json $said;
"""


def test_perl(table: Table) -> None:
    probe = ["perl", "-MMojolicious", "-MIO::Socket::SSL", "-e", "1"]
    there = shutil.which("perl") and subprocess.run(probe, capture_output=True, check=False)
    if not there or there.returncode:
        lacking("apt-get install libmojolicious-perl libio-socket-ssl-perl")
    with table.a_turn() as seat:
        told = {**attrs.asdict(seat), "authority": seat.authority and str(seat.authority)}
        done = subprocess.run(
            ["perl", "-e", PERL, json.dumps(told)],
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
