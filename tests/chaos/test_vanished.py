"""A phone that vanishes without a word: its battery died, or it left the hall."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ..system.needs import needs

ROOT = Path(__file__).parents[2]


def test_a_phone_that_vanishes_is_let_go(tmp_path: Path) -> None:
    needs("unshare", "ip", "nft")
    away = (
        "PATH=$PATH:/usr/sbin:/sbin; ip link set lo up && nft list ruleset >/dev/null"
        ' || exit 77; exec "$@"'
    )
    vanish = [sys.executable, "-m", "tests.chaos.vanish", str(tmp_path)]
    done = subprocess.run(
        ["unshare", "-n", "sh", "-c", away, "sh", *vanish],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("no network namespace of its own, or no nftables in this kernel")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    print(told)
    assert 9 <= told["lost"] <= 14, "two heartbeats are missing, and ten seconds over"
    assert 14 <= told["gone"] <= 19
