"""What systemd is to a server: it passes sockets, and is told how it goes."""

from __future__ import annotations

import select
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from .server import ServerProcess


class Manager:
    """
    Hears what a server tells.

    :param place: of its socket; with ``@`` before it, one without a file
    """

    def __init__(self, place: str, watchdog_s: float | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(place.replace("@", "\0", 1) if place.startswith("@") else place)
        self.environment = {"NOTIFY_SOCKET": place}
        if watchdog_s is not None:
            self.environment["WATCHDOG_USEC"] = str(round(watchdog_s * 1e6))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.close()

    def hear(self, seconds: float = 0.0) -> dict[str, str] | None:
        """The next message that comes within the time; None if none does."""
        if not select.select([self._socket], [], [], seconds)[0]:
            return None
        lines = self._socket.recv(4096).decode().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def hear_all(self) -> list[dict[str, str]]:
        """All that has come so far."""
        return list(iter(self.hear, None))

    def hear_until(
        self, wanted: Callable[[dict[str, str]], object], seconds: float = 20.0
    ) -> dict[str, str]:
        end = time.monotonic() + seconds
        while (said := self.hear(max(0.0, end - time.monotonic()))) is not None:
            if wanted(said):
                return said
        raise AssertionError("it was not said")


class Activated(ServerProcess):
    """A server that is passed *sockets*, which are not closed when it ends."""

    def __init__(
        self, folder: Path, sockets: dict[str, socket.socket], *options: str, scheme: str = "ws"
    ) -> None:
        self._place = folder / "passing"
        self._sockets = sockets
        names = ":".join(sockets)
        program = str(Path(__file__).with_name("passing.py"))
        wrapper = (sys.executable, program, str(self._place), names)
        super().__init__(folder, *options, wrapper=wrapper, scheme=scheme)

    def spawn(self) -> None:
        self._place.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX) as waiting:
            waiting.bind(str(self._place))
            waiting.listen()
            super().spawn()
            line, _ = waiting.accept()
        with line:
            socket.send_fds(line, [b"."], [each.fileno() for each in self._sockets.values()])
