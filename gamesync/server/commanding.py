"""A command on its way to its room, and the answer back; whether it is allowed, rooms know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ..asking import Asked, Outcome
from ..domain.values import Refused
from ..room import Room
from ..store import VENUE
from ..venue_room import VenueRoom
from ..wire import messages as m
from ..wire.errors import ErrorCode
from .membership import Membership
from .received import Received, asked

if TYPE_CHECKING:
    from .session import Session


async def command(session: Session, received: Received) -> str:
    """
    Have it decided and made durable, and answer.

    :return: the code of the answer
    :raises Refused: (``not_joined``) the session has not joined what it is for
    """
    message, registry = received.message, session.hub.registry
    membership = session.games.get(_addressee(session, message))
    if membership is None:
        raise Refused(ErrorCode.NOT_JOINED, "first connect to that game", "game_id")
    room = membership.room
    no = _too_much(membership)
    if no is not None:
        return session.refuse(message, no, room.id)
    it = asked(session, received, room)
    outcome = await registry.submit(room, it)
    if isinstance(it.command, room.secretive):
        outcome = _told(outcome, room, it)
    if isinstance(room, VenueRoom):
        await registry.venue_followed(it, outcome)
    return session.answer(outcome, room.id, message.id)


def _addressee(session: Session, message: m.Message) -> str:
    """The id of the game that it is for, or the venue's; empty if it names none and means none."""
    if isinstance(message, m.ForVenue):
        return VENUE
    return session.meant(message) or ""


def _too_much(membership: Membership) -> Refused | None:
    """Why not now: the match has had too many commands, or the store is behind."""
    hub, room = membership.session.hub, membership.room
    now, bucket = hub.seconds(), hub.match_bucket(room.id)
    # Who only watches is refused anyway, and must not use up what the players have.
    counts = isinstance(room, VenueRoom) or membership.audience == "match"
    if counts and not bucket.take(now):
        return Refused(
            ErrorCode.RATE_LIMITED,
            "this match has too many commands",
            retry_after_ms=int(bucket.wait(now) * 1000) + 1,
        )
    if hub.registry.waiting >= hub.limits.writes_queued:
        return Refused(ErrorCode.OVERLOADED, "too much is waiting", retry_after_ms=500)
    return None


def _told(outcome: Outcome, room: Room[Any], it: Asked) -> Outcome:
    """The outcome with what its sender is told that is kept nowhere: links, codes, keys."""
    if outcome.code != "ack":
        return outcome
    ack = msgspec.json.decode(outcome.body, type=m.Ack)
    besides = room.besides(it.command, ack.detail, it.device)
    if not besides:
        return outcome
    body = msgspec.json.encode(m.Ack(already=ack.already, detail={**ack.detail, **besides}))
    return Outcome(code=outcome.code, version=outcome.version, body=body)
