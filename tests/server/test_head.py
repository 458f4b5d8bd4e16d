"""Heads are read strictly; hosts, origins and proxies are judged by name."""

from __future__ import annotations

import time
from http import HTTPStatus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.server.head import END, BadHead, Door, Head, alien, own_names, parse_address

GOOD = b"GET /ws?x=1 HTTP/1.1\r\nHost: a.example:8765\r\nX-Two:  1 \r\nx-two: 2\r\nEmpty:" + END


def test_a_good_head() -> None:
    head = Head.parse(GOOD, 64)
    assert (head.method, head.path, head.version) == ("GET", "/ws", "HTTP/1.1")
    assert head.get("host") == "a.example:8765"
    assert head.get("x-two") == "1, 2"
    assert head.get("empty") == ""
    assert head.get("absent") is None
    assert not head.asks_for_websocket


@pytest.mark.parametrize(
    "bad",
    [
        b"GET / HTTP/2.0\r\nHost: a",
        b"GET  / HTTP/1.1\r\nHost: a",
        b"GET / x HTTP/1.1\r\nHost: a",
        b"GET /\r\nHost: a",
        b"\r\nGET / HTTP/1.1\r\nHost: a",
        b"GET / HTTP/1.1\r\nHost a",
        b"GET / HTTP/1.1\r\nHost : a",
        b"GET / HTTP/1.1\r\n Host: a",
        b"GET / HTTP/1.1\r\nHost: a\r\n folded",
        b"GET / HTTP/1.1\r\nHost: a\nX: b",
        b"GET / HTTP/1.1\r\nHost: a\rX: b",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x85y",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00y",
    ],
)
def test_bad_heads(bad: bytes) -> None:
    with pytest.raises(BadHead) as refused:
        Head.parse(bad + END, 64)
    assert refused.value.status is HTTPStatus.BAD_REQUEST


def test_too_many_headers() -> None:
    with pytest.raises(BadHead) as refused:
        Head.parse(b"GET / HTTP/1.1" + b"\r\nX: y" * 65 + END, 64)
    assert refused.value.status is HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for text in (data, b"GET / HTTP/1.1\r\n" + data, b"GET / HTTP/1.1\r\nX: " + data):
        try:
            head = Head.parse(text + END, 64)
        except BadHead:
            continue
        assert not alien(text)
        # What Autobahn would split in more lines than we did, must not get this far.
        assert len((text + END).decode("iso-8859-1").splitlines()) == len(head.headers) + 2


@pytest.mark.parametrize("filling", [b" ", b"\t", b" a", b"a ", b":", b"\r"])
def test_no_head_takes_long(filling: bytes) -> None:
    head = b"GET / HTTP/1.1\r\nX:" + filling * (8000 // len(filling)) + b"\x7f"
    before = time.thread_time()
    with pytest.raises(BadHead):
        Head.parse(head + END, 64)
    assert time.thread_time() - before < 0.5


DOOR = Door(
    hosts=frozenset({"localhost", "box", "box.local", "gamesync.local"}),
    origins=frozenset({"https://league.example"}),
    proxies=frozenset({"10.0.0.1", "172.16.0.0/12"}),
)


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("192.168.1.2:8765", True),
        ("[fd00::1]:8765", True),
        ("8.8.8.8", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("box.local.", True),
        ("gamesync.local:8765", True),
        (None, True),
        ("evil.example", False),
        ("box.evil.example", False),
        ("192.168.1.2.evil.example", False),
        ("127.0.0.1%evil", False),
        ("user@box", False),
        ("box/evil", False),
        ("box:port", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_hosts(host: str | None, good: bool) -> None:
    assert DOOR.misdirected(host) is not good
    assert DOOR.refusal(host, None, False) == (None if good else HTTPStatus.MISDIRECTED_REQUEST)


@pytest.mark.parametrize(
    ("origin", "host", "secure", "good"),
    [
        (None, "192.168.1.2:8765", False, True),
        ("http://192.168.1.2:8765", "192.168.1.2:8765", False, True),
        ("HTTP://BOX:8765", "box:8765", False, True),
        ("http://box", "box:80", False, True),
        ("https://box", "box:443", True, True),
        ("https://box:443", "box", True, True),
        ("http://[fd00::1]:8765", "[fd00::1]:8765", False, True),
        ("https://league.example", "box", True, True),
        ("https://league.example", "box", False, True),
        ("https://league.example:443", "box", True, True),
        ("https://box", "box", False, False),
        ("http://box", "box", True, False),
        ("http://box:8766", "box:8765", False, False),
        ("http://evil.example", "box", False, False),
        ("http://192.168.1.2", "192.168.1.3", False, False),
        ("https://league.example.evil.example", "box", True, False),
        ("null", "box", False, False),
        ("file://", "box", False, False),
        ("", "box", False, False),
        ("http://", "box", False, False),
        ("http://box:x", "box", False, False),
        ("http://box, http://box", "box", False, False),
    ],
)
def test_origins(origin: str | None, host: str, secure: bool, good: bool) -> None:
    assert DOOR.refusal(host, origin, secure) == (None if good else HTTPStatus.FORBIDDEN)


def test_the_null_origin_can_be_listed() -> None:
    door = Door(hosts=frozenset({"box"}), origins=frozenset({"null"}))
    assert door.refusal("box", "null", False) is None


def head(**headers: str) -> Head:
    return Head("GET", "/", "HTTP/1.1", tuple((k.replace("_", "-"), v) for k, v in headers.items()))


@pytest.mark.parametrize(
    ("socket", "forwarded", "peer"),
    [
        ("192.168.1.9", "1.2.3.4", "192.168.1.9"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("::ffff:10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, 1.2.3.4, 172.16.0.9", "1.2.3.4"),
        ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "2001:DB8::1", "2001:db8::1"),
    ],
)
def test_only_a_named_proxy_is_believed(socket: str, forwarded: str, peer: str) -> None:
    assert DOOR.visitor(head(x_forwarded_for=forwarded), socket, False).peer == peer


def test_what_a_proxy_says_of_the_way_to_it() -> None:
    told = head(x_forwarded_for="1.2.3.4", x_forwarded_proto="https")
    assert DOOR.visitor(told, "10.0.0.1", False).secure
    assert DOOR.visitor(told, "10.0.0.1", False).via == "10.0.0.1"
    assert not DOOR.visitor(told, "192.168.1.9", False).secure
    assert DOOR.visitor(told, "192.168.1.9", False).via is None
    assert DOOR.visitor(head(), "192.168.1.9", True).secure


def test_a_unix_socket_is_a_proxy_if_named() -> None:
    assert not DOOR.is_proxy("unix")
    assert Door(hosts=frozenset(), proxies=frozenset({"unix"})).is_proxy("unix")


def test_own_names_and_addresses() -> None:
    assert {"localhost", "gamesync.local"} <= own_names()
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"
    assert parse_address("eth0") is None
