"""
``python -m tests.chaos.pinger PORT GAME_ID PID``: a well-behaved client in a process of its own.

Says ``ready`` and measures round trips until its input ends; then prints one line of JSON. PID is
the server's: what the machine did not let it or us run is left out.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..starved import Watch
from .follower import Follower
from .raw import RawSocket

ROOT = Path(__file__).parents[2]


class Pinger:
    """The other end: starts the process, and hears what it measured."""

    def __init__(self, port: int, game_id: str, pid: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.pinger", str(port), game_id, str(pid)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def measured(self) -> dict[str, Any]:
        """``max_ms``, ``p99_ms``, ``beats``; and of the game ``version`` and ``faults``."""
        out, _ = self._process.communicate("", timeout=20)
        found: dict[str, Any] = json.loads(out)
        return found


def main(port: int, game_id: str, pid: int) -> None:
    follower, trips = Follower(), []
    with RawSocket(port) as line:
        line.say({"type": "connect", "game_id": game_id})
        for message in line.hear(5):
            follower.hear(message)
            if "token" in message["data"]:
                break
        print("ready", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            watch = Watch(pid)
            line.say({"type": "heartbeat", "data": {"t0": 1}})
            for message in line.hear(10):
                follower.hear(message)
                if message["type"] == "heartbeat":
                    break
            trips.append(watch.seconds() * 1000)
            for message in line.hear(0.03):
                follower.hear(message)
        if line.closed is not None:
            follower.faults.append(f"closed with {line.closed}")
    trips.sort()
    told = {"version": follower.version, "faults": follower.faults, "beats": len(trips)}
    worst = {"max_ms": round(trips[-1], 1), "p99_ms": round(trips[int(len(trips) * 0.99)], 1)}
    print(json.dumps({**told, **worst}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
