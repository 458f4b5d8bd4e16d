"""
The Debian package, on a box with systemd: installed, played on, restarted, removed.

In CI the box is this machine's own system over again. With ``GAMESYNC_LONG=1`` it is a fresh one,
and more is done with it: ``make install-test``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .box import Box, fresh, needs_boxes, until
from .certificates import Authority
from .needs import needs
from .talker import Talker

ROOT = Path(__file__).parents[2]
LONG = bool(os.environ.get("GAMESYNC_LONG"))
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gamesync"
HERE = "127.0.0.1:8765"
POINTS = {"player": 1, "category": "secondary", "delta": 1}


def package(folder: Path, source: Path = ROOT, **environment: str) -> Path:
    made = subprocess.run(
        [source / "scripts/package", folder],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )
    return Path(made.stdout.split()[-1])


@pytest.fixture(scope="module")
def deb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_boxes()
    needs("dpkg-deb")
    return package(tmp_path_factory.mktemp("deb"), PACKAGE_REVISION="9999")


@pytest.fixture(scope="module")
def base() -> Path:
    if not LONG:
        return Path("/")
    needs("debootstrap")
    return fresh(CACHE)


def install(box: Box, deb: Path) -> None:
    """The one command."""
    box.put(deb, "/srv")
    box.do("apt-get", "install", "-y", "--no-install-recommends", f"/srv/{deb.name}")
    (box.root / "srv" / deb.name).unlink()


def files(box: Box) -> set[str]:
    """What has been written to the box since it was made, where a package writes."""
    upper = box.folder / "memory" / "upper"
    found = {str(path.relative_to(upper)) for path in upper.rglob("*")}
    ours = ("etc/", "home/", "opt/", "usr/")
    logs = ("var/cache/", "var/lib/apt/", "var/lib/dpkg/", "var/log/", "run/", "tmp/")
    return {
        path
        for path in found
        if path.startswith(ours) or ("gamesync" in path and not path.startswith(logs))
    }


@pytest.fixture(scope="module")
def before() -> dict[str, set[str]]:
    """What was on the box before the package, once it is installed."""
    return {}


@pytest.fixture(scope="module")
def box(
    tmp_path_factory: pytest.TempPathFactory, base: Path, deb: Path, before: dict[str, set[str]]
) -> Iterator[Box]:
    """One box, on which the tests of this module follow each other; each leaves it serving."""
    made = Box(tmp_path_factory.mktemp("box"), base)
    try:
        made.start()
        before["files"] = files(made)
        install(made, deb)
        yield made
        print(made.journal())  # shown if a test has failed
    finally:
        made.stop()


def talk(box: Box, url: str = f"ws://{HERE}/", **more: Any) -> Talker:
    with box.network():
        return Talker(url, **more)


def get(box: Box, path: str) -> Any:
    with box.network(), urllib.request.urlopen(f"http://{HERE}{path}", timeout=20) as answer:
        return json.loads(answer.read())


def game_in_play(box: Box) -> tuple[str, str]:
    """A match with its clock running: its id, and the host's token."""
    with talk(box) as host:
        game_id = host.create(player1_name="Anna", player2_name="Marek")["game_id"]
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        assert host.token is not None
        return game_id, host.token


def score(box: Box, game: tuple[str, str]) -> int:
    """One point more for Anna; how many she has then."""
    game_id, token = game
    with talk(box, token=token) as host:
        host.connect(game_id=game_id)
        host.do("score_update", POINTS)
        return int(host.state()["scores"]["players"][0]["score"])


def stop(box: Box) -> None:
    """Of both: whoever connects to the socket would start the server again."""
    box.do("systemctl", "stop", "gamesync.socket", "gamesync.service")


def drop_in(box: Box, text: str) -> None:
    folder = box.root / "etc/systemd/system/gamesync.service.d"
    folder.mkdir(exist_ok=True)
    (folder / "test.conf").write_text(text)
    box.do("systemctl", "daemon-reload")


def test_one_command_and_it_serves(box: Box) -> None:
    assert box.show("ActiveState") == "active"
    assert box.show("StatusText").startswith("serving; games open: 0")
    for unit in ("gamesync.socket", "gamesync.service"):
        assert box.do("systemctl", "is-enabled", unit).strip() == "enabled"
    assert get(box, "/healthz")
    assert score(box, game_in_play(box)) == 1
    journal = box.journal()
    assert "the organiser's link" in journal
    assert "Traceback" not in journal
    assert "plugin cache" not in journal, "it would be made again at every start"


def test_it_may_do_no_more_than_it_has_to(box: Box) -> None:
    status = box.do("cat", f"/proc/{box.show('MainPID')}/status")
    held = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert int(held["CapEff"], 16) == int(held["CapBnd"], 16) == 0
    assert held["NoNewPrivs"] == "1"
    assert held["Seccomp"] == "2"
    assert held["Uid"].split()[0] == box.do("id", "-u", "gamesync").strip()
    state = box.do("stat", "-c", "%U:%G %a", "/var/lib/gamesync").strip()
    assert state == "gamesync:gamesync 700"
    kept = box.do("find", "/var/lib/gamesync", "-type", "f", "-printf", "%u %m\n")
    assert set(kept.splitlines()) == {"gamesync 600"}


def test_the_command_finds_the_server_and_leaves_nothing_of_roots(box: Box) -> None:
    assert "Organiser" in box.do("gamesync", "key", "list")
    stop(box)
    assert "Ann" in box.do("gamesync", "key", "new", "Ann", "--judge")
    assert box.do("find", "/var/lib/gamesync", "!", "-user", "gamesync") == ""
    box.do("systemctl", "start", "gamesync")
    assert "Ann" in box.do("gamesync", "key", "list")
    box.do("gamesync", "backup", "/srv/kept")  # a folder of root's
    assert box.do("stat", "-c", "%U %a", "/srv/kept").strip() == "gamesync 600"
    nobody = ("setpriv", "--reuid=nobody", "--clear-groups", "gamesync", "key", "list")
    refused = box.ask(*nobody)
    assert refused.returncode == 1
    assert refused.stderr.startswith("gamesync: ")
    assert refused.stderr.count("\n") == 1


class Knocking:
    """Connects again and again, from another thread, and counts how often nobody was there."""

    def __init__(self, box: Box) -> None:
        self.connected = self.refused = 0
        self._box = box
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Knocking:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        host, port = HERE.split(":")
        with self._box.network():
            while not self._over.wait(0.05):  # under the gate's rate for one address
                try:
                    socket.create_connection((host, int(port)), 20).close()
                    self.connected += 1
                except OSError:
                    self.refused += 1


def test_nobody_is_refused_during_a_restart(box: Box) -> None:
    game = game_in_play(box)
    with Knocking(box) as knocking:
        until(lambda: knocking.connected)
        box.do("systemctl", "restart", "gamesync")
        assert score(box, game) == 1
    assert knocking.refused == 0
    # And it is known how long that was: by the boot's id, which the unit must leave to be read.
    assert "unknown time" not in box.journal()
    stop(box)
    with Knocking(box) as knocking:
        until(lambda: knocking.refused)
    assert knocking.connected == 0
    assert box.show("ActiveState") == "inactive"
    box.do("systemctl", "start", "gamesync")
    assert score(box, game) == 2


@pytest.fixture
def configuration(box: Box) -> Iterator[Path]:
    """The box's, which is as it was again after the test."""
    file = box.root / "etc/gamesync/gamesync.toml"
    before = file.read_text()
    yield file
    file.write_text(before)
    box.do("systemctl", "restart", "gamesync")


def say(configuration: Path, text: str) -> None:
    with configuration.open("a") as file:
        file.write(text)


PLAIN = """
[Socket]
ListenStream=80
FileDescriptorName=plain
Service=gamesync.service
"""


def test_wss_under_the_units_restrictions_and_a_new_certificate(
    box: Box, configuration: Path, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    context = ssl.create_default_context(cafile=authority.file)

    def renew() -> None:
        for file in authority.issue("server"):
            box.put(file, "/etc/gamesync")
            box.do("chgrp", "gamesync", f"/etc/gamesync/{file.name}")
            box.do("chmod", "640", f"/etc/gamesync/{file.name}")

    def serial() -> object:
        with box.network(), socket.create_connection(("127.0.0.1", 8765), 20) as line:
            tls = context.wrap_socket(line, server_hostname="127.0.0.1")
            found = tls.getpeercert()
            tls.close()
        return found and found["serialNumber"]

    renew()
    say(configuration, "certificate = '/etc/gamesync/server.pem'\n")
    say(configuration, "private_key = '/etc/gamesync/server.key'\n")
    # And one without TLS, on a port that the server's user may not open.
    say(configuration, "listen = ['systemd:domain=INET6:name=plain']\n")
    unit = box.root / "etc/systemd/system/gamesync-plain.socket"
    unit.write_text(PLAIN)
    box.do("systemctl", "daemon-reload")
    stop(box)
    box.do("systemctl", "start", "gamesync-plain.socket", "gamesync.service")
    with talk(box, f"wss://{HERE}/", context=context) as client, talk(box, "ws://127.0.0.1/"):
        client.create(player1_name="Anna", player2_name="Marek")
        first = serial()
        renew()
        box.do("systemctl", "reload", "gamesync")
        until(lambda: serial() != first)
        client.do("setup", {"op": "skip", "first_player": 1})  # nobody was dropped
    for _ in range(30):
        talk(box, f"wss://{HERE}/", context=context).close()
    box.do("systemctl", "stop", "gamesync-plain.socket")
    unit.unlink()
    for name in ("server.pem", "server.key"):
        (box.root / "etc/gamesync" / name).unlink()
    box.do("systemctl", "daemon-reload")


@pytest.mark.parametrize("signal", ["STOP", "KILL"])
def test_who_hangs_or_dies_is_started_again(box: Box, signal: str) -> None:
    """A process that is stopped feeds no watchdog; nothing that was acknowledged is lost."""
    drop_in(box, "" if LONG else "[Service]\nWatchdogSec=3\n")
    box.do("systemctl", "restart", "gamesync")
    game = game_in_play(box)
    assert score(box, game) == 1
    hung, restarts = box.show("MainPID"), int(box.show("NRestarts"))
    with Knocking(box) as knocking:
        box.do("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "gamesync")
        until(lambda: box.show("MainPID") not in ("0", hung))
        until(lambda: box.show("ActiveState") == "active")
        assert score(box, game) == 2
    assert knocking.refused == 0
    assert int(box.show("NRestarts")) == restarts + 1
    if signal == "STOP":
        said = box.do("journalctl", "-u", "gamesync", "--no-pager")
        assert "Watchdog timeout" in said
    drop_in(box, "")


def test_who_cannot_start_is_tried_again_and_says_why(box: Box, configuration: Path) -> None:
    before = configuration.read_text()
    say(configuration, "colour = 1\n")
    assert box.ask("systemctl", "restart", "gamesync").returncode != 0
    until(lambda: int(box.show("NRestarts")) >= 2)
    assert "gamesync.toml: there is no key 'colour'" in box.journal()
    configuration.write_text(before)
    until(lambda: box.show("ActiveState") == "active")
    box.do("systemctl", "reset-failed", "gamesync")
    assert get(box, "/healthz")


@pytest.mark.skipif(not LONG, reason="builds and installs two more packages: make install-test")
def test_an_upgrade_from_the_commit_before_and_a_second_box(
    base: Path, deb: Path, tmp_path: Path
) -> None:
    needs("git")
    source = tmp_path / "before"
    source.mkdir()
    git = ["git", "-C", str(ROOT), "archive", previous()]
    archive = subprocess.run(git, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-C", source, "-x"], input=archive, check=True)
    if not (source / "scripts/package").exists():
        pytest.skip("the commit before made no package")
    first = package(tmp_path, source, PACKAGE_REVISION="1")
    assert first.name != deb.name

    one, two = (Box(tmp_path / name, base) for name in ("one", "two"))
    try:
        one.start()
        install(one, first)
        game = game_in_play(one)
        assert score(one, game) == 1
        with Knocking(one) as knocking:
            install(one, deb)
            assert score(one, game) == 2
        assert knocking.refused == 0
        assert "+9999" in one.do("dpkg-query", "-W", "gamesync")
        one.do("gamesync", "cert")
        one.do("gamesync", "backup", "/srv/kept")
        assert score(one, game) == 3

        # The box is lost; what was kept of it goes to another one.
        two.start()
        install(two, deb)
        two.put(one.root / "srv/kept", "/srv")
        assert two.ask("gamesync", "restore", "/srv/kept").returncode == 1, "a server runs"
        stop(two)
        two.do("gamesync", "restore", "/srv/kept")
        assert two.do("find", "/var/lib/gamesync", "!", "-user", "gamesync") == ""
        root = ("cat", "/var/lib/gamesync/tls/ca.crt")
        assert two.do(*root) == one.do(*root), "who trusted the first trusts the second"
        two.do("systemctl", "start", "gamesync")
        assert score(two, game) == 3
    finally:
        one.stop()
        two.stop()


def previous() -> str:
    """What was committed before what is in this checkout."""
    changed = subprocess.run(["git", "-C", ROOT, "diff", "--quiet", "HEAD"], check=False).returncode
    return "HEAD" if changed else "HEAD^"


def test_removed_it_leaves_the_games_and_purged_nothing(
    box: Box, base: Path, before: dict[str, set[str]], deb: Path
) -> None:
    shutil.rmtree(box.root / "etc/systemd/system/gamesync.service.d", ignore_errors=True)
    game = game_in_play(box)
    assert score(box, game) == 1
    box.do("apt-get", "remove", "-y", "gamesync")
    with box.network(), pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", 8765), 20)
    assert not (box.root / "usr/lib/gamesync").exists()
    assert (box.root / "var/lib/gamesync/game_state.db").exists()
    install(box, deb)
    assert score(box, game) == 2

    box.do("apt-get", "purge", "-y", "gamesync")
    assert box.ask("getent", "passwd", "gamesync").returncode == 2
    assert box.ask("getent", "group", "gamesync").returncode == 2
    written = files(box) - before["files"]
    left = {each for each in written if (box.root / each).exists() and not (base / each).exists()}
    assert left == set()
    units = box.ask("systemctl", "list-units", "--all", "gamesync*", "--no-legend").stdout
    assert units.strip() == ""
