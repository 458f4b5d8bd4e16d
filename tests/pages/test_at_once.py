"""Two devices that do the same thing at the same moment: steps both count, of two totals one."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ..system.server import ServerProcess
from .kit import Screens, Table, Wire, live, settle, until

SLOW_S = 1.5
"""Each way: what one does is on its way before the other can have heard of it."""
CLICK = """([selector, when]) => {
  const wait = when - performance.timeOrigin - performance.now();
  setTimeout(() => document.querySelector(selector).click(), wait);
}"""


@pytest.fixture(scope="module")
def server(shared_server: ServerProcess) -> ServerProcess:
    """No test here minds the games of another."""
    return shared_server


def together(selector: str, *pages: Page) -> None:
    """Click it on all pages at the same moment; nobody waits for what comes of it."""
    when = time.time() * 1000 + 300
    for page in pages:
        page.evaluate(CLICK, [selector, when])


def playing(page: Page) -> Page:
    page.locator("gs-seat main[data-screen=playing]").wait_for()
    return live(page)


def cp_of(table: Table) -> int:
    return int(table.state()["scores"]["players"][0]["cp"])


def facts(table: Table, **about: Any) -> list[dict[str, Any]]:
    """What was written down, newest first."""
    found: list[dict[str, Any]] = table.do("history", {"limit": 20, **about})["data"]["entries"]
    return found


@pytest.mark.parametrize("slow", [0.0, SLOW_S], ids=["quick", "slow"])
@pytest.mark.parametrize(("button", "by"), [("Gain", +2), ("Spend", -2)])
def test_two_phones_tap_the_same_command_points(
    server: ServerProcess, phone: Screens, button: str, by: int, slow: float
) -> None:
    """Two phones of one seat; rules that do not limit what is gained in a round."""
    with Table(server, ruleset="kill-team") as table, Wire(server) as wire:
        table.do("score_update", {"player": 1, "cp_delta": 3})
        before = cp_of(table)
        assert before >= 3
        pages = [playing(phone(wire.by(table.url("player:1")))) for _ in range(2)]
        for page in pages:
            expect(page.locator(".cp .number")).to_have_text(str(before))
        written = len(facts(table))
        wire.slow(slow)
        together(f".cp button[aria-label^={button}]", *pages)
        if slow:  # both are on their way, and neither knows of the other
            for page in pages:
                expect(page.locator(".cp .wait")).to_have_text(re.compile("^[+−]1$"))
                expect(page.locator(".cp .number")).to_have_text(str(before))
        until(lambda: len(facts(table)) == written + 2)
        assert cp_of(table) == before + by
        for page in pages:
            expect(page.locator(".cp .number")).to_have_text(str(before + by))
            expect(page.locator(".cp .wait")).to_have_count(0)
            expect(page.locator(".cp .problem")).to_have_count(0)


def test_one_is_over_the_limit_if_only_one_is_left(server: ServerProcess, phone: Screens) -> None:
    """Here a player gains one a round besides: of two taps at once, one is told so."""
    with Table(server, ruleset="wh40k-10e") as table, Wire(server) as wire:
        before = cp_of(table)
        pages = [playing(phone(wire.by(table.url("player:1")))) for _ in range(2)]
        wire.slow(SLOW_S)
        together(".cp button[aria-label^=Gain]", *pages)
        for page in pages:
            expect(page.locator(".cp .wait")).to_have_text("+1")
        for page in pages:
            expect(page.locator(".cp .wait")).to_have_count(0)
            expect(page.locator(".cp .number")).to_have_text(str(before + 1))

        def told() -> list[str]:
            return [t for page in pages for t in page.locator(".cp .problem").all_text_contents()]

        until(lambda: told() == ["No more than 1 is possible here."])
        assert cp_of(table) == before + 1


@pytest.mark.parametrize("held", [None, 2], ids=["empty", "filled"])
def test_of_two_totals_typed_at_once_one_is_refused(
    server: ServerProcess, phone: Screens, held: int | None
) -> None:
    """The two players' phones, both at the same cell: who came second sees what is there now."""
    options = {"player_scores": "both"}
    with Table(server, options=options) as table, Wire(server) as wire:
        if held is not None:
            table.score(1, "secondary", held, 1)
        typed = {1: 4, 2: 7}
        pages = {n: playing(phone(wire.by(table.url(f"player:{n}")))) for n in typed}
        cell = f"Anna, Secondary, round 1: {'empty' if held is None else held}"
        for n, page in pages.items():
            page.get_by_role("button", name="Score sheet").click()
            page.get_by_role("button", name=cell).click()
            page.get_by_label("New number").fill(str(typed[n]))
            settle(page)
        about = {"player": 1, "category": "secondary", "round": 1}
        written = len(facts(table, **about))
        wire.slow(SLOW_S)
        together(".number-form button", *pages.values())
        for n, page in pages.items():
            expect(page.locator(".entry .wait")).to_have_text(f"→ {typed[n]}")
        for page in pages.values():
            expect(page.locator(".entry .wait")).to_have_count(0)
        cells = table.state()["scores"]["cells"]
        (now,) = [c["value"] for c in cells if about.items() <= c.items()]
        assert now in typed.values()
        assert len(facts(table, **about)) == written + 1, "only one was written down"
        (second,) = [n for n in typed if typed[n] != now]
        quicker, slower = pages[3 - second], pages[second]
        for page in pages.values():
            expect(page.locator(".entry output")).to_have_text(str(now))
        expect(quicker.locator(".entry:not([data-fate=refused])")).to_be_attached()
        expect(slower.locator(".entry")).to_have_attribute("data-fate", "refused")
        expect(slower.locator(".entry .fate")).to_have_text(
            f"Somebody was quicker: it is {now} now. Look, then tap again."
        )
        wire.slow(0)  # he looks, and types it again: now he knows what is there
        slower.get_by_label("New number").fill(str(typed[second]))
        slower.locator(".number-form button").click()
        for page in pages.values():
            expect(page.locator(".entry output")).to_have_text(str(typed[second]))
