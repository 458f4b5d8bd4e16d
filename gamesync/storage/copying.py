"""
``python -m gamesync.storage.copying``: copies a database that stands still, tries the copy out, and
makes a backup of it.

A process of its own. A server must not open a second descriptor of its own database, as closing it
would drop the locks that SQLite holds on it; and folding every log takes a processor's time, which
play should have. It prints ``copied`` when the database may move again, and then what it found, as
JSON: a :class:`Made`.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

import msgspec

from . import archive, files, generations, guard, refolding, schema
from .archive import Manifest, Reason
from .examine import Examined, examine

COPIED = b"copied\n"
MAKING = ".making-"
"""How the folder begins in which one is made; a process that was killed leaves its own."""
STALE_S = 3600
"""After this nobody is at it any more."""
SPARE_BYTES = 16 << 20
"""So much of the disk is left to those who play."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done; the only argument, as JSON. No secret is in it."""

    database: str
    folder: str
    """Of the backups; made if there is none."""
    reason: Reason
    """``verify``: nothing is kept."""
    program: str = ""
    """Version of gamesync that asks."""


class Made(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    examined: Examined | None = None
    path: str = ""
    """Of the backup; empty if none was made."""
    made: str = ""
    bytes: int = 0
    pruned: int = 0
    """Older backups that were removed."""
    error: str = ""
    """Why nothing came of it: one sentence."""


class NotMade(Exception):
    """One sentence."""


Copied: TypeAlias = Callable[[], None]


def trial(path: str) -> Examined:
    """
    What is in the file at *path*, which nobody else has open. One that an older program wrote is
    brought up to date first, as a start would; any other keeps every byte.

    :raises schema.BadDatabase: it could not be served
    """
    with schema.in_words(path):
        with closing(schema.reader(path)) as connection:
            marks = schema.APPLICATION_ID, len(schema.SCRIPTS)
            ours = schema.marks(connection) == marks and refolding.up_to_date(connection)
        if not ours:
            guard.prepare(path)
        with closing(schema.reader(path)) as connection:
            return examine(connection)


def make(order: Order, copied: Copied = lambda: None) -> Made:
    """
    Carry out *order*.

    :param copied: called as soon as the database may be written to again
    :raises NotMade: nothing came of it
    """
    os.makedirs(order.folder, 0o700, exist_ok=True)
    if os.geteuid() == 0:
        files.give_to_owner(order.folder)
    _clear(order.folder)
    _room(order)
    with tempfile.TemporaryDirectory(dir=order.folder, prefix=MAKING) as work:
        copy = os.path.join(work, archive.DATABASE)
        sources = {archive.DATABASE: copy}
        before = _shape(order.database)
        shutil.copyfile(order.database, copy)
        if _shape(order.database) != before:
            raise NotMade("the database was written to while it was copied; try again")
        key = files.read_if_there(f"{order.database}.key")
        if key is not None:
            sources[archive.KEY] = os.path.join(work, archive.KEY)
            files.write(sources[archive.KEY], key)
        copied()
        sources |= _certificates(order.database, work)
        parts = {name: archive.part_of(path) for name, path in sources.items()}
        now = datetime.now(UTC)
        found = trial(copy)
        made = Made(examined=found, made=now.isoformat(timespec="seconds"))
        if found.findings or order.reason == "verify":
            return made
        manifest = Manifest(
            made=made.made,
            program=order.program,
            reason=order.reason,
            examined=found,
            parts=parts,
        )
        target = _free(order, now)
        archive.pack(target, manifest, sources)
        archive.check(target)
    gone = generations.prune(order.folder, order.database)
    size = os.stat(target).st_size
    return msgspec.structs.replace(made, path=target, bytes=size, pruned=len(gone))


def _certificates(database: str, work: str) -> dict[str, str]:
    """
    Copies of the box's own certificates: name in the backup -> path.

    What cannot be read of them is left out: games are not to be without a backup for that, and
    whoever keeps the certificate good complains of it.
    """
    sources: dict[str, str] = {}
    beside = os.path.dirname(os.path.realpath(database))
    os.mkdir(os.path.join(work, archive.TLS), 0o700)
    for name in archive.CERTIFICATES:
        with suppress(OSError):
            held = files.read_if_there(os.path.join(beside, name))
            if held is not None:
                files.write(os.path.join(work, name), held)
                sources[name] = os.path.join(work, name)
    return sources


def _clear(folder: str) -> None:
    """Remove what processes that were killed have left."""
    for entry in os.scandir(folder):
        if entry.name.startswith(MAKING) and time.time() - entry.stat().st_mtime > STALE_S:
            shutil.rmtree(entry.path, ignore_errors=True)


def _room(order: Order) -> None:
    """A backup must not fill the disk that is played on."""
    needed = 2 * os.stat(order.database).st_size + SPARE_BYTES
    free = shutil.disk_usage(order.folder).free
    if free < needed:
        raise NotMade(
            f"{order.folder} has {free >> 20} MiB left, and a backup needs {needed >> 20} MiB"
        )


def _shape(path: str) -> tuple[int, ...]:
    found = os.stat(path)
    return found.st_ino, found.st_size, found.st_mtime_ns


def _free(order: Order, now: datetime) -> str:
    """A name that is not taken: they differ by the second."""
    while True:
        path = os.path.join(order.folder, generations.name(order.database, now))
        if not os.path.exists(path):
            return path
        now += timedelta(seconds=1)


def main(argument: str) -> int:
    def copied() -> None:
        sys.stdout.buffer.write(COPIED)
        sys.stdout.flush()

    with suppress(OSError):
        os.nice(10)  # play comes first
    os.umask(0o077)
    try:
        made = make(msgspec.json.decode(argument, type=Order), copied)
    except (NotMade, schema.BadDatabase, archive.BadBackup) as error:
        made = Made(error=str(error))
    except OSError as error:
        made = Made(error=f"{error.filename or 'the disk'}: {error.strerror}")
    except sqlite3.Error as error:
        made = Made(error=f"the copy cannot be read ({error})")
    sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
