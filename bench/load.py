"""Clients in a closed loop, cheap enough to leave the other core to the server."""

from __future__ import annotations

import json
import os
import selectors
import time
from itertools import count
from pathlib import Path

import attrs

from tests.chaos.raw import RawSocket, frame
from tests.chaos.storm import FREE

LIMITS = (
    *(*FREE, "--limit", "private_open=1000", "--limit", "open_games=10000"),
    *("--ping-interval", "0"),  # these clients would not answer
)
"""A benchmark raises the figures in its own configuration; their code runs."""

_ids = count()


@attrs.frozen(kw_only=True)
class Sample:
    """What one round came to."""

    acks: int
    wall_s: float
    cpu_s: float

    @property
    def cpu_us(self) -> float:
        """Of the server, for each ack."""
        return self.cpu_s / self.acks * 1e6

    @property
    def wall_us(self) -> float:
        return self.wall_s / self.acks * 1e6


class Scorer:
    """The host of a game of his own, who steps a score, waits for the ack, and steps it again."""

    def __init__(self, port: int, number: int) -> None:
        self.line = RawSocket(port, source=f"127.0.1.{number % 250 + 1}")
        for command in (
            {"type": "game_create", "data": {"player1_name": "Anna", "player2_name": "Marek"}},
            {"type": "setup", "data": {"op": "skip", "first_player": 1}},
            {"type": "timer_update", "data": {"op": "start"}},
        ):
            self.line.say(command)
            self.line.wait_for("ack")
        self.up = False

    def step(self) -> None:
        self.up = not self.up
        data = {"player": 1, "category": "secondary", "delta": 1 if self.up else -1}
        id_ = f"bench-{next(_ids):010}"
        text = json.dumps({"type": "score_update", "id": id_, "data": data})
        self.line.socket.sendall(frame(text.encode()))

    def acked(self) -> bool:
        """Read what came; whether the ack is in it."""
        # A step is told by its change and then its ack, most often in one segment.
        return b'{"type":"ack"' in self.line.socket.recv(1 << 16)


class Load:
    """So many scorers at one server."""

    def __init__(self, port: int, pid: int, clients: int = 64) -> None:
        self.pid = pid
        self.scorers = [Scorer(port, number) for number in range(clients)]

    def run(self, seconds: float) -> Sample:
        """One round; afterwards nothing is under way."""
        chosen = selectors.DefaultSelector()
        for scorer in self.scorers:
            chosen.register(scorer.line.socket, selectors.EVENT_READ, scorer)
            scorer.step()
        acks, cpu, began = 0, cpu_seconds(self.pid), time.monotonic()
        while (now := time.monotonic()) < began + seconds:
            for key, _ in chosen.select(1.0):
                if key.data.acked():
                    acks += 1
                    key.data.step()
        sample = Sample(acks=acks, wall_s=now - began, cpu_s=cpu_seconds(self.pid) - cpu)
        waiting = {scorer.line.socket for scorer in self.scorers}
        while waiting:
            for key, _ in chosen.select(1.0):
                if key.data.acked():
                    waiting.discard(key.fileobj)
        chosen.close()
        return sample

    def close(self) -> None:
        for scorer in self.scorers:
            scorer.line.socket.close()


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, in user and system mode."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
