"""
Looks after one server while it runs: its health, its figures, and whether its state hangs together.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import attrs
from twisted.application.service import Service
from twisted.logger import ILogObserver, Logger, LogLevel, globalLogPublisher
from zope.interface import implementer

from .. import __version__
from ..storage.schema import MEMORY
from . import health
from .consistency import Consistency
from .health import Check, Health, Signs
from .hub import Hub
from .metrics import Count, Gauge
from .watch import Lateness

LOOK_S = 5.0
"""How often it is looked whether the server is ready, so that the log says when it was not."""


class Monitor(Service):
    """
    :ivar began_s: when it was made, on the reactor's clock
    :ivar health: what is wrong just now
    :ivar consistency: whether memory, log and tables agree
    """

    _log = Logger()

    def __init__(
        self,
        hub: Hub,
        database: str = MEMORY,
        signs: Signs | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.hub = hub
        self.began_s = hub.seconds()
        self.consistency = Consistency(hub)
        self.health = Health(
            hub=hub,
            database=database,
            signs=signs or Signs(),
            now_s=now_s,
            differing=lambda: self.consistency.differing,
        )
        self._lateness = Lateness(hub.reactor, hub.watch)
        self._counted = _Counted(hub)
        self._said: tuple[str, ...] = ()
        self._timer: Any = None
        hub.watch.metrics.look_at(*self._gauges())

    def startService(self) -> None:
        super().startService()
        self.hub.registry.told = self.hub.watch.metrics.told
        globalLogPublisher.addObserver(self._counted)
        self._lateness.start()
        self.consistency.start()
        self._timer = self.hub.reactor.callLater(LOOK_S, self._look)

    def stopService(self) -> None:
        super().stopService()
        self._lateness.stop()
        self.consistency.stop()
        globalLogPublisher.removeObserver(self._counted)
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _look(self) -> None:
        self._timer = self.hub.reactor.callLater(LOOK_S, self._look)
        found = health.reasons(self.health.checks(), "failed")
        if found != self._said:
            if found:
                self._log.error("not ready: {reasons}", reasons=", ".join(found))
            else:
                self._log.info("ready again")
            self._said = found

    # -- figures that are looked at when they are asked for

    def _gauges(self) -> tuple[Gauge, ...]:
        hub, look = self.hub, self.health
        return (
            Gauge(
                "gamesync_info", "Which version runs", lambda: {__version__: 1.0}, label="version"
            ),
            Gauge(
                "gamesync_connections",
                "Open WebSockets, by what they joined as; none: nothing yet",
                lambda: dict(health.connections(hub)),
                label="role",
            ),
            Count(
                "gamesync_connections_refused",
                "Connections turned away, by reason",
                look.signs.refused,
                label="reason",
            ),
            Gauge(
                "gamesync_games",
                "Games held in memory, by status",
                lambda: dict(health.games_by_status(hub)),
                label="status",
            ),
            Gauge(
                "gamesync_clocks_running",
                "Games whose clock runs",
                lambda: {"": health.running_clocks(hub)},
            ),
            Gauge(
                "gamesync_commands_waiting",
                "Commands that wait to be made durable",
                lambda: {"": hub.registry.waiting},
            ),
            Gauge(
                "gamesync_send_queue_bytes",
                "What waits for peers that have stopped reading",
                lambda: {"": sum(session.line.debt for session in hub.sessions)},
            ),
            Gauge(
                "gamesync_send_queue_connections",
                "Peers that have stopped reading",
                lambda: {"": sum(session.line.jammed for session in hub.sessions)},
            ),
            Gauge(
                "gamesync_check_failed",
                "1 where a check of /readyz fails, 0.5 where it warns",
                lambda: {check.name: _WEIGHT[check.state] for check in look.checks()},
                label="check",
            ),
            Gauge(
                "gamesync_durable_age_seconds",
                "Since something was last made durable; 10 s is usual while no clock runs",
                lambda: {"": self._value("storage", "durable_ms", 1000)},
            ),
            Gauge(
                "gamesync_disk_free_bytes",
                "Left on the database's disk",
                lambda: self._known("disk", "free_bytes"),
            ),
            Gauge(
                "gamesync_database_bytes",
                "Size of the database with its log",
                lambda: self._known("database", "database_bytes"),
            ),
            Gauge(
                "gamesync_certificate_expiry_timestamp_seconds",
                "When the certificate is good no more",
                lambda: _if(look.signs.certificate_ends()),
            ),
            Gauge(
                "gamesync_backup_last_timestamp_seconds",
                "When the newest backup was made",
                lambda: _if(known.last_at if (known := look.signs.backups()) else None),
            ),
            Gauge(
                "gamesync_state_differing_games",
                "Games of which memory, log and tables did not agree at the last look",
                lambda: {"": len(self.consistency.differing)},
            ),
        )

    def _check(self, name: str) -> Check:
        return next(check for check in self.health.checks() if check.name == name)

    def _value(self, check: str, value: str, divisor: int = 1) -> float:
        return float(self._check(check).values.get(value) or 0) / divisor

    def _known(self, check: str, value: str) -> dict[str, float]:
        found = self._check(check).values.get(value)
        return _if(None if found is None else float(found))


_WEIGHT = {"ok": 0.0, "warning": 0.5, "failed": 1.0}


def _if(number: float | None) -> dict[str, float]:
    return {} if number is None else {"": number}


@implementer(ILogObserver)
@attrs.define(eq=False)
class _Counted:
    """Counts what the log warns of."""

    hub: Hub

    def __call__(self, event: dict[str, Any]) -> None:
        level = event.get("log_level")
        if level is not None and level >= LogLevel.warn:
            self.hub.watch.metrics.logged(level.name)
