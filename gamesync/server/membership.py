"""One connection's place among those who watch a room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ..domain.values import Millis, Version
from ..domain.view import Audience
from ..game_room import GameRoom
from ..room import Room
from ..wire import messages as m
from ..wire.errors import CloseCode

if TYPE_CHECKING:
    from .session import Session

SILENT_PATIENCE_MS: Millis = 45_000
"""For clients that declared no heartbeat: one ping unanswered."""


class Membership:
    """
    A :class:`~gamesync.room.Watcher`.

    To a peer that has stopped reading nothing more is sent that it could do without: who only
    watches gets the newest state when it reads again; who plays is cut off once it owes too much,
    and comes back.
    """

    def __init__(self, session: Session, room: Room[Any]) -> None:
        self.session = session
        self.room = room
        self.beat_at: Millis = 0
        self.presence: m.PresenceData | None = None
        """Who is there, as it was told last."""
        self._behind = False
        self._saw = room.audience(session.device)
        self._whole: Version = 0
        """Version up to which it was last told everything at once."""
        self.seated = self._saw == "match"

    @property
    def device(self) -> str:
        return self.session.device

    @property
    def audience(self) -> Audience:
        audience = self.room.audience(self.device)
        self.seated = self.seated or audience == "match"
        return audience

    @property
    def heard_ms(self) -> Millis:
        return self.session.heard_ms

    @property
    def patience_ms(self) -> Millis:
        declared = self.session.heartbeat_ms
        return SILENT_PATIENCE_MS if declared is None else max(15_000, 3 * declared)

    @property
    def link(self) -> Literal["live", "lost"]:
        """``live``, or ``lost``: two heartbeats are missing."""
        hub = self.session.hub
        declared = self.session.heartbeat_ms
        allowed = hub.ping_interval_ms + hub.ping_timeout_ms if declared is None else 2 * declared
        return "live" if hub.now() - self.heard_ms <= max(allowed, 10_000) else "lost"

    def tell(self, version: Version | None, frame: bytes) -> None:
        audience = self.audience
        jammed = self.session.line.jammed
        if version is not None and version <= self._whole:
            return
        if jammed and (version is None or self._behind or audience == "public"):
            self._behind = self._behind or version is not None
        elif version is not None and audience != self._saw:
            self.send_state()  # changes are told against what the same eyes saw before
        else:
            self.session.line.send(frame)

    def caught_up(self) -> None:
        """The peer reads again: if it missed anything it gets all there is."""
        if self._behind:
            self._behind = False
            self.send_state()

    def resync(self) -> None:
        if self.session.line.jammed:
            self._behind = True
        else:
            self.send_state()

    def send_state(self, id_: str | None = None) -> None:
        room, session = self.room, self.session
        session.send(
            m.StateData(now=session.hub.now(), state=self.look(), recovered=False),
            game_id=room.id,
            id_=id_,
            version=room.version,
        )

    def look(self) -> Any:
        """All there is to see."""
        self._saw, self._whole = self.audience, self.room.version
        return self.room.view_for(self._saw)

    def tell_presence(self, presence: m.PresenceData, frame: bytes) -> None:
        if not self.session.line.jammed:
            self.presence = presence
            self.session.line.send(frame)

    def removed(self) -> None:
        """
        The device's place here is gone.

        What it is in the venue it still is: a participant has another opponent now, a table another
        game. So it stays, and sees this one as everybody does.
        """
        room, venue = self.room, self.session.hub.registry.venue
        if isinstance(room, GameRoom) and room.listed and any(venue.places(self.device)):
            self.seated = False
            self.send_state()
            return
        self.session.goodbye(CloseCode.REVOKED, "this device's place was taken from it")

    def failed(self, request: str) -> None:
        self.session.broken(request)

    def leave(self) -> None:
        self.room.leave(self)
        self.session.left(self.room)
