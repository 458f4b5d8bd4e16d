"""Which screen is on: one function of how things stand. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import attrs

from ..client import Status


class Screen(StrEnum):
    """Each has a class of the same name in ``ui/screens``."""

    FIND = "find"
    """Looking for the box, or asking where it is."""
    WAIT = "wait"
    """The box is known, and has not told us yet what is on."""
    CHOOSE = "choose"
    """Resume or new: what shall be played here?"""
    NEW = "new"
    """Ruleset and clock of a new match."""
    GATHER = "gather"
    """QR codes for both players and whoever watches; names, factions, ready."""
    SETUP = "setup"
    """A roll-off, or what its winner chooses."""
    READY = "ready"
    """Who starts; the key that starts the match."""
    PLAY = "play"
    OVER = "over"
    """The result, to be signed by both."""
    SAVER = "saver"


SLEEPS_ON = frozenset({Screen.CHOOSE, Screen.GATHER, Screen.OVER, Screen.PLAY})
"""Screens that may give way to the screensaver when nobody has touched them for long."""


@attrs.frozen(kw_only=True)
class Situation:
    """
    :ivar server: the box's address; empty while it has to be found
    :ivar status: how far what is known can be believed; None before there is a connection
    :ivar game_id: the match that is joined, or empty
    :ivar state: what is known of it
    :ivar refusal: why we are not let into it; empty: we are
    :ivar asks: whether to go on with that match is still to be said
    :ivar making: a new match is being put together
    :ivar idle_seconds: since the screen was touched
    :ivar saver_seconds: after which it sleeps; 0: never
    :ivar busy: a sheet or dialog is open
    """

    server: str = ""
    status: Status | None = None
    game_id: str = ""
    state: dict[str, Any] | None = None
    refusal: str = ""
    asks: bool = False
    making: bool = False
    idle_seconds: float = 0.0
    saver_seconds: int = 0
    busy: bool = False


def screen(now: Situation) -> Screen:
    """The screen for *now*."""
    shown = _awake(now)
    tired = 0 < now.saver_seconds <= now.idle_seconds
    return Screen.SAVER if tired and shown in SLEEPS_ON and _may_sleep(now) else shown


def _awake(now: Situation) -> Screen:
    if not now.server:
        return Screen.FIND
    if now.making:
        return Screen.NEW
    if now.game_id and not now.refusal:
        if now.state is None:
            return Screen.WAIT
        if not now.asks:
            return _of_match(now.state)
        return Screen.CHOOSE
    return Screen.WAIT if now.status is None else Screen.CHOOSE


def _of_match(state: dict[str, Any]) -> Screen:
    match state["status"]:
        case "waiting":
            return Screen.GATHER
        case "setup":
            return Screen.SETUP
        case "ready":
            return Screen.READY
        case "playing":
            return Screen.PLAY
        case _:
            return Screen.OVER


def _may_sleep(now: Situation) -> bool:
    """Never while a clock runs or a signature is open."""
    state = now.state
    if now.busy or now.status is not Status.LIVE:
        return False
    if state is None or now.asks:
        return True
    if state["status"] == "ended":
        return False
    return not state["clock"]["running"] and state["judge"] is None and not state["proposals"]
