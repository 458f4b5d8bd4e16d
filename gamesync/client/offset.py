"""The server's clock, as far as it can be known from here. Pure."""

from __future__ import annotations

from collections import deque

import attrs

SAMPLES = 12
"""Heartbeats remembered: a minute of them."""
_SLACK_MS = 20.0
"""By how much two clocks may drift apart between samples."""


@attrs.frozen
class Sample:
    """One heartbeat: *offset_ms* is right to within half of *rtt_ms*."""

    offset_ms: float
    rtt_ms: float


class ServerClock:
    """
    Game time of the server, from the local monotonic clock (milliseconds, both).

    Of the last heartbeats the one with the shortest round trip counts. Whatever the two ways took,
    the error is at most half of that round trip.
    """

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._guess: float | None = None
        self._last: float | None = None

    def greeted(self, now_ms: float, at_ms: float) -> None:
        """The server said *now_ms* when it was *at_ms* here: a guess, until a heartbeat is back."""
        self._samples.clear()
        self._guess = now_ms - at_ms

    def sample(self, now_ms: float, t0_ms: float, t1_ms: float) -> None:
        """A heartbeat sent at *t0_ms* came back at *t1_ms*; the server said *now_ms*."""
        if t1_ms < t0_ms:
            return
        new = Sample(now_ms - (t0_ms + t1_ms) / 2, t1_ms - t0_ms)
        self._last = new.rtt_ms
        best = self.best
        if best is not None:
            apart = abs(new.offset_ms - best.offset_ms)
            if apart > (new.rtt_ms + best.rtt_ms) / 2 + _SLACK_MS:
                self._samples.clear()  # one of the machines slept: what was known is worthless
        self._samples.append(new)

    @property
    def best(self) -> Sample | None:
        return min(self._samples, key=lambda s: s.rtt_ms, default=None)

    @property
    def offset_ms(self) -> float | None:
        """Server's time less ours; None before the first word of the server."""
        best = self.best
        return best.offset_ms if best is not None else self._guess

    @property
    def rtt_ms(self) -> float | None:
        """The round trip measured last."""
        return self._last

    @property
    def error_ms(self) -> float | None:
        """The most by which ``offset_ms`` is wrong; None while it is a guess."""
        best = self.best
        return best.rtt_ms / 2 if best is not None else None

    def at(self, local_ms: float) -> float | None:
        """The server's game time when it is *local_ms* here."""
        offset = self.offset_ms
        return None if offset is None else local_ms + offset
