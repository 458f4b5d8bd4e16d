"""Servers that are treated badly, and a client who is not; for tests."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from ..starved import Watch
from ..system.certificates import Authority
from .kit import CLOSE, TEXT, client_frame, upgrade

ROOT = Path(__file__).parents[2]


@attrs.define
class Server:
    """
    An echo behind the whole port, in a process of its own.

    :ivar context: None where it speaks no TLS
    """

    process: subprocess.Popen[str]
    port: int
    context: ssl.SSLContext | None = None

    def open_files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def memory_mib(self) -> float:
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def connect(self, small: bool = False, source: str = "127.0.0.1") -> socket.socket:
        """A TCP connection; *small*: its system buffers little of what it does not read."""
        line = socket.socket()
        if small:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        line.bind((source, 0))
        line.connect(("127.0.0.1", self.port))
        return line

    def websocket(
        self, small: bool = False, source: str = "127.0.0.1", *lines: str
    ) -> socket.socket:
        """An open WebSocket; over TLS where the server speaks it."""
        line = self.connect(small, source)
        if self.context is not None:
            line = self.context.wrap_socket(line, server_hostname="127.0.0.1")
        line.sendall(upgrade("/", *lines))
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            more = line.recv(1)
            if not more:
                raise ConnectionResetError(head.decode())
            head += more
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


@contextmanager
def starting(folder: Path, *, secure: bool = False) -> Iterator[Start]:
    """Starts servers, with the words that ``echo.py`` takes, and stops them at the end."""
    started: list[subprocess.Popen[str]] = []
    context, files = None, []
    if secure:
        authority = Authority(folder)
        chain, key = authority.issue("echo")
        both = folder / "both.pem"
        both.write_bytes(chain.read_bytes() + key.read_bytes())
        context, files = ssl.create_default_context(cafile=str(authority.file)), [str(both)]

    def run(*words: str, wrapper: tuple[str, ...] = ()) -> Server:
        process = subprocess.Popen(
            [*wrapper, sys.executable, ROOT / "tests" / "server" / "echo.py", *files, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        assert process.stdout is not None
        server = Server(process, int(process.stdout.readline()), context)
        server.websocket().close()  # what is imported late is imported now
        time.sleep(0.1)
        return server

    try:
        yield run
    finally:
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
