"""
LoopingCall beats: for people, for the store, and to look whether anything is late.

No beat is the source of time: a clock's state is an instant and what it showed then, and each
beat only reads it. A beat that fails is logged and goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ..domain.values import Millis
from ..domain.view import clock_view
from ..game_room import GameRoom
from ..store import Unavailable
from ..wire import messages as m
from ..wire.codec import encode
from .hub import Hub
from .membership import Membership

TICK_S = 1.0
SWEEP_S = 5.0
TOKENS_S = 60.0
PULSE_IDLE_MS: Millis = 10_000
"""Between heartbeat rows while no clock runs: spare the card."""


class Ticks(Service):
    """
    Every second: beats, presence, links that went silent, the heartbeat row.
    Every five: deadlines of games that are not open, rooms that nobody needs.
    Every minute: tokens that have become too old.
    """

    _log = Logger()

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._calls: list[LoopingCall] = []

    def startService(self) -> None:
        super().startService()
        self._hub.registry.watch_time()
        beats = (TICK_S, self.tick), (SWEEP_S, self._sweep), (TOKENS_S, self._retire)
        for seconds, work in beats:
            call = LoopingCall(self._guarded, work)
            call.clock = self._hub.reactor
            call.start(seconds, now=False)
            self._calls.append(call)

    def stopService(self) -> None:
        super().stopService()
        for call in self._calls:
            if call.running:
                call.stop()
        self._calls.clear()
        self._hub.registry.watch_time(False)

    def _guarded(self, work: Callable[[], Awaitable[None]]) -> Deferred[None]:
        """One exception would end a LoopingCall for good."""
        done: Deferred[None] = Deferred.fromCoroutine(work())  # type: ignore[arg-type]
        return done.addErrback(lambda f: self._log.failure("a beat failed", failure=f))

    async def _sweep(self) -> None:
        with suppress(Unavailable):  # of that others speak; there is a next time
            await self._hub.registry.sweep()

    async def _retire(self) -> None:
        self._hub.retire()

    async def tick(self) -> None:
        hub, registry = self._hub, self._hub.registry
        registry.look_back()
        running = False
        for room in list(registry.rooms.values()):
            if room.stream is None:
                continue
            running = running or room.game.clock.running
            try:
                self._link(room)
                self._beat(room)
                self._presence(room)
                registry.lobby.present(room)
            except Exception:
                self._log.failure("a beat of {room} broke", room=room.id)
        quiet = hub.now() - registry.commits.durable_ms
        if quiet >= (TICK_S * 1000 if running else PULSE_IDLE_MS):
            registry.commits.pulse()

    def _link(self, room: GameRoom) -> None:
        heard = room.silent_since(self._hub.now())
        if heard is not None and self._hub.live and not room.waiting:
            self._hub.registry.link_lost(room, heard)

    def _beat(self, room: GameRoom) -> None:
        if not room.game.clock.running:
            return
        now, frame = self._hub.now(), None
        for watcher in tuple(room.watchers):
            assert isinstance(watcher, Membership)
            if now - watcher.beat_at < watcher.session.beat_ms - TICK_S * 500:
                continue
            watcher.beat_at = now
            frame = frame or self._beat_frame(room, now)
            watcher.tell(None, frame)

    def _beat_frame(self, room: GameRoom, now: Millis) -> bytes:
        clock = clock_view(room.game, now)
        data = m.Beat(
            now=now,
            beat=True,
            side=clock.side,
            running=clock.running,
            p1_ms=clock.p1_ms,
            p2_ms=clock.p2_ms,
            flag_at=clock.flag_at,
            time_remaining=(clock.p1_ms, clock.p2_ms),
        )
        return encode(
            m.Outbound(
                type=data.TYPE,
                data=data,
                timestamp=self._hub.wall(),
                game_id=room.id,
                version=room.version,
            )
        )

    def _presence(self, room: GameRoom) -> None:
        present = []
        observers = 0
        for watcher in room.watchers:
            assert isinstance(watcher, Membership)
            who = room.who(watcher.device)
            if not who.rights:
                observers += 1
                continue
            present.append(
                m.Present(
                    device=watcher.device,
                    name=watcher.session.name or who.name,
                    role=who.role,
                    player=who.seats[0] if who.seats else 0,
                    link=watcher.link,
                )
            )
        there = {p.device for p in present}
        gone = [
            m.Present(device=d.id, name=d.name, role=d.role, player=d.player, link="gone")
            for d in room.game.devices
            if d.id not in there
        ]
        devices = tuple(sorted((*present, *gone), key=lambda p: (p.device, p.link)))
        data = m.PresenceData(devices=devices, observers=observers)
        if data != room.presence:
            room.presence = data
        frame = b""
        for watcher in tuple(room.watchers):
            assert isinstance(watcher, Membership)
            if watcher.presence is not room.presence:
                frame = frame or self._presence_frame(room, room.presence)
                watcher.tell_presence(room.presence, frame)

    def _presence_frame(self, room: GameRoom, data: m.PresenceData) -> bytes:
        return encode(
            m.Outbound(
                type=data.TYPE,
                data=data,
                timestamp=self._hub.wall(),
                game_id=room.id,
                version=room.version,
            )
        )
