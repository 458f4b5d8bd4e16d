"""The rulesets of one house."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamesync.config import BadConfig
from gamesync.domain.rulebook import shipped
from gamesync.server.rulesets import rulesets


def test_without_a_folder_there_are_those_that_ship() -> None:
    assert rulesets("") == shipped()


def test_the_house_s_own_come_over_them(tmp_path: Path) -> None:
    (tmp_path / "ours.json").write_text('{"id": "ours", "name": "Ours", "extends": "wh40k-10e"}')
    (tmp_path / "notes.txt").write_text("not one of them")
    found = rulesets(str(tmp_path))
    assert found["ours"].name == "Ours"
    assert set(found) == {*shipped(), "ours"}


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, tmp_path / "nowhere"):
        with pytest.raises(BadConfig, match=rf"^rulesets: {folder} is not a folder$"):
            rulesets(str(folder))


def test_a_file_that_cannot_be_read_or_is_no_ruleset(tmp_path: Path) -> None:
    (tmp_path / "a.json").mkdir()
    with pytest.raises(BadConfig, match=r"^rulesets: .*a\.json cannot be read: Is a directory$"):
        rulesets(str(tmp_path))
    (tmp_path / "a.json").rmdir()
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(BadConfig, match=r"^rulesets: a\.json: "):
        rulesets(str(tmp_path))
