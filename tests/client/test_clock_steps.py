"""The time of day steps under a client: the clocks that it shows stay those of the server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from ..chaos.long import times
from ..chaos.test_clocks import Table
from ..system.needs import needs
from ..system.server import ServerProcess
from .apps import PATIENCE_S, AppProcess, needs_kivy

LIBRARY = "/usr/$LIB/faketime/libfaketimeMT.so.1"
STEPS_S = (3_600, 0)
"""How far the clients' time of day is off, one after the other."""
OFF_MS = 100
OLD_MS = 1_000
"""A screen draws more often than that."""
KINDS = ("twisted", "kivy", "frames", "wall")


class Screen:
    """
    An app that shows a clock, and what was wrong with it.

    :ivar wall_s: its time of day less ours, when it was asked last
    :ivar heartbeats: how many had been answered then
    """

    def __init__(self, app: AppProcess) -> None:
        self.faults: list[str] = []
        self.wall_s = 0.0
        self.heartbeats = 0
        self._app = app
        self._client = ""

    def wait(self) -> None:
        """Until it shows the clock."""
        until = time.monotonic() + PATIENCE_S
        while (said := self._app.ask())["shown"] is None:
            assert time.monotonic() < until, said
        self._client = said["client"]

    def look(self, true_ms: float) -> None:
        """:param true_ms: what is to be shown less the monotonic clock"""
        said = self._app.ask()
        self.wall_s = said["wall"] - time.time()
        self.heartbeats = said["heartbeats"]
        if abs(off := said["shown"] - said["at"] - true_ms) > OFF_MS:
            self.faults.append(f"{off:.0f} ms off")
        if (old := said["now"] - said["at"]) > OLD_MS:
            self.faults.append(f"drawn {old:.0f} ms ago")
        if (said["status"], said["client"]) != ("live", self._client):
            self.faults.append(f"{said['status']}, or it had to connect again")


@pytest.fixture(scope="module")
def screens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Screen]]:
    """One of each kind, after the time of day has stepped for all of them."""
    needs("faketime")
    needs_kivy()
    folder = tmp_path_factory.mktemp("steps")
    server = ServerProcess(folder).start()
    step = folder / "step"
    step.write_text("+0")
    environment = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",  # its name until 0.9.10
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    try:
        table = Table(server, watchers=0)
        command = ("-m", "tests.client.clock_app", server.url, str(table.game_id))
        with ExitStack() as stack:
            found = {
                kind: Screen(
                    stack.enter_context(
                        AppProcess(folder / kind, *command, kind, environment=environment)
                    )
                )
                for kind in KINDS
            }
            for screen in found.values():
                screen.wait()
            for seconds in STEPS_S:
                step.write_text(f"{seconds:+}")
                watch(table, found, times(short=2, long=30))
                for kind, screen in found.items():
                    assert abs(screen.wall_s - seconds) < 60, f"{kind}: its time did not step"
            yield found
    finally:
        server.stop()
        ServerProcess.spawned.remove(server)


def watch(table: Table, screens: dict[str, Screen], seconds: float) -> None:
    true_ms = table.shown()
    until = time.monotonic() + seconds
    before: dict[Screen, int] = {}
    while time.monotonic() < until:
        for screen in screens.values():
            screen.look(true_ms)
            before.setdefault(screen, screen.heartbeats)
        time.sleep(0.1)
    for screen, heartbeats in before.items():
        if not 1 <= screen.heartbeats - heartbeats <= 2 * seconds:
            screen.faults.append(f"{screen.heartbeats - heartbeats} heartbeats in {seconds} s")
    assert abs(table.shown() - true_ms) < OFF_MS / 2, "the clock that they are compared with is bad"


@pytest.mark.parametrize("kind", ["twisted", "kivy", "frames"])
def test_the_clock_shown_is_the_server_s(kind: str, screens: dict[str, Screen]) -> None:
    assert screens[kind].faults == []


def test_the_checker_catches_a_client_that_goes_by_the_time_of_day(
    screens: dict[str, Screen],
) -> None:
    assert screens["wall"].faults
