"""Whether the file that a store has open is still the one on the disk, and whether it rests."""

from __future__ import annotations

import os
import sqlite3

from . import schema

AUTOCHECKPOINT = 1_000
"""Pages in the log after which SQLite brings them into the file."""


class Place:
    """
    Where the open file and its log are.

    A file that is unlinked or replaced while it is open takes every write and keeps none: SQLite
    does not notice, so somebody has to look.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._noted: dict[str, tuple[int, int]] = {}

    def note(self) -> None:
        """What is there now is what was opened."""
        paths = (self._path, f"{self._path}-wal")
        self._noted = {path: _identity(path) for path in paths if os.path.exists(path)}

    def trouble(self) -> str:
        """What became of the file, in words; empty: it is where it was."""
        for path, identity in self._noted.items():
            try:
                if _identity(path) != identity:
                    return f"{path} was replaced by another file while the server ran"
            except FileNotFoundError:
                return f"{path} was removed while the server ran"
            except OSError as error:
                return f"{path} cannot be looked at: {error.strerror}"
        return ""


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)
    return found.st_dev, found.st_ino


class Stillness:
    """
    A stretch in which nothing is written to the main file, so that it can be copied: commits go to
    the log, and stay there. All but :meth:`broken` is done in the database's thread.
    """

    def __init__(self) -> None:
        self._whole = False

    def begin(self, cursor: sqlite3.Cursor) -> None:
        """Everything committed so far is in the file from now on, and nothing else."""
        _, left, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if left:
            raise sqlite3.OperationalError("the log could not be checked in")
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        self._whole = True

    def broken(self) -> None:
        """The file was opened anew, and so may have been written to."""
        self._whole = False

    def end(self, cursor: sqlite3.Cursor) -> bool:
        """Whether it lasted until now."""
        cursor.execute(f"PRAGMA wal_autocheckpoint = {AUTOCHECKPOINT}")
        return self._whole


def check_same(connection: sqlite3.Connection, path: str, epoch: str, durable_ms: int) -> None:
    """
    See that a file opened again holds what was made durable in it.

    :raises schema.BadDatabase: it is another, or an older copy
    """
    row = connection.execute(
        "SELECT value, coalesce((SELECT game_ms FROM pulse), 0) FROM meta WHERE key = 'epoch'"
    ).fetchone()
    if epoch and (row[0] != epoch or row[1] < durable_ms):
        raise schema.BadDatabase(f"{path} was replaced by another file while the server ran.")
