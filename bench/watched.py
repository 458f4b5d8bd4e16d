"""
What it costs that the server is watched: ``python -m bench.watched``.

Servers measured in turns, their databases in memory: one that counts and logs nothing of what
happens; ours; ours with figures asked for every second; ours that logs every message. Prints
ratios of the server's own CPU for an ack, each from the best round of its kind.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.load import LIMITS, Load, Sample
from tests.chaos.plants import planted
from tests.system.server import ServerProcess

CLIENTS = 64
KINDS = ("unwatched", "watched", "asked every second", "every message logged")
TARGET = 1.1


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[Load]:
    """A server of *kind*, with its clients connected."""
    logged = ("--log-level", "debug", "--log-format", "json") if kind.startswith("every") else ()
    server = ServerProcess(
        folder,
        *(*LIMITS, "--database-uri", "sqlite:///:memory:", *logged),
        wrapper=planted("unwatched") if kind == "unwatched" else (),
    ).start()
    over = threading.Event()

    def ask() -> None:
        while not over.wait(1.0):
            server.get("/metrics")

    asking = threading.Thread(target=ask)
    try:
        if kind == "asked every second":
            asking.start()
        load = Load(server.port, server.pid, CLIENTS)
        yield load
        load.close()
    finally:
        over.set()
        if asking.is_alive():
            asking.join()
        server.stop()


def measure(folder: Path, rounds: int, seconds: float) -> dict[str, list[Sample]]:
    """So many interleaved rounds of each kind."""
    found: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        loads = {}
        for kind in KINDS:
            place = folder / kind.replace(" ", "-")
            place.mkdir()
            loads[kind] = stack.enter_context(serving(kind, place))
        for load in loads.values():
            load.run(seconds / 4)  # warm
        for _ in range(rounds):
            for kind, load in loads.items():
                found[kind].append(load.run(seconds))
    return found


def best_us(samples: list[Sample]) -> float:
    return min(sample.cpu_us for sample in samples)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=2.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        found = measure(Path(made), asked.rounds, asked.seconds)
    least = best_us(found["unwatched"])
    for kind, samples in found.items():
        best = best_us(samples)
        print(f"{kind:22} {best:6.0f} µs server CPU an ack, x {best / least:.2f}")
    print(f"target: watched at most x {TARGET}")
