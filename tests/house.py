"""A whole server but for its sockets, for tests: store, registry, hub, and people who talk."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from gamesync.access import Secrets
from gamesync.asking import Around, Asked, Outcome
from gamesync.domain.events import SERVER
from gamesync.domain.rulebook import shipped
from gamesync.domain.values import Millis
from gamesync.domain.venue.commands import NewOfficial
from gamesync.hosting import Hosting
from gamesync.limits import Limits
from gamesync.registry import Registry
from gamesync.server.guesses import Guesses
from gamesync.server.hub import Hub
from gamesync.server.session import Session
from gamesync.storage.schema import MEMORY
from gamesync.storage.sqlite import SqliteStore
from gamesync.store import Boot, Change, Saved
from gamesync.testing import FakeClocks, InlineReactor, inline

T = TypeVar("T")
Message = dict[str, Any]
KEY = bytes(range(32))


def result(done: Deferred[T] | Coroutine[Deferred[Any], Any, T]) -> T:
    """What has come of it by now; its exception, if it failed."""
    if not isinstance(done, Deferred):
        done = Deferred.fromCoroutine(done)
    found: list[Any] = []
    done.addBoth(found.append)
    assert found, "it is not over"
    if isinstance(found[0], Failure):
        found[0].raiseException()
    given: T = found[0]
    return given


class ControlledStore:
    """
    A store whose writes are in the test's hand; what it is not told to spoil goes through.

    :ivar held: None, or the writes that wait until :meth:`release`
    :ivar log: what was asked, in order: ``("commit", ids)`` and ``("pulse",)``
    """

    def __init__(self, store: SqliteStore) -> None:
        self.inner = store
        self.held: list[Callable[[], None]] | None = None
        self.log: list[tuple[Any, ...]] = []
        self.commit_fails: list[Exception | None] = []
        """For each next commit: how it fails without being made; None: it does not."""
        self.made_fails: list[Exception | None] = []
        """The same, though it is made."""
        self.pulse_fails: list[Exception] = []
        self.read_fails: list[Exception] = []
        self.stale: list[frozenset[str]] = []
        """For each next commit: which streams it leaves out."""
        self.broken_games: dict[str, Exception] = {}
        """A commit with one of these fails."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def hold(self) -> None:
        self.held = []

    def release(self, number: int | None = None) -> None:
        """Let so many writes go on; all, and those that follow, if no number is given."""
        held = self.held or []
        now, later = (held, None) if number is None else (held[:number], held[number:])
        self.held = later
        for go in now:
            go()

    def commit(self, changes: Sequence[Change]) -> Deferred[frozenset[str]]:
        self.log.append(("commit", tuple(change.game_id for change in changes)))
        return self._written(lambda: self._commit(changes))

    def pulse(self) -> Deferred[None]:
        self.log.append(("pulse",))

        def pulse() -> Deferred[None]:
            return fail(self.pulse_fails.pop(0)) if self.pulse_fails else self.inner.pulse()

        return self._written(pulse)

    def read(self, game_id: str, since: int = 0) -> Deferred[Saved | None]:
        return fail(self.read_fails.pop(0)) if self.read_fails else self.inner.read(game_id, since)

    def _commit(self, changes: Sequence[Change]) -> Deferred[frozenset[str]]:
        for change in changes:
            if change.game_id in self.broken_games:
                return fail(self.broken_games[change.game_id])
        error = self.commit_fails.pop(0) if self.commit_fails else None
        if error is not None:
            return fail(error)
        left_out = self.stale.pop(0) if self.stale else frozenset()
        made = self.inner.commit([c for c in changes if c.game_id not in left_out])
        made.addCallback(lambda stale: stale | left_out)
        lost = self.made_fails.pop(0) if self.made_fails else None
        if lost is not None:
            made.addCallback(lambda _: Failure(lost))
        return made

    def _written(self, write: Callable[[], Deferred[T]]) -> Deferred[T]:
        if self.held is None:
            return write()
        done: Deferred[T] = Deferred()

        def go() -> None:
            write().chainDeferred(done)

        self.held.append(go)
        return done


class FakeLine:
    """
    A connection whose peer is the test.

    :ivar frames: what was sent, as bytes
    :ivar gone: code and reason of its end, once it is closing
    """

    gone: Any

    def __init__(self, peer: str = "192.168.1.5") -> None:
        self.peer = peer
        self.via: str | None = None
        self.secure = False
        self.host = "192.168.1.2"
        self.origin: str | None = None
        self.jammed = False
        self.debt = 0
        self.reading: Any = True
        self.frames: list[bytes] = []
        self.gone = None

    def send(self, frame: bytes, is_binary: bool = False) -> None:
        if self.gone is None:
            self.frames.append(frame)

    def close(self, code: int, reason: str) -> None:
        self.gone = self.gone or (int(code), reason)

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Person:
    """
    Somebody with one connection.

    :ivar heard: every message so far, as dicts; a look takes them away only by :meth:`take`
    """

    ids = itertools.count(1)

    def __init__(self, house: House, peer: str = "192.168.1.5") -> None:
        self.house = house
        self.line = FakeLine(peer)
        self.session = Session(house.hub, self.line)
        self.token: str | None = None
        self._read = 0
        self.session.opened()

    @property
    def heard(self) -> list[Message]:
        return [json.loads(frame) for frame in self.line.frames]

    @property
    def device(self) -> str:
        return self.session.device

    def take(self) -> list[Message]:
        """What has come since the last look."""
        news = self.heard[self._read :]
        self._read = len(self.line.frames)
        return news

    def send(self, raw: bytes | str, is_binary: bool = False) -> None:
        self.session.received(raw.encode() if isinstance(raw, str) else raw, is_binary)

    def say(self, type_: str, data: Any = None, game_id: str | None = None, id_: str = "") -> str:
        """Send a message; its id. ``-`` as id: none."""
        id_ = id_ or f"command-{next(self.ids)}"
        message: Message = {"type": type_}
        if id_ != "-":
            message["id"] = id_
        if data is not None:
            message["data"] = data
        if game_id is not None:
            message["game_id"] = game_id
        self.send(json.dumps(message))
        return id_

    def answers(self, id_: str) -> list[Message]:
        return [message for message in self.heard if message.get("id") == id_]

    def ask(
        self, type_: str, data: Any = None, game_id: str | None = None, id_: str = ""
    ) -> Message:
        """Send a message; the answer, which must have come by now."""
        id_ = self.say(type_, data, game_id, id_)
        answers = self.answers(id_)
        assert answers, f"{type_} is not answered: {self.take()}"
        return answers[-1]

    def do(
        self, type_: str, data: Any = None, game_id: str | None = None, id_: str = ""
    ) -> Message:
        """The same; and it must be accepted."""
        answer = self.ask(type_, data, game_id, id_)
        assert answer["type"] != "error", answer
        return answer

    def code(self, type_: str, data: Any = None, game_id: str | None = None, id_: str = "") -> str:
        """The same; what it came to: ``ok``, or the error's code."""
        answer = self.ask(type_, data, game_id, id_)
        return str(answer["data"]["code"]) if answer["type"] == "error" else "ok"

    def connect(self, game_id: str | None = None, **data: Any) -> Message:
        if self.token is not None:
            data.setdefault("token", self.token)
        answer = self.do("connect", data, game_id)
        self.token = answer["data"]["token"]
        return answer

    def create(self, **data: Any) -> Message:
        answer = self.do("game_create", {"player1_name": "Anna", "player2_name": "Marek", **data})
        self.token = answer["data"]["detail"]["token"]
        return answer

    def of(self, *types: str) -> list[Message]:
        """What came since the last look, of these types."""
        return [message for message in self.take() if message["type"] in types]

    def versions(self, game_id: str) -> list[int]:
        """Versions of the changes that it was told, in order."""
        return [
            message["version"]
            for message in self.heard
            if message.get("game_id") == game_id and "facts" in message["data"]
        ]

    def again(self) -> Person:
        """The same device on a new connection; the old one is gone."""
        self.hang_up()
        other = Person(self.house, self.line.peer)
        other.token = self.token or self.session.token
        return other

    def hang_up(self) -> None:
        self.session.closed(None, "")


class House:
    """
    A server whose time is the test's.

    :ivar store: what it writes to; in the test's hand
    :ivar boot: what it knew when it was opened
    """

    def __init__(
        self,
        path: str = MEMORY,
        *,
        clocks: FakeClocks | None = None,
        reactor: InlineReactor | None = None,
        limits: Limits | None = None,
        hosting: Hosting | None = None,
        opened: bool = True,
        wrap: Callable[[SqliteStore], Any] = ControlledStore,
    ) -> None:
        self.reactor = reactor or InlineReactor()
        self.clocks = clocks or FakeClocks(self.reactor)
        self.inner = SqliteStore(path, self.reactor, self.clocks, pooled=inline)
        self.store: Any = wrap(self.inner)
        self.dice = 0
        numbers = itertools.count(1)
        self.registry = Registry(
            self.store,
            Around(wall=self.wall, dice=lambda: self.dice, secrets=Secrets(KEY)),
            self.reactor,
            shipped(),
            hosting or Hosting(),
            lambda: f"game-{next(numbers)}",
        )
        limits = limits or Limits()
        self.hub = Hub(
            registry=self.registry,
            limits=limits,
            reactor=self.reactor,
            wall=self.wall,
            random=self.random,
            guesses=Guesses(limits),
            slept=self.inner.time.slept,
        )
        self._drawn = itertools.count(1)
        self.boot: Boot | None = None
        if opened:
            self.open()

    def open(self) -> Boot:
        self.boot = result(self.registry.open())
        return self.boot

    def close(self) -> None:
        """Let go of the file, as after a stop."""
        self.registry.close()
        result(self.inner.close())

    def crash(self) -> None:
        """Let go of the file, with nothing more written than was."""
        self.registry.close()
        self.inner._serving = False
        result(self.inner.close())

    def wall(self) -> str:
        return "2026-11-22T18:00:00.000Z"

    def random(self, size: int) -> bytes:
        return next(self._drawn).to_bytes(4, "big") * (size // 4) + b"\0" * (size % 4)

    def person(self, peer: str = "192.168.1.5") -> Person:
        """Somebody who has just been greeted."""
        return Person(self, peer)

    def live(self) -> bool:
        """Whether screens are told that what they show is the truth."""
        return self.hub.live

    def now(self) -> Millis:
        return self.inner.now()

    def wait(self, seconds: float) -> None:
        self.reactor.advance(seconds)

    def submit(self, game_id: str, command: object, **asked: Any) -> Deferred[Outcome]:
        """A command straight to a room, as the server itself if not said otherwise."""
        room = self.registry.venue if game_id == "venue" else self.registry.rooms[game_id]
        given = {"device": "", "now": self.now(), "type": "test", "by": SERVER, **asked}
        return self.registry.submit(room, Asked(command=command, **given))

    def room(self, game_id: str) -> Any:
        """The game's room; for tests it may be anything at any time."""
        return self.registry.rooms[game_id]

    def official(
        self, role: Literal["judge", "organiser"] = "organiser", name: str = "Olga"
    ) -> str:
        """The key of a new official."""
        result(self.submit("venue", NewOfficial(name=name, role=role)))
        ordinal = max(o.ordinal for o in self.registry.venue.venue.officials.values())
        return self.registry.around.secrets.official(ordinal)


class Match:
    """
    A game with its people: a host and a phone at each seat.

    :param begun: past the set-up, the clock on
    """

    def __init__(self, house: House, *, begun: bool = True, **options: Any) -> None:
        self.house = house
        self.host = house.person()
        made = self.host.create(**options)
        self.id: str = made["game_id"]
        self.places: dict[str, Any] = made["data"]["detail"]["places"]
        self.anna = self.seated(1)
        self.marek = self.seated(2)
        if begun:
            self.begin()

    def begin(self) -> None:
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})

    def seated(self, seat: int) -> Person:
        person = self.house.person(f"192.168.1.{10 + seat}")
        person.connect(self.id, key=self.places[f"player:{seat}"]["key"])
        return person

    def watcher(self) -> Person:
        person = self.house.person("192.168.1.99")
        person.connect(self.id)
        return person

    @property
    def room(self) -> Any:
        return self.house.room(self.id)

    @property
    def version(self) -> int:
        return int(self.room.version)

    def shown(self, seat: Any) -> Millis:
        return int(self.room.game.clock.shown(seat, self.house.now()))
