"""
Group commit: everything decided while one commit is in flight goes into the next.

There is no timer. When nothing is in flight, each room that waits decides all it has, and what
comes of it, for all games, is one transaction; so a lone command waits for nothing, and a thousand
cost little more than one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from .domain.values import Millis
from .room import Room
from .store import Change, Store, Unavailable
from .wire.errors import ErrorCode

STORAGE_SAID = "it cannot be made durable just now; nothing has changed, try again"


class GroupCommit:
    """
    :ivar durable_ms: game time of the last instant at which something was made durable
    :ivar began_ms: game time at which the commit in flight began; None if none is
    :ivar trouble: what the store said last, if its last word was no; empty while all is well
    """

    _log = Logger()

    def __init__(self, store: Store, committed: Callable[[Room[Any]], None]) -> None:
        self.durable_ms: Millis = 0
        self.began_ms: Millis | None = None
        self.trouble = ""
        self.stalled_ms: Millis | None = None
        """Game time of the last durable instant before the trouble that is just over."""
        self.commits = 0
        self._store = store
        self._committed = committed
        self._due: dict[str, Room[Any]] = {}
        self._unsure: set[str] = set()
        self._work: Deferred[None] | None = None

    def due(self, room: Room[Any]) -> None:
        """*room* has something to decide."""
        self._due[room.id] = room
        if self._work is None:
            self._work = Deferred()
            Deferred.fromCoroutine(self._run()).addErrback(self._broke)

    @property
    def rooms(self) -> tuple[Room[Any], ...]:
        """Those that wait for the commit in flight to end."""
        return tuple(self._due.values())

    def settled(self) -> Deferred[None]:
        """Fires when nothing is in flight and nothing waits."""
        done: Deferred[None] = Deferred()
        if self._work is None:
            done.callback(None)
        else:
            self._work.addCallback(lambda _: done.callback(None))
        return done

    async def _run(self) -> None:
        try:
            while self._due:
                rooms, self._due = list(self._due.values()), {}
                await self._commit(rooms)
        finally:
            work, self._work = self._work, None
            if work is not None:
                work.callback(None)

    def _broke(self, failure: Failure) -> None:
        self._log.failure("the group commit broke", failure=failure)
        for room in self._due.values():
            room.give_up(ErrorCode.INTERNAL, "a fault of the server's own")
        self._due.clear()

    async def _commit(self, rooms: list[Room[Any]]) -> None:
        sure = [room for room in rooms if room.id not in self._unsure or await self._reread(room)]
        deciding = [(room, room.decide_all()) for room in sure]
        group = [(room, change) for room, change in deciding if change is not None]
        if not group:
            return
        self.began_ms = self._store.now()
        try:
            stale = await self._store.commit([change for _, change in group])
        except Unavailable as e:
            self._unavailable([room for room, _ in group], e)
        except Exception:
            self._log.failure("a group of {count} did not fit; one by one", count=len(group))
            await self._one_by_one(group)
        else:
            await self._done(group, stale)
        finally:
            self.began_ms = None

    async def _done(self, group: list[tuple[Room[Any], Change]], stale: frozenset[str]) -> None:
        self._durable()
        self.commits += 1
        for room, _ in group:
            if room.id in stale:  # another node was first: read what it did, decide again
                room.put_back()
                self._unsure.add(room.id)
                self._due[room.id] = room
                continue
            room.committed()
            self._committed(room)

    def _durable(self) -> None:
        if self.trouble:
            self.stalled_ms = self.durable_ms
        self.durable_ms, self.trouble = self._store.now(), ""

    async def _one_by_one(self, group: list[tuple[Room[Any], Change]]) -> None:
        """One game's fault is one game's error."""
        for room, change in group:
            try:
                stale = await self._store.commit([change])
            except Unavailable as e:
                self._unavailable([room], e)
            except Exception:
                self._log.failure("the change of {room} cannot be stored", room=room.id)
                self._unsure.add(room.id)
                room.give_up(ErrorCode.INTERNAL, "a fault of the server's own")
            else:
                await self._done([(room, change)], stale)

    def _unavailable(self, rooms: list[Room[Any]], why: Unavailable) -> None:
        if not self.trouble:
            self._log.error("nothing can be made durable: {why}", why=str(why))
        self.trouble = str(why)
        for room in rooms:  # whether it was made is unknown: read before deciding anything more
            self._unsure.add(room.id)
            room.give_up(ErrorCode.STORAGE, STORAGE_SAID)

    async def _reread(self, room: Room[Any]) -> bool:
        try:
            saved = await self._store.read(room.id)
        except Unavailable as e:
            self._unavailable([room], e)
            return False
        before = room.version
        if saved is not None:
            room.load(saved)
        self._unsure.discard(room.id)
        if room.version != before:
            room.resync()
            self._committed(room)
        return True

    async def pulse(self) -> None:
        """Write down that the server lives, unless a commit is just doing so."""
        if self.began_ms is not None:
            return
        self.began_ms = self._store.now()
        try:
            await self._store.pulse()
        except Unavailable as e:
            self._unavailable([], e)
        else:
            self._durable()
        finally:
            self.began_ms = None
