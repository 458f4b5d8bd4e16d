"""One port: heads under guard, HTTP to the site, WebSocket to Autobahn, also after HTTP."""

from __future__ import annotations

from typing import Any

import pytest
import txaio
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.testing import MemoryReactorClock

from gamesync.limits import Limits
from gamesync.server.front import FrontFactory
from gamesync.server.head import Door
from gamesync.server.websocket import Connection

from .echo import Echo, port
from .kit import TEXT, Socket, client_frame, failures, request, server_frames, upgrade

PROXY = "10.0.0.1"
DOOR = Door(hosts=frozenset({"box"}), proxies=frozenset({PROXY}))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MemoryReactorClock:
    clock = MemoryReactorClock()
    monkeypatch.setattr(txaio.config, "loop", clock)  # Autobahn's timers use this
    return clock


@pytest.fixture
def front(clock: MemoryReactorClock) -> FrontFactory:
    return port(clock, Limits(), door=DOOR)


@pytest.fixture
def socket(clock: MemoryReactorClock, front: FrontFactory) -> Socket:
    socket = Socket(clock)
    socket.attach(front)
    return socket


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def idle(clock: MemoryReactorClock) -> bool:
    return not clock.getDelayedCalls()


@pytest.mark.parametrize("target", ["/", "/ws", "/ws?x=1"])
def test_websocket(socket: Socket, target: str) -> None:
    answer = socket.say(upgrade(target) + client_frame(TEXT, b"hello"))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert status(head) == 101
    assert b"server:" not in head.lower()
    assert list(server_frames(rest)) == [(TEXT, b"hello")]


def test_a_head_in_pieces(socket: Socket, clock: MemoryReactorClock) -> None:
    head = upgrade()
    for n in range(len(head) - 1):
        assert socket.say(head[n : n + 1]) == b""
    assert status(socket.say(head[-1:])) == 101
    clock.advance(20)
    assert socket.connected


def test_http(socket: Socket) -> None:
    answer = socket.say(request("/page"))
    assert status(answer) == 200
    assert answer.endswith(b"hello /page")
    assert b"server:" not in answer.lower()
    assert b"twisted" not in answer.lower()


@pytest.mark.filterwarnings("error")  # Twisted's own page for this is deprecated, and HTML
@pytest.mark.parametrize("method", ["DELETE", "OPTIONS", "BREW"])
def test_a_method_that_is_not_there(socket: Socket, method: str) -> None:
    answer = socket.say(request("/page", method=method))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert status(head) == 405
    allowed = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"allow:"))
    assert set(allowed[6:].replace(b" ", b"").split(b",")) == {b"GET", b"HEAD", b"POST"}
    assert body == b'{"error":"method_not_allowed"}'
    assert status(socket.say(request("/page"))) == 200, "the connection goes on"


@pytest.mark.parametrize("target", ["/page", "/ws/", "/wss", "//ws"])
def test_an_upgrade_elsewhere_is_http(socket: Socket, target: str) -> None:
    assert status(socket.say(upgrade(target))) == 200


def test_a_kept_alive_connection_turns_to_websocket(
    socket: Socket, clock: MemoryReactorClock
) -> None:
    for _ in range(3):
        assert status(socket.say(request("/page"))) == 200
    answer = socket.say(upgrade("/ws") + client_frame(TEXT, b"early"))
    head, _, rest = answer.partition(b"\r\n\r\n")
    assert status(head) == 101
    assert list(server_frames(rest)) == [(TEXT, b"early")]
    assert list(server_frames(socket.say(client_frame(TEXT, b"late")))) == [(TEXT, b"late")]
    assert socket.producer is socket.protocol._inner
    assert isinstance(socket.producer, Connection)
    clock.advance(20)
    assert socket.connected, "HTTP's time-out is not the WebSocket's"
    socket.abortConnection()
    clock.advance(0)
    assert idle(clock)


def test_pipelined_requests_and_an_upgrade_in_one_read(socket: Socket) -> None:
    answer = socket.say(request("/a") + request("/b") + upgrade() + client_frame(TEXT, b"x"))
    assert answer.index(b"hello /a") < answer.index(b"hello /b") < answer.index(b" 101 ")
    assert answer.endswith(b"\x81\x01x")


@pytest.mark.parametrize("first", [b"", request("/page")])
def test_an_upgrade_with_a_bad_origin_or_host(socket: Socket, first: bytes) -> None:
    if first:
        socket.say(first)
    assert status(socket.say(upgrade("/", "Origin: http://evil.example"))) == 403
    assert socket.disconnected


def test_a_strange_host_is_misdirected(socket: Socket) -> None:
    assert status(socket.say(request(host="evil.example"))) == 421
    assert socket.disconnected


def test_a_strange_host_after_a_good_one(socket: Socket) -> None:
    assert status(socket.say(request(host="box"))) == 200
    assert status(socket.say(request(host="evil.example"))) == 421


def test_a_strange_host_for_websocket(socket: Socket) -> None:
    assert status(socket.say(upgrade(host="evil.example"))) == 421
    assert socket.disconnected


@pytest.mark.parametrize("first", [b"", request("/page")])
def test_a_head_flood_is_cut_at_8_kib(socket: Socket, first: bytes) -> None:
    if first:
        socket.say(first)
    socket.say(b"GET / HTTP/1.1\r\n")
    sent, answer = 0, b""
    while socket.connected:
        answer += socket.say(b"X: " + b"y" * 500 + b"\r\n")
        sent += 505
        assert sent <= 8 * 1024 + 600
    assert status(answer) in ({431, 400} if first else {431})


def test_a_line_without_end_after_a_good_request(socket: Socket) -> None:
    socket.say(request("/page"))
    assert status(socket.say(b"y" * 10000)) == 431
    assert socket.disconnected


def test_too_many_headers(socket: Socket) -> None:
    assert status(socket.say(request("/", *["X: y"] * 64))) == 431
    assert socket.disconnected


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/1.1\r\nX: \x85", b"\x00", b"\xff" * 5000]
)
def test_noise_is_cut_at_once(socket: Socket, noise: bytes) -> None:
    assert status(socket.say(noise)) == 400
    assert socket.disconnected


def test_a_forged_header_on_a_kept_alive_connection(socket: Socket) -> None:
    socket.say(request("/page"))
    forged = upgrade("/").replace(b"Upgrade: ", b"X: a\x85X-Forwarded-For: 9.9.9.9\r\nUpgrade: ", 1)
    assert status(socket.say(forged)) == 400


def test_what_comes_after_a_refusal_is_thrown_away(
    socket: Socket, clock: MemoryReactorClock
) -> None:
    socket.reads = False
    socket.say(b"\x00")
    for _ in range(100):
        socket.say(b"GET / HTTP/1.1\r\n" * 100)
    assert socket.unsent < 200
    assert len(socket.protocol._seen) == 0
    clock.advance(5)
    assert socket.aborted, "a peer that does not read its refusal is cut"


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nX: y\r\n"])
def test_half_open_connections_are_freed(
    socket: Socket, clock: MemoryReactorClock, said: bytes
) -> None:
    socket.say(said)
    clock.advance(4.9)
    assert socket.connected
    clock.advance(0.2)
    clock.advance(0)
    assert socket.disconnected
    assert idle(clock)


def test_a_dribble_on_a_kept_alive_connection_is_cut(
    socket: Socket, clock: MemoryReactorClock
) -> None:
    socket.say(request("/page"))
    for n in range(30):
        socket.say(b"G" if n == 0 else b"E")
        clock.advance(1)
        if socket.disconnected:
            break
    assert 14 <= n <= 16


def test_bodies(socket: Socket) -> None:
    ask = request("/page", "Content-Length: 1000", method="POST") + b"y" * 1000
    assert socket.say(ask).endswith(b"1000 bytes")
    ask = request("/page", "Content-Length: 65537", method="POST") + b"y" * 60000
    assert status(socket.say(ask)) == 413
    assert socket.disconnected


def test_a_body_of_unknown_length(socket: Socket) -> None:
    ask = request("/page", "Transfer-Encoding: chunked", method="POST") + b"5\r\nhello\r\n"
    assert status(socket.say(ask)) == 411
    assert socket.disconnected


def test_an_http_client_that_never_takes_its_answer(
    socket: Socket, clock: MemoryReactorClock
) -> None:
    socket.reads = False
    socket.say(request("/page", "Connection: close"))
    clock.advance(59)
    assert socket.connected
    clock.advance(1)
    clock.advance(0)
    assert socket.disconnected
    assert idle(clock)


def test_a_page_that_breaks_says_nothing_of_why(
    socket: Socket, front: FrontFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_request: Any) -> bytes:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(front.site.resource, "render_GET", broken, raising=False)
    with failures() as logged:
        answer = socket.say(request("/page"))
    assert status(answer) == 500
    assert b"secret" not in answer
    assert len(logged) == 1


def through_proxy(
    clock: MemoryReactorClock, front: FrontFactory, ask: bytes
) -> tuple[Socket, bytes]:
    socket = Socket(clock, PROXY)
    socket.attach(front)
    return socket, socket.say(ask)


FOR = "X-Forwarded-For: 93.184.215.14"


@pytest.mark.parametrize("first", [b"", request("/page")])
def test_visitors_of_a_proxy_are_counted_by_their_own_address(
    clock: MemoryReactorClock, first: bytes
) -> None:
    front = port(clock, Limits(public_open=2), door=DOOR)
    sockets = []
    for code in (101, 101, 503):
        socket = Socket(clock, PROXY)
        socket.attach(front)
        if first:
            socket.say(first)
        assert status(socket.say(upgrade("/", FOR))) == code
        sockets.append(socket)
    assert front.gate.open_from("93.184.215.14") == 2
    assert front.gate.open_from(PROXY) == 0
    sockets[0].abortConnection()
    clock.advance(0)
    assert front.gate.open_from("93.184.215.14") == 1
    assert status(through_proxy(clock, front, upgrade("/", FOR))[1]) == 101


def test_visitors_of_a_proxy_that_come_too_fast_are_late(clock: MemoryReactorClock) -> None:
    front = port(clock, Limits(public_per_second=10, public_burst=1), door=DOOR)
    through_proxy(clock, front, upgrade("/", FOR))
    ask = upgrade("/", FOR) + client_frame(TEXT, b"a")
    socket, answer = through_proxy(clock, front, ask)
    assert answer == b""
    assert socket.paused
    assert socket.say(client_frame(TEXT, b"b")) == b""
    clock.advance(0.1)
    answer = socket.listen()
    assert status(answer) == 101
    assert answer.endswith(b"\x81\x01a\x81\x01b")
    assert socket in clock.getReaders()
    gone, _ = through_proxy(clock, front, upgrade("/", FOR))
    gone.abortConnection()
    clock.advance(1)
    assert front.gate.open_from("93.184.215.14") == 2


def test_who_it_is(clock: MemoryReactorClock) -> None:
    lines: list[Any] = []

    def noted(line: Any) -> Echo:
        lines.append(line)
        return Echo(line)

    front = port(clock, Limits(), noted, door=DOOR)
    ask = upgrade("/", FOR, "X-Forwarded-Proto: https", "Origin: https://box", host="box")
    assert status(through_proxy(clock, front, ask)[1]) == 101
    (line,) = lines
    assert (line.peer, line.via, line.secure) == ("93.184.215.14", PROXY, True)
    assert (line.host, line.origin) == ("box", "https://box")


def test_alpn(front: FrontFactory) -> None:
    assert IProtocolNegotiationFactory(front).acceptableProtocols() == [b"http/1.1"]
