"""
Game time: one line of milliseconds that runs through the whole life of a database.

While the server runs it advances with the machine's monotonic clock, so that no correction of the
time of day moves a chess clock. Over a restart it goes on by the best measure there is of the time
between.
"""

from __future__ import annotations

import time
from pathlib import Path

import attrs

from ..domain.values import Millis

FIRST_MS: Millis = 1
"""Where the line begins: 0 can then mean "never"."""

LONGEST_GAP_MS: Millis = 24 * 3_600_000
"""A gap that seems longer is not believed: a clock without a battery steps by years."""

UNKNOWN_GAP_MS: Millis = 15_001
"""
How far the line goes on over a gap of unknown length. Any value would do, as that time is nobody's;
this is the least that is longer than the usual restart grace.
"""

_NOISE_MS: Millis = 10
"""Two clocks cannot be read at one instant; less than this between them is no sleep."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Clocks:
    """The machine's clocks, in milliseconds. Tests put their own in the place of this."""

    def monotonic(self) -> Millis:
        """Never goes back; stands while the machine sleeps."""
        return time.monotonic_ns() // 1_000_000

    def boottime(self) -> Millis | None:
        """Since the machine was started, sleep included; None where there is no such clock."""
        clock = getattr(time, "CLOCK_BOOTTIME", None)
        return None if clock is None else time.clock_gettime_ns(clock) // 1_000_000

    def wall(self) -> Millis:
        """Since 1970, as far as the machine knows."""
        return time.time_ns() // 1_000_000

    def boot_id(self) -> str:
        """Another one each time that the machine is started; empty where there is none."""
        try:
            return _BOOT_ID.read_text("ascii").strip()
        except (OSError, ValueError):
            return ""


@attrs.frozen(kw_only=True)
class Pulse:
    """One instant by every clock there is."""

    game_ms: Millis
    boot_id: str
    boottime_ms: Millis | None
    wall_ms: Millis


@attrs.frozen(kw_only=True)
class Past:
    """How long ago the last pulse was."""

    gap_ms: Millis | None
    """None: unknown, not credible, or there was none."""
    rebooted: bool
    """Not known to be the same run of the machine."""
    uncounted_ms: Millis = 0
    """How much longer it seems than the line goes on by; 0 if a clock went back."""


class GameTime:
    """The line of one open store. :meth:`resume` comes first."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._offset: Millis | None = None
        self._boot_id = ""
        self._awake: Millis | None = None
        """BOOTTIME less MONOTONIC as it was last: it grows by the time asleep."""

    def resume(self, pulse: Pulse | None) -> Past:
        """
        Go on after *pulse*, the last that was recorded; None begins a new line.

        The gap is measured by BOOTTIME if the machine was not started anew in between, else by the
        time of day. If neither is credible the line goes on by ``UNKNOWN_GAP_MS``.
        """
        self._boot_id = self._clocks.boot_id()
        here = self._read(0)
        if pulse is None:
            begin, past = FIRST_MS, Past(gap_ms=None, rebooted=False)
        else:
            past = _past(pulse, here)
            begin = pulse.game_ms + (UNKNOWN_GAP_MS if past.gap_ms is None else past.gap_ms)
        self._offset = begin - self._clocks.monotonic()
        self._awake = self._sleepless()
        return past

    def now(self) -> Millis:
        """The present instant; 0, which is before any, until :meth:`resume`."""
        if self._offset is None:
            return 0
        return self._offset + self._clocks.monotonic()

    def pulse(self) -> Pulse:
        """The present instant by every clock, to be recorded."""
        return self._read(self.now())

    def slept(self) -> Millis:
        """
        How long the machine has slept since this was asked last, or since :meth:`resume`.

        Game time stood still meanwhile. 0 where the machine has no clock that runs in its sleep.
        """
        present = self._sleepless()
        if present is None or self._awake is None or present - self._awake < _NOISE_MS:
            return 0
        asleep, self._awake = present - self._awake, present
        return asleep

    def _read(self, now: Millis) -> Pulse:
        return Pulse(
            game_ms=now,
            boot_id=self._boot_id,
            boottime_ms=self._clocks.boottime(),
            wall_ms=self._clocks.wall(),
        )

    def _sleepless(self) -> Millis | None:
        boottime = self._clocks.boottime()
        return None if boottime is None else boottime - self._clocks.monotonic()


def _past(then: Pulse, here: Pulse) -> Past:
    same_boot = bool(then.boot_id) and then.boot_id == here.boot_id
    if same_boot and then.boottime_ms is not None and here.boottime_ms is not None:
        gap = here.boottime_ms - then.boottime_ms
    else:
        gap = here.wall_ms - then.wall_ms
    if 0 <= gap <= LONGEST_GAP_MS:
        return Past(gap_ms=gap, rebooted=not same_boot)
    uncounted = max(0, gap - UNKNOWN_GAP_MS)
    return Past(gap_ms=None, rebooted=not same_boot, uncounted_ms=uncounted)
