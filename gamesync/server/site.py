"""What the port says in HTTP: health, and the games as JSON for overlays and other programs."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.web.http import NOT_MODIFIED
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from ..domain.values import Millis, Version
from ..domain.view import View, clock_view
from ..store import Unavailable
from ..wire.messages import GameId, ListedGame
from .hub import Hub

_json = msgspec.json.Encoder()
_game_id = msgspec.json.Decoder(GameId)


class GameJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/games/<id>``: what everybody may see of a game."""

    game_id: str
    version: Version
    now: Millis
    """Game time of the answer; the clock in ``state`` is as of ``state.clock.at``."""
    p1_ms: Millis
    """What the clocks show now."""
    p2_ms: Millis
    state: View


class GamesJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/games``: listed games; ``next`` is the ``after`` of the next page."""

    games: tuple[ListedGame, ...]
    next: str | None = None


def site(hub: Hub) -> Resource:
    """The root of what is served over HTTP."""
    root = _Folder(hub)
    root.putChild(b"healthz", _Health(hub))
    api, v1 = _Folder(hub), _Folder(hub)
    root.putChild(b"api", api)
    api.putChild(b"v1", v1)
    v1.putChild(b"games", _Games(hub))
    return root


class _Json(Resource):
    """A resource that is read as JSON, with an ETag, by anybody."""

    _log = Logger()
    isLeaf = True

    def __init__(self, hub: Hub) -> None:
        super().__init__()
        self.hub = hub

    def render_GET(self, request: Request) -> int:
        work: Deferred[None] = Deferred.fromCoroutine(self._answer(request))
        gone = request.notifyFinish()
        gone.addErrback(lambda _: work.cancel())
        work.addErrback(self._broke, request)
        return NOT_DONE_YET

    async def _answer(self, request: Request) -> None:
        try:
            found = await self.read(request)
        except Unavailable:
            self._say(request, 503, {"error": "storage"})
            return
        if found is None:
            self._say(request, 404, {"error": "not_found"})
            return
        tag, body = found
        request.setHeader(b"access-control-allow-origin", b"*")
        request.setHeader(b"cache-control", b"no-cache")
        if tag and request.setETag(b'"%s"' % tag) is not None and request.code == NOT_MODIFIED:
            request.finish()
            return
        self._say(request, 200, body)

    def _say(self, request: Request, code: int, body: object) -> None:
        request.setResponseCode(code)
        request.setHeader(b"content-type", b"application/json; charset=utf-8")
        request.setHeader(b"x-content-type-options", b"nosniff")
        text = _json.encode(body)
        request.setHeader(b"content-length", str(len(text)).encode())
        request.write(b"" if request.method == b"HEAD" else text)
        request.finish()

    def _broke(self, failure: Failure, request: Request) -> None:
        if not request._disconnected:
            self._log.failure("answering {path} broke", failure=failure, path=request.path)
            self._say(request, 500, {"error": "internal"})

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        """ETag and body; None if there is no such thing."""
        raise NotImplementedError


class _Nothing(_Json):
    """There is no such thing."""

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return None


class _Folder(_Nothing):
    """Nothing itself, but for what is put in it."""

    isLeaf = False

    def getChild(self, path: bytes, request: Request) -> Resource:
        return _Nothing(self.hub)


class _Health(_Json):
    """``/healthz``: the process answers, and says whether its store takes anything."""

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        if not self.hub.live:
            raise Unavailable(self.hub.registry.commits.trouble)
        return b"", {"status": "ok"}


class _Games(_Json):
    def getChild(self, path: bytes, request: Request) -> Resource:
        try:
            return _Game(self.hub, _game_id.decode(_json.encode(path.decode("ascii"))))
        except ValueError:
            return _Nothing(self.hub)

    isLeaf = False

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        after = (request.args or {}).get(b"after", [b""])[0].decode("ascii", "ignore")[:40]
        games, more = await self.hub.registry.games((), after, 100)
        body = GamesJson(games=games, next=more)
        return blake2b(_json.encode(body), digest_size=12).hexdigest().encode(), body


class _Game(_Json):
    def __init__(self, hub: Hub, game_id: str) -> None:
        super().__init__(hub)
        self._game_id = game_id

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        room = await self.hub.registry.room(self._game_id)
        if request.postpath or room is None or not room.listed:
            return None
        now, boot = self.hub.now(), self.hub.registry.boot
        clock = clock_view(room.game, now)
        body = GameJson(
            game_id=room.id,
            version=room.version,
            now=now,
            p1_ms=clock.p1_ms,
            p2_ms=clock.p2_ms,
            state=room.public,
        )
        # Between two versions only a running clock moves, and the state says how.
        return f"{boot.epoch if boot else ''}-{room.version}".encode(), body
