"""Files as they are found at a start: old, new, foreign, damaged, held by somebody else."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gamesync.domain.state import Shown
from gamesync.storage import rows, schema
from gamesync.storage.schema import (
    BadDatabase,
    Damaged,
    FromTheFuture,
    InUse,
    NotOurs,
    migrate,
    prepare,
    scripts,
)

from .stored import playing

NEXT = """
CREATE TABLE later (a TEXT PRIMARY KEY, b INTEGER) STRICT;
ALTER TABLE game_state ADD COLUMN later TEXT;
INSERT INTO later VALUES ('x', 1), ('y', 2);
UPDATE meta SET value = value || '!' WHERE key = 'epoch';
CREATE INDEX later_b ON later (b);
"""
"""What a later version might do."""

STEPS = (*scripts(), NEXT, "DROP TABLE later;")


def opened(path: str) -> closing[sqlite3.Connection]:
    return closing(sqlite3.connect(path, isolation_level=None))


def schema_of(connection: sqlite3.Connection) -> list[Any]:
    sql = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name"
    marks = [
        connection.execute(f"PRAGMA {p}").fetchone() for p in ("user_version", "application_id")
    ]
    return [*connection.execute(sql), *marks]


def bytes_of(path: str) -> dict[str, bytes]:
    return {
        end: Path(path + end).read_bytes() for end in ("", "-wal") if os.path.exists(path + end)
    }


def mode_of(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def one_sentence(path: str, error: BadDatabase) -> bool:
    text = str(error)
    return text.startswith(path) and text.endswith(".") and "\n" not in text


@pytest.mark.parametrize("start", range(len(STEPS) + 1))
def test_every_old_file_ends_with_the_schema_of_a_new_one(path: str, start: int) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        migrate(fresh, STEPS)
        wanted = schema_of(fresh)
    if start:
        prepare(path, STEPS[:start])
    prepare(path, STEPS)
    with opened(path) as connection:
        assert schema_of(connection) == wanted


def test_a_new_file_is_its_owners_alone(path: str) -> None:
    before = os.umask(0)
    try:
        prepare(path)
    finally:
        os.umask(before)
    assert mode_of(path) == 0o600
    # Nothing is left open, and nothing besides the file.
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_a_file_that_others_could_read_is_closed_to_them(path: str) -> None:
    prepare(path)
    os.chmod(path, 0o664)
    prepare(path)
    assert mode_of(path) == 0o600


def test_an_empty_file_is_taken_for_a_new_one(path: str) -> None:
    Path(path).touch(0o644)
    prepare(path)
    with opened(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(scripts()),)
    assert mode_of(path) == 0o600


def test_names_that_mean_something_in_a_url(tmp_path: Path) -> None:
    path = str(tmp_path / "50% ?mode=memory#x é.db")
    prepare(path)
    assert os.path.getsize(path) > 0


def test_a_copy_is_made_before_each_step(path: str) -> None:
    prepare(path, STEPS[:1])
    assert os.listdir(os.path.dirname(path)) == [os.path.basename(path)]
    with opened(path) as connection:
        connection.execute("INSERT INTO meta VALUES ('mine', 'kept')")
    prepare(path, STEPS)
    for step in range(2, len(STEPS) + 1):
        copy = f"{path}.before-v{step}"
        assert mode_of(copy) == 0o600
        with opened(copy) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (step - 1,)
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            kept = connection.execute("SELECT value FROM meta WHERE key = 'mine'").fetchone()
            assert kept == ("kept",)
    prepare(f"{path}.before-v2", STEPS)  # and can be served


def test_games_of_a_file_without_summaries_get_theirs(path: str) -> None:
    prepare(path, STEPS[:1])
    games = {
        "one": playing(3, table="4"),
        "two": replace(playing(2), cells={}, frozen=Shown(cells={}, cp=(0, 0), result=None)),
    }
    with opened(path) as connection:
        for game_id, game in games.items():
            row = {**rows.project(game_id, game, None, 1_000, "2026-03-01T12:00:00Z").game_state}
            wanted = row.pop("summary")
            connection.execute(
                f"INSERT INTO game_state ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
                tuple(row.values()),
            )
            connection.execute("INSERT INTO meta VALUES (?, ?)", (game_id, wanted))
    before = path + ".before-v2"
    prepare(path)
    columns = "id, game_id, player1_name, version, created_at, updated_ms, state"
    with opened(path) as new, opened(before) as old:
        found = new.execute("SELECT game_id, summary FROM game_state").fetchall()
        assert found == new.execute("SELECT * FROM meta WHERE key IN ('one', 'two')").fetchall()
        assert len(found) == 2
        same = f"SELECT {columns} FROM game_state ORDER BY id"
        assert new.execute(same).fetchall() == old.execute(same).fetchall()
        assert new.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_copy_of_an_earlier_attempt_is_replaced(path: str) -> None:
    prepare(path, STEPS[:1])
    Path(f"{path}.before-v2").write_text("half of something")
    Path(f"{path}.before-v2.part").write_text("less")
    prepare(path, STEPS[:2])
    with opened(f"{path}.before-v2") as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    assert not os.path.exists(f"{path}.before-v2.part")


def test_no_step_is_made_without_its_copy(path: str) -> None:
    prepare(path, STEPS[:1])
    before = Path(path).read_bytes()
    os.mkdir(f"{path}.before-v2")
    with pytest.raises(BadDatabase) as caught:
        prepare(path, STEPS)
    assert one_sentence(path, caught.value)
    assert Path(path).read_bytes() == before


def test_a_step_that_fails_leaves_nothing_of_itself(path: str) -> None:
    prepare(path, STEPS[:1])
    with opened(path) as connection:
        before = schema_of(connection)
    bad = "CREATE TABLE half (a); INSERT INTO nowhere VALUES (1);"
    with pytest.raises(BadDatabase, match="no such table: nowhere") as caught:
        prepare(path, (*STEPS[:1], bad))
    assert one_sentence(path, caught.value)
    with opened(path) as connection:
        assert schema_of(connection) == before


# ------------------------------------------------------------------ a crash at each statement


def killed_at(path: str, statement: int, steps: tuple[str, ...]) -> bool:
    """Prepare *path* in a process that is killed at the beginning of its n-th statement."""
    child = os.fork()
    if child == 0:
        left = statement

        def count(sql: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

        real = schema._connect

        def traced(path: str, mode: str, patience_ms: int) -> sqlite3.Connection:
            connection = real(path, mode, patience_ms)
            connection.set_trace_callback(count)
            return connection

        schema._connect = traced
        prepare(path, steps)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


@pytest.mark.parametrize("start", [0, 1])
def test_a_crash_at_any_statement_leaves_the_old_schema_or_the_new(
    tmp_path: Path, start: int
) -> None:
    steps = STEPS[:2]
    wholes = []
    for seen in range(start, len(steps) + 1):
        whole = str(tmp_path / f"whole-{seen}")
        if seen:
            prepare(whole, steps[:seen])
        with opened(whole) as connection:
            wholes.append(schema_of(connection))
    met: set[int] = set()
    for statement in range(1_000):
        path = str(tmp_path / f"crash-{statement}")
        if start:
            prepare(path, steps[:start])
        crashed = killed_at(path, statement, steps)
        if os.path.exists(path):
            with opened(path) as connection:
                found = schema_of(connection)
                assert found in wholes
                met.add(wholes.index(found))
                assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        prepare(path, steps)
        with opened(path) as connection:
            assert schema_of(connection) == wholes[-1]
        if not crashed:
            break
    assert statement > 15, "the harness kills in time"
    assert met == set(range(len(wholes)))


def test_the_harness_sees_a_step_that_is_not_all_or_nothing(path: str, tmp_path: Path) -> None:
    prepare(path, STEPS[:1])
    torn = "CREATE TABLE a (x); COMMIT; BEGIN; CREATE TABLE b (x);"
    whole = str(tmp_path / "whole")
    prepare(whole, (*STEPS[:1], torn))
    with opened(path) as one, opened(whole) as other:
        wholes = [schema_of(one), schema_of(other)]
    seen = []
    for statement in range(100):
        target = str(tmp_path / f"crash-{statement}")
        prepare(target, STEPS[:1])
        if not killed_at(target, statement, (*STEPS[:1], torn)):
            break
        with opened(target) as connection:
            seen.append(schema_of(connection) in wholes)
    assert not all(seen)


# ---------------------------------------------------------------------------- not to be served


def test_a_newer_file_is_refused_and_keeps_every_byte(path: str) -> None:
    prepare(path, STEPS)
    before = bytes_of(path)
    with pytest.raises(FromTheFuture, match="newer version of gamesync") as caught:
        prepare(path)
    assert one_sentence(path, caught.value)
    assert bytes_of(path) == before


def test_a_newer_file_whose_version_is_in_its_log_only(path: str) -> None:
    prepare(path)
    child = os.fork()
    if child == 0:
        connection = sqlite3.connect(path, isolation_level=None)
        schema.hold(connection)
        connection.execute("PRAGMA user_version = 99")
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)
    before = bytes_of(path)
    assert before["-wal"]
    with pytest.raises(FromTheFuture):
        prepare(path)
    assert bytes_of(path) == before


@pytest.mark.parametrize(
    "sql", ["CREATE TABLE theirs (a)", "PRAGMA application_id = 7", "PRAGMA user_version = 3"]
)
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_of_another_program_is_left_alone(path: str, sql: str, mode: str) -> None:
    with opened(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute(sql)
    before = bytes_of(path)
    with pytest.raises(NotOurs, match="another program") as caught:
        prepare(path)
    assert one_sentence(path, caught.value)
    assert bytes_of(path) == before


@pytest.mark.parametrize("text", [b"hello", b"[server]\n" * 1_000])
def test_a_file_that_is_no_database_is_left_alone(path: str, text: bytes) -> None:
    Path(path).write_bytes(text)
    with pytest.raises(NotOurs, match="not a SQLite database") as caught:
        prepare(path)
    assert one_sentence(path, caught.value)
    assert bytes_of(path) == {"": text}


def filled(path: str) -> None:
    prepare(path)
    with opened(path) as connection:
        rows = [(f"key-{n}", "x" * 400) for n in range(400)]
        connection.executemany("INSERT INTO meta VALUES (?, ?)", rows)


def test_damage_is_found_at_the_start(path: str) -> None:
    filled(path)
    with open(path, "r+b") as file:
        file.seek(os.path.getsize(path) - 6 * 4096)
        file.write(os.urandom(4096))
    with pytest.raises(Damaged, match=r"damaged \(.+\); restore it from a backup") as caught:
        prepare(path)
    assert one_sentence(path, caught.value)


def test_a_file_that_lost_its_end(path: str) -> None:
    filled(path)
    os.truncate(path, os.path.getsize(path) // 2)
    with pytest.raises(Damaged) as caught:
        prepare(path)
    assert one_sentence(path, caught.value)


@pytest.mark.parametrize("empty", [True, False])
def test_a_log_without_its_file(path: str, empty: bool) -> None:
    if empty:
        Path(path).touch()
    Path(f"{path}-wal").write_bytes(b"x" * 100)
    with pytest.raises(Damaged, match="write-ahead log") as caught:
        prepare(path)
    assert one_sentence(path, caught.value)
    assert os.path.exists(path) == empty


def test_a_place_where_no_file_can_be(path: str, tmp_path: Path) -> None:
    with pytest.raises(BadDatabase, match="No such file or directory") as caught:
        prepare(f"{path}/below/games")
    assert one_sentence(path, caught.value)
    with pytest.raises(BadDatabase, match="is not a file"):
        prepare(str(tmp_path))


def as_nobody(work: Any) -> str:
    """What *work* raises when a plain user does it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            work()
        except BaseException as error:
            os.write(writing, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as pipe:
        return pipe.read()


@pytest.fixture
def public(tmp_path: Path) -> Iterator[str]:
    """A folder into which anyone can look."""
    above = [tmp_path, *tmp_path.parents[:3]]
    before = [(each, mode_of(str(each))) for each in above]
    for each in above:
        if each.stat().st_uid == os.geteuid():
            each.chmod(0o777 if each == tmp_path else 0o755)
    yield str(tmp_path / "games.sqlite3")
    for each, mode in before:
        if each.stat().st_uid == os.geteuid():
            each.chmod(mode)


def test_a_file_that_cannot_be_written_to(public: str) -> None:
    prepare(public)
    os.chmod(public, 0o444)
    if os.geteuid() == 0:
        os.chown(public, 1, 1)
    told = as_nobody(lambda: prepare(public))
    assert told.startswith("BadDatabase"), told
    assert "cannot be used" in told


def test_a_folder_that_cannot_be_written_to(public: str) -> None:
    os.chmod(os.path.dirname(public), 0o555)
    told = as_nobody(lambda: prepare(public))
    os.chmod(os.path.dirname(public), 0o777)
    assert told == f"BadDatabase: {public} cannot be used: Permission denied."


# ------------------------------------------------------------------------------------ strangers

HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(sys.argv[2])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", ["BEGIN EXCLUSIVE", "BEGIN IMMEDIATE"])
def test_a_file_that_somebody_else_holds(path: str, how: str) -> None:
    prepare(path)
    stranger = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert stranger.stdout is not None
        assert stranger.stdout.readline() == b"held\n"
        with pytest.raises(InUse) as caught:
            prepare(path, patience_ms=50)
        assert str(caught.value) == f"{path} is in use by another process."
    finally:
        stranger.communicate()
    prepare(path)
