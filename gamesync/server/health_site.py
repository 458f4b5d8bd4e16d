"""
What is told of the server's own state over HTTP.

To everybody: whether it lives and is ready. To monitoring on the box, or from where the
configuration says: figures. To the organiser: all of it.
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address, ip_network
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from .. import __version__
from ..config import Settings
from ..domain.values import Millis
from . import health
from .answers import Folder, JsonResource, Nothing
from .bearer import Denied, device_of, peer_of, wrong
from .exports import Export
from .health import Check, Resources
from .hub import Hub
from .metrics import CONTENT_TYPE
from .monitor import Monitor

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")
"""Headers of which each means that somebody else stands behind who asks."""


class Alive(JsonResource):
    """``/healthz``: the process lives and its reactor turns; that it answers says so."""

    async def read(self, request: Request) -> tuple[bytes, Any] | None:
        return b"", {"status": "ok"}


class ReadyJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /readyz``."""

    status: str
    """``ready`` or ``not_ready``; the HTTP status says the same."""
    reasons: tuple[str, ...]
    """Why it is not."""
    warnings: tuple[str, ...]
    """What wants somebody's eye."""


class Ready(JsonResource):
    """``/readyz``: whether what is asked of the server would be done."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(monitor.hub)
        self._monitor = monitor

    async def answer(self, request: Request) -> None:
        checks = await self._monitor.health.tried()
        why = health.reasons(checks, "failed")
        body = ReadyJson(
            status="not_ready" if why else "ready",
            reasons=why,
            warnings=health.reasons(checks, "warning"),
        )
        request.setHeader(b"cache-control", b"no-store")
        self.say(request, HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK, body)


class Figures(Resource):
    """
    ``/metrics``: for Prometheus on this box, and where ``metrics_from`` says.

    An address that is only this box's because a proxy on it asks for somebody else does not count:
    a proxy that is not named under ``proxies`` would open them to all the world.
    """

    isLeaf = True

    def __init__(self, monitor: Monitor, allowed: tuple[str, ...]) -> None:
        super().__init__()
        self._monitor = monitor
        self._allowed = tuple(ip_network(each, strict=False) for each in allowed)

    def render_GET(self, request: Request) -> bytes:
        request.setHeader(b"cache-control", b"no-store")
        request.setHeader(b"x-content-type-options", b"nosniff")
        if not self._may(request):
            request.setResponseCode(HTTPStatus.FORBIDDEN)
            request.setHeader(b"content-type", b"text/plain; charset=utf-8")
            return b"name your address under metrics_from\n"
        request.setHeader(b"content-type", CONTENT_TYPE.encode())
        return self._monitor.hub.watch.metrics.text()

    def _may(self, request: Request) -> bool:
        try:
            peer = ip_address(peer_of(request))
        except ValueError:  # a Unix socket's: whoever may open it
            return not self._forwarded(request)
        peer = getattr(peer, "ipv4_mapped", None) or peer
        if peer.is_loopback:
            return not self._forwarded(request)
        return any(peer in network for network in self._allowed)

    def _forwarded(self, request: Request) -> bool:
        visitor = getattr(request, "visitor", None)
        named = visitor is not None and visitor.via is not None
        return not named and any(request.getHeader(name) for name in FORWARDED)


class ConsistencyJson(msgspec.Struct, frozen=True, kw_only=True):
    """The last comparison of memory, log and tables."""

    looking: bool
    at: str | None
    """UTC; null before the first."""
    games: int
    differing: tuple[str, ...]


class QueuesJson(msgspec.Struct, frozen=True, kw_only=True):
    """What waits."""

    commands: int
    """To be made durable."""
    send_bytes: int
    """For peers that have stopped reading."""
    jammed: int
    """Such peers."""


class HealthJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/health``."""

    ready: bool
    version: str
    now: str
    up_ms: Millis
    """Since the start of the process."""
    checks: tuple[Check, ...]
    connections: dict[str, int]
    """By what they joined as; ``none``: nothing yet."""
    games: dict[str, int]
    """Held in memory, by status."""
    clocks_running: int
    queues: QueuesJson
    resources: Resources
    consistency: ConsistencyJson


class Report(Export):
    """``/api/v1/health``, for the organiser."""

    isLeaf = False

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(monitor.hub)
        self._monitor = monitor

    def getChild(self, path: bytes, request: Request) -> Resource:
        return _CheckNow(self._monitor) if path == b"check" else Nothing(self.hub)

    async def export(self, request: Request) -> bool:
        await admit(self.hub, request)
        request.setHeader(b"cache-control", b"private, no-store")
        self.say(request, HTTPStatus.OK, await self._told())
        return True

    async def _told(self) -> HealthJson:
        hub, monitor = self.hub, self._monitor
        checks = await monitor.health.tried()
        last = monitor.consistency.last
        return HealthJson(
            ready=not health.reasons(checks, "failed"),
            version=__version__,
            now=hub.wall(),
            up_ms=round((hub.seconds() - monitor.began_s) * 1000),
            checks=checks,
            connections=dict(health.connections(hub)),
            games=dict(health.games_by_status(hub)),
            clocks_running=health.running_clocks(hub),
            queues=QueuesJson(
                commands=hub.registry.waiting,
                send_bytes=sum(session.line.debt for session in hub.sessions),
                jammed=sum(session.line.jammed for session in hub.sessions),
            ),
            resources=health.resources(),
            consistency=ConsistencyJson(
                looking=monitor.consistency.looking,
                at=last.at if last is not None else None,
                games=last.games if last is not None else 0,
                differing=monitor.consistency.differing,
            ),
        )


class _CheckNow(Export):
    """``POST /api/v1/health/check``: compare memory, log and tables now."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(monitor.hub)
        self._monitor = monitor

    def render_POST(self, request: Request) -> int:
        Deferred.fromCoroutine(self.answer(request)).addErrback(self._broke, request)
        return NOT_DONE_YET

    async def export(self, request: Request) -> bool:
        if request.method != b"POST":
            return False
        await admit(self.hub, request)
        self._monitor.consistency.ask()
        self.say(request, HTTPStatus.ACCEPTED, {"looking": True})
        return True


async def admit(hub: Hub, request: Request) -> None:
    """
    Let the organiser go on.

    :raises Denied: it is somebody else
    """
    device = await device_of(hub, request)
    if device is None:
        raise Denied(HTTPStatus.UNAUTHORIZED)
    if hub.registry.venue.official(device)[0] != "organiser":
        raise wrong(hub, request)


def hang_health(root: Resource, v1: Folder, monitor: Monitor, settings: Settings) -> None:
    """Put all of it where it is found."""
    root.putChild(b"healthz", Alive(monitor.hub))
    root.putChild(b"readyz", Ready(monitor))
    root.putChild(b"metrics", Figures(monitor, settings.metrics_from))
    v1.putChild(b"health", Report(monitor))
