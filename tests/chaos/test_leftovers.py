"""
Matches and connections that are over leave nothing in memory: no room, no session, no timer.

What the soak sees only after hours, as a slope in a process's memory, is seen here at once, as
objects: so many more of a kind after every evening.
"""

from __future__ import annotations

import gc
import json
from collections import Counter
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any
from weakref import ReferenceType

import attrs
import pytest
import txaio
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure

from gamesync.hosting import Maker
from gamesync.registry import Registry
from gamesync.server.session import Session
from gamesync.server.ticks import Ticks

from ..house import House, Match
from ..server.echo import port
from ..server.kit import CLOSE, TEXT, Socket, client_frame, request, upgrade
from .test_model import FREE

OURS = ("gamesync.", "autobahn.", "twisted.", "tests.")
LOGS = "twisted.logger"
"""Where nobody has begun to log, as here, it keeps what there would be to log."""
NOT_HELD = (ModuleType, FunctionType, BuiltinFunctionType, type, ReferenceType)
OF_A_CONNECTION = ("Connection", "Session", "Inbox", "Guest", "Membership", "Front", "Channel")
LOST = Failure(ConnectionLost())
EVENINGS = 100
KEPT = 64
"""By how many objects of a kind a bounded cache may have grown: fewer than there are evenings."""


class Hall:
    """A server in memory, at which the same happens every evening."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.house = House(limits=FREE, wrap=lambda store: store)
        monkeypatch.setattr(txaio.config, "loop", self.house.reactor)  # Autobahn's timers
        self.ticks = Ticks(self.house.hub)
        self.ticks.startService()
        hub = self.house.hub
        self.front = port(self.house.reactor, FREE, handler=lambda line: Session(hub, line))
        self.number = 0
        self.sockets: list[Socket] = []

    def evening(self) -> None:
        """A match from set-up to signature, watched over sockets of every fate; then a pause."""
        self.number += 1
        match = Match(self.house)
        sockets = [self._socket(upgrade("/ws")) for _ in range(3)]
        for socket in sockets:
            self._say(socket, "connect", {}, match.id)
            self._say(socket, "game_list", {"subscribe": True})
        slow = sockets[2]
        slow.reads = False
        self._socket(request("/healthz"))
        self._socket(b"GET /ws HTTP/1.1\r\nHost: 192.168")
        wrong = self._socket(upgrade("/ws"))
        wrong.say(client_frame(TEXT, b"{}") + client_frame(TEXT, b"\xff"))
        match.anna.do("score_update", {"player": 1, "category": "secondary", "delta": 1})
        match.anna.code("score_update", {"player": 2, "category": "secondary", "delta": 1})
        match.host.code("connect", {"code": "WRONG234"})
        self.house.wait(1)
        match.marek = match.marek.again()
        match.marek.connect(match.id)
        match.host.do("game_end", {"op": "concede", "player": 1})
        version = match.version
        for player, person in ((1, match.anna), (2, match.marek)):
            person.do("game_end", {"op": "confirm", "player": player, "version": version})
        sockets[0].say(client_frame(CLOSE, b"\x03\xe8"))
        sockets[1].connectionLost(LOST)
        for person in (match.host, match.anna, match.marek):
            person.hang_up()
        for _ in range(30):  # rooms are put away, and whoever said nothing is cut off
            self.house.wait(5)
        slow.connectionLost(LOST)
        self.house.wait(0)
        for socket in self.sockets:
            assert socket.disconnected
            socket.protocol = None  # as Twisted's own lets go of it
        self.sockets.clear()

    def close(self) -> None:
        self.ticks.stopService()
        self.house.close()

    def held(self) -> int:
        """How many references there are in all that the server holds."""
        hub = self.house.hub
        hub.match_buckets.clear()  # these two are caches, with bounds of their own
        hub.registry.venue.venue_changed()
        gc.collect()
        return references(hub)

    def _socket(self, first: bytes) -> Socket:
        socket = Socket(self.house.reactor, f"192.168.2.{self.number % 200 + 1}")
        socket.attach(self.front)
        socket.say(first)
        self.sockets.append(socket)
        return socket

    def _say(self, socket: Socket, type_: str, data: Any, game_id: str | None = None) -> None:
        message = {"type": type_, "data": data, **({"game_id": game_id} if game_id else {})}
        socket.say(client_frame(TEXT, json.dumps(message).encode()))


def population() -> Counter[str]:
    """How many objects there are of each kind, but those of other libraries and plain values."""
    gc.collect()
    kinds = Counter(type(each) for each in gc.get_objects())
    return Counter(
        {
            f"{kind.__module__}.{kind.__qualname__}": number
            for kind, number in kinds.items()
            if str(kind.__module__).startswith(OURS) and not str(kind.__module__).startswith(LOGS)
        }
    )


def references(root: object) -> int:
    """How many references there are in all that *root* holds: also ids in a set are counted."""
    seen, todo, number = {id(root)}, [root], 0
    while todo:
        for each in gc.get_referents(todo.pop()):
            if isinstance(each, NOT_HELD) or str(type(each).__module__).startswith(LOGS):
                continue
            number += 1
            if id(each) not in seen:
                seen.add(id(each))
                todo.append(each)
    return number


def living() -> Counter[str]:
    """How many there are of what a connection is made of."""
    kinds = (type(each) for each in gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if kind.__name__ in OF_A_CONNECTION)


@attrs.frozen
class Left:
    """
    What so many evenings have left.

    :ivar kinds: by how much each kind of object has grown, if it was by more than a cache may
    :ivar references: by how many there are more in what the server holds
    """

    kinds: dict[str, int]
    references: int


def left_by(monkeypatch: pytest.MonkeyPatch, evenings: int) -> Left:
    hall = Hall(monkeypatch)
    for _ in range(3):  # what is made once, is made now
        hall.evening()
    objects, held = population(), hall.held()
    for _ in range(evenings):
        hall.evening()
    grown = {kind: n for kind, n in (population() - objects).items() if n > KEPT}
    left = Left(grown, hall.held() - held)
    hall.close()
    return left


def test_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    left = left_by(monkeypatch, EVENINGS)
    assert left.kinds == {}
    assert left.references < EVENINGS / 2  # an id in a set would be one more each evening


def waiting_for_the_collector(monkeypatch: pytest.MonkeyPatch, evenings: int) -> Counter[str]:
    """What is left of connections that are over as long as it does not run."""
    hall = Hall(monkeypatch)
    hall.evening()
    gc.collect()
    gc.disable()
    try:
        before = living()
        for _ in range(evenings):
            hall.evening()
        return living() - before
    finally:
        gc.enable()
        hall.close()


def test_what_is_over_does_not_wait_for_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a process grows to the most that ever waited, and in hours that looks like a leak."""
    assert waiting_for_the_collector(monkeypatch, 5) == Counter()


def test_the_checker_catches_a_circle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "__delattr__", lambda self, name: None)
    assert waiting_for_the_collector(monkeypatch, 5)["Connection"] >= 5


def test_the_checker_catches_a_session_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    closed, kept = Session.closed, []

    def hoarding(self: Session, code: int | None, reason: str) -> None:
        closed(self, code, reason)
        kept.append(self)

    monkeypatch.setattr(Session, "closed", hoarding)
    assert left_by(monkeypatch, 30).kinds["gamesync.server.session.Session"] > 30


def test_the_checker_catches_a_room_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "_put_away", lambda self, room: None)
    assert "gamesync.game_room.GameRoom" in left_by(monkeypatch, KEPT + 20).kinds


def test_the_checker_catches_an_id_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Maker, "forget", lambda self, game_id: None)
    assert left_by(monkeypatch, 10).references >= 10
