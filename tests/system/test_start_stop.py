"""How ``twistd gamesync`` starts, refuses to start, reloads and stops, as processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from gamesync import config
from gamesync.storage.schema import APPLICATION_ID

from .certificates import Authority
from .manager import Manager
from .server import ServerProcess
from .talker import Talker

BIN = Path(sys.executable).parent


def twistd(
    folder: Path, *options: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """A start that is expected to end by itself, soon."""
    return subprocess.run(
        [BIN / "twistd", "-n", "--pidfile=", "gamesync", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "COLUMNS": "400",
            "HOME": str(folder),
            **(environment or {}),
        },
    )


def gamesync(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "gamesync", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )


Serve = Callable[..., ServerProcess]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers in the test's folder, and ends them."""
    started: list[ServerProcess] = []

    def start(*options: str, **more: Any) -> ServerProcess:
        running = ServerProcess(tmp_path, *options, **more)
        started.append(running)
        return running.start()

    yield start
    for server in started:
        server.stop()
    for server in started:
        assert "Traceback" not in server.log, server.log


# -- what can be said to it


def test_help_explains_every_option(tmp_path: Path) -> None:
    shown = twistd(tmp_path, "--help")
    assert shown.returncode == 0
    said = " ".join(shown.stdout.split())
    for name in config.NAMES:
        assert f"--{name.replace('_', '-')}" in said
        assert " ".join(config.about(name).split()) in said
    assert "--limit" in said
    assert "--config" in said


def _pings(server: ServerProcess) -> int:
    with Talker(server.url) as client:
        return int(client.greeting["data"]["ping_interval_ms"])


def test_file_environment_and_options_agree_and_the_later_stands(
    serve: Serve, tmp_path: Path
) -> None:
    file = tmp_path / "gamesync.toml"
    file.write_text("ping_interval = 7\n[limits]\nmessage_bytes = 5000\n")
    variable, option = {"GAMESYNC_PING_INTERVAL": "7"}, ("--ping-interval", "7")
    for options, environment in (
        (("--config", str(file)), {}),
        ((), {"GAMESYNC_CONFIG": str(file)}),
        ((), variable),
        (option, {}),
    ):
        server = serve(*options, environment=environment)
        assert _pings(server) == 7_000
        server.stop()
    file.write_text("ping_interval = 5\nws_port = 1\n")
    server = serve(*option, environment={**variable, "GAMESYNC_CONFIG": str(file)})
    assert _pings(server) == 7_000
    server.stop()
    server = serve(environment={"GAMESYNC_CONFIG": str(file), "GAMESYNC_PING_INTERVAL": "6"})
    assert _pings(server) == 6_000


def _busy(folder: Path) -> tuple[str, ...]:
    held = socket.create_server(("127.0.0.1", 0))
    _held.append(held)
    return "--ws-host", "127.0.0.1", "--ws-port", str(held.getsockname()[1])


_held: list[socket.socket] = []


def _toml(text: str) -> Callable[[Path], tuple[str, ...]]:
    def write(folder: Path) -> tuple[str, ...]:
        (folder / "g.toml").write_text(text)
        return "--config", "g.toml"

    return write


def _strange_database(folder: Path) -> tuple[str, ...]:
    (folder / "game_state.db").write_bytes(b"this is no database" * 100)
    return ()


def _unreadable_database(folder: Path) -> tuple[str, ...]:
    (folder / "game_state.db").mkdir()  # which not even root can read as a file
    return ()


def _newer_database(folder: Path) -> tuple[str, ...]:
    with sqlite3.connect(folder / "game_state.db") as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    return ()


def _alien_key(folder: Path) -> tuple[str, ...]:
    authority = Authority(folder)
    (certificate, _), (_, key) = authority.issue("one"), authority.issue("two")
    return "--certificate", str(certificate), "--private-key", str(key)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (_toml("colour = 1"), "g.toml: there is no key 'colour'"),
        (_toml("ws_port = 'x'"), "g.toml: ws_port is a whole number, not 'x'"),
        (_toml("[limits]\nwings = 2"), "g.toml, [limits]: there is no limit 'wings'"),
        (_toml("this is not"), "the configuration g.toml is not TOML"),
        (lambda _: ("--config", "none.toml"), "the configuration none.toml cannot be read"),
        (lambda _: ("--ws-port", "70000"), "ws_port: from 0 to 65535"),
        (lambda _: ("--limit", "connections=x"), "connections is a whole number, not 'x'"),
        (lambda _: ("--wings", "2"), "option --wings not recognized"),
        (lambda _: ("--rulesets", "none"), "rulesets: none is not a folder"),
        (lambda _: ("--certificate", "none.pem"), "the certificate none.pem cannot be read"),
        (_alien_key, "is not that of the certificate in"),
        (lambda _: ("--listen", "carrier:pigeon"), "cannot listen on carrier:pigeon"),
        (_busy, "Address already in use"),
        (_strange_database, "game_state.db is not a SQLite database."),
        (_unreadable_database, "game_state.db is not a file."),
        (_newer_database, "game_state.db was written by a newer version of gamesync"),
        (lambda _: ("--database-uri", "sqlite:///no/such/folder.db"), "No such file or directory"),
        (lambda _: ("--database-uri", "mysql://x"), "database_uri: starts with sqlite:///"),
    ],
)
def test_what_cannot_be_served_ends_the_start_in_one_sentence(
    options: Callable[[Path], tuple[str, ...]], sentence: str, tmp_path: Path
) -> None:
    said = options(tmp_path)
    port = () if "--ws-port" in said else ("--ws-port", "0")
    before = os.times()
    with Manager(str(tmp_path / "notify")) as manager:
        ended = twistd(tmp_path, *said, *port, environment=manager.environment)
        assert not any("READY" in said for said in manager.hear_all())
    after = os.times()
    assert ended.returncode == 1
    # However busy the machine is: so much of it a start that fails may take.
    assert after.children_user - before.children_user < 5
    assert sentence in ended.stderr
    assert ended.stderr.startswith("gamesync: ")
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stdout


def test_a_daemon_that_cannot_start_says_so_to_its_parent(tmp_path: Path) -> None:
    options = _busy(tmp_path)
    ended = subprocess.run(
        [BIN / "twistd", "gamesync", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 1
    assert "cannot listen on" in ended.stderr
    assert "Address already in use" in (tmp_path / "twistd.log").read_text()
    _until(lambda: not (tmp_path / "twistd.pid").exists())  # twistd tells first, then tidies up


def test_a_daemon_starts_and_stops(tmp_path: Path) -> None:
    options = ("--ws-host", "127.0.0.1", "--ws-port", "0")
    subprocess.run([BIN / "twistd", "gamesync", *options], cwd=tmp_path, timeout=20, check=True)
    pid = int((tmp_path / "twistd.pid").read_text())
    log = tmp_path / "twistd.log"
    _until(lambda: "listening on" in log.read_text())
    assert gamesync(tmp_path, "key", "list").returncode == 0
    os.kill(pid, signal.SIGTERM)
    _until(lambda: not (tmp_path / "twistd.pid").exists())
    assert "Traceback" not in log.read_text()


def test_a_second_server_on_the_same_database_is_refused(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    ended = twistd(tmp_path, "--ws-port", "0")
    assert ended.returncode == 1
    assert ended.stderr == "gamesync: game_state.db is in use by another process.\n"
    assert server.get("/healthz")
    assert "the database is new" in server.log
    server.restart()
    assert re.search(r"serving 0 unfinished games; down for \d+ ms", server.log)


def test_nobody_is_open_after_a_kill(server: ServerProcess) -> None:
    with ExitStack() as stack:
        host = stack.enter_context(Talker(server.url))
        game_id = host.create(player1_name="Anna", player2_name="Marek")["game_id"]
        for _ in range(5):
            stack.enter_context(Talker(server.url)).connect(game_id=game_id)
        presence = host.hear_until(
            lambda m: m["type"] == "presence" and m["data"].get("observers") == 5
        )
        assert presence["data"]["devices"][0]["link"] != "gone"
        server.restart()
    with Talker(server.url) as watcher:
        watcher.connect(game_id=game_id)
        presence = watcher.hear_until(lambda m: m["type"] == "presence")
        assert [d["link"] for d in presence["data"]["devices"]] == ["gone"]
        assert presence["data"]["observers"] == 1


# -- stopping


def _dumb(port: int) -> socket.socket:
    """A client that opens a WebSocket and then never reads nor writes."""
    line = socket.create_connection(("127.0.0.1", port))
    line.sendall(
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b64encode(bytes(16)) + b"\r\n\r\n"
    )
    assert line.recv(12) == b"HTTP/1.1 101"
    return line


def _rest(line: socket.socket) -> bytes:
    """All that came and was not read, until the connection was closed or cut."""
    heard = b""
    with suppress(ConnectionResetError):
        while data := line.recv(65536):
            heard += data
    return heard


def _to_the_end(client: Talker) -> None:
    with pytest.raises(ConnectionClosed) as end:
        client.hear_until(lambda _: False, 12)
    assert end.value.rcvd is not None
    assert end.value.rcvd.code == 1012


def test_sigterm_tells_everybody_when_to_come_back_and_loses_nothing(serve: Serve) -> None:
    server = serve("--limit", "drain_seconds=2")
    with ExitStack() as stack:
        dumb = [stack.enter_context(_dumb(server.port)) for _ in range(10)]
        host, *watchers = (stack.enter_context(Talker(server.url)) for _ in range(40))
        game_id = host.create(player1_name="Anna", player2_name="Marek")["game_id"]
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        for watcher in watchers:
            watcher.connect(game_id=game_id)
        before = json.loads(server.get(f"/api/v1/games/{game_id}"))
        points = {"player": 1, "category": "secondary", "delta": 1}
        ids = [host.say("score_update", points) for _ in range(12)]
        time.sleep(0.005)
        began = time.monotonic()
        server.signal(signal.SIGTERM)
        for client in (host, *watchers):
            _to_the_end(client)
            bye = client.heard[-1]
            assert bye["type"] == "disconnect"
            assert bye["data"]["come_back"] is True
            assert bye["data"]["retry_after_ms"] > 0
        assert server.wait() == -signal.SIGTERM  # which systemd counts as clean
        assert time.monotonic() - began < 10
        answers = {m["id"]: m for m in host.heard if m.get("id") in ids}
        assert all(answer["type"] == "ack" for answer in answers.values())
        for each in dumb:  # they were told as well, and did not listen
            assert b"\x03\xf4" in _rest(each)  # 1012
    time.sleep(1)
    server.start()
    with Talker(server.url, token=host.token) as again:
        again.connect(game_id=game_id)
        # Sent again with their ids: those that were acked count once, the others count now.
        for id_ in ids:
            again.do("score_update", points, id_=id_)
        assert again.state()["scores"]["players"][0]["score"] == len(ids)
    after = json.loads(server.get(f"/api/v1/games/{game_id}"))
    (down,) = after["state"]["gaps"]
    assert down["to_ms"] - down["from_ms"] > 1_000
    spent = abs(after["p1_ms"] - before["p1_ms"])
    assert spent == after["now"] - before["now"] - (down["to_ms"] - down["from_ms"])


def test_a_second_sigterm_does_no_harm(serve: Serve) -> None:
    server = serve("--limit", "drain_seconds=1.5")
    with _dumb(server.port):
        server.signal(signal.SIGTERM)
        time.sleep(0.5)
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGINT)
        assert server.wait() == -signal.SIGTERM
    assert "Main loop terminated" in server.log


def test_sighup_reads_the_certificate_again(serve: Serve, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    context = ssl.create_default_context(cafile=authority.file)
    server = serve("--certificate", str(certificate), "--private-key", str(key), scheme="wss")
    with Talker(server.url, context=context) as client:
        first = _serial(server.port, context)
        authority.issue("server")
        server.signal(signal.SIGHUP)
        _until(lambda: _serial(server.port, context) != first)
        key.write_text("no key at all")
        server.signal(signal.SIGHUP)
        _until(lambda: "the certificate stays as it was" in server.log)
        assert _serial(server.port, context) != first
        assert client.do("heartbeat")["type"] == "heartbeat"


def _serial(port: int, context: ssl.SSLContext) -> str:
    with (
        socket.create_connection(("127.0.0.1", port)) as line,
        context.wrap_socket(line, server_hostname="127.0.0.1") as tls,
    ):
        found = tls.getpeercert()
        assert found is not None
        return str(found["serialNumber"])


def _until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_wss_by_certificate_and_by_endpoint_with_alpn(serve: Serve, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    server = serve(
        "--certificate",
        str(certificate),
        "--private-key",
        str(key),
        "--listen",
        f"ssl:0:privateKey={key}:certKey={certificate}:interface=127.0.0.1",
        scheme="wss",
    )
    ports = [int(line.split()[-1]) for line in server.log.splitlines() if "listening on" in line]
    assert len(ports) == 2
    for port in ports:
        context = ssl.create_default_context(cafile=authority.file)
        for offered, chosen in ((["h2", "http/1.1"], "http/1.1"), (None, None)):
            if offered:
                context.set_alpn_protocols(offered)
            with (
                socket.create_connection(("127.0.0.1", port)) as line,
                context.wrap_socket(line, server_hostname="localhost") as tls,
            ):
                assert not offered or tls.selected_alpn_protocol() == chosen
        with Talker(f"wss://localhost:{port}/", context=context) as client:
            client.create(player1_name="Anna", player2_name="Marek")
            client.do("setup", {"op": "skip", "first_player": 1})


# -- keys, the control socket, the links


def _link(server: ServerProcess) -> str | None:
    lines = [line for line in server.log.splitlines() if "the organiser's link" in line]
    return lines[-1].split()[-1] if lines else None


def test_the_organisers_link_stands_in_the_log_until_it_is_used(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    link = _link(server)
    assert link == f"http://127.0.0.1:{server.port}/#k={(link or '').partition('#k=')[2]}"
    server.restart()
    assert server.log.count(link) == 2
    key = link.partition("#k=")[2]
    with Talker(server.url) as organiser:
        joined = organiser.connect(key=key, game_id="venue")
        assert joined["data"]["rights"] == ["organiser"]
    server.restart()
    assert server.log.count(link) == 2
    assert server.log.count(key) == 2


def test_keys_are_made_listed_and_revoked_while_the_server_runs(
    serve: Serve, tmp_path: Path
) -> None:
    server = serve()
    socket_file = tmp_path / "game_state.db.sock"
    assert stat.S_IMODE(socket_file.stat().st_mode) == 0o600
    made = gamesync(tmp_path, "key", "new", "Ann", "--judge")
    assert made.returncode == 0, made.stderr
    assert "o2: Ann, judge" in made.stdout
    link = made.stdout.split("link")[1].split()[0]
    assert link.startswith(f"http://127.0.0.1:{server.port}/#k=")
    with Talker(server.url) as judge:
        joined = judge.connect(key=link.partition("#k=")[2], game_id="venue")
        assert joined["data"]["rights"] == ["judge"]
        listed = gamesync(tmp_path, "key", "list").stdout
        assert "o2    judge      used           1  Ann" in listed
        assert link.partition("#k=")[2] not in listed
        assert judge.ask("announce", {"op": "add", "text": "Hello"})["type"] == "ack"
        assert gamesync(tmp_path, "key", "revoke", "o2").returncode == 0
        with pytest.raises(ConnectionClosed) as end:
            judge.hear_until(lambda _: False)
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 4403
    last = gamesync(tmp_path, "key", "revoke", "o1")
    assert last.returncode == 1
    assert last.stderr.startswith("gamesync: ")
    assert "the last organiser" in last.stderr
    assert link.partition("#k=")[2] not in server.log


def test_keys_without_a_server_and_with_one_that_does_not_answer(
    serve: Serve, tmp_path: Path
) -> None:
    none = gamesync(tmp_path, "key", "list")
    assert none.returncode == 1
    assert "there is no database game_state.db here" in none.stderr
    assert not (tmp_path / "game_state.db").exists()
    server = serve()
    server.kill()  # which leaves its socket behind
    made = gamesync(tmp_path, "key", "new", "Bea")
    assert made.returncode == 0, made.stderr
    server.start()
    assert "Bea" in gamesync(tmp_path, "key", "list").stdout
    (tmp_path / "game_state.db.sock").unlink()
    locked = gamesync(tmp_path, "key", "list")
    assert locked.returncode == 1
    assert "is in use by another process" in locked.stderr
    assert locked.stderr.count("\n") == 1


def test_a_path_too_long_for_a_socket_costs_only_the_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 20) / ("name" * 20)
    folder.mkdir(parents=True)
    server = ServerProcess(folder).start()
    try:
        assert "no control socket: the path" in server.log
        refused = gamesync(folder, "key", "list")
        assert refused.returncode == 1
        assert "is in use by another process" in refused.stderr
    finally:
        server.stop()
    assert "Organiser" in gamesync(folder, "key", "list").stdout


def test_the_banner_has_links_that_work(serve: Serve) -> None:
    server = serve("--banner")
    _until(lambda: "for the TV" in server.log)
    links = [word for word in server.log.split() if word.startswith(server.http)]
    paths = {link.removeprefix(server.http) for link in links if "#" not in link}
    assert paths == {"/", "/?view=board"}
    for path in paths:
        assert server.get(path)
    assert f"watch {server.url}" in server.log


def test_the_demonstration_plays_and_tidies_up_after_itself(serve: Serve) -> None:
    server = serve("--demo", "--banner", scheme="ws")
    for count in (1, 2):
        _until(lambda: server.log.count("as its host:") == count)  # noqa: B023
        watch = server.log.split("A match that plays itself; to watch it:")[-1].split()[0]
        assert watch.startswith(server.http)
        way = dict(part.split("=") for part in watch.partition("#")[2].split("&"))
        game_id = way["g"]
        with Talker(server.url) as watcher:
            joined = watcher.connect(game_id=game_id, key=way["k"])
            version = joined["version"]
            watcher.hear_until(lambda m: (m.get("version") or 0) > version + 1)  # noqa: B023
        games = json.loads(server.get("/api/v1/games"))["games"]
        going_on = [g["game_id"] for g in games if g["status"] in ("waiting", "setup", "playing")]
        assert going_on == [game_id]
        if count == 1:
            server.restart()
