"""A server starts on the database that it left, and on no other that looks as good."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gamesync.storage import files, generations, guard, known, schema
from gamesync.storage.guard import prepare
from gamesync.storage.restore import accept
from gamesync.testing import memory_store

from . import played
from .played import bytes_of, killed, play, reopened
from .stored import change, game
from .test_faults import told


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Of a database in which there was play, and whose server was stopped."""
    made = str(tmp_path / "game_state.db")
    play(made)
    return made


@pytest.fixture
def dead(path: str, tmp_path: Path) -> str:
    """Of one whose server was killed: the last scores are in its log alone."""
    folder = tmp_path / "dead"
    folder.mkdir()
    return killed(path, str(folder))


def refused(path: str) -> str:
    """Why a start is; nothing has been touched by it."""
    before = bytes_of(path)
    with pytest.raises(schema.BadDatabase) as caught:
        prepare(path)
    assert bytes_of(path) == before
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_what_was_left_is_taken_up(path: str, dead: str) -> None:
    for each in (path, dead):
        prepare(each)
        prepare(each)
        assert not known.held(each)
    assert known.read(path) is not None


def test_a_new_database_is_remembered(tmp_path: Path) -> None:
    new = str(tmp_path / "new.db")
    prepare(new)
    memory = known.read(new)
    assert memory is not None
    assert memory.game_ms == 0
    assert os.stat(known.path_of(new)).st_mode & 0o777 == 0o600


def remove(path: str) -> None:
    os.unlink(path)


def empty(path: str) -> None:
    os.truncate(path, 0)


def lose_log(path: str) -> None:
    os.unlink(f"{path}-wal")


def spoil_log(path: str) -> None:
    log = bytearray(Path(f"{path}-wal").read_bytes())
    log[len(log) // 2] ^= 0xFF
    Path(f"{path}-wal").write_bytes(log)


def spoil_header(path: str) -> None:
    log = bytearray(Path(f"{path}-wal").read_bytes())
    log[5] ^= 0xFF
    Path(f"{path}-wal").write_bytes(log)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (remove, "is not there, but games were kept in it until 2025-06-"),
        (empty, "is empty, but games were kept in it until 2025-06-"),
        (lose_log, "has lost its write-ahead log (killed.db-wal)"),
        (spoil_log, "has a damaged write-ahead log: at least "),
        (spoil_header, "has a damaged write-ahead log: at least "),
    ],
)
def test_harm_that_nobody_would_notice(harm: Callable[[str], None], said: str, dead: str) -> None:
    harm(dead)
    text = refused(dead)
    assert said in text
    assert text.startswith(dead)
    assert text.endswith("There is no backup of it. `gamesync accept` goes on with what is there.")
    # … and once the operator has said that it is right so, it is.
    epoch = known.read(dead)
    until = accept(dead)
    assert (until is None) == (harm in (remove, empty))
    prepare(dead)
    after = known.read(dead)
    assert epoch is not None
    assert after is not None
    assert after.epoch != epoch.epoch


def test_an_older_copy_in_its_place(path: str) -> None:
    copy = Path(path).read_bytes()
    house = reopened(path)
    played.over(house)
    house.wait(60)
    house.close()
    Path(path).write_bytes(copy)
    assert "is older than it was: it ends at 2025-06-" in refused(path)
    accept(path)
    prepare(path)


def test_a_log_that_was_cut_short(dead: str) -> None:
    """It looks as if the power had torn it; but it was longer."""
    house_time = known.read(dead)
    assert house_time is not None
    known.write(dead, known.Known(epoch=house_time.epoch, game_ms=10**9, wall="2026-01-01"))
    os.truncate(f"{dead}-wal", os.stat(f"{dead}-wal").st_size // 2)
    assert "is older than it was" in refused(dead)


def test_another_database_in_its_place(path: str, tmp_path: Path) -> None:
    other = str(tmp_path / "other" / "game_state.db")
    os.mkdir(os.path.dirname(other))
    play(other)
    shutil.copyfile(other, path)
    assert "was replaced by another database." in refused(path)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (b"not a database at all, but long enough to be one" * 100, "is not a SQLite database."),
        (b"SQLite format 3\0" + b"\xff" * 5000, "is not a SQLite database."),
    ],
)
def test_rubbish_in_its_place(at: bytes, said: str, path: str) -> None:
    Path(path).write_bytes(at)
    assert said in refused(path)


def test_a_page_that_is_damaged_names_the_newest_backup(path: str) -> None:
    data = bytearray(Path(path).read_bytes())
    data[4096 * 3 : 4096 * 3 + 60] = b"\xa5" * 60
    Path(path).write_bytes(data)
    with pytest.raises(schema.Damaged, match="There is no backup of it"):
        prepare(path)
    folder = generations.folder_beside(path)
    os.mkdir(folder)
    for when in ("20260101T000000Z", "20260301T000000Z", "20260201T000000Z"):
        files.write(f"{folder}/game_state-{when}{generations.SUFFIX}", b"")
    newest = f"{folder}/game_state-20260301T000000Z{generations.SUFFIX}"
    with pytest.raises(schema.Damaged) as caught:
        prepare(path)
    assert str(caught.value).endswith(
        f"Its newest backup is {newest}; `gamesync restore {newest}` puts that in its place."
    )
    elsewhere = os.path.dirname(path)
    with pytest.raises(schema.Damaged, match="There is no backup of it"):
        prepare(path, backups=elsewhere)


def test_one_that_somebody_holds_is_in_use_and_nothing_worse(dead: str) -> None:
    """Its log is being written: nothing may be said of it."""
    holder = memory_store(path=dead)
    told(holder.commit([change("one", game(1))]))
    spoil_log(dead)
    with pytest.raises(schema.InUse):
        prepare(dead)
    told(holder.close())


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"epoch": 1}'])
def test_a_memory_that_says_nothing_is_none(text: bytes, path: str) -> None:
    Path(known.path_of(path)).write_bytes(text)
    assert known.read(path) is None
    prepare(path)
    assert known.read(path) is not None


# -- ends of a server that must not be taken for harm


def test_a_server_that_ends_without_closing_its_store(path: str) -> None:
    code = (
        "import sys\n"
        "from tests.storage.test_faults import told\n"
        "from tests.storage.stored import change, game\n"
        "from gamesync.testing import memory_store\n"
        "store = memory_store(path=sys.argv[1])\n"
        "told(store.commit([change('one', game(1))]))\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code, path], check=True, cwd=root)
    prepare(path)
    store = memory_store(path=path)
    assert told(store.read("one")).version == 1
    told(store.close())


def test_a_store_that_is_opened_anew_on_the_way(path: str) -> None:
    store = memory_store(path=path)
    assert known.held(path)
    assert store._pool is not None
    store._pool.renew = True
    told(store.commit([change("one", game(1))]))
    assert known.held(path)
    told(store.close())
    assert not known.held(path)
    prepare(path)


def test_a_disk_that_takes_no_memory_is_no_reason_to_refuse(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = memory_store(path=path)
    told(store.commit([change("one", game(1))]))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(known, "write", full)
        told(store.close())
    prepare(path)
    assert guard._read(path) is not None


def test_a_start_that_is_broken_off_after_it_has_seen_to_the_log(
    dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    kept = shutil.copyfile(f"{dead}-wal", f"{dead}-kept")

    def broken(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(known, "write", broken)
        with pytest.raises(Killed):
            prepare(dead)
    # Unlike after a kill its connection was closed, and the log went with it.
    shutil.copyfile(kept, f"{dead}-wal")
    prepare(dead)


def test_a_store_that_finds_an_older_copy_as_it_opens_anew(path: str) -> None:
    copy = Path(path).read_bytes()
    store = memory_store(path=path)
    told(store.commit([change("one", game(1))]))
    os.rename(path, f"{path}.away")
    os.rename(f"{path}-wal", f"{path}.away-wal")
    Path(path).write_bytes(copy)
    assert store._pool is not None
    store._pool.renew = True
    error = told(store.read("one"))
    assert str(error) == f"{path} was replaced by another file while the server ran."
    assert sqlite3.sqlite_version  # the copy is as it was
    assert Path(path).read_bytes() == copy
