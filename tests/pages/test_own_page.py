"""The example of docs/pages.md works as it stands."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import expect

from ..system.server import ServerProcess
from .kit import Screens, Table

GUIDE = Path(__file__).parents[2] / "docs" / "pages.md"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """The example with the client beside it, served from somewhere else; its origin."""
    found = re.search(
        r"<!-- example: own page -->\s+```html\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL
    )
    assert found is not None
    (tmp_path / "index.html").write_text(found.group(1), "utf-8")
    shutil.copytree(str(files("gamesync") / "web" / "client"), tmp_path / "client")
    handler = functools.partial(Quiet, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_example(tmp_path_factory: pytest.TempPathFactory, site: str, screen: Screens) -> None:
    server = ServerProcess(tmp_path_factory.mktemp("server"), "--origins", site).start()
    screen.allow("favicon")
    with Table(server) as table:
        place = f"#g={table.game_id}&p=player:1&k={table.key('player:1')}"
        page = screen(f"{site}/?box=127.0.0.1:{server.port}{place}", 800, 600)
        expect(page.locator("#state")).to_have_text("live")
        page.get_by_role("button").click()
        expect(page.locator("#tap")).to_have_text("counted")
        expect(page.locator("#p1")).to_have_text(re.compile(r"Anna 1 \(0:\d\d\)"))
        assert table.state()["scores"]["players"][0]["score"] == 1
        expect(page.locator("#p1")).to_have_text(re.compile(r"\(0:0[2-9]\)"))
        server.restart()
        expect(page.locator("#state")).to_have_text("live", timeout=20_000)
        expect(page.locator("#p1")).to_have_text(re.compile("Anna 1 "))
    server.stop()
