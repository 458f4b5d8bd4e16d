"""
Keeps the data safe while the server runs: backups on schedule and on request, and an eye on the
file, which SQLite does not have.
"""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger

from .. import __version__
from ..domain.values import Refused
from ..storage import generations, known
from ..storage.archive import Reason
from ..storage.backup import Backup
from ..storage.copying import Made, Order
from ..storage.sqlite import SqliteStore
from ..store import Unavailable
from .health import Backups

WATCH_S = 5.0
"""Between two looks at the file: it may be gone for so long before play is no longer acked."""
NOTE_S = 60.0
"""Between two notes of how far the database has come."""
LOOK_S = 60.0
"""Between two looks whether a backup is due."""
FIRST_S = 600.0
"""After a start, there is something better to do for a while; also after a failure."""


class Safety(Service):
    """
    :ivar last: the newest good backup that this server made; None before the first
    :ivar verified: whether the last copy that was tried out hung together; None before the first
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        store: SqliteStore,
        pulse: Callable[[], None],
        folder: str = "",
        hours: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """
        :param pulse: has the store asked whether it takes anything, so that everybody is told
        :param folder: of the backups; empty: the one beside the database
        :param hours: between two; 0: none by itself
        :param wall: UTC, seconds since 1970
        """
        self.last: Made | None = None
        self.verified: bool | None = None
        self._reactor = reactor
        self._store = store
        self._pulse = pulse
        self._folder = folder or generations.folder_beside(store.path)
        self._every_s = hours * 3600
        self._wall = wall
        self._calls: list[LoopingCall] = []
        self._due_s = 0.0
        self._last_at: float | None = None
        self._making: Backup | None = None
        self._working: set[Deferred[None]] = set()
        self._noted_ms = 0

    # -- from start to stop

    def startService(self) -> None:
        super().startService()
        newest = generations.newest(self._folder, self._store.path)
        made = generations.made(newest) if newest is not None else None
        self._last_at = made.timestamp() if made is not None else None
        age_s = self._every_s if self._last_at is None else self._wall() - self._last_at
        self._due_s = self._reactor.seconds() + max(FIRST_S, self._every_s - max(0.0, age_s))
        for seconds, work in ((WATCH_S, self.watch), (NOTE_S, self.note), (LOOK_S, self._look)):
            call = LoopingCall(self._guarded, work)
            call.clock = self._reactor
            call.start(seconds, now=False)
            self._calls.append(call)

    def stopService(self) -> Deferred[None]:
        """Before the store is closed: a backup that is being made is broken off."""
        super().stopService()
        for call in self._calls:
            if call.running:
                call.stop()
        self._calls.clear()
        if self._making is not None:
            self._making.stop()
        return Deferred.fromCoroutine(self._ended())

    async def _ended(self) -> None:
        while self._working:
            await next(iter(self._working))

    def _guarded(self, work: Callable[[], Awaitable[None]]) -> Deferred[None]:
        """One exception would end a LoopingCall for good; a long one is not waited for."""
        done: Deferred[None] = Deferred.fromCoroutine(work())  # type: ignore[arg-type]
        done.addErrback(lambda f: self._log.failure("keeping the data safe broke", failure=f))
        self._working.add(done)
        done.addCallback(lambda _: self._working.discard(done))
        return succeed(None)

    # -- for those who look at the health

    @property
    def backups(self) -> Backups:
        return Backups(
            every_s=self._every_s, last_at=self._last_at, good=self.verified is not False
        )

    @property
    def moved(self) -> str:
        """What became of the database under our hands; empty: it is where it was."""
        return self._store.distrusted

    # -- the file

    async def watch(self) -> None:
        """See whether the file that is open is still the one on the disk."""
        trouble, before = self._store.place.trouble(), self._store.distrusted
        self._store.distrusted = trouble
        if trouble and not before:
            self._log.error("the database is not where it was: {why}", why=trouble)
            self._pulse()  # which is refused, and so everybody is told
        elif before and not trouble:
            self._log.info("the database is where it was again")
            self._pulse()

    async def note(self) -> None:
        """Write down outside of the database how far it has come."""
        durable_ms = self._store.durable_ms
        if durable_ms == self._noted_ms or self._store.distrusted:
            return
        memory = await self._store.known()
        with suppress(OSError):  # a full disk: the old note is true, too
            await self._in_thread(lambda: known.write(self._store.path, memory))
            self._noted_ms = durable_ms

    # -- backups

    async def _look(self) -> None:
        if not self._every_s or self._reactor.seconds() < self._due_s or self._making is not None:
            return
        self._due_s = self._reactor.seconds() + FIRST_S
        made = await self._made("schedule")
        if made.path:
            self._due_s = self._reactor.seconds() + self._every_s

    async def back_up(self, reason: Reason) -> Made:
        """
        Make a backup, or only try out a copy.

        :raises Refused: one is being made
        """
        done: Deferred[None] = Deferred()
        self._working.add(done)
        try:
            return await self._made(reason)
        finally:
            self._working.discard(done)
            done.callback(None)

    async def _made(self, reason: Reason) -> Made:
        if self._making is not None or not self.running:
            raise Refused("not_now", "a backup is being made; try again when it is done")
        order = Order(
            database=os.path.abspath(self._store.path),
            folder=os.path.abspath(self._folder),
            reason=reason,
            program=__version__,
        )
        backup = self._making = Backup(order)
        try:
            made = await self._copied(backup)
        finally:
            self._making = None
        self._told(made)
        return made

    async def _copied(self, backup: Backup) -> Made:
        try:
            await self._store.hold_still()
        except Unavailable as error:
            return Made(error=str(error))
        still: list[Deferred[bool]] = []

        def copied() -> None:
            self._reactor.callFromThread(lambda: still.append(self._store.let_move()))

        made: Made = await self._in_thread(lambda: backup.make(copied))
        with suppress(Unavailable):  # the store is being closed
            if await still[0]:
                return made
        if made.path:
            await self._in_thread(lambda: os.unlink(made.path))
        return Made(error="the database was opened anew while it was copied")

    def _told(self, made: Made) -> None:
        if made.examined is not None:
            self.verified = not made.examined.findings
            for finding in made.examined.findings:
                self._log.error("a copy of the database is not whole: {finding}", finding=finding)
        if made.error:
            self._log.error("no backup was made: {why}", why=made.error)
        if made.path:
            self.last, self._last_at = made, self._wall()
            self._log.info("backup made: {path}, {bytes} bytes", path=made.path, bytes=made.bytes)

    def _in_thread(self, work: Callable[[], Any]) -> Deferred[Any]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work)
