"""A whole server over a disk that takes no more: nothing is shown or acked that is not on it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Self

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..chaos import ledger
from ..chaos.follower import Follower
from ..chaos.plants import planted
from ..chaos.storm import FREE
from .needs import needs
from .server import ServerProcess
from .small_disk import fill_up, free, small_disk
from .talker import Talker

MOST_STEPS = 2_000
"""So many have filled any disk that is here."""
ANSWERED_S = 4.0
"""Within this a refusal comes, too: sooner than a server gives up waiting for its own lock."""
OPTIONS = (*FREE, "--restart-grace", "600")
"""However slow the machine is, the time of an outage is not made up for in the log."""
NOBODY = 65534
CELL = {"player": 1, "category": "secondary", "round": 1, "correct": True}


class Match:
    """
    A match that somebody plays and somebody watches, and what both were told.

    :ivar acked: id -> version, of every command that was acked
    :ivar refused: ids of those that were answered ``storage``, in order
    :ivar follower: what the watcher was told; it notes each gap
    """

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.acked: dict[str, int] = {}
        self.refused: list[str] = []
        self.follower = Follower()
        self._open = ExitStack()
        self._sent = 0
        self.host = self._open.enter_context(Talker(server.url))
        self.game_id = str(self.host.create(player1_name="Anna", player2_name="Marek")["game_id"])
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})
        self.watcher = self._open.enter_context(Talker(server.url))
        self.watcher.connect(game_id=self.game_id)
        self._joined = self._watched()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._open.close()

    def step(self, id_: str = "") -> bool:
        """One command (again, if its *id_* is given); whether it was acked."""
        self._sent += not id_
        id_ = id_ or f"step-{self._sent:05}"
        score = {**CELL, "value": int(id_[-2:]) % 15}
        answer = self.host.ask("score_update", score, id_=id_, seconds=ANSWERED_S)
        if answer["type"] == "ack":
            self.acked[id_] = answer["version"]
            return True
        assert answer["data"]["code"] == "storage", answer
        assert answer["data"].get("retry_after_ms", 1) > 0
        self.refused.append(id_)
        return False

    def until_refused(self) -> None:
        """Play until the disk takes no more."""
        assert any(not self.step() for _ in range(MOST_STEPS)), "the disk never filled up"

    def _watched(self) -> int:
        """The version that the watcher sees when he asks, having heard all that came before."""
        answer = self.watcher.do("game_state")
        while self.watcher.heard:
            self.follower.hear(self.watcher.heard.pop(0))
        return int(answer["version"])

    def agrees(self) -> None:
        """Whoever watches has been told of what was acked, all of it and nothing else."""
        newest = max(self.acked.values())
        assert self._watched() == newest
        assert self.follower.faults == []
        told = [version for version in self.follower.versions if version > self._joined]
        assert told == sorted(self.acked.values())
        assert self.host.do("game_state")["version"] == newest
        assert self.line()["version"] == newest

    def line(self) -> dict[str, Any]:
        """The game as everybody may ask for it."""
        found: dict[str, Any] = json.loads(self.server.get(f"/api/v1/games/{self.game_id}"))
        return found

    def report(self) -> bytes:
        """What is read from the file, and not from memory."""
        path = f"{self.server.http}/api/v1/games/{self.game_id}/export.json"
        asked = urllib.request.Request(path, headers={"Authorization": f"Bearer {self.host.token}"})
        with urllib.request.urlopen(asked, timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def on_disk(self, files: ledger.Ledger) -> None:
        """*files* hold what was acked, all of it and nothing else, and are whole."""
        assert files.faults() == []
        rows = {
            entry.command_id: entry.version
            for entry in files.entries[self.game_id]
            if entry.version > self._joined
        }
        assert rows == self.acked


def readiness(server: ServerProcess) -> tuple[int, list[str]]:
    """What ``/readyz`` says: its status, and why."""
    try:
        with urllib.request.urlopen(f"{server.http}/readyz", timeout=10) as answer:
            return answer.status, json.loads(answer.read())["reasons"]
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["reasons"]


def figure(server: ServerProcess, name: str, **labels: str) -> float:
    for family in text_string_to_metric_families(server.get("/metrics").decode()):
        for sample in family.samples:
            if sample.name == name and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


def until(true: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.05)


def without_room(match: Match) -> None:
    """What must hold while nothing can be written, and not for a moment only."""
    server = match.server
    for _ in range(8):  # more than it takes until the file is opened anew
        match.step()
    assert match.host.do("heartbeat")["data"]["live"] is False
    status, why = readiness(server)
    assert status == 503
    assert "storage" in why
    assert server.get("/healthz") == b'{"status":"ok"}'
    assert figure(server, "gamesync_check_failed", check="storage") == 1
    assert figure(server, "gamesync_commit_failures_total") >= 1
    counted = figure(server, "gamesync_messages_total", type="score_update", result="storage")
    assert counted == len(match.refused)
    with Talker(server.url) as late:  # whoever comes now sees it all the same
        late.connect(game_id=match.game_id)
        assert late.do("game_state")["version"] == max(match.acked.values())
    assert match.game_id in server.get("/api/v1/games").decode()
    assert f'"version":{max(match.acked.values())}'.encode() in match.report()
    match.agrees()


def with_room(match: Match) -> None:
    """It goes on by itself: what was refused is taken under the same ids, once."""
    server, refused = match.server, list(match.refused)
    until(lambda: "storage" not in readiness(server)[1])
    assert all(match.step(id_) for id_ in refused)
    assert match.step()
    assert match.host.do("heartbeat")["data"]["live"] is True
    assert figure(server, "gamesync_check_failed", check="storage") == 0
    assert "what is decided can be made durable again" in server.log
    match.agrees()


def killed(match: Match, into: Path) -> None:
    """What was acked is in the files of a server that is killed, and in the one that follows."""
    before = match.host.state()
    match.server.kill()
    match.on_disk(ledger.image(match.server.database, into))
    comes_back(match, before)


def comes_back(match: Match, before: dict[str, Any]) -> None:
    """Started again, the server has what there was *before*, and goes on from there."""
    server, newest = match.server.start(), max(match.acked.values())
    with Talker(server.url, token=match.host.token) as again:
        again.connect(game_id=match.game_id)
        after = again.do("game_state")
        assert after["version"] == newest + 1, "the time that it was down, and nothing else"
        assert after["data"]["state"]["scores"] == before["scores"]
        assert again.do("score_update", {**CELL, "delta": 1})["version"] == newest + 2
    assert "Traceback" not in server.log


@contextmanager
def full_disk(folder: Path, *faults: str) -> Iterator[tuple[ServerProcess, Path]]:
    """A server on a disk that is nearly full, and the file to delete to make room."""
    with small_disk(folder / "disk", "40m") as disk:
        server = ServerProcess(disk, *OPTIONS, wrapper=planted(*faults) if faults else ())
        server.start()
        fill_up(disk / "ballast", but_for=600_000)
        yield server, disk / "ballast"
        server.stop()


def test_a_disk_that_is_full_and_cleared(tmp_path: Path) -> None:
    with full_disk(tmp_path) as (server, ballast), Match(server) as match:
        match.until_refused()
        assert len(match.acked) > 5
        assert set(readiness(server)[1]) == {"storage", "disk_full"}
        without_room(match)
        ballast.unlink()
        with_room(match)
        assert readiness(server) == (200, [])
        killed(match, tmp_path / "image")


def test_the_checker_catches_an_ack_that_the_full_disk_never_had(tmp_path: Path) -> None:
    with full_disk(tmp_path, "ack_early") as (server, ballast), Match(server) as match:
        until(lambda: match.step() and free(ballast.parent) < 16 * 1024)
        for _ in range(20):
            assert match.step()
        server.kill()
        with pytest.raises(AssertionError):
            match.on_disk(ledger.image(server.database, tmp_path / "image"))


def limit_files(server: ServerProcess, size: str) -> None:
    """No file of the server's may be written beyond *size* from now on: the disk's own error."""
    needs("prlimit")
    who = server.wrapper[:4] if "setpriv" in server.wrapper else ()
    asked = [*who, "prlimit", f"--pid={server.pid}", f"--fsize={size}:"]
    subprocess.run(asked, check=True)


def test_a_stop_while_the_disk_is_full(tmp_path: Path) -> None:
    """It is as quick as any, no fault of ours, and loses nothing."""
    with full_disk(tmp_path) as (server, ballast), Match(server) as match:
        match.until_refused()
        before = match.host.state()
        assert server.stop() == -signal.SIGTERM
        ballast.unlink()
        comes_back(match, before)


def test_a_disk_whose_writes_fail_and_then_do_not(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *OPTIONS).start()
    with Match(server) as match:
        assert all(match.step() for _ in range(5))
        # Less than the file already has: to open it anew does not help either.
        limit_files(server, "40000")
        match.until_refused()
        without_room(match)
        limit_files(server, "unlimited")
        with_room(match)
        assert readiness(server)[0] == 200
        killed(match, tmp_path / "image")


def test_while_nothing_can_be_written_nobody_s_clock_runs(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE, "--restart-grace", "1").start()
    with Match(server) as match:
        assert match.step()
        limit_files(server, "40000")
        match.until_refused()
        before = match.line()
        until(lambda: match.line()["now"] - before["now"] > 2_500)
        limit_files(server, "unlimited")
        until(match.step)
        after = match.line()
        (gap,) = after["state"]["gaps"]
        assert gap["to_ms"] - gap["from_ms"] > 2_400
        assert abs(after["p1_ms"] - before["p1_ms"]) < 1_000, (
            "what was shown meanwhile does not count"
        )
        assert match.host.state()["clock"]["paused"] == ["server"], "it waits for the table"


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder of a plain user's. Not one of pytest's own, into which he could not look."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        yield Path(folder)


def as_nobody() -> tuple[str, ...]:
    """The ``wrapper`` of a server that is a plain user: of root no mode of a file is heard."""
    if os.geteuid() != 0:
        return ()
    needs("setpriv")
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


def protect(database: Path, *, shut: bool) -> None:
    """Have neither the database nor its folder be written to, or have them so again."""
    for each in database.parent.glob(f"{database.name}*"):
        if each.is_file():
            each.chmod(0o400 if shut else 0o600)
    database.parent.chmod(0o500 if shut else 0o700)


def test_a_disk_that_fails_and_is_read_only(public: Path) -> None:
    """To open the file anew would be its end: nobody could read any more."""
    server = ServerProcess(public, *OPTIONS, wrapper=as_nobody()).start()
    with Match(server) as match:
        assert all(match.step() for _ in range(5))
        protect(server.database, shut=True)
        assert all(match.step() for _ in range(5)), "what is open stays so"
        limit_files(server, "40000")
        match.until_refused()
        without_room(match)
        limit_files(server, "unlimited")
        with_room(match)
        protect(server.database, shut=False)
        assert readiness(server)[0] == 200
        killed(match, public / "image")


def refused(server: ServerProcess) -> str:
    """What a start that cannot be says, in the one sentence that it ends with."""
    server.spawn()
    assert server.wait() == 1
    (said,) = server.log[server._read :].splitlines()
    return said


def test_a_start_on_a_full_disk(tmp_path: Path) -> None:
    """Somebody starts the box anew because it takes no more: he is told what to do instead."""
    with full_disk(tmp_path) as (server, ballast), Match(server) as match:
        match.until_refused()
        before = match.host.state()
        server.kill()
        said = refused(server)
        assert said == "gamesync: game_state.db cannot be used: no space is left on its disk."
        ballast.unlink()
        comes_back(match, before)


@pytest.mark.parametrize(
    ("folder_too", "why"),
    [(True, "its folder may not be written to"), (False, "it may not be written to")],
    ids=["folder", "file"],
)
def test_a_start_on_what_cannot_be_written_to(public: Path, folder_too: bool, why: str) -> None:
    server = ServerProcess(public, wrapper=as_nobody()).start()
    with Match(server) as match:
        assert match.step()
        before = match.host.state()
        server.kill()
        protect(server.database, shut=True)
        if not folder_too:
            public.chmod(0o700)
        assert refused(server) == f"gamesync: {server.database.name} cannot be used: {why}."
        protect(server.database, shut=False)
        comes_back(match, before)
