"""Databases that older versions wrote are served by this one, and newer ones are left alone."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from gamesync.domain.events import Entry
from gamesync.domain.log import fold
from gamesync.storage import schema
from gamesync.storage.copying import trial
from gamesync.storage.guard import prepare
from gamesync.storage.refolding import FOLDED_BY
from gamesync.store import Listed

from ..house import House
from .played import bytes_of

GOLDEN = Path(__file__).parent / "golden"
FOLDED = (1, "9af1c9814cec66ec6c4a71cc6f35e57cedc53b932be87e44926a600db70c79e3")
"""All that were played by ``make.py`` are the same games."""
NUMBERS = sorted(int(file.stem.removeprefix("schema")) for file in GOLDEN.glob("schema*.json"))


def golden(number: int, path: str) -> dict[str, object]:
    """Put the database of that schema at *path*; what it must come to."""
    Path(path).write_bytes(gzip.decompress((GOLDEN / f"schema{number}.db.gz").read_bytes()))
    told: dict[str, object] = json.loads((GOLDEN / f"schema{number}.json").read_bytes())
    assert told["schema"] == number
    return told


def version(path: str) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
        (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def test_there_is_one_of_every_schema_but_the_newest() -> None:
    assert list(range(1, len(NUMBERS) + 1)) == NUMBERS
    assert len(NUMBERS) >= len(schema.SCRIPTS) - 1


@pytest.mark.parametrize("number", NUMBERS)
def test_an_old_database_is_brought_up_to_date(number: int, path: str) -> None:
    told = golden(number, path)
    assert version(path) == number
    before = Path(path).read_bytes()
    prepare(path)
    assert version(path) == len(schema.SCRIPTS)
    copy = f"{path}.before-v{number + 1}"
    if number < len(schema.SCRIPTS):
        assert version(copy) == number
        with closing(sqlite3.connect(copy)) as old, closing(sqlite3.connect(":memory:")) as first:
            Path(f"{path}.first").write_bytes(before)
            with closing(sqlite3.connect(f"{path}.first")) as source:
                source.backup(first)
            assert list(old.iterdump()) == list(first.iterdump())
    # What it held still hangs together, and is played on.
    examined = trial(path)
    assert (examined.findings, examined.games) == ((), 2)
    house = House(path)
    shown = {line.game_id: [line.match.score1, line.match.score2] for line in _listed(house)}
    assert shown == told["scores"]
    game = str(told["going"])
    person = house.person()
    person.connect(game)
    assert house.room(game).version > 0
    house.close()
    assert trial(path).findings == ()


def _listed(house: House) -> list[Listed]:
    found: list[list[Listed]] = []
    house.store.list_games().addCallback(found.append)
    return found[0]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_newer_database_keeps_every_byte(number: int, path: str) -> None:
    golden(number, path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {len(schema.SCRIPTS) + 1}")
        connection.commit()
    before = bytes_of(path)
    with pytest.raises(schema.FromTheFuture, match="written by a newer version"):
        prepare(path)
    assert bytes_of(path) == before


def test_the_steps_so_far_are_as_they_were() -> None:
    """A step that has been released is never changed: files have seen it as it was."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        schema.migrate(fresh, schema.scripts())
        wanted = _schema(fresh)
    for number in NUMBERS:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as old:
            raw = gzip.decompress((GOLDEN / f"schema{number}.db.gz").read_bytes())
            old.deserialize(b"".join((raw[:18], b"\x01\x01", raw[20:])))  # not ahead into a log
            schema.migrate(old, schema.scripts())
            assert _schema(old) == wanted


def _schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()


@pytest.mark.parametrize("number", NUMBERS)
def test_whoever_changes_what_a_log_adds_up_to_says_so(number: int) -> None:
    """
    Then states that an older program wrote are made anew at the first start (``refolding``).

    If this fails: raise ``FOLDED_BY``, and write the new line at the top.
    """
    digest = hashlib.sha256()
    with closing(sqlite3.connect(":memory:")) as connection:
        raw = gzip.decompress((GOLDEN / f"schema{number}.db.gz").read_bytes())
        connection.deserialize(b"".join((raw[:18], b"\x01\x01", raw[20:])))
        ids = connection.execute("SELECT game_id FROM game_state ORDER BY game_id").fetchall()
        for (game_id,) in ids:
            bodies = connection.execute(
                "SELECT body FROM events WHERE game_id = ? ORDER BY version", (game_id,)
            )
            log = [msgspec.json.decode(body, type=Entry) for (body,) in bodies]
            digest.update(msgspec.json.encode(fold(log).game, order="deterministic"))
    assert (FOLDED_BY, digest.hexdigest()) == FOLDED
