"""Every room by its id: opened when somebody comes, kept while needed, listed in the lobby."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from .asking import Around, Asked, Outcome
from .commits import GroupCommit
from .domain import commands as c
from .domain.events import SERVER, GameFact
from .domain.ruleset import Ruleset
from .domain.setting_up import NEXT_GAME
from .domain.state import Game
from .domain.values import Millis, Refused
from .domain.venue import commands as v
from .domain.venue.orders import at_each_table, last_order, reached
from .domain.view import Audience
from .game_room import GameRoom
from .hosting import Hosting, Maker
from .lobby import Lobby
from .room import Room
from .store import VENUE, Boot, Listed, Store, Unavailable
from .venue_room import VenueRoom
from .wire.errors import ErrorCode
from .wire.messages import GameCreateData, ListedGame

PAGE = 100
"""Games that one look at the list brings."""
IDLE_MS: Millis = 60_000
"""A room that nobody watches and whose clock stands is put away after this."""
ALARM_MAX_MS: Millis = 3_600_000
RING_AGAIN_MS: Millis = 1_000
FORGET_EVERY_MS: Millis = 3_600_000
"""How often answers whose time is over are dropped from the store."""
UNFINISHED = ("waiting", "setup", "ready", "playing")


class Registry:
    """
    :ivar boot: what the store knew of the past when it was opened
    :ivar venue: the room of the venue's own stream
    """

    _log = Logger()

    def __init__(
        self,
        store: Store,
        around: Around,
        reactor: IReactorTime,
        rulesets: Mapping[str, Ruleset],
        hosting: Hosting,
        random_id: Callable[[], str],
        restart_grace_ms: Millis = 15_000,
    ) -> None:
        self.store = store
        self.around = around
        self.restart_grace_ms = restart_grace_ms
        self.rooms: dict[str, GameRoom] = {}
        self.venue = VenueRoom(VENUE, around)
        self.venue.started = self._begun
        self.commits = GroupCommit(store, self._committed, self._stood, restart_grace_ms)
        self.boot: Boot | None = None
        self.lobby = Lobby(self.venue, reactor)
        self.maker = Maker(hosting, rulesets, self.venue)
        self._reactor = reactor
        self._random_id = random_id
        self.told: Callable[[int], None] = lambda watchers: None
        """Called with the number of those who are told of a change."""
        self.slept: Callable[[], Millis] = lambda: 0
        """How long the box was suspended since last asked; game time stood still then."""
        self._looked_ms: Millis | None = None
        self._closed = False
        self._alarms: dict[str, IDelayedCall] = {}
        self._playing: set[str] = set()
        """Games that have begun and are not over."""
        self._forget_ms: Millis = 0

    # -- from start to stop

    async def open(self) -> Boot:
        """
        Open the store, and bring every game that was running to the present.

        :raises Unavailable: the store is not to be had
        """
        boot = self.boot = await self.store.open()
        self.commits.durable_ms = self.store.now()
        saved = await self.store.read(VENUE)
        if saved is not None:
            self.venue.load(saved)
            self.lobby.venue_moved()
        # In one commit: a server that dies half-way through finds the same gap again.
        self.commits.hold()
        downs = [self._down(self.venue, boot.last_alive, boot.gap_ms, boot.rebooted)]
        async for line in self._unfinished():
            if line.match.status == "playing":
                self._playing.add(line.game_id)
            room = await self.room(line.game_id)
            self.maker.found(line.game_id, _maker_of(room))
            if room is not None:
                self.lobby.found(room)
            if room is not None and _clock_is_on(room):
                downs.append(self._down(room, boot.last_alive, boot.gap_ms, boot.rebooted))
        self._arm(self.venue)
        self.commits.release()
        for down in downs:
            if (await down).code == ErrorCode.STORAGE:
                raise Unavailable(self.commits.trouble)
        if boot.uncounted_ms:
            await self.store.age_tokens(boot.uncounted_ms)
        await self._catch_up(boot)
        return boot

    async def _catch_up(self, boot: Boot) -> None:
        """Tell the tables what the round clock ordered when the server died over it."""
        stream = self.venue.stream
        assert stream is not None, "there is always a venue"
        long = boot.rebooted or boot.gap_ms is None or boot.gap_ms > self.restart_grace_ms
        order = last_order(stream.past(), long=long)
        for game_id in order.games if order is not None else ():
            room = self.rooms.get(game_id)
            if order is None or room is None or room.stream is None:
                continue
            if not reached(room.stream.entries, order):
                await self.serve(room, order.command)

    async def _unfinished(self) -> AsyncIterator[Listed]:
        after = ""
        while page := await self.store.list_games(UNFINISHED, after, PAGE):
            for line in page:
                yield line
            after = page[-1].game_id

    def _down(
        self, room: Room[Any], last_alive: Millis, gap_ms: Millis | None, rebooted: bool = False
    ) -> Deferred[Outcome]:
        """The time since *last_alive* is nobody's: put before all that has come after it."""
        long = rebooted or gap_ms is None or gap_ms > self.restart_grace_ms
        asked = self._own(c.ServerDown(last_alive=last_alive, gap_ms=gap_ms, long=long))
        room.heard(self.store.now())
        room.interpose(asked, last_alive)
        self.commits.due(room)
        return asked.done

    # -- time in which nothing could be done

    def look_back(self) -> None:
        """
        Whether the process stood still, or the box slept, for longer than the grace.

        Asked at every beat, and before anything is asked of a room: what comes first after such a
        time must not be charged for it.
        """
        if self._looked_ms is None:
            return
        now, asleep = self.store.now(), self.slept()
        stood, self._looked_ms = now - self._looked_ms + asleep, now
        if stood > self.restart_grace_ms:
            self.stalled(self.commits.durable_ms, asleep)

    def watch_time(self, watched: bool = True) -> None:
        """From now on (or no more) somebody looks back at every beat."""
        self._looked_ms = self.store.now() if watched else None

    def stalled(self, since: Millis, asleep: Millis = 0) -> None:
        """
        Nothing could be made durable since an instant: as if the server was down.

        :param asleep: how long the box slept besides, while game time stood still
        """
        self.commits.owe(since, asleep)

    def _stood(self, since: Millis, asleep: Millis) -> None:
        gap = self.store.now() - since + asleep
        for room in self.rooms.values():
            if _clock_is_on(room):
                self._down(room, since, gap)
        self._down(self.venue, since, gap)

    def link_lost(self, room: GameRoom, heard_at: Millis) -> None:
        """Nobody who may press has been heard since: the clock stops as of then."""
        self.serve(room, c.LoseLink(heard_at=heard_at))

    # -- rooms

    async def room(self, game_id: str) -> GameRoom | None:
        """
        The room of a game; None if there is no such game.

        :raises Unavailable: the store is not to be had
        """
        if game_id not in self.rooms:
            saved = await self.store.read(game_id) if game_id != VENUE else None
            if saved is not None and game_id not in self.rooms:  # nobody else has opened it
                room = GameRoom(game_id, self.around, self.venue.held)
                room.load(saved)
                room.heard(self.store.now())
                self.rooms[game_id] = room
                self._arm(room)
        found = self.rooms.get(game_id)
        if found is not None:
            found.touched_ms = self.store.now()  # not to be put away while somebody is coming
        return found

    @property
    def waiting(self) -> int:
        """Commands that are not yet decided, in all rooms."""
        return sum(room.waiting for room in self.commits.rooms)

    def submit(self, room: Room[Any], asked: Asked) -> Deferred[Outcome]:
        """What the command comes to, once that is durable."""
        self.look_back()
        room.ask(asked)
        self.commits.due(room)
        return asked.done

    def serve(self, room: Room[Any], command: object) -> Deferred[Outcome]:
        """A command of the server's own."""
        return self.submit(room, self._own(command))

    def _own(self, command: object) -> Asked:
        return Asked(
            command=command,
            device="",
            now=self.store.now(),
            type=_TYPES[type(command)],
            by=SERVER,
        )

    def _committed(self, room: Room[Any]) -> None:
        """What follows from any change: the next alarm, and the lobby's news."""
        if room.stream is None:
            return
        self.told(len(room.watchers))
        self._arm(room)
        if isinstance(room, GameRoom):
            self._note(room)
        else:
            self._venue_changed()

    def _venue_changed(self) -> None:
        """Who holds what may be another; so may be what is shown."""
        everywhere: list[Room[Any]] = [*self.rooms.values(), self.venue]
        for room in everywhere:
            room.venue_changed()
        for game_id in self.lobby.venue_moved():
            if game_id in self.rooms or self.lobby.guests:
                done = Deferred.fromCoroutine(self._lines_changed(game_id))
                done.addErrback(lambda f: self._log.failure("a game's line is old", failure=f))
        self.lobby.eyes_changed()

    async def _lines_changed(self, game_id: str) -> None:
        room = await self.room(game_id)
        if room is not None and room.stream is not None:
            self.lobby.note(room)

    # -- deadlines

    def _arm(self, room: Room[Any], least: Millis = 0) -> None:
        """One alarm a room, looked at again when it rings: it may ring early, never too late."""
        self._disarm(room.id)
        due = room.deadline
        if due is not None and not self._closed:
            wait = min(max(due - self.store.now(), least), ALARM_MAX_MS)
            self._alarms[room.id] = self._reactor.callLater(wait / 1000, self._ring, room)

    def _disarm(self, room_id: str) -> None:
        alarm = self._alarms.pop(room_id, None)
        if alarm is not None and alarm.active():
            alarm.cancel()

    def _ring(self, room: Room[Any]) -> None:
        self._alarms.pop(room.id, None)
        due = room.deadline
        if due is None or self.rooms.get(room.id, self.venue) is not room:
            return
        if due > self.store.now():
            self._arm(room)
            return
        began = self.commits.began_ms
        if self.commits.trouble or (began is not None and self.store.now() - began > RING_AGAIN_MS):
            # Nothing falls while nothing can be recorded: that time may turn out nobody's.
            self._arm(room, least=RING_AGAIN_MS)
            return
        for command in room.due(self.store.now()):
            asked = self._own(command)
            self.submit(room, asked).addCallback(self._rung, room, asked)

    async def _rang(self, room: Room[Any], asked: Asked, outcome: Outcome) -> None:
        if room is self.venue:
            await self.venue_followed(asked, outcome)
        # It may have come to nothing (the disk refused, the clock moved): look again in a while.
        if room.id not in self._alarms:
            self._arm(room, least=RING_AGAIN_MS)

    def _rung(self, outcome: Outcome, room: Room[Any], asked: Asked) -> None:
        done = Deferred.fromCoroutine(self._rang(room, asked, outcome))
        done.addErrback(lambda f: self._log.failure("a deadline broke", failure=f))

    async def sweep(self) -> None:
        """Once in a while: rooms with a deadline that are not open, and rooms nobody needs."""
        for game_id in await self.store.due(PAGE):
            await self.room(game_id)
        now = self.store.now()
        for room in list(self.rooms.values()):
            room.forget_answers(now)
            quiet = room.stream is None or not room.game.clock.running
            if room.idle and quiet and now - room.touched_ms > IDLE_MS:
                self._put_away(room)
        self.venue.forget_answers(now)
        if now >= self._forget_ms:
            self._forget_ms = now + FORGET_EVERY_MS
            await self.store.forget()

    def _put_away(self, room: GameRoom) -> None:
        del self.rooms[room.id]
        self._disarm(room.id)

    def close(self) -> None:
        """No more alarms, and no more news."""
        self._closed = True
        self.lobby.close()
        for room_id in list(self._alarms):
            self._disarm(room_id)

    # -- the venue

    def _begun(self) -> frozenset[str]:
        return frozenset(self._playing)

    async def venue_followed(self, asked: Asked, outcome: Outcome) -> None:
        """What the venue decided about its tables' clocks is done at each of them."""
        if outcome.code != "ack" or outcome.again:
            return
        told = msgspec.json.decode(outcome.body, type=_Told).detail
        command = at_each_table(asked.command, told.get("round_end"))
        if command is None:
            return
        for game_id in told.get("games") or ():
            try:
                room = await self.room(game_id)
                if room is not None and room.stream is not None:
                    await self.serve(room, command)
            except Exception:
                self._log.failure("{room} did not follow the round clock", room=game_id)

    # -- making games

    async def create(
        self, data: GameCreateData, asked: Asked, address: str, extra: tuple[GameFact, ...] = ()
    ) -> tuple[GameRoom, Outcome]:
        """
        Make a game with its sender as host, or find that the same command made it before.

        :param extra: facts that are true from the beginning (a game made by ``game_state``)
        :raises Refused: what was asked for does not exist, or there are too many
        :raises Unavailable: the store is not to be had
        """
        game_id = (
            self.around.secrets.game_id(asked.device, asked.id) if asked.id else self._random_id()
        )
        room = await self.room(game_id)
        if room is not None and room.stream is not None:
            asked.command = c.Create(facts=())
            outcome = await self.submit(room, asked)
            await self._goes_on(room)
            return room, outcome
        self.maker.admit(game_id, asked.device, address)
        try:
            old = await self._rematch(data.rematch_of, asked.device) if data.rematch_of else None
            asked.command = c.Create(facts=(*self.maker.facts(data, asked.device, old), *extra))
            room = self.rooms.get(game_id) or GameRoom(game_id, self.around, self.venue.held)
            self.rooms[game_id] = room
            outcome = await self.submit(room, asked)
        finally:
            self._unmade(game_id)
        await self._goes_on(room)
        return room, outcome

    def _unmade(self, game_id: str) -> None:
        """Forget a game that did not come about, unless somebody is still at it."""
        room = self.rooms.get(game_id)
        if room is None:
            self.maker.forget(game_id)
        elif room.stream is None and room.idle:
            del self.rooms[game_id]
            self.maker.forget(game_id)

    async def _rematch(self, game_id: str, device: str) -> Game:
        room = await self.room(game_id)
        if room is None or room.stream is None:
            raise Refused("not_found", "rematch_of: there is no such game", "rematch_of")
        if not room.who(device).rights:
            raise Refused("not_yours", "rematch_of: not your game", "rematch_of")
        return room.game

    async def _goes_on(self, room: GameRoom) -> None:
        """Those at the match of which *room* is the rematch are told where it goes on."""
        if room.stream is None or not room.game.rematch_of:
            return
        old = await self.room(room.game.rematch_of)
        if old is not None and old.stream is not None:
            said = c.SettingsUpdate(key=NEXT_GAME, value=room.id)
            await self.submit(old, self._own(said))

    # -- the lobby

    async def games(
        self, statuses: Sequence[str], after: str, limit: int, audience: Audience = "public"
    ) -> tuple[tuple[ListedGame, ...], str | None]:
        """
        Games after an id as *audience* may see them, and the id after which there may be more.

        :param audience: ``match`` for officials, who see every game; else those that are listed
        :raises Unavailable: the store is not to be had
        """
        found = await self.store.list_games(statuses, after, limit)
        shown = tuple(
            self.lobby.line(line.game_id, line.lines, audience, self.rooms.get(line.game_id))
            for line in found
            if audience == "match" or self._listed(line)
        )
        return shown, found[-1].game_id if len(found) == limit else None

    def _listed(self, line: Listed) -> bool:
        return line.match.visibility == "listed" and not self.venue.hides(line.game_id)

    def _note(self, room: GameRoom) -> None:
        game = room.game
        if game.over:
            self.maker.forget(room.id)
            self._playing.discard(room.id)
        elif game.turn.ordinal:
            self._playing.add(room.id)
        self.lobby.note(room)


def _maker_of(room: GameRoom | None) -> str:
    """The device that made a game, as its log has it."""
    return room.stream.entries[0].by.device if room is not None and room.stream is not None else ""


def _clock_is_on(room: GameRoom) -> bool:
    return room.stream is not None and room.game.clock.started and not room.game.clock.finished


class _Told(msgspec.Struct):
    detail: dict[str, Any] = {}


_TYPES: dict[type, str] = {
    v.RoundOver: "round_clock",
    c.ServerDown: "timer_update",
    c.FallFlag: "timer_update",
    c.LoseLink: "timer_update",
    c.RoundPause: "timer_update",
    c.Expire: "game_state",
    c.SettingsUpdate: "settings_update",
    v.NewOfficial: "official",
}
"""The message type under which the server's own commands are told."""
