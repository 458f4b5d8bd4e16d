"""Fixtures of the tests that start a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .server import ServerProcess


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of its own for this test, in an empty folder."""
    running = ServerProcess(tmp_path).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log
