"""A real server, as a process of its own, for tests that kill, stop and ask it from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Self

SERVING = re.compile(r"listening on (?P<port>\d+)")
PATIENCE_S = 20.0


class ServerProcess:
    """
    ``twistd gamesync`` in a folder of its own, on a free port that it keeps over restarts.

    :ivar port: where it listens, WebSocket and HTTP alike
    :ivar spawned: those whose process was started; some may have ended
    """

    spawned: ClassVar[list[ServerProcess]] = []

    def __init__(
        self,
        folder: Path,
        *options: str,
        environment: dict[str, str] | None = None,
        wrapper: Sequence[str] = (),
        scheme: str = "ws",
    ) -> None:
        self.folder = folder
        self.options = options
        self.environment = environment or {}
        self.wrapper = wrapper
        self.scheme = scheme
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._read = 0

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""

    @property
    def database(self) -> Path:
        return self.folder / "game_state.db"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/"

    @property
    def http(self) -> str:
        return f"{self.scheme.replace('ws', 'http')}://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> Self:
        """Start, and wait until it lets clients in."""
        self.spawn()
        self.wait_ready()
        return self

    def spawn(self) -> None:
        if self not in self.spawned:
            self.spawned.append(self)
        self._read = len(self.log)
        command = [
            *self.wrapper,
            str(Path(sys.executable).parent / "twistd"),
            "-n",
            "--pidfile=",
            "gamesync",
            "--ws-host",
            "127.0.0.1",
            "--ws-port",
            str(self.port),
            *self.options,
        ]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("GAMESYNC_")}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env={**environment, **self.environment},
                start_new_session=True,
            )

    def wait_ready(self) -> None:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            assert self.process is not None
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended:\n{self.log[self._read :]}")
            found = SERVING.search(self.log, self._read)
            if found:
                self.port = int(found["port"])
                return
            time.sleep(0.02)
        raise RuntimeError(f"the server does not serve:\n{self.log[self._read :]}")

    def kill(self) -> None:
        """As a power cut would, but for the disk."""
        self.signal(signal.SIGKILL)
        self.wait()

    @classmethod
    def kill_since(cls, number: int) -> None:
        """Kill what is left of all :attr:`spawned` but the first *number*."""
        late, cls.spawned[number:] = cls.spawned[number:], []
        for server in late:
            if server.process is not None and server.process.poll() is None:
                server.kill()

    def stop(self) -> int:
        """As systemd would; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return 0
        self.signal(signal.SIGTERM)
        return self.wait()

    def signal(self, number: int) -> None:
        assert self.process is not None
        os.killpg(self.process.pid, number) if self.wrapper else self.process.send_signal(number)

    def wait(self, seconds: float = 15.0) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def restart(self) -> Self:
        """Kill it, and start it again on the same port and files."""
        self.kill()
        return self.start()

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(f"{self.http}{path}", timeout=10) as answer:
            body: bytes = answer.read()
            return body

    def rss_bytes(self) -> int:
        """Memory that it holds now."""
        for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")
