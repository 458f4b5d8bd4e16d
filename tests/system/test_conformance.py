"""The Autobahn testsuite's quick cases (RFC 6455) against the whole port with an echo behind it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ECHO = ROOT / "tests" / "server" / "echo.py"
# By its command only: imported beside autobahn it breaks both.
KOSOKU = shutil.which("kosoku", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")

pytestmark = pytest.mark.skipif(KOSOKU is None, reason="kosoku is not installed")


def test_the_quick_cases(tmp_path: Path) -> None:
    assert KOSOKU is not None
    server = subprocess.Popen(
        [sys.executable, ECHO, "conformance"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        chosen = [word for n in (1, 2, 3, 4, 5, 6, 7, 10) for word in ("-i", f"{n}.*")]
        subprocess.run(
            [KOSOKU, f"ws://127.0.0.1:{port}/ws", *chosen, "-p", "4", "-o", tmp_path],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
            check=False,  # the report says more than the exit status
        )
    finally:
        server.communicate()
    (cases,) = json.loads((tmp_path / "index.json").read_text()).values()
    assert len(cases) == 247
    good = {"OK", "INFORMATIONAL"}
    wrong = {
        number: case
        for number, case in cases.items()
        if not {case["behavior"], case["behaviorClose"]} <= good
    }
    assert wrong == {}
