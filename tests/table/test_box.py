"""What the box says of itself over HTTP, from a real one, and from what is none."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource
from twisted.web.server import Site

from gamesync.table.box import NoAnswer, about, outside, page_of
from tests.system.certificates import Authority
from tests.system.server import ServerProcess

from ..client.kit import with_reactor

reactor: Any = installed


@with_reactor
async def test_a_box_tells_how_it_is_reached_and_what_is_played(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, "--wifi-ssid", "Hall", "--wifi-password", "rollhigh66")
    await deferToThread(server.start)
    box = await about(reactor, server.url)
    assert box["wifi"]["qr"] == "WIFI:T:WPA;S:Hall;P:rollhigh66;;"
    assert {"wh40k-10e", "chess"} <= {rules["id"] for rules in box["rulesets"]}
    assert {"none", "down-90"} <= {clock["id"] for clock in box["clocks"]}
    assert outside(box, "#g=a&k=b") == f"{box['address']}#g=a&k=b"
    await deferToThread(server.stop)


@with_reactor
async def test_a_box_with_tls_has_to_prove_who_it_is(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    chain, key = authority.issue("box")
    options = ("--certificate", str(chain), "--private-key", str(key))
    server = ServerProcess(tmp_path, *options, scheme="wss")
    await deferToThread(server.start)
    box = await about(reactor, server.url, str(authority.file))
    assert box["secure"]
    with pytest.raises(NoAnswer):
        await about(reactor, server.url)
    await deferToThread(server.stop)


class Says(Resource):
    """Something that speaks HTTP, and is no box."""

    isLeaf = True

    def __init__(self, text: bytes, status: int = 200) -> None:
        super().__init__()
        self._text, self._status = text, status

    def render_GET(self, request: Any) -> bytes:
        request.setResponseCode(self._status)
        return self._text


@pytest.mark.parametrize(
    ("text", "status"),
    [(b"<html>", 200), (b"{}", 200), (b"[1]", 200), (b'{"address": "http://x/"}', 500)],
)
@with_reactor
async def test_what_is_no_box(text: bytes, status: int) -> None:
    port = reactor.listenTCP(0, Site(Says(text, status)), interface="127.0.0.1")
    with pytest.raises(NoAnswer):
        await about(reactor, f"ws://127.0.0.1:{port.getHost().port}/")
    await port.stopListening()


@with_reactor
async def test_where_nothing_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(NoAnswer):
            await about(reactor, f"ws://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("server", "page"),
    [
        ("ws://box:8765", "http://box:8765/"),
        ("ws://box:8765/", "http://box:8765/"),
        ("wss://gamesync.local/ws", "https://gamesync.local/"),
        ("wss://shop.example/table/ws", "https://shop.example/table/"),
    ],
)
def test_the_page_beside_a_websocket(server: str, page: str) -> None:
    assert page_of(server) == page
