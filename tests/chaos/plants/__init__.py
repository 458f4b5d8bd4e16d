"""Faults to plant in a server from outside, so that every checker can be seen to find them."""

from __future__ import annotations

import sys
from pathlib import Path


def planted(*names: str) -> tuple[str, ...]:
    """The ``wrapper`` of a :class:`~tests.system.server.ServerProcess` with these faults."""
    return (sys.executable, str(Path(__file__).with_name("run.py")), ",".join(names))
