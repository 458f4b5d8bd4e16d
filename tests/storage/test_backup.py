"""Backups: made by a process of their own, tried out, kept by age; and brought back."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gamesync.certs.folder import Folder
from gamesync.storage import archive, backup, copying, files, generations, known, restore, schema
from gamesync.storage.archive import BadBackup
from gamesync.storage.backup import Backup, alone
from gamesync.storage.copying import Made, NotMade, Order, make, trial
from gamesync.testing import memory_store

from ..system.small_disk import small_disk
from .played import change, play, reopened
from .stored import change as stored_change
from .stored import game
from .test_faults import told

KEY = bytes(range(32))
CERTIFICATES = ("ca.crt", "issuing.pem", "server.pem")


@pytest.fixture
def path(tmp_path: Path) -> str:
    made = str(tmp_path / "game_state.db")
    play(made)
    files.write(f"{made}.key", KEY)
    return made


def order(path: str, reason: archive.Reason = "request") -> Order:
    folder = generations.folder_beside(path)
    return Order(database=path, folder=folder, reason=reason, program="9.8.7")


@pytest.fixture
def made(path: str) -> Made:
    return make(order(path))


def epoch(path: str) -> str:
    with closing(sqlite3.connect(path)) as connection:
        (found,) = connection.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    return str(found)


# -- making


def test_a_backup_has_all_that_a_box_needs(path: str, made: Made) -> None:
    assert os.listdir(generations.folder_beside(path)) == [os.path.basename(made.path)]
    assert os.stat(made.path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(made.path)).st_mode & 0o777 == 0o700
    with zipfile.ZipFile(made.path) as zipped:
        assert sorted(zipped.namelist()) == ["game_state.db", "game_state.db.key", "manifest.json"]
        assert zipped.read("game_state.db") == Path(path).read_bytes()
        assert zipped.read("game_state.db.key") == KEY
        manifest = json.loads(zipped.read("manifest.json"))
    assert manifest["examined"]["epoch"] == epoch(path)
    assert manifest["examined"]["findings"] == []
    assert manifest["program"] == "9.8.7"
    assert manifest["parts"]["game_state.db"]["bytes"] == os.stat(path).st_size
    assert generations.newest(os.path.dirname(made.path), path) == made.path


def with_certificates(path: str, text: str = "one") -> Path:
    """The box's own, as far as a backup looks at them."""
    tls = Path(path).with_name("tls")
    tls.mkdir(0o700)
    for name in CERTIFICATES:
        (tls / name).write_text(f"{text} {name}")
    return tls


def test_the_box_s_own_certificates_are_in_it(path: str) -> None:
    tls = with_certificates(path)
    (tls / ".server.pem.x1y2").write_text("half of it")
    with zipfile.ZipFile(make(order(path)).path) as zipped:
        assert zipped.read("tls/issuing.pem") == b"one issuing.pem"
        names = {name for name in zipped.namelist() if "/" in name}
    assert names == {f"tls/{name}" for name in CERTIFICATES}
    folder = Folder.beside(path)
    files_ = (folder.ca, folder.issuing, folder.server)
    assert {str(each.relative_to(Path(path).parent)) for each in files_} == names
    (tls / "issuing.pem").unlink()  # it is kept elsewhere
    made = make(order(path))
    assert archive.check(made.path).parts.keys() == {
        *("game_state.db", "game_state.db.key", "tls/ca.crt", "tls/server.pem"),
    }


def test_certificates_that_cannot_be_read_do_not_cost_the_games_their_backup(path: str) -> None:
    Path(path).with_name("tls").write_text("a file where a folder should be")
    made = make(order(path))
    assert archive.check(made.path).parts.keys() == {"game_state.db", "game_state.db.key"}


def test_two_in_one_second_have_two_names(path: str) -> None:
    assert len({make(order(path)).path for _ in range(3)}) == 3


def test_what_does_not_hang_together_is_no_backup(path: str) -> None:
    change(path, "UPDATE scores SET score = score + 1")
    found = make(order(path))
    assert found.path == ""
    assert found.examined is not None
    assert len(found.examined.findings) == 4
    assert os.listdir(generations.folder_beside(path)) == []


def test_a_trial_leaves_nothing(path: str) -> None:
    found = make(order(path, "verify"))
    assert (found.path, found.error) == ("", "")
    assert found.examined is not None
    assert found.examined.games == 2
    assert os.listdir(generations.folder_beside(path)) == []


def test_a_database_that_moves_is_not_copied(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    really = shutil.copyfile

    def meanwhile(source: str, target: str) -> None:
        really(source, target)
        os.utime(path, ns=(1, 1))

    monkeypatch.setattr(shutil, "copyfile", meanwhile)
    with pytest.raises(NotMade, match="was written to while it was copied"):
        make(order(path))
    assert os.listdir(generations.folder_beside(path)) == []


def test_a_disk_with_no_room_for_it(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(path)._replace(free=10 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(NotMade, match="has 10 MiB left, and a backup needs 16 MiB"):
        make(order(path))


def test_what_killed_processes_left_is_cleared_away(path: str) -> None:
    folder = Path(generations.folder_beside(path))
    for name in ("old", "new"):
        (folder / f"{copying.MAKING}{name}").mkdir(parents=True)
    os.utime(folder / f"{copying.MAKING}old", (1, 1))
    make(order(path))
    left = sorted(file.name for file in folder.iterdir() if file.is_dir())
    assert left == [f"{copying.MAKING}new"]


# -- by a process of its own


def test_the_process_makes_one_while_the_store_goes_on(path: str) -> None:
    store = memory_store(path=path)
    told(store.hold_still())
    at_copied: list[Any] = []

    def copied() -> None:
        at_copied.append(told(store.commit([stored_change("one", game(1))])))
        at_copied.append(told(store.let_move()))

    found = Backup(order(path)).make(copied)
    assert at_copied == [frozenset(), True]
    assert found.error == ""
    assert found.examined is not None
    assert found.examined.games == 2
    told(store.commit([stored_change("two", game(1))]))
    told(store.close())


def test_a_store_opened_anew_in_between_has_not_stood_still(path: str) -> None:
    store = memory_store(path=path)
    told(store.hold_still())
    assert store._pool is not None
    store._pool.renew = True
    told(store.commit([stored_change("one", game(1))]))
    assert told(store.let_move()) is False
    told(store.hold_still())
    assert told(store.let_move()) is True
    told(store.close())


def test_while_it_stands_still_nothing_is_checked_in(path: str) -> None:
    store = memory_store(path=path)
    told(store.hold_still())
    before = Path(path).read_bytes()
    for n in range(400):
        told(store.commit([stored_change(f"more-{n}", game(1))]))
    assert os.stat(f"{path}-wal").st_size > 5_000_000
    assert Path(path).read_bytes() == before
    told(store.let_move())
    told(store.commit([stored_change("last", game(1))]))
    assert Path(path).read_bytes() != before
    told(store.close())


@pytest.mark.parametrize("early", [True, False])
def test_one_that_is_stopped_makes_nothing(early: bool, path: str) -> None:
    running = Backup(order(path))
    if early:
        running.stop()
    copied: list[bool] = []

    def stop() -> None:
        copied.append(True)
        running.stop()

    found = running.make(stop)
    assert copied == [True]
    assert found.error == "the backup was broken off"
    assert generations.listed(generations.folder_beside(path), path) == []


def test_one_that_hangs_is_given_up(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backup, "COPY_S", 0.3)
    really = subprocess.Popen

    def frozen(*args: Any, **more: Any) -> Any:
        process = really(*args, **more)
        process.send_signal(signal.SIGSTOP)
        return process

    monkeypatch.setattr(subprocess, "Popen", frozen)
    found = Backup(order(path)).make()
    assert found.error == "the backup was broken off"


def test_a_process_that_cannot_be_had(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", none)
    copied: list[bool] = []
    found = Backup(order(path)).make(lambda: copied.append(True))
    assert found.error == "no backup could be begun: Cannot allocate memory"
    assert copied == [True]


@pytest.mark.parametrize("what", ["gone", "file", "rubbish"])
def test_what_the_process_says_when_it_cannot(what: str, path: str) -> None:
    if what == "gone":
        os.unlink(path)
    elif what == "file":
        Path(generations.folder_beside(path)).write_text("in the way")
    else:
        Path(path).write_bytes(b"rubbish" * 1000)
    found = Backup(order(path)).make()
    said = {"gone": "No such file", "file": "File exists", "rubbish": "is not a SQLite database"}
    assert said[what] in found.error
    assert "\n" not in found.error


# -- without a server


def test_without_a_server_the_database_is_held_meanwhile(path: str) -> None:
    found = alone(order(path))
    assert found.error == ""
    assert archive.check(found.path).reason == "request"
    assert not os.path.exists(f"{path}-wal")
    store = memory_store(path=path)
    with pytest.raises(schema.InUse):
        alone(order(path))
    told(store.close())


# -- generations


def named(path: str, *ages: timedelta) -> list[str]:
    folder = generations.folder_beside(path)
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return [os.path.join(folder, generations.name(path, now - age)) for age in ages]


def test_eight_and_days_and_weeks_are_kept(path: str) -> None:
    """After a year of one every six hours."""
    every = [timedelta(hours=6 * n) for n in range(4 * 365)]
    names = named(path, *every)
    kept = generations.kept(names)
    ages = sorted(every[n] for n, name in enumerate(names) if name in kept)
    assert ages[:8] == every[:8]
    assert len(ages) <= 8 + 7 + 4
    days = {(datetime(2026, 11, 22, 12, tzinfo=UTC) - age).date() for age in ages}
    assert len(days) >= 7 + 2
    assert timedelta(days=20) < ages[-1] < timedelta(days=35)


def test_pruning_as_time_goes_on_keeps_what_it_should(path: str, made: Made) -> None:
    folder = os.path.dirname(made.path)
    os.unlink(made.path)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for n in range(300):
        Path(folder, generations.name(path, now + timedelta(hours=6 * n))).touch()
        generations.prune(folder, path)
    left = [generations.made(each) for each in generations.listed(folder, path)]
    last = now + timedelta(hours=6 * 299)
    assert left[-8:] == [last - timedelta(hours=6 * n) for n in reversed(range(8))]
    assert 13 <= len(left) <= 19
    assert left[0] is not None
    assert last - left[0] > timedelta(days=14)


def test_what_is_not_ours_stays(path: str, made: Made) -> None:
    folder = Path(made.path).parent
    others = [
        "notes.txt",
        "other-20200101T000000Z.gamesync.zip",
        "game_state-20209901T000000Z.gamesync.zip",
        "game_state-20200101T000000Z.gamesync.zip.part",
    ]
    for name in others:
        (folder / name).touch()
    for n in range(30):
        (folder / generations.name(path, datetime(2020, 1, 1, n % 24, n, tzinfo=UTC))).touch()
    generations.prune(str(folder), path)
    assert all((folder / name).exists() for name in others)
    assert len(generations.listed(str(folder), path)) < 12
    assert generations.listed(str(folder / "none"), path) == []


# -- files


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "file"
    files.write(str(target), b"old")

    def half() -> None:
        with files.replaced(str(target)) as part:
            Path(part).write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]
    Path(f"{target}.part").write_bytes(b"left over")
    files.write(str(target), b"new")
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_certificates_are_put_where_there_are_none(path: str, tmp_path: Path) -> None:
    tls = with_certificates(path)
    made = make(order(path))
    again = restore.restore(made.path, path)
    assert again.certificates == "", "they are here"
    other = tmp_path / "other"
    other.mkdir()
    if os.geteuid() == 0:
        os.chown(other, 1234, 1234)
    done = restore.restore(made.path, str(other / "game_state.db"))
    assert done.certificates == "taken"
    put = other / "tls"
    assert {p.name: p.read_text() for p in put.iterdir()} == {
        p.name: p.read_text() for p in tls.iterdir()
    }
    assert put.stat().st_mode & 0o777 == 0o700
    assert {p.stat().st_mode & 0o777 for p in put.iterdir()} == {0o600}
    owner = other.stat().st_uid
    assert {p.stat().st_uid for p in (put, *put.iterdir())} == {owner}


def test_an_authority_that_was_made_anew_is_not_replaced_by_the_old_one(path: str) -> None:
    """Which may have been stolen."""
    tls = with_certificates(path)
    made = make(order(path))
    for name in CERTIFICATES:
        (tls / name).write_text(f"another {name}")
    assert restore.restore(made.path, path).certificates == "left_out"
    assert (tls / "issuing.pem").read_text() == "another issuing.pem"
    assert make(order(path, "verify")).error == ""


def test_a_backup_without_certificates_leaves_those_that_are_here(made: Made, path: str) -> None:
    tls = with_certificates(path)
    assert restore.restore(made.path, path).certificates == ""
    assert (tls / "ca.crt").read_text() == "one ca.crt"


def test_what_root_makes_belongs_to_the_folders_owner(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    os.chown(tmp_path, 1234, 1234)
    files.write(str(tmp_path / "file"), b"")
    assert os.stat(tmp_path / "file").st_uid == 1234


# -- damaged, or of another time


def rewritten(path: str, name: str, data: bytes) -> str:
    """The backup at *path* with one of its parts changed."""
    target = f"{path}.changed-{secrets.token_hex(4)}"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as changed:
        for each in source.namelist():
            changed.writestr(each, data if each == name else source.read(each))
    return target


def manifest(path: str, **changes: Any) -> str:
    with zipfile.ZipFile(path) as zipped:
        told = json.loads(zipped.read("manifest.json"))
    return rewritten(path, "manifest.json", json.dumps({**told, **changes}).encode())


def test_a_backup_that_is_not_what_it_says(made: Made, path: str) -> None:
    data = Path(made.path).read_bytes()
    cut, bent = Path(f"{made.path}.cut"), Path(f"{made.path}.bent")
    cut.write_bytes(data[: len(data) // 2])
    bent.write_bytes(data[:300] + bytes((data[300] ^ 1,)) + data[301:])
    other = rewritten(made.path, "game_state.db", b"SQLite format 3\0another")
    cases = [
        (str(cut), "is not a backup, or is damaged"),
        (str(bent), "is damaged"),
        (other, "game_state.db is not what its manifest says"),
        (rewritten(made.path, "manifest.json", b"{"), "a manifest that cannot be read"),
        (manifest(made.path, format=2), "was made by a newer version"),
        (manifest(made.path, parts={}), "has no database in it"),
        (path, ""),
    ]
    before = Path(path).read_bytes()
    for case, said in cases:
        if not said:
            continue
        with pytest.raises(BadBackup, match=said):
            archive.check(case)
        with pytest.raises(BadBackup, match=said):
            restore.restore(case, path)
        assert Path(path).read_bytes() == before
    with pytest.raises(BadBackup, match="cannot be read: No such file"):
        restore.restore(f"{made.path}.none", path)
    evil = manifest(
        made.path,
        parts={"game_state.db": {"bytes": 1, "sha256": ""}, "../evil": {"bytes": 1, "sha256": ""}},
    )
    with pytest.raises(BadBackup):
        restore.restore(evil, path)


def test_a_part_that_no_backup_has(made: Made, tmp_path: Path) -> None:
    with zipfile.ZipFile(made.path) as zipped:
        parts = json.loads(zipped.read("manifest.json"))["parts"]
    evil = manifest(made.path, parts={"../evil": parts["game_state.db"], **parts})
    into = tmp_path / "into"
    into.mkdir()
    with pytest.raises(BadBackup, match=r"has a part '\.\./evil' that no backup has"):
        archive.unpack(evil, str(into))
    assert not (tmp_path / "evil").exists()


# -- restoring


def test_a_backup_is_put_in_place_with_its_key_under_a_new_epoch(path: str, made: Made) -> None:
    house = reopened(path)
    house.close()
    files.write(f"{path}.key", bytes(32))
    before, was = epoch(path), Path(path).read_bytes()
    done = restore.restore(made.path, path)
    assert done.key
    assert Path(f"{path}.key").read_bytes() == KEY
    assert epoch(path) not in (before, "")
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert done.aside is not None
    assert Path(done.aside).read_bytes() == was
    assert Path(f"{done.aside}.key").read_bytes() == bytes(32)
    assert trial(path).findings == ()
    memory = known.read(path)
    assert memory is not None
    assert memory.epoch == epoch(path)
    house = reopened(path)
    house.close()
    assert house.boot is not None
    assert house.boot.epoch == epoch(path)
    # … and what was put aside can be put back.
    again = restore.restore(done.aside, path)
    assert again.key
    assert Path(f"{path}.key").read_bytes() == bytes(32)


def test_a_database_file_is_as_good_as_a_backup(path: str, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    shutil.copyfile(path, copy)
    done = restore.restore(str(copy), path)
    assert not done.key
    assert Path(f"{path}.key").read_bytes() == KEY
    assert done.aside is not None
    assert Path(f"{done.aside}.key").read_bytes() == KEY
    assert copy.exists()


def test_on_a_second_box_there_is_nothing_to_put_aside(made: Made, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = str(tmp_path / "other" / "game_state.db")
    done = restore.restore(made.path, other)
    assert done.aside is None
    assert sorted(os.listdir(tmp_path / "other")) == [
        "game_state.db",
        "game_state.db.key",
        "game_state.db.known",
    ]


HOLD = """
import sys
from gamesync.testing import memory_store
store = memory_store(path=sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_nothing_is_restored_under_a_server(path: str, made: Made) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    before = Path(path).read_bytes()
    with pytest.raises(schema.InUse):
        restore.restore(made.path, path)
    assert Path(path).read_bytes() == before
    holder.kill()
    holder.communicate()
    assert restore.restore(made.path, path).aside is not None


def test_in_the_place_of_what_is_no_database(path: str, made: Made) -> None:
    Path(path).write_bytes(b"rubbish" * 1000)
    aside = restore.restore(made.path, path).aside
    assert aside is not None
    assert Path(aside).read_bytes() == b"rubbish" * 1000


def test_one_that_does_not_hang_together_is_not_put_in_place(path: str, tmp_path: Path) -> None:
    copy = str(tmp_path / "copy.db")
    shutil.copyfile(path, copy)
    change(copy, "UPDATE scores SET score = score + 1")
    before = Path(path).read_bytes()
    with pytest.raises(BadBackup, match=r"is damaged: .* its row in scores"):
        restore.restore(copy, path)
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("step", ["rename", "write", "let_go", "give_to_owner"])
def test_broken_off_anywhere_it_can_be_done_again(
    step: str, path: str, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(Exception):
        pass

    def killed(*_: Any) -> None:
        raise Killed

    before = Path(path).read_bytes()
    with monkeypatch.context() as patched:
        module: Any = {"rename": os, "write": known, "let_go": known}.get(step, files)
        patched.setattr(module, step, killed)
        with pytest.raises(Killed):
            restore.restore(made.path, path)
    if os.path.exists(path):
        assert Path(path).read_bytes() == before or trial(path).findings == ()
    else:
        with pytest.raises(schema.BadDatabase, match="is not there, but games were kept in it"):
            backup.alone(order(path))
    restore.restore(made.path, path)
    assert trial(path).findings == ()


# -- a disk that really has an end


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "small", "700k") as place:
        yield place


def test_a_backup_never_fills_the_disk(
    path: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "SPARE_BYTES", 0)
    monkeypatch.setattr(copying, "_room", lambda _: None)
    (disk / "ballast").write_bytes(bytes(600_000))
    with pytest.raises(OSError, match="No space left"):
        make(Order(database=path, folder=str(disk), reason="request"))
    assert os.listdir(disk) == ["ballast"]


def test_two_threads_may_stop_one(path: str) -> None:
    running = Backup(order(path))
    found: list[Made] = []
    thread = threading.Thread(target=lambda: found.append(running.make()))
    thread.start()
    time.sleep(0.05)
    for _ in range(2):
        running.stop()
    thread.join(20)
    assert found[0].error in ("", "the backup was broken off")
