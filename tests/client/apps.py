"""Programs of app authors, as processes of their own that report on standard output in JSON."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any, Self

import pytest

PATIENCE_S = 60.0
LIBRARIES = ("libGL.so.1", "libEGL.so.1", "libmtdev.so.1")


def needs_kivy() -> None:
    """Skip the test, in one line, unless Kivy can draw here; with ``CI=true``, fail."""
    absent = [] if find_spec("kivy") else ["Kivy"]
    if absent and sys.version_info >= (3, 14):
        pytest.skip("Kivy 2.3 has no wheels for this Python")
    for library in LIBRARIES:
        try:
            ctypes.CDLL(library)
        except OSError:
            absent.append(library)
    if not absent:
        return
    said = (
        f"{', '.join(absent)} missing: pip install kivy, apt-get install libgl1 libegl1 libmtdev1"
    )
    if os.environ.get("CI"):
        pytest.fail(said, pytrace=False)
    pytest.skip(said)


class AppProcess:
    """
    ``python COMMAND``, with a folder of Kivy's own, drawing real pixels on no screen.

    :ivar said: the reports so far
    """

    def __init__(
        self,
        folder: Path,
        *command: str,
        environment: dict[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> None:
        self.said: list[dict[str, Any]] = []
        self._errors = folder / "errors"
        settings = {
            "SDL_VIDEODRIVER": "offscreen",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "KIVY_HOME": str(folder / "kivy"),
            "KIVY_NO_ARGS": "1",
            "KIVY_NO_FILELOG": "1",
            # Small and slow: others run beside it.
            "KCFG_GRAPHICS_WIDTH": "300",
            "KCFG_GRAPHICS_HEIGHT": "200",
            "KCFG_GRAPHICS_MAXFPS": "30",
        }
        (folder / "kivy").mkdir(parents=True)
        with self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [*wrapper, sys.executable, *command],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **settings, **(environment or {})},
                text=True,
                # Whoever starts the tests in the background has it ignored, and so would they.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.kill()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                self.said.append(json.loads(line))

    @property
    def errors(self) -> str:
        return self._errors.read_text("utf-8", "replace")

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first report that is *wanted*, when it has come."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            over = self.process.poll() is not None
            for said in tuple(self.said):
                if wanted(said):
                    return said
            if over:
                break
            time.sleep(0.01)
        pytest.fail(f"it did not say so, but {self.said[-5:]}\n{self.errors[-3000:]}")

    def say(self, line: str = "") -> None:
        """Send it a line."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def ask(self) -> dict[str, Any]:
        """Send it a line; the report that comes then."""
        asked = len(self.said)
        self.say()
        self.until(lambda _: len(self.said) > asked)
        return self.said[-1]

    def wait(self) -> int:
        """The exit status, when it has ended by itself."""
        status = self.process.wait(PATIENCE_S)
        self._reader.join(5)
        return status

    def kill(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._reader.join(5)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
