"""What the machine owes a process: time that is not its fault when something took long."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path


def starved_seconds(pid: int, thread: int | None = None) -> float:
    """How long a process, or one of its threads, could have run and was given no core; ever."""
    which = f"{pid}" if thread is None else f"{pid}/task/{thread}"
    try:
        return int(Path(f"/proc/{which}/schedstat").read_text("ascii").split()[1]) / 1e9
    except FileNotFoundError:  # a kernel that does not count it
        return 0.0


class Watch:
    """
    Measures what the process *pid* takes for something, seen from the thread that made the watch.

    Time in which the machine was busy with something else, and let either not run, is left out. It
    counts in full when they sleep, compute, or wait for a disk.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._thread = threading.get_native_id()
        self._begun = self._now()

    def _now(self) -> float:
        starved = starved_seconds(self._pid) + starved_seconds(os.getpid(), self._thread)
        return time.monotonic() - starved

    def seconds(self) -> float:
        return self._now() - self._begun
