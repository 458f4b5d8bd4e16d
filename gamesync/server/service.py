"""
Assembles the server: settings in, a service tree out. The only module that knows every part.

Start: the file is checked and migrated, every endpoint is bound (both fail the start, in one
sentence), the store is opened, every running game is brought to the present, and only then is
anybody let in. Stop: nobody more is let in, what waits is committed, everybody is told when to come
back, and the store is closed.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from twisted.application.service import IService, MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from ..access import Secrets
from ..asking import Around
from ..config import BadConfig, Settings
from ..domain import rulebook
from ..domain.ruleset import BadRuleset, Ruleset
from ..domain.values import Refused
from ..hosting import Hosting
from ..registry import Registry
from ..storage.schema import MEMORY
from ..storage.sqlite import SqliteStore
from ..store import Boot
from ..wire.errors import CloseCode
from . import care, forgetting, takeout
from .about import Box
from .box_names import box_names
from .channel import GuardedSite
from .control import Control, Doing, socket_path
from .forgetting import Forgetting
from .front import FrontFactory
from .gate import Gate
from .guesses import Guesses
from .head import Door, own_names
from .health import Signs
from .https_only import HttpsOnly
from .hub import Hub
from .inherited import inherited
from .keeper import Keeper
from .keys import Key, Keys, doings
from .listen import CannotListen, Certificate, Listener, tcp
from .metered import Metered
from .monitor import Monitor
from .reach import Reach
from .safety import Safety
from .session import Session
from .site import site
from .ticks import Ticks
from .watch import Watch
from .websocket import ConnectionFactory

COME_BACK_MS = 1_500
"""After a stop for a restart: when to try again first."""


def _past(boot: Boot) -> str:
    """What came before this start, for the log."""
    if boot.fresh:
        return "the database is new"
    return "down for an unknown time" if boot.gap_ms is None else f"down for {boot.gap_ms} ms"


def wall() -> str:
    """UTC, ISO 8601, milliseconds; for people."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def secret_key(database: str) -> bytes:
    """
    The box's key, from the file beside the database; made on the first start.

    :raises BadConfig: it cannot be read or made
    """
    if database == ":memory:":
        return secrets.token_bytes(32)
    path = Path(f"{database}.key")
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            key = path.read_bytes()
        except OSError as e:
            raise BadConfig(f"the box's key {path} cannot be read: {e.strerror}") from e
        if len(key) != 32:
            raise BadConfig(f"the box's key {path} is damaged: it has 32 bytes") from None
        return key
    except OSError as e:
        raise BadConfig(f"the box's key {path} cannot be made: {e.strerror}") from e
    with os.fdopen(handle, "wb") as file:
        file.write(key := secrets.token_bytes(32))
        file.flush()
        os.fsync(file.fileno())
    return key


def rulesets(folder: str) -> dict[str, Ruleset]:
    """
    Those that ship, and the house's own over them.

    :raises BadConfig: the folder cannot be read, or a ruleset in it is not one
    """
    found = dict(rulebook.shipped())
    if folder:
        try:
            files = {p.name: p.read_bytes() for p in sorted(Path(folder).glob("*.json"))}
            if not Path(folder).is_dir():
                raise BadConfig(f"rulesets: {folder} is not a folder")
            found |= rulebook.house(files)
        except OSError as e:
            raise BadConfig(f"rulesets: {e.filename} cannot be read: {e.strerror}") from e
        except BadRuleset as e:
            raise BadConfig(f"rulesets: {e}") from e
    return found


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
        keeper: Keeper | None = None,
        monitor: Monitor | None = None,
        safety: Safety | None = None,
    ) -> None:
        self.settings = settings
        self.keys = Keys(hub.registry)
        self.hub = hub
        self.store = store
        self.listeners = listeners
        self.gate = gate
        self.keeper = keeper
        self.monitor = monitor or Monitor(hub, settings.database)
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


@attrs.frozen(kw_only=True)
class Parts:
    """What :func:`build` has made, for those who need to look inside."""

    root: IService
    server: Server
    hub: Hub


def build(settings: Settings, reactor: Any, store: SqliteStore | None = None) -> Parts:
    """
    The server that *settings* describe, not started.

    :raises BadConfig: the settings cannot be had
    :raises gamesync.storage.schema.BadDatabase: the file cannot be served
    """
    # An NTP step of an hour would make every pending call fire at once: Twisted's default is
    # wall time. Before anything is scheduled, so that no call has been timed by the other clock.
    if getattr(reactor.seconds, "__name__", "") != "advance" and hasattr(reactor, "doIteration"):
        reactor.seconds = time.monotonic
    limits = settings.limits
    store = store or SqliteStore(settings.database, reactor, backups=settings.backup_folder)
    store.prepare()
    around = Around(
        wall=wall,
        dice=lambda: secrets.randbits(48),
        secrets=Secrets(secret_key(settings.database)),
    )
    watch = Watch(traffic=settings.log_level == "debug")
    registry = Registry(
        Metered(store, watch, reactor.seconds),
        around,
        reactor,
        rulesets(settings.rulesets),
        Hosting(
            a_device=limits.device_games,
            an_address=limits.address_games,
            in_all=limits.open_games,
            unstarted_ms=limits.unstarted_minutes * 60_000,
        ),
        random_id=lambda: secrets.token_hex(6),
        restart_grace_ms=settings.restart_grace * 1000,
    )
    hub = Hub(
        registry=registry,
        limits=limits,
        reactor=reactor,
        wall=wall,
        random=secrets.token_bytes,
        guesses=Guesses(limits),
        watch=watch,
        slept=store.time.slept,
        ping_interval_ms=settings.ping_interval * 1000,
        ping_timeout_ms=settings.ping_timeout * 1000,
    )
    door = Door(
        hosts=own_names() | {h.lower() for h in settings.hosts},
        origins=frozenset(settings.origins),
        proxies=frozenset(settings.proxies),
    )
    gate = Gate(reactor.seconds, limits, door)
    connections = ConnectionFactory(reactor, lambda line: Session(hub, line), limits, door)
    keeper = _keeper(settings, reactor)
    box = Box(
        settings=settings,
        door=door,
        reach=lambda: server.reach,
        plain=lambda: server.plain_reach,
        authority=lambda: None if keeper is None else keeper.authority,
    )
    https_only = HttpsOnly(door, lambda: server.reach) if settings.https_only else None
    safety = _safety(settings, reactor, store, hub)
    signs = Signs(
        backups=lambda: None if safety is None else safety.backups,
        database_moved=lambda: "" if safety is None else safety.moved,
        certificate_ends=lambda: server.certificate_expires_at,
        refused=lambda: dict(gate.refusals),
    )
    monitor = Monitor(hub, settings.database, signs)
    guarded = GuardedSite(site(hub, box, monitor), reactor, limits, door, https_only)
    front = FrontFactory(reactor, guarded, connections, gate)
    certificate = None if keeper is None else keeper.certificate
    listeners = _listeners(settings, reactor, front, certificate)
    server = Server(reactor, settings, hub, store, listeners, gate, keeper, monitor, safety)
    root = MultiService()
    server.setServiceParent(root)
    return Parts(root=root, server=server, hub=hub)


def _safety(settings: Settings, reactor: Any, store: SqliteStore, hub: Hub) -> Safety | None:
    if settings.database == MEMORY:
        return None
    return Safety(
        reactor,
        store,
        hub.registry.commits.pulse,
        folder=settings.backup_folder,
        hours=settings.backup_hours,
    )


def _keeper(settings: Settings, reactor: Any) -> Keeper | None:
    if not settings.certificate:
        return None
    key = Path(settings.private_key) if settings.private_key else None
    certificate = Certificate(Path(settings.certificate), key)
    return Keeper(reactor, certificate, lambda: box_names(settings))


def _listeners(
    settings: Settings, reactor: Any, front: FrontFactory, certificate: Certificate | None
) -> list[Listener]:
    ours = inherited(reactor, settings.listen) or [tcp(settings.ws_host, settings.ws_port)]
    further = list(settings.listen)
    if settings.demo and settings.certificate:  # its clients know no authority
        further.append(tcp("127.0.0.1", 0))
    return [
        *(Listener(reactor, endpoint, front, certificate) for endpoint in ours),
        *(Listener(reactor, endpoint, front) for endpoint in further),
    ]


def assemble(settings: Settings, reactor: Any) -> IService:
    """Options in, a service tree out; see :func:`build`."""
    return build(settings, reactor).root


Assemble = Callable[[Settings, Any], IService]
