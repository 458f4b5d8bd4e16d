"""One connection's look at the list of games: pages as it asks for them, and what changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..domain.view import Audience
from ..lobby import News
from ..store import Unavailable
from ..wire import messages as m
from ..wire.errors import CloseCode

if TYPE_CHECKING:
    from .session import Session

ENVELOPE_BYTES = 1_024
"""More than all of a message but its games."""

_encoder = msgspec.json.Encoder()


class Guest:
    """
    A :class:`~gamesync.lobby.Guest`.

    Officials see the list with the eyes of the match. Whoever becomes one, or is one no longer, is
    sent the list anew. A peer that has stopped reading is told once it reads again what changed
    meanwhile, each game once.
    """

    _log = Logger()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lobby = session.hub.registry.lobby
        self._filter = m.GameListData()
        """What it asked for when it subscribed."""
        self._eyes: Audience = "public"
        """With which it has seen the list."""
        self._unheard: dict[str, bytes | None] = {}
        """News that came while the peer did not read; None: that game is gone."""
        self._anew = False
        """It is to be sent all of the list once it reads again."""

    @property
    def audience(self) -> Audience:
        return self._session.hub.registry.venue.audience(self._session.device)

    async def asked(self, message: m.GameList) -> None:
        """
        Answer, and subscribe or not.

        :raises gamesync.store.Unavailable: the store is not to be had
        """
        data = message.data
        if data.subscribe:  # first, or what changes meanwhile would be missed
            self._filter, self._eyes = structs.replace(data, after=""), self.audience
            self._lobby.guests.add(self)
        elif data.subscribe is False:
            self._lobby.guests.discard(self)
            self._unheard.clear()
        await self._send_page(data, message.id)

    async def _send_page(self, data: m.GameListData, id_: str | None = None) -> None:
        session = self._session
        games, more = await session.hub.registry.games(
            data.status, data.after, data.limit, self.audience
        )
        if session.closed_:
            self.leave()
            return
        lines = {game.game_id: _encoder.encode(game) for game in games}
        page = next(self._shares(lines), {})
        if len(page) < len(lines):
            more = next(reversed(page))
        self._send(page, whole=not data.after, more=more or "", id_=id_)

    def listed(self, news: Mapping[str, News]) -> None:
        """The lobby has news (lobby.Guest)."""
        self._unheard.update(_seen(news, self.audience))
        if not self._session.line.jammed:
            self._tell()

    def look_again(self) -> None:
        """Perhaps it is an official now, or no longer (lobby.Guest)."""
        if self not in self._lobby.guests or self._eyes == self.audience:
            return
        self._eyes = self.audience
        self._unheard.clear()
        if self._session.line.jammed:
            self._anew = True
        else:
            self._send_anew()

    def caught_up(self) -> None:
        """The peer reads again."""
        if self._anew:
            self._anew = False
            self._unheard.clear()
            self._send_anew()
        else:
            self._tell()

    def leave(self) -> None:
        self._lobby.guests.discard(self)

    def _tell(self) -> None:
        news, self._unheard = self._unheard, {}
        for share in self._shares(news):
            self._send(share, whole=False)

    def _send_anew(self) -> None:
        sending = Deferred.fromCoroutine(self._send_page(self._filter))
        sending.addErrback(self._missed)

    def _missed(self, failure: Failure) -> None:
        """It must not go on with a list that is not its own."""
        if not failure.check(Unavailable):
            self._log.failure("the list of games cannot be sent anew", failure=failure)
        self._session.goodbye(CloseCode.INTERNAL, "the list of games cannot be had")

    def _shares(self, lines: Mapping[str, bytes | None]) -> Iterator[dict[str, bytes | None]]:
        """*lines* in order, in as many shares as it takes for each to fit into one message."""
        most = self._session.hub.limits.outbound_message_bytes - ENVELOPE_BYTES
        share: dict[str, bytes | None] = {}
        size = 0
        for game_id, line in lines.items():
            more = len(line or game_id) + 3  # a comma, and the quotes of an id
            if share and size + more > most:
                yield share
                share, size = {}, 0
            share[game_id] = line
            size += more
        if share:
            yield share

    def _send(
        self,
        share: Mapping[str, bytes | None],
        *,
        whole: bool,
        more: str = "",
        id_: str | None = None,
    ) -> None:
        games = tuple(msgspec.Raw(line) for line in share.values() if line is not None)
        gone = tuple(game_id for game_id, line in share.items() if line is None)
        listing = m.GameListing(games=games, whole=whole, next=more, gone=gone)  # type: ignore[arg-type]
        self._session.send(listing, id_=id_)


def _seen(news: Mapping[str, News], audience: Audience) -> Iterator[tuple[str, bytes | None]]:
    """What *audience* is told of it."""
    for game_id, told in news.items():
        if audience == "match":
            yield game_id, told.match
        elif told.public is not None or told.gone:
            yield game_id, told.public
