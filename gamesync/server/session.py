"""
One connection, without its socket: greeting, limits, who it is, and the way of its messages.

Messages are taken one at a time, in order, each answered before the next; only heartbeats are
answered at once. What the connection may do is looked up in the logs for every command.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs
import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall
from twisted.logger import Logger
from twisted.python.failure import Failure

from .. import access
from ..asking import Asked, Outcome, digest_of, new_request
from ..deciding import field_of
from ..domain.events import GameFact, SetupSkipped, TurnSet
from ..domain.values import Millis, Player, Refused, Version
from ..domain.view import Audience
from ..game_room import GameRoom
from ..room import Room
from ..store import VENUE, Unavailable
from ..venue_room import VenueRoom
from ..wire import messages as m
from ..wire.codec import Malformed, body_of, decode, encode
from ..wire.errors import CloseCode, ErrorCode
from .guest import Guest
from .hub import Hub
from .joining import Joining
from .line import Line
from .membership import Membership
from .past import page
from .rate import Rate
from .tokens import OVER_SAID

STORAGE_SAID = "the store is not to be had just now; nothing has changed, try again"


class Session:
    """
    :ivar client_id: names this connection in the greeting and in logs
    :ivar device: public name of the device, from its token
    :ivar games: the games (and ``venue``) it has joined, by id
    :ivar guest: as which it sees the list of games
    """

    _log = Logger()

    def __init__(self, hub: Hub, line: Line) -> None:
        self.hub = hub
        self.line = line
        self.client_id = access.new_token(hub.random)[:16]
        self.token = access.new_token(hub.random)
        self.device = access.device_id(self.token)
        self.name = ""
        self.games: dict[str, Membership] = {}
        self.heard_ms: Millis = hub.now()
        self.opened_ms: Millis = hub.now()
        self.heartbeat_ms: Millis | None = None
        self.beat_ms: Millis = hub.beat_ms
        self.rtt_ms: Millis = 0
        self.role = "none"
        """What it was when it last joined something; for the figures."""
        self._result = "ok"
        self.closed_ = False
        self._leaving = False
        self._previous_ms: Millis = hub.now()
        self._current: str | None = None
        self._queue: deque[_Received] = deque()
        self._working = False
        self.guest = Guest(self)
        self._silent: IDelayedCall | None = None
        self._greeted = False
        self._rate = Rate(hub.limits)

    @property
    def leaving(self) -> bool:
        """It has been told goodbye."""
        return self._leaving

    # -- what the connection calls (server.line.Handler)

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

    def received(self, payload: bytes, is_binary: bool) -> None:
        self.hub.registry.look_back()
        self.heard_ms = self.hub.now()
        previous_ms, self._previous_ms = self._previous_ms, self.heard_ms
        if is_binary:
            self.line.close(CloseCode.BINARY, "this protocol is text")
            return
        try:
            message = decode(payload)
        except Malformed as e:
            if self._within_rate(e.id):
                self.error(e.code, e.message, e.id, field=e.field)
            self.hub.watch.message(self, "malformed", e.code, size=len(payload))
            return
        self._spoken()
        if isinstance(message, m.Heartbeat):
            self._heartbeat(message)
            self.hub.watch.message(self, "heartbeat", "ok", size=len(payload))
            return
        if not self._within_rate(message.id):
            code = ErrorCode.RATE_LIMITED.value
            self.hub.watch.message(self, type_of(message), code, size=len(payload))
            return
        self._queue.append(_Received(message, self.heard_ms, previous_ms, len(payload)))
        if len(self._queue) > self.hub.limits.commands_queued:  # and the first is being done
            self.line.pause_reading()
        if not self._working:
            self._working = True
            Deferred.fromCoroutine(self._work()).addErrback(self._broke)

    def heard(self) -> None:
        """A pong came: the peer is there, though it has nothing to say."""
        self.heard_ms = self.hub.now()

    def jammed(self) -> None:
        """Nothing to do: each membership looks at the line as it is told something."""

    def drained(self) -> None:
        for membership in tuple(self.games.values()):
            membership.caught_up()
        self.guest.caught_up()

    def closed(self, code: int | None, reason: str) -> None:
        if self.closed_:
            return
        self.closed_ = True
        self.hub.watch.closed(self, code, reason)
        self.hub.sessions.discard(self)
        self.hub.leave(self)
        self.guest.leave()
        del self.guest  # each holds the other: the collector would have to find them
        self._cancel_deadline()
        self._queue.clear()
        for membership in tuple(self.games.values()):
            membership.leave()

    # -- saying

    def send(
        self,
        data: m.Sent,
        *,
        game_id: str | None = None,
        id_: str | None = None,
        version: Version | None = None,
        type_: str | None = None,
    ) -> None:
        self.line.send(
            encode(
                m.Outbound(
                    type=type_ or data.TYPE,
                    data=data,
                    timestamp=self.hub.wall(),
                    game_id=game_id,
                    id=id_,
                    version=version,
                )
            )
        )

    def error(
        self,
        code: str,
        message: str,
        id_: str | None = None,
        *,
        field: str | None = None,
        game_id: str | None = None,
        version: Version | None = None,
        retry_after_ms: Millis | None = None,
        detail: dict[str, object] | None = None,
    ) -> None:
        data = m.ErrorData(
            code=code,
            message=message,
            field=field,
            retry_after_ms=retry_after_ms,
            detail=detail or {},
        )
        self.send(data, id_=id_, game_id=game_id, version=version)

    def answer(self, outcome: Outcome, game_id: str, id_: str | None) -> None:
        """The first answer to a command, or the same again: its ``data`` is as it was kept."""
        self._result = outcome.code
        self.line.send(
            encode(
                m.Outbound(
                    type="ack" if outcome.code == "ack" else "error",
                    data=msgspec.Raw(outcome.body),
                    timestamp=self.hub.wall(),
                    game_id=game_id,
                    id=id_,
                    version=outcome.version,
                )
            )
        )

    def goodbye(self, code: CloseCode, why: str, retry_after_ms: Millis = 0) -> None:
        """Say why, and close."""
        if self._leaving:
            return
        self._leaving = True
        self.send(
            m.Goodbye(why=why, come_back=code.come_back != "no", retry_after_ms=retry_after_ms)
        )
        self.line.close(code, why)

    def outlived(self) -> None:
        """Its device's token has come to its end."""
        self.goodbye(CloseCode.EXPIRED, OVER_SAID)

    # -- limits

    def _spoken(self) -> None:
        if not self._greeted:
            self._greeted = True
            self._cancel_deadline()

    def _cancel_deadline(self) -> None:
        if self._silent is not None and self._silent.active():
            self._silent.cancel()
        self._silent = None

    def _too_silent(self) -> None:
        self._silent = None
        self.goodbye(CloseCode.SILENT, "say something within 5 s of the opening")

    def _within_rate(self, id_: str | None) -> bool:
        """Whether the connection keeps its rate; if not it is told, and at last cut off."""
        now, seated = self.hub.seconds(), self._has_rights()
        match self._rate.judge(now, seated=seated):
            case "passes":
                return True
            case "too fast":
                wait_ms = self._rate.wait_ms(now, seated=seated)
                self.error(ErrorCode.RATE_LIMITED, "slower, please", id_, retry_after_ms=wait_ms)
            case "cut off":
                self._log.info("{client} is cut off: too many messages", client=self.client_id)
                self.line.close(CloseCode.ABUSE, "too many messages")
        return False

    def _has_rights(self) -> bool:
        return any(membership.audience == "match" for membership in self.games.values())

    # -- the way of a message

    async def _work(self) -> None:
        try:
            while self._queue and not self.closed_:
                await self._handle(self._queue[0])
                if not self._queue:  # it was closed meanwhile
                    break
                self._queue.popleft()
                half = self.hub.limits.commands_queued // 2
                if len(self._queue) == half and not self.hub.stopping:
                    self.line.resume_reading()
        finally:
            self._working = False

    def _broke(self, failure: Failure) -> None:
        request = new_request()
        self._log.failure(
            "a message broke {client}", failure=failure, client=self.client_id, request=request
        )
        self._queue.clear()
        self.broken(request)

    def broken(self, request: str) -> None:
        """Our own bug, which the log has under *request*, ends this connection."""
        self.goodbye(CloseCode.INTERNAL, f"a fault of the server's own ({request})")

    async def _handle(self, received: _Received) -> None:
        self._result = "ok"
        try:
            await self._handled(received)
        except Exception:
            self._result = ErrorCode.INTERNAL.value
            raise
        finally:
            self.hub.watch.message(
                self,
                type_of(received.message),
                self._result,
                size=received.size,
                game=received.message.game_id,
                ms=self.hub.now() - received.now,
            )

    async def _handled(self, received: _Received) -> None:
        message = received.message
        if self.hub.tokens.over(self.device):
            self._refuse(message, Refused(ErrorCode.TOKEN_EXPIRED, OVER_SAID))
            self.outlived()
            return
        try:
            await self._dispatch(message, received)
        except Refused as no:
            self._refuse(message, no)
        except Unavailable:
            self._refuse(message, Refused(ErrorCode.STORAGE, STORAGE_SAID))

    def _refuse(self, message: m.Message, no: Refused, game_id: str | None = None) -> None:
        """Say no, with the version of the game if it is one that was joined."""
        self._result = no.code
        game_id = game_id or message.game_id
        membership = self.games.get(game_id or "")
        detail = dict(no.detail)
        again: Any = detail.pop("retry_after_ms", None)
        self.error(
            no.code,
            no.message,
            message.id,
            field=field_of(no),
            game_id=game_id,
            version=membership.room.version if membership is not None else None,
            retry_after_ms=again,
            detail=detail,
        )

    async def _dispatch(self, message: m.Message, received: _Received) -> None:
        match message:
            case m.Connect():
                await Joining(self, message).run()
            case m.Disconnect():
                self.line.close(CloseCode.NORMAL, "goodbye")
            case m.Leave():
                self._leave(message)
            case m.GameList():
                await self.guest.asked(message)
            case m.GameCreate():
                await self._create(message, message.data, received.now, ())
            case m.History():
                await self._history(message)
            case m.GameState() if message.data.empty:
                await self._state(message)
            case m.GameState() if self._room_id(message) is None:
                await self._create_from_state(message, received.now)
            case _:
                await self._command(message, received)

    def _room_id(self, message: m.Inbound) -> str | None:
        """The game that a message is for: the one it names, else the one joined last."""
        return message.game_id or self._current

    def _heartbeat(self, message: m.Heartbeat) -> None:
        if message.data.rtt_ms is not None:
            self.rtt_ms = min(int(message.data.rtt_ms), RTT_MAX_MS)
        self.send(
            m.Pong(now=self.hub.now(), t0=message.data.t0, live=self.hub.live), id_=message.id
        )

    async def _command(self, message: m.Message, received: _Received) -> None:
        """A command to a game or to the venue: room, rights and rules have their say."""
        game_id = self._room_id(message)
        if isinstance(message, m.ForVenue) or (
            isinstance(message, m.SettingsUpdate) and message.game_id == VENUE
        ):
            game_id = VENUE
        if game_id is None or game_id not in self.games:
            raise Refused(ErrorCode.NOT_JOINED, "first connect to that game", "game_id")
        room, now = self.games[game_id].room, self.hub.seconds()
        # Who only watches is refused anyway, and must not use up what the players have.
        counts = isinstance(room, VenueRoom) or self.games[game_id].audience == "match"
        bucket = self.hub.match_bucket(game_id)
        if counts and not bucket.take(now):
            no = Refused(
                ErrorCode.RATE_LIMITED,
                "this match has too many commands",
                retry_after_ms=int(bucket.wait(now) * 1000) + 1,
            )
            self._refuse(message, no, game_id)
            return
        if self.hub.registry.waiting >= self.hub.limits.writes_queued:
            no = Refused(ErrorCode.OVERLOADED, "too much is waiting", retry_after_ms=500)
            self._refuse(message, no, game_id)
            return
        asked = self._asked(message, game_id, received.now)
        asked.command = self._clamped(asked.command, received)
        outcome = await self.hub.registry.submit(room, asked)
        if isinstance(asked.command, room.secretive):
            outcome = self._told(outcome, room, asked.command)
        if isinstance(room, VenueRoom):
            await self.hub.registry.venue_followed(asked, outcome)
        self.answer(outcome, game_id, message.id)

    def _asked(self, message: m.Message, game_id: str, now: Millis) -> Asked:
        return Asked(
            command=getattr(message, "data", None),
            device=self.device,
            now=now,
            type=type_of(message),
            id=message.id or "",
            digest=digest_of(body_of(message)),
            lag_ms=min(self.rtt_ms // 2, 1_000),
            backdate_max_ms=self._backdate_max(game_id),
        )

    def _backdate_max(self, game_id: str) -> Millis | None:
        """The table's own device goes on as the clock while it is cut off, for ten minutes."""
        membership = self.games.get(game_id)
        if membership is None or not isinstance(membership.room, GameRoom):
            return None
        return TABLE_BACKDATE_MS if membership.room.who(self.device).host else None

    def _clamped(self, command: object, received: _Received) -> object:
        """
        A press may be dated back only to the sender's previous message, less the round trip.

        What was pressed before this connection was opened was queued while it was cut off; how far
        back that may go is the clock's to say.
        """
        pressed = getattr(command, "pressed_at", None)
        if pressed is None or pressed < self.opened_ms:
            return command
        earliest = received.previous_ms - self.rtt_ms
        if pressed >= earliest:
            return command
        return msgspec.structs.replace(command, pressed_at=max(0, earliest))  # type: ignore[type-var]

    def _told(self, outcome: Outcome, room: Room[Any], command: object) -> Outcome:
        """The outcome with what its sender is told that is kept nowhere: links, codes, keys."""
        if outcome.code != "ack":
            return outcome
        ack = msgspec.json.decode(outcome.body, type=m.Ack)
        besides = room.besides(command, ack.detail, self.device)
        if not besides:
            return outcome
        body = msgspec.json.encode(m.Ack(already=ack.already, detail={**ack.detail, **besides}))
        return Outcome(code=outcome.code, version=outcome.version, body=body)

    # -- states

    async def _state(self, message: m.GameState) -> None:
        game_id = self._room_id(message)
        if game_id is None:
            raise Refused(ErrorCode.NOT_JOINED, "game_id: say which game", "game_id")
        membership = self.games.get(game_id)
        if membership is not None:
            membership.send_state(id_=message.id)
            return
        room = await self._listed(game_id)
        self.send(
            m.StateData(now=self.hub.now(), state=room.public, recovered=False),
            game_id=game_id,
            id_=message.id,
            version=room.version,
        )

    async def _listed(self, game_id: str) -> GameRoom:
        """:raises Refused: (``not_found``) it is not there, or not for everybody"""
        room = await self.hub.registry.room(game_id)
        if room is None or not room.listed:
            raise Refused(ErrorCode.NOT_FOUND, "game_id: no listed game has it", "game_id")
        return room

    async def _history(self, message: m.History) -> None:
        """The log, for whoever may see the state that it adds up to."""
        game_id = self._room_id(message)
        if game_id is None:
            raise Refused(ErrorCode.NOT_JOINED, "game_id: say which game", "game_id")
        membership = self.games.get(game_id)
        room: Room[Any]
        audience: Audience
        if membership is not None:
            room, audience = membership.room, membership.audience
        else:
            room, audience = await self._listed(game_id), "public"
        told = page(room, audience, message.data, self.hub.limits.outbound_message_bytes)
        self.send(told, game_id=game_id, id_=message.id)

    # -- making games

    async def _create(
        self,
        message: m.GameCreate | m.GameState,
        data: m.GameCreateData,
        now: Millis,
        extra: tuple[GameFact, ...],
    ) -> None:
        asked = self._asked(message, "", now)
        room, outcome = await self.hub.registry.create(data, asked, self.line.peer, extra)
        if self.closed_:
            return
        if outcome.code != "ack":
            self.answer(outcome, room.id, message.id)
            return
        membership = self.enter(room)
        if membership.seated:
            self.hub.tokens.hold(self.device)
        who = room.who(self.device)
        self.hub.watch.joined(self, room.id, who.role, 0)
        if isinstance(message, m.GameState):
            membership.send_state(id_=message.id)
        ways = {"places": room.ways()} if who.host else {}
        body = msgspec.json.encode(m.Ack(detail={"token": self.token, **ways}))
        self.answer(Outcome(code="ack", version=outcome.version, body=body), room.id, message.id)

    async def _create_from_state(self, message: m.GameState, now: Millis) -> None:
        """The seed's way to a game: its host just sends the state."""
        data = message.data
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
        wanted = m.GameCreateData(player1_name=data.player1_name, player2_name=data.player2_name)
        await self._create(message, wanted, now, extra)

    def enter(self, room: Room[Any]) -> Membership:
        """Join *room*, if that is not done; it is the game that messages mean from now on."""
        membership = self.games.get(room.id)
        if membership is None:
            membership = self.games[room.id] = Membership(self, room)
            room.watch(membership)
        if room.id != VENUE:
            self._current = room.id
        return membership

    def _leave(self, message: m.Leave) -> None:
        """The connection watches a game no more; the device keeps what it holds there."""
        game_id = self._room_id(message)
        membership = self.games.get(game_id or "")
        if membership is not None:
            membership.leave()
        self.send(m.Ack(already=membership is None), game_id=game_id, id_=message.id)

    def left(self, room: Room[Any]) -> None:
        self.games.pop(room.id, None)
        if self._current == room.id:
            self._current = next(iter(g for g in self.games if g != VENUE), None)


@attrs.frozen
class _Received:
    """A message, and when it and the one before it arrived."""

    message: m.Message
    now: Millis
    previous_ms: Millis
    size: int


def type_of(message: m.Message) -> str:
    """The ``type`` with which *message* came."""
    return str(type(message).__struct_config__.tag)


TABLE_BACKDATE_MS: Millis = 600_000
RTT_MAX_MS: Millis = 5_000
"""No round trip longer than this is believed."""
