"""
What is asked of one game without wanting to change it: its state, and its log.

Who has joined it sees it with the eyes of his place; who has not, sees what everybody may see of
games that are listed. What that is, rooms know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.values import Refused
from ..domain.view import Audience
from ..game_room import GameRoom
from ..room import Room
from ..wire import messages as m
from ..wire.errors import ErrorCode
from .past import page

if TYPE_CHECKING:
    from .session import Session


async def state(session: Session, message: m.GameState) -> None:
    """:raises Refused: it names no game, or none that the session may see"""
    game_id = _named(session, message)
    membership = session.games.get(game_id)
    if membership is not None:
        membership.send_state(id_=message.id)
        return
    room = await _listed(session, game_id)
    session.send(
        m.StateData(now=session.hub.now(), state=room.public, recovered=False),
        game_id=game_id,
        id_=message.id,
        version=room.version,
    )


async def history(session: Session, message: m.History) -> None:
    """
    The log, for whoever may see the state that it adds up to.

    :raises Refused: it names no game, or none that the session may see
    """
    game_id = _named(session, message)
    membership = session.games.get(game_id)
    room: Room[Any]
    audience: Audience
    if membership is not None:
        room, audience = membership.room, membership.audience
    else:
        room, audience = await _listed(session, game_id), "public"
    told = page(room, audience, message.data, session.hub.limits.outbound_message_bytes)
    session.send(told, game_id=game_id, id_=message.id)


def _named(session: Session, message: m.Inbound) -> str:
    game_id = session.meant(message)
    if game_id is None:
        raise Refused(ErrorCode.NOT_JOINED, "game_id: say which game", "game_id")
    return game_id


async def _listed(session: Session, game_id: str) -> GameRoom:
    """:raises Refused: (``not_found``) it is not there, or not for everybody"""
    room = await session.hub.registry.room(game_id)
    if room is None or not room.listed:
        raise Refused(ErrorCode.NOT_FOUND, "game_id: no listed game has it", "game_id")
    return room
