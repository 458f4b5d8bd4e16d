"""For tests of the client: a server that does as it is told, in memory and over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest_twisted  # type: ignore[import-untyped]
from autobahn.twisted.websocket import WebSocketServerFactory, WebSocketServerProtocol
from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.internet.task import Clock
from twisted.test import iosim
from zope.interface import implementer

from gamesync.client import GameClient
from gamesync.client.envelope import Message
from gamesync.domain import commands as c
from gamesync.domain import profile, rulebook
from gamesync.domain.events import By, Created, Entry
from gamesync.domain.log import Match
from gamesync.domain.view import View, changed, view
from gamesync.wire.codec import _encoder

TOKEN = "t" * 43


def with_reactor(test: Callable[..., Any]) -> Callable[..., None]:
    """A coroutine as a test that runs in the real reactor."""
    decorated: Callable[..., None] = pytest_twisted.ensureDeferred(test)
    return decorated


def jsoned(value: Any) -> Any:
    """As it is on the other side of the wire."""
    return json.loads(_encoder.encode(value))


def message(type_: str, data: dict[str, Any] | None = None, **more: Any) -> Message:
    return Message(type=type_, data=data or {}, **more)


class Table:
    """A match, with the frames that a server would send of it."""

    def __init__(
        self,
        ruleset: str = "wh40k-10e",
        profile_name: profile.ProfileName = "club",
        options: profile.Overrides | None = None,
        game_id: str = "g1",
    ) -> None:
        rules = rulebook.shipped()[ruleset]
        chosen = profile.options(profile_name, rules, options or profile.Overrides())
        created = Created(
            ruleset=rules,
            options=chosen,
            player1_name="Anna",
            player2_name="Marek",
            table="Table 4",
        )
        by = By(role="host", device="host-device")
        self.game_id = game_id
        self.match = Match(
            (Entry(version=1, type="game_create", by=by, at_ms=0, wall="", facts=(created,)),)
        )
        self.frames: list[Message] = []

    @property
    def version(self) -> int:
        return self.match.game.version

    @property
    def state(self) -> dict[str, Any]:
        return dict(jsoned(self.view))

    @property
    def view(self) -> View:
        return view(self.match.game)

    def do(
        self, command: Any, now: int, by: By | None = None, type_: str = "x", reason: str = ""
    ) -> Message:
        """Decide *command*; the frame that tells of it."""
        by = by or By(role="host", device="host-device")
        before = self.view
        facts = self.match.decide(command, by, now, dice=3).facts
        entry = Entry(
            version=self.version + 1,
            type=type_,
            by=by,
            at_ms=now,
            wall="",
            facts=facts,
            reason=reason,
        )
        self.match = self.match.after(entry)
        data = {
            "by": by,
            "at": now,
            "now": now,
            "facts": facts,
            "state": changed(before, self.view),
            "reason": reason,
        }
        frame = message(type_, jsoned(data), version=self.version, game_id=self.game_id)
        self.frames.append(frame)
        return frame

    def playing(self, now: int = 0) -> Table:
        self.do(c.SkipSetup(first_player=1), now, type_="setup")
        self.do(c.StartClock(), now, type_="timer_update")
        return self

    def joined(
        self,
        *,
        since: int | None = None,
        device: str = "me",
        role: str = "host",
        player: int = 0,
        epoch: str = "E",
        now: int = 0,
        **more: Any,
    ) -> Message:
        """The answer to a ``connect``; with *since*, what was missed follows it."""
        data = {
            "client_id": "c",
            "token": TOKEN,
            "now": now,
            "epoch": epoch,
            "device": device,
            "role": role,
            "player": player,
            "rights": [role],
        }
        if since is None:
            data["state"] = self.state
        else:
            data["recovered"] = True
        return message("connect", data | more, version=self.version, game_id=self.game_id)

    def greeting(self, now: int = 0, heartbeat_ms: int = 5_000) -> Message:
        data = {
            "client_id": "c1",
            "now": now,
            "epoch": "E",
            "protocol": 1,
            "server": "gamesync",
            "heartbeat_ms": heartbeat_ms,
        }
        return message("connect", data)


# ------------------------------------------------------------------- a server in memory


class Peer(WebSocketServerProtocol):
    """The server's end of one connection: keeps what it hears, and says what it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[dict[str, Any]] = []
        self.closed: tuple[bool, int | None, str | None] | None = None

    def onOpen(self) -> None:
        self.factory.opened(self)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        heard = json.loads(payload)
        self.heard.append(heard)
        self.factory.said(self, heard)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        self.closed = (wasClean, code, reason)

    def say(self, type_: str, data: Any = None, **more: Any) -> None:
        self.sendMessage(json.dumps({"type": type_, "data": data or {}, **more}).encode())

    def shut(self, code: int, reason: str = "") -> None:
        """Close with any code, as our own server does."""
        self.sendCloseFrame(code, reason.encode())

    def tell(self, frame: Message, id_: str | None = None) -> None:
        said = jsoned(frame)
        self.sendMessage(json.dumps(said | {"id": id_ or said.get("id")}).encode())

    def of(self, type_: str) -> list[dict[str, Any]]:
        """What was heard, of one type."""
        return [m for m in self.heard if m["type"] == type_]


class PeerFactory(WebSocketServerFactory):
    """*opened* and *said* are called with each peer, and may be replaced at any time."""

    protocol = Peer
    noisy = False

    def __init__(self, reactor: Any) -> None:
        super().__init__(reactor=reactor)
        self.peers: list[Peer] = []
        self.opened: Callable[[Peer], None] = self.peers.append
        self.said: Callable[[Peer, dict[str, Any]], None] = lambda peer, heard: None
        self.setProtocolOptions(openHandshakeTimeout=0, closeHandshakeTimeout=0, autoPingInterval=0)


@implementer(IStreamClientEndpoint)
class Network:
    """An endpoint in memory. ``flush`` carries bytes to and fro; ``cut`` breaks the connection."""

    def __init__(self, factory: PeerFactory, clock: Clock) -> None:
        self.factory = factory
        self.clock = clock
        self.attempts = 0
        self.down: Exception | None = None
        self.hanging: Deferred[Any] | None = None
        self.hangs = False
        self.at_once = False
        """Whether the server's first words come together with the end of the handshake."""
        self.pump: Any = None

    def connect(self, protocolFactory: Any) -> Deferred[Any]:
        self.attempts += 1
        if self.hangs:
            self.hanging = Deferred()
            return self.hanging
        if self.down is not None:
            return fail(self.down)
        client = protocolFactory.buildProtocol(None)
        server = self.factory.buildProtocol(None)
        self.pump = iosim.connect(
            server, iosim.FakeTransport(server, isServer=True),
            client, iosim.FakeTransport(client, isServer=False), greet=self.at_once,
            clock=self.clock,
        )  # fmt: skip
        self.client, self.server = client, server
        return succeed(client)

    def flush(self) -> None:
        for _ in range(20):
            if self.pump is None or not self.pump.flush():
                return

    def cut(self) -> None:
        """As if the cable had been pulled, and both had noticed."""
        self.client.transport.abortConnection()
        self.server.transport.abortConnection()
        self.flush()


@attrs.define
class Scene:
    """A client in memory, and the server it talks to."""

    clock: Clock
    factory: PeerFactory
    network: Network
    client: GameClient
    table: Table
    log: list[Any] = attrs.field(factory=list)
    answers: bool = True
    """Whether the server answers ``connect`` and ``heartbeat`` by itself."""
    own: dict[str, Any] = attrs.field(factory=dict)
    """What the answer to a ``connect`` says of the device."""
    frames_kept: int = 64

    @property
    def peer(self) -> Peer:
        return self.factory.peers[-1]

    @property
    def now(self) -> int:
        """Game time: an hour ahead of the client's clock."""
        return round(self.clock.seconds() * 1000) + 3_600_000

    def step(self, seconds: float = 0.0) -> None:
        self.network.flush()
        self.clock.advance(seconds)
        self.network.flush()

    def opened(self, peer: Peer) -> None:
        self.factory.peers.append(peer)
        if self.answers:
            peer.tell(self.table.greeting(self.now))

    def said(self, peer: Peer, heard: dict[str, Any]) -> None:
        if not self.answers:
            return
        if heard["type"] == "heartbeat":
            peer.say("heartbeat", {"now": self.now, "t0": heard["data"].get("t0")})
        elif heard["type"] == "connect":
            self.let_in(peer, heard)

    def let_in(self, peer: Peer, heard: dict[str, Any]) -> None:
        wanted = heard["data"]
        resume = wanted.get("resume")
        if heard.get("game_id") is None and not wanted.get("code") and not wanted.get("key"):
            data = self.table.joined(**self.own).data
            peer.say("connect", {k: v for k, v in data.items() if k != "state"}, id=heard["id"])
            return
        since = None
        if resume and resume["epoch"] == self.own.get("epoch", "E"):
            since = resume["version"]
            if self.table.version - since > self.frames_kept:
                since = None
        extra: dict[str, Any] = {"recovered": False} if resume and since is None else {}
        peer.tell(self.table.joined(since=since, **self.own, **extra), heard["id"])
        if since is not None:
            for frame in self.table.frames:
                if frame.version is not None and frame.version > since:
                    peer.tell(frame)

    def tell(self, command: Any, **how: Any) -> None:
        """Something happens in the match, and everybody hears of it."""
        self.peer.tell(self.table.do(command, self.now, **how))
        self.network.flush()

    def ack(self, heard: dict[str, Any], **more: Any) -> None:
        data = more.pop("data", {})
        self.peer.say(
            "ack",
            data,
            id=heard["id"],
            **{"game_id": self.table.game_id, "version": self.table.version} | more,
        )
        self.network.flush()


def scene(join: bool = True, **options: Any) -> Scene:
    """A client that has connected (and joined) a server in memory."""
    clock = Clock()
    clock.advance(100)
    factory = PeerFactory(clock)
    network = Network(factory, clock)
    log: list[Any] = []
    options.setdefault("on_connection", lambda state, reason: log.append((state, reason)))
    client = GameClient(
        "ws://box:8765",
        reactor=clock,
        endpoint=network,
        monotonic=clock.seconds,
        delay=lambda failures: float(min(failures, 8)),
        **options,
    )
    made = Scene(clock, factory, network, client, Table(), log)
    factory.opened, factory.said = made.opened, made.said
    if join:
        client.connect()
        client.join("g1")
        made.step()
        made.step(1)
    return made
