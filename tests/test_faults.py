"""`docs/faults.md` names tests that are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py)`((?:[:,] `[^`/]+`)*)")


def rows() -> Iterator[str]:
    """The last cell of each row."""
    for line in PAGE.splitlines():
        if line.startswith("| ") and not line.startswith(("| ---", "| fault", "| abuse")):
            yield line.rstrip(" |").rpartition(" | ")[2]


@pytest.mark.parametrize("cell", list(rows()))
def test_each_row_names_its_tests(cell: str) -> None:
    named = TEST.findall(cell)
    assert named, "no test"
    for file, names in named:
        source = (ROOT / file).read_text("utf-8")
        tests = re.findall(r"def (test_\w+)", source)
        for name in re.findall(r"`([^`]+)`", names):
            parts = name.strip("…").split("…")
            assert any(all(part in test for part in parts) for test in tests), name
