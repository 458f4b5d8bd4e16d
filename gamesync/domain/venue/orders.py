"""
What the round clock orders at each table, in whose own stream it is then done.

The two are not one commit: a server that dies in between has the order in the venue's log, and
some tables that have not heard of it. Both logs say when, so the next start can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from ..clock import SERVER
from ..commands import RoundPause, SettingsUpdate
from ..events import ClockPaused, ClockResumed, ClockStarted, Entry, GameFact, SettingSet
from ..values import Millis
from .commands import PauseRoundClock, ResumeAll, ResumeRoundClock, RoundOver, StopRoundClock
from .events import (
    AllResumed,
    RoundClockPaused,
    RoundClockResumed,
    RoundClockStopped,
    RoundEnded,
    VenueEntry,
    VenueFact,
)
from .rounds import games_of, round_end
from .state import Venue

TableOrder: TypeAlias = RoundPause | SettingsUpdate

NO_NEW_TURN = SettingsUpdate(key="no_new_turn", value=True)


class Order(Struct, frozen=True, kw_only=True):
    """What was ordered last, where, and when."""

    command: TableOrder
    games: tuple[str, ...]
    at_ms: Millis


def at_each_table(command: object, round_end: object) -> TableOrder | None:
    """
    What a command to the round clock means for the clock of each table; None: nothing.

    :param round_end: the policy that its answer names
    """
    match command:
        case PauseRoundClock():
            return RoundPause(pause=True)
        case ResumeRoundClock() | StopRoundClock():
            return RoundPause(pause=False)
        case ResumeAll():
            return RoundPause(pause=False, after_down_time=True)
        case RoundOver():
            return _at_the_end(round_end)
        case _:
            return None


def last_order(before: Sequence[tuple[VenueEntry, Venue]], *, long: bool) -> Order | None:
    """
    The newest order to the tables; None if there was none.

    :param before: entries of the venue's log, each with the venue as it was before
    :param long: there has been down time since, after which the tables' clocks wait for people
    """
    for entry, venue in reversed(before):
        for fact in entry.facts:
            command = _ordered(fact, venue, long)
            if command is not None:
                event = fact.event if isinstance(fact, AllResumed) else _event(venue)
                return Order(
                    command=command, games=games_of(venue, event or None), at_ms=entry.at_ms
                )
    return None


def reached(log: Sequence[Entry], order: Order) -> bool:
    """Whether a game has heard of *order*, or of something newer; or began only afterwards."""
    return any(
        _answers(fact, order.command)
        or (isinstance(fact, ClockStarted) and entry.at_ms > order.at_ms)
        for entry in log
        if entry.at_ms >= order.at_ms
        for fact in entry.facts
    )


def _ordered(fact: VenueFact, venue: Venue, long: bool) -> TableOrder | None:
    match fact:
        case RoundClockPaused():
            return RoundPause(pause=True)
        case RoundClockResumed() | RoundClockStopped():
            return RoundPause(pause=False)
        case AllResumed():
            return RoundPause(pause=False, after_down_time=not long)
        case RoundEnded():
            return _at_the_end(round_end(venue))
        case _:
            return None


def _at_the_end(round_end: object) -> TableOrder | None:
    if round_end == "pause":
        return RoundPause(pause=True)
    return NO_NEW_TURN if round_end == "no_new_turn" else None


def _event(venue: Venue) -> str:
    return venue.round_clock.event if venue.round_clock is not None else ""


def _answers(fact: GameFact, command: TableOrder) -> bool:
    if isinstance(command, SettingsUpdate):
        return isinstance(fact, SettingSet) and fact.key == command.key
    return isinstance(fact, ClockPaused | ClockResumed) and fact.reason in ("round", SERVER)
