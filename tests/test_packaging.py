"""The wheel has all that it needs and nothing else, and twistd finds it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The one under test, or one made of the checkout."""
    path = os.environ.get("WHEEL_UNDER_TEST")
    if path is None:
        folder = tmp_path_factory.mktemp("wheel")
        source = folder / "source"  # a copy: setuptools leaves its build/ behind
        for name in ("gamesync", "twisted"):
            shutil.copytree(ROOT / name, source / name)
        for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source / name)
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--wheel-dir", folder, source], check=True, capture_output=True)
        (built,) = folder.glob("*.whl")
        path = str(built)
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_has_every_data_file_and_the_plugin(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())
    assert {"gamesync/py.typed", "twisted/plugins/gamesync_plugin.py"} <= names
    assert {"gamesync/storage/sql/001_first.sql", "gamesync/domain/rulesets/chess.json"} <= names
    source = ROOT / "gamesync"
    if source.exists():
        web = [path for path in (source / "web").rglob("*") if path.is_file()]
        data = [*source.rglob("*.json"), *source.rglob("*.sql"), *web]
        assert {str(p.relative_to(ROOT)) for p in data} <= names


def test_the_wheel_has_nothing_else(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"gamesync", "twisted"}
    # Either would be written over Twisted's own.
    assert [name for name in names if name.startswith("twisted/")] == [
        "twisted/plugins/gamesync_plugin.py"
    ]
    assert not [name for name in names if "test_" in name or "/tests/" in name]


def test_importlib_finds_every_data_file_of_the_wheel(wheel: zipfile.ZipFile) -> None:
    found = 0
    for name in wheel.namelist():
        package, _, rest = name.partition("/")
        if package == "gamesync" and not name.endswith(".py"):
            inside = files(package).joinpath(*rest.split("/"))
            assert inside.read_bytes() == wheel.read(name)
            found += 1
    assert found > 5


def test_twistd_lists_it_and_there_is_a_command() -> None:
    bin_ = Path(sys.executable).parent
    shown = subprocess.run(
        [bin_ / "twistd", "--help"], capture_output=True, text=True, check=True
    ).stdout
    assert "gamesync" in shown
    (command,) = entry_points(group="console_scripts", name="gamesync")
    assert command.value == "gamesync.cli:main"
