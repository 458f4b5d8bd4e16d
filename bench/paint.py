"""
A cold phone on a slow network: ``python -m bench.paint``.

Prints, for a player's seat over what Chrome calls "Fast 3G", when the first words are painted, when
the page itself is there, and when the match is, beside the same without a slow network, in one run.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from statistics import median

import attrs
from playwright.sync_api import Browser, sync_playwright

from tests.pages.kit import CHROMIUM, Screens, Table
from tests.system.server import ServerProcess

LATENCY_MS = 562.5
DOWN_BYTES, UP_BYTES = 1.44 * 1024 * 1024 / 8, 675 * 1024 / 8
"""Chrome's figures for it, a second."""
FAST_3G = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": DOWN_BYTES,
    "uploadThroughput": UP_BYTES,
}
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


@attrs.frozen(kw_only=True)
class Load:
    """One load by a browser that has nothing of it; milliseconds from the request on."""

    words: float
    page: float
    match: float
    kilobytes: float
    requests: int


def load(browser: Browser, url: str, *, slow: bool) -> Load:
    screens = Screens(browser)
    page = screens.blank(390, 844, touch=True)
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    if slow:
        wire.send("Network.emulateNetworkConditions", FAST_3G)
    sizes: list[float] = []
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    begun = time.monotonic()
    page.goto(url, wait_until="commit")
    page.locator("gs-seat main").wait_for()
    there = time.monotonic()
    page.locator("gs-seat .own").wait_for()
    played = time.monotonic()
    found = Load(
        words=page.evaluate(FIRST_PAINT),
        page=(there - begun) * 1000,
        match=(played - begun) * 1000,
        kilobytes=sum(sizes) / 1000,
        requests=len(sizes),
    )
    screens.close()
    return found


def main(rounds: int = 5) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder)).start()
        browser = playwright.chromium.launch(**CHROMIUM)
        try:
            for slow in (False, True):
                loads = []
                for _ in range(rounds):  # a game each: a seat takes three devices
                    with Table(server) as table:
                        loads.append(load(browser, table.url("player:1"), slow=slow))
                print(
                    f"{'Fast 3G' if slow else 'no limit':>8}:"
                    f" first words {median(each.words for each in loads):.0f} ms,"
                    f" page {median(each.page for each in loads):.0f} ms,"
                    f" match {median(each.match for each in loads):.0f} ms;"
                    f" {loads[0].kilobytes:.0f} kB in {loads[0].requests} requests"
                )
        finally:
            server.stop()


if __name__ == "__main__":
    main()
