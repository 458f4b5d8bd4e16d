"""A message as it arrived, and as it is put to a room; what it asks for, others know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
from msgspec import structs

from ..asking import Asked, digest_of
from ..domain.values import Millis
from ..room import Room
from ..wire import messages as m
from ..wire.codec import body_of
from . import believed

if TYPE_CHECKING:
    from .session import Session


@attrs.frozen(kw_only=True)
class Received:
    """A message, and when it and the one before it arrived."""

    message: m.Message
    now: Millis
    previous_ms: Millis
    size: int
    """Bytes."""

    @property
    def type(self) -> str:
        """The ``type`` with which it came."""
        return str(type(self.message).__struct_config__.tag)


def asked(session: Session, received: Received, room: Room[Any] | None) -> Asked:
    """
    What *received* asks, dated as far back as its sender is believed.

    :param room: None: there is none yet
    """
    message = received.message
    return Asked(
        command=_dated(session, received),
        device=session.device,
        now=received.now,
        type=received.type,
        id=message.id or "",
        digest=digest_of(body_of(message)),
        lag_ms=believed.lag(session.rtt_ms),
        backdate_max_ms=believed.backdate_max(room, session.device),
    )


def _dated(session: Session, received: Received) -> Any:
    command: Any = getattr(received.message, "data", None)
    said = getattr(command, "pressed_at", None)
    at = believed.pressed(
        said,
        previous_ms=received.previous_ms,
        rtt_ms=session.rtt_ms,
        opened_ms=session.opened_ms,
    )
    return command if at == said else structs.replace(command, pressed_at=at)
