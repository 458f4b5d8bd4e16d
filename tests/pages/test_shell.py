"""The frame that every view comes in."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from ..system.server import ServerProcess
from .kit import Screens, page_url


@pytest.mark.parametrize("what", ["views/lobby.js", "page.js", "i18n/en.js"])
def test_a_page_that_did_not_come_whole_comes_again_by_itself(
    server: ServerProcess, screen: Screens, what: str
) -> None:
    """Nobody stands before a TV to load it again."""
    screen.allow("ERR_FAILED")
    screen.allow("Failed to fetch dynamically imported module")
    page = screen.blank()
    broken: list[str] = []

    def breaks_off(route: Route) -> None:
        broken.append(route.request.url)
        route.abort()

    page.route(f"**/{what}*", breaks_off)
    page.goto(page_url(server))
    expect(page.get_by_role("heading", name="gamesync")).to_be_visible()
    page.wait_for_timeout(500)
    page.unroute(f"**/{what}*")
    expect(page.locator("gs-lobby")).to_be_visible()
    assert broken
