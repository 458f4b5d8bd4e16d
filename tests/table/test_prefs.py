"""What the screen remembers, in a file that may come to harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from gamesync.table.prefs import Prefs, PrefsFile


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "prefs.json"


def test_nothing_is_known_at_first(file: Path) -> None:
    prefs = PrefsFile(file).load()
    assert prefs == Prefs()
    assert (prefs.server, prefs.lies_flat, prefs.role) == ("", None, "host")
    assert not file.exists()


def test_what_was_kept_is_there_again(file: Path) -> None:
    kept = Prefs(
        server="ws://box:8765/", lies_flat=True, language="de", clock="down-90", table="t1"
    )
    PrefsFile(file).save(kept)
    assert PrefsFile(file).load() == kept
    assert os.listdir(file.parent) == ["prefs.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"role": "king"}', '{"brightness": "much"}'])
def test_a_damaged_file_costs_no_start(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_text(text)
    assert PrefsFile(file).load() == Prefs()


def test_what_an_older_or_newer_app_wrote_is_read(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('{"server": "ws://box:8765/", "hologram": true}')
    assert PrefsFile(file).load() == Prefs(server="ws://box:8765/")


def test_a_file_that_cannot_be_read_or_written_costs_no_start(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    file = PrefsFile(tmp_path / "taken" / "prefs.json")
    file.save(Prefs(language="de"))
    assert file.load() == Prefs()


def test_the_old_one_stays_when_the_new_one_cannot_be_written(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = PrefsFile(file)
    kept.save(Prefs(language="de"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gamesync.table.prefs.os.replace", full)
    kept.save(Prefs(language="en"))
    assert kept.load().language == "de"
