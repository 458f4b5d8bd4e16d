"""
Puts a database in the place of another, or takes one for the true one: while no server runs.

Either way its history is another from then on, and has a new epoch: clients that have seen later
versions must not take what they know for what is there.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from typing import Literal, TypeAlias

import attrs

from . import archive, files, guard, known, schema
from .archive import BadBackup
from .copying import trial
from .examine import Examined

_ENDS = ("", "-wal", "-shm", ".key")
"""What belongs to a database: the file, its log, the log's index, the box's key."""

_LOCKS_AT = 0x40000000
"""Where in its file SQLite locks: the bytes from the pending one to the last of the shared."""


Certificates: TypeAlias = Literal["", "taken", "left_out"]
"""What became of those that came with a backup; empty: there were none, or they are here anyway."""


@attrs.frozen(kw_only=True)
class Restored:
    examined: Examined
    until: str
    """When the restored database was last written to: UTC, ISO 8601."""
    aside: str | None
    """Where the old database is now; None if there was none."""
    key: bool
    """The box's key came with it; otherwise the one that is here stays."""
    certificates: Certificates


def restore(source: str, database: str) -> Restored:
    """
    Put *source*, a backup or a database file, in the place of *database*.

    Broken off at any point, it leaves the old database in its place, or none at all: then a start
    is refused, and this can be done again.

    :raises BadBackup: *source* cannot be used; nothing has changed
    :raises schema.BadDatabase: a server runs on *database*, or *source* cannot be served
    """
    _free(database)
    with tempfile.TemporaryDirectory(dir=files.folder_of(database), prefix=".restoring-") as work:
        new, key = unpacked(source, work)
        guard.prepare(new)
        found = trial(new)
        if found.findings:
            raise BadBackup(f"{source} is damaged: {found.findings[0]}.")
        memory = _new_epoch(new)
        files.sync(new)
        aside = _set_aside(database, with_key=key is not None)
        if key is not None:
            files.write(f"{database}.key", key)
        certificates = _take(os.path.join(work, archive.TLS), tls_of(database))
        # First what is known: a start in between finds games missing, and says so.
        known.write(database, memory)
        known.let_go(database)
        os.rename(new, database)
        files.give_to_owner(database)
        files.sync_folder(database)
    return Restored(
        examined=found,
        until=memory.wall,
        aside=aside,
        key=key is not None,
        certificates=certificates,
    )


def tls_of(database: str) -> str:
    """Where the box's own certificates are, beside *database*."""
    return os.path.join(files.folder_of(database), archive.TLS)


def _take(found: str, place: str) -> Certificates:
    """
    Put the certificates at *found* to *place*, if there are none.

    Never over others: an authority may have been made anew because the old one was stolen, and that
    one is in every backup from before.
    """
    if not os.path.isdir(found):
        return ""
    if os.path.lexists(place):
        root = os.path.basename(archive.CERTIFICATES[0])
        mine, theirs = (files.read_if_there(os.path.join(each, root)) for each in (place, found))
        return "" if mine == theirs else "left_out"
    names = os.listdir(found)
    for name in names:
        files.sync(os.path.join(found, name))
    os.rename(found, place)
    for path in (place, *(os.path.join(place, name) for name in names)):
        files.give_to_owner(path)
    files.sync_folder(place)
    return "taken"


def accept(database: str) -> str | None:
    """
    Take what is at *database* for the true one, whatever is known of it.

    :returns: until when there are games in it; None if there is none, and the next start makes one
    :raises schema.BadDatabase: a server runs on it, or it cannot be served
    """
    if not files.size(database):
        _set_aside(database, with_key=False)
        known.forget(database)
        files.sync_folder(database)
        return None
    guard.prepare(database, as_it_is=True)
    memory = _new_epoch(database)
    known.write(database, memory)
    known.let_go(database)
    for end in ("", "-wal", ".known"):
        if os.path.exists(database + end):
            files.give_to_owner(database + end)
    return memory.wall


def _free(database: str) -> None:
    """
    See that nobody holds the database. It is not asked through SQLite, which would touch the log.

    :raises schema.BadDatabase: a server does
    """
    if not files.size(database):
        return
    with schema.in_words(database), open(database, "r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 2 + 510, _LOCKS_AT)
        except BlockingIOError:
            raise schema.InUse(f"{database} is in use by another process.") from None


def unpacked(source: str, work: str) -> tuple[str, bytes | None]:
    new = os.path.join(work, archive.DATABASE)
    try:
        with open(source, "rb") as file:
            plain = file.read(16) == b"SQLite format 3\0"
        if not plain:
            archive.unpack(source, work)
            return new, files.read_if_there(os.path.join(work, archive.KEY))
        shutil.copyfile(source, new)
        if files.size(f"{source}-wal"):
            shutil.copyfile(f"{source}-wal", f"{new}-wal")
    except OSError as error:
        raise BadBackup(f"{error.filename or source} cannot be read: {error.strerror}.") from error
    return new, files.read_if_there(f"{source}.key")


def _new_epoch(path: str) -> known.Known:
    with schema.in_words(path), closing(sqlite3.connect(path, isolation_level=None)) as connection:
        schema.hold(connection)
        schema.tune(connection)
        connection.execute("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'")
        schema.check_in(connection)
        return known.of(connection)


def _set_aside(database: str, *, with_key: bool) -> str | None:
    """Move the old database out of the way, with all that belongs to it."""
    when = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    to, number = f"{database}.aside-{when}", 1
    while os.path.exists(to):
        number += 1
        to = f"{database}.aside-{when}-{number}"
    for end in _ENDS:
        if not os.path.exists(database + end):
            continue
        if end == "-shm":  # an index of the log, which is made anew when it is needed
            os.unlink(database + end)
        elif end == ".key" and not with_key:
            shutil.copyfile(database + end, to + end)
            os.chmod(to + end, files.OWN)
            files.give_to_owner(to + end)
        else:
            os.rename(database + end, to + end)
    files.sync_folder(database)
    return to if os.path.exists(to) else None
