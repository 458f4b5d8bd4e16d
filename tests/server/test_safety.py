"""Backups on schedule, and an eye on the file that is served."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gamesync.domain.values import Refused
from gamesync.server import safety as s
from gamesync.server.care import doings
from gamesync.server.safety import Safety
from gamesync.storage import generations, known
from gamesync.storage.backup import Backup
from gamesync.storage.copying import Made
from gamesync.testing import FakeClocks, InlineReactor, InlineThreads

from ..house import House, Match
from ..storage.played import change, over

HOURS = 6


class Reactor(InlineReactor):
    """Has a thread pool without threads."""

    def getThreadPool(self) -> InlineThreads:
        return InlineThreads()


class Box:
    """A house on a disk, and its safety."""

    def __init__(self, folder: Path, *, hours: int = HOURS, wall: float = 1.8e9) -> None:
        self.path = str(folder / "game_state.db")
        self.folder = generations.folder_beside(self.path)
        self.reactor = Reactor()
        self.house = House(self.path, reactor=self.reactor, clocks=FakeClocks(self.reactor))
        self.wall = wall
        self.safety = Safety(
            self.reactor,
            self.house.inner,
            self.house.registry.commits.pulse,
            hours=hours,
            wall=lambda: self.wall + self.reactor.seconds(),
        )
        self.safety.startService()

    @property
    def backups(self) -> list[str]:
        return generations.listed(self.folder, self.path)

    def advance(self, seconds: float) -> None:
        """In steps: a LoopingCall that was due many times rings once."""
        until = self.reactor.seconds() + seconds
        while self.reactor.seconds() < until:
            self.reactor.advance(min(60.0, until - self.reactor.seconds()))

    def close(self) -> None:
        if self.safety.running:
            self.safety.stopService()
        self.house.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    Match(made.house)
    yield made
    made.close()


def told(done: Any) -> Any:
    """What a coroutine that awaits nothing real comes to."""
    heard: list[Any] = []
    Deferred.fromCoroutine(done).addCallbacks(heard.append, lambda f: heard.append(f.value))
    return heard[0]


def play(box: Box) -> str:
    return Match(box.house).host.code("timer_update", {"op": "pause"})


# -- the file


def test_a_file_in_its_place_is_trusted(box: Box) -> None:
    box.advance(600)
    assert box.safety.moved == ""
    assert play(box) == "ok"


@pytest.mark.parametrize("which", ["", "-wal"])
@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_file_that_went_is_noticed_and_nothing_is_acked(how: str, which: str, box: Box) -> None:
    match = Match(box.house)
    path = box.path + which
    os.rename(path, f"{path}.away")
    if how == "replaced":
        shutil.copyfile(f"{path}.away", path)
    assert match.host.code("timer_update", {"op": "pause"}) == "ok"  # nobody has looked
    box.advance(s.WATCH_S)
    assert box.safety.moved.startswith(f"{path} was {how}")
    assert not box.house.live()
    assert match.host.code("timer_update", {"op": "resume"}) == "storage"
    # What is known is still told.
    assert match.host.ask("game_state", {}, match.id)["version"] == match.version
    # … and once it is back play goes on.
    os.replace(f"{path}.away", path)
    box.advance(s.WATCH_S)
    assert box.safety.moved == ""
    assert box.house.live()
    assert match.host.code("timer_update", {"op": "resume"}) == "ok"


def test_a_folder_that_cannot_be_looked_into(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", fails)
        told(box.safety.watch())
    assert box.safety.moved.endswith("cannot be looked at: Permission denied")
    told(box.safety.watch())
    assert box.safety.moved == ""


def test_it_is_noted_how_far_the_database_has_come(box: Box) -> None:
    box.advance(s.NOTE_S)
    first = known.read(box.path)
    play(box)
    box.advance(s.NOTE_S)
    then = known.read(box.path)
    assert first is not None
    assert then is not None
    assert first.game_ms < then.game_ms <= box.house.now()
    os.unlink(known.path_of(box.path))
    box.advance(s.NOTE_S)
    assert known.read(box.path) is None  # nothing has happened: the card is spared
    os.mkdir(known.path_of(box.path) + ".part")
    play(box)
    box.advance(s.NOTE_S)  # it cannot be written: the next one may
    os.rmdir(known.path_of(box.path) + ".part")
    box.advance(s.NOTE_S)
    assert known.read(box.path) is not None


# -- the schedule


def test_backups_are_made_by_the_clock(box: Box) -> None:
    box.advance(s.FIRST_S - s.LOOK_S)
    assert box.backups == []
    assert box.safety.backups.last_at is None
    box.advance(2 * s.LOOK_S)
    assert len(box.backups) == 1
    box.advance(HOURS * 3600 - 120)
    assert len(box.backups) == 1
    box.advance(240)
    assert len(box.backups) == 2
    assert box.safety.last is not None
    assert box.safety.last.path == box.backups[-1]
    assert box.safety.verified is True
    about = box.safety.backups
    assert (about.every_s, about.good) == (HOURS * 3600, True)
    assert about.last_at is not None
    assert box.wall + box.reactor.seconds() - about.last_at < 300


def test_a_start_goes_by_the_newest_backup_there_is(tmp_path: Path) -> None:
    box = Box(tmp_path)
    told(box.safety.back_up("request"))
    (only,) = box.backups
    made = generations.made(only)
    assert made is not None
    box.close()
    for age_s, wait_s in ((HOURS * 3600 - 100, s.FIRST_S), (-9e8, HOURS * 3600)):
        box = Box(tmp_path, wall=made.timestamp() + age_s)
        assert box.safety.backups.last_at == made.timestamp()
        box.advance(wait_s - 60)
        assert len(box.backups) == 1, age_s
        box.advance(180)
        assert len(box.backups) == 2, age_s
        os.unlink(box.backups[-1])
        box.close()


def test_none_are_made_where_none_are_wanted(tmp_path: Path) -> None:
    box = Box(tmp_path, hours=0)
    box.advance(3 * 24 * 3600)
    assert box.backups == []
    assert told(box.safety.back_up("request")).path == box.backups[0]
    box.close()


def test_one_that_failed_is_tried_again_soon(box: Box) -> None:
    Path(box.folder).write_text("in the way")
    box.advance(s.FIRST_S + s.LOOK_S)
    assert box.safety.last is None
    os.unlink(box.folder)
    box.advance(s.FIRST_S + s.LOOK_S)
    assert len(box.backups) == 1


def test_a_copy_that_does_not_hang_together_is_told(box: Box) -> None:
    over(box.house)
    box.house.close()
    change(box.path, "UPDATE scores SET score = score + 1")
    again = Box(Path(box.path).parent)
    made = told(again.safety.back_up("request"))
    assert made.path == ""
    assert again.safety.verified is False
    assert not again.safety.backups.good
    assert again.backups == []
    again.close()


def test_play_goes_on_between_copy_and_end(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    really, seen = Backup.make, []

    def make(self: Backup, copied: Callable[[], None]) -> Made:
        seen.append(play(box))
        assert box.safety._making is self
        made = really(self, copied)
        seen.append(play(box))
        return made

    monkeypatch.setattr(Backup, "make", make)
    made = told(box.safety.back_up("request"))
    assert seen == ["ok", "ok"]
    assert made.examined is not None
    assert made.examined.games == 1
    assert box.safety._making is None


def test_one_that_was_copied_from_a_file_opened_anew_is_thrown_away(
    box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = Backup.make

    def make(self: Backup, copied: Callable[[], None]) -> Made:
        assert box.house.inner._pool is not None
        box.house.inner._pool.renew = True
        play(box)
        return really(self, copied)

    monkeypatch.setattr(Backup, "make", make)
    made = told(box.safety.back_up("request"))
    assert made.error == "the database was opened anew while it was copied"
    assert box.backups == []


def test_one_at_a_time_and_none_after_the_end(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.safety._making = Backup.__new__(Backup)
    refused = told(box.safety.back_up("request"))
    assert isinstance(refused, Refused)
    box.advance(s.FIRST_S + 2 * s.LOOK_S)
    assert box.backups == []
    box.safety._making = None
    box.safety.stopService()
    assert isinstance(told(box.safety.back_up("request")), Refused)
    box.safety.startService()


def test_a_store_that_takes_nothing_has_no_backup(box: Box) -> None:
    box.house.inner.distrusted = "gone"
    assert told(box.safety.back_up("request")).error == "gone"
    box.house.inner.distrusted = ""
    assert told(box.safety.back_up("request")).error == ""


def test_what_breaks_does_so_once(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(box.house.inner.place, "trouble", broken)
        box.advance(2 * s.WATCH_S)
    os.rename(box.path, f"{box.path}.away")
    box.advance(s.WATCH_S)
    assert box.safety.moved != ""
    os.rename(f"{box.path}.away", box.path)
    box.advance(s.WATCH_S)


def test_what_the_control_socket_is_told(box: Box) -> None:
    asked = doings(box.safety)
    made = told(asked["backup"]({}))
    assert made["path"] == box.backups[0]
    assert made["examined"]["games"] == 1
    assert "path" not in told(asked["verify"]({}))
    box.house.inner.distrusted = "gone"
    refused = told(asked["verify"]({}))
    assert (type(refused), str(refused)) == (Refused, "gone")
    box.house.inner.distrusted = ""


def test_names_tell_when_they_were_made(box: Box) -> None:
    name = generations.name(box.path, datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC))
    assert name == "game_state-20260301T120001Z.gamesync.zip"
    assert generations.made(name) == datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)
