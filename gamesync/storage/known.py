"""
What is known of a database outside of it, in two small files beside it.

A database that vanished, or was replaced by an older copy, or has lost its log, looks like a good
one; only somebody who remembers can tell. ``<database>.known`` tells how far it had come.
``<database>.held`` is empty, and there while a server has the file open: if the server was killed,
there must be a log. (It is a file of its own because even on a full disk it can be removed.) No
secret is in either.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

import msgspec

from ..domain.values import Millis
from . import files


class Known(msgspec.Struct, frozen=True, kw_only=True):
    epoch: str
    """Of the history that the database holds."""
    game_ms: Millis
    """Game time of an instant that was durable when this was written."""
    wall: str
    """The same instant for people: UTC, ISO 8601."""


def path_of(database: str) -> str:
    return f"{database}.known"


def read(database: str) -> Known | None:
    """None if nothing is known, or the file says nothing that can be read."""
    data = files.read_if_there(path_of(database))
    try:
        return None if data is None else msgspec.json.decode(data, type=Known)
    except msgspec.DecodeError:
        return None


def write(database: str, known: Known) -> None:
    files.write(path_of(database), msgspec.json.encode(known) + b"\n")


def hold(database: str) -> None:
    """From now on there is a log beside the database until :func:`let_go`."""
    os.close(os.open(_held(database), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, files.OWN))
    files.sync_folder(database)


def held(database: str) -> bool:
    return os.path.exists(_held(database))


def let_go(database: str) -> None:
    """All of the log is in the database; it may be removed."""
    with suppress(FileNotFoundError):
        os.unlink(_held(database))
        files.sync_folder(database)


def forget(database: str) -> None:
    """Nothing is known any more."""
    let_go(database)
    with suppress(FileNotFoundError):
        os.unlink(path_of(database))


def _held(database: str) -> str:
    return f"{database}.held"


def of(connection: sqlite3.Connection | sqlite3.Cursor) -> Known:
    """What there is to know of an open database."""
    row = connection.execute(
        "SELECT value, coalesce((SELECT game_ms FROM pulse), 0),"
        " strftime('%Y-%m-%dT%H:%M:%SZ', coalesce((SELECT wall_ms FROM pulse) / 1000, 0),"
        " 'unixepoch') FROM meta WHERE key = 'epoch'"
    ).fetchone()
    epoch, game_ms, wall = row
    return Known(epoch=epoch, game_ms=game_ms, wall=wall)
