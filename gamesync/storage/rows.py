"""
What the readable tables say of a game: a function of its state, and of nothing else.

So a row can be made anew from the state at any time, and must then be the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import attrs
import msgspec

from ..domain import sheet
from ..domain.commands import Scalar
from ..domain.state import Game
from ..domain.summary import summaries
from ..domain.values import PLAYERS, Millis
from ..store import VENUE

Column: TypeAlias = str | int | None
Row: TypeAlias = Mapping[str, Column]
Texts: TypeAlias = Mapping[str, str]

_encoder = msgspec.json.Encoder()
_state = msgspec.json.Decoder(Game)


@attrs.frozen(kw_only=True)
class Rows:
    """One game in the readable tables."""

    game_state: Row
    scores: tuple[Row, ...]
    timers: tuple[Row, ...]
    settings: Texts
    """Key to value, both as in the table."""


def project(
    game_id: str, game: Game, deadline_ms: Millis | None, updated_ms: Millis, wall: str
) -> Rows:
    """
    The rows for *game*.

    :param updated_ms: game time of the last entry; for this instant the timers are worked out
    :param wall: the same instant as UTC, ISO 8601
    """
    of_game: Row = {"game_id": game_id, "updated_at": timestamp(wall)}
    first, second = game.players
    lines = summaries(game)
    public = lines.of("public")
    return Rows(
        game_state={
            **of_game,
            "player1_name": first.name,
            "player2_name": second.name,
            "current_turn": game.turn.ordinal,
            "game_status": game.status,
            "version": game.version,
            "ruleset": game.ruleset.id,
            "round": game.turn.round,
            "active_player": game.turn.active_player,
            "winner": None if game.result is None else game.result.winner,
            "shown_score1": public.score1,
            "shown_score2": public.score2,
            "visibility": public.visibility,
            "venue_table": game.table,
            "created_ms": game.created_ms,
            "updated_ms": updated_ms,
            "deadline_ms": deadline_ms,
            "summary": text(lines),
            "state": text(game),
        },
        scores=tuple(
            {
                **of_game,
                "player_number": player,
                "score": sheet.total(game, player),
                "cp": game.player(player).cp,
            }
            for player in PLAYERS
        ),
        timers=tuple(
            {
                **of_game,
                "player_number": player,
                "time_remaining": game.clock.shown(player, updated_ms),
                "is_running": int(game.clock.running and game.clock.side == player),
            }
            for player in PLAYERS
        ),
        settings=settings(game_id, game.settings),
    )


def summary_of(state: str) -> str:
    """The column ``summary`` of a game whose ``state`` an older version wrote."""
    return text(summaries(_state.decode(state)))


def settings(game_id: str, values: Mapping[str, Scalar]) -> dict[str, str]:
    """Rows of the table ``settings``: a game's keys carry its id, the venue's stand alone."""
    prefix = "" if game_id == VENUE else f"{game_id}/"
    return {prefix + key: text(value) for key, value in values.items()}


def text(value: object) -> str:
    """*value* as JSON."""
    return _encoder.encode(value).decode()


def timestamp(wall: str) -> str:
    """An instant of UTC in ISO 8601, in the form that SQLite's own CURRENT_TIMESTAMP has."""
    return wall.removesuffix("Z").removesuffix("+00:00").replace("T", " ")
