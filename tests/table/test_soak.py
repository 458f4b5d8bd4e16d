"""A robot plays at the screen, far faster than people do: nothing piles up in the app."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import cycle, groupby
from pathlib import Path

import pytest

from ..chaos.long import times
from ..chaos.test_soak import MIB, slope
from ..pages.kit import Table
from ..system.server import ServerProcess
from .kit import TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")

SECONDS = int(os.environ.get("GAMESYNC_TABLE_SOAK_SECONDS", times(short=0, long=720)))
"""Twelve minutes: two hours of play at ten times the speed; the robot is faster still."""
MOST_MIB_A_MINUTE = 1.0
"""The log of the match grows with play, and with it the list that the screen shows of it."""


@pytest.fixture
def playing(tmp_path: Path, server: ServerProcess) -> Iterator[TableProcess]:
    with (
        Table(server, ruleset="kill-team", options={"clock": "up"}) as game,
        TableProcess(tmp_path / "table", game.url("host")) as screen,
    ):
        screen.wait_screen("play")
        yield screen


def test_what_was_closed_is_forgotten(playing: TableProcess) -> None:
    """Widgets that are not shown any more are not kept; the screen is on for a season."""
    screen = playing
    for _ in range(2):
        keys_in_turn(screen, 1)
    before = screen.ask("alive")
    for _ in range(5):
        keys_in_turn(screen, 1)
    after = screen.ask("alive")
    # The sheet that was closed last may still be there; each of the others had 30 to 130 widgets.
    assert sum(after.values()) <= sum(before.values()) + 150, (before, after)


@pytest.mark.skipif(SECONDS < 120, reason="memory is judged in minutes: make soak")
def test_memory_stays_flat(playing: TableProcess) -> None:
    samples = play(playing)
    warm = floors([sample for sample in samples if sample[0] >= SECONDS / 3])
    growth = slope(warm) * 60 / MIB
    print(f"{len(samples)} rounds of keys, {growth:.2f} MiB a minute, {warm[-1][1] / MIB:.0f} MiB")
    assert growth <= MOST_MIB_A_MINUTE, f"{growth:.1f} MiB a minute"


def floors(samples: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """The least of each minute: what stays. What is drawn for a moment comes and goes on top."""
    minutes = [list(each) for _, each in groupby(samples, lambda sample: sample[0] // 60)]
    return [min(each, key=lambda sample: sample[1]) for each in minutes]


def play(screen: TableProcess) -> list[tuple[float, int]]:
    """Press everything in turn; memory of the app after each round of keys."""
    began, samples = time.monotonic(), []
    for player in cycle((1, 2)):
        now = time.monotonic() - began
        if now >= SECONDS:
            break
        keys_in_turn(screen, player)
        samples.append((now, rss_bytes(screen.pid)))
    return samples


def keys_in_turn(screen: TableProcess, player: int) -> None:
    seen = screen.seen
    assert seen is not None
    screen.tap(f"half:{seen['side'] or 1}:clock")
    screen.tap(f"half:{player}:cp:plus")
    screen.tap(f"half:{player}:cp:minus")
    for key in ("play:log", "log:close", "play:menu", "menu:close", "play:pause", "play:pause"):
        screen.tap(key)


def rss_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
