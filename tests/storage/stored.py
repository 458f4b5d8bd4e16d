"""Games and changes to keep, and the engines that keep them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec

import pytest_twisted  # type: ignore[import-untyped]
from msgspec import Struct
from msgspec.structs import asdict
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock as Time

from gamesync.domain.clock import Clock
from gamesync.domain.events import By, CpSet, Entry, SettingSet
from gamesync.domain.profile import GameOptions
from gamesync.domain.ruleset import Category, ClockRules, Ruleset
from gamesync.domain.state import Cell, Game, Turn, cell_key
from gamesync.domain.venue import VenueEntry
from gamesync.storage.sqlite import SqliteStore
from gamesync.store import VENUE, Answer, Boot, Change
from gamesync.testing import FakeClocks, InlineReactor, inline

RULES = ClockRules(mode="down", budget_ms=600_000)
BY = By(role="player", device="phone", player=2, name="Ann")


P = ParamSpec("P")


def awaited(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that awaits Deferreds; the reactor runs meanwhile."""
    made: Callable[P, None] = pytest_twisted.ensureDeferred(test)
    return made


def finish(done: Deferred[Any]) -> None:
    """Run the reactor until *done* has fired."""
    pytest_twisted.blockon(done)


def game(version: int = 1, **fields: Any) -> Game:
    ruleset = Ruleset(
        id="skirmish", name="Skirmish", rounds=5, categories=(Category(id="primary", name="P"),)
    )
    fields = {"options": GameOptions(clock=RULES), "clock": Clock.new(RULES), **fields}
    return Game(ruleset=ruleset, version=version, **fields)


def playing(version: int, at_ms: int = 1_000, score: int = 7, **fields: Any) -> Game:
    cells = {
        cell_key(1, "primary", 1): Cell(value=score, version=version, by=BY, at_ms=at_ms),
    }
    made = game(
        version,
        status="playing",
        cells=cells,
        turn=Turn(round=1, ordinal=1, active_player=1, first_player=1),
        clock=Clock.new(RULES).start(at_ms, 1),
        **fields,
    )
    return made.with_player(1, name="Ann", cp=3).with_player(2, name="Bob")


def entry(version: int, at_ms: int = 1_000, **fields: Any) -> Entry:
    fields = {"type": "score_update", "facts": (CpSet(player=1, value=version),), **fields}
    return Entry(
        version=version,
        by=BY,
        at_ms=at_ms,
        wall=f"2026-03-01T12:00:{version % 60:02}.250Z",
        command_id=f"command-{version}",
        **fields,
    )


def change(game_id: str, state: Any, entries: int = 1, at_ms: int = 1_000, **fields: Any) -> Change:
    """The change that led to *state* by that many commands."""
    base = state.version - entries
    log = tuple(entry(version, at_ms) for version in range(base + 1, state.version + 1))
    return Change(game_id=game_id, base=base, entries=log, state=state, **fields)


def answer(id_: str = "command-1", code: str = "ack", **fields: Any) -> Answer:
    fields = {"device": "phone", "digest": b"\x01" * 32, "version": 1, "body": b"{}", **fields}
    return Answer(id=id_, code=code, **{"expires_ms": 10_000, **fields})


class Venue(Struct, frozen=True, kw_only=True):
    """As much of the venue's state as the store asks for."""

    version: int
    settings: dict[str, Any] = {}


def venue(version: int, at_ms: int = 1_000, **fields: Any) -> Change:
    state = Venue(version=version, **fields)
    fact = SettingSet(key="house", value="yes")
    made = change(VENUE, state, at_ms=at_ms)
    return Change(
        game_id=VENUE,
        base=made.base,
        entries=tuple(VenueEntry(**{**asdict(each), "facts": (fact,)}) for each in made.entries),
        state=state,
    )


class Engine:
    """One database, which may be opened again and again; its time stands but for ``time``."""

    def __init__(self, make: Callable[[FakeClocks], SqliteStore], *, lasting: bool) -> None:
        self.time = Time()
        self.clocks = FakeClocks(self.time)
        self.lasting = lasting
        """What is in it outlives the store."""
        self.stores: list[SqliteStore] = []
        self._make = make

    def store(self) -> SqliteStore:
        self.stores.append(self._make(self.clocks))
        return self.stores[-1]

    def open(self) -> tuple[SqliteStore, Deferred[Boot]]:
        store = self.store()
        return store, store.open()


def inline_store(path: str, clocks: FakeClocks) -> SqliteStore:
    return SqliteStore(path, InlineReactor(), clocks, pooled=inline)
