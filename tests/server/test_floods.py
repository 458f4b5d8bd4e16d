"""Bad clients on real sockets: each is cut off in time, and nobody else notices."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

from .kit import CLOSE, PING, TEXT, client_frame, upgrade

ROOT = Path(__file__).parents[2]


@attrs.define
class Server:
    process: subprocess.Popen[str]
    port: int

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def connect(self, small: bool = False) -> socket.socket:
        line = socket.socket()
        if small:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        line.connect(("127.0.0.1", self.port))
        return line

    def websocket(self, small: bool = False) -> socket.socket:
        line = self.connect(small)
        line.sendall(upgrade())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += line.recv(1)
        return line

    def wait_for_files(self, count: int, seconds: float) -> float:
        """Seconds until no more than *count* files are open; at most *seconds*."""
        begun = time.monotonic()
        while self.open_files() > count:
            time.sleep(0.02)
            assert time.monotonic() - begun < seconds, "still open"
        return time.monotonic() - begun


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(*words: str) -> Server:
        process = subprocess.Popen(
            [sys.executable, ROOT / "tests" / "server" / "echo.py", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        assert process.stdout is not None
        server = Server(process, int(process.stdout.readline()))
        server.websocket().close()  # what is imported late is imported now
        time.sleep(0.1)
        return server

    yield run
    for process in started:
        process.communicate()


@attrs.define
class Polite:
    """A client that asks 20 times a second, and notes the longest wait (seconds)."""

    server: Server
    longest: float = 0.0
    asked: int = 0
    _over: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread = attrs.field(init=False)

    def __enter__(self) -> Polite:
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()
        return self

    def _ask(self) -> None:
        with self.server.websocket() as line:
            while not self._over.wait(0.05):
                begun = time.monotonic()
                line.sendall(client_frame(TEXT, b"hello"))
                assert line.recv(100) == b"\x81\x05hello"
                self.longest = max(self.longest, time.monotonic() - begun)
                self.asked += 1

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        assert self.asked > 0


def pour(line: socket.socket, data: bytes, seconds: float) -> float:
    """Send *data* again and again until that fails; the seconds that it went."""
    begun = time.monotonic()
    line.settimeout(seconds)
    try:
        while time.monotonic() - begun < seconds:
            line.sendall(data)
    except OSError:
        pass
    return time.monotonic() - begun


def close_code(line: socket.socket) -> int:
    """The code of the Close among what was sent to us."""
    heard = b""
    try:
        while data := line.recv(65536):
            heard += data
    except OSError:
        pass
    at = heard.rindex(0x80 | CLOSE)
    code: int = struct.unpack("!H", heard[at + 2 : at + 4])[0]
    return code


@pytest.mark.parametrize("tiny", [client_frame(TEXT), client_frame(TEXT, b"y"), client_frame(PING)])
def test_a_flood_of_tiny_frames(start: Start, tiny: bytes) -> None:
    server = start()
    files = server.open_files()
    with Polite(server) as polite:
        for _ in range(3):
            with server.websocket() as line:
                assert pour(line, tiny * 1000, 5) < 1.0
                assert close_code(line) == 1008
    server.wait_for_files(files, 2)
    assert polite.longest < 0.25


def test_oversize_frames(start: Start) -> None:
    server = start()
    memory = server.memory_mib()
    with Polite(server) as polite, server.websocket() as line:
        line.sendall(client_frame(TEXT, size=2**40))
        assert pour(line, b"y" * 65536, 5) < 1.0
        assert close_code(line) == 1009
    assert server.memory_mib() - memory < 4
    assert polite.longest < 0.25


def test_a_flood_of_heads(start: Start) -> None:
    server = start("private_burst=1000")
    memory = server.memory_mib()
    with Polite(server) as polite:
        for _ in range(300):
            with server.connect() as line:
                line.sendall(b"GET / HTTP/1.1\r\n")
                assert pour(line, b"X: " + b"y" * 997, 5) < 1.0
    assert server.memory_mib() - memory < 4
    assert polite.longest < 0.25


def test_half_open_connections_and_closers_who_never_read(start: Start) -> None:
    server = start()
    files = server.open_files()
    lines = [server.connect() for _ in range(100)]
    for line in lines[50:]:
        line.sendall(b"GET / HTTP/1.1\r\nX: ")
    for _ in range(10):
        line = server.websocket(small=True)
        line.sendall(client_frame(TEXT, b"y" * 16000) * 9)
        time.sleep(0.1)
        line.sendall(client_frame(CLOSE, b"\x03\xe8"))
        lines.append(line)
    with server.websocket() as legitimate:  # it does not wait for the others
        legitimate.sendall(client_frame(TEXT, b"hello"))
        assert legitimate.recv(100) == b"\x81\x05hello"
    assert server.open_files() >= files + 100
    server.wait_for_files(files, 6)
    for line in lines:
        line.close()


def test_those_who_stop_reading(start: Start) -> None:
    server = start("write_stall_seconds=2")
    files, memory = server.open_files(), server.memory_mib()
    with Polite(server) as polite:
        stalled = [server.websocket(small=True) for _ in range(8)]
        for line in stalled:
            line.setblocking(False)
            try:
                for _ in range(190):
                    line.send(client_frame(TEXT, b"y" * 16000))
            except BlockingIOError:
                pass
        grown = 0.0
        for _ in range(20):
            time.sleep(0.05)
            grown = max(grown, server.memory_mib() - memory)
        server.wait_for_files(files + 1, 8)
    assert grown < 8 * 0.6
    assert polite.longest < 0.25
    for line in stalled:
        line.close()
