"""What a display shows, and what is at each table: addresses that stay, for production tools."""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.web.resource import Resource
from twisted.web.server import Request

from ..domain.summary import summaries
from ..domain.values import Millis
from ..domain.venue.events import Showing
from ..domain.venue.view import RoundClockView, TableView, VenueView
from ..game_room import GameRoom
from ..wire.messages import ListedGame
from .answers import JsonResource, Nothing, tag_of
from .games import GameJson, game_json, game_tag
from .hub import Hub


class TableJson(msgspec.Struct, frozen=True, kw_only=True):
    """A table, and the line of the game on it as in the list of games."""

    id: str
    name: str
    game: ListedGame | None
    """Null: there is none, or it is not for everybody."""


class TablesJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/tables``."""

    now: Millis
    tables: tuple[TableJson, ...]


class DisplayJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/displays/<id>``: what a display shows now."""

    id: str
    name: str
    now: Millis
    """Game time of the answer."""
    shows: Showing
    game: GameJson | None
    """For the kinds ``game`` and ``table``: that game, whole."""
    tables: tuple[TableJson, ...]
    """For ``table`` that one, for ``rotation`` those in turn, for ``board`` all."""
    round_clock: RoundClockView | None


class Tables(JsonResource):
    """``/api/v1/tables``."""

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        tables = await tables_json(self.hub, _venue(self.hub).tables)
        return tag_of(tables), TablesJson(now=self.hub.now(), tables=tables)


class Displays(JsonResource):
    """``/api/v1/displays/<id>``."""

    isLeaf = False

    def getChild(self, path: bytes, request: Request) -> Resource:
        if request.postpath:
            return Nothing(self.hub)
        return _Display(self.hub, path.decode("ascii", "replace"))

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return None


class _Display(JsonResource):
    def __init__(self, hub: Hub, id_: str) -> None:
        super().__init__(hub)
        self._id = id_

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        venue = _venue(self.hub)
        display = next((d for d in venue.displays if d.id == self._id), None)
        if display is None:
            return None
        at = _at(venue, display.shows)
        tables = await tables_json(self.hub, at)
        shown = at[0].game if display.shows.kind == "table" and at else display.shows.game
        room = await _room(self.hub, shown)
        body = DisplayJson(
            id=display.id,
            name=display.name,
            now=self.hub.now(),
            shows=display.shows,
            game=None if room is None else game_json(self.hub, room),
            tables=tables,
            round_clock=venue.round_clock,
        )
        known_by = ("" if room is None else game_tag(self.hub, room), body.game is None)
        same = msgspec.structs.replace(body, now=0, game=None)
        return tag_of((known_by, same)), body


def _venue(hub: Hub) -> VenueView:
    public: VenueView = hub.registry.venue.view_for("public")
    return public


def _at(venue: VenueView, shows: Showing) -> tuple[TableView, ...]:
    """The tables that a display shows, in its order."""
    by_id = {table.id: table for table in venue.tables}
    match shows.kind:
        case "board":
            return venue.tables
        case "table":
            ids: tuple[str, ...] = (shows.table,)
        case _:
            ids = shows.tables
    return tuple(by_id[id_] for id_ in ids if id_ in by_id)


async def tables_json(hub: Hub, tables: tuple[TableView, ...]) -> tuple[TableJson, ...]:
    """*tables* with their games, as everybody may see them."""
    found = []
    for table in tables:
        room = await _room(hub, table.game)
        line = None
        if room is not None:
            line = hub.registry.lobby.line(room.id, summaries(room.game), "public", room)
        found.append(TableJson(id=table.id, name=table.name, game=line))
    return tuple(found)


async def _room(hub: Hub, game_id: str) -> GameRoom | None:
    """The room of a game that everybody may see."""
    room = await hub.registry.room(game_id) if game_id else None
    return room if room is not None and room.listed else None
