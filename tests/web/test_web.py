"""The pages' own JavaScript, run by Node: one test here for each file of tests."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SUITES = sorted(path.name for path in HERE.glob("*.test.mjs"))
PATIENCE_S = 60


@pytest.mark.parametrize("suite", SUITES)
def test_suite(folder: Path, suite: str) -> None:
    ran = subprocess.run(
        ["node", "--test", "--test-reporter=spec", suite],
        cwd=folder,
        timeout=PATIENCE_S,
        check=False,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if not name.startswith("NODE_")},
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, said[said.find("failing tests") :]
    assert "pass 0" not in said, said
