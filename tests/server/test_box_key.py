"""The box's key: made once, kept, and never made anew over one that is there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gamesync.config import BadConfig
from gamesync.server.box_key import secret_key
from gamesync.storage.schema import MEMORY


def test_it_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    database, file = str(tmp_path / "g.db"), tmp_path / "g.db.key"
    key = secret_key(database)
    assert len(key) == 32
    assert file.read_bytes() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret_key(database) == key
    assert secret_key(str(tmp_path / "other.db")) != key


def test_a_database_in_memory_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(secret_key(MEMORY)) == 32
    assert secret_key(MEMORY) != secret_key(MEMORY)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("held", [b"", bytes(31), bytes(33)])
def test_a_damaged_one_is_refused_and_left_as_it_is(held: bytes, tmp_path: Path) -> None:
    file = tmp_path / "g.db.key"
    file.write_bytes(held)
    with pytest.raises(BadConfig, match=rf"the box's key {file} is damaged: it has 32 bytes"):
        secret_key(str(tmp_path / "g.db"))
    assert file.read_bytes() == held


def test_one_that_cannot_be_read_or_made(tmp_path: Path) -> None:
    (tmp_path / "g.db.key").mkdir()
    with pytest.raises(BadConfig, match=r"g\.db\.key cannot be read: Is a directory"):
        secret_key(str(tmp_path / "g.db"))
    with pytest.raises(BadConfig, match=r"g\.db\.key cannot be made: No such file"):
        secret_key(str(tmp_path / "nowhere" / "g.db"))
