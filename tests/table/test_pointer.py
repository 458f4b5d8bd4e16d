"""A real window on a real X server, pressed by a real pointer."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..pages.kit import Table
from ..system.needs import needs
from ..system.server import ServerProcess
from .kit import TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")


@pytest.fixture
def display() -> Iterator[str]:
    needs("Xvfb")
    needs("xdotool")
    read, write = os.pipe()
    with subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "800x480x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        os.close(write)
        with os.fdopen(read) as said:
            number = said.readline().strip()
        yield f":{number}"
        server.terminate()


def test_a_click_passes_the_clock(tmp_path: Path, server: ServerProcess, display: str) -> None:
    environment = {"SDL_VIDEODRIVER": "x11", "DISPLAY": display}
    with (
        Table(server, options={"clock": "down-90"}) as game,
        TableProcess(tmp_path / "table", game.url("host"), environment=environment) as screen,
    ):
        screen.wait_screen("play")
        screen.wait(lambda: screen.about["live"])
        for player in (1, 2):
            click(display, screen, f"half:{player}:clock")
            screen.wait(lambda p=player: (screen.seen or {}).get("side") == 3 - p)  # type: ignore[misc]
            time.sleep(0.35)  # a second press within 0.3 s is taken for a bounce
        click(display, screen, "play:pause")
        screen.wait_shown("PAUSED")


def test_a_keyboard_that_is_plugged_in(tmp_path: Path, server: ServerProcess, display: str) -> None:
    environment = {"SDL_VIDEODRIVER": "x11", "DISPLAY": display}
    with (
        Table(server, names=("", ""), started=False) as game,
        TableProcess(tmp_path / "table", game.url("host"), environment=environment) as screen,
    ):
        screen.wait_screen("gather")

        def type_(*keys: str) -> None:
            screen.wait(lambda: screen.key("type:done"))
            xdotool(display, "key", *keys)
            screen.wait(lambda: not screen.key("type:done"))

        click(display, screen, "gather:name:1")
        type_("Z", "o", "x", "BackSpace", "ampersand", "e", "Return")
        screen.wait(lambda: game.state()["players"][0]["name"] == "Zo&e")
        click(display, screen, "gather:name:2")
        type_("N", "o", "Escape")
        click(display, screen, "gather:name:2")
        type_("M", "KP_Enter")
        screen.wait(lambda: game.state()["players"][1]["name"] == "M")


def click(display: str, screen: TableProcess, key: str) -> None:
    found = screen.wait(lambda: screen.key(key))
    assert found is not None
    left, bottom, right, top = found["rect"]
    x, y = (left + right) / 2, 480 - (bottom + top) / 2  # X counts from the top
    xdotool(display, "mousemove", str(round(x)), str(round(y)), "click", "1")


def xdotool(display: str, *words: str) -> None:
    found = shutil.which("xdotool")
    assert found is not None
    subprocess.run(
        [found, *words],
        env={**os.environ, "DISPLAY": display},
        check=True,
        timeout=20,
    )
