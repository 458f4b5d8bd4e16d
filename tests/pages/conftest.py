"""Fixtures of the tests that look at pages: a browser, a server, and screens that are watched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from ..system.needs import needs
from ..system.server import ServerProcess
from .kit import CHROMIUM, Screens


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """
    Debian's Chromium, one for all tests of pages.

    Playwright keeps an asyncio loop running in this thread while it is there; so it ends with this
    package, and tests of other packages may have loops of their own.
    """
    needs("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of its own for this test, in an empty folder."""
    yield from _serving(tmp_path_factory)


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests of a module that do not mind each other's games."""
    yield from _serving(tmp_path_factory)


def _serving(folders: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    needs("chromium")
    running = ServerProcess(folders.mktemp("server")).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log


@pytest.fixture
def screens(browser: Browser) -> Iterator[Screens]:
    """Makes pages, each in a context of its own; at the end none may have had a fault."""
    made = Screens(browser)
    yield made
    made.close()


@pytest.fixture
def phone(screens: Screens) -> Screens:
    """``phone(url)``: a page as a phone of 390x844 shows it; ``phone(url, 360, 640)``: smaller."""
    return screens.sized(390, 844, touch=True)


@pytest.fixture
def screen(screens: Screens) -> Screens:
    """``screen(url, 1920, 1080)``: a page of that size, without touch."""
    return screens
