"""Ports without TLS that only lead to the one with it, and never anywhere else."""

from __future__ import annotations

import pytest
from twisted.internet.address import IPv4Address, UNIXAddress
from twisted.internet.testing import MemoryReactorClock

from gamesync.limits import Limits
from gamesync.server.front import FrontFactory
from gamesync.server.head import Door, Head, Visitor
from gamesync.server.https_only import HttpsOnly
from gamesync.server.reach import Reach

from .echo import port
from .kit import Socket, request, upgrade

PROXY = "10.0.0.1"
DOOR = Door(hosts=frozenset({"gamesync.local", "box"}), proxies=frozenset({PROXY}))
SECURE = HttpsOnly(DOOR, lambda: Reach("box", 8765, True))


@pytest.fixture
def clock() -> MemoryReactorClock:
    return MemoryReactorClock()


@pytest.fixture
def front(clock: MemoryReactorClock) -> FrontFactory:
    front = port(clock, Limits(), door=DOOR)
    front.site.https_only = SECURE
    return front


def ask(clock: MemoryReactorClock, front: FrontFactory, said: bytes, peer: str = "") -> list[str]:
    """Status, and Location if there is one, of one request."""
    socket = Socket(clock, peer or "192.168.1.5")
    if peer == "unix":
        socket.peer = UNIXAddress(None)
    socket.attach(front)
    lines = socket.say(said).partition(b"\r\n\r\n")[0].decode().split("\r\n")
    to = [line.removeprefix("Location: ") for line in lines if line.startswith("Location: ")]
    return [lines[0].split()[1], *to]


@pytest.mark.parametrize(
    ("target", "host", "to"),
    [
        ("/", "gamesync.local:8080", "https://gamesync.local:8765/"),
        ("/", "BOX.:8080", "https://box:8765/"),
        ("/x/y?g=1&a=b", "box", "https://box:8765/x/y?g=1&a=b"),
        ("/", "192.168.1.2:8080", "https://192.168.1.2:8765/"),  # to which the socket leads
        ("/", "[::ffff:192.168.1.2]", "https://[::ffff:192.168.1.2]:8765/"),
        ("/", "203.0.113.9", "https://box:8765/"),
        ("//evil.example/x", "box", "https://box:8765//evil.example/x"),
        ("http://evil.example/x", "box", "https://box:8765/"),
        ("/\\evil.example", "box", "https://box:8765/\\evil.example"),
        ("/@evil.example", "box", "https://box:8765/@evil.example"),
        ("*", "box", "https://box:8765/"),
    ],
)
def test_a_reader_is_sent_to_a_name_of_ours(
    clock: MemoryReactorClock, front: FrontFactory, target: str, host: str, to: str
) -> None:
    for method in ("GET", "HEAD"):
        assert ask(clock, front, request(target, host=host, method=method)) == ["307", to]


@pytest.mark.parametrize("host", ["evil.example", "box.evil.example", "box@evil.example", "a b"])
def test_a_strange_name_is_sent_nowhere(
    clock: MemoryReactorClock, front: FrontFactory, host: str
) -> None:
    assert ask(clock, front, request("/", host=host)) == ["421"]


def test_without_a_host_it_is_the_box(clock: MemoryReactorClock, front: FrontFactory) -> None:
    said = b"GET /a HTTP/1.0\r\n\r\n"
    assert ask(clock, front, said) == ["307", "https://box:8765/a"]


def test_what_leads_to_trust_is_open(clock: MemoryReactorClock, front: FrontFactory) -> None:
    for path in ("/ca", "/ca.crt", "/healthz", "/readyz", "/metrics", "/static/1/css/base.css"):
        assert ask(clock, front, request(path)) == ["200"]
    for path in ("/cab", "/ca.crt/x", "/static", "/api/v1/about"):
        assert ask(clock, front, request(path))[0] == "307"


def test_who_writes_is_refused_and_not_sent_on(
    clock: MemoryReactorClock, front: FrontFactory
) -> None:
    said = request("/x", "Content-Length: 2", method="POST") + b"ab"
    assert ask(clock, front, said) == ["403"]


def test_no_websocket_without_tls(clock: MemoryReactorClock, front: FrontFactory) -> None:
    for target in ("/", "/ws", "/ca"):
        assert ask(clock, front, upgrade(target)) == ["403"]
    kept = Socket(clock)
    kept.attach(front)
    assert b" 200 " in kept.say(request("/ca"))
    assert b" 403 " in kept.say(upgrade("/ws")), "nor on a connection that began otherwise"


@pytest.mark.parametrize("peer", ["127.0.0.1", "unix"])
def test_the_box_itself_is_served(
    clock: MemoryReactorClock, front: FrontFactory, peer: str
) -> None:
    assert ask(clock, front, request("/"), peer) == ["200"]
    assert ask(clock, front, upgrade("/"), peer) == ["101"]


def test_behind_a_proxy_it_is_the_proxy_s_affair(
    clock: MemoryReactorClock, front: FrontFactory
) -> None:
    forwarded = ("X-Forwarded-For: 192.168.1.7", "X-Forwarded-Proto: https")
    assert ask(clock, front, request("/", *forwarded), PROXY) == ["200"]
    assert ask(clock, front, upgrade("/", *forwarded), PROXY) == ["101"]
    plain = ("X-Forwarded-For: 192.168.1.7", "X-Forwarded-Proto: http")
    assert ask(clock, front, request("/", *plain), PROXY) == ["200"]
    assert ask(clock, front, request("/", *forwarded)) == ["307", "https://192.168.1.2:8765/"]


def test_who_has_tls_is_served() -> None:
    head = Head.parse(request("/"), 64)
    assert not SECURE.stops(head, Visitor("192.168.1.5", None, True))
    assert SECURE.stops(head, Visitor("192.168.1.5", None, False))


def test_the_address_of_a_local_socket_is_no_host() -> None:
    assert IPv4Address("TCP", "192.168.1.2", 1).host == "192.168.1.2"
    head = Head.parse(request("/", host="192.168.1.2"), 64)
    assert SECURE.answer(head, "unix")[1] == "https://box:8765/"
