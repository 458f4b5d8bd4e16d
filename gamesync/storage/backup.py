"""
Has a backup made by the process that knows how (:mod:`.copying`), and waits for it.

Blocks: to be called in a thread, or by a command that has nothing else to do.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from threading import Lock, Timer

import msgspec

from . import guard, schema
from .copying import COPIED, Made, Order

COPY_S = 600.0
"""How long a copy may take: meanwhile the write-ahead log only grows."""


def alone(order: Order) -> Made:
    """
    Carry out *order* while no server runs; nobody else gets at the database meanwhile.

    :raises schema.BadDatabase: one does, or it could not start on it either
    """
    path = order.database
    guard.prepare(path, backups=order.folder)
    with schema.in_words(path), closing(sqlite3.connect(schema.uri(path), uri=True)) as holder:
        schema.hold(holder)
        schema.check_in(holder)
        return Backup(order).make()


class Backup:
    """One backup in the making; :meth:`stop` may be called from any thread, at any time."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._lock = Lock()

    def make(self, copied: Callable[[], None] = lambda: None) -> Made:
        """
        What came of it; never raises.

        :param copied: called exactly once, as soon as the database may be written to again
        """
        late = Timer(COPY_S, self.stop)
        late.daemon = True
        late.start()
        try:
            process = self._spawn()
            assert process.stdout is not None, "it is a pipe"
            with process.stdout as said:
                first = said.readline()
                late.cancel()
                copied()
                answer = said.readline() if first == COPIED else first
            process.wait()
        except OSError as error:
            copied()
            return Made(error=f"no backup could be begun: {error.strerror}")
        finally:
            late.cancel()
        try:
            return msgspec.json.decode(answer, type=Made)
        except msgspec.DecodeError:
            return Made(error="the backup was broken off")

    def stop(self) -> None:
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self._lock:
            # -P: the folder that we are in is no place to look for modules.
            self._process = subprocess.Popen(  # noqa: S603 - ourselves
                [
                    *(sys.executable, "-P", "-m", "gamesync.storage.copying"),
                    msgspec.json.encode(self.order).decode(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            if self._stopped:
                self._process.kill()
            return self._process
