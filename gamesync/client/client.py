"""The client that apps use: one device's place in one game, whatever happens to the network."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger

from .asking import Asking, Whole, trimmed
from .conversation import Conversation
from .entering import Device, Joined, Way
from .envelope import Message
from .link import Link, State, delay
from .mirror import Status
from .outbox import Answer, PressKind
from .talk import Kind, Reason
from .timer import Monotonic
from .tokens import MemoryTokens, TokenStore

OnChange: TypeAlias = Callable[[dict[str, Any], Message], object]
OnConnection: TypeAlias = Callable[[State, Reason], object]
OnStatus: TypeAlias = Callable[[Status], object]
OnLobby: TypeAlias = Callable[[dict[str, dict[str, Any]]], object]


class GameClient(Asking, Service):
    """
    A client of a gamesync server, for any Twisted program; also a Service.

    It connects, joins, resumes after each interruption, sends again what was not answered (the
    server does it once), and never gives up. Callbacks are called in the reactor's thread::

        client = GameClient("ws://localhost:8765", on_change=lambda state, message: show(state))
        await client.connect()
        await client.join(code="7KQ2M9XD")
        await client.score(1, "primary", delta=5)

    :param server_url: ``ws://host:port`` or ``wss://host:port``
    :param reactor: None: the one that is installed
    :param client_type: the kind of screen: ``host``, ``player`` or ``observer``
    :param name: what to call this device in lists
    :param tokens: where its token is kept; None: nowhere, it is a new device each time
    :param ca_file: for wss, a PEM file of the authorities to trust; None: the system's
    :param heartbeat_ms: how often to say that we are here; None: as the server would like
    :param beat_ms: how often to be told the running clock; None: as the server would like
    :param on_change: called with state and message when what is shown has changed
    :param on_connection: called with the connection's state and its reason, in words
    :param on_status: called when it changes whether what is shown is live, stale or refused
    :param on_lobby: called with the listed games by id; see ``watch_lobby``
    :raises ValueError: *server_url* is no such address
    """

    _log = Logger()

    def __init__(
        self,
        server_url: str,
        *,
        reactor: Any = None,
        client_type: str = "observer",
        name: str = "",
        tokens: TokenStore | None = None,
        ca_file: str | None = None,
        heartbeat_ms: int | None = None,
        beat_ms: int | None = None,
        on_change: OnChange | None = None,
        on_connection: OnConnection | None = None,
        on_status: OnStatus | None = None,
        on_lobby: OnLobby | None = None,
        endpoint: IStreamClientEndpoint | None = None,
        monotonic: Monotonic = time.monotonic,
        delay: Callable[[int], float] = delay,
    ) -> None:
        if reactor is None:
            from twisted.internet import reactor
        self.server_url = server_url
        self.on_change = on_change
        self.on_connection = on_connection
        self.on_status = on_status
        self.on_lobby = on_lobby
        self._whens: list[tuple[Callable[[dict[str, Any]], bool], Deferred[dict[str, Any]]]] = []
        device = Device(
            client_type=client_type, name=name, heartbeat_ms=heartbeat_ms, beat_ms=beat_ms
        )
        self.conversation = Conversation(
            server_url, reactor, self, tokens or MemoryTokens(), device,
            monotonic=monotonic, ca_file=ca_file, endpoint=endpoint, delay=delay,
        )  # fmt: skip
        self.mirror = self.conversation.mirror
        self.outbox = self.conversation.outbox

    # -- coming and going

    def connect(self) -> Deferred[GameClient]:
        """Connect and stay connected; fires with the client once the server knows the device."""
        self.running = True
        known = self.conversation.entrance.known()
        self.conversation.start()
        return known.addCallback(lambda _: self)

    def join(
        self,
        game_id: str | None = None,
        *,
        code: str | None = None,
        key: str | None = None,
        token: str | None = None,
    ) -> Deferred[Joined]:
        """
        Go to a game: by its id, by a typed code, or by the key of a link; by none, as who one is.

        A code of the venue's tables makes us that table's screen, and leads to the game ``venue``.

        :param token: be the device that has this token
        """
        if token is not None:
            self.conversation.entrance.token = token
        return self.conversation.join(Way(game_id=game_id, code=code, key=key))

    def create_game(
        self,
        ruleset: str = "wh40k-10e",
        player1_name: str | None = None,
        player2_name: str | None = None,
        **more: Any,
    ) -> Deferred[Answer]:
        """
        Make a game, as its host; fires when it is there to be seen.

        ``detail["places"]`` of the answer has link, key and codes of every place.

        :param more: other fields of ``game_create``: profile, options, table, rematch_of, swap
        """
        names = {"player1_name": player1_name, "player2_name": player2_name}
        data = {"ruleset": ruleset, **names, **more}
        if data.get("rematch_of") is not None:
            del data["ruleset"]  # the finished game's
        self.conversation.leave()
        return self.send("game_create", data)

    def stop(self) -> Deferred[None]:
        """Say goodbye; fires when the connection is gone. Commands that wait are refused."""
        self.running = False
        whens, self._whens = self._whens, []
        for _, done in whens:
            done.cancel()
        return self.conversation.stop()

    def retry_now(self) -> None:
        """Do not wait for the next attempt to connect."""
        self.conversation.link.retry_now()

    def startService(self) -> None:
        super().startService()
        self.conversation.start()

    def stopService(self) -> Deferred[None]:
        super().stopService()
        return self.stop()

    # -- saying

    def send(
        self,
        type: str,  # noqa: A002 - the envelope's word
        data: Any = None,
        *,
        game_id: str | None = None,
        press: PressKind | None = None,
        player: int = 0,
    ) -> Deferred[Answer]:
        """
        Send any command: *data* is a mapping, or a struct of ``gamesync.domain.commands``.

        :param game_id: None: the game that was joined
        :param press: what kind of press of the clock it is; such a one is dated, and not sent late
        """
        plain = data if isinstance(data, Whole) else msgspec.to_builtins(data or {})
        conversation = self.conversation
        pending = self.outbox.put(
            type, trimmed(plain), now_ms=conversation.now_ms(), game_id=game_id, press=press,
            player=player, offline=conversation.offline,
        )  # fmt: skip
        if game_id is None and type not in ("game_create", "game_list"):
            pending.game_id = self.mirror.game_id
        conversation.flush()
        return pending.done

    def send_game_state(self, state: Any) -> Deferred[Answer]:
        """The seed's: correct the state; with both players' names and no game, make one."""
        return self.send("game_state", state)

    def heartbeat(self) -> None:
        """Say that we are here; it is also done by itself."""
        self.conversation.heartbeat()

    def watch_lobby(self) -> None:
        """Keep the list of games; ``on_lobby`` is called with it now and when it changes."""
        self.conversation.watch_lobby()

    # -- how things stand

    @property
    def ws(self) -> Link | None:
        """The connection; None while there is none."""
        return self.conversation.link if self.connected else None

    @property
    def connected(self) -> bool:
        return self.conversation.link.connected

    @property
    def connection(self) -> tuple[State, Reason]:
        link = self.conversation.link
        return link.state, link.reason

    @property
    def status(self) -> Status:
        """Whether what is shown is live, stale or refused."""
        return self.mirror.status(self.conversation.now_ms())

    @property
    def client_id(self) -> str | None:
        return self.conversation.client_id

    @property
    def token(self) -> str | None:
        return self.conversation.entrance.token

    @property
    def game_id(self) -> str | None:
        return self.mirror.game_id

    @property
    def state(self) -> dict[str, Any] | None:
        return self.mirror.state

    @property
    def version(self) -> int:
        return self.mirror.version

    @property
    def lobby(self) -> dict[str, dict[str, Any]]:
        return self.conversation.lobby.games

    def clock_shown(self, player: int) -> int | None:
        """What the clock of *player* shows now, in milliseconds; None if not known."""
        return self.mirror.clock_shown(player, self.conversation.now_ms())

    def when(self, test: Callable[[dict[str, Any]], bool]) -> Deferred[dict[str, Any]]:
        """Fires with the state as soon as *test* is true of it; may be cancelled."""
        done: Deferred[dict[str, Any]] = Deferred()
        if self.state is not None and test(self.state):
            done.callback(self.state)
        else:
            self._whens.append((test, done))
        return done

    # -- what comes; to be overridden, too

    def handle_messages(self, payload: bytes) -> None:
        """Take one frame from the server."""
        self.conversation.said(payload)

    def process_message(self, message: Message) -> None:
        """Called with every message, before anything is done with it."""

    def handle_disconnect(self, reason: Reason) -> None:
        """Called when an open connection was lost, or could not be made."""

    def handle_connection(self, state: State, reason: Reason) -> None:
        if state is not State.CONNECTED and reason.kind is not Kind.STARTING:
            self.handle_disconnect(reason)
        if self.on_connection is not None:
            self.on_connection(state, reason)

    def handle_status(self, status: Status) -> None:
        if self.on_status is not None:
            self.on_status(status)

    def handle_lobby(self) -> None:
        if self.on_lobby is not None:
            self.on_lobby(self.lobby)

    def handle_change(self, message: Message) -> None:
        state = self.state
        if state is None:
            return
        if self.on_change is not None:
            self.on_change(state, message)
        waiting, self._whens = self._whens, []
        for test, done in waiting:
            if done.called:
                continue
            if test(state):
                done.callback(state)
            else:
                self._whens.append((test, done))
