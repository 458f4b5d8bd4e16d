"""The few words that every module of the game shares."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

Millis: TypeAlias = int
"""Milliseconds: a length of time, or an instant on the server's game-time line."""

Player: TypeAlias = Literal[1, 2]
"""A seat of the match; the number never changes, whoever sits there."""

Side: TypeAlias = Literal[0, 1, 2]
"""Whose time runs: a player's, or nobody's (0, neutral)."""

NEUTRAL: Literal[0] = 0
PLAYERS: tuple[Player, Player] = (1, 2)

Version: TypeAlias = Annotated[int, Meta(ge=0, le=2**53 - 1)]
"""How many commands a game has accepted; one more with each."""


def other(player: Player) -> Player:
    return 2 if player == 1 else 1


class Refused(Exception):
    """
    The rules say no; nothing has changed.

    :ivar code: a member of ``wire.errors.ErrorCode``, by value
    :ivar field: the field of the command that is at fault, or None
    :ivar detail: what a program needs to go on (a current value, the versions in the way)
    """

    def __init__(self, code: str, message: str, field: str | None = None, **detail: object) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.detail = detail
