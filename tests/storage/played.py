"""A database in which there was really play: a match that is over, one that is not, an event."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gamesync.storage import known, wal
from gamesync.testing import FakeClocks, InlineReactor

from ..house import House, Match, Person

SECRETS = ("Anna", "Marek", "Zofia Nowak", "Ludwik", "see you at Marek's place")
"""People, and what they typed."""


def over(house: House) -> Match:
    """A match from its first roll to its end, with people in every corner of its log."""
    match = Match(house)
    match.anna.do("score_update", {"player": 1, "category": "secondary", "value": 8})
    match.host.do("setup", {"op": "profile", "player": 2, "team": "Ludwik", "faction": "Orks"})
    match.host.do("settings_update", {"key": "note", "value": SECRETS[-1]})
    house.wait(7)
    match.marek.do("judge_call", {"op": "call", "note": f"{SECRETS[-1]}?"})
    match.anna.do("game_end", {"op": "concede"})
    return match


def organiser(house: House) -> Person:
    person = house.person("192.168.1.70")
    person.connect("venue", key=house.official())
    return person


def play(path: str) -> tuple[str, str]:
    """Have it all played in a new database at *path*; the ids of the two matches."""
    house = House(path)
    first = over(house)
    second = Match(house)
    second.anna.do("score_update", {"player": 1, "category": "secondary", "value": 3})
    cup(house)
    house.close()
    return first.id, second.id


def cup(house: House) -> tuple[Person, str, str]:
    """An organiser, his event, and the only one who takes part in it."""
    olga = organiser(house)

    def made(**data: Any) -> Any:
        return olga.do("event", data, "venue")["data"]["detail"]

    event = made(op="add", name="Cup")["event"]
    zofia = made(op="add_participant", event=event, name=SECRETS[2])["participant"]
    return olga, event, zofia


def reopened(path: str) -> House:
    reactor = InlineReactor()
    return House(path, reactor=reactor, clocks=FakeClocks(reactor, wall_ms=1_750_000_100_000))


def killed(path: str, folder: str) -> str:
    """
    What a server that was killed leaves of the database at *path*, as a copy in *folder*.

    The last score is in the log alone.
    """
    house = reopened(path)
    house.store.inner._pool.runInteraction(
        lambda cursor: cursor.execute("PRAGMA wal_autocheckpoint = 0")
    )
    match = Match(house)
    for value in range(1, 6):
        match.anna.do("score_update", {"player": 1, "category": "secondary", "value": value})
    copy = f"{folder}/killed.db"
    for end in ("", "-wal", ".known", ".held"):
        shutil.copyfile(path + end, copy + end)
    house.close()
    assert wal.lost_commits(f"{copy}-wal") == 0
    assert known.held(copy)
    return copy


def change(path: str, sql: str, *values: Any) -> None:
    """Do what the program never does."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER IF EXISTS events_are_not_changed")
        connection.execute("DROP TRIGGER IF EXISTS events_are_not_deleted")
        connection.execute(sql, values)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def bytes_of(path: str) -> dict[str, bytes]:
    """All that lies beside each other there."""
    return {
        file.name: file.read_bytes()
        for file in Path(path).parent.iterdir()
        if file.is_file() and not file.name.endswith("-shm")
    }
