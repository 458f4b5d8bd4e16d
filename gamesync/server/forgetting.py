"""
Forgetting people: those of matches that nobody has touched for long, and those who ask.

What is stored is written anew (:mod:`gamesync.storage.erasing`) while nothing is decided; then
every room that was open takes it up, and every screen is sent the whole state.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, deferLater
from twisted.logger import Logger

from ..domain.values import Refused
from ..game_room import GameRoom
from ..registry import UNFINISHED, Registry
from ..room import Room
from ..storage.sqlite import SqliteStore
from ..store import VENUE, Unavailable
from .control import Answer, Doing

T = TypeVar("T")

LOOK_S = 3_600.0
"""
Between two looks. The first comes so long after the start, and each wants the time of day to have
gone with the machine's own clock since the one before: a wrong date must not cost a name.
"""
ASTRAY_S = 60.0
"""Two clocks that differ by more have not gone together."""
PAUSE_S = 0.02
"""Between two games, so that play comes first."""
PAGE = 50


class Forgetting(Service):
    """
    :ivar forgotten: games that lost their people since the start, by themselves
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        registry: Registry,
        store: SqliteStore,
        days: int = 0,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """
        :param days: after which people are forgotten; 0: never
        :param wall: UTC, seconds since 1970
        """
        self.forgotten = 0
        self._reactor = reactor
        self._registry = registry
        self._store = store
        self._days = days
        self._wall = wall
        self._call: LoopingCall | None = None
        self._looked: tuple[float, float] | None = None

    def startService(self) -> None:
        super().startService()
        self._looked = self._wall(), self._reactor.seconds()
        if self._days:
            self._call = LoopingCall(self._guarded)
            self._call.clock = self._reactor
            self._call.start(LOOK_S, now=False)

    def stopService(self) -> None:
        super().stopService()
        if self._call is not None and self._call.running:
            self._call.stop()

    def _guarded(self) -> Deferred[None]:
        done: Deferred[None] = Deferred.fromCoroutine(self._look())
        return done.addErrback(lambda f: self._log.failure("forgetting people broke", failure=f))

    async def _look(self) -> None:
        before, now = self._looked, (self._wall(), self._reactor.seconds())
        self._looked = now
        if before is None or abs((now[0] - before[0]) - (now[1] - before[1])) > ASTRAY_S:
            return
        with suppress(Unavailable):  # of that others speak; there is a next time
            await self.forget_old(datetime.fromtimestamp(now[0], UTC) - timedelta(days=self._days))

    async def forget_old(self, before: datetime) -> int:
        """Take people out of all that was not touched since *before*; how many games it was."""
        games, when = 0, before.strftime("%Y-%m-%d %H:%M:%S")
        while self.running and (page := await self._store.forgettable(when, PAGE)):
            for game_id in page:
                await self._game(game_id, None)
                games += 1
                await deferLater(self._reactor, PAUSE_S)
        iso = before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        people = await self._rewritten(VENUE, lambda: self._store.erase_participants(None, iso))
        if games or people:
            await self._store.wipe()
            self.forgotten += games
            self._log.info(
                "forgot the people of {games} games and {people} participants",
                games=games,
                people=people,
            )
        return games

    async def erase_game(self, game_id: str) -> bool:
        """
        Take everybody out of one game; whether there was anybody.

        :raises Refused: there is no such game, or it is being played
        """
        room = await self._registry.room(game_id)
        if room is None or room.stream is None:
            raise Refused("not_found", f"there is no game {game_id!r}")
        self._over(game_id, room.game.status)
        changed = await self._game(game_id, None)
        await self._store.wipe()
        return changed

    async def erase_person(self, name: str) -> tuple[list[str], int]:
        """
        Take a person out of every game and event.

        :returns: the games' ids, and how many participants he was
        :raises Refused: nobody was ever called so, or he is playing
        """
        games, after = [], ""
        while page := await self._store.games_after(after):
            for game_id, status in page:
                if await self._store.names(game_id, name):
                    self._over(game_id, status)
                    games.append(game_id)
            after = page[-1][0]
        for game_id in games:
            await self._game(game_id, name)
        people = await self._rewritten(VENUE, lambda: self._store.erase_participants(name, ""))
        if not games and not people:
            raise Refused("not_found", f"nobody was ever called {name!r} in a game or an event")
        await self._store.wipe()
        return games, people

    def _over(self, game_id: str, status: str) -> None:
        if status in UNFINISHED:
            raise Refused("not_now", f"the game {game_id} is not over; end it first")

    async def _game(self, game_id: str, name: str | None) -> bool:
        wall = datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="seconds")
        return await self._rewritten(game_id, lambda: self._store.erase_game(game_id, name, wall))

    async def _rewritten(self, game_id: str, work: Callable[[], Deferred[T]]) -> T:
        """Have *work* change what was logged of a stream, and its room take that up."""
        registry = self._registry
        registry.commits.hold()
        try:
            settled: Deferred[None] = registry.commits.settled()
            await settled
            done = await work()
            room: Room[Any] | None = registry.rooms.get(game_id)
            if game_id == VENUE:
                room = registry.venue
            if room is not None and done:
                saved = await self._store.read(game_id)
                if saved is not None:
                    room.version = 0  # whatever it has is no longer so
                    room.load(saved)
                    room.resync()
                    if isinstance(room, GameRoom):
                        registry.lobby.note(room)
            return done
        finally:
            registry.commits.release()


def doings(forgetting: Forgetting) -> dict[str, Doing]:
    """What the control socket can be asked to forget."""

    async def game(request: Answer) -> Answer:
        return {"changed": await forgetting.erase_game(str(request.get("game", "")))}

    async def person(request: Answer) -> Answer:
        games, people = await forgetting.erase_person(str(request.get("name", "")))
        return {"games": games, "participants": people}

    return {"erase.game": game, "erase.person": person}
