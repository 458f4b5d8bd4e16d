"""
Group commit: everything decided while one commit is in flight goes into the next.

There is no timer. When nothing is in flight, each room that waits decides all it has, and what
comes of it, for all games, is one transaction; so a lone command waits for nothing, and a thousand
cost little more than one.

A stretch in which nothing could be made durable is nobody's time. It is noticed here, whether a
commit hung or was refused, and made up for before anything more is decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from .asking import new_request
from .domain.values import Millis
from .room import Room
from .store import Change, Store, Unavailable
from .wire.errors import ErrorCode

STORAGE_SAID = "it cannot be made durable just now; nothing has changed, try again"
INTERNAL_SAID = "a fault of the server's own"
STALE_MAX = 5
"""So often in a row is a command decided anew because somebody else was first."""


class GroupCommit:
    """
    :ivar durable_ms: game time of the last instant at which something was made durable
    :ivar began_ms: game time at which the commit in flight began; None if none is
    :ivar trouble: what the store said last, if its last word was no; empty while all is well
    :ivar commits: how many there have been
    """

    _log = Logger()

    def __init__(
        self,
        store: Store,
        committed: Callable[[Room[Any]], None],
        stood: Callable[[Millis, Millis], None] = lambda since, asleep: None,
        grace_ms: Millis = 15_000,
    ) -> None:
        """
        :param committed: called with each room that has moved on
        :param stood: nothing could be made durable since an instant, and so long the box slept
            besides: makes up for it in every room concerned, and says that they are :meth:`due`
        :param grace_ms: the longest such time that is not made up for
        """
        self.durable_ms: Millis = 0
        self.began_ms: Millis | None = None
        self.trouble = ""
        self.commits = 0
        self._store = store
        self._committed = committed
        self._stood = stood
        self._grace_ms = grace_ms
        self._due: dict[str, Room[Any]] = {}
        self._unsure: dict[str, Room[Any]] = {}
        self._stale: Counter[str] = Counter()
        self._pulse = False
        self._owed: tuple[Millis, Millis] | None = None
        """Since when time is nobody's, and how long the box slept; not yet in every log."""
        self._held = False
        self._work: Deferred[None] | None = None

    def hold(self) -> None:
        """Decide nothing until :meth:`release`: what is due meanwhile goes in one commit."""
        self._held = True

    def release(self) -> None:
        self._held = False
        self._go()

    def due(self, *rooms: Room[Any]) -> None:
        """*rooms* have something to decide; all at once if nothing is in flight."""
        for room in rooms:
            self._due[room.id] = room
        self._go()

    def pulse(self) -> None:
        """Write down that the server lives; a commit that comes first does so by itself."""
        self._pulse = True
        self._go()

    def owe(self, since: Millis, asleep: Millis = 0) -> None:
        """From *since* until now is nobody's time; that comes before all that is asked later."""
        if self._owed is None:
            self._owed = since, asleep
        else:
            self._owed = min(since, self._owed[0]), asleep + self._owed[1]
        self._go()

    @property
    def rooms(self) -> tuple[Room[Any], ...]:
        """Those that wait for the commit in flight to end."""
        return tuple(self._due.values())

    def unsure(self, room: Room[Any]) -> bool:
        """Whether *room* must be read again before anything is decided in it."""
        return room.id in self._unsure

    def settled(self) -> Deferred[None]:
        """Fires when nothing is in flight and nothing waits."""
        done: Deferred[None] = Deferred()
        if self._work is None:
            done.callback(None)
        else:
            self._work.addCallback(lambda _: done.callback(None))
        return done

    def _go(self) -> None:
        something = self._due or self._pulse or self._owed is not None
        if self._work is None and something and not self._held:
            self._work = Deferred()
            Deferred.fromCoroutine(self._run()).addErrback(self._broke)

    async def _run(self) -> None:
        try:
            while True:
                if self._owed is not None and not self.trouble:
                    self._stood(*self._owed)
                    await self._commit(paying=self._owed)
                elif self._due and not self.trouble:
                    await self._commit()
                elif self._due or self._pulse:
                    # In trouble nothing is decided until the store takes something again.
                    await self._beat()
                    if self.trouble:
                        self._unavailable(self._taken(), Unavailable(self.trouble))
                else:
                    break
        finally:
            work, self._work = self._work, None
            assert work is not None
            work.callback(None)

    def _broke(self, failure: Failure) -> None:
        request = new_request()
        self._log.failure("the group commit broke", failure=failure, request=request)
        for room in self._taken():
            self._fail(room, request, waiting=True)

    def _taken(self) -> list[Room[Any]]:
        rooms, self._due = list(self._due.values()), {}
        return rooms

    async def _commit(self, paying: tuple[Millis, Millis] | None = None) -> None:
        paid_ms, self._pulse = self._store.now(), False
        group = await self._decided(self._taken())
        if not group:
            self._paid(paying)
            return
        self.began_ms = self._store.now()
        try:
            stale = await self._store.commit([change for _, change in group])
        except Unavailable as e:
            self._unavailable([room for room, _ in group], e)
        except Exception:
            self._log.failure("a group of {count} did not fit; one by one", count=len(group))
            await self._one_by_one(group)
            self._paid(paying)
        else:
            if paying is not None:
                self.durable_ms = max(self.durable_ms, paid_ms)
            self._paid(paying)
            self._done(group, stale)
        finally:
            self.began_ms = None

    def _paid(self, owed: tuple[Millis, Millis] | None) -> None:
        if owed == self._owed and not self.trouble:
            self._owed = None

    async def _decided(self, rooms: list[Room[Any]]) -> list[tuple[Room[Any], Change]]:
        """What each room wants to be made durable; those that want nothing have said all."""
        sure = [room for room in rooms if room.id not in self._unsure or await self._reread(room)]
        group = []
        for room in sure:
            try:
                change = room.decide_all()
            except Exception:
                request = new_request()
                self._log.failure("deciding in {room} broke", room=room.id, request=request)
                self._fail(room, request)
            else:
                if change is not None:
                    group.append((room, change))
        return group

    def _done(self, group: list[tuple[Room[Any], Change]], stale: frozenset[str]) -> None:
        self.commits += 1
        self._durable()
        for room, _ in group:
            if room.id in stale:  # another node was first: read what it did, decide again
                self._late(room)
                continue
            del self._stale[room.id]
            try:
                room.committed()
                self._committed(room)
            except Exception:
                self._log.failure("what follows from a commit of {room} broke", room=room.id)

    def _late(self, room: Room[Any]) -> None:
        self._unsure[room.id] = room
        self._stale[room.id] += 1
        if self._stale[room.id] > STALE_MAX:
            self._log.error("{room} is never where the store has it", room=room.id)
            del self._stale[room.id]
            room.give_up(ErrorCode.STORAGE, STORAGE_SAID)
            return
        room.put_back()
        self._due[room.id] = room

    def _durable(self) -> None:
        """Something was made durable. If that took too long, the time before it is nobody's."""
        now = self._store.now()
        began = self.durable_ms if self.trouble else self.began_ms
        if began is not None and now - began > self._grace_ms:
            self.owe(self.durable_ms)
        if self.trouble:
            self._log.info("what is decided can be made durable again")
            for room in self._unsure.values():  # it may have been made, and nobody was told
                self._due.setdefault(room.id, room)
        self.durable_ms, self.trouble = now, ""

    async def _one_by_one(self, group: list[tuple[Room[Any], Change]]) -> None:
        """One game's fault is one game's error."""
        for room, change in group:
            try:
                stale = await self._store.commit([change])
            except Unavailable as e:
                self._unavailable([room], e)
            except Exception:
                request = new_request()
                self._log.failure(
                    "the change of {room} cannot be stored", room=room.id, request=request
                )
                self._unsure[room.id] = room
                self._fail(room, request)
            else:
                self._done([(room, change)], stale)

    def _fail(self, room: Room[Any], request: str, *, waiting: bool = False) -> None:
        room.give_up(ErrorCode.INTERNAL, INTERNAL_SAID, waiting=waiting, request=request)

    def _unavailable(self, rooms: list[Room[Any]], why: Unavailable) -> None:
        if not self.trouble:
            self._log.error("nothing can be made durable: {why}", why=str(why))
        self.trouble = str(why) or "the store is not to be had"
        for room in rooms:  # whether it was made is unknown: read before deciding anything more
            self._unsure[room.id] = room
            room.give_up(ErrorCode.STORAGE, STORAGE_SAID)

    async def _reread(self, room: Room[Any]) -> bool:
        try:
            saved = await self._store.read(room.id)
            before = room.version
            if saved is not None:
                room.load(saved)
        except Unavailable as e:
            self._unavailable([room], e)
            return False
        except Exception:
            request = new_request()
            self._log.failure("{room} cannot be read", room=room.id, request=request)
            self._fail(room, request, waiting=True)
            return False
        self._unsure.pop(room.id, None)
        if room.version != before:
            room.resync()
            self._committed(room)
        return True

    async def _beat(self) -> None:
        self._pulse = False
        self.began_ms = self._store.now()
        try:
            await self._store.pulse()
        except Unavailable as e:
            self._unavailable([], e)
        except Exception:
            self._log.failure("the pulse broke")
        else:
            self._durable()
        finally:
            self.began_ms = None
