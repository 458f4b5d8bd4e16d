"""
The list of games as those hear of it who watch it: what changed, a moment after it did.

Officials see every game and its true sheet; everybody else the games that are listed, and what the
public sees of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import attrs
import msgspec
from msgspec import structs
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from .domain.summary import Holding, Seats, Summaries, seats_of, summaries
from .domain.values import Millis
from .domain.view import Audience
from .game_room import GameRoom
from .venue_room import VenueRoom
from .wire.messages import ListedGame

NEWS_WAIT_MS: Millis = 300
"""How long news waits for more of it, so that a busy hall costs each guest a few messages a
second."""

_encoder = msgspec.json.Encoder()


@attrs.frozen(kw_only=True)
class News:
    """What there is to say of one game, encoded once for all guests."""

    match: bytes
    """Its line for officials: JSON of a :class:`~gamesync.wire.messages.ListedGame`."""
    public: bytes | None
    """Its line for everybody else; None: it is not for them."""
    gone: bool
    """It was for them until now."""


class Guest(Protocol):
    """Somebody who watches the list of games."""

    def listed(self, news: Mapping[str, News]) -> None:
        """What changed, by id."""

    def look_again(self) -> None:
        """The venue has changed: perhaps it sees the list with other eyes now."""


class Lobby:
    """:ivar guests: those who watch the list"""

    _log = Logger()

    def __init__(self, venue: VenueRoom, reactor: IReactorTime) -> None:
        self.guests: set[Guest] = set()
        self._venue = venue
        self._reactor = reactor
        self._news: dict[str, GameRoom] = {}
        self._in_list: set[str] = set()
        """Games of which the public may have been told."""
        self._seen: WeakKeyDictionary[GameRoom, Seats] = WeakKeyDictionary()
        """Who was there when the guests were told last, or it was looked last."""
        self._said: Mapping[str, object] = {}
        """What the venue said of games whose lines tell of it."""
        self._soon: IDelayedCall | None = None
        self._closed = False

    # -- lines

    def line(
        self, game_id: str, lines: Summaries, audience: Audience, room: GameRoom | None
    ) -> ListedGame:
        """
        A game's line, as *audience* may see it.

        :param room: None: it is not open, so nobody is connected to it
        """
        seen = lines.of(audience)
        seats = self._seats(game_id, seen.seats, room)
        if room is not None and self._seen.get(room, seats) != seats:
            self.note(room)  # who is told of it now must hear, too, when it is as before again
        fields: dict[str, Any] = {**structs.asdict(seen), "seats": seats}
        return ListedGame(game_id=game_id, hidden=self._venue.hides(game_id), **fields)

    def _seats(self, game_id: str, alone: Seats, room: GameRoom | None) -> Seats:
        """Who is there; *alone* is what the game's own log says, with nobody connected."""
        placed = self._venue.placed.get(game_id, ())
        there: dict[str, Holding] = {
            "host": "gone" if "host" in placed else alone.host,
            "player:1": "gone" if "player:1" in placed else alone.player1,
            "player:2": "gone" if "player:2" in placed else alone.player2,
        }
        for place, link in _links(room) if room is not None else ():
            if there[place] != "live":
                there[place] = link
        return Seats(host=there["host"], player1=there["player:1"], player2=there["player:2"])

    # -- news

    def found(self, room: GameRoom) -> None:
        """A game that was there before us; who asks for the list is told of it."""
        if room.listed:
            self._in_list.add(room.id)

    def note(self, room: GameRoom) -> None:
        """Something of *room* has changed."""
        if not self.guests or self._closed:
            self._keep(room)
            return
        if room.listed:
            self._in_list.add(room.id)
        self._news[room.id] = room
        if self._soon is None:
            self._soon = self._reactor.callLater(NEWS_WAIT_MS / 1000, self.tell)

    def present(self, room: GameRoom) -> None:
        """Look who is there: that is news, if it has changed."""
        alone = seats_of(room.game)
        seats = self._seats(room.id, alone, room)
        # Before it was looked at for the first time it was listed with nobody in it.
        if seats != (self._seen.get(room) or self._seats(room.id, alone, None)):
            self.note(room)
        self._seen[room] = seats

    def tell(self) -> None:
        """What changed since the last time, to all guests."""
        self._cancel()
        rooms, self._news = self._news, {}
        news = {game_id: self._told(room) for game_id, room in rooms.items()}
        for guest in tuple(self.guests) if news else ():
            try:
                guest.listed(news)
            except Exception:
                self._log.failure("a guest of the lobby could not be told")

    def _told(self, room: GameRoom) -> News:
        gone = room.id in self._in_list and not room.listed
        lines = summaries(room.game)
        self._seen[room] = self._seats(room.id, lines.match.seats, room)
        match = self._encoded(room, lines, "match")
        public: bytes | None = match
        if not room.listed:
            public = None
        elif lines.public is not None:
            public = self._encoded(room, lines, "public")
        self._keep(room)
        return News(match=match, public=public, gone=gone)

    def _encoded(self, room: GameRoom, lines: Summaries, audience: Audience) -> bytes:
        return _encoder.encode(self.line(room.id, lines, audience, room))

    def _keep(self, room: GameRoom) -> None:
        """Remember whether the public may know of it."""
        # What is signed or void has left the list by saying so.
        if room.listed and room.public.status not in ("signed", "void"):
            self._in_list.add(room.id)
        else:
            self._in_list.discard(room.id)

    def venue_moved(self) -> list[str]:
        """Games of which the venue says something else than when this was asked last."""
        hidden, placed = self._venue.venue.hidden, self._venue.placed
        said = {id_: (id_ in hidden, placed.get(id_)) for id_ in {*hidden, *placed}}
        before, self._said = self._said, said
        ids = before.keys() | said.keys()
        return sorted(id_ for id_ in ids if before.get(id_) != said.get(id_))

    def eyes_changed(self) -> None:
        """The venue has changed, and with it perhaps who is an official."""
        for guest in tuple(self.guests):
            guest.look_again()

    def close(self) -> None:
        """Nothing more is told."""
        self._closed = True
        self._cancel()

    def _cancel(self) -> None:
        if self._soon is not None and self._soon.active():
            self._soon.cancel()
        self._soon = None


def _links(room: GameRoom) -> Iterator[tuple[str, Holding]]:
    """The places that those who are connected hold."""
    for watcher in room.watchers:
        who = room.who(watcher.device)
        if who.host:
            yield "host", watcher.link
        for seat in who.seats:
            yield f"player:{seat}", watcher.link
