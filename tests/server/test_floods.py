"""Bad clients on real sockets: each is cut off in time, and nobody else notices."""

from __future__ import annotations

import re
import resource
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path

import pytest

from ..chaos.long import LONG, times
from ..starved import Watch
from ..system.needs import needs
from .flooded import Polite, Start, close_code, starting
from .kit import CLOSE, PING, TEXT, client_frame

MORE = 0
"""A frame that goes on with the message before it."""
HOLDING_MIB = 0.6
"""What one stalled reader may cost: its bound of 256 KiB, and what is in the system's buffers."""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    with starting(tmp_path) as run:
        yield run


@pytest.fixture(params=["ws", "wss"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Start]:
    """Once plain, once over TLS."""
    with starting(tmp_path, secure=request.param == "wss") as run:
        yield run


TINY = {
    "empty": (b"", client_frame(TEXT)),
    "one-byte": (b"", client_frame(TEXT, b"y")),
    "pings": (b"", client_frame(PING)),
    "fragments": (client_frame(TEXT, b"y", fin=False), client_frame(MORE, fin=False)),
}
SOME = [("ws", "empty"), ("ws", "pings"), ("ws", "fragments"), ("wss", "one-byte")]


@pytest.mark.parametrize(
    ("either", "kind"), list(product(("ws", "wss"), TINY)) if LONG else SOME, indirect=["either"]
)
def test_a_flood_of_tiny_frames(either: Start, kind: str) -> None:
    first, tiny = TINY[kind]
    server = either()
    files = server.open_files()
    with Polite(server) as polite:
        for _ in polite.while_asking(3):
            with server.websocket() as line:
                line.sendall(first)
                assert server.pour(line, tiny * 1000, 5) < 1.0
                assert close_code(line) == 1008
    server.wait_for_files(files, 2)
    assert polite.longest < 0.25


@pytest.mark.parametrize(
    ("first", "more"),
    [
        (client_frame(TEXT, size=2**40), b"y" * 65536),
        (client_frame(TEXT, b"y" * 1000, fin=False), client_frame(MORE, b"y" * 1000, fin=False)),
    ],
    ids=["one", "in fragments"],
)
def test_oversize_messages(start: Start, first: bytes, more: bytes) -> None:
    server = start()
    memory = server.memory_mib()
    with Polite(server) as polite:
        for _ in polite.while_asking(1):
            with server.websocket() as line:
                line.sendall(first)
                assert server.pour(line, more, 5) < 1.0
                assert close_code(line) == 1009
    assert server.memory_mib() - memory < 4
    assert polite.longest < 0.25


def test_a_flood_of_heads(start: Start) -> None:
    server = start("private_burst=100000")
    memory = server.memory_mib()
    with Polite(server) as polite:
        for _ in polite.while_asking(300):
            with server.connect() as line:
                line.sendall(b"GET / HTTP/1.1\r\n")
                assert server.pour(line, b"X: " + b"y" * 997, 5) < 1.0
    assert server.memory_mib() - memory < 4
    assert polite.longest < 0.25


def test_half_open_connections_and_closers_who_never_read(either: Start) -> None:
    server = either("head_seconds=3", "linger_seconds=3")
    files = server.open_files()
    lines = [server.connect() for _ in range(100)]
    begun = b"GET / HTTP/1.1\r\nX: " if server.context is None else b"\x16\x03\x01"
    for line in lines[50:]:
        line.sendall(begun)
    deaf = [server.websocket(small=True) for _ in range(10)]
    for line in deaf:
        # Just so much that the echo does not wait for its reader, and hears of the Close.
        line.sendall(client_frame(TEXT, b"y" * 16000) * (9 if server.context is None else 6))
    time.sleep(0.3)  # until what comes back has filled all there is
    for line in deaf:
        line.sendall(client_frame(CLOSE, b"\x03\xe8"))
    lines += deaf
    with server.websocket() as legitimate:  # it does not wait for the others
        legitimate.sendall(client_frame(TEXT, b"hello"))
        assert legitimate.recv(100) == b"\x81\x05hello"
    assert server.open_files() >= files + 100
    server.wait_for_files(files, 4)
    for line in lines:
        line.close()


@pytest.mark.parametrize(
    ("either", "talks"),
    list(product(("ws", "wss"), (False, True))) if LONG else [("wss", False), ("ws", True)],
    indirect=["either"],
)
def test_those_who_stop_reading(either: Start, talks: bool) -> None:
    server = either("write_stall_seconds=2")
    files, memory = server.open_files(), server.memory_mib()
    with Polite(server) as polite:
        stalled = [server.websocket(small=True) for _ in range(8)]
        for line in stalled:
            line.setblocking(False)
            with suppress(BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                for _ in range(190):
                    line.send(client_frame(TEXT, b"y" * 16000))
        grown, watch = 0.0, Watch(server.process.pid)
        while server.open_files() > files + 1:
            grown = max(grown, server.memory_mib() - memory)
            assert watch.seconds() < 8, "still open"
            time.sleep(0.3)
            for line in stalled if talks else ():
                with suppress(OSError):  # it is not to be read by now, or gone
                    line.send(client_frame(PING, b"here"))
    assert grown < 8 * HOLDING_MIB
    assert polite.longest < 0.25
    for line in stalled:
        line.close()


def test_compression_is_not_spoken_and_its_bit_is_an_error(start: Start) -> None:
    server = start()
    memory = server.memory_mib()
    offer = "Sec-WebSocket-Extensions: permessage-deflate"
    bomb = bytes([0xC1]) + client_frame(TEXT, b"\xc2\xc1\x01" * 5000)[1:]
    with Polite(server), server.websocket(False, "127.0.0.1", offer) as line:
        line.sendall(bomb)
        assert close_code(line) == 1002
    assert server.memory_mib() - memory < 4


def test_a_flood_of_connections_that_say_nothing(start: Start) -> None:
    """From many addresses, so that none of them alone is too many."""
    count = times(400, 10_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 500), hard))
    server = start(
        *("connections=20000", "new_connections_per_second=100000"),
        f"head_seconds={times(2, 5)}",
    )
    files, memory = server.open_files(), server.memory_mib()
    lines = [
        server.connect(source=f"127.1.{n // 50 // 250}.{1 + n // 50 % 250}") for n in range(count)
    ]
    watch = Watch(server.process.pid)
    with server.websocket() as legitimate:
        legitimate.sendall(client_frame(TEXT, b"hello"))
        assert legitimate.recv(100) == b"\x81\x05hello"
    assert watch.seconds() < 1.0, "who means it does not wait"
    assert (server.memory_mib() - memory) * 1024 < max(10 * count, 4096)
    server.wait_for_files(files, 7)
    for line in lines:
        line.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_as_many_as_one_address_may_have_open(either: Start) -> None:
    server = either("private_open=32")
    lines = [server.websocket() for _ in range(32)]
    with pytest.raises((ConnectionError, ssl.SSLError)):
        server.websocket()
    with server.websocket(source="127.0.0.2") as other:
        other.sendall(client_frame(TEXT, b"hello"))
        assert other.recv(100) == b"\x81\x05hello", "it is not another's business"
    lines.pop().close()
    watch = Watch(server.process.pid)
    while True:
        with suppress(OSError):
            lines.append(server.websocket())
            break
        assert watch.seconds() < 5, "a place that was left is not free"
    for line in lines:
        line.close()


def test_a_server_that_has_no_files_left(start: Start) -> None:
    """Who is in is served; who comes is, once the others are gone."""
    needs("prlimit")
    server = start("private_open=1000", "private_burst=1000", wrapper=("prlimit", "--nofile=100"))
    files = server.open_files()
    with Polite(server) as polite:
        lines = []
        for _ in range(200):
            with suppress(OSError):
                lines.append(server.connect())
        for _ in polite.while_asking(1, answers=20):
            time.sleep(0.02)
        assert server.open_files() >= 95
        for line in lines:
            line.close()
        server.wait_for_files(files + 2, 7)
        watch = Watch(server.process.pid)
        with server.websocket() as late:
            late.sendall(client_frame(TEXT, b"hello"))
            assert late.recv(100) == b"\x81\x05hello"
        assert watch.seconds() < 7


@pytest.mark.parametrize("how", ["-H", "-B", "-X"] if LONG else ["-H"])
def test_slow_http(start: Start, tmp_path: Path, how: str) -> None:
    """slowhttptest's slow heads, bodies and readers: it finds a server that goes on serving."""
    needs("slowhttptest")
    count, seconds = times(80, 200), times(4, 30)
    server = start("head_seconds=1", "http_idle_seconds=1", "http_linger_seconds=2")
    files = server.open_files()
    with Polite(server) as polite:
        tried = subprocess.run(
            [
                *("slowhttptest", how, "-c", str(count), "-r", "200", "-i", "1", "-p", "2"),
                *("-l", str(seconds), "-u", f"http://127.0.0.1:{server.port}/long"),
            ],
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        for _ in polite.while_asking(1):
            pass
    told = re.sub(r"\x1b\[[0-9;]*m", "", tried.stdout)
    assert "service available" in told, tried.stderr
    assert not re.search(r"service available:\s+NO", told), told
    assert polite.longest < 0.5
    server.wait_for_files(files, 7)
