"""Tells the disk's faults from the program's own, and names them in words."""

from __future__ import annotations

import sqlite3

_WORDS = {
    sqlite3.SQLITE_PERM: "the database file may not be opened",
    sqlite3.SQLITE_BUSY: "the database is locked by another process",
    sqlite3.SQLITE_LOCKED: "the database is locked",
    sqlite3.SQLITE_NOMEM: "out of memory",
    sqlite3.SQLITE_READONLY: "the database file cannot be written to",
    sqlite3.SQLITE_INTERRUPT: "the database was interrupted",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write",
    sqlite3.SQLITE_CORRUPT: "the database file is damaged",
    sqlite3.SQLITE_FULL: "no space is left for the database",
    sqlite3.SQLITE_CANTOPEN: "the database file cannot be opened",
    sqlite3.SQLITE_PROTOCOL: "the database is locked by another process",
    sqlite3.SQLITE_NOTADB: "the file is not a SQLite database",
}

_MEDIUM = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_NOTADB,
}


HELD = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL}
"""Another process has the file."""


def code(error: BaseException) -> int:
    """SQLite's primary result code; 0 if it has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def outage(error: BaseException) -> str | None:
    """What is the matter with the disk, in words; None if *error* is no fault of the disk."""
    if closed(error):
        return "the connection to the database was lost"
    return _WORDS.get(code(error))


def closed(error: BaseException) -> bool:
    """The connection itself is gone, and no call through it can ever succeed."""
    return isinstance(error, sqlite3.ProgrammingError) and "closed database" in str(error)


def of_the_medium(error: BaseException) -> bool:
    """May come from the open file and not from what lies on the disk now, as after a remount."""
    return code(error) in _MEDIUM
