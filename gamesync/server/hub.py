"""What every session shares: the registry, the limits, time, and the few counters of a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs
from twisted.internet.interfaces import IReactorTime

from ..domain.values import Millis
from ..limits import Bucket, Limits
from ..registry import Registry
from .guesses import Guesses
from .tokens import Tokens
from .watch import Watch

if TYPE_CHECKING:
    from .session import Session


@attrs.define(kw_only=True)
class Hub:
    """One server, as its sessions see it."""

    registry: Registry
    limits: Limits
    reactor: IReactorTime
    wall: Callable[[], str]
    """UTC in ISO 8601; for envelopes."""
    random: Callable[[int], bytes]
    guesses: Guesses
    watch: Watch = attrs.field(factory=Watch)
    """Where it is noted what happens."""
    slept: Callable[[], Millis] = lambda: 0
    """How long the box has been suspended since last asked."""
    ping_interval_ms: Millis = 30_000
    ping_timeout_ms: Millis = 10_000
    heartbeat_ms: Millis = 5_000
    beat_ms: Millis = 5_000
    sessions: set[Session] = attrs.field(factory=set)
    """Every open session; emptied by the sessions themselves as they close."""
    stopping: bool = False
    match_buckets: dict[str, Bucket] = attrs.field(factory=dict)
    by_device: dict[str, set[Session]] = attrs.field(factory=dict)
    """Open sessions by the device that they speak for."""
    tokens: Tokens = attrs.field(init=False)
    """How old the tokens of connected devices are."""
    _sweep_at: int = attrs.field(init=False, default=64)

    def __attrs_post_init__(self) -> None:
        venue = self.registry.venue
        self.tokens = Tokens(
            self.registry.store, self.limits, venue.lasting, self.registry.maker.hosts
        )
        self.registry.slept = self.slept

    def enter(self, session: Session) -> None:
        """*session* speaks for its device from now on."""
        self.by_device.setdefault(session.device, set()).add(session)

    def leave(self, session: Session) -> None:
        """It does so no more."""
        alike = self.by_device.get(session.device)
        if alike is not None:
            alike.discard(session)
            if not alike:
                del self.by_device[session.device]

    def retire(self) -> None:
        """Part with the devices whose tokens have come to their end."""
        for device in self.tokens.look(self.by_device):
            for session in tuple(self.by_device.get(device, ())):
                session.outlived()

    def now(self) -> Millis:
        return self.registry.store.now()

    def seconds(self) -> float:
        return self.reactor.seconds()

    @property
    def live(self) -> bool:
        """Whether what is shown is the truth: the store takes what is decided."""
        began = self.registry.commits.began_ms
        stuck = began is not None and self.now() - began > self.registry.restart_grace_ms
        return not (stuck or self.registry.commits.trouble)

    def match_bucket(self, game_id: str) -> Bucket:
        """The budget of commands that one match has, from all its connections."""
        bucket = self.match_buckets.get(game_id)
        if bucket is None:
            if len(self.match_buckets) >= self._sweep_at:
                self._sweep()
            bucket = self.match_buckets[game_id] = Bucket(
                self.limits.match_commands_per_second, self.limits.match_commands_burst
            )
        return bucket

    def _sweep(self) -> None:
        """Forget full buckets, which are as good as new ones; seldom enough to cost nothing."""
        now = self.seconds()
        self.match_buckets = {k: b for k, b in self.match_buckets.items() if not b.full(now)}
        self._sweep_at = max(64, 2 * len(self.match_buckets))
