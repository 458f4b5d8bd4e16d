"""An app under Kivy's own Twisted reactor: it plays, and however it is stopped, it ends well."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from ..system.server import ServerProcess
from .apps import PATIENCE_S, AppProcess, needs_kivy

STOPS = (
    *("app", "callback", "window", "reactor", "SIGTERM", "SIGINT"),
    *("stuck", "raises", "bare", "closed_file", "broken_file"),
)
"""The ways to stop of ``kivy_app.py``, and signals."""
BREAKS = {"raises": "ZeroDivisionError", "broken_file": "Bad file descriptor"}
"""Those in which the app breaks, and on what."""
AT_ONCE = 6
"""How many apps run beside each other."""


class Ended:
    """What became of one app."""

    def __init__(self, app: AppProcess, how: str) -> None:
        played = app.until(lambda said: "score" in said or "broke" in said)
        assert "broke" not in played, played["broke"]
        self.client_id: str = played["client"]
        self.score: str = played["score"]
        self.status: int | None = None
        self._app = app
        if how.startswith("SIG"):
            app.process.send_signal(getattr(signal, how))

    def wait(self) -> None:
        with suppress(subprocess.TimeoutExpired):  # the status stays None: that one failed
            self.status = self._app.wait()
        self.said = self._app.said
        self.errors = self._app.errors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kivy")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    needs_kivy()
    wrapper = (sys.executable, str(Path(__file__).with_name("closes.py")), str(folder / "closes"))
    running = ServerProcess(folder, wrapper=wrapper).start()
    yield running
    running.stop()
    ServerProcess.spawned.remove(running)


@pytest.fixture(scope="module")
def ended(server: ServerProcess, folder: Path) -> dict[str, Ended]:
    """All the apps, having ended; the start of one is most of what it does."""
    found = {}
    for i in range(0, len(STOPS), AT_ONCE):
        with ExitStack() as stack:
            batch = STOPS[i : i + AT_ONCE]
            apps = {how: stack.enter_context(app(server, folder, how)) for how in batch}
            for how, each in apps.items():
                found[how] = Ended(each, how)
            for how in apps:
                found[how].wait()
    return found


def app(server: ServerProcess, folder: Path, how: str) -> AppProcess:
    return AppProcess(folder / how, "-m", "tests.client.kivy_app", server.url, how)


def close_code(folder: Path, client_id: str) -> str:
    """With what code the server saw that client's connection closed."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for line in (folder / "closes").read_text("ascii").splitlines():
            if line.startswith(f"{client_id} "):
                return line.split()[1]
        time.sleep(0.01)
    pytest.fail("the server has not seen it close")


@pytest.mark.parametrize("how", STOPS)
def test_it_says_goodbye_and_exits(how: str, ended: dict[str, Ended], folder: Path) -> None:
    one = ended[how]
    assert one.score == "5"
    assert close_code(folder, one.client_id) == "1000"
    if how in BREAKS:
        assert one.status == 1
        assert BREAKS[how] in one.errors
        return
    assert one.status == 0, one.errors
    assert one.said[-1] == {"ended": True}  # App.run has returned
    assert "Traceback" not in one.errors, one.errors


def test_on_stop_is_called_whatever_the_way(ended: dict[str, Ended]) -> None:
    for how in set(STOPS) - {"bare", *BREAKS}:
        assert {"on_stop": True} in ended[how].said, how


def test_it_may_stop_before_it_has_begun(server: ServerProcess, folder: Path) -> None:
    with app(server, folder, "at_once") as one:
        assert one.wait() == 0, one.errors
        assert one.said[-1] == {"ended": True}
