"""How far a device's word about time is believed; values in, values out, and no way to ask it."""

from __future__ import annotations

from typing import Any

from ..domain.values import Millis
from ..game_room import GameRoom
from ..room import Room

RTT_MAX_MS: Millis = 5_000
LAG_MAX_MS: Millis = 1_000
TABLE_BACKDATE_MS: Millis = 600_000


def rtt(told_ms: float) -> Millis:
    """A round trip that a device has measured: none is as long as that."""
    return min(int(told_ms), RTT_MAX_MS)


def lag(rtt_ms: Millis) -> Millis:
    """How long before its arrival a command was sent."""
    return min(rtt_ms // 2, LAG_MAX_MS)


def pressed(
    at: Millis | None, *, previous_ms: Millis, rtt_ms: Millis, opened_ms: Millis
) -> Millis | None:
    """
    When it was pressed that is said to have been pressed *at*.

    It is dated back only to the sender's previous message, less the round trip. What was pressed
    before this connection was opened was queued while it was cut off; how far back that may go is
    the clock's to say.
    """
    if at is None or at < opened_ms:
        return at
    return max(at, previous_ms - rtt_ms)


def backdate_max(room: Room[Any] | None, device: str) -> Millis | None:
    """
    How far back *device* may date what it queued while it was cut off; None: as far as any.

    The table's own device goes on as the clock while it is cut off, for ten minutes.
    """
    if not isinstance(room, GameRoom) or not room.who(device).host:
        return None
    return TABLE_BACKDATE_MS
