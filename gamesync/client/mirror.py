"""
The state of a match as this client knows it. Pure: bytes, sockets and timers are elsewhere.

Local times are milliseconds of the monotonic clock; ``now`` and ``at`` of messages are the
server's game time.
"""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any

from .envelope import Message
from .offset import ServerClock

LINK_LOST = "link"
"""Pause reason that the server gives when it heard no device; it says nothing of the table."""


class Status(StrEnum):
    """How far what is shown can be believed."""

    LIVE = "live"
    STALE = "stale"
    """Not connected, not yet caught up, silent for two heartbeats, or nothing can be recorded."""
    REFUSED = "refused"
    """The server does not let us in: wrong or old key, no such game, place taken away."""


class Came(Enum):
    """What a message did to the mirror."""

    NOTHING = "nothing"
    CHANGED = "changed"
    GAP = "gap"
    """Versions are missing: ask to resume."""


class Mirror:
    """
    What the server has told of one game, or of none.

    :ivar game_id: None until a game is joined
    :ivar epoch: names the history that ``version`` belongs to
    :ivar version: what ``state`` is; 0 before there is any
    :ivar state: the sections of the view, as plain JSON; None before there is any
    :ivar recovered: what the last ``connect`` said: True, nothing was missed; False, ``state`` was
        replaced whole; None, there was nothing to resume
    :ivar device: our name in logs and lists
    :ivar role: ``player``, ``host``, ``judge``, ``organiser`` or ``observer``
    :ivar player: our seat; 0 for none
    :ivar rights: all that this device holds in the game
    :ivar places: what this device is at the venue, where the server said so (``HeldPlace``)
    :ivar presence: who is there, as the server said last
    :ivar refusal: why we are not let in; None while we are
    :ivar others_pressed: the last version at which somebody else touched clock or turn
    """

    def __init__(self) -> None:
        self.clock = ServerClock()
        self.heartbeat_ms = 5_000.0
        self.server: dict[str, Any] = {}
        self.connected = False
        self.durable = True
        self.heard_ms = float("-inf")
        self.game_id: str | None = None
        self.places: tuple[dict[str, Any], ...] = ()
        self.leave()

    def leave(self) -> None:
        """Forget the game."""
        self.game_id = None
        self.epoch = ""
        self.version = 0
        self.state: dict[str, Any] | None = None
        self.recovered: bool | None = None
        self.device = ""
        self.role = "observer"
        self.player = 0
        self.rights: tuple[str, ...] = ()
        self.presence: dict[str, Any] = {}
        self.refusal: str | None = None
        self.others_pressed = 0
        self._target: int | None = None
        self._asked = False

    # -- what happens

    def lost(self) -> None:
        """The connection is gone; the state stays, and is stale."""
        self.connected = False
        self._asked = False
        self._target = None

    def greeted(self, message: Message, at_ms: float) -> None:
        """The first message of a connection."""
        self.server = message.data
        self.connected = True
        self.durable = True
        self.heartbeat_ms = _number(message.data.get("heartbeat_ms"), self.heartbeat_ms)
        self.clock.greeted(_number(message.data.get("now"), 0.0), at_ms)
        self.heard_ms = at_ms

    def joined(self, message: Message, at_ms: float) -> Came:
        """The answer to our ``connect``."""
        data = message.data
        self.heard_ms = at_ms
        if message.game_id is not None or self.game_id is None:
            self.refusal = None
        inside = bool(self.rights)
        self.device = str(data.get("device", ""))
        self.role = str(data.get("role", "observer"))
        self.player = int(data.get("player", 0))
        self.rights = tuple(data.get("rights", ()))
        self.places = tuple(data.get("places", ()))
        self._asked = False
        if message.game_id is None:
            return Came.NOTHING
        if message.game_id != self.game_id:
            device, role, player, rights = self.device, self.role, self.player, self.rights
            self.leave()
            self.game_id = message.game_id
            self.device, self.role, self.player, self.rights = device, role, player, rights
        self.recovered = data.get("recovered")
        self.epoch = str(data.get("epoch", ""))
        if data.get("state") is not None:
            self._replace(data["state"], message.version)
        elif self.state is not None and inside is not bool(self.rights):
            self.epoch = ""  # what we have is what others see: it has to come anew
            return Came.GAP
        else:
            self._target = message.version  # what we missed follows, up to here
        return Came.CHANGED

    def refused(self, words: str) -> None:
        """We are not let in (any more)."""
        self.refusal = words
        self._asked = False

    def received(self, message: Message, at_ms: float) -> Came:
        """Any other message."""
        self.heard_ms = at_ms
        if message.type == "heartbeat":
            self._pong(message.data, at_ms)
            return Came.NOTHING
        if message.game_id is None or message.game_id != self.game_id:
            return Came.NOTHING
        data = message.data
        if (
            message.type == "game_state"
            and isinstance(data.get("state"), dict)
            and "by" not in data
        ):
            self._replace(data["state"], message.version)
            return Came.CHANGED
        if message.type == "presence":
            self.presence = data
            return Came.CHANGED
        if message.version is None:
            return Came.NOTHING
        if not isinstance(data.get("state"), dict) or "facts" not in data:
            # A beat, an answer: it carries the version, and what led up to that came before it.
            return self._behind() if message.version > self.version else Came.NOTHING
        if message.version <= self.version:
            return Came.NOTHING
        if self.state is None or message.version != self.version + 1:
            return self._behind()
        self._apply(message)
        return Came.CHANGED

    def asked(self) -> None:
        """A resume is on its way; no need for another one."""
        self._asked = True

    # -- what it knows

    @property
    def synced(self) -> bool:
        """Whether all that the server had told when we joined is here."""
        return self.state is not None and (self._target is None or self.version >= self._target)

    @property
    def resume(self) -> dict[str, Any] | None:
        """What to ask for with ``connect``."""
        if self.state is None or not self.epoch:
            return None
        return {"epoch": self.epoch, "version": self.version}

    def status(self, at_ms: float) -> Status:
        if self.refusal is not None:
            return Status.REFUSED
        silent = at_ms - self.heard_ms > 2 * self.heartbeat_ms
        if silent or not self.connected or not self.durable:
            return Status.STALE
        if self.state is None:
            return Status.LIVE
        return Status.LIVE if self.synced and not self._asked else Status.STALE

    def clock_shown(self, player: int, at_ms: float) -> int | None:
        """
        What the clock of *player* shows at the local time *at_ms*, in milliseconds.

        Time left (mode ``down``; below 0 is overtime) or time spent (``up``); None if not known.
        """
        clock = self.section("clock")
        if not clock:
            return None
        shown: int = clock[f"p{player}_ms"]
        now = self.clock.at(at_ms)
        if not clock["running"] or clock["side"] != player or now is None:
            return shown
        spent: int = max(0, round(now) - clock["at"] - clock["free_ms"])
        if clock["mode"] == "up":
            return shown + spent
        if clock["mode"] != "down":
            return shown
        if clock["rules"].get("on_flag") == "stop":
            return max(0, shown - spent)
        return shown - spent

    def section(self, name: str) -> Any:
        """One section of the state; an empty one before there is any."""
        return (self.state or {}).get(name, {})

    # -- how it is done

    def _pong(self, data: dict[str, Any], at_ms: float) -> None:
        self.durable = bool(data.get("live", True))
        t0, now = data.get("t0"), data.get("now")
        if isinstance(t0, int | float) and isinstance(now, int | float):
            self.clock.sample(now, t0, at_ms)

    def _behind(self) -> Came:
        waiting = self._asked or (self._target is not None and self.version < self._target)
        return Came.NOTHING if waiting else Came.GAP

    def _replace(self, state: dict[str, Any], version: int | None) -> None:
        self.state = dict(state)
        self.version = version or 0
        # Who pressed what on the way here is not known: as if somebody else had, just now.
        self.others_pressed = self.version
        self._target = None
        self._asked = False

    def _apply(self, message: Message) -> None:
        assert self.state is not None
        data, version = message.data, message.version
        assert version is not None
        self.state = {**self.state, **data["state"]}
        self.version = version
        by = data.get("by") or {}
        pressed = not data["state"].keys().isdisjoint(("clock", "turn"))
        if pressed and by.get("device") != self.device and not _link_lost(data["facts"]):
            self.others_pressed = version


def _link_lost(facts: list[dict[str, Any]]) -> bool:
    """Whether the clock was only paused because nobody was heard."""
    return bool(facts) and all(
        fact.get("fact") == "clock_paused" and fact.get("reason") == LINK_LOST for fact in facts
    )


def _number(value: Any, otherwise: float) -> float:
    return float(value) if isinstance(value, int | float) else otherwise
