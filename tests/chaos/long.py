"""Short forms for every run, long ones on request."""

from __future__ import annotations

import os
from typing import TypeVar

LONG = os.environ.get("GAMESYNC_LONG", "") not in ("", "0")


N = TypeVar("N", int, float)


def times(short: N, long: N) -> N:
    """How often to do it: *short* in CI, *long* with ``GAMESYNC_LONG=1``."""
    return long if LONG else short
