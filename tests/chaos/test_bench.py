"""The benchmark runs, and prints its ratios; what they are is for a quiet machine to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_both_ratios_are_printed() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.durable",
            "--rounds",
            "1",
            "--seconds",
            "0.4",
            "--clients",
            "16",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stderr
    assert "the CPU of one in memory" in done.stdout
    assert done.stdout.count("the wall time of group commit") == 2
