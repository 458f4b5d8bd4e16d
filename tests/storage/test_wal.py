"""A write-ahead log that was damaged is told from one that the power tore."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from gamesync.storage import wal

COMMITS = 8


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Of a database that is open."""
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for _ in range(COMMITS):
            connection.execute("INSERT INTO t VALUES (randomblob(6000))")
        yield Path(f"{path}-wal")


def readable(log: Path, data: bytes) -> int:
    """How many rows SQLite itself finds with *data* as the log."""
    copy = log.with_name("copy.db")
    copy.write_bytes(log.with_name("a.db").read_bytes())
    Path(f"{copy}-wal").write_bytes(data)
    with closing(sqlite3.connect(copy)) as connection:
        (found,) = connection.execute("SELECT count(*) FROM t").fetchone()
    return int(found)


def lost(log: Path, data: bytes) -> int:
    other = log.with_name("other-wal")
    other.write_bytes(data)
    return wal.lost_commits(str(other))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0xFF,)) + data[at + 1 :]


def frames(data: bytes) -> Iterator[int]:
    """Where each frame begins."""
    page = int.from_bytes(data[8:12], "big")
    return iter(range(32, len(data), 24 + page))


def test_a_whole_log_loses_nothing(log: Path) -> None:
    data = log.read_bytes()
    assert readable(log, data) == COMMITS
    assert wal.lost_commits(str(log)) == 0


@pytest.mark.parametrize("data", [b"", b"\x37\x7f\x06\x82", bytes(32)])
def test_what_is_hardly_there(log: Path, data: bytes) -> None:
    assert lost(log, data) == 0
    assert wal.lost_commits(str(log.with_name("none-wal"))) == 0


def test_garbage_in_any_frame_is_seen_as_far_as_the_last_commit(log: Path) -> None:
    data = log.read_bytes()
    starts = list(frames(data))
    seen = 0
    for at in starts:
        for where in (at + 2, at + 9, at + 17, at + 24 + 100):  # page, salt, checksum, contents
            bad = flipped(data, where)
            dropped = COMMITS - readable(log, bad)
            # The last is never counted; nor is one whose own mark of a commit went.
            assert lost(log, bad) in (dropped - 1, dropped - 2), (at, where)
            seen += lost(log, bad) > 0
            assert dropped > 0
    assert seen > 3 * len(starts)


def test_a_header_that_is_wrong_loses_all(log: Path) -> None:
    data = log.read_bytes()
    for at in (0, 10, 17, 30):
        assert readable(log, flipped(data, at)) == 0
        assert lost(log, flipped(data, at)) > 0


def test_a_log_that_ends_anywhere_is_one_that_the_power_tore(log: Path) -> None:
    data = log.read_bytes()
    for at in frames(data):
        for end in (at, at + 10, at + 24, at + 3000):
            assert lost(log, data[:end]) == 0
    # The last commit was being written: any part of it may be there, or not.
    last = list(frames(data))[-2:]
    for at in last:
        assert lost(log, flipped(data, at + 60)) == 0


def test_frames_of_an_older_round_are_none(log: Path) -> None:
    """SQLite begins the log anew at its front; what lies behind is old."""
    with closing(sqlite3.connect(log.with_name("a.db"), isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA wal_checkpoint(FULL)")
        connection.execute("INSERT INTO t VALUES (1)")
        connection.execute("INSERT INTO t VALUES (2)")
        data = log.read_bytes()
        assert len(data) > 20_000
        assert wal.lost_commits(str(log)) == 0
        assert lost(log, flipped(data, 32 + 60)) > 0
