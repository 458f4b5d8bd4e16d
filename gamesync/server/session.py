"""
One connection, without its socket: who it is, what it has joined, what it is told, how it ends.

What it says is for its inbox. What it may do is not known here; rooms look that up in their logs,
for every command.
"""

from __future__ import annotations

from typing import Any

import msgspec
from twisted.internet.interfaces import IDelayedCall

from .. import access
from ..asking import Outcome
from ..deciding import field_of
from ..domain.values import Millis, Refused, Version
from ..room import Room
from ..store import VENUE
from ..wire import messages as m
from ..wire.codec import encode
from ..wire.errors import CloseCode
from .guest import Guest
from .hub import Hub
from .inbox import Inbox
from .line import Line
from .membership import Membership
from .tokens import OVER_SAID


class Session:
    """
    A :class:`~gamesync.server.line.Handler`.

    :ivar client_id: names this connection in the greeting and in logs
    :ivar device: public name of the device, from its token
    :ivar games: the games (and ``venue``) it has joined, by id
    :ivar guest: as which it sees the list of games
    :ivar inbox: what it has said
    :ivar role: what it was when it last joined something; for the figures
    :ivar leaving: it has been told goodbye
    :ivar closed_: the connection is gone
    """

    def __init__(self, hub: Hub, line: Line) -> None:
        self.hub = hub
        self.line = line
        self.client_id = access.new_token(hub.random)[:16]
        self.token = access.new_token(hub.random)
        self.device = access.device_id(self.token)
        self.name = ""
        self.role = "none"
        self.games: dict[str, Membership] = {}
        self.guest = Guest(self)
        self.opened_ms = self.heard_ms = hub.now()
        self.inbox = Inbox(hub.limits, self.opened_ms)
        self.heartbeat_ms: Millis | None = None
        self.beat_ms: Millis = hub.beat_ms
        self.rtt_ms: Millis = 0
        self.leaving = False
        self.closed_ = False
        self._current: str | None = None
        self._silent: IDelayedCall | None = None

    # -- it opens

    def opened(self) -> None:
        hub, limits = self.hub, self.hub.limits
        hub.sessions.add(self)
        hub.enter(self)
        hub.watch.opened(self)
        boot = hub.registry.boot
        self.send(
            m.Greeting(
                client_id=self.client_id,
                now=hub.now(),
                epoch=boot.epoch if boot else "",
                protocol=m.PROTOCOL,
                server="gamesync",
                heartbeat_ms=hub.heartbeat_ms,
                ping_interval_ms=hub.ping_interval_ms,
                ping_timeout_ms=hub.ping_timeout_ms,
                max_message_bytes=limits.message_bytes,
                commands_per_second=int(limits.commands_per_second),
            )
        )
        self._silent = hub.reactor.callLater(limits.first_message_seconds, self._too_silent)

    def _too_silent(self) -> None:
        self._silent = None
        self.goodbye(CloseCode.SILENT, "say something within 5 s of the opening")

    def stop_waiting(self) -> None:
        """A first message has come, or none will."""
        if self._silent is not None and self._silent.active():
            self._silent.cancel()
        self._silent = None

    # -- it is there

    def received(self, payload: bytes, is_binary: bool) -> None:
        self.hub.registry.look_back()
        self.heard_ms = self.hub.now()
        self.inbox.received(self, payload, is_binary)

    def heard(self) -> None:
        """A pong came: the peer is there, though it has nothing to say."""
        self.heard_ms = self.hub.now()

    def jammed(self) -> None:
        """Nothing to do: each membership looks at the line as it is told something."""

    def drained(self) -> None:
        for membership in tuple(self.games.values()):
            membership.caught_up()
        self.guest.caught_up()

    # -- the games it has joined

    def meant(self, message: m.Inbound) -> str | None:
        """The game that a message is for: the one it names, else the one joined last."""
        return message.game_id or self._current

    def enter(self, room: Room[Any]) -> Membership:
        """Join *room*, if that is not done; it is the game that messages mean from now on."""
        membership = self.games.get(room.id)
        if membership is None:
            membership = self.games[room.id] = Membership(self, room)
            room.watch(membership)
        if room.id != VENUE:
            self._current = room.id
        return membership

    def leave(self, message: m.Leave) -> None:
        """The connection watches a game no more; the device keeps what it holds there."""
        game_id = self.meant(message)
        membership = self.games.get(game_id or "")
        if membership is not None:
            membership.leave()
        self.send(m.Ack(already=membership is None), game_id=game_id, id_=message.id)

    def left(self, room: Room[Any]) -> None:
        self.games.pop(room.id, None)
        if self._current == room.id:
            self._current = next(iter(g for g in self.games if g != VENUE), None)

    # -- what it is told

    def send(
        self,
        data: m.Sent,
        *,
        game_id: str | None = None,
        id_: str | None = None,
        version: Version | None = None,
    ) -> None:
        self._say(data.TYPE, data, game_id, id_, version)

    def answer(self, outcome: Outcome, game_id: str, id_: str | None) -> str:
        """
        The first answer to a command, or the same again: its ``data`` is as it was kept.

        :return: its code
        """
        type_ = "ack" if outcome.code == "ack" else "error"
        self._say(type_, msgspec.Raw(outcome.body), game_id, id_, outcome.version)
        return outcome.code

    def refuse(self, message: m.Message, no: Refused, game_id: str | None = None) -> str:
        """
        Say no, with the version of the game if it is one that was joined.

        :param game_id: the game it is about, if the message does not name it
        :return: the code of the answer
        """
        game_id = game_id or message.game_id
        membership = self.games.get(game_id or "")
        detail = dict(no.detail)
        again: Any = detail.pop("retry_after_ms", None)
        self.send(
            m.ErrorData(
                code=no.code,
                message=no.message,
                field=field_of(no),
                retry_after_ms=again,
                detail=detail,
            ),
            game_id=game_id,
            id_=message.id,
            version=membership.room.version if membership is not None else None,
        )
        return no.code

    def _say(
        self, type_: str, data: Any, game_id: str | None, id_: str | None, version: Version | None
    ) -> None:
        self.line.send(
            encode(
                m.Outbound(
                    type=type_,
                    data=data,
                    timestamp=self.hub.wall(),
                    game_id=game_id,
                    id=id_,
                    version=version,
                )
            )
        )

    # -- it ends

    def goodbye(self, code: CloseCode, why: str, retry_after_ms: Millis = 0) -> None:
        """Say why, and close."""
        if self.leaving:
            return
        self.leaving = True
        self.send(
            m.Goodbye(why=why, come_back=code.come_back != "no", retry_after_ms=retry_after_ms)
        )
        self.line.close(code, why)

    def outlived(self) -> None:
        """Its device's token has come to its end."""
        self.goodbye(CloseCode.EXPIRED, OVER_SAID)

    def broken(self, request: str) -> None:
        """Our own bug, which the log has under *request*, ends this connection."""
        self.goodbye(CloseCode.INTERNAL, f"a fault of the server's own ({request})")

    def closed(self, code: int | None, reason: str) -> None:
        if self.closed_:
            return
        self.closed_ = True
        self.hub.watch.closed(self, code, reason)
        self.hub.sessions.discard(self)
        self.hub.leave(self)
        self.guest.leave()
        del self.guest  # each holds the other: the collector would have to find them
        self.stop_waiting()
        self.inbox.waiting.clear()
        for membership in tuple(self.games.values()):
            membership.leave()
