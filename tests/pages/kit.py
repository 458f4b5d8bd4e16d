"""
What tests of pages share: games to look at, screens that are watched, and waiting.

    table = Table(server)                       # a game in play, made over the wire
    page = phone(table.url("player:1"))         # a context of its own, 390x844, with touch
    page.get_by_role("button", name="End turn").click()
    until(lambda: table.state()["turn"]["active_player"] == 2)
    assert axe(page) == []
    shot(page, "seat")                          # kept if GAMESYNC_SHOTS names a folder
"""

from __future__ import annotations

import copy
import functools
import os
import re
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    expect,
)

from ..chaos.network import CLEAR, Proxy, Weather
from ..system.needs import needs
from ..system.server import ServerProcess
from ..system.talker import Talker

CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
        # Pages that are not in front go on as if they were: each is a screen of its own here.
        *("--disable-background-timer-throttling", "--disable-renderer-backgrounding"),
        "--disable-backgrounding-occluded-windows",
    ],
}
PATIENCE_S = 20.0
expect.set_options(timeout=PATIENCE_S * 1000)
AXE = "axe-core@4"
AXE_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# -- screens


class Screens:
    """
    Makes pages, each in a browser context of its own, and watches them.

    :ivar usual: what is taken if a call does not say it
    :ivar faults: what went wrong on any page
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._allowed: list[re.Pattern[str]] = [
            # A page whose connection breaks says so itself, and the browser in its console, too.
            re.compile(r"^console: WebSocket connection to "),
            re.compile(r"net::ERR_INTERNET_DISCONNECTED"),  # see offline()
            re.compile(r"net::ERR_ABORTED"),  # left unfinished by a page that was left
        ]
        self.usual: dict[str, Any] = {"width": 1280, "height": 720, "touch": False}
        self.faults: list[str] = []

    def __call__(
        self,
        url: str,
        width: int | None = None,
        height: int | None = None,
        *,
        dark: bool = False,
        language: str = "en",
        touch: bool | None = None,
        **context: Any,
    ) -> Page:
        """Open *url* in a new context; *context* is what Playwright's ``new_context`` takes."""
        page = self.blank(width, height, dark=dark, language=language, touch=touch, **context)
        page.goto(url)
        return page

    def blank(
        self,
        width: int | None = None,
        height: int | None = None,
        *,
        dark: bool = False,
        language: str = "en",
        touch: bool | None = None,
        **context: Any,
    ) -> Page:
        """A page of a new context that shows nothing yet."""
        touch = self.usual["touch"] if touch is None else touch
        made = self._browser.new_context(
            viewport={
                "width": width or self.usual["width"],
                "height": height or self.usual["height"],
            },
            color_scheme="dark" if dark else "light",
            locale="de-DE" if language == "de" else "en-GB",
            has_touch=touch,
            is_mobile=touch,
            reduced_motion="reduce",
            **context,
        )
        made.set_default_timeout(PATIENCE_S * 1000)
        self._contexts.append(made)
        made.on("page", self._watch)
        return made.new_page()

    def sized(self, width: int, height: int, *, touch: bool = False) -> Self:
        """The same, but for what is usual."""
        other = copy.copy(self)
        other.usual = {"width": width, "height": height, "touch": touch}
        return other

    def allow(self, pattern: str) -> None:
        """Faults that match are what the test wants: ``allow("404")``."""
        self._allowed.append(re.compile(pattern))

    def close(self) -> None:
        """Close all; an :exc:`AssertionError` if any page had a fault."""
        for context in self._contexts:
            with suppress(Error):
                context.close()
        bad = [f for f in self.faults if not any(p.search(f) for p in self._allowed)]
        assert not bad, "\n".join(bad)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.faults.append(f"error: {error.stack or error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)
        page.on("response", self._response)
        page.on("request", lambda request: self._asked(page, request))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text} {message.location.get('url', '')}")

    def _failed(self, request: Request) -> None:
        self.faults.append(f"request: {request.url} {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"response: {response.status} {response.url}")

    def _asked(self, page: Page, request: Request) -> None:
        """Pages ask nobody but their own server."""
        if request.is_navigation_request():
            return
        asked = urlsplit(request.url)
        if asked.scheme in ("data", "blob", "about") or page.url in ("", "about:blank"):
            return
        if asked.netloc != urlsplit(page.url).netloc:
            self.faults.append(f"elsewhere: {request.url}")


def long_off(server: ServerProcess, ms: int) -> None:
    """
    Make the last that is known of a killed server *ms* older, and of an earlier start of the box.
    """
    with closing(sqlite3.connect(server.database)) as database, database:
        database.execute("UPDATE pulse SET wall_ms = wall_ms - ?, boot_id = 'another'", [ms])
    # Who closes the database takes its log along; the server would miss it.
    Path(f"{server.database}.held").unlink()


# -- games


class Table:
    """
    A game made over the wire, for pages to look at and to play.

    :ivar host: the :class:`Talker` that made it and is its host
    :ivar places: for ``host``, ``player:1``, ``player:2``, ``observer``: link, key and codes
    """

    def __init__(
        self,
        server: ServerProcess,
        *,
        ruleset: str = "wh40k-10e",
        names: tuple[str, str] = ("Anna", "Marek"),
        started: bool = True,
        first: int = 1,
        **create: Any,
    ) -> None:
        """
        :param started: go past the set-up and start the clock
        :param create: what else ``game_create`` takes
        """
        self.server = server
        self.host = Talker(server.url)
        made = self.host.create(
            ruleset=ruleset, player1_name=names[0], player2_name=names[1], **create
        )
        self.game_id = str(made["game_id"])
        self.places: dict[str, dict[str, Any]] = made["data"]["detail"]["places"]
        if started:
            self.host.do("setup", {"op": "skip", "first_player": first})
            self.host.do("timer_update", {"op": "start"})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self.host.close()

    def url(self, place: str = "observer", **query: str) -> str:
        """The page of *place*, by its link; *query*: ``view``, ``lang``, ``theme`` …"""
        return page_url(self.server, f"g={self.game_id}&p={place}&k={self.key(place)}", **query)

    def key(self, place: str) -> str:
        return str(self.places[place]["key"])

    def talker(self, place: str) -> Talker:
        """Somebody who has taken *place* over the wire, with a device of his own."""
        talker = Talker(self.server.url)
        kind = {"observer": "observer", "host": "host"}.get(place, "player")
        talker.connect(game_id=self.game_id, key=self.key(place), client_type=kind)
        return talker

    def do(self, type_: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """As host; it must be accepted, be it after a while."""
        while True:
            answer = self.host.ask(type_, data, game_id=self.game_id)
            if answer["type"] != "error":
                return answer
            assert answer["data"]["code"] == "rate_limited", answer
            time.sleep(answer["data"]["retry_after_ms"] / 1000)

    def state(self) -> dict[str, Any]:
        """All that is to be seen of the game, as the host sees it."""
        found: dict[str, Any] = self.do("game_state")["data"]["state"]
        return found

    def score(self, player: int, category: str, value: int, round_: int | None = None) -> None:
        where: dict[str, Any] = {} if round_ is None else {"round": round_}
        cell = {"player": player, "category": category, "value": value, **where}
        self.do("score_update", cell)

    def end_turn(self) -> None:
        turn = self.state()["turn"]
        self.do("turn_change", {"player": turn["active_player"], "turn": turn["turn"]})


def page_url(server: ServerProcess, fragment: str = "", **query: str) -> str:
    """A page of *server*: ``page_url(server, "v=official:x", view="desk", lang="de")``."""
    asked = f"?{urlencode(query)}" if query else ""
    return f"{server.http}/{asked}" + (f"#{fragment}" if fragment else "")


def organiser_key(server: ServerProcess) -> str:
    """The first organiser's key, as the server's log has it until it is used."""
    found: list[str] = []

    def there() -> bool:
        found[:] = re.findall(r"#k=([A-Za-z0-9_-]+)", server.log)
        return bool(found)

    until(there)
    return found[-1]


def organiser_url(server: ServerProcess, **query: str) -> str:
    """The page that the organiser's link opens."""
    return page_url(server, f"k={organiser_key(server)}", **query)


def organiser(server: ServerProcess) -> Talker:
    """An organiser over the wire; the key works for others, too."""
    talker = Talker(server.url)
    talker.connect(game_id="venue", key=organiser_key(server))
    return talker


# -- waiting and looking


def until(condition: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """Wait until *condition* holds; what it gave."""
    end = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.05)


def until_page(page: Page, script: str, argument: Any = None, seconds: float = PATIENCE_S) -> Any:
    """Wait until *script*, evaluated in the page, gives something true; what it gave."""
    # Not wait_for_function: the pages' Content-Security-Policy does not let it poll.
    end = time.monotonic() + seconds
    while True:
        with suppress(Error):  # the page is being loaded anew
            if found := page.evaluate(script, argument):
                return found
        assert time.monotonic() < end, f"it did not come to be: {script}"
        page.wait_for_timeout(30)


def offline(page: Page, off: bool = True) -> None:
    """
    Cut the network of the page's context, or mend it: as when a phone leaves the Wi-Fi.

    Frames on a WebSocket that is open are held back in silence; the client needs up to two
    heartbeats (10 s) to see it. Use :class:`Wire` where the connection has to break at once.
    """
    page.context.set_offline(off)


class Wire:
    """
    A way to the server that can be cut at once: give its :attr:`http` in place of the server's.

    :ivar http: root of the pages, by this way
    """

    def __init__(self, server: ServerProcess) -> None:
        self._proxy = Proxy(server.port, CLEAR)
        self.http = f"http://127.0.0.1:{self._proxy.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._proxy.close()

    def by(self, url: str) -> str:
        """The address *url* of the server's, by this way."""
        return self.http + "/" + url.split("/", 3)[3]

    def cut(self) -> None:
        """Break all connections, and every new one."""
        self._proxy.weather = Weather(life_s=(0, 0))

    def mend(self) -> None:
        self._proxy.weather = CLEAR

    def slow(self, delay_s: float) -> None:
        """Everything takes so long, each way."""
        self._proxy.weather = Weather(delay_s=(delay_s, delay_s))


def codes(page: Page) -> dict[str, str]:
    """
    What the QR codes say that the page shows from now on, by the place to which they lead:
    ``player:1``, ``participant``, …; the newest of each. Wait for their pictures first.
    """
    found: dict[str, str] = {}

    def look(request: Request) -> None:
        if request.method == "POST" and request.url.endswith("/api/v1/qr"):
            text = request.post_data or ""
            place = re.search(r"[#&][pv]=([a-z]+(?::[12])?)", text)
            found[place[1] if place else ""] = text

    page.on("request", look)
    return found


def live(page: Page) -> Page:
    """Wait until the page says that what it shows is the truth."""
    page.locator("gs-status .live:not(.quiet)").wait_for(state="attached")
    return page


def settle(page: Page) -> None:
    """Wait until the page has drawn what it has been told so far."""
    page.evaluate("() => new Promise((done) => setTimeout(() => setTimeout(done)))")


@functools.cache
def axe_source() -> str:
    """axe-core, from npm; once a session."""
    needs("node", "npm")
    with tempfile.TemporaryDirectory(prefix="axe-") as folder:
        got = subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", AXE],
            cwd=folder,
            timeout=120,
            check=False,
            capture_output=True,
        )
        assert got.returncode == 0, got.stderr
        return (Path(folder) / "node_modules/axe-core/axe.min.js").read_text("utf-8")


def axe(page: Page, *without: str) -> list[str]:
    """
    What axe finds wrong with the page as it is now, a line each.

    :param without: rules that are left out; say why where you do
    """
    if not page.evaluate("() => 'axe' in globalThis"):
        page.evaluate(axe_source())
    found = page.evaluate(
        """async ([tags, without]) => {
          const rules = Object.fromEntries(without.map((rule) => [rule, {enabled: false}]));
          const runOnly = {type: "tag", values: tags};
          const options = {runOnly, rules, resultTypes: ["violations"]};
          return (await axe.run(document, options)).violations;
        }""",
        [AXE_RULES, list(without)],
    )
    return [
        f"{each['id']}: {each['help']}: {node['html'][:160]} ({node.get('failureSummary', '')})"
        for each in found
        for node in each["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """Elements that stick out of the page's sides, a line each; none should."""
    found: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          const kept = ["auto", "scroll", "hidden", "clip"];
          const scrolls = (e) =>
            e && (kept.includes(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
          return [...document.body.querySelectorAll("*")]
            .filter((e) => e.checkVisibility?.() ?? true)
            .filter((e) => { const b = e.getBoundingClientRect();
              return b.width && (b.right > width + 1 || b.left < -1); })
            .filter((e) => !scrolls(e.parentElement))
            .map((e) => e.outerHTML.slice(0, 120));
        }"""
    )
    return found


def shot(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture as ``<GAMESYNC_SHOTS>/<name>.png``, if set; *whole*: all the page's length."""
    folder = os.environ.get("GAMESYNC_SHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)
