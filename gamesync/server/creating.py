"""A game made over a connection, by either way of asking for one; how it is made, hosting knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from ..asking import Outcome
from ..domain.commands import CorrectState
from ..domain.events import GameFact, SetupSkipped, TurnSet
from ..domain.values import Player, Refused
from ..wire import messages as m
from ..wire.errors import ErrorCode
from .received import Received, asked

if TYPE_CHECKING:
    from .session import Session


async def create(
    session: Session, received: Received, wanted: m.GameCreateData, extra: tuple[GameFact, ...] = ()
) -> str:
    """
    Make the game, join it, and answer.

    :param extra: what has happened in it already
    :return: the code of the answer
    :raises Refused: it is not made
    :raises gamesync.store.Unavailable: the store is not to be had
    """
    message = received.message
    it = asked(session, received, None)
    room, outcome = await session.hub.registry.create(wanted, it, session.line.peer, extra)
    if session.closed_:
        return "ok"
    if outcome.code != "ack":
        return session.answer(outcome, room.id, message.id)
    membership = session.enter(room)
    if membership.seated:
        session.hub.tokens.hold(session.device)
    who = room.who(session.device)
    session.hub.watch.joined(session, room.id, who.role, 0)
    if isinstance(message, m.GameState):
        membership.send_state(id_=message.id)
    ways = {"places": room.ways()} if who.host else {}
    body = msgspec.json.encode(m.Ack(detail={"token": session.token, **ways}))
    told = Outcome(code="ack", version=outcome.version, body=body)
    return session.answer(told, room.id, message.id)


def from_state(data: CorrectState) -> tuple[m.GameCreateData, tuple[GameFact, ...]]:
    """
    The game that the seed's host wants, who just sends its state, and what has happened in it.

    :raises Refused: (``not_joined``) no game is meant: it does not name both players
    """
    if data.player1_name is None or data.player2_name is None:
        raise Refused(
            ErrorCode.NOT_JOINED,
            "player1_name: name both players to make a game",
            "player1_name",
        )
    extra: tuple[GameFact, ...] = ()
    if data.game_status not in ("waiting", "setup"):
        extra = (SetupSkipped(first_player=1),)
    if data.current_turn is not None or data.game_status == "playing":
        turn = data.current_turn or 1
        active: Player = data.active_player or (1 if turn % 2 else 2)
        extra = (
            SetupSkipped(first_player=1),
            TurnSet(round=data.round or (turn + 1) // 2, active_player=active),
        )
    return m.GameCreateData(player1_name=data.player1_name, player2_name=data.player2_name), extra
