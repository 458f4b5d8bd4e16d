"""
How the server fares: each thing that can be wrong with it, looked at.

What failed makes the server not ready; what warns leaves it in service and wants somebody's eye.
"""

from __future__ import annotations

import os
import resource
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from ..domain.values import Millis
from ..storage.schema import MEMORY
from .hub import Hub

State: TypeAlias = Literal["ok", "warning", "failed"]

DISK_LOW_BYTES = 256 * 1024 * 1024
DISK_FULL_BYTES = 32 * 1024 * 1024
"""Less than this, and soon nothing can be made durable."""
LATE_MS: Millis = 2_000
"""So late is a reactor that serves nobody well."""
DAY_S = 86_400
CERTIFICATE_SOON_S = 30 * DAY_S
ROUND_TRIP_MS: Millis = 3_000
"""A store that takes longer than this to write down that we live is not ready."""
FRESH_MS: Millis = 1_000
"""What was made durable within this needs not be tried again."""

REASONS: dict[str, State] = {
    "": "ok",
    **dict.fromkeys(("starting", "stopping", "storage", "database_moved", "overloaded"), "failed"),
    **dict.fromkeys(("late", "disk_full", "certificate_over", "state_differs"), "failed"),
    **dict.fromkeys(("disk_low", "certificate_ends", "backup_late", "backup_bad"), "warning"),
}
"""What can be wrong, and how bad that is."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    state: State = "ok"
    reason: str = ""
    """What is wrong, in one of the words that ``docs/operating.md`` lists; empty: nothing."""
    values: dict[str, int | str | None] = {}
    """What was found; names end in their unit."""


@attrs.frozen(kw_only=True)
class Backups:
    """What is known of the backups."""

    every_s: int
    """Between two; 0: none are made."""
    last_at: float | None
    """UTC, seconds since 1970; None: there is none."""
    good: bool
    """The last one could be read and hangs together."""


def _no_backups() -> Backups | None:
    return None


@attrs.define(kw_only=True)
class Signs:
    """What other parts of the server know of themselves."""

    certificate_ends: Callable[[], float | None] = lambda: None
    """UTC, seconds since 1970; None: TLS is not ours."""
    backups: Callable[[], Backups | None] = _no_backups
    database_moved: Callable[[], str] = lambda: ""
    """What has become of the file under our hands; empty: it is where it was."""
    refused: Callable[[], dict[str, float]] = dict
    """Connections turned away since the start, by reason."""


@attrs.define(kw_only=True)
class Health:
    """Looks at everything when asked."""

    hub: Hub
    database: str = MEMORY
    signs: Signs = attrs.field(factory=Signs)
    now_s: Callable[[], float]
    """Wall time, UTC, seconds since 1970: for certificates and backups."""
    differing: Callable[[], tuple[str, ...]] = tuple
    """Games of which memory, log and tables did not agree at the last look."""
    _asking: list[Deferred[None]] = attrs.field(init=False, factory=list)

    def checks(self) -> tuple[Check, ...]:
        """Everything, as it is now."""
        return (
            self._server(),
            self._storage(),
            self._file(),
            self._queue(),
            self._reactor(),
            self._disk(),
            self._certificate(),
            self._backup(),
            self._state(),
        )

    async def tried(self) -> tuple[Check, ...]:
        """The same, after a real round trip to the disk."""
        await self._round_trip()
        return self.checks()

    async def _round_trip(self) -> None:
        """However many ask, one of them tries, and the others hear of it."""
        done: Deferred[None] = Deferred()
        self._asking.append(done)
        if len(self._asking) == 1:
            Deferred.fromCoroutine(self._try()).addBoth(self._was_tried)
        await done

    def _was_tried(self, _: object) -> None:
        asking, self._asking = self._asking, []
        for done in asking:
            done.callback(None)

    async def _try(self) -> None:
        hub, commits = self.hub, self.hub.registry.commits
        asked = hub.now()
        if hub.stopping or hub.registry.boot is None or asked - commits.durable_ms < FRESH_MS:
            return
        commits.pulse()
        until = hub.seconds() + ROUND_TRIP_MS / 1000
        while commits.durable_ms < asked and not commits.trouble and hub.seconds() < until:
            await deferLater(hub.reactor, 0.01)

    def _server(self) -> Check:
        hub = self.hub
        reason = "stopping" if hub.stopping else "" if hub.registry.boot else "starting"
        return _found("server", reason)

    def _storage(self) -> Check:
        hub = self.hub
        commits, now = hub.registry.commits, hub.now()
        durable_ms = now - commits.durable_ms
        stuck = commits.began_ms is not None and now - commits.began_ms > ROUND_TRIP_MS
        bad = stuck or not hub.live
        return _found("storage", "storage" if bad else "", durable_ms=durable_ms)

    def _file(self) -> Check:
        reason = "database_moved" if self.signs.database_moved() else ""
        if self.database == MEMORY:
            return _found("database", reason)
        return _found("database", reason, database_bytes=_size(self.database))

    def _queue(self) -> Check:
        waiting = self.hub.registry.waiting
        full = waiting >= self.hub.limits.writes_queued
        return _found("queue", "overloaded" if full else "", commands=waiting)

    def _reactor(self) -> Check:
        late_ms = self.hub.watch.late_ms
        return _found("reactor", "late" if late_ms > LATE_MS else "", late_ms=late_ms)

    def _disk(self) -> Check:
        if self.database == MEMORY:
            return _found("disk", "")
        free = disk_free(self.database)
        if free is None or free < DISK_FULL_BYTES:
            return _found("disk", "disk_full", free_bytes=free)
        low = free < DISK_LOW_BYTES
        return _found("disk", "disk_low" if low else "", free_bytes=free)

    def _certificate(self) -> Check:
        ends = self.signs.certificate_ends()
        if ends is None:
            return _found("certificate", "")
        left_s = int(ends - self.now_s())
        if left_s <= 0:
            return _found("certificate", "certificate_over", left_s=left_s)
        soon = left_s < CERTIFICATE_SOON_S
        reason = "certificate_ends" if soon else ""
        return _found("certificate", reason, left_s=left_s)

    def _backup(self) -> Check:
        known = self.signs.backups()
        if known is None or not known.every_s:
            return _found("backup", "")
        age_s = None if known.last_at is None else int(self.now_s() - known.last_at)
        late = age_s is not None and age_s > 2 * known.every_s
        reason = "backup_bad" if not known.good else "backup_late" if late else ""
        return _found("backup", reason, age_s=age_s)

    def _state(self) -> Check:
        differing = self.differing()
        return _found("state", "state_differs" if differing else "", games=len(differing))


def _found(name: str, reason: str, **values: int | str | None) -> Check:
    return Check(name=name, state=REASONS[reason], reason=reason, values=values)


def reasons(checks: tuple[Check, ...], state: State) -> tuple[str, ...]:
    """Why, of those that are so."""
    return tuple(check.reason for check in checks if check.state == state)


def disk_free(database: str) -> int | None:
    """Bytes that the server's user may still write beside *database*; None: not to be had."""
    with suppress(OSError):
        found = os.statvfs(Path(database).absolute().parent)
        return found.f_bavail * found.f_frsize
    return None


def _size(path: str) -> int | None:
    """Bytes of the file and of what belongs to it."""
    with suppress(OSError):
        log = Path(f"{path}-wal")
        return os.path.getsize(path) + (log.stat().st_size if log.exists() else 0)
    return None


def connections(hub: Hub) -> Counter[str]:
    """Open WebSockets by what they last joined as; ``none``: nothing yet."""
    return Counter(session.role for session in hub.sessions)


class Resources(msgspec.Struct, frozen=True, kw_only=True):
    """What the process uses."""

    memory_bytes: int
    open_files: int
    open_files_max: int
    cpu_ms: Millis
    """Since its start."""


def resources() -> Resources:
    """As the kernel has it now."""
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    used = resource.getrusage(resource.RUSAGE_SELF)
    return Resources(
        memory_bytes=int(pages) * resource.getpagesize(),
        open_files=len(os.listdir("/proc/self/fd")),
        open_files_max=resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        cpu_ms=round((used.ru_utime + used.ru_stime) * 1000),
    )


def running_clocks(hub: Hub) -> int:
    """Games whose clock runs."""
    return sum(game.clock.running for game in _games(hub))


def games_by_status(hub: Hub) -> Counter[str]:
    """Games that are held in memory: all that anybody is at, and all with a clock that runs."""
    return Counter(game.status for game in _games(hub))


def _games(hub: Hub) -> Iterator[Any]:
    return (room.game for room in hub.registry.rooms.values() if room.stream is not None)
