"""What systemd is promised: when we serve, whether we are alive, sockets kept over a restart."""

from __future__ import annotations

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gamesync.config import Settings

from ..chaos.plants import planted
from .certificates import Authority
from .manager import Activated, Manager
from .needs import needs
from .server import ServerProcess
from .talker import Talker

ETC = Path(__file__).parents[2] / "etc"
HANG_S = 15.0 if os.environ.get("GAMESYNC_LONG") else 2.0
INTERVAL_S = 0.4
"""Of the watchdog; it is fed four times in that."""

Started = Callable[[ServerProcess], ServerProcess]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts servers, and ends them."""
    servers: list[ServerProcess] = []

    def start(server: ServerProcess) -> ServerProcess:
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()
    for server in servers:
        assert "Traceback" not in server.log, server.log


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    with Manager(str(tmp_path / "notify"), INTERVAL_S) as hears:
        yield hears


def test_it_says_when_it_serves_that_it_is_alive_and_that_it_stops(
    started: Started, manager: Manager, tmp_path: Path
) -> None:
    further = socket.create_server(("127.0.0.1", 0))
    port = further.getsockname()[1]
    further.close()
    options = ("--listen", f"tcp:{port}:interface=127.0.0.1")
    server = ServerProcess(tmp_path, *options, environment=manager.environment)
    server.spawn()
    try:
        said = manager.hear_until(lambda said: True)
        assert "READY" not in said
        assert said["STATUS"] == "opening the database"
        said = manager.hear_until(lambda said: said.get("READY") == "1")
        assert server.log.count("listening on") == 2, "only now that all of them serve"
        assert said["STATUS"] == "serving; games open: 0, connections: 0"
        server.wait_ready()
        for each in (port, None):
            with Talker(server.url if each is None else f"ws://127.0.0.1:{each}/") as client:
                client.create(player1_name="Anna", player2_name="Marek")
                manager.hear_until(lambda said: "connections: 1" in said.get("STATUS", ""))
        for _ in range(3):
            alive = manager.hear_until(lambda said: said.get("WATCHDOG") == "1")
        assert "games open: 2" in alive["STATUS"]
    finally:
        server.stop()
    said = manager.hear_until(lambda said: "STOPPING" in said)
    assert said["STOPPING"] == "1"
    assert not [said for said in manager.hear_all() if "WATCHDOG" in said or "READY" in said]


def test_without_a_watchdog_there_is_a_status_all_the_same(
    started: Started, tmp_path: Path
) -> None:
    name = f"@gamesync-test-{uuid.uuid4().hex}"
    with Manager(name) as manager:
        server = started(ServerProcess(tmp_path, environment=manager.environment))
        manager.hear_until(lambda said: said.get("READY") == "1")
        server.stop()
        manager.hear_until(lambda said: said.get("STOPPING") == "1")


def test_who_listens_no_more_is_no_reason_to_stop(started: Started, tmp_path: Path) -> None:
    with Manager(str(tmp_path / "notify"), INTERVAL_S) as manager:
        server = started(ServerProcess(tmp_path, environment=manager.environment))
        manager.hear_until(lambda said: said.get("WATCHDOG") == "1")
    (tmp_path / "notify").unlink()
    time.sleep(INTERVAL_S)
    with Talker(server.url) as client:
        client.create(player1_name="Anna", player2_name="Marek")


def _stopped(server: ServerProcess) -> bool:
    return Path(f"/proc/{server.pid}/stat").read_text("ascii").rpartition(") ")[2][0] == "T"


@pytest.mark.parametrize("number", [signal.SIGUSR1, signal.SIGUSR2, signal.SIGSTOP])
def test_a_reactor_or_a_database_that_hangs_feeds_no_watchdog(
    number: signal.Signals, started: Started, manager: Manager, tmp_path: Path
) -> None:
    environment = {**manager.environment, "PLANT_HANG_S": str(HANG_S)}
    server = started(
        ServerProcess(tmp_path, environment=environment, wrapper=planted("hang"), scheme="ws")
    )
    manager.hear_until(lambda said: said.get("WATCHDOG") == "1")
    server.signal(number)
    _until(lambda: _stopped(server) if number == signal.SIGSTOP else (tmp_path / "hung").exists())
    began = time.monotonic()
    manager.hear_all()  # what was said before
    if number == signal.SIGUSR2:
        server.get("/")  # the reactor is well; only what it asks is not answered
    seconds = HANG_S * 0.75 - (time.monotonic() - began)
    assert manager.hear(max(seconds, 0.0)) is None
    if number == signal.SIGSTOP:
        server.signal(signal.SIGCONT)
    manager.hear_until(lambda said: said.get("WATCHDOG") == "1")


def _until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


# -- sockets


def test_who_connects_during_a_restart_waits(started: Started, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as kept:
        server = started(Activated(tmp_path, {"gamesync": kept}))
        assert server.port == kept.getsockname()[1]
        with Talker(server.url) as host:
            game_id = host.create(player1_name="Anna", player2_name="Marek")["game_id"]
            token = host.token
        for end in (server.stop, server.kill):
            end()
            greeted: list[Talker] = []
            waiting = threading.Thread(target=lambda: greeted.append(Talker(server.url, token)))  # noqa: B023
            with socket.create_connection(("127.0.0.1", server.port)) as early:
                early.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                waiting.start()
                server.start()
                assert early.recv(12) == b"HTTP/1.1 200"
            waiting.join(20)
            (host,) = greeted
            with host:
                host.connect(game_id=game_id)
                assert host.state()["players"]


def test_sockets_by_name_with_and_without_tls(started: Started, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("server")
    context = ssl.create_default_context(cafile=authority.file)
    file = str(tmp_path / "web")
    with (
        socket.create_server(("::1", 0), family=socket.AF_INET6) as plain,
        socket.create_server(("127.0.0.1", 0)) as secure,
        socket.socket(socket.AF_UNIX) as local,
    ):
        local.bind(file)
        local.listen()
        started(
            Activated(
                tmp_path,
                {"plain": plain, "gamesync": secure, "local": local},
                *("--certificate", str(certificate), "--private-key", str(key)),
                *("--listen", "systemd:domain=INET6:name=plain"),
                *("--listen", "systemd:domain=UNIX:name=local"),
                scheme="wss",
            )
        )
        with Talker(f"wss://127.0.0.1:{secure.getsockname()[1]}/", context=context) as client:
            client.create(player1_name="Anna", player2_name="Marek")
        with Talker(f"ws://[::1]:{plain.getsockname()[1]}/") as client:
            client.create(player1_name="Anna", player2_name="Marek")
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(file)
            line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert line.recv(12) == b"HTTP/1.1 200"


def test_what_is_no_listening_socket_ends_the_start(tmp_path: Path) -> None:
    for family, kind in (
        (socket.AF_INET, socket.SOCK_DGRAM),
        (socket.AF_INET, socket.SOCK_STREAM),
    ):
        with socket.socket(family, kind) as wrong:
            server = Activated(tmp_path, {"gamesync": wrong})
            server.spawn()
            assert server.wait() == 1
            said = server.log.splitlines()
            assert said[-1] == "gamesync: file descriptor 3 is no listening socket"
            assert "Traceback" not in server.log


# -- the units


def _unit(name: str, folder: Path, program: str) -> Path:
    """A unit of ours, whose program is one that is here."""
    text, changed = re.subn(
        r"^(ExecStart=)\S+", rf"\g<1>{program}", (ETC / name).read_text("utf-8"), flags=re.M
    )
    assert changed in (0, 1)
    (folder / name).write_text(text, "utf-8")
    return folder / name


def _analyze(*words: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    needs("systemd-analyze")
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "XDG_RUNTIME_DIR": str(folder)},
    )


def test_the_units_are_good_ones(tmp_path: Path) -> None:
    twistd = str(Path(sys.executable).with_name("twistd"))
    units = [_unit(name, tmp_path, twistd) for name in ("gamesync.service", "gamesync.socket")]
    checked = _analyze("verify", *units, folder=tmp_path)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")
    table = _unit("gamesync-table.service", tmp_path, sys.executable)
    checked = _analyze("verify", "--user", table, folder=tmp_path)
    assert checked.returncode == 0, checked.stderr
    assert "gamesync-table" not in checked.stderr
    units[0].write_text(units[0].read_text().replace("UMask=", "Umask="))
    assert "Unknown key 'Umask'" in _analyze("verify", units[0], folder=tmp_path).stderr


def test_the_unit_is_hardened(tmp_path: Path) -> None:
    unit = _unit("gamesync.service", tmp_path, "/bin/true")

    def exposure() -> float:
        said = _analyze("security", "--offline=true", unit, folder=tmp_path).stdout
        found = re.search(r"Overall exposure level for gamesync.service: ([0-9.]+)", said)
        assert found, said
        return float(found[1])

    assert exposure() <= 1.5
    text = unit.read_text()
    # These two look harmless, and are not: see the comments in the unit.
    assert not re.search("^(MemoryDenyWriteExecute|ProcSubset)=", text, re.M)
    unit.write_text(text.replace("SystemCallFilter", "#SystemCallFilter"))
    assert exposure() > 1.5


def test_avahi_is_told_of_the_port_that_the_socket_has() -> None:
    group = ElementTree.parse(ETC / "avahi.service").getroot()
    said = {each.tag: each.text for each in group.iter() if each.text and each.text.strip()}
    assert said["type"] == "_gamesync._tcp"
    assert said["txt-record"] == "scheme=ws"
    (port,) = re.findall("(?m)^ListenStream=(.*)$", (ETC / "gamesync.socket").read_text("utf-8"))
    assert said["port"] == port == str(Settings().ws_port)
