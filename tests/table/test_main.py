"""The program as it is installed: what it leaves where, and what it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..system.server import ServerProcess
from .kit import PATIENCE_S

COMMAND = Path(sys.executable).parent / "gamesync-table"
pytestmark = pytest.mark.usefixtures("needs_screen")


def test_it_keeps_all_it_has_in_its_own_folder(tmp_path: Path, server: ServerProcess) -> None:
    """Kivy, left to itself, would write to the home folder, and much to standard error."""
    home, folder = tmp_path / "home", tmp_path / "state" / "table"
    home.mkdir()
    running = subprocess.Popen(
        [COMMAND, "--folder", folder, "--window", "800x480", server.url],
        env={
            **os.environ,
            "HOME": str(home),
            "SDL_VIDEODRIVER": "offscreen",
            "SDL_AUDIODRIVER": "dummy",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        },
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        until = time.monotonic() + PATIENCE_S
        while not (folder / "tokens.json").exists():  # the box knows it
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        said, errors = running.communicate(timeout=PATIENCE_S)
    finally:
        if running.poll() is None:
            running.kill()
    assert running.returncode == 0
    assert said == ""
    assert "Traceback" not in errors
    assert "Record log in" not in errors
    assert "DEBUG" not in errors
    assert {path.name for path in folder.iterdir()} >= {"kivy", "prefs.json", "tokens.json"}
    assert list(home.iterdir()) == []
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "tokens.json").stat().st_mode & 0o077 == 0
