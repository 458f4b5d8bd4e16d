"""People come and go, well-mannered and not, while matches are played: nothing piles up."""

from __future__ import annotations

import os
import random
import socket
import struct
import threading
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from ..system.server import ServerProcess
from .long import times
from .plants import planted
from .raw import RawSocket, frame
from .storm import FREE
from .stubborn import Stubborn

SECONDS = int(os.environ.get("GAMESYNC_SOAK_SECONDS", times(short=11, long=900)))
MIB = 1024 * 1024
ROOM = (*FREE, "--limit", "unstarted_minutes=1")


class Churn(threading.Thread):
    """Connections without end, each of a kind."""

    numbers = count()

    def __init__(self, port: int, game_id: str) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.game_id = game_id
        self.over = threading.Event()
        self.done = 0
        self._random = random.Random(next(self.numbers))
        self._kept: list[RawSocket] = []

    def run(self) -> None:
        kinds = (self._polite, self._reset, self._half_open, self._deaf, self._wrong, self._lobby)
        while not self.over.is_set():
            with suppress(OSError, ConnectionError):
                self._random.choice(kinds)()
                self.done += 1
            time.sleep(0.004)
        for line in self._kept:
            line.socket.close()

    def _open(self) -> RawSocket:
        return RawSocket(self.port, source=f"127.0.2.{next(self.numbers) % 250 + 1}")

    def _polite(self) -> None:
        with self._open() as line:
            line.say({"type": "connect", "game_id": self.game_id})
            line.wait_for("connect")
            line.send(frame(struct.pack("!H", 1000), 8))
            list(line.hear(0.05))

    def _reset(self) -> None:
        with self._open() as line:
            line.say({"type": "connect", "game_id": self.game_id})
            line.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _half_open(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as line:
            line.sendall(b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\n")

    def _deaf(self) -> None:
        line = RawSocket(self.port, source="127.0.3.1", receive_buffer=2048)
        line.say({"type": "connect", "game_id": self.game_id})
        self._kept.append(line)
        if len(self._kept) > 8:
            self._kept.pop(0).socket.close()

    def _wrong(self) -> None:
        with self._open() as line:
            line.say(b"{}")
            line.send(frame(b"\xff", 1))

    def _lobby(self) -> None:
        with self._open() as line:
            line.say({"type": "game_list", "data": {"subscribe": True}})
            line.wait_for("game_list")


class Player(threading.Thread):
    """Plays one short match after the other, each on a new device."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.faults: list[str] = []
        self.matches = 0
        self.over = threading.Event()
        self.host = self._begun()

    def run(self) -> None:
        while not self.over.is_set():
            for _ in range(40):
                self.host.do("turn_change")
                if self.over.wait(0.25):
                    break
            self.host.do("game_end", {"op": "concede", "player": 1})
            self.faults += self.host.follower.faults
            self.host.close()
            self.matches += 1
            if not self.over.is_set():
                self.host = self._begun()

    def _begun(self) -> Stubborn:
        host = Stubborn(self.url)
        host.create(ruleset="kill-team", player1_name="Anna", player2_name="Marek")
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        return host


def soak(server: ServerProcess, seconds: float) -> dict[str, Any]:
    """Figures of a run: growth of memory after it was warm, and descriptors before and after."""
    players = [Player(server.url) for _ in range(4)]
    game_id = players[0].host.game_id
    assert game_id is not None
    fds = descriptors(server)
    churns = [Churn(server.port, game_id) for _ in range(3)]
    crowd: list[Player | Churn] = [*players, *churns]
    for each in crowd:
        each.start()
    began, samples = time.monotonic(), []
    while (now := time.monotonic() - began) < seconds:
        samples.append((now, server.rss_bytes()))
        time.sleep(0.25)
    for each in crowd:
        each.over.set()
        each.join(10)
    until = time.monotonic() + 8
    while descriptors(server) > fds and time.monotonic() < until:
        time.sleep(0.1)
    # Lists and caches grow to their full size for ten minutes; later only a new peak is seen, when
    # more of what is over than ever before waits for the collector.
    warm = [sample for sample in samples if sample[0] >= (seconds / 3 if seconds < 900 else 600)]
    figures = {
        "connections": sum(churn.done for churn in churns),
        "mib_a_minute": round(slope(warm) * 60 / MIB, 3),
        "fds": (fds, descriptors(server)),
        "matches": sum(player.matches for player in players),
        "faults": [fault for player in players for fault in player.faults],
    }
    server.stop()
    return figures


def slope(samples: list[tuple[float, int]]) -> float:
    """Bytes a second, by least squares."""
    n = len(samples)
    mean_t = sum(t for t, _ in samples) / n
    mean_b = sum(b for _, b in samples) / n
    above = sum((t - mean_t) * (b - mean_b) for t, b in samples)
    return above / sum((t - mean_t) ** 2 for t, _ in samples)


def descriptors(server: ServerProcess) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def test_nothing_piles_up(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *ROOM).start()
    found = soak(server, SECONDS)
    print(found)
    assert found["faults"] == []
    assert found["connections"] > 20 * SECONDS
    assert found["fds"][1] <= found["fds"][0]
    # In a short time caches that fill up are most of what is seen; hours are the judge.
    allowed = 12.0 if SECONDS < 900 else 0.5 if SECONDS < 3600 else 1 / 60
    assert found["mib_a_minute"] <= allowed
    assert "Traceback" not in server.log, server.log


def test_the_checker_catches_a_leak(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *ROOM, wrapper=planted("leak")).start()
    assert soak(server, 6)["mib_a_minute"] > 24
