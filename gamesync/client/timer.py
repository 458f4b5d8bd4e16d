"""One call in the future, measured by the monotonic clock whatever clock the reactor keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from twisted.internet.interfaces import IDelayedCall, IReactorTime

Monotonic: TypeAlias = Callable[[], float]
"""Seconds of a clock that is never set; ``time.monotonic``, or a test clock's ``seconds``."""

_ROUNDING = 0.001


class Timer:
    """
    Calls *ring* once, the seconds of ``start`` later.

    A reactor's own clock may be the wall's (Twisted's is, by default): when that is set forward,
    everything scheduled is called at once. So when it is called this looks at the monotonic clock,
    and waits for the rest. When the wall clock is set back a call comes too late; ``look``, called
    when anything else happens, makes up for it.
    """

    def __init__(
        self, reactor: IReactorTime, monotonic: Monotonic, ring: Callable[[], object]
    ) -> None:
        self._reactor = reactor
        self._monotonic = monotonic
        self._ring = ring
        self._due = 0.0
        self._call: IDelayedCall | None = None

    @property
    def running(self) -> bool:
        return self._call is not None

    def start(self, seconds: float) -> None:
        """Ring in so many *seconds*; what was set before is off."""
        self.stop()
        self._due = self._monotonic() + seconds
        self._call = self._reactor.callLater(max(seconds, 0), self._called)

    def stop(self) -> None:
        call, self._call = self._call, None
        if call is not None and call.active():
            call.cancel()

    def look(self) -> None:
        """Ring if it is time, though the reactor may not think so."""
        if self._call is not None and self._monotonic() >= self._due:
            self.stop()
            self._ring()

    def _called(self) -> None:
        self._call = None
        left = self._due - self._monotonic()
        if left > _ROUNDING:
            self._call = self._reactor.callLater(left, self._called)
        else:
            self._ring()
