"""
Makes a database file fit for this program, or says in one sentence why it is not.

All of it happens before anyone is served, in the caller's thread, and leaves no connection, thread
or lock behind: :func:`prepare` may be called before a daemon forks.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from importlib.resources import files
from typing import TypeAlias
from urllib.parse import quote

from ..domain.values import Millis
from . import faults, rows
from .files import folder_of, sync_folder

MEMORY = ":memory:"
"""The path of a database that lives and dies with its connection."""

APPLICATION_ID = 0x67737963
"""Marks a SQLite file as ours ("gsyc")."""

SCRIPTS = ("001_first.sql", "002_summary.sql", "003_tokens.sql")
"""In order; a file's schema version is how many of them it has seen."""

LEAST_ROOM_BYTES = 64 * 1024
"""With less not even what is there can be opened: SQLite makes an index of its log."""

PATIENCE_MS: Millis = 2_000
"""How long a start waits for another process to let go of the file."""


class BadDatabase(Exception):
    """The file cannot be served; the text is one sentence that names it and says why."""


class NotOurs(BadDatabase):
    """It is no SQLite database, or some other program's."""


class FromTheFuture(BadDatabase):
    """A newer version of this program wrote it. Nothing in it was touched."""


class InUse(BadDatabase):
    """Another process holds it open."""


class Damaged(BadDatabase):
    """What is in it does not hang together."""


def scripts() -> tuple[str, ...]:
    """The SQL of each step."""
    folder = files(__package__) / "sql"
    return tuple((folder / name).read_text("utf-8") for name in SCRIPTS)


Settled: TypeAlias = Callable[[sqlite3.Connection], None]


def prepare(
    path: str,
    steps: Sequence[str] | None = None,
    patience_ms: Millis = PATIENCE_MS,
    settled: Settled = lambda _: None,
) -> None:
    """
    Create, check and migrate the file at *path*. It is readable by its owner alone afterwards.

    :param steps: :func:`scripts`, but for tests
    :param settled: called once all of it is in the file, and before the file is let go of
    :raises BadDatabase: it cannot be served; a file that is not ours or too new is left as it was
    """
    steps = scripts() if steps is None else steps
    with in_words(path):
        _claim(path)
        with closing(reader(path, patience_ms)) as connection:
            _recognise(connection, path, len(steps))
        with closing(_connect(path, "rw", patience_ms)) as connection:
            hold(connection)
            tune(connection)
            _check(connection, path)
            connection.executescript("BEGIN IMMEDIATE; ROLLBACK")  # fails if it is read-only
            migrate(connection, steps, path)
            check_in(connection)
            settled(connection)


def reader(path: str, patience_ms: Millis = PATIENCE_MS) -> sqlite3.Connection:
    """
    A connection that leaves every byte as it is.

    A reader cannot check in a log, and where there is none, "immutable" keeps it from making one.
    """
    return _connect(path, "ro" if _log_size(path) else "ro&immutable=1", patience_ms)


def check_in(connection: sqlite3.Connection | sqlite3.Cursor) -> None:
    """Bring all of the log into the file, durably; no transaction may be open."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def uri(path: str, mode: str = "rw") -> str:
    """How SQLite is told to open *path*: never to create it, which only :func:`prepare` does."""
    return MEMORY if path == MEMORY else f"file:{quote(os.path.abspath(path))}?mode={mode}"


def hold(connection: sqlite3.Connection) -> None:
    """
    Keep everyone else out of the file, from the first access on. Comes before all else.

    SQLite 3.7.0 to 3.51.2 can lose commits when two connections write the log and check it in at
    the same time; where there is no second connection, it cannot happen.
    """
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")


def tune(connection: sqlite3.Connection) -> None:
    """Write durably, ahead into a log."""
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # NORMAL loses acknowledged commits when the power fails
        "wal_autocheckpoint = 1000",
        "journal_size_limit = 16777216",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


def verify(connection: sqlite3.Connection, path: str, version: int) -> None:
    """
    See that the file, opened again, is still one that was prepared.

    :raises BadDatabase: it was replaced by something else
    """
    with in_words(path):
        if marks(connection) != (APPLICATION_ID, version):
            raise BadDatabase(f"{path} was replaced by another file while the server ran.")


def migrate(connection: sqlite3.Connection, steps: Sequence[str], path: str | None = None) -> None:
    """
    Run the steps that the database lacks, each all or nothing.

    Before step N a file that was there before is copied to ``<path>.before-v<N>``.

    :param path: None: keep no copies
    """
    connection.create_function("summary_of", 1, rows.summary_of, deterministic=True)
    _, seen = marks(connection)
    for number, step in enumerate(steps[seen:], start=seen + 1):
        if path is not None and seen:
            _copy(connection, f"{path}.before-v{number}")
        try:
            connection.executescript(
                f"BEGIN IMMEDIATE;\n{step}\n"
                f"PRAGMA application_id = {APPLICATION_ID};\n"
                f"PRAGMA user_version = {number};\n"
                "COMMIT;"
            )
        except sqlite3.Error:
            connection.rollback()
            raise


@contextmanager
def in_words(path: str) -> Iterator[None]:
    """Turn whatever the disk or SQLite says about *path* into :exc:`BadDatabase`."""
    try:
        yield
    except OSError as error:
        raise BadDatabase(f"{path} cannot be used: {error.strerror}.") from error
    except sqlite3.Error as error:
        match faults.code(error):
            case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED | sqlite3.SQLITE_PROTOCOL:
                raise InUse(f"{path} is in use by another process.") from error
            case sqlite3.SQLITE_NOTADB:
                raise NotOurs(f"{path} is not a SQLite database.") from error
            case sqlite3.SQLITE_CORRUPT:
                raise _damaged(path, str(error)) from error
        reason = hindrance(path) or faults.outage(error) or str(error)
        raise BadDatabase(f"{path} cannot be used: {reason}.") from error


def hindrance(path: str) -> str:
    """
    What keeps anybody from writing to *path*, as far as it can be seen; empty: nothing.

    SQLite has one code for a full disk, a folder that is not ours and a disk that fails, for it
    stumbles over whatever it happens to want first.
    """
    folder = folder_of(path)
    with suppress(OSError):
        room = os.statvfs(folder)
        if room.f_bavail * room.f_frsize < LEAST_ROOM_BYTES:
            return "no space is left on its disk"
    if not os.access(folder, os.W_OK | os.X_OK):
        return "its folder may not be written to"
    if os.path.exists(path) and not os.access(path, os.R_OK | os.W_OK):
        return "it may not be written to"
    return ""


def _claim(path: str) -> None:
    """
    Make the file if there is none; close it to all but its owner.

    An existing file is not opened here: to close a descriptor of it would drop the locks that
    SQLite may hold on it elsewhere in this process.
    """
    with suppress(FileNotFoundError):
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            raise BadDatabase(f"{path} is not a file.")
        if found.st_mode & 0o077 and found.st_uid == os.geteuid():
            os.chmod(path, found.st_mode & 0o700)
        if found.st_size or not _log_size(path):
            return
    if _log_size(path):
        raise _damaged(path, "it is empty or missing, but its write-ahead log is there")
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    sync_folder(path)


def _log_size(path: str) -> int:
    try:
        return os.stat(f"{path}-wal").st_size
    except FileNotFoundError:
        return 0


def _connect(path: str, mode: str, patience_ms: Millis) -> sqlite3.Connection:
    return sqlite3.connect(
        uri(path, mode), uri=True, isolation_level=None, timeout=patience_ms / 1000
    )


def marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """Whose file it is, and how many steps it has seen."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _recognise(connection: sqlite3.Connection, path: str, newest: int) -> None:
    application, version = marks(connection)
    (things,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application, version, things) != (0, 0, 0):
        raise NotOurs(f"{path} is a database of another program.")
    if version > newest:
        raise FromTheFuture(
            f"{path} was written by a newer version of gamesync "
            f"(its schema is {version}, this version knows {newest})."
        )


def _check(connection: sqlite3.Connection, path: str) -> None:
    (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if finding != "ok":
        raise _damaged(path, " ".join(finding.replace("*** in database main ***", "").split()))


def _damaged(path: str, finding: str) -> Damaged:
    return Damaged(f"{path} is damaged ({finding}); restore it from a backup.")


def _copy(connection: sqlite3.Connection, target: str) -> None:
    """A whole copy under *target*, or none: never half of one."""
    part = f"{target}.part"
    with suppress(FileNotFoundError):
        os.unlink(part)
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with closing(sqlite3.connect(part)) as copy:
            connection.backup(copy)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.replace(part, target)
    sync_folder(target)
