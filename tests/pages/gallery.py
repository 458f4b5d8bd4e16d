"""
Each page at each size, light and dark: ``python -m tests.pages.gallery FOLDER``, to be looked at.

A picture is ``<page>-<width>x<height>-<light|dark>.png``, of what is seen without scrolling; with
``--whole``, of all the page's length. What sticks out of a page's sides is said.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, sync_playwright

from ..system.needs import needs
from ..system.server import ServerProcess
from .kit import (
    CHROMIUM,
    Screens,
    Table,
    live,
    organiser_url,
    overflow,
    page_url,
    settle,
    until,
    until_page,
)
from .pictures import match
from .test_desk import Hall
from .test_report import play

SIZES = [(360, 640), (390, 844), (768, 1024), (1280, 720), (1920, 1080)]
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
GREY = "() => { document.body.style.background = '#777' }"
DRAWN = """() => !document.fonts || document.fonts.status === "loaded" &&
  [...document.images].every((image) => image.complete)"""


class Gallery:
    """Makes pictures into a folder; *whole*: of all a page's length."""

    def __init__(self, screens: Screens, folder: Path, *, whole: bool = False) -> None:
        self._screens = screens
        self._folder = folder
        self._whole = whole
        folder.mkdir(parents=True, exist_ok=True)

    def open(self, url: str, *, touch: bool = False, wait: str = "main") -> Page:
        """A page of *url* in a context of its own, with what *wait* selects in it."""
        page = self._screens(url, *SIZES[0], touch=touch)
        page.locator(wait).first.wait_for()
        return page

    def keep(self, page: Page, name: str, ready: Callable[[], object] | None = None) -> None:
        """Pictures of *page* in each size and theme; *ready* is called before each."""
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for theme in THEMES:
                page.emulate_media(color_scheme=theme, reduced_motion="reduce")
                settle(page)
                if ready:
                    ready()
                until_page(page, DRAWN)
                # The page draws anew when it is resized; nothing says when that is done.
                page.wait_for_timeout(150)
                label = f"{name}-{width}x{height}-{theme}"
                page.screenshot(path=self._folder / f"{label}.png", full_page=self._whole)
                if theme == "light":
                    for each in overflow(page):
                        print(f"{label}: sticks out: {each}")
        print(name)


def seats(gallery: Gallery, playing: Table, waiting: Table, ending: Table) -> None:
    """What players have in their hands."""
    page = live(gallery.open(waiting.url("player:1"), touch=True, wait="gs-seat main"))
    gallery.keep(page, "seat-waiting")
    page.context.close()
    page = live(gallery.open(playing.url("player:1"), touch=True, wait="gs-seat .own"))
    gallery.keep(page, "seat-playing")
    page.locator(".round-cells").click()
    page.locator("dialog .entry").first.wait_for()
    gallery.keep(page, "seat-sheet")
    page.context.close()
    # The link is of no use to a phone that comes after the end: this one has been there before.
    page = live(gallery.open(ending.url("player:1"), touch=True, wait="gs-seat .own"))
    ending.do("game_end", {"op": "concede", "player": 2})
    page.locator("gs-seat main:not([data-screen=playing])").wait_for()
    gallery.keep(page, "seat-ended")
    page.context.close()


def hosts(gallery: Gallery, playing: Table, waiting: Table) -> None:
    """The tablet at the table."""
    for table, name in ((waiting, "host-waiting"), (playing, "host-playing")):
        page = live(gallery.open(table.url("host"), wait="gs-host main"))
        gallery.keep(page, name)
        page.context.close()


def shown(gallery: Gallery, playing: Table, ended: Table) -> None:
    """What everybody sees."""
    server = playing.server
    for address, name in (
        (page_url(server), "lobby"),
        (page_url(server, view="board", game=playing.game_id), "board"),
        (page_url(server, view="board"), "board-hall"),
    ):
        page = live(gallery.open(address))
        gallery.keep(page, name)
        page.context.close()
    page = gallery.open(page_url(server, view="overlay", game=playing.game_id))
    until_page(page, "() => document.body.dataset.live === 'live'")
    gallery.keep(page, "overlay", lambda: page.evaluate(GREY))
    page.context.close()
    address = page_url(server, f"g={ended.game_id}", view="report")
    page = gallery.open(address, wait="gs-report .sheet")
    gallery.keep(page, "report")
    page.context.close()


def desks(gallery: Gallery, hall: Hall) -> None:
    """The organiser's desk, with a call, and the cards that it prints."""
    page = live(gallery.open(organiser_url(hall.server), wait="gs-desk .tabs"))
    page.locator(".call").first.wait_for()
    gallery.keep(page, "desk")
    page.locator("gs-desk-row .name", has_text="Table 3").click()
    page.locator("gs-desk-sheet h2").first.wait_for()
    gallery.keep(page, "desk-table")
    page.keyboard.press("Escape")
    page.locator("gs-desk-sheet").wait_for(state="detached")
    page.get_by_role("navigation").get_by_role("button", name="Hall").click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Print cards").click()
    cards = live(opened.value)
    until(lambda: cards.locator(".card gs-qr img").count() == len(hall.tables))
    gallery.keep(cards, "cards")
    page.context.close()


def main() -> None:
    asked = argparse.ArgumentParser(description="Pictures of each page, at each size.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--whole", action="store_true", help="all of each page's length")
    told = asked.parse_args()
    needs("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder)).start()
        browser = playwright.chromium.launch(**CHROMIUM)
        try:
            screens = Screens(browser)
            gallery = Gallery(screens, told.folder, whole=told.whole)
            hall = Hall(server)
            for n in range(3):
                hall.play(n)
            called = hall.place(2, "player", 2)
            called.do("judge_call", {"op": "call", "note": "Is that in range?"})
            names = ("Kim", "Ada")
            with (
                match(server) as playing,
                Table(server, names=("Sam", "Jo"), table="Table 9") as ending,
                Table(server, names=names, table="Table 8", started=False) as waiting,
                play(server) as ended,
            ):
                seats(gallery, playing, waiting, ending)
                hosts(gallery, playing, waiting)
                shown(gallery, playing, ended)
                desks(gallery, hall)
            hall.close()
            try:
                screens.close()
            except AssertionError as faults:  # the pictures are there all the same
                print(faults)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
