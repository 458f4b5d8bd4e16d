"""What the box says of itself over HTTP, from a real one, and from what is none."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.ssl import DefaultOpenSSLContextFactory
from twisted.internet.testing import MemoryReactorClock
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site

from gamesync.table.about import TIMEOUT_S, NoAnswer, about, outside, page_of
from tests.system.certificates import Authority
from tests.system.server import ServerProcess

from ..client.kit import with_reactor
from .in_memory import answer

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


class TalksOn(Resource):
    """Something that never comes to an end; ``gone`` fires when nobody listens any more."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.gone: Deferred[None] = Deferred()

    def render_GET(self, request: Any) -> int:
        class Words:
            def resumeProducing(self) -> None:
                request.write(b" " * 50_000)

            def stopProducing(self) -> None:
                """There is nothing to be put away."""

        request.notifyFinish().addErrback(lambda _: self.gone.callback(None))
        request.registerProducer(Words(), False)
        return NOT_DONE_YET


@pytest.mark.parametrize("scheme", ["ws", "wss"])
@with_reactor
async def test_who_talks_without_end_is_hung_up_on(scheme: str, tmp_path: Path) -> None:
    endless, authority = TalksOn(), Authority(tmp_path)
    if scheme == "ws":
        port = reactor.listenTCP(0, Site(endless), interface="127.0.0.1")
    else:
        chain, key = authority.issue("box")
        proof = DefaultOpenSSLContextFactory(str(key), str(chain))
        port = reactor.listenSSL(0, Site(endless), proof, interface="127.0.0.1")
    url = f"{scheme}://127.0.0.1:{port.getHost().port}/"
    with pytest.raises(NoAnswer, match="more than 1000000 bytes"):
        await about(reactor, url, str(authority.file) if scheme == "wss" else None)
    await endless.gone
    await port.stopListening()


@pytest.mark.filterwarnings("error")
def test_who_stops_in_the_middle_is_hung_up_on() -> None:
    clock: Any = MemoryReactorClock()
    failed: list[Failure] = []
    Deferred.fromCoroutine(about(clock, "ws://127.0.0.1:1/")).addErrback(failed.append)
    transport = answer(clock, 0, b'HTTP/1.1 200 OK\r\n\r\n{"address": ')
    assert (failed, transport.producerState) == ([], "producing")
    clock.advance(TIMEOUT_S)
    assert failed[0].check(NoAnswer)
    assert transport.producerState == "stopped"


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
