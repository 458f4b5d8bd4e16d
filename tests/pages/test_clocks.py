"""What every screen's clock shows, second by second, beside what the server's clock says."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from ..chaos.long import times
from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import Screens, Table, live, page_url, until_page

DOWN = {"clock": {"mode": "down", "budget_ms": 5_400_000}}
SHIFT = """{
  const Real = Date, now = Date.now, by = %d * 3_600_000;
  Real.now = () => now() + by;
  globalThis.Date = class extends Real {
    constructor(...all) { super(...(all.length ? all : [Real.now()])); }
  };
}"""
"""A device's clock, hours wrong; ``performance`` is left alone: it does not depend on it."""
WATCH = """() => {
  globalThis.seen = [];
  const seconds = (text) => text.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  const look = (records) => {
    const wall = performance.timeOrigin + performance.now();
    for (const { target, addedNodes, removedNodes } of records) {
      // One that is only now drawn for the first time changes nothing: it shows what is so.
      if (!addedNodes.length || !removedNodes.length || target.localName !== "gs-clock") continue;
      if (target.dataset.running !== "true") continue;
      seen.push([wall, seconds(target.textContent)]);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}"""
"""Keeps each change of the text of a clock that runs: real time of day (ms), seconds shown."""
WRONG = """() => {
  const { clock } = document.querySelector("gs-seat").client;
  clock.at = (local) => Object.getPrototypeOf(clock).at.call(clock, local) + 300;
}"""

SECONDS = times(9, 60)
EARLY = 3
"""Changes left out at the beginning: the first heartbeats are still to come."""
RIGHT_MS = 100
AT_WORST_MS = 1_000
DRIFT_MS = 50


def game_less_wall(talker: Talker) -> float:
    """Game time less the time of day, in ms, by the quickest of ten heartbeats."""
    tries = []
    for _ in range(10):
        sent = time.time() * 1000
        now = float(talker.do("heartbeat", {"t0": sent})["data"]["now"])
        came = time.time() * 1000
        tries.append((came - sent, now - (sent + came) / 2))
    return min(tries)[1]


def left(clock: dict[str, Any], now: float) -> float:
    """What the clock of player 1, who is on it, has left at game time *now*."""
    assert (clock["mode"], clock["running"], clock["side"]) == ("down", True, 1), clock
    return float(clock["p1_ms"] - max(0.0, now - clock["at"] - clock["free_ms"]))


def late(page: Page, true: Callable[[float], float]) -> list[float]:
    """
    By how much each change came after its time, in ms; below 0: before.

    What is left is rounded up to the second, so a clock comes to show N when N s are left.
    """
    seen = page.evaluate("() => seen")[EARLY:]
    shown = [seconds for _, seconds in seen]
    assert shown == sorted(set(shown), reverse=True), f"each second once, downwards: {shown}"
    return [seconds * 1000 - true(wall) for wall, seconds in seen]


def faults(found: list[float]) -> list[str]:
    """
    What is wrong with a clock whose changes were so late.

    A machine that is busy with other things lets a page's timers wait, and no clock could help
    that: so it is the median and nine of ten changes that have to be within 100 ms, while a
    single one may come up to a second late. None may come too early: waiting does not explain it.
    """
    third = len(found) // 3
    middle = statistics.median(found)
    if len(found) >= 20:
        most = statistics.quantiles(map(abs, found), n=10)[-1]
        usual: Callable[[list[float]], float] = statistics.median
    else:
        # So few: one of them is let go, as nine of ten would not let any; and of three changes,
        # two may have waited, but a clock that drifts is late even where it is least late.
        most = sorted(map(abs, found))[-2]
        usual = min
    drift = usual(found[-third:]) - usual(found[:third])
    return [
        *([f"median {middle:.0f} ms"] if abs(middle) > RIGHT_MS else []),
        *([f"90th percentile {most:.0f} ms"] if most > RIGHT_MS else []),
        *([f"early by {-min(found):.0f} ms"] if min(found) < -RIGHT_MS else []),
        *([f"late by {max(found):.0f} ms"] if max(found) > AT_WORST_MS else []),
        *([f"drift {drift:.0f} ms"] if abs(drift) >= DRIFT_MS else []),
    ]


def test_all_screens_show_the_time_of_the_server(server: ServerProcess, screens: Screens) -> None:
    """Phone, host page, board and overlay, and devices whose own clocks are 3 h wrong."""

    def opened(url: str, width: int, height: int, wrong_h: int = 0) -> Page:
        page = screens.blank(width, height)
        if wrong_h:
            page.add_init_script(SHIFT % wrong_h)
        page.goto(url)
        off = page.evaluate("Date.now() - performance.timeOrigin - performance.now()")
        assert abs(off - wrong_h * 3_600_000) < 60_000
        return page

    with Table(server, options=DOWN) as table:
        board = page_url(server, view="board", game=table.game_id)
        overlay = page_url(server, view="overlay", game=table.game_id)
        pages = {
            "phone": live(opened(table.url("player:1"), 390, 844)),
            "host": live(opened(table.url("host"), 1280, 800)),
            "board": live(opened(board, 1920, 1080)),
            "overlay": opened(overlay, 1920, 1080),
            "phone, 3 h fast": live(opened(table.url("player:2"), 390, 844, +3)),
            "board, 3 h slow": live(opened(board, 1280, 720, -3)),
            "wrong": live(opened(table.url("player:1"), 390, 844)),
        }
        pages["wrong"].evaluate(WRONG)  # planted: what is measured here has to see it
        before = game_less_wall(table.host)
        for page in pages.values():
            page.evaluate(WATCH)
        for page in pages.values():
            until_page(page, f"() => seen.length >= {EARLY + SECONDS}", seconds=SECONDS + 60)
        after = game_less_wall(table.host)
        clock = table.state()["clock"]

        def true(wall: float) -> float:
            return left(clock, wall + (before + after) / 2)

        found = {name: late(page, true) for name, page in pages.items()}
    for name, each in found.items():
        print(f"{name}: {[round(ms) for ms in each]}")
    bad = {name: said for name, each in found.items() if (said := faults(each))}
    planted = bad.pop("wrong", [])
    assert any(said.startswith("median") for said in planted), "300 ms wrong, and it went unseen"
    assert not bad, found
