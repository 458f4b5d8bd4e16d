"""The engines of which the same is asked, and files to break."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gamesync.storage.schema import MEMORY
from gamesync.storage.sqlite import SqliteStore

from .stored import Engine, finish, inline_store


@pytest.fixture
def path(tmp_path: Path) -> str:
    """Of a database that is not there yet."""
    return str(tmp_path / "games.sqlite3")


@pytest.fixture(params=["memory", "file", "thread"])
def engine(request: pytest.FixtureRequest, path: str) -> Iterator[Engine]:
    """A store's contract holds for each of these. ``thread`` is the one that is shipped."""
    if request.param == "memory":
        made = Engine(partial(inline_store, MEMORY), lasting=False)
    elif request.param == "file":
        made = Engine(partial(inline_store, path), lasting=True)
    else:
        made = Engine(lambda clocks: SqliteStore(path, clocks=clocks), lasting=True)
    yield made
    for store in made.stores:
        finish(store.close())


@pytest.fixture
def store(engine: Engine) -> SqliteStore:
    opened, boot = engine.open()
    finish(boot)
    return opened
