"""
Whether what is in memory is what the log adds up to, and what the tables say.

It is looked at game by game, with pauses in which play goes on. Games that are over and put away
are `gamesync verify`'s to look at.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import attrs
import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ..domain.log import Match
from ..domain.state import Game
from ..domain.values import Version
from ..domain.venue import VenueStream
from ..domain.venue.state import Venue
from ..registry import PAGE, UNFINISHED
from ..room import Room
from ..store import VENUE, Saved, Unavailable
from .aside import Aside
from .hub import Hub

FIRST_S = 60.0
EVERY_S = 3_600.0
AT_ONCE = 300
"""Entries of a log up to which folding it here is quicker than handing it to a thread."""
SHARE = 4
"""For so many times as long as a game took, nothing is done: a fifth of a core at most."""
PAUSE_S = 0.01

_to_json = msgspec.json.Encoder(order="deterministic").encode
_game = msgspec.json.Decoder(Game)
_venue = msgspec.json.Decoder(Venue)


@attrs.frozen(kw_only=True)
class Found:
    """What one look at all games came to."""

    at: str
    """Wall time of its end, for people."""
    games: int
    differing: tuple[str, ...] = ()


class Consistency:
    """
    Compares when asked, and by itself every hour while it runs.

    :ivar last: what the last whole look came to; None before the first
    :ivar looking: whether one is under way
    """

    _log = Logger()

    def __init__(self, hub: Hub) -> None:
        self.last: Found | None = None
        self.looking = False
        self._hub = hub
        self._aside = Aside(hub.reactor)
        self._timer: IDelayedCall | None = None

    @property
    def differing(self) -> tuple[str, ...]:
        return self.last.differing if self.last is not None else ()

    def start(self) -> None:
        self._timer = self._hub.reactor.callLater(FIRST_S, self._hourly)

    def stop(self) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _hourly(self) -> None:
        self._timer = self._hub.reactor.callLater(EVERY_S, self._hourly)
        self.ask()

    def ask(self) -> None:
        """Look at all games, unless that is being done."""
        if not self.looking:
            self.looking = True
            Deferred.fromCoroutine(self._look()).addErrback(
                lambda f: self._log.failure("comparing {game} broke", failure=f, game="all games")
            )

    async def _look(self) -> None:
        games, differing = 0, []
        try:
            async for game_id in self._ids():
                games += 1
                began = self._hub.seconds()
                what = await self._compared(game_id)
                if what:
                    differing.append(game_id)
                    self._log.error(
                        "{game}: what is in memory, in the log and in the tables is not the same:"
                        " {what}",
                        game=game_id,
                        what=what,
                    )
                took = self._hub.seconds() - began
                await deferLater(self._hub.reactor, max(PAUSE_S, SHARE * took))
                if self._hub.stopping:
                    return
            self.last = Found(at=self._hub.wall(), games=games, differing=tuple(differing))
            self._log.info(
                "{games} games checked: memory, log and tables agree in all but {differing}",
                games=games,
                differing=len(differing),
            )
        except Unavailable:
            return  # of that others speak
        finally:
            self.looking = False

    async def _ids(self) -> AsyncIterator[str]:
        """The venue, every game in memory, and every other that is not over."""
        registry = self._hub.registry
        yield VENUE
        held = sorted(registry.rooms)
        for game_id in held:
            yield game_id
        seen, after = frozenset(held), ""
        while page := await registry.store.list_games(UNFINISHED, after, PAGE):
            for line in page:
                if line.game_id not in seen:
                    yield line.game_id
            after = page[-1].game_id

    async def _compared(self, game_id: str) -> str:
        """In what it differs; empty: in nothing."""
        registry = self._hub.registry
        saved = await registry.store.read(game_id)
        # The store answers in the order in which it was asked: what has been committed by now is
        # what it has read, and until the next await nothing moves.
        room: Room[Any] | None = registry.venue if game_id == VENUE else registry.rooms.get(game_id)
        version = 0 if saved is None else saved.version
        in_memory: bytes | None = None
        sure = room is not None and not registry.commits.unsure(room)
        if room is not None and sure and room.stream is not None:
            if room.version != version:
                return f"memory is at version {room.version}, the tables at {version}"
            in_memory = _to_json(state_of(room.stream))
        if saved is None or not saved.entries:
            return "" if version == 0 else "the log is empty"
        return await self._folded(game_id, saved, in_memory)

    async def _folded(self, game_id: str, saved: Saved, in_memory: bytes | None) -> str:
        def fold() -> bytes:
            stream = VenueStream if game_id == VENUE else Match
            return _to_json(state_of(stream(saved.entries)))

        try:
            if len(saved.entries) > AT_ONCE:
                in_log = await self._aside.do(fold)
            else:
                in_log = fold()
        except Exception:
            self._log.failure("comparing {game} broke", game=game_id)
            return "the log cannot be folded"
        last: Version = saved.entries[-1].version
        if last != saved.version:
            return f"the log is at version {last}, the tables at {saved.version}"
        # Made anew: an older version wrote fewer fields.
        in_tables = _to_json((_venue if game_id == VENUE else _game).decode(saved.state))
        differing = [
            name
            for name, body in (("the log", in_log), ("memory", in_memory))
            if body is not None and body != in_tables
        ]
        return f"{' and '.join(differing)} against the tables" if differing else ""


def state_of(stream: Any) -> Any:
    """What a stream adds up to: the game, or the venue."""
    return stream.game if isinstance(stream, Match) else stream.state
