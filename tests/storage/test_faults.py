"""A disk that is full, failing, read-only, locked or gone; and what comes after."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gamesync.storage import faults, schema
from gamesync.storage.schema import BadDatabase, InUse
from gamesync.storage.sqlite import FAILURES_TO_RENEW, SqliteStore
from gamesync.store import Unavailable
from gamesync.testing import memory_store

from ..system.small_disk import small_disk
from .stored import Engine, answer, awaited, change, game, playing


def told(done: Deferred[Any]) -> Any:
    """What an inline store answers: a value, or the error."""
    heard: list[Any] = []
    done.addCallbacks(heard.append, lambda failure: heard.append(failure.value))
    return heard[0]


def pragma(store: SqliteStore, text: str) -> None:
    assert store._pool is not None
    told(store._pool.runQuery(f"PRAGMA {text}"))


def fill(store: SqliteStore, prefix: str = "full") -> tuple[int, Unavailable]:
    """Commit games until one is refused: how many were acknowledged, and what was said then."""
    for n in range(20_000):
        result = told(store.commit([change(f"{prefix}-{n:05}", playing(1), answers=(answer(),))]))
        if result != frozenset():
            assert isinstance(result, Unavailable)
            return n, result
    raise AssertionError("it never filled up")


def all_games(store: SqliteStore) -> list[str]:
    return [line.game_id for line in told(store.list_games(limit=100_000))]


def files_of(path: str) -> int:
    """How many descriptors this process has of the file."""
    links = [os.path.join("/proc/self/fd", fd) for fd in os.listdir("/proc/self/fd")]
    return [os.path.realpath(link) for link in links].count(os.path.realpath(path))


@pytest.fixture
def store(path: str) -> Iterator[SqliteStore]:
    made = memory_store(path=path)
    yield made
    told(made.close())


def test_a_full_disk_is_said_and_got_over(store: SqliteStore) -> None:
    pragma(store, "max_page_count = 60")
    acked, error = fill(store)
    assert acked > 5
    assert str(error).startswith("no space is left for the database")
    assert isinstance(told(store.pulse()), (Unavailable, type(None)))
    # Reads go on, and show what was acknowledged and no more.
    assert all_games(store) == [f"full-{n:05}" for n in range(acked)]
    assert told(store.read(f"full-{acked:05}")) is None
    pragma(store, "max_page_count = 100000")
    assert told(store.commit([change(f"full-{acked:05}", playing(1))])) == frozenset()
    assert len(all_games(store)) == acked + 1


def test_a_read_only_database(store: SqliteStore) -> None:
    assert told(store.commit([change("one", game(1))])) == frozenset()
    pragma(store, "query_only = ON")
    error = told(store.commit([change("one", game(2))]))
    assert isinstance(error, Unavailable)
    assert "cannot be written to" in str(error)
    assert told(store.read("one")).version == 1
    pragma(store, "query_only = OFF")
    assert told(store.commit([change("one", game(2))])) == frozenset()


def test_a_connection_that_was_lost_is_made_again(store: SqliteStore, path: str) -> None:
    assert told(store.commit([change("one", game(1))])) == frozenset()
    assert store._pool is not None
    for connection in store._pool.connections.values():
        connection.close()
    error = told(store.read("one"))
    assert isinstance(error, Unavailable)
    assert "connection to the database was lost" in str(error)
    assert told(store.read("one")).version == 1
    assert told(store.commit([change("one", game(2))])) == frozenset()
    assert files_of(path) == 1


def test_a_file_whose_descriptors_went_bad_is_opened_anew(store: SqliteStore, path: str) -> None:
    """As when the disk was taken away and put back."""
    assert told(store.commit([change("one", game(1))])) == frozenset()
    nothing = os.open(os.devnull, os.O_RDONLY)
    for fd in os.listdir("/proc/self/fd"):
        link = os.path.join("/proc/self/fd", fd)
        if os.path.realpath(link).startswith(os.path.realpath(path)):
            os.dup2(nothing, int(fd), inheritable=False)
    os.close(nothing)
    for _ in range(FAILURES_TO_RENEW):
        error = told(store.commit([change("one", game(2))]))
        assert isinstance(error, Unavailable)
        assert str(error).startswith("the disk failed to read or write")
    assert told(store.commit([change("one", game(2))])) == frozenset()
    assert told(store.read("one")).version == 2
    assert stranger_is_told(path) == b"database is locked\n"


def test_a_memory_that_fails_is_not_thrown_away() -> None:
    store = memory_store()
    told(store.commit([change("one", game(1))]))
    pragma(store, "query_only = ON")
    store._failures = FAILURES_TO_RENEW
    assert isinstance(told(store.commit([change("one", game(2))])), Unavailable)
    pragma(store, "query_only = OFF")
    assert told(store.read("one")).version == 1


def move(path: str, away: str) -> None:
    for end in ("", "-wal"):
        os.rename(path + end, away + end)


def test_a_log_found_at_opening_is_checked_in_before_anything_is_built_on_it(
    store: SqliteStore,
) -> None:
    assert store._pool is not None
    (connection,) = store._pool.connections.values()
    heard: list[str] = []
    connection.set_trace_callback(heard.append)
    told(store.read("one"))
    assert not any("wal_checkpoint" in sql for sql in heard)
    heard.clear()
    told(store.commit([change("one", game(1))]))
    assert heard[:2] == ["PRAGMA wal_checkpoint(TRUNCATE)", "BEGIN IMMEDIATE"]
    heard.clear()
    told(store.commit([change("one", game(2))]))
    assert heard[0] == "BEGIN IMMEDIATE"


def test_another_file_in_its_place_is_not_served(store: SqliteStore, path: str) -> None:
    told(store.commit([change("one", game(1))]))
    move(path, f"{path}.away")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (a)")
    theirs = Path(path).read_bytes()
    assert store._pool is not None
    store._pool.renew = True
    for _ in range(2):
        error = told(store.read("one"))
        assert isinstance(error, Unavailable)
        assert str(error) == f"{path} was replaced by another file while the server ran."
    assert Path(path).read_bytes() == theirs
    os.unlink(path)
    move(f"{path}.away", path)
    assert told(store.read("one")).version == 1


def test_a_file_that_vanished_is_not_made_anew(store: SqliteStore, path: str) -> None:
    told(store.commit([change("one", game(1))]))
    move(path, f"{path}.away")
    assert store._pool is not None
    store._pool.renew = True
    error = told(store.read("one"))
    assert isinstance(error, Unavailable)
    assert not os.path.exists(path)
    move(f"{path}.away", path)
    assert told(store.read("one")).version == 1


def test_a_fault_of_the_program_is_no_outage(store: SqliteStore) -> None:
    assert store._pool is not None
    error = told(store._call(store._pool, lambda cursor: cursor.execute("SELECT * FROM nowhere")))
    assert isinstance(error, sqlite3.OperationalError)
    error = told(store._call(store._pool, lambda cursor: cursor.execute("SELECT ?")))
    assert isinstance(error, sqlite3.ProgrammingError)


def test_a_store_that_cannot_write_its_last_pulse_closes_all_the_same(path: str) -> None:
    store = memory_store(path=path)
    told(store.commit([change("one", game(1))]))
    pragma(store, "query_only = ON")
    assert told(store.close()) is None
    assert files_of(path) == 0
    again = memory_store(path=path)
    assert told(again.read("one")).version == 1
    told(again.close())


def test_after_closing_the_file_stands_alone(store: SqliteStore, path: str) -> None:
    told(store.commit([change("one", game(1))]))
    names = ["games.sqlite3", "games.sqlite3-wal", "games.sqlite3.held", "games.sqlite3.known"]
    assert sorted(os.listdir(os.path.dirname(path))) == names
    assert os.stat(f"{path}-wal").st_mode & 0o777 == 0o600
    told(store.close())
    assert sorted(os.listdir(os.path.dirname(path))) == ["games.sqlite3", "games.sqlite3.known"]
    assert files_of(path) == 0


def test_the_connection_is_as_durable_as_it_can_be(store: SqliteStore) -> None:
    assert store._pool is not None
    wanted = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "locking_mode": "exclusive",
        "busy_timeout": 5_000,
        "journal_size_limit": 16 * 1024 * 1024,
        "wal_autocheckpoint": 1_000,
        "trusted_schema": 0,
    }
    for name, value in wanted.items():
        assert told(store._pool.runQuery(f"PRAGMA {name}")) == [(value,)], name


STRANGER = """
import sqlite3, sys
try:
    sqlite3.connect(sys.argv[1], timeout=0).execute("SELECT * FROM game_state").fetchall()
except sqlite3.OperationalError as error:
    print(error)
"""


def stranger_is_told(path: str) -> bytes:
    asked = [sys.executable, "-c", STRANGER, path]
    return subprocess.run(asked, capture_output=True, check=True).stdout


def test_a_stranger_is_kept_out_while_it_runs(store: SqliteStore, path: str) -> None:
    assert stranger_is_told(path) == b"database is locked\n"
    assert not os.path.exists(f"{path}-shm")
    assert told(store.commit([change("one", game(1))])) == frozenset()


def test_a_second_store_is_kept_out_too(store: SqliteStore, path: str) -> None:
    with pytest.raises(InUse):
        schema.prepare(path, patience_ms=0)
    # … and its trying has not let go of the lock
    assert stranger_is_told(path) == b"database is locked\n"


HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@awaited
async def test_a_stranger_who_comes_in_between(engine: Engine, path: str) -> None:
    """A stranger takes the file after it was checked and before it is opened."""
    if not engine.lasting:
        pytest.skip("nobody else can hold it")
    store = engine.store()
    store._busy_ms = 50
    store.prepare()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    with pytest.raises(Unavailable, match="in use by another process"):
        await store.open()
    with pytest.raises(Unavailable):
        await store.read("one")
    holder.communicate()
    await store.close()


@awaited
async def test_a_bad_file_fails_the_opening(engine: Engine, path: str) -> None:
    if not engine.lasting:
        pytest.skip("has no file")
    Path(path).write_text("not a database, but long enough to be one" * 100)
    store, opened = engine.open()
    with pytest.raises(BadDatabase):
        await opened
    await store.close()


def test_the_double_says_what_is_wrong_with_a_file(path: str) -> None:
    Path(path).write_text("not a database, but long enough to be one" * 100)
    with pytest.raises(BadDatabase, match="not a SQLite database"):
        memory_store(path=path)


def test_words_for_every_fault() -> None:
    assert faults.outage(ValueError("x")) is None
    assert faults.outage(sqlite3.OperationalError("no such table: x")) is None


# ------------------------------------------------------------- a disk that really has an end


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[str]:
    """A file system of 1 MiB."""
    with small_disk(tmp_path / "small", "1m") as place:
        yield str(place)


def test_a_disk_that_fills_up_and_is_cleared(disk: str) -> None:
    ballast = Path(disk, "ballast")
    ballast.write_bytes(bytes(400_000))
    path = f"{disk}/games.sqlite3"
    store = memory_store(path=path)
    acked, error = fill(store)
    assert acked > 5
    assert "disk" in str(error)
    for _ in range(FAILURES_TO_RENEW + 1):
        assert isinstance(told(store.commit([change("more", game(1))])), Unavailable)
    assert len(all_games(store)) == acked
    ballast.unlink()
    # At most one more call goes to the connection that is being given up.
    results = [told(store.commit([change("more", game(1))])) for _ in range(2)]
    assert frozenset() in results
    assert len(all_games(store)) == acked + 1
    told(store.close())
    again = memory_store(path=path)
    assert len(all_games(again)) == acked + 1
    told(again.close())


def test_a_start_on_a_full_disk(disk: str) -> None:
    with pytest.raises(OSError, match="No space left"):
        Path(disk, "ballast").write_bytes(bytes(2_000_000))
    path = f"{disk}/games.sqlite3"
    with pytest.raises(BadDatabase) as caught:
        schema.prepare(path)
    assert str(caught.value).startswith(f"{path} cannot be used: ")
    Path(disk, "ballast").unlink()
    schema.prepare(path)


ROOT = str(Path(__file__).parents[2])
LIMITED = """
import json, resource, sys
sys.path[:0] = json.loads(sys.argv[2])
from tests.storage.test_faults import all_games, fill, told
from tests.storage.stored import change, game
from gamesync.testing import memory_store

store = memory_store(path=sys.argv[1])
told(store.commit([change("first", game(1))]))
resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, resource.RLIM_INFINITY))
acked, error = fill(store)
acked, refused = {f"full-{n:05}" for n in range(acked)} | {"first"}, set()
for n in range(200):
    more = [change(f"more-{n}", game(1))]
    (acked if told(store.commit(more)) == frozenset() else refused).add(f"more-{n}")
reads = all_games(store)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
later = [told(store.commit([change(f"later-{n}", game(1))])) == frozenset() for n in range(3)]
print(json.dumps([str(error), sorted(acked), sorted(refused), reads, later, all_games(store)]))
"""


def test_writes_that_fail_and_then_do_not(path: str) -> None:
    """The limit on a file's size makes the disk's own error, not "full"."""
    code = [sys.executable, "-c", LIMITED, path, json.dumps([ROOT, *sys.path])]
    run = subprocess.run(code, capture_output=True, check=False, text=True)
    assert run.returncode == 0, run.stderr
    error, acked, refused, reads, later, after = json.loads(run.stdout)
    assert error.startswith("the disk failed to read or write")
    assert len(acked) > 5
    assert len(refused) > FAILURES_TO_RENEW
    assert reads == acked
    assert later[-1]
    # It was not closed: what was acknowledged is there all the same, in file and log.
    store = memory_store(path=path)
    assert all_games(store) == after
    assert set(after) >= set(acked) | {"later-2"}
    told(store.close())
