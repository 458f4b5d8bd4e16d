"""
Turn and clocks as the table shows them: what the server said, and what was pressed here since.

While the link is cut the table goes on as the match's clock: its presses are kept, sent when the
link is back, and honoured. Until then they count here. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from ..client import GameClient


@attrs.frozen(kw_only=True)
class Press:
    """One press that the server does not know yet; *at* is game time."""

    kind: str
    player: int
    at: float


@attrs.define(kw_only=True)
class Seen:
    """
    :ivar turn: ordinal of the turn
    :ivar active: whose turn it is; 0: nobody's
    :ivar side: whose clock it is; 0: nobody's
    :ivar running: whether that clock moves
    :ivar shown: what the clocks of player 1 and 2 show, in milliseconds
    :ivar paused: why it stands
    """

    turn: int = 0
    active: int = 0
    side: int = 0
    running: bool = False
    shown: tuple[int, int] = (0, 0)
    paused: tuple[str, ...] = ()


def seen(state: dict[str, Any], now: float, presses: Iterable[Press] = ()) -> Seen:
    """
    How things stand at game time *now*.

    :param state: the sections of the match's view
    :param presses: what was pressed here and is not known to the server, in order
    """
    clock, turn = state["clock"], state["turn"]
    found = Seen(
        turn=turn["turn"],
        active=turn["active_player"],
        side=clock["side"],
        running=clock["running"],
        paused=tuple(clock["paused"]),
    )
    shown = [clock["p1_ms"], clock["p2_ms"]]
    began, free = clock["at"], clock["free_ms"]

    def settle(at: float) -> None:
        nonlocal began, free
        if found.running and found.side and clock["mode"] != "none":
            spent = max(0, round(at) - began - free)
            shown[found.side - 1] += spent if clock["mode"] == "up" else -spent
        began, free = max(began, round(at)), 0

    for press in presses:
        settle(press.at)
        if press.kind in ("switch", "turn"):
            found.side = 3 - press.player if press.player in (1, 2) else 0
            if press.kind == "turn":
                found.turn += 1
                found.active = found.side
                shown[press.player - 1] += _earned(clock)
        elif press.kind == "pause":
            found.running, found.paused = False, (*found.paused, "host")
        elif press.kind == "resume":
            found.running, found.paused = True, ()
    settle(now)
    if clock["mode"] == "down" and clock["rules"].get("on_flag") == "stop":
        shown = [max(0, ms) for ms in shown]
    found.shown = (shown[0], shown[1])
    return found


def _earned(clock: dict[str, Any]) -> int:
    """What a completed turn adds to a clock that counts down."""
    earned: int = clock["rules"].get("increment_ms", 0) if clock["mode"] == "down" else 0
    return earned


def seen_by(client: GameClient) -> Seen | None:
    """How things stand now, as *client* knows; None before it knows anything."""
    if client.state is None:
        return None
    local = client.conversation.now_ms()
    clock = client.mirror.clock
    now = clock.at(local)
    if now is None:
        return None
    presses = []
    if "host" in client.mirror.rights:
        for pending in client.outbox.waiting:
            at = clock.at(pending.made_ms)
            if pending.offline and pending.press is not None and at is not None:
                presses.append(Press(kind=pending.press, player=pending.player, at=at))
    return seen(client.state, now, presses)
