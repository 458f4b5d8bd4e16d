"""Fixtures of the tests of the pages' own JavaScript."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

from ..system.needs import needs

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For Node: the pages as they are installed, in ``web``, and our scripts beside them."""
    needs("node")
    folder = tmp_path_factory.mktemp("web")
    shutil.copytree(str(files("gamesync") / "web"), folder / "web")
    (folder / "package.json").write_text('{"type": "module"}')
    for path in [*HERE.glob("*.mjs"), HERE.parent / "domain/clock_vectors.json"]:
        shutil.copy(path, folder)
    return folder
