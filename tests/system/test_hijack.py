"""A hostile page in a real browser: on another site, in a frame, and under a rebound name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from ..pages.kit import CHROMIUM
from .needs import needs
from .server import ServerProcess
from .talker import Talker

EVIL, REBOUND, BOX = "evil.example", "rebound.example", "gamesync.local"
NAMES = (EVIL, REBOUND, BOX)
PASSWORD = "the-halls-own-secret"

HELPERS = """
globalThis.opens = (url) => new Promise((done) => {
  const socket = new WebSocket(url);
  socket.onmessage = ({data}) => { socket.close(); done(JSON.parse(data).type); };
  socket.onclose = ({code}) => done(code);
});
globalThis.asks = async (url, options = {}) => {
  try {
    const answer = await fetch(url, options);
    return {status: answer.status, type: answer.type, text: await answer.text()};
  } catch (error) {
    return {failed: error.name};
  }
};
"""
REFUSED = 1006
"""All that a page is told of a WebSocket that was not opened."""


class Site(BaseHTTPRequestHandler):
    """A site that has nothing but an empty page."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Free army lists!</title>")

    def log_message(self, *args: object) -> None:
        """Not on the test's output."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser to which every name of this module is this machine."""
    needs("chromium")
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in NAMES)
    arguments = [*CHROMIUM["args"], f"--host-resolver-rules={rules}"]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**{**CHROMIUM, "args": arguments})
        yield chromium
        chromium.close()


@contextmanager
def hosted() -> Iterator[int]:
    """A hostile site is up; its port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The origin of a hostile site."""
    with hosted() as port:
        yield f"http://{EVIL}:{port}"


Start = Callable[..., ServerProcess]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    servers = []

    def started(*options: str, port: int = 0) -> ServerProcess:
        wifi = ("--wifi-ssid", "Hall", "--wifi-password", PASSWORD)
        server = ServerProcess(tmp_path_factory.mktemp("box"), *wifi, *options)
        server.port = port
        servers.append(server.start())
        return server

    yield started
    for server in servers:
        server.stop()
        assert "Traceback" not in server.log, server.log


@pytest.fixture(scope="module")
def box(start: Start) -> ServerProcess:
    return start()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.add_init_script(HELPERS)
    yield context.new_page()
    context.close()


def told(page: Page, what: str, *arguments: Any) -> Any:
    return page.evaluate(f"async (given) => await {what}(...given)", list(arguments))


def ways(box: ServerProcess) -> list[str]:
    """Every address under which a page could look for the box."""
    return [f"{host}:{box.port}" for host in ("127.0.0.1", "localhost", BOX)]


def statuses(page: Page) -> list[tuple[str, int]]:
    """Method and status of every answer that the page's browser gets from now on."""
    found: list[tuple[str, int]] = []
    page.on("response", lambda answer: found.append((answer.request.method, answer.status)))
    return found


def test_our_own_pages_get_in(page: Page, box: ServerProcess) -> None:
    """Or the others would prove nothing."""
    for way in ways(box):
        page.goto(f"http://{way}/healthz")
        assert told(page, "opens", f"ws://{way}/") == "connect"
        assert told(page, "asks", f"http://{way}/api/v1/games")["status"] == 200
        assert PASSWORD in told(page, "asks", "/api/v1/about")["text"]
        assert told(page, "asks", "/api/v1/qr", {"method": "POST", "body": "x"})["status"] == 200


def test_a_foreign_page_opens_no_websocket(page: Page, box: ServerProcess, site: str) -> None:
    page.goto(site)
    for way in ways(box):
        for path in ("/", "/ws"):
            assert told(page, "opens", f"ws://{way}{path}") == REFUSED


def test_nor_from_a_frame_without_an_origin(page: Page, box: ServerProcess, site: str) -> None:
    page.goto(site)
    said = page.evaluate(
        """(url) => new Promise((done) => {
          addEventListener("message", ({data}) => done(data));
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts";
          frame.srcdoc = `<script>
            const socket = new WebSocket("${url}");
            socket.onmessage = () => parent.postMessage("in", "*");
            socket.onclose = ({code}) => parent.postMessage([origin, code], "*");
          </` + `script>`;
          document.body.append(frame);
        })""",
        f"ws://127.0.0.1:{box.port}/",
    )
    assert said == ["null", REFUSED]


def test_a_foreign_page_reads_what_is_public_and_no_more(
    page: Page, box: ServerProcess, site: str
) -> None:
    with Talker(box.url) as host:
        made = host.create(options={"visibility": "link"})
        token, game = host.token, made["game_id"]
    page.goto(site)
    at = f"http://127.0.0.1:{box.port}"
    public = told(page, "asks", f"{at}/api/v1/games")
    assert (public["status"], game in public["text"]) == (200, False)
    about = told(page, "asks", f"{at}/api/v1/about")
    assert about["status"] == 200
    assert PASSWORD not in about["text"]
    # Not even with a token in its hand: the browser asks first, and is not told yes.
    bearer = {"headers": {"Authorization": f"Bearer {token}"}}
    for path in (f"/api/v1/games/{game}/export.json", f"/api/v1/games/{game}/report"):
        assert told(page, "asks", f"{at}{path}", bearer) == {"failed": "TypeError"}
    for path in ("/", "/healthz", f"/api/v1/games/{game}/report"):
        answer = told(page, "asks", f"{at}{path}", {"credentials": "include"})
        assert "failed" in answer or answer["status"] in (200, 404)
        assert game not in answer.get("text", "")


def test_a_foreign_page_posts_nothing(page: Page, box: ServerProcess, site: str) -> None:
    page.goto(site)
    at = f"http://127.0.0.1:{box.port}"
    answers = statuses(page)
    for path in ("/api/v1/qr", "/", "/ws", "/api/v1/games"):
        blind = {"method": "POST", "mode": "no-cors", "body": "x", "headers": {}}
        told(page, "asks", f"{at}{path}", blind)
    assert {status for _, status in answers} <= {403, 404, 405}
    assert answers[0] == ("POST", 403), "work is done for our own pages only"
    form = """([action, enctype]) => {
      const form = Object.assign(document.createElement("form"), {action, enctype, method: "post"});
      form.append(Object.assign(document.createElement("input"), {name: "a", value: "b"}));
      document.body.append(form);
      form.submit();
    }"""
    for enctype in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        page = page.context.new_page()
        page.goto(site)
        with page.expect_response(f"{at}/**") as answer:
            page.evaluate(form, [f"{at}/api/v1/qr", enctype])
        assert answer.value.status == 403, enctype


@pytest.mark.parametrize("view", ["lobby", "desk", "seat", "host", "enter"])
def test_a_foreign_page_frames_none_of_ours(
    page: Page, box: ServerProcess, site: str, view: str
) -> None:
    page.goto(site)
    with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
        page.evaluate(
            """(src) => new Promise((done) => {
              const frame = Object.assign(document.createElement("iframe"), {src, onload: done});
              document.body.append(frame);
            })""",
            f"http://127.0.0.1:{box.port}/?view={view}",
        )
    page.frames[-1].wait_for_url("chrome-error://**")


def rebound(page: Page, start: Start, *options: str) -> ServerProcess:
    """
    A box that a hostile page takes for its own: its name led to another server when it was loaded.

    To the browser the page and the box are of one origin.
    """
    with hosted() as port:
        page.goto(f"http://{REBOUND}:{port}/")
    return start(*options, port=port)


def test_a_rebound_name_is_not_ours(page: Page, start: Start) -> None:
    box = rebound(page, start)
    origin = f"http://{REBOUND}:{box.port}"
    for path in ("/", "/api/v1/about", "/api/v1/games", "/healthz"):
        answer = told(page, "asks", f"{origin}{path}")
        assert answer == {"status": 421, "type": "basic", "text": ""}, path
    answer = told(page, "asks", "/api/v1/qr", {"method": "POST", "body": "x"})
    assert answer["status"] == 421
    assert told(page, "opens", f"ws://{REBOUND}:{box.port}/") == REFUSED
    assert told(page, "opens", f"ws://127.0.0.1:{box.port}/") == REFUSED


def test_these_tests_see_a_door_that_is_open(page: Page, start: Start, site: str) -> None:
    """The same pages get in at a server that is told to let them."""
    box = start("--origins", site)
    page.goto(site)
    assert told(page, "opens", f"ws://127.0.0.1:{box.port}/") == "connect"
    box = rebound(page, start, "--hosts", REBOUND)
    assert told(page, "opens", f"ws://{REBOUND}:{box.port}/") == "connect"
    assert PASSWORD in told(page, "asks", "/api/v1/about")["text"]
