"""What the documents say is so: generated tables, the sample configuration, the example."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from gamesync.config import LIMITS, NAMES, Settings, load

from .system.server import ServerProcess

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def operating() -> dict[str, Any]:
    return runpy.run_path(str(ROOT / "docs" / "operating.py"))


def test_the_tables_are_those_of_the_settings(operating: dict[str, Any]) -> None:
    written = operating["PAGE"].read_text("utf-8")
    assert operating["page"](written) == written
    for name in (*NAMES, *LIMITS):
        assert f"| `{name}`" in written


def test_the_sample_is_the_default_and_every_line_of_it_is_good(
    operating: dict[str, Any], tmp_path: Path
) -> None:
    written = (ROOT / "etc" / "gamesync.toml").read_text("utf-8")
    assert operating["sample"]() == written
    assert load({}, {}, str(ROOT / "etc" / "gamesync.toml")) == Settings()
    spoken = tmp_path / "all.toml"
    spoken.write_text(re.sub(r"(?m)^#(\w+ = )", r"\1", written))
    table = tomllib.loads(spoken.read_text())
    assert set(table) == {*NAMES, "limits"}
    assert set(table["limits"]) == set(LIMITS)
    assert load({}, {}, str(spoken)) == Settings()


def test_the_readme_s_example_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
    assert len(code.splitlines()) <= 26
    server = ServerProcess(tmp_path).start()
    try:
        ran = subprocess.run(
            [sys.executable, "-c", code, server.url],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    finally:
        server.stop()
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(r"Anna has 5 points, and \d+ ms on her clock\n", ran.stdout)
    assert ran.stderr == ""


@pytest.mark.parametrize(
    "page", ["README.md", "docs/operating.md", "docs/architecture.md", "CONTRIBUTING.md"]
)
def test_every_link_inside_the_project_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        assert (path.parent / target).exists(), target
