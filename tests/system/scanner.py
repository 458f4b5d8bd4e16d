"""sslyze, which asks for older libraries than we use: in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

import pytest

SSLYZE = "sslyze>=6.1,<7"


class Scanner:
    """sslyze, installed by pip for as long as this is open. Skips (in CI: fails) without it."""

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp(prefix="sslyze-")
        quiet = ("--quiet", "--disable-pip-version-check", "--no-compile", "--target")
        words = (sys.executable, "-m", "pip", "install", *quiet, self._folder, SSLYZE)
        got = subprocess.run(words, capture_output=True, text=True, timeout=180, check=False)
        if got.returncode != 0:
            self.close()
            said = f"sslyze cannot be installed by pip: {got.stderr.strip().splitlines()[-1:]}"
            if os.environ.get("CI"):
                pytest.fail(said, pytrace=False)
            pytest.skip(said)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def scan(self, port: int, ca: Path) -> str:
        """What it says of a port of 127.0.0.1, against what Mozilla calls intermediate."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sslyze", "--mozilla_config=intermediate"),
                *(f"--certinfo_ca_file={ca}", f"127.0.0.1:{port}"),
            ],
            env={**os.environ, "PYTHONPATH": self._folder},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr
