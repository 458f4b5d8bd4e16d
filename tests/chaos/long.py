"""Short forms for every run, long ones on request."""

from __future__ import annotations

import os

LONG = os.environ.get("GAMESYNC_LONG", "") not in ("", "0")


def times(short: int, long: int) -> int:
    """How often to do it: *short* in CI, *long* with ``GAMESYNC_LONG=1``."""
    return long if LONG else short
