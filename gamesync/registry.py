"""Every room by its id: opened when somebody comes, kept while needed, listed in the lobby."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import attrs
import msgspec
from msgspec.structs import replace
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from . import access
from .asking import Around, Asked, Outcome
from .commits import GroupCommit
from .domain import commands as c
from .domain import profile
from .domain.events import SERVER, Created, Invited, Joined, Placed
from .domain.ruleset import BadRuleset, Ruleset
from .domain.state import Game
from .domain.values import Millis, Refused
from .domain.venue import commands as v
from .domain.view import deadline
from .game_room import GameRoom
from .room import Room
from .store import VENUE, Boot, Listed, Store
from .venue_room import VenueRoom
from .wire.messages import GameCreateData, ListedGame

IDLE_MS: Millis = 60_000
"""A room that nobody watches and whose clock stands is put away after this."""
ALARM_MAX_MS: Millis = 3_600_000
UNFINISHED = ("waiting", "setup", "ready", "playing")


class Lobby(Protocol):
    """Somebody who watches the list of games."""

    def listed(self, games: tuple[ListedGame, ...]) -> None: ...


@attrs.frozen(kw_only=True)
class Hosting:
    """What open hosting allows, so that one guest cannot fill the box."""

    a_device: int = 3
    an_address: int = 20
    in_all: int = 2_000
    unstarted_ms: Millis = 3_600_000


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
        self.rulesets = rulesets
        self.hosting = hosting
        self.restart_grace_ms = restart_grace_ms
        self.rooms: dict[str, GameRoom] = {}
        self.venue = VenueRoom(VENUE, around)
        self.venue.started = self._begun
        self.commits = GroupCommit(store, self._committed)
        self.boot: Boot | None = None
        self.lobby: set[Lobby] = set()
        self._reactor = reactor
        self._random_id = random_id
        self._opening: dict[str, Deferred[GameRoom | None]] = {}
        self._alarms: dict[str, IDelayedCall] = {}
        self._listed: dict[str, ListedGame] = {}
        self._news: set[str] = set()
        self._made_by: dict[str, tuple[str, str]] = {}

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
        after = ""
        while True:
            page = await self.store.list_games(UNFINISHED, after, 100)
            for line in page:
                self._made_by[line.game_id] = ("", "")
                if line.visibility == "listed":
                    self._listed[line.game_id] = _listed(line)
                if line.status == "playing" or not boot.fresh:
                    await self._wake(line, boot)
            if len(page) < 100:
                break
            after = page[-1].game_id
        self._down(self.venue, boot.last_alive, boot.gap_ms, boot.rebooted)
        await self.commits.settled()
        return boot

    async def _wake(self, line: Listed, boot: Boot) -> None:
        """A game in play when the server went down: what happened since is nobody's time."""
        room = await self.room(line.game_id)
        if room is None or not room.game.clock.started or room.game.clock.finished:
            return
        room.heard(self.store.now())
        self._down(room, boot.last_alive, boot.gap_ms, boot.rebooted)

    def _down(
        self, room: Room[Any], last_alive: Millis, gap_ms: Millis | None, rebooted: bool
    ) -> None:
        if self.boot is not None and self.boot.fresh:
            return
        long = rebooted or gap_ms is None or gap_ms > self.restart_grace_ms
        down = c.ServerDown(last_alive=last_alive, gap_ms=gap_ms, long=long)
        self.serve(room, down)

    def stalled(self, last_durable: Millis, gap_ms: Millis | None) -> None:
        """Nothing could be made durable for longer than the grace: as if the server was down."""
        for room in self.rooms.values():
            if room.stream is not None and room.game.clock.started and not room.game.over:
                room.heard(self.store.now())
                self._down(room, last_durable, gap_ms, rebooted=False)
        self._down(self.venue, last_durable, gap_ms, rebooted=False)

    def link_lost(self, room: GameRoom, heard_at: Millis) -> None:
        """Nobody who may press has been heard since: the clock stops as of then."""
        self.serve(room, c.LoseLink(heard_at=heard_at))

    # -- rooms

    async def room(self, game_id: str) -> GameRoom | None:
        """
        The room of a game; None if there is no such game.

        :raises Unavailable: the store is not to be had
        """
        if game_id in self.rooms:
            return self.rooms[game_id]
        saved = await self.store.read(game_id) if game_id != VENUE else None
        if game_id in self.rooms:  # somebody else was opening it, too
            return self.rooms[game_id]
        if saved is None:
            return None
        room = self._made(game_id)
        room.load(saved)
        self._arm(room)
        return room

    def _made(self, game_id: str) -> GameRoom:
        room = self.rooms[game_id] = GameRoom(game_id, self.around, self.venue.held)
        return room

    @property
    def waiting(self) -> int:
        """Commands that are not yet decided, in all rooms."""
        return self.venue.waiting + sum(room.waiting for room in self.commits.rooms)

    def submit(self, room: Room[Any], asked: Asked) -> Deferred[Outcome]:
        """What the command comes to, once that is durable."""
        room.ask(asked)
        self.commits.due(room)
        return asked.done

    def serve(self, room: Room[Any], command: object) -> Deferred[Outcome]:
        """A command of the server's own."""
        return self.submit(
            room,
            Asked(
                command=command,
                device="",
                now=self.store.now(),
                type=_TYPES[type(command)],
                by=SERVER,
            ),
        )

    def _committed(self, room: Room[Any]) -> None:
        """What follows from any change: the next alarm, and the lobby's news."""
        if isinstance(room, GameRoom) and room.stream is not None:
            self._arm(room)
            self._note(room)

    # -- deadlines

    def _arm(self, room: GameRoom) -> None:
        """One alarm a room, looked at again when it rings: it may ring early, never too late."""
        alarm = self._alarms.pop(room.id, None)
        if alarm is not None and alarm.active():
            alarm.cancel()
        due = deadline(room.game)
        if due is not None:
            wait = min(max(due - self.store.now(), 0), ALARM_MAX_MS)
            self._alarms[room.id] = self._reactor.callLater(wait / 1000, self._ring, room)

    def _ring(self, room: GameRoom) -> None:
        self._alarms.pop(room.id, None)
        due = deadline(room.game)
        if due is None or self.rooms.get(room.id) is not room:
            return
        if due > self.store.now():
            self._arm(room)
            return
        falls = room.game.clock.flag_at()
        fallen = falls is not None and falls <= self.store.now()
        done = self.serve(room, c.FallFlag() if fallen else c.Expire())
        done.addCallback(self._rung, room)

    def _rung(self, outcome: Outcome, room: GameRoom) -> None:
        # It may have come to nothing (the disk refused, another deadline is nearer): ring again.
        due = deadline(room.game)
        if room.id not in self._alarms and due is not None:
            wait = max(due - self.store.now(), 1_000)
            self._alarms[room.id] = self._reactor.callLater(wait / 1000, self._ring, room)

    async def sweep(self) -> None:
        """Once in a while: rooms with a deadline that are not open, and rooms nobody needs."""
        for game_id in await self.store.due(100):
            if game_id not in self.rooms:
                await self.room(game_id)
        now = self.store.now()
        for room in list(self.rooms.values()):
            room.forget_answers(now)
            quiet = room.stream is None or not room.game.clock.running
            if room.idle and quiet and now - room.touched_ms > IDLE_MS:
                self._put_away(room)

    def _put_away(self, room: GameRoom) -> None:
        del self.rooms[room.id]
        alarm = self._alarms.pop(room.id, None)
        if alarm is not None and alarm.active():
            alarm.cancel()

    def close(self) -> None:
        """No more alarms."""
        for alarm in self._alarms.values():
            if alarm.active():
                alarm.cancel()
        self._alarms.clear()

    # -- the venue

    def _begun(self) -> frozenset[str]:
        listed = {line.game_id for line in self._listed.values() if line.round}
        here = {r.id for r in self.rooms.values() if r.stream is not None and r.game.turn.ordinal}
        return frozenset(listed | here)

    async def venue_followed(self, asked: Asked, outcome: Outcome) -> None:
        """What the venue decided about its tables' clocks is done at each of them."""
        if outcome.code != "ack" or not isinstance(asked.command, TABLES_FOLLOW):
            return
        games = msgspec.json.decode(outcome.body, type=_Told).detail.get("games") or ()
        pause = isinstance(asked.command, TABLES_PAUSE)
        for game_id in games:
            room = await self.room(game_id)
            if room is not None and room.stream is not None:
                await self.serve(room, c.RoundPause(pause=pause))

    # -- making games

    async def create(
        self, data: GameCreateData, asked: Asked, address: str, extra: tuple[object, ...] = ()
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
        if room is None:
            self._may_host(asked.device, address)
            asked.command = c.Create(facts=(*await self._facts(data, asked.device), *extra))
            room = self.rooms.get(game_id) or self._made(game_id)
            self._made_by[game_id] = (asked.device, address)
        else:
            asked.command = c.Create(facts=())
        outcome = await self.submit(room, asked)
        if room.stream is None:
            self._made_by.pop(game_id, None)
        return room, outcome

    def _may_host(self, device: str, address: str) -> None:
        official, _ = self.venue.official(device)
        if official is not None:
            return
        if not self.venue.open_hosting:
            raise Refused("not_yours", "here the organiser makes the games")
        made = self._made_by.values()
        if sum(by == device for by, _ in made) >= self.hosting.a_device:
            raise Refused("too_many", f"at most {self.hosting.a_device} unfinished games a device")
        if sum(at == address for _, at in made) >= self.hosting.an_address:
            raise Refused(
                "too_many", f"at most {self.hosting.an_address} unfinished games an address"
            )
        if len(made) >= self.hosting.in_all:
            raise Refused("too_many", f"at most {self.hosting.in_all} unfinished games here")

    async def _facts(self, data: GameCreateData, device: str) -> tuple[object, ...]:
        ruleset = self.rulesets.get(data.ruleset)
        names = data.player1_name or "", data.player2_name or ""
        if data.rematch_of is not None:
            old = await self._rematch(data.rematch_of, device)
            ruleset, names = old.ruleset, (old.players[0].name, old.players[1].name)
            if data.swap:
                names = names[1], names[0]
        if ruleset is None:
            known = ", ".join(sorted(self.rulesets))
            raise Refused("not_found", f"ruleset: there are {known}", "data.ruleset")
        try:
            options = profile.options(data.profile, ruleset, data.options)
        except BadRuleset as e:
            raise Refused("bad_value", f"options: {e}", "data.options") from None
        official, _ = self.venue.official(device)
        if official is None and self.hosting.unstarted_ms:
            options = replace(options, unstarted_expires_ms=self.hosting.unstarted_ms)
        created = Created(
            ruleset=ruleset,
            options=options,
            player1_name=names[0],
            player2_name=names[1],
            table=data.table or "",
            rematch_of=data.rematch_of or "",
        )
        return (
            created,
            Joined(device=device, role="host"),
            Invited(place="player:1"),
            Invited(place="player:2"),
        )

    async def _rematch(self, game_id: str, device: str) -> Game:
        room = await self.room(game_id)
        if room is None or room.stream is None:
            raise Refused("not_found", "rematch_of: there is no such game", "data.rematch_of")
        if not room.who(device).rights:
            raise Refused("not_yours", "rematch_of: not your game", "data.rematch_of")
        return room.game

    # -- ways in

    def ways(self, room: GameRoom, place: str | None = None) -> dict[str, dict[str, object]]:
        """Link and typed codes of each place (or one), for those who may show them."""
        secrets = self.around.secrets
        return {
            name: {
                "link": f"#g={room.id}&p={name}&k={secrets.link(room.id, name, ways.link)}",
                "key": secrets.link(room.id, name, ways.link),
                "codes": [secrets.code(room.id, name, ordinal) for ordinal in ways.codes],
            }
            for name, ways in room.game.places.items()
            if place is None or name == place
        }

    def opened_by(self, room: GameRoom, key: str) -> Placed | None:
        """The place that a link's secret opens."""
        found: Placed | None = None
        for name, ways in room.game.places.items():
            if access.same(key, self.around.secrets.link(room.id, name, ways.link)):
                found = name
        return found

    # -- the lobby

    def _note(self, room: GameRoom) -> None:
        game = room.game
        if game.over:
            self._made_by.pop(room.id, None)
        line = ListedGame(
            game_id=room.id,
            version=room.version,
            status=game.status,
            player1_name=game.players[0].name,
            player2_name=game.players[1].name,
            score1=room.public.scores.players[0].score,
            score2=room.public.scores.players[1].score,
            round=game.turn.round,
            ruleset=game.ruleset.id,
            table=game.table,
        )
        if game.settings.get("visibility") != "listed":
            self._listed.pop(room.id, None)
            return
        self._listed[room.id] = line
        self._news.add(room.id)

    def tell_lobby(self) -> None:
        """What changed since the last time, to all who watch the list."""
        news = tuple(self._listed[id_] for id_ in sorted(self._news) if id_ in self._listed)
        self._news.clear()
        if news:
            for watcher in tuple(self.lobby):
                watcher.listed(news)
        for line in news:
            if line.status in ("signed", "void"):
                del self._listed[line.game_id]


def _listed(line: Listed) -> ListedGame:
    return ListedGame(
        game_id=line.game_id,
        version=line.version,
        status=line.status,
        player1_name=line.player1_name,
        player2_name=line.player2_name,
        score1=line.score1,
        score2=line.score2,
        round=line.round,
        ruleset=line.ruleset,
        table=line.table,
    )


class _Told(msgspec.Struct):
    detail: dict[str, Any] = {}


TABLES_PAUSE = (v.PauseRoundClock,)
TABLES_FOLLOW = (*TABLES_PAUSE, v.ResumeRoundClock, v.ResumeAll, v.StopRoundClock)
"""Commands to the round clock that stop or start the clocks of its tables."""

_TYPES: dict[type, str] = {
    v.RoundOver: "round_clock",
    c.ServerDown: "timer_update",
    c.FallFlag: "timer_update",
    c.LoseLink: "timer_update",
    c.RoundPause: "timer_update",
    c.Expire: "game_state",
}
"""The message type under which the server's own commands are told."""
