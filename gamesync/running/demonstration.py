"""``--demo``: a game that plays itself for ever, by real clients at our own port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from twisted.application.service import MultiService
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from ..asking import Asked
from ..client.demo import Demo
from ..domain.commands import Abandon, Invite, VoidGame
from ..domain.events import SERVER
from ..domain.values import Refused
from ..game_room import GameRoom
from ..registry import UNFINISHED
from ..server.service import Server

TABLE = "Demo"
"""The table that the demonstration plays at; it is nobody else's."""


@attrs.frozen(kw_only=True)
class Match:
    """One match of the demonstration, and the links into it."""

    game_id: str
    watch: str
    host: str


class Demonstration(MultiService):
    """
    :param shown: called with each new match
    """

    _log = Logger()

    def __init__(self, reactor: Any, server: Server, shown: Callable[[Match], None]) -> None:
        super().__init__()
        self._server = server
        self._registry = server.hub.registry
        self._reactor = reactor
        self._shown = shown

    def startService(self) -> None:
        super().startService()
        tidying: Deferred[None] = Deferred.fromCoroutine(self._begin())
        tidying.addErrback(lambda f: self._log.failure("no demonstration", failure=f))

    async def _begin(self) -> None:
        await self._tidy()
        if self.running:
            Demo(
                self._server.own_url, reactor=self._reactor, on_match=self._began
            ).setServiceParent(self)

    async def _tidy(self) -> None:
        """End what earlier demonstrations left behind: nobody comes back to it."""
        after = ""
        while page := await self._registry.store.list_games(UNFINISHED, after, 100):
            for line in page:
                if line.match.table == TABLE:
                    command = Abandon() if line.match.status == "playing" else VoidGame()
                    await self._ask(line.game_id, command, "game_end")
            after = page[-1].game_id

    async def _ask(self, game_id: str, command: object, type_: str) -> GameRoom:
        room = await self._registry.room(game_id)
        if room is None:
            raise Refused("not_found", "there is no such game")
        now = self._registry.store.now()
        asked = Asked(command=command, device="", now=now, type=type_, by=SERVER)
        await self._registry.submit(room, asked)
        return room

    def _began(self, game_id: str, _: dict[str, Any]) -> None:
        showing: Deferred[None] = Deferred.fromCoroutine(self._show(game_id))
        showing.addErrback(lambda f: self._log.failure("no links shown", failure=f))

    async def _show(self, game_id: str) -> None:
        for role in ("host", "observer"):
            room = await self._ask(game_id, Invite(role=role), "device")
        ways, reach = room.ways(), self._server.reach
        self._shown(
            Match(
                game_id=game_id,
                watch=reach.http(f"/{ways['observer']['link']}"),
                host=reach.http(f"/{ways['host']['link']}"),
            )
        )
