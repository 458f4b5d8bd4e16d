"""
The pictures in the documents: ``python -m tests.pages.pictures`` makes them anew.

A match on a tablet at the table and on a player's phone; the wall; the desk.
"""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from ..system.server import ServerProcess
from .kit import CHROMIUM, Screens, Table, live, organiser_url, page_url, settle

IMAGES = Path(__file__).parents[2] / "docs" / "images"
CLOCK = {"mode": "down", "budget_ms": 5_400_000}


def match(server: ServerProcess) -> Table:
    """A match in its third round."""
    table = Table(
        server,
        names=("Anna", "Marek"),
        ruleset="wh40k-11e",
        table="Table 7",
        options={"clock": CLOCK},
    )
    for player, faction in ((1, "Orks"), (2, "Necrons")):
        table.do("setup", {"op": "profile", "player": player, "faction": faction})
    scores = ((5, 8), (10, 5), (5, 3), (10, 12))
    for turn, (primary, secondary) in enumerate(scores):
        player, round_ = turn % 2 + 1, turn // 2 + 1
        if round_ > 1:
            table.score(player, "primary", primary, round_)
        table.score(player, "secondary", secondary, round_)
        table.end_turn()
    for player, minutes in ((1, 43.4), (2, 51.9)):
        taken = {"op": "set", "player": player, "time_ms": int(minutes * 60_000)}
        table.do("timer_update", taken)
    table.score(1, "primary", 10, 3)
    return table


def framed(browser: Browser, shots: list[tuple[bytes, int, bool]], file: str) -> None:
    """Put screenshots side by side, each in the frame of a device, at a width in pixels."""
    frames = "".join(
        f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" width="{width}" '
        f'class="{"phone" if phone else ""}">'
        for png, width, phone in shots
    )
    page = browser.new_page(device_scale_factor=1)
    page.set_content(
        "<style>body{margin:0;background:#fff;display:inline-flex;gap:28px;align-items:center;"
        "padding:16px}img{border:9px solid #22252b;border-radius:18px;box-shadow:0 6px 20px #0005}"
        f".phone{{border-radius:26px}}</style>{frames}"
    )
    page.locator("body").screenshot(path=IMAGES / file)
    page.close()


def shot(page: Page) -> bytes:
    live(page)
    settle(page)
    page.wait_for_timeout(700)
    return page.screenshot()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder)).start()
        browser = playwright.chromium.launch(**CHROMIUM)
        try:
            screens = Screens(browser)
            table = match(server)
            others = [
                Table(server, names=names, table=f"Table {n}", options={"clock": CLOCK})
                for n, names in ((8, ("Li", "Olga")), (9, ("Sam", "Jo")), (10, ("Kim", "Ada")))
            ]
            phone_page = screens(table.url("player:1"), 390, 844, touch=True, dark=True)
            live(phone_page)
            host = shot(screens(table.url("host"), 1180, 820))
            phone = shot(phone_page)
            framed(browser, [(host, 860, False), (phone, 284, True)], "pages.png")
            board = screens(
                page_url(server, view="board", game=table.game_id), 1280, 720, dark=True
            )
            (IMAGES / "board.png").write_bytes(shot(board))
            others[0].do("judge_call", {"op": "call", "note": "line of sight"})
            desk = screens(organiser_url(server), 1280, 800)
            desk.locator("gs-desk").wait_for()
            (IMAGES / "desk.png").write_bytes(shot(desk))
            screens.close()
            for each in (table, *others):
                each.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
