"""
The two questions that every rule of the game answers.

:func:`decide` turns a command into facts, or refuses it; :func:`apply` gives the state after a
fact, or refuses a fact that does not fit. The modules beside this one register an answer for each
type of command and fact; the same :func:`apply` judges a new command and a log that is folded
again after an undo, so buttons and history obey one set of rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import NamedTuple

import msgspec

from .events import By, GameFact
from .state import Game
from .values import Millis, Player, Refused, Version


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a rule may know besides the state: who, when, and what chance said."""

    by: By
    now: Millis
    """Game time at which the command arrived."""
    version: Version
    """The version that the command becomes, if it is accepted."""
    dice: int = 0
    """A random number; a die is its remainder, so that chance is an argument as time is."""
    lag_ms: Millis = 0
    """Measured lag of the sender's connection, for presses without ``pressed_at``."""
    backdate_max_ms: Millis | None = None
    """How far this sender's presses may be dated back; None: as the clock's rules say."""


class Decision(NamedTuple):
    """What a command comes to: facts for the log, and what else the sender is told."""

    facts: tuple[GameFact, ...] = ()
    data: Mapping[str, object] = {}


def already(**who: object) -> Decision:
    """Nothing to do: it has happened. Not an error, and no new version."""
    return Decision((), {"already": True, **who})


@singledispatch
def decide(command: object, game: Game, ctx: Context) -> Decision:
    """
    The facts that *command* comes to.

    :raises Refused: the rules say no
    """
    raise TypeError(f"no rule decides {type(command).__name__}")


@singledispatch
def apply(fact: object, game: Game, ctx: Context) -> Game:
    """
    The game after *fact*.

    :raises Refused: the fact does not fit this game
    """
    raise TypeError(f"no rule applies {type(fact).__name__}")


def require(game: Game, *statuses: str) -> None:
    """:raises Refused: (``not_now``) the game is in none of *statuses*"""
    if game.status not in statuses:
        raise Refused("not_now", f"not while the game is {game.status}", status=game.status)


def seat_of(ctx: Context, named: Player | None) -> Player:
    """
    The seat a command speaks of: the one it names, else the sender's own.

    :raises Refused: (``missing_field``) a host or an official has to name it
    """
    if named is not None:
        return named
    if ctx.by.player:
        return ctx.by.player
    raise Refused("missing_field", "player: say which player", "player")
