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

from ..starved import Watch
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
        watch = Watch(self.process.pid)
        while self.open_files() > count:
            time.sleep(0.02)
            assert watch.seconds() < seconds, "still open"
        return watch.seconds()

    def pour(self, line: socket.socket, data: bytes, seconds: float) -> float:
        """Send *data* again and again until that fails; the seconds that it went."""
        watch = Watch(self.process.pid)
        line.settimeout(seconds)
        try:
            while watch.seconds() < seconds:
                line.sendall(data)
        except OSError:
            pass
        return watch.seconds()


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
    """
    A client that asks 20 times a second, and notes the longest wait.

    :ivar asked: questions that were answered
    :ivar longest: seconds that the server took at most
    """

    server: Server
    longest: float = 0.0
    asked: int = 0
    _error: Exception | None = None
    _over: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread = attrs.field(init=False)

    def __enter__(self) -> Polite:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._hear(2)  # it is known to work before anything is done to it
        return self

    def while_asking(self, least: int, answers: int = 5) -> Iterator[int]:
        """Count to *least*, and further until so many more questions were answered."""
        until, number = self.asked + answers, 0
        begun = time.monotonic()
        while number < least or self.asked < until:
            assert time.monotonic() - begun < 60, f"{self.asked} of {until} answers"
            self._raise()
            yield number
            number += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._hear(2)  # one question was asked for certain since the last of the flood
        finally:
            self._over.set()
            self._thread.join()
        if kind is None:
            self._raise()

    def _hear(self, answers: int) -> None:
        until, begun = self.asked + answers, time.monotonic()
        while self.asked < until:
            assert time.monotonic() - begun < 15, "no answer"
            self._raise()
            time.sleep(0.01)

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._ask()
        except Exception as error:
            self._error = error

    def _ask(self) -> None:
        with self.server.websocket() as line:
            while not self._over.wait(0.05):
                watch = Watch(self.server.process.pid)
                line.sendall(client_frame(TEXT, b"hello"))
                assert line.recv(100) == b"\x81\x05hello"
                self.longest = max(self.longest, watch.seconds())
                self.asked += 1


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
        for _ in polite.while_asking(3):
            with server.websocket() as line:
                assert server.pour(line, tiny * 1000, 5) < 1.0
                assert close_code(line) == 1008
    server.wait_for_files(files, 2)
    assert polite.longest < 0.25


def test_oversize_frames(start: Start) -> None:
    server = start()
    memory = server.memory_mib()
    with Polite(server) as polite:
        for _ in polite.while_asking(1):
            with server.websocket() as line:
                line.sendall(client_frame(TEXT, size=2**40))
                assert server.pour(line, b"y" * 65536, 5) < 1.0
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


def test_half_open_connections_and_closers_who_never_read(start: Start) -> None:
    server = start("head_seconds=3", "linger_seconds=3")
    files = server.open_files()
    lines = [server.connect() for _ in range(100)]
    for line in lines[50:]:
        line.sendall(b"GET / HTTP/1.1\r\nX: ")
    deaf = [server.websocket(small=True) for _ in range(10)]
    for line in deaf:
        line.sendall(client_frame(TEXT, b"y" * 16000) * 9)
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
