"""
Assembles the server: settings in, a service tree out. The only module that knows every part.

Nothing is started here; the file is checked and migrated all the same, for that can fail the start.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
from twisted.application.service import IService, MultiService

from ..access import Secrets
from ..asking import Around
from ..config import Settings
from ..hosting import Hosting
from ..registry import Registry
from ..storage.schema import MEMORY
from ..storage.sqlite import SqliteStore
from .about import Box
from .box_key import secret_key
from .box_names import box_names
from .channel import GuardedSite
from .front import FrontFactory
from .gate import Gate
from .guesses import Guesses
from .head import Door, own_names
from .health import Signs
from .https_only import HttpsOnly
from .hub import Hub
from .inherited import inherited
from .keeper import Keeper
from .listen import Certificate, Listener, tcp
from .metered import Metered
from .monitor import Monitor
from .rulesets import rulesets
from .safety import Safety
from .service import Server
from .session import Session
from .site import site
from .watch import Watch
from .websocket import ConnectionFactory


def wall() -> str:
    """UTC, ISO 8601, milliseconds; for people."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


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
    _by_monotonic_clock(reactor)
    limits = settings.limits
    store = store or SqliteStore(settings.database, reactor, backups=settings.backup_folder)
    store.prepare()
    hub = _hub(settings, reactor, store)
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
    server = Server(reactor, settings, hub, store, listeners, gate, monitor, keeper, safety)
    root = MultiService()
    server.setServiceParent(root)
    return Parts(root=root, server=server, hub=hub)


def _by_monotonic_clock(reactor: Any) -> None:
    """
    Before anything is scheduled, so that no call has been timed by the other clock.

    By Twisted's default, wall time, an NTP step of an hour would make every pending call fire at
    once.
    """
    if getattr(reactor.seconds, "__name__", "") != "advance" and hasattr(reactor, "doIteration"):
        reactor.seconds = time.monotonic


def _hub(settings: Settings, reactor: Any, store: SqliteStore) -> Hub:
    limits = settings.limits
    watch = Watch(traffic=settings.log_level == "debug")
    registry = Registry(
        Metered(store, watch, reactor.seconds),
        Around(
            wall=wall,
            dice=lambda: secrets.randbits(48),
            secrets=Secrets(secret_key(settings.database)),
        ),
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
    return Hub(
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
