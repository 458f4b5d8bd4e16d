"""The app on the table's touch screen, as a process of its own, and a match for it to show."""

from __future__ import annotations

import importlib.util
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import pytest

from ..client.apps import needs_kivy

PATIENCE_S = 60.0
"""For a machine that is very busy; no test waits so long where all is well."""
FIRST = {"lies_flat": False, "language": "en"}
"""A screen that was asked the questions of its first start."""

ROOT = Path(__file__).parents[2]

T = TypeVar("T")


def needs_table() -> None:
    """Skip the test, in one line, unless the app can run here; with ``CI=true``, fail."""
    for package in ("kivy", "zeroconf"):
        if importlib.util.find_spec(package) is None:
            said = f"{package} missing: pip install 'gamesync[table]'"
            if os.environ.get("CI") and sys.version_info < (3, 14):
                pytest.fail(said, pytrace=False)
            pytest.skip(said)
    needs_kivy()


def _measured() -> dict[str, str]:
    """Where the tests are run with coverage, what the app runs counts, too."""
    coverage = sys.modules.get("coverage")
    if coverage is None or coverage.Coverage.current() is None:
        return {}
    return {"COVERAGE_PROCESS_START": str(ROOT / "pyproject.toml")}


class CannotTouch(Exception):
    """There is nothing that a finger could touch."""


class TableProcess:
    """
    ``gamesync-table`` in a folder of its own, drawing real pixels on no screen.

    :param folder: where it keeps tokens and preferences, over restarts
    :param options: as on its command line, the link last
    :param prefs: what it remembers from days before; None: it has never been started
    """

    spawned: ClassVar[list[TableProcess]] = []

    def __init__(
        self,
        folder: Path,
        *options: str,
        window: str = "800x480",
        prefs: dict[str, Any] | None = FIRST,
        environment: dict[str, str] | None = None,
        wrapper: Sequence[str] = (),
    ) -> None:
        self.folder = folder
        # A link is told on standard input: command lines are for everybody to see.
        self._link = options[-1] if options and "#" in options[-1] else ""
        if self._link:
            options = (*options[:-1], "-")
        self._command = [
            *wrapper, sys.executable, "-m", "tests.table.driver",
            "--folder", str(folder), "--window", window, *options,
        ]  # fmt: skip
        self._environment = {
            "SDL_VIDEODRIVER": "offscreen",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "SDL_AUDIODRIVER": "dummy",
            **(environment or {}),
        }
        folder.mkdir(parents=True, exist_ok=True)
        if prefs is not None:
            (folder / "prefs.json").write_text(json.dumps(prefs))
        self.process: subprocess.Popen[bytes] | None = None

    # -- coming and going

    def start(self) -> Self:
        """Start; returns when it draws."""
        if self not in self.spawned:
            self.spawned.append(self)
        with self.errors_file.open("ab") as errors:
            self.process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env={**os.environ, **_measured(), **self._environment},
            )
        if self._link:
            assert self.process.stdin is not None
            self.process.stdin.write(f"{self._link}\n".encode())
            self.process.stdin.flush()
        self.frames()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: object, *more: object) -> None:
        if kind is None:
            assert self.stop() == 0, self.errors
            assert "Traceback" not in self.errors, self.errors
        else:
            print(self.errors[-3000:])
            self.kill()

    def kill(self) -> None:
        """As a power cut would."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.kill()
        self._reap()

    def stop(self) -> int:
        """As systemd would; the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self._reap()

    def quit(self) -> int:
        """As the app itself does; the exit status."""
        self.ask("quit")
        return self._reap()

    def restart(self) -> Self:
        """Kill it, and start it again in the same folder."""
        self.kill()
        return self.start()

    def _reap(self) -> int:
        assert self.process is not None
        status = self.process.wait(PATIENCE_S)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):  # something was still to be told to it
                pipe.close()
        return status

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def errors_file(self) -> Path:
        return self.folder / "errors"

    @property
    def errors(self) -> str:
        """What it said on standard error."""
        return self.errors_file.read_text("utf-8", "replace")

    # -- telling it

    def ask(self, what: str, **details: Any) -> Any:
        """Any command of :class:`tests.table.driving.Driver`."""
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps({"do": what, **details}).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise AssertionError(f"the app has ended:\n{self.errors[-3000:]}") from None
        answer = json.loads(self._line())
        if "error" in answer:
            raise CannotTouch(answer["error"])
        assert "crash" not in answer, answer["crash"]
        return answer["ok"]

    def _line(self) -> bytes:
        """The next answer; what libraries print in between is left out."""
        assert self.process is not None
        assert self.process.stdout is not None
        while True:
            with selectors.DefaultSelector() as ready:
                ready.register(self.process.stdout, selectors.EVENT_READ)
                if not ready.select(PATIENCE_S):
                    raise AssertionError(f"the app does not answer:\n{self.errors[-3000:]}")
            line: bytes = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"the app has ended:\n{self.errors[-3000:]}")
            if line.startswith(b"{"):
                return line

    # -- fingers

    def tap(self, *keys: str) -> None:
        """Tap a key when it is there and enabled; of several, all within one frame."""
        self.wait(lambda: all(self.can_tap(key) for key in keys), f"to tap {keys}")
        self.ask("tap", keys=keys)

    def tap_at(self, x: float, y: float) -> None:
        """Tap a place, in pixels from the lower left corner."""
        self.ask("tap_at", x=x, y=y)

    def down(self, key: str) -> None:
        self.ask("down", key=key)

    def up(self, key: str) -> None:
        self.ask("up", key=key)

    def type(self, text: str) -> None:
        """Write *text* on the keyboard that is open, in place of what is there, and finish."""
        self.wait(lambda: self.key("type:done"), "for a keyboard")
        while "|" not in self.texts():
            self.ask("tap", keys=["type:delete"])
        for sign in text:
            if sign == " ":
                self.ask("tap", keys=["type:space"])
                continue
            if not self.key(f"type:{sign}"):
                self.ask("tap", keys=["type:shift"])
            self.ask("tap", keys=[f"type:{sign}"])
        self.ask("tap", keys=["type:done"])

    # -- what is seen

    def keys(self) -> list[dict[str, Any]]:
        """All visible keys: key, text, disabled, chosen, covered, rect."""
        found: list[dict[str, Any]] = self.ask("keys")
        return found

    def key(self, name: str) -> dict[str, Any] | None:
        """The uppermost visible key of that name."""
        return next((k for k in self.keys() if k["key"] == name), None)

    def can_tap(self, name: str) -> bool:
        found = self.key(name)
        return found is not None and not found["disabled"] and not found["covered"]

    def texts(self) -> list[str]:
        found: list[str] = self.ask("texts")
        return found

    def shows(self, *parts: str) -> bool:
        """Whether all *parts* are somewhere in the words on the screen."""
        words = "\n".join(self.texts())
        return all(part in words for part in parts)

    @property
    def screen(self) -> str:
        return str(self.ask("screen"))

    @property
    def seen(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.ask("seen")
        return found

    @property
    def state(self) -> dict[str, Any] | None:
        found: dict[str, Any] | None = self.ask("state")
        return found

    @property
    def about(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("about")
        return found

    @property
    def prefs(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("prefs")
        return found

    def shot(self, file: Path) -> Path:
        """A picture of the window, as PNG."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self.ask("shot", file=str(file.absolute()))
        return file

    def frames(self, count: int = 1) -> None:
        """Wait for so many frames."""
        self.ask("frames", count=count)

    # -- waiting

    def wait(self, test: Callable[[], T], what: str = "") -> T:
        """What *test* gives as soon as that is true of anything."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            found = test()
            if found:
                return found
            time.sleep(0.02)
        shown = f"screen {self.screen}, {self.texts()}, keys {[k['key'] for k in self.keys()]}"
        raise AssertionError(f"waited in vain {what}: {shown}, {self.about['refused']}")

    def wait_screen(self, *names: str) -> None:
        self.wait(lambda: self.screen in names, f"for {names}")

    def wait_shown(self, *parts: str) -> None:
        self.wait(lambda: self.shows(*parts), f"for {parts}")

    @classmethod
    def kill_since(cls, number: int) -> None:
        """Kill what is left of all :attr:`spawned` but the first *number*."""
        late, cls.spawned[number:] = cls.spawned[number:], []
        for table in late:
            if table.process is not None and table.process.poll() is None:
                table.kill()
