"""What tests of the table's app share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .kit import TableProcess, needs_table


@pytest.fixture(autouse=True)
def no_table_stays() -> Iterator[None]:
    """A test that fails before it stops its screens does not leave them to slow the next ones."""
    before = len(TableProcess.spawned)
    yield
    TableProcess.kill_since(before)


@pytest.fixture
def needs_screen() -> None:
    """The app can run here, or the test is skipped."""
    needs_table()
