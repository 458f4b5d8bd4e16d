"""The client's heartbeats, and how it finds out that nobody answers them."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.interfaces import IReactorTime

from .timer import Monotonic, Timer

PATIENCE = 2
"""Heartbeats without any word from the server, after which nobody is there."""
_FIRST = (0.25, 0.5)
"""Seconds between the first heartbeats: one of three quick ones had a short round trip."""


class Pulse:
    """
    Calls *beat* every ``interval`` seconds, and *dead* when nothing came for two of them.

    :ivar interval: seconds; the server says what it would like
    """

    def __init__(
        self,
        reactor: IReactorTime,
        monotonic: Monotonic,
        beat: Callable[[], None],
        dead: Callable[[], None],
    ) -> None:
        self.interval = 5.0
        self._monotonic = monotonic
        self._beat = beat
        self._dead = dead
        self._quick: list[float] = []
        self._waiting_since: float | None = None
        self._timer = Timer(reactor, monotonic, self._tick)

    def start(self) -> None:
        """The connection is open: now the server should say something."""
        self._waiting_since = self._monotonic()
        self._quick = []
        self._timer.start(self.interval)

    def greeted(self, interval: float) -> None:
        """It did; beat from now on."""
        self.interval = interval
        self._quick = [*_FIRST]
        self._tick()

    def stop(self) -> None:
        self._timer.stop()

    def alive(self) -> None:
        """Something came from the server."""
        self._waiting_since = None
        self._timer.look()

    def _tick(self) -> None:
        now = self._monotonic()
        since = self._waiting_since
        if since is not None and now - since >= PATIENCE * self.interval:
            self.stop()
            self._dead()
            return
        if since is None:
            self._waiting_since = now
        self._timer.start(self._quick.pop(0) if self._quick else self.interval)
        self._beat()
