"""
The server as one service: starts and stops its parts in order, and knows how none of them works.

Start: every endpoint is bound (which fails the start, in one sentence), the store is opened, every
running game is brought to the present, and only then is anybody let in. Stop: nobody more is let
in, what waits is committed, everybody is told when to come back, and the store is closed.
"""

from __future__ import annotations

from typing import Any

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ..config import Settings
from ..domain.values import Refused
from ..storage.schema import MEMORY
from ..storage.sqlite import SqliteStore
from ..store import Boot
from ..wire.errors import CloseCode
from . import care, forgetting, takeout
from .control import Control, Doing, socket_path
from .forgetting import Forgetting
from .gate import Gate
from .hub import Hub
from .keeper import Keeper
from .keys import Key, Keys, doings
from .listen import CannotListen, Listener
from .monitor import Monitor
from .reach import Reach
from .safety import Safety
from .ticks import Ticks

COME_BACK_MS = 1_500
"""After a stop for a restart: when to try again first."""


class Server(Service):
    """
    What runs between the endpoints and the store.

    :ivar ready: fires once everybody is let in; fails if the store cannot be opened
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        settings: Settings,
        hub: Hub,
        store: SqliteStore,
        listeners: list[Listener],
        gate: Gate,
        monitor: Monitor,
        keeper: Keeper | None,
        safety: Safety | None,
    ) -> None:
        self.settings = settings
        self.keys = Keys(hub.registry)
        self.hub = hub
        self.store = store
        self.listeners = listeners
        self.gate = gate
        self.monitor = monitor
        self.keeper = keeper
        self.safety = safety
        self.forgetting = Forgetting(reactor, hub.registry, store, settings.retention_days)
        self.ready: Deferred[None] = Deferred()
        self._reactor = reactor
        self._ticks = Ticks(hub)
        self._control: Control | None = None
        if settings.database != MEMORY:
            self._control = Control(reactor, socket_path(settings.database), self.doings())

    def privilegedStartService(self) -> None:
        """:raises gamesync.server.listen.CannotListen: a port is taken, a certificate is bad"""
        super().privilegedStartService()
        if self.keeper is not None:
            self.keeper.prepare()
        for listener in self.listeners:
            listener.hold()
            listener.privilegedStartService()

    def startService(self) -> None:
        super().startService()
        for listener in self.listeners:
            listener.startService()
        opening: Deferred[None] = Deferred.fromCoroutine(self._open())
        opening.addCallbacks(self.ready.callback, self.ready.errback)

    def doings(self, reach: Reach | None = None) -> dict[str, Doing]:
        """
        What the box itself can ask for.

        :param reach: the links to us; None: those of the endpoints, once we listen
        """
        found = doings(self.keys, lambda secret: (reach or self.reach).organiser(secret))
        found |= takeout.doings(self.hub) | forgetting.doings(self.forgetting)
        return found | ({} if self.safety is None else care.doings(self.safety))

    @property
    def reach(self) -> Reach:
        """The links to us, once we listen."""
        return Reach.of(self.settings, self.listeners[0].port)

    @property
    def plain_reach(self) -> Reach | None:
        """The links to us without TLS, if another port than the first has them."""
        reach = self.reach
        for listener in self.listeners[1:] if reach.secure else ():
            at = getattr(listener.address, "host", None)
            if listener.plain and at in ("0.0.0.0", "::", "", reach.host):  # noqa: S104 - compared
                return attrs.evolve(reach, port=listener.port, secure=False)
        return None

    @property
    def certificate_expires_at(self) -> float | None:
        """When the certificate is good no more, as Unix time in seconds; None: there is none."""
        return None if self.keeper is None else self.keeper.certificate.expires_at

    @property
    def own_url(self) -> str:
        """Where a client in this process reaches us, without TLS."""
        host = self.settings.ws_host
        if self.settings.certificate or host in ("", "0.0.0.0"):  # noqa: S104 - compared, not bound
            host = "127.0.0.1"
        elif ":" in host:
            host = "[::1]" if host == "::" else f"[{host}]"
        port = self.listeners[-1 if self.settings.certificate else 0].port
        return f"ws://{host}:{port}/"

    async def _open(self) -> None:
        boot = await self.hub.registry.open()
        if self.hub.stopping:
            return
        first = await self._first_key()
        self._ticks.startService()
        self.monitor.startService()
        self.forgetting.startService()
        if self.safety is not None:
            self.safety.startService()
        if self.keeper is not None:
            self.keeper.startService()
        if self._control is not None:
            self._control.startService()
        for listener in self.listeners:
            listener.release()
            self._log.info("listening on {port}", port=listener.port or listener.address)
        if first is not None:  # the one secret that a log may have: how else should he come by it?
            self._log.info(
                "the organiser's link, until it is used: {link}",
                link=self.reach.organiser(first.secret),
            )
        self._log.info(
            "serving {count} unfinished games; {past}",
            count=len(self.hub.registry.rooms),
            past=_past(boot),
        )

    async def _first_key(self) -> Key | None:
        try:
            return await self.keys.first()
        except Refused as no:  # the disk takes nothing: the next start makes it
            self._log.error("no organiser's key could be made: {why}", why=str(no))
            return None

    def reload(self) -> None:
        """Read the certificates again; one that is no good leaves the old one in use."""
        for listener in self.listeners:
            try:
                listener.reload()
            except CannotListen as e:
                self._log.error("the certificate stays as it was: {why}", why=str(e))
        self._log.info("configuration read again: certificates")

    def stopService(self) -> Deferred[None]:
        super().stopService()
        stopping: Deferred[None] = Deferred.fromCoroutine(self._stop())
        limit = self.settings.limits.stop_seconds
        return stopping.addTimeout(limit, self._reactor).addErrback(
            lambda f: self._log.failure("not stopped within {limit} s", failure=f, limit=limit)
        )

    async def _stop(self) -> None:
        self.hub.stopping = True
        for listener in self.listeners:
            stopped = listener.stopService()
            if stopped is not None:
                await stopped
        if self._control is not None and self._control.running:
            closed = self._control.stopService()
            if closed is not None:
                await closed
        if self._ticks.running:
            self._ticks.stopService()
            self.monitor.stopService()
            self.forgetting.stopService()
        if self.keeper is not None and self.keeper.running:
            self.keeper.stopService()
        self.hub.registry.close()
        for session in self.hub.sessions:
            session.line.pause_reading()  # what has come in is done; what comes now waits for us
        await self.hub.registry.commits.settled()
        kept = self.hub.tokens.keep_all(self.hub.by_device)
        for session in list(self.hub.sessions):
            session.goodbye(CloseCode.RESTART, "the server restarts", COME_BACK_MS)
        await self._gone()
        await kept
        if self.safety is not None and self.safety.running:
            await self.safety.stopService()
        await self.store.close()

    async def _gone(self) -> None:
        """Until every connection is closed, or long enough."""
        until = self._reactor.seconds() + self.settings.limits.drain_seconds
        while self.gate.open and self._reactor.seconds() < until:
            await deferLater(self._reactor, 0.02)


def _past(boot: Boot) -> str:
    """What came before this start, for the log."""
    if boot.fresh:
        return "the database is new"
    return "down for an unknown time" if boot.gap_ms is None else f"down for {boot.gap_ms} ms"
