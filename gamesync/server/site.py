"""What the port says in HTTP: health, and the games as JSON for overlays and other programs."""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.web.resource import Resource
from twisted.web.server import Request

from ..wire.messages import GameId, ListedGame
from .about import About, Box, Rulesets
from .answers import Folder, JsonResource, Nothing, tag_of, to_json
from .displays import Displays, Tables
from .exports import Exports
from .games import game_json, game_tag
from .handout import hang_handout
from .health_site import hang_health
from .hub import Hub
from .monitor import Monitor
from .pages import hang_pages
from .qr import Qr

_game_id = msgspec.json.Decoder(GameId)


class GamesJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/games``: listed games; ``next`` is the ``after`` of the next page."""

    games: tuple[ListedGame, ...]
    next: str | None = None


def site(hub: Hub, box: Box | None = None, monitor: Monitor | None = None) -> Resource:
    """
    The root of what is served over HTTP.

    :param box: the box it is on; without one, a box of which nothing was said
    :param monitor: of the same server; without one, one that does not run
    """
    box = box or Box()
    root = Folder(hub)
    pages = hang_pages(root, hub)
    hang_handout(root, hub, box.authority, f"static/{pages.version}/css/")
    api, v1 = Folder(hub), Folder(hub)
    root.putChild(b"api", api)
    api.putChild(b"v1", v1)
    exports = Exports(hub)
    v1.putChild(b"games", _Games(hub, exports))
    v1.putChild(b"events", exports.events())
    v1.putChild(b"about", About(hub, box))
    v1.putChild(b"rulesets", Rulesets(hub))
    v1.putChild(b"qr", Qr(hub, box))
    v1.putChild(b"displays", Displays(hub))
    v1.putChild(b"tables", Tables(hub))
    hang_health(root, v1, monitor or Monitor(hub), box.settings)
    return root


class _Games(JsonResource):
    def __init__(self, hub: Hub, exports: Exports) -> None:
        super().__init__(hub)
        self._exports = exports

    def getChild(self, path: bytes, request: Request) -> Resource:
        try:
            game_id = _game_id.decode(to_json(path.decode("ascii")))
            return _Game(self.hub, self._exports, game_id)
        except ValueError:
            return Nothing(self.hub)

    isLeaf = False

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        after = (request.args or {}).get(b"after", [b""])[0].decode("ascii", "ignore")[:40]
        games, more = await self.hub.registry.games((), after, 100)
        body = GamesJson(games=games, next=more)
        return tag_of(body), body


class _Game(JsonResource):
    isLeaf = False

    def __init__(self, hub: Hub, exports: Exports, game_id: str) -> None:
        super().__init__(hub)
        self._exports = exports
        self._game_id = game_id

    def getChild(self, path: bytes, request: Request) -> Resource:
        return self._exports.of_game(self._game_id, path)

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        room = await self.hub.registry.room(self._game_id)
        if room is None or not room.listed:
            return None
        return game_tag(self.hub, room).encode(), game_json(self.hub, room)
