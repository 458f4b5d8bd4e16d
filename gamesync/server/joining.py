"""The one command that says who is there: ``connect``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from .. import access
from ..asking import Asked
from ..domain import commands as c
from ..domain.events import Placed
from ..domain.seats import place_of, role_at
from ..domain.values import Refused
from ..game_room import GameRoom
from ..room import Room
from ..store import VENUE
from ..venue_room import VenueRoom
from ..wire import messages as m
from ..wire.errors import CloseCode, ErrorCode
from .tokens import OVER_SAID

if TYPE_CHECKING:
    from .session import Session


class Joining:
    """
    One ``connect``, from who the device is to all that it missed.

    What opens a place (a code, a link's secret, an official's key) is traded for a right of the
    device, once; from then on the token is enough.
    """

    def __init__(self, session: Session, message: m.Connect) -> None:
        self.session = session
        self.hub = session.hub
        self.registry = session.hub.registry
        self.message = message
        self.data = message.data
        self.taken = False
        """A place was taken just now: what was seen before was seen with other eyes."""

    async def run(self) -> None:
        """
        :raises Refused: nothing is joined, and nothing has changed
        :raises gamesync.store.Unavailable: the store is not to be had
        """
        session, data = self.session, self.data
        if data.token is not None and data.token != session.token:
            await self._show(data.token)
        session.name = session.name if data.name is None else data.name
        session.heartbeat_ms = data.heartbeat_ms or session.heartbeat_ms
        session.beat_ms = data.beat_ms or session.beat_ms
        room = None if session.closed_ else await self._room()
        if session.closed_:
            return
        if room is None:
            self._say(None, None)
            return
        membership = session.enter(room)
        self._too_many(room)
        missed = None
        boot, resume = self.registry.boot, data.resume
        known = resume is not None and boot is not None and resume.epoch == boot.epoch
        known = known and not self.taken
        if known and resume is not None and room.same_eyes_since(resume.version, session.device):
            missed = room.missed(resume.version, membership.audience)
        self._say(room, missed)
        for frame in missed or ():
            session.line.send(frame)

    async def _show(self, token: str) -> None:
        """
        :raises Refused: (``token_expired``) it is too old, and nothing else is shown
        """
        if await self.hub.tokens.show(access.device_id(token)):
            if not self.session.closed_:
                self._become(token)
        elif self.data.code is None and self.data.key is None:
            raise Refused(ErrorCode.TOKEN_EXPIRED, OVER_SAID, "token")

    def _become(self, token: str) -> None:
        """The device that it was before; it leaves what it had joined as another."""
        session = self.session
        for membership in tuple(session.games.values()):
            membership.leave()
        self.hub.leave(session)
        session.token = token
        session.device = access.device_id(token)
        self.hub.enter(session)
        session.guest.look_again()
        same = [s for s in self.hub.by_device[session.device] if not s.leaving]
        if len(same) > self.hub.limits.token_connections:
            oldest = min((s for s in same if s is not session), key=lambda s: s.opened_ms)
            oldest.goodbye(CloseCode.REPLACED, "this device opened too many connections")

    # -- which room, and by what right

    async def _room(self) -> Room[Any] | None:
        if self.data.code is not None:
            return await self._by_code(self.data.code)
        if self.message.game_id == VENUE:
            if self.data.key is not None:
                await self._as_official(self.data.key)
            return self.registry.venue
        if self.message.game_id is None:
            if self.data.key is not None:
                await self._as_official(self.data.key)
                return self.registry.venue
            return None
        room = await self.registry.room(self.message.game_id)
        if self.data.key is not None:
            return await self._by_key(room, self.data.key)
        here = room is not None and room.stream is not None
        if room is None or not here or not (room.listed or room.who(self.session.device).rights):
            raise Refused(ErrorCode.NOT_FOUND, "game_id: there is no such game", "game_id")
        return room

    def _may_guess(self, *, typed: bool = False) -> None:
        wait = self.hub.guesses.wait(self.session.line.peer, self.hub.seconds(), typed=typed)
        if wait > 0:
            raise Refused(
                ErrorCode.RATE_LIMITED,
                "too many wrong codes; wait",
                retry_after_ms=int(wait * 1000),
            )

    def _guessed_wrong(self, *, typed: bool = False) -> Refused:
        """The same words for wrong, used up and expired."""
        self.hub.guesses.wrong(self.session.line.peer, self.hub.seconds(), typed=typed)
        return Refused(ErrorCode.BAD_CREDENTIALS, "this opens nothing (any more)")

    async def _by_code(self, code: str) -> Room[Any]:
        """A game's code leads into the game, a table's makes the device the table's own."""
        self._may_guess(typed=True)
        secrets, venue = self.registry.around.secrets, self.registry.venue
        digest = secrets.digest(access.typed(code))
        found = await self.registry.store.find(digest)
        # Whether a game has it or not: how long it takes must not tell.
        table = venue.opened_by_code(digest, self.session.device)
        room = await self.registry.room(found[0]) if found is not None else None
        if room is not None and room.stream is not None:
            place = access.opened_by_code(secrets, room.id, room.game, digest)
            if place is not None:
                await self._take(room, place)
                return room
        if table is None:
            raise self._guessed_wrong(typed=True)
        await self._submit(venue, table)
        return venue

    async def _by_key(self, room: GameRoom | None, key: str) -> GameRoom:
        """Whether there is such a game is not told to those whose key opens nothing in it."""
        self._may_guess()
        if room is None or room.stream is None:
            raise self._guessed_wrong()
        place = room.opened_by(key)
        if place is None:
            await self._as_official(key)
            here = await self.registry.room(room.id)
            assert here is not None, "games do not vanish"
            return here
        if place != "observer":
            await self._take(room, place)
        return room

    async def _take(self, room: GameRoom, place: Placed) -> None:
        """The device gets the right; if it had it, nothing changes. Who has run out makes room."""
        if self.registry.venue.revoked(self.session.device):
            raise Refused(ErrorCode.NOT_YOURS, "this device has been revoked")
        there = [d.id for d in room.game.devices if place_of(d.role, d.player) == place]
        ended = await self.hub.tokens.ended(there)
        if ended:
            self.hub.retire()  # such as are here yet hear why from their tokens, not from the game
        session = self.session
        await self._submit(
            room, c.Join(device=session.device, name=session.name, ended=ended, **role_at(place))
        )

    async def _as_official(self, key: str) -> None:
        self._may_guess()
        command = self.registry.venue.opened_by(key, self.session.device)
        if command is None:
            raise self._guessed_wrong()
        await self._submit(self.registry.venue, command)

    async def _submit(self, room: Room[Any], command: object) -> None:
        asked = Asked(
            command=command,
            device=self.session.device,
            now=self.hub.now(),
            type="device",
            by=room.joining(self.session.device, command),
        )
        before = room.version
        outcome = await self.registry.submit(room, asked)
        if outcome.code != "ack":
            raise refused(outcome.code, outcome.body)
        self.taken = self.taken or outcome.version > before

    def _too_many(self, room: Room[Any]) -> None:
        limits, watchers = self.hub.limits, room.watchers
        if not isinstance(room, GameRoom):
            return
        membership = self.session.games[room.id]
        alike = sum(w.audience == membership.audience for w in watchers)
        most = (
            limits.match_connections if membership.audience == "match" else limits.match_observers
        )
        if alike > most:
            membership.leave()
            raise Refused(ErrorCode.TOO_MANY, f"at most {most} connections of this kind a game")

    # -- what it is told

    def _say(self, room: Room[Any] | None, missed: list[bytes] | None) -> None:
        session, boot = self.session, self.registry.boot
        rights: tuple[str, ...] = ()
        role, player, state, version = "observer", 0, None, None
        places: tuple[m.HeldPlace, ...] = ()
        official, _ = self.registry.venue.official(session.device)
        if isinstance(room, GameRoom):
            who = room.who(session.device)
            rights, role = who.rights, who.role
            player = who.seats[0] if who.seats else 0
        elif official is not None:
            rights, role = (official,), official
        if isinstance(room, VenueRoom):
            places = tuple(
                m.HeldPlace(place=place, id=id_, event=event)
                for place, id_, event in room.places(session.device)
            )
        if rights or any(held.place != "display" for held in places):
            self.hub.tokens.hold(session.device)
        if room is not None:
            version = room.version
            if missed is None:
                state = session.games[room.id].look()
            self.hub.watch.joined(session, room.id, role, player)
        session.send(
            m.JoinedData(
                client_id=session.client_id,
                token=session.token,
                now=self.hub.now(),
                epoch=boot.epoch if boot else "",
                device=session.device,
                role=role,  # type: ignore[arg-type]
                player=player,  # type: ignore[arg-type]
                rights=rights,
                recovered=None if self.data.resume is None else missed is not None,
                state=state,
                places=places,
            ),
            game_id=room.id if room is not None else None,
            id_=self.message.id,
            version=version,
        )


def refused(code: str, body: bytes) -> Refused:
    """The refusal that an outcome's body tells of."""
    said = msgspec.json.decode(body, type=m.ErrorData)
    field = said.field.removeprefix("data.") if said.field is not None else None
    return Refused(code, said.message, field, **said.detail)
