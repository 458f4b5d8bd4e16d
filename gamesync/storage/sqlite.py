"""The store of one box: a SQLite file behind ``twisted.enterprise.adbapi``."""

from __future__ import annotations

import atexit
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred, DeferredList, fail
from twisted.internet.interfaces import IReactorCore
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..domain.values import Millis, Version
from ..store import Boot, Change, Listed, Saved, TokenAge, Unavailable
from . import faults, guard, known, reading, schema, tokens, writing
from .gametime import Clocks, GameTime, Pulse
from .pool import OnePool
from .standing import Place, Stillness, check_same
from .upkeep import Upkeep

P = ParamSpec("P")
T = TypeVar("T")

BUSY_MS: Millis = 5_000
"""How long a call waits for a stranger to let go of the file."""

FAILURES_TO_RENEW = 3
"""
After so many calls in a row that failed by the disk, the file is opened anew.

Not at the first: a connection whose fsync failed writes the same bytes again with its next commit,
while a new one would take them for durable because it can read them. Nor while a new one could not
write either, as on a disk that was made read-only: what is open reads on.
"""


class SqliteStore(Upkeep):
    """
    :class:`~gamesync.store.Store` in the file at *path*, or in memory.

    One connection in one thread owns the file, so calls are carried out in the order in which they
    were made. Nothing limits how many may wait: callers keep one commit in flight, and gather the
    next one meanwhile. To cancel a Deferred of the store does not undo the call.

    The store outlives its disk: a call that fails with :exc:`Unavailable` may succeed when made
    again after space was freed, or the disk was made writable or mounted again.

    :ivar time: the game time, of which :meth:`now` is the present instant
    :ivar durable_ms: game time of the last instant that is known to be durable
    :ivar distrusted: why nothing may be written any more (the file is not where it was); may be set
    :ivar place: where the open file is
    """

    _log = Logger()

    def __init__(
        self,
        path: str,
        reactor: IReactorCore | None = None,
        clocks: Clocks | None = None,
        *,
        pooled: Callable[[ConnectionPool], ConnectionPool] = lambda pool: pool,
        busy_ms: Millis = BUSY_MS,
        backups: str = "",
    ) -> None:
        """
        :param path: of the file, made if there is none; ``:memory:`` for one that is forgotten
        :param reactor: None: Twisted's global one
        :param pooled: what is done to the pool before it starts; tests take its thread away
        :param backups: folder from which a start that is refused names the newest; empty: the one
            beside the database
        """
        self.path = path
        self.time = GameTime(clocks or Clocks())
        self._reactor = reactor
        self._pooled = pooled
        self._busy_ms = busy_ms
        self._steps = schema.scripts()
        self.durable_ms: Millis = 0
        self._epoch = ""
        self._prepared = False
        self._backups = backups
        self.distrusted = ""
        self.place = Place(path)
        self._still = Stillness()
        self._pool: OnePool | None = None
        self._serving = False
        self._closed: Deferred[None] | None = None
        self._under_way: set[Deferred[None]] = set()
        self._failures = 0
        self._unsettled = False
        """
        The file was opened anew: what its log holds may come from a cache that never reached the
        disk, so it is checked in before anything is built on it. The database's thread's own.
        """

    def prepare(self) -> None:
        """
        Create, check and migrate the file, here and now; :meth:`open` does so if this did not.

        Starts no thread and leaves nothing open: to be called before a daemon forks, so that a bad
        file ends the start.

        :raises gamesync.storage.schema.BadDatabase: it cannot be served; the text says why
        """
        if self.path != schema.MEMORY and not self._prepared:
            guard.prepare(self.path, self._steps, self._backups or None)
        self._prepared = True

    def open(self) -> Deferred[Boot]:
        """
        Take hold of the file, and say what it knows of the past.

        The pulse is left as it was, so that a server that dies before it has recorded the down time
        finds the same gap again. The first commit ends that: it must hold the down time of every
        running game.

        Fails with :exc:`~gamesync.storage.schema.BadDatabase`, or :exc:`Unavailable` if the file
        went bad just now. May be called once, after a daemon has forked.
        """
        try:
            self.prepare()
        except schema.BadDatabase:
            return fail()
        pool = OnePool(self.path, self._opened, self._busy_ms, self._reactor)
        self._pool = pool
        self._pooled(pool).start()
        waking = self._call(pool, reading.remember)
        return waking.addCallbacks(self._woke, self._let_down, errbackArgs=(pool,))

    def close(self) -> Deferred[None]:
        """
        Await what is under way, write the last pulse, let go of the file.

        From now on every call fails with :exc:`Unavailable`. Fires also if the disk took no more.
        """
        done: Deferred[None] = Deferred()

        def passed_on(result: object) -> object:
            done.callback(None)
            return result

        if self._closed is None:
            self._closed = Deferred.fromCoroutine(self._let_go())
        self._closed.addBoth(passed_on)
        return done

    def now(self) -> Millis:
        """See :meth:`gamesync.store.Store.now`; 0 until the store is open."""
        return self.time.now()

    def read(self, game_id: str, since: Version = 0) -> Deferred[Saved | None]:
        """Of the answers, those whose time is not over."""
        return self._run(reading.read, game_id, since, self.now())

    def commit(self, changes: Sequence[Change]) -> Deferred[frozenset[str]]:
        """
        See :meth:`gamesync.store.Store.commit`.

        A change without entries keeps its answers and leaves deadline and codes as they are.

        :raises ValueError: entries or state do not continue from ``base``
        :raises sqlite3.IntegrityError: the tables refuse a value
        """
        pulse = self.time.pulse()
        done = self._run(self._settled, writing.write, tuple(changes), pulse)
        return done.addCallback(self._durable, pulse)

    def pulse(self) -> Deferred[None]:
        pulse = self.time.pulse()
        done = self._run(self._settled, writing.beat, pulse)
        return done.addCallback(self._durable, pulse)

    def list_games(
        self, statuses: Sequence[str] = (), after: str = "", limit: int = 100
    ) -> Deferred[list[Listed]]:
        return self._run(reading.listed, tuple(statuses), after, limit)

    def find(self, digest: bytes) -> Deferred[tuple[str, str] | None]:
        return self._run(reading.find, digest)

    def due(self, limit: int = 100) -> Deferred[list[str]]:
        """The venue is among them when its deadline has come."""
        return self._run(reading.due, self.now(), limit)

    def follow(self, callback: Callable[[str | None], None]) -> None:
        """Nobody else can commit to this file, so *callback* is never called."""

    def forget(self) -> Deferred[int]:
        return Deferred.fromCoroutine(self._forget())

    def token(self, device: str) -> Deferred[TokenAge | None]:
        return self._run(tokens.read, device)

    def keep_tokens(self, ages: Sequence[TokenAge]) -> Deferred[None]:
        return self._run(self._settled, tokens.write, tuple(ages))

    def age_tokens(self, ms: Millis) -> Deferred[None]:
        return self._run(self._settled, tokens.grow_older, ms)

    async def _forget(self) -> int:
        total = 0
        while True:
            # A share at a time: commits come in between.
            dropped = await self._run(self._settled, writing.forget, self.now())
            total += dropped
            if dropped < writing.FORGET_AT_ONCE:
                return total

    def _run(
        self,
        work: Callable[Concatenate[sqlite3.Cursor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        """Have *work* done in the database's thread, if the store is open."""
        if self._pool is None or not self._serving:
            # adbapi would take it, and never answer.
            return fail(Unavailable("the store is not open"))
        return self._call(self._pool, work, *args, **kwargs)

    def _call(
        self,
        pool: ConnectionPool,
        work: Callable[Concatenate[sqlite3.Cursor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Deferred[T]:
        result: Deferred[T] = Deferred()
        # Its owner may cancel the result; the work goes on all the same, and close() awaits it.
        doing: Deferred[None] = (
            pool.runInteraction(work, *args, **kwargs)
            .addCallbacks(self._worked, self._failed)
            .addBoth(result.callback)
        )
        self._under_way.add(doing)
        doing.addBoth(lambda _: self._under_way.discard(doing))
        return result

    def _worked(self, result: T) -> T:
        self._failures = 0
        return result

    def _failed(self, failure: Failure) -> Failure:
        """Tell the disk's faults from the program's; see to it that the store gets over them."""
        error = failure.value
        if isinstance(error, schema.BadDatabase):  # from _opened
            return Failure(Unavailable(str(error)))
        if not isinstance(error, sqlite3.Error):
            return failure
        reason = faults.outage(error)
        if reason is None:
            return failure
        self._failures += faults.of_the_medium(error)
        broken = faults.closed(error) or (
            self._failures >= FAILURES_TO_RENEW and not schema.hindrance(self.path)
        )
        if broken and self._pool is not None and self.path != schema.MEMORY:
            self._failures = 0
            self._pool.renew = True
            self._let_go_of_log()
        return Failure(Unavailable(f"{reason} ({error})"))

    def _opened(self, connection: sqlite3.Connection) -> None:
        """Make a new connection ready; in the database's thread."""
        try:
            schema.hold(connection)
            if self.path == schema.MEMORY:
                schema.migrate(connection, self._steps)
            else:
                schema.verify(connection, self.path, len(self._steps))
                schema.tune(connection)
                check_same(connection, self.path, self._epoch, self.durable_ms)
                self._unsettled = True
                self._still.broken()
                self.place.note()
                if self._epoch:
                    self._hold()
            connection.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            connection.close()
            raise

    def _hold(self) -> None:
        with suppress(OSError):  # it can be done without
            known.hold(self.path)

    def _let_go_of_log(self) -> None:
        """The connection is closed next: SQLite checks the log in, and removes it if it can."""
        if self.path != schema.MEMORY:
            with suppress(OSError):
                known.let_go(self.path)

    def _settled(
        self,
        cursor: sqlite3.Cursor,
        work: Callable[Concatenate[sqlite3.Cursor, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do *work*, which writes. Reading goes on without this where a disk takes no more."""
        if self.distrusted:
            raise Unavailable(self.distrusted)
        if self._unsettled:
            schema.check_in(cursor)
            self._unsettled = False
        return work(cursor, *args, **kwargs)

    def _woke(self, memory: reading.Memory) -> Boot:
        past = self.time.resume(memory.pulse)
        self._serving = self._closed is None
        self._epoch = memory.epoch
        if self.path != schema.MEMORY:
            self._hold()
            # So does a program that ends without closing the store.
            atexit.register(self._let_go_of_log)
        return Boot(
            epoch=memory.epoch,
            last_alive=memory.pulse.game_ms if memory.pulse else 0,
            gap_ms=past.gap_ms,
            rebooted=past.rebooted,
            fresh=memory.pulse is None,
            uncounted_ms=past.uncounted_ms,
        )

    def _let_down(self, failure: Failure, pool: OnePool) -> Failure:
        """The file could not be opened: leave no thread behind."""
        self._pool = None
        pool.close()
        return failure

    async def _let_go(self) -> None:
        served, self._serving = self._serving, False
        while self._under_way:
            await DeferredList(list(self._under_way))
        if self._pool is None:
            return
        if served and not self.distrusted:
            try:
                await self._call(self._pool, self._settled, writing.beat, self.time.pulse())
                await self._pool.runWithConnection(self._finish)
            except Exception as e:
                why = str(e) if isinstance(e, Unavailable | OSError) else faults.outage(e)
                if why is None:
                    self._log.failure("the store could not write down that it closed")
                else:
                    self._log.error("it is not written down that the store closed: {why}", why=why)
        atexit.unregister(self._let_go_of_log)
        self._let_go_of_log()
        self._pool.close()

    def _finish(self, connection: Any) -> None:
        """:param connection: adbapi's wrapper of one"""
        schema.check_in(connection)
        if self.path != schema.MEMORY:
            known.write(self.path, known.of(connection))

    def _durable(self, result: T, pulse: Pulse) -> T:
        self.durable_ms = max(self.durable_ms, pulse.game_ms)
        return result
