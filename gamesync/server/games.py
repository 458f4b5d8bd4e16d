"""A game as everybody may see it, in JSON."""

from __future__ import annotations

from zlib import crc32

import msgspec

from ..domain.state import Game
from ..domain.values import Millis, Version
from ..domain.view import View, clock_view
from ..game_room import GameRoom
from .hub import Hub


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


def game_json(hub: Hub, room: GameRoom) -> GameJson:
    """The game of a *room* that is listed, as of now."""
    now = hub.now()
    clock = clock_view(room.game, now)
    return GameJson(
        game_id=room.id,
        version=room.version,
        now=now,
        p1_ms=clock.p1_ms,
        p2_ms=clock.p2_ms,
        state=room.public,
    )


def game_tag(hub: Hub, room: GameRoom) -> str:
    """
    What an answer about a game is known by.

    Between two versions only a running clock moves, and the state says how; but for its people, who
    may be forgotten.
    """
    boot = hub.registry.boot
    return f"{boot.epoch if boot else ''}-{room.version}{people_tag(room.game)}"


def people_tag(game: Game) -> str:
    """Another one when the people of a game are called otherwise at the same version."""
    names = "\0".join(player.name for player in game.players)
    return f"-{crc32(names.encode()):x}"
