"""
What goes on between this device and the server, over all its connections.

It knows the order of things: greeting, ``connect``, what was missed, then the commands that wait.
The link below knows nothing of games; mirror, outbox and lobby beside it nothing of sockets.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger

from .entering import Device, Joined, Way
from .entrance import Entrance
from .envelope import Garbled, Message, read, write
from .link import Link, State, delay
from .lobby import Lobby
from .mirror import Came, Mirror, Status
from .outbox import HOST_KEEPS_MS, PLAYER_KEEPS_MS, ClientRefused, Outbox, Pending, settle
from .pulse import Pulse
from .talk import Kind, Reason
from .timer import Monotonic, Timer
from .tokens import TokenStore

HEARTBEAT_MIN, HEARTBEAT_MAX = 1.0, 120.0
_STATUS_SECONDS = 0.5


class Listener(Protocol):
    """What a conversation tells the app."""

    def handle_connection(self, state: State, reason: Reason) -> None: ...
    def handle_status(self, status: Status) -> None: ...
    def process_message(self, message: Message) -> None: ...
    def handle_change(self, message: Message) -> None: ...
    def handle_lobby(self) -> None: ...


class Conversation:
    """
    :ivar client_id: names the present connection; None before the first greeting
    """

    _log = Logger()

    def __init__(
        self,
        server_url: str,
        reactor: Any,
        listener: Listener,
        tokens: TokenStore,
        device: Device,
        *,
        monotonic: Monotonic = time.monotonic,
        ca_file: str | None = None,
        endpoint: IStreamClientEndpoint | None = None,
        delay: Callable[[int], float] = delay,
    ) -> None:
        self.mirror = Mirror()
        self.outbox = Outbox()
        self.lobby = Lobby()
        self.client_id: str | None = None
        self._listener = listener
        self._device = device
        self._monotonic = monotonic
        self._status: Status | None = None
        self._broken_at = 0
        self._cut_off = True
        self.link = Link(
            server_url, self, reactor,
            ca_file=ca_file, endpoint=endpoint, monotonic=monotonic, delay=delay,
        )  # fmt: skip
        self.entrance = Entrance(server_url, device, tokens, self.mirror, self.link.say)
        self.pulse = Pulse(reactor, monotonic, self.heartbeat, self._nobody_there)
        self._again = Timer(reactor, monotonic, self._try_again)
        self._watch = Timer(reactor, monotonic, self._look_at_status)

    def now_ms(self) -> float:
        """The local monotonic clock."""
        return self._monotonic() * 1000

    # -- what the app asks

    def start(self) -> None:
        self.link.start()
        self._look_at_status()

    def stop(self) -> Deferred[None]:
        """Nothing more is sent; what was not answered is refused as ``stopped``."""
        self._again.stop()
        self._watch.stop()
        self.pulse.stop()
        gone = self.link.stop()
        error = ClientRefused("stopped", "the client was stopped")
        self.outbox.fail_all(error)
        self.entrance.fail(error)
        return gone

    def join(self, way: Way) -> Deferred[Joined]:
        """Go to a game, or say only who we are; from now on after each reconnection, too."""
        joining = self.entrance.wish(way)
        if self.mirror.connected:
            self._connect()
        return joining

    def leave(self) -> None:
        """Forget the game, and let the server tell no more of it; the device keeps its place."""
        game_id = self.mirror.game_id
        self.entrance.way = Way()
        self.mirror.leave()
        if game_id is not None and self.entrance.identified:
            self.link.say(write("leave", {}, game_id=game_id))

    @property
    def offline(self) -> bool:
        """Whether what is pressed now is pressed on our own account."""
        return self._cut_off

    def heartbeat(self) -> None:
        """Say that we are here; the answer brings the server's time."""
        data: dict[str, Any] = {"t0": self.now_ms()}
        rtt = self.mirror.clock.rtt_ms
        if rtt is not None:
            data["rtt_ms"] = round(rtt, 3)
        self.link.say(write("heartbeat", data))
        self._look_at_status()

    # -- what the link calls

    def opened(self) -> None:
        self.pulse.start()

    def alive(self) -> None:
        self.pulse.alive()
        self._again.look()

    def changed(self, state: State, reason: Reason) -> None:
        if state is not State.CONNECTED:
            self._lost()
        if not reason.come_back:
            self.mirror.refused(reason.words)
        self._tell(self._listener.handle_connection, state, reason)
        self._look_at_status()

    def said(self, payload: bytes) -> None:
        try:
            message = read(payload)
        except Garbled as error:
            self._log.warn("{error}", error=str(error))
            self.link.drop("what answers there is no server of ours", Kind.TURNED_AWAY)
            return
        self._tell(self._listener.process_message, message)
        self._handle(message)
        self.flush()
        self._look_at_status()

    # -- the way of a message

    def _handle(self, message: Message) -> None:
        now = self.now_ms()
        about_us = message.type == "connect" and "client_id" in message.data
        if about_us and "role" not in message.data:
            self.client_id = str(message.data.get("client_id", ""))
            self.mirror.greeted(message, now)
            self.pulse.greeted(self._heartbeat_seconds())
            self._connect()
        elif self.entrance.is_answer(message):
            if message.type == "connect":
                self._joined(message, now)
            else:
                self._not_joined(message)
        elif about_us:
            pass  # to a question that a newer one has taken the place of
        elif message.type == "disconnect":
            data = message.data
            retry = float(data.get("retry_after_ms", 0)) / 1000
            self.link.advised(str(data.get("why", "")), bool(data.get("come_back", True)), retry)
        else:
            self._received(message, now)

    def _received(self, message: Message, now: float) -> None:
        came = self.mirror.received(message, now)
        if came is Came.GAP:
            self._connect()
        elif came is Came.CHANGED:
            self._tell(self._listener.handle_change, message)
        if message.type == "game_list" and message.id is None:
            after = self.lobby.news(message.data)
            self._tell(self._listener.handle_lobby)
            if after is not None:
                self.watch_lobby(after)
        if message.id is not None:
            pending = self.outbox.answered(message, now)
            if pending is not None:
                self._answered(pending, message)

    def _answered(self, pending: Pending, message: Message) -> None:
        made = message.type == "ack" and message.game_id is not None
        if made and (pending.type == "game_create" or pending.game_id is None):
            # A game was made, and we are its host; whoever made it wants to see it.
            self.join(Way(game_id=message.game_id)).addBoth(lambda _: settle(pending, message))
        else:
            settle(pending, message)

    def _connect(self) -> None:
        self.entrance.ask(round(self._heartbeat_seconds() * 1000))

    def _joined(self, message: Message, now: float) -> None:
        first = not self.entrance.identified
        came = self.entrance.joined(message, now)
        if came is Came.GAP:
            self._connect()
            return
        self.outbox.keeps_ms = HOST_KEEPS_MS if self._is_table else PLAYER_KEEPS_MS
        if came is Came.CHANGED:
            self._tell(self._listener.handle_change, message)
        if self.lobby.wanted and first:
            self.watch_lobby()
        self.entrance.settle()

    @property
    def _is_table(self) -> bool:
        return "host" in self.mirror.rights

    def _not_joined(self, message: Message) -> None:
        error = ClientRefused.of(message)
        rejoining = not self.entrance.waited_for
        wait = self.entrance.refused(error)
        if wait is not None:
            self._again.start(wait)
            return
        if rejoining:
            self.outbox.fail_all(error)
        if self.entrance.later:
            self._connect()

    # -- the commands that wait

    def flush(self) -> None:
        """Send the first command that waits in the outbox, if this is the time for it."""
        mirror, entrance = self.mirror, self.entrance
        if not entrance.settled or (entrance.way.game_id is not None and not mirror.synced):
            return
        if self._cut_off and not self._back():
            return
        now = self.now_ms()
        pending = self.outbox.next(now, mirror.clock.at, mirror.game_id)
        if pending is not None:
            frame = write(pending.type, pending.data, game_id=pending.game_id, id_=pending.id)
            if not self.link.say(frame):
                pending.on_its_way = False
            return
        wait = self.outbox.wait_ms(now)
        if wait is not None:
            self._again.start(wait / 1000)

    def _back(self) -> bool:
        """
        We know all that happened while we were away; now the others learn what we did.

        :return: False: a first heartbeat is on its way, and with it the time of what was pressed
        """
        if self.mirror.clock.best is None and len(self.outbox):
            return False
        self._cut_off = False
        if self._is_table:
            alone = self.mirror.others_pressed <= self._broken_at
            since = self.mirror.version if alone else self._broken_at
            self.outbox.fold(since, self.mirror.clock.at)
        return True

    def _try_again(self) -> None:
        if self.mirror.connected and self.entrance.later:
            self._connect()
        self.flush()

    def _tell(self, call: Callable[..., None], *args: object) -> None:
        """A fault of the app is no reason to lose a message."""
        try:
            call(*args)
        except Exception:
            self._log.failure("the app broke on news of its game")

    # -- how things stand

    def watch_lobby(self, after: str = "") -> None:
        """Ask for the list of games, page by page; from then on the server tells what changes."""
        self.lobby.wanted = True
        if any(p.data.get("subscribe") for p in self.outbox.waiting):
            return  # the first page has been asked for, and is still to come
        pending = self.outbox.put("game_list", self.lobby.question(after), now_ms=self.now_ms())
        pending.done.addCallbacks(self._listed, lambda _: None, callbackArgs=(not after,))
        self.flush()

    def _listed(self, answer: Any, first: bool) -> None:
        after = self.lobby.answered(answer.detail, first)
        self._tell(self._listener.handle_lobby)
        if after is not None:
            self.watch_lobby(after)

    def _heartbeat_seconds(self) -> float:
        wanted = (self._device.heartbeat_ms or self.mirror.heartbeat_ms) / 1000
        return min(max(wanted, HEARTBEAT_MIN), HEARTBEAT_MAX)

    def _nobody_there(self) -> None:
        seconds = round(2 * self.pulse.interval)
        self.link.drop(f"the server has said nothing for {seconds} s")

    def _lost(self) -> None:
        if self.mirror.connected and self.mirror.synced and not self._cut_off:
            self._broken_at = self.mirror.version
        if self.mirror.connected:
            self._cut_off = True
        self.pulse.stop()
        self._again.stop()
        self.entrance.lost()
        self.mirror.lost()
        self.outbox.lost()

    def _look_at_status(self) -> None:
        status = self.mirror.status(self.now_ms())
        if status is not self._status:
            self._status = status
            self._tell(self._listener.handle_status, status)
        if status is Status.LIVE and not self._watch.running:
            self._watch.start(_STATUS_SECONDS)
        elif status is not Status.LIVE:
            self._watch.stop()
