"""The list of games as those hear of it who watch it: what changed, at most once a beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from .game_room import GameRoom
from .store import Listed
from .wire.messages import ListedGame


class Guest(Protocol):
    """Somebody who watches the list of games."""

    def listed(self, news: Mapping[str, ListedGame | None]) -> None:
        """What changed, by id; None: that game is no longer listed."""


class Lobby:
    """:ivar guests: those who watch the list"""

    def __init__(self) -> None:
        self.guests: set[Guest] = set()
        self._news: dict[str, ListedGame | None] = {}
        self._in_list: set[str] = set()
        """Games that the guests may have been told of."""

    def found(self, room: GameRoom) -> None:
        """A game that was there before us; who asks for the list is told of it."""
        if room.listed:
            self._in_list.add(room.id)

    def note(self, room: GameRoom) -> None:
        """Something of *room* has changed."""
        if room.listed:
            self._news[room.id] = line = line_of(room)
            # What is signed or void has left the list by saying so.
            left = line.status in ("signed", "void")
            (self._in_list.discard if left else self._in_list.add)(room.id)
        elif room.id in self._in_list:  # of a game that never was in the list, not even the id
            self._in_list.discard(room.id)
            self._news[room.id] = None

    def tell(self) -> None:
        """What changed since the last time, to all guests."""
        news, self._news = self._news, {}
        if news:
            for guest in tuple(self.guests):
                guest.listed(news)


def line_of(room: GameRoom) -> ListedGame:
    """A game's line in the list, as everybody may see it."""
    game, public = room.game, room.public
    return ListedGame(
        game_id=room.id,
        version=room.version,
        status=public.status,
        player1_name=game.players[0].name,
        player2_name=game.players[1].name,
        score1=public.scores.players[0].score,
        score2=public.scores.players[1].score,
        round=game.turn.round,
        ruleset=game.ruleset.id,
        table=game.table,
    )


def listing(line: Listed) -> ListedGame:
    """A line of the store's list, as it is sent."""
    return ListedGame(
        game_id=line.game_id,
        version=line.version,
        status=line.status,
        player1_name=line.player1_name,
        player2_name=line.player2_name,
        score1=line.score1,
        score2=line.score2,
        round=line.round,
        ruleset=line.ruleset,
        table=line.table,
    )
