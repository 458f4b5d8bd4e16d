"""Data safety with real servers: backups under load, restored; files that vanish; bad starts."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gamesync.server.control import ask, socket_path
from gamesync.storage import generations, restore

from ..chaos.long import times
from ..starved import Watch
from ..storage.played import play
from .server import ServerProcess
from .talker import Talker

ROUNDS = times(short=3, long=20)
FREE = tuple(
    word
    for limit in ("commands", "match_commands", "frames")
    for each in ("per_second", "burst")
    for word in ("--limit", f"{limit}_{each}=9000")
)
"""As fast as it goes."""
SOON_S = 20.0
NOTICED_S = 10.0
"""Twice as long as it may be until somebody looks at the file."""


def gamesync(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command, as it is typed in that folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GAMESYNC_")}
    return subprocess.run(
        [str(Path(sys.executable).parent / "gamesync"), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def until(what: Callable[[], Any], seconds: float = SOON_S) -> Any:
    """Wait until *what* is true; its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it has not come about")


def health(server: ServerProcess) -> int:
    try:
        server.get("/readyz")
    except urllib.error.HTTPError as error:
        return error.code
    return 200


class Scorer:
    """Scores as fast as it is answered, and remembers what was acked."""

    def __init__(self, server: ServerProcess) -> None:
        self._pid = server.pid
        self.talker = Talker(server.url)
        self.talker.create(player1_name="Anna", player2_name="Marek")
        self.game = self.talker.game_id
        self.talker.do("setup", {"op": "skip", "first_player": 1})
        self.talker.do("timer_update", {"op": "start"})
        self.acked = 0
        self.took: list[float] = []
        self._on = True
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def score(self) -> dict[str, Any]:
        watch = Watch(self._pid)
        answer = self.talker.ask(
            "score_update", {"player": 1, "category": "secondary", "value": self.acked % 15 + 1}
        )
        self.took.append(watch.seconds())
        if answer["type"] == "ack":
            self.acked = int(answer["version"])
        return answer

    def _run(self) -> None:
        while self._on:
            self.score()

    def stop(self) -> None:
        self._on = False
        self._thread.join(SOON_S)
        assert not self._thread.is_alive()


def version_of(database: str, game: str | None) -> int:
    with closing(sqlite3.connect(database)) as connection:
        row = connection.execute("SELECT version FROM game_state WHERE game_id = ?", (game,))
        return int(row.fetchone()[0])


# -- row 30


def test_backups_under_load_are_whole_and_restored(tmp_path: Path) -> None:
    """Each has at least what was acked before it was asked for; play notices nothing."""
    box, other = tmp_path / "box", tmp_path / "other"
    box.mkdir()
    other.mkdir()
    server = ServerProcess(box, *FREE).start()
    scorer = Scorer(server)
    scorer.start()
    until(lambda: scorer.acked > 50)
    path = socket_path(str(server.database))
    asked: list[tuple[int, str]] = []
    for _ in range(ROUNDS):
        before = scorer.acked
        made = ask(path, {"do": "backup"}, 60)
        assert made["ok"], made
        assert made["examined"]["findings"] == []
        asked.append((before, made["path"]))
        assert scorer.acked > before  # play went on meanwhile
    scorer.stop()
    last, p99 = scorer.acked, statistics.quantiles(scorer.took, n=100)[-1]
    most = max(scorer.took)
    print(f"{len(scorer.took)} answers: p99 {p99 * 1000:.0f} ms, most {most * 1000:.0f} ms")
    # Nobody waited for a backup, nor for its trial.
    assert p99 <= 0.25
    assert most < 1.0
    server.stop()
    assert "Traceback" not in server.log
    kept = set(generations.listed(str(box / "backups"), str(server.database)))
    for number, (least, backup) in enumerate(asked):
        if backup not in kept:
            continue
        assert os.stat(backup).st_mode & 0o777 == 0o600
        target = other / f"{number}.db"
        restore.restore(backup, str(target))
        assert least <= version_of(str(target), scorer.game) <= last
    # On a second box it is served, under another epoch, with the links that were given out.
    done = gamesync(other, "restore", asked[-1][1])
    assert done.returncode == 0, done.stderr
    second = ServerProcess(other).start()
    with Talker(second.url, scorer.talker.token) as talker:
        assert talker.greeting["data"]["epoch"] != scorer.talker.greeting["data"]["epoch"]
        talker.connect(game_id=scorer.game)
        # One more: the time in between is noted.
        assert asked[-1][0] < talker.do("game_state")["version"] <= last + 1
        answer = talker.do("score_update", {"player": 2, "category": "secondary", "value": 3})
        assert answer["type"] == "ack"
    second.stop()
    assert gamesync(other, "verify").returncode == 0


def test_the_schedule_of_a_server_and_a_kill_in_the_middle(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE).start()
    scorer = Scorer(server)
    for _ in range(5):
        scorer.score()
    asking = threading.Thread(target=lambda: gamesync(tmp_path, "backup"), daemon=True)
    asking.start()
    folder = tmp_path / "backups"
    until(lambda: folder.exists() and any(folder.iterdir()))
    server.kill()
    asking.join(SOON_S)
    server.start()
    assert gamesync(tmp_path, "verify").returncode == 0
    done = gamesync(tmp_path, "backup")
    assert done.returncode == 0, done.stderr
    with Talker(server.url) as talker:
        assert talker.do("game_state", game_id=scorer.game)["version"] >= scorer.acked
    server.stop()


# -- row 29


def test_a_file_that_goes_under_the_server_stops_the_acks(tmp_path: Path) -> None:
    ways = ("unlinked", "replaced", "log unlinked", "moved")
    for way in ways:
        (tmp_path / way).mkdir()
    servers = {way: ServerProcess(tmp_path / way, *FREE).start() for way in ways}
    scorers = {way: Scorer(server) for way, server in servers.items()}
    away = tmp_path / "away"
    for way, server in servers.items():
        assert scorers[way].score()["type"] == "ack"
        path = server.database
        if way == "replaced":
            shutil.copyfile(path, f"{path}.copy")
            os.replace(f"{path}.copy", path)
        elif way == "moved":
            path.rename(away)
        else:
            os.unlink(f"{path}-wal" if "log" in way else path)
    watches = {way: Watch(server.pid) for way, server in servers.items()}

    def refused(scorer: Scorer) -> dict[str, Any] | None:
        time.sleep(0.05)
        answer = scorer.score()
        return answer if answer["type"] == "error" else None

    for way, scorer in scorers.items():
        assert until(lambda: refused(scorer))["data"]["code"] == "storage"  # noqa: B023
        assert watches[way].seconds() < NOTICED_S
    for way, server in servers.items():
        scorer = scorers[way]
        assert health(server) == 503
        # What is known is still shown.
        assert scorer.talker.do("game_state")["version"] == scorer.acked
        assert scorer.score()["type"] == "error"
        if way == "moved":  # put back it is what it was, and play goes on
            away.rename(server.database)
            until(lambda: scorer.score()["type"] == "ack")  # noqa: B023
            assert health(server) == 200
            server.kill()
            assert version_of(str(server.database), scorer.game) == scorer.acked
        server.stop()
        assert "the database is not where it was" in server.log
        assert "Traceback" not in server.log


# -- row 28, on a server that was killed with its last words in the log alone


@pytest.fixture
def dead(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, *FREE).start()
    scorer = Scorer(server)
    for _ in range(40):
        scorer.score()
    assert gamesync(tmp_path, "backup").returncode == 0
    for _ in range(40):
        scorer.score()
    server.kill()
    yield server
    server.stop()


def remove(path: Path) -> None:
    path.unlink()
    path.with_name("game_state.db-wal").unlink()


def empty(path: Path) -> None:
    os.truncate(path, 0)


def lose_log(path: Path) -> None:
    path.with_name("game_state.db-wal").unlink()


def spoil_log(path: Path) -> None:
    log = path.with_name("game_state.db-wal")
    data = bytearray(log.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 64] = b"\xa5" * 64
    log.write_bytes(data)


def text_file(path: Path) -> None:
    path.write_text("dear diary " * 1000)


HARM: list[tuple[Callable[[Path], None], str]] = [
    (remove, "is not there, but games were kept in it"),
    (empty, "is empty, but games were kept in it"),
    (lose_log, "has lost its write-ahead log"),
    (spoil_log, "has a damaged write-ahead log"),
    (text_file, "is damaged ("),
]


def test_a_start_on_what_is_not_the_database_is_refused_in_words(dead: ServerProcess) -> None:
    good = {
        p.name: p.read_bytes()
        for p in dead.folder.iterdir()
        if p.name.startswith("game_") and p.is_file()
    }
    for harm, said in HARM:
        for name, data in good.items():
            (dead.folder / name).write_bytes(data)
        harm(dead.database)
        before = dead.database.read_bytes() if dead.database.exists() else None
        dead._read = len(dead.log)
        dead.spawn()
        assert _ends(dead) == 1, harm
        told = dead.log[dead._read :].strip().splitlines()
        assert said in told[-1], (harm, told)
        after = dead.database.read_bytes() if dead.database.exists() else None
        assert after == before, harm
    # What it says to type brings the games back.
    _put_back(dead.folder, keep=good)
    (backup,) = generations.listed(str(dead.folder / "backups"), str(dead.database))
    dead.database.unlink()
    dead.spawn()
    assert dead.wait() == 1
    assert f"`gamesync restore {backup}` puts that in its place." in dead.log
    assert gamesync(dead.folder, "restore", backup).returncode == 0
    dead.start()


def _ends(server: ServerProcess) -> int | None:
    """The status with which it ends; None if it does not."""
    try:
        return server.wait()
    except subprocess.TimeoutExpired:
        return None


def _put_back(folder: Path, keep: dict[str, bytes]) -> None:
    for name, data in keep.items():
        (folder / name).write_bytes(data)


def test_an_operator_who_knows_better_goes_on(dead: ServerProcess) -> None:
    lose_log(dead.database)
    dead.spawn()
    assert dead.wait() == 1
    done = gamesync(dead.folder, "accept")
    assert (done.returncode, "is taken as it is" in done.stdout) == (0, True)
    dead.start()
    assert gamesync(dead.folder, "accept").stderr.endswith("stop it first\n")


# -- row 27


def test_a_start_on_a_database_that_somebody_holds(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    play(str(server.database))
    with closing(sqlite3.connect(server.database, isolation_level=None)) as stranger:
        stranger.execute("BEGIN EXCLUSIVE")
        server.spawn()
        assert server.wait() == 1
        assert "game_state.db is in use by another process." in server.log
    server.start()
    with (
        closing(sqlite3.connect(server.database, timeout=0)) as stranger,
        pytest.raises(sqlite3.OperationalError, match="locked"),
    ):
        stranger.execute("SELECT * FROM game_state").fetchall()
    server.stop()


# -- the other commands, against a server and without one


def test_exports_imports_and_forgetting_by_command(tmp_path: Path) -> None:
    box, other = tmp_path / "box", tmp_path / "other"
    box.mkdir()
    other.mkdir()
    game, _ = play(str(box / "game_state.db"))
    play(str(other / "game_state.db"))
    server = ServerProcess(box).start()
    running = gamesync(box, "export", "--all", "-o", "out")
    assert running.returncode == 0, running.stderr
    assert len(list((box / "out").iterdir())) == 2
    one = gamesync(box, "export", game, "--form", "csv")
    assert "Anna" in one.stdout
    assert gamesync(box, "import", "x").stderr.endswith("stop it first\n")
    assert gamesync(box, "restore", "x").stderr.endswith("stop it first\n")
    erased = gamesync(box, "erase", "--person", "Marek")
    assert (erased.returncode, erased.stderr) == (1, f"gamesync: {_playing(erased.stderr)}\n")
    server.stop()
    alone = gamesync(box, "erase", game)
    assert alone.stdout == f"{game}: forgotten\n"
    out = gamesync(box, "export", game, "--form", "log", "-o", "log.jsonl")
    assert out.returncode == 0, out.stderr
    told = json.loads((box / "log.jsonl").read_text())
    assert told["game_id"] == game
    assert "Anna" not in (box / "log.jsonl").read_text()
    assert (box / "log.jsonl").stat().st_mode & 0o777 == 0o600
    taken = gamesync(other, "import", str(box / "log.jsonl"))
    assert taken.stdout == "1 games taken in, 0 were there already\n"
    again = gamesync(other, "import", str(box / "log.jsonl"))
    assert again.stdout == "0 games taken in, 1 were there already\n"
    told["log"][-1]["wall"] = "2026-11-22T18:00:01.000Z"
    (box / "log.jsonl").write_text(json.dumps(told))
    another = gamesync(other, "import", str(box / "log.jsonl"))
    assert "is there already, and is another" in another.stderr
    assert gamesync(other, "verify").returncode == 0


def _playing(said: str) -> str:
    assert said.endswith("is not over; end it first\n")
    return said.removeprefix("gamesync: ").strip()
