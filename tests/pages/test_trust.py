"""A browser that was given the venue's authority: pages and wss without a word, and its limits."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from playwright.sync_api import Browser, Error, expect

from gamesync.certs.authority import fingerprint

from ..system.needs import needs
from ..system.server import ServerProcess
from ..system.tls_box import HERE, PATIENT, Box, forged, lan, ports_of
from .kit import (
    CHROMIUM,
    Screens,
    axe,
    live,
    organiser_key,
    organiser_url,
    overflow,
    shot,
    until,
    until_page,
)

NAME, BANK = "gamesync.local", "bank.example"


class Venue(Box):
    """
    A server with what ``gamesync cert`` made, and a browser that trusts it and one that does not.

    :ivar plain: root of the pages without TLS
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.serve("--listen", "tcp:0:interface=127.0.0.1")
        self.plain = f"http://127.0.0.1:{self.ports()[1]}"

    def by(self, name: str) -> str:
        """The root of the pages under that name."""
        return f"https://{name}:{self.server.port}/"

    def home(self) -> dict[str, str]:
        """The environment of a user who has installed the authority, as ``/ca`` says."""
        home = self.folder / "home"
        store = home / ".pki" / "nssdb"
        store.mkdir(parents=True, exist_ok=True)
        for words in (
            ("-N", "--empty-password"),
            ("-A", "-n", "the box", "-t", "C,,", "-i", str(self.tls.ca)),
        ):
            subprocess.run(
                ["certutil", "-d", f"sql:{store}", *words],
                check=True,
                capture_output=True,
                timeout=60,
            )
        return {**os.environ, "HOME": str(home)}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    needs("chromium", "certutil")
    made = Venue(tmp_path_factory.mktemp("venue"))
    yield made
    made.server.stop()
    assert "Traceback" not in made.server.log, made.server.log


@pytest.fixture(scope="module")
def trusting(venue: Venue, browser: Browser) -> Iterator[Browser]:
    """A browser whose user has installed the authority."""
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (NAME, BANK))
    arguments = [*CHROMIUM["args"], f"--host-resolver-rules={rules}"]
    chromium = browser.browser_type.launch(**{**CHROMIUM, "args": arguments, "env": venue.home()})
    yield chromium
    chromium.close()


@pytest.fixture
def screens(trusting: Browser) -> Iterator[Screens]:
    made = Screens(trusting)
    yield made
    made.close()


@pytest.mark.parametrize("name", [NAME, "127.0.0.1", "localhost"])
def test_pages_and_wss_without_a_warning(venue: Venue, screens: Screens, name: str) -> None:
    page = screens.blank()
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(venue.by(name))
    live(page)
    assert page.evaluate("isSecureContext") is True
    assert sockets == [f"wss://{name}:{venue.server.port}/ws"]


def test_without_the_authority_there_is_one(venue: Venue, browser: Browser) -> None:
    page = browser.new_page()
    with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
        page.goto(venue.by("127.0.0.1"))
    page.close()


def test_a_stolen_key_makes_no_bank(venue: Venue, screens: Screens, tmp_path: Path) -> None:
    """What it signs for the box is believed, so it is the name that the browser refuses."""
    authority = venue.tls.authority()
    assert authority is not None
    screens.allow("favicon.ico|ERR_CERT")
    for name, good in ((NAME, True), (BANK, False)):
        folder = tmp_path / name
        folder.mkdir()
        pem = folder / "server.pem"
        pem.write_bytes(forged(authority, x509.DNSName(name)))
        options = ("--certificate", str(pem), "--hosts", name, "--limit", "drain_seconds=0")
        thief = ServerProcess(folder, *options, scheme="wss").start()
        page = screens.blank()
        address = f"https://{name}:{thief.port}/api/v1/about"
        if good:
            answer = page.goto(address)
            assert answer is not None
            assert answer.ok
        else:
            with pytest.raises(Error, match=r"net::ERR_CERT_(INVALID|AUTHORITY_INVALID)"):
                page.goto(address)
        thief.stop()


@pytest.mark.parametrize(
    ("language", "title", "width", "height"),
    [("en", "Trust this box", 1280, 720), ("de", "Diesem Server vertrauen", 360, 640)],
)
def test_the_page_that_explains_it(
    venue: Venue, screens: Screens, language: str, title: str, width: int, height: int
) -> None:
    dark = width > 1000
    page = screens(f"{venue.plain}/ca", width, height, language=language, dark=dark)
    expect(page.get_by_role("heading")).to_have_text(title)
    page.get_by_text("iPhone").first.click()
    assert axe(page) == []
    assert overflow(page) == []
    shot(page, f"trust-{language}-{width}", whole=True)
    with page.expect_download() as download:
        page.locator("a.button").click()
    held = Path(download.value.path()).read_bytes()
    assert held == venue.tls.ca.read_bytes()
    assert download.value.suggested_filename == "gamesync-ca.crt"


def test_the_desk_shows_the_way(venue: Venue, screens: Screens) -> None:
    address = organiser_url(venue.server).replace("127.0.0.1", NAME)
    page = screens(address, 1280, 900)
    page.get_by_role("button", name="Hall", exact=True).click()
    panel = page.get_by_role("region", name="Trust this box")
    root = venue.tls.root()
    assert root is not None
    expect(panel.locator("code")).to_have_text(fingerprint(root))
    panel.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("gs-qr img").wait_for()
    expect(dialog.get_by_role("textbox")).to_have_value(f"{venue.plain}/ca")
    assert axe(page) == []
    shot(page, "trust-desk")


def test_a_renewed_certificate_is_taken_while_the_page_is_open(
    venue: Venue, screens: Screens
) -> None:
    page = screens(venue.by("localhost"))
    live(page)
    authority = venue.tls.authority()
    assert authority is not None
    venue.tls.server.write_bytes(authority.issue(HERE, datetime.now(UTC)))
    venue.server.signal(1)
    until(lambda: "configuration read again" in venue.server.log)
    until_page(page, "() => document.querySelector('gs-status .live:not(.quiet)')")
    again = screens(venue.by("localhost"))
    live(again)


def test_a_link_without_tls_ends_at_the_page_with_it(
    venue: Venue, screens: Screens, tmp_path: Path
) -> None:
    """With what stands behind its ``#``, which no server sees."""
    here = lan()
    hall = ServerProcess(
        tmp_path,
        *("--certificate", str(venue.tls.server), *PATIENT, "--ws-host", "0.0.0.0"),
        *("--listen", "tcp:0", "--https-only", "--limit", "drain_seconds=0"),
        scheme="wss",
    ).start()
    _, plain = ports_of(hall)
    page = screens(f"http://{here}:{plain}/#k={organiser_key(hall)}")
    live(page)
    assert page.url.startswith(f"https://{here}:{hall.port}/")
    page.get_by_role("button", name="Hall", exact=True).wait_for()
    page.goto(f"http://{here}:{plain}/ca")
    assert page.url.startswith("http:"), "the page that leads to trust is open"
    page.close()
    hall.stop()
    assert "Traceback" not in hall.log, hall.log
