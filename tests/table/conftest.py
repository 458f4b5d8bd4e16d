"""What tests of the table's app share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet.defer import Deferred

from ..system.server import ServerProcess
from .kit import TableProcess, needs_table
from .sessions import Screens


@pytest.fixture(autouse=True)
def no_table_stays() -> Iterator[None]:
    """A test that fails before it stops its screens does not leave them to slow the next ones."""
    before = len(TableProcess.spawned)
    yield
    TableProcess.kill_since(before)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    """What is entered here is left after the test."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of the test's own, which may be killed and started again."""
    folder = tmp_path / "box"
    folder.mkdir()
    server = ServerProcess(folder).start()
    yield server
    server.stop()
    ServerProcess.spawned.remove(server)
    assert "Traceback" not in server.log, server.log


@pytest.fixture
def screens(tmp_path: Path) -> Iterator[Screens]:
    """Sessions without a window."""
    made = Screens(tmp_path)
    yield made
    pytest_twisted.blockon(Deferred.fromCoroutine(made.stop()))


@pytest.fixture
def needs_screen() -> None:
    """The app can run here, or the test is skipped."""
    needs_table()
