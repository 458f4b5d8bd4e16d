"""Where pages run that are not at the root of localhost: behind a proxy, and by a host's name."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from playwright.sync_api import Browser, Page, expect

from ..system.certificates import Authority
from ..system.proxies import NAME, Nginx
from ..system.server import ServerProcess
from .kit import CHROMIUM, Screens, codes, live, organiser_key, until, until_page

AT = "/games/"
BOX = "gamesync.local"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The proxy's, and its key."""
    return Authority(tmp_path_factory.mktemp("certificate")).issue("proxy")


def key_of(certificate: Path) -> str:
    """As Chromium names a key that it is to trust."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    info = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b64encode(sha256(info).digest()).decode()


@pytest.fixture(scope="module")
def named(browser: Browser, certificate: tuple[Path, Path]) -> Iterator[Browser]:
    """A browser to which the names of this module are this machine."""
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (NAME, BOX))
    # To ignore all errors of certificates would be to keep no files, too.
    trusted = f"--ignore-certificate-errors-spki-list={key_of(certificate[0])}"
    arguments = [*CHROMIUM["args"], f"--host-resolver-rules={rules}", trusted]
    chromium = browser.browser_type.launch(**{**CHROMIUM, "args": arguments})
    yield chromium
    chromium.close()


@pytest.fixture
def screens(named: Browser) -> Iterator[Screens]:
    made = Screens(named)
    yield made
    made.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that knows its proxy, and the name under which people ask for it."""
    running = ServerProcess(tmp_path, "--proxies", "127.0.0.1", "--hosts", NAME).start()
    yield running
    running.stop()
    assert "Traceback" not in running.log, running.log


@pytest.fixture
def nginx(server: ServerProcess, certificate: tuple[Path, Path], tmp_path: Path) -> Iterator[Nginx]:
    """With the sample configuration, at a path."""
    running = Nginx(tmp_path / "nginx", server.port, *certificate, AT)
    yield running
    running.stop()


def watch(page: Page) -> list[str]:
    """Every address that the page asks for from now on, its WebSockets too."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    return asked


def make_a_game(page: Page) -> None:
    """From the lobby to the host page."""
    page.get_by_role("button", name="Make a game").click()
    form = page.get_by_role("dialog")
    form.get_by_label(re.compile("^Rules")).select_option("wh40k-10e")
    form.get_by_label("Player 1").fill("Anna")
    form.get_by_label("Player 2").fill("Marek")
    form.get_by_role("button", name="Make a game").click()
    expect(page.locator("gs-host .place img")).to_have_count(3)


def start(page: Page) -> None:
    """At the table: Anna begins."""
    page.get_by_role("button", name="Anna starts").click()
    page.get_by_role("button", name="Start the match").click()
    expect(page.locator("gs-host .half")).to_have_count(2)


KEPT = """() => performance.getEntriesByType("resource")
  .filter(({name}) => name.includes("/static/"))
  .map(({transferSize}) => transferSize)"""


def test_behind_a_proxy_at_a_path_of_its_own(nginx: Nginx, screens: Screens) -> None:
    phone = screens.sized(390, 844, touch=True)
    host = screens.blank(1024, 768)
    asked = watch(host)
    shown = codes(host)
    top = f"https://{NAME}:{nginx.port}{AT}"
    host.goto(top)
    live(host)
    make_a_game(host)
    assert host.url.startswith(f"{top}#g=")
    way = until(lambda: shown.get("player:1"))
    assert way.startswith(f"{top}#g="), "a phone finds it where the table is"

    anna = phone.blank()
    of_anna = watch(anna)
    anna.goto(way)
    expect(anna.locator("gs-seat main[data-screen=waiting]")).to_be_visible()
    assert anna.url.startswith(f"{top}#g=")
    assert "k=" not in anna.url

    board = screens.blank(1280, 720)
    of_board = watch(board)
    board.goto(shown["observer"])
    start(host)
    expect(board.locator(".p1 .cp")).to_contain_text("1")
    anna.get_by_role("button", name="Gain a command point").click()
    expect(anna.locator(".cp .number")).to_have_text("2")
    expect(board.locator(".p1 .cp")).to_contain_text("2")
    live(board)

    # Whoever comes back asks for no file that he has.
    files = nginx.asked("/games/static/")
    anna.reload()
    live(anna)
    assert nginx.asked("/games/static/") == files
    sizes = anna.evaluate(KEPT)
    assert len(sizes) >= 5
    assert not any(sizes)

    for address in [*asked, *of_anna, *of_board]:
        where = urlsplit(address)
        assert where.scheme == "blob" or where.path.startswith("/games/"), address
    assert any(address.startswith("wss://") for address in of_anna)


NOTED = """
globalThis.ids = [];
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (text) {
  const { type, id } = JSON.parse(text);
  if (id) ids.push(id);
  return send.call(this, text);
};
"""


def test_plain_http_by_name_is_no_secure_context(server: ServerProcess, screens: Screens) -> None:
    """All that a LAN page lacks, it does without: `crypto.randomUUID`, wake lock, clipboard."""
    at = f"http://{BOX}:{server.port}/"
    phone = screens.sized(390, 844, touch=True)
    host = screens.blank(1024, 768)
    shown = codes(host)
    host.goto(at)
    make_a_game(host)
    way = until(lambda: shown.get("player:1"))
    assert way.startswith(f"{at}#g=")
    anna = phone.blank()
    anna.add_init_script(NOTED)
    anna.goto(way)
    for page in (host, anna):
        lacking = "['randomUUID' in crypto, 'wakeLock' in navigator, 'clipboard' in navigator]"
        assert page.evaluate("isSecureContext") is False
        assert page.evaluate(lacking) == [False] * 3
    start(host)
    live(anna).get_by_role("button", name="Gain a command point").tap()
    expect(anna.locator(".cp .number")).to_have_text("2")
    until_page(anna, "() => document.querySelector('gs-seat').awake.how === 'video'")
    until_page(anna, "() => document.querySelector('video').currentTime > 0.5")
    anna.get_by_role("button", name="End turn").tap()
    anna.locator(".quick button", has_text="5").tap()
    expect(anna.locator(".entry[data-fate=counted]")).to_have_count(1)
    anna.get_by_role("button", name="Pass to Marek").tap()
    expect(host.locator(".half.p2[data-turn=true] .who")).to_contain_text("Marek")
    expect(host.locator(".half.p1 .score .number")).to_have_text("5")
    anna.get_by_role("button", name="Menu").tap()
    expect(anna.get_by_text("if this phone allows it. Keep this page open.")).to_be_visible()
    ids = anna.evaluate("ids")
    assert len(ids) == len(set(ids)) > 3
    assert all(len(each) >= 20 for each in ids)

    # The desk copies a link without the clipboard that a secure page would have.
    desk = screens(f"{at}#k={organiser_key(server)}", 1440, 900)
    desk.get_by_role("button", name="Hall", exact=True).click()
    desk.get_by_role("button", name=re.compile("^QR")).first.click()
    desk.locator("dialog gs-qr img").wait_for()
    desk.get_by_role("button", name="Copy").click()
    expect(desk.locator("gs-toasts .toast")).to_contain_text(re.compile("Copied|Marked"))
