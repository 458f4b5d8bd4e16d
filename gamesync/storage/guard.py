"""
Keeps a server from starting on a database that is not the one it left.

:func:`.schema.prepare` sees whether a file hangs together; here it is held against what is known
of it (:mod:`.known`) and against what its log says (:mod:`.wal`). A file that is refused keeps
every byte, and so do those beside it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing

from . import faults, files, generations, known, refolding, schema, wal
from .schema import BadDatabase


class NotTheOne(BadDatabase):
    """Games were kept here that this file has not, or not all."""


def prepare(
    path: str,
    steps: Sequence[str] | None = None,
    backups: str | None = None,
    *,
    as_it_is: bool = False,
) -> None:
    """
    As :func:`.schema.prepare`, for a file that is the one that was left here.

    :param backups: the folder of the backups, from which the newest is named
    :param as_it_is: whatever is known of it
    :raises BadDatabase: it cannot be served; the text says what to type
    """
    if not as_it_is:
        _check(path, backups)
    try:
        schema.prepare(path, steps, settled=_remember(path))
    except schema.Damaged as error:
        raise schema.Damaged(f"{error} {_way_out(path, backups)}") from error


def _check(path: str, backups: str | None) -> None:
    try:
        memory = known.read(path)
        with schema.in_words(path):
            _there(path, memory)
            found = _read(path)
            _log(path)
            if memory is not None and found is not None:
                _as_new(path, memory, found)
    except NotTheOne as error:
        raise NotTheOne(f"{error} {_way_out(path, backups)} {_ACCEPT}") from None


_ACCEPT = "`gamesync accept` goes on with what is there."


def _there(path: str, memory: known.Known | None) -> None:
    if memory is None or files.size(path):
        return
    what = "is empty" if os.path.exists(path) else "is not there"
    raise NotTheOne(f"{path} {what}, but games were kept in it until {memory.wall}.")


def _log(path: str) -> None:
    log = f"{path}-wal"
    if known.held(path) and not os.path.exists(log):
        raise NotTheOne(
            f"{path} has lost its write-ahead log ({os.path.basename(log)}): what was done last"
            " before the server ended is not in it."
        )
    lost = wal.lost_commits(log)
    if lost:
        raise NotTheOne(
            f"{path} has a damaged write-ahead log: at least {lost} changes could not be read."
        )


def _as_new(path: str, memory: known.Known, found: known.Known) -> None:
    if found.epoch != memory.epoch:
        raise NotTheOne(f"{path} was replaced by another database.")
    if found.game_ms < memory.game_ms:
        raise NotTheOne(
            f"{path} is older than it was: it ends at {found.wall}, but games were kept in it until"
            f" {memory.wall}."
        )


def _read(path: str) -> known.Known | None:
    """
    What the file says of itself; None if it says nothing that this version knows.

    :raises sqlite3.OperationalError: somebody else holds it; so nothing may be said of its log
    """
    if not files.size(path):
        return None
    try:
        with closing(schema.reader(path)) as connection:
            application, version = schema.marks(connection)
            if application != schema.APPLICATION_ID or version > len(schema.SCRIPTS):
                return None
            return known.of(connection)
    except sqlite3.DatabaseError as error:
        if faults.code(error) in faults.HELD:
            raise
        return None  # what is wrong with it is said by those who open it


def _remember(path: str) -> schema.Settled:
    def settled(connection: sqlite3.Connection) -> None:
        if refolding.bring_up_to_date(connection):
            schema.check_in(connection)
        # All of the log is in the file now, so it may go when the file is closed.
        known.write(path, known.of(connection))
        known.let_go(path)

    return settled


def _way_out(path: str, backups: str | None) -> str:
    newest = generations.newest(backups or generations.folder_beside(path), path)
    if newest is None:
        return "There is no backup of it."
    return f"Its newest backup is {newest}; `gamesync restore {newest}` puts that in its place."
