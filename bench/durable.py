"""
What it costs that an ack is durable: ``python -m bench.durable``.

Servers measured in turns: ours; ours with the database in memory; ours made to commit each command
by itself. And the first and the last again with a disk whose every commit takes longer, as those of
small boxes do. Prints ratios, each from the best round of its kind.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.load import LIMITS, Load, Sample
from tests.chaos.plants import planted
from tests.system.server import ServerProcess

CLIENTS = 64
KINDS = ("durable", "in memory", "commit each", "durable, slow disk", "commit each, slow disk")
SLOW_MS = 2.4
"""What a commit took on the disk where the targets were set."""


@contextmanager
def serving(kind: str, folder: Path, clients: int) -> Iterator[Load]:
    """A server of *kind*, with its clients connected."""
    options = ("--database-uri", "sqlite:///:memory:") if kind == "in memory" else ()
    plants = ["one_at_a_time"] if kind.startswith("commit each") else []
    plants += ["slow_sync"] if kind.endswith("slow disk") else []
    server = ServerProcess(
        folder,
        *LIMITS,
        *options,
        wrapper=planted(*plants) if plants else (),
        environment={"PLANT_SYNC_MS": str(SLOW_MS)},
    ).start()
    try:
        load = Load(server.port, server.pid, clients)
        yield load
        load.close()
    finally:
        server.stop()


def measure(
    folder: Path, rounds: int, seconds: float, clients: int = CLIENTS
) -> dict[str, list[Sample]]:
    """So many interleaved rounds of each kind."""
    found: dict[str, list[Sample]] = {kind: [] for kind in KINDS}
    with ExitStack() as stack:
        loads = {}
        for kind in KINDS:
            place = folder / kind.replace(", ", "-").replace(" ", "-")
            place.mkdir()
            loads[kind] = stack.enter_context(serving(kind, place, clients))
        for load in loads.values():
            load.run(seconds / 4)  # warm
        for _ in range(rounds):
            for kind, load in loads.items():
                found[kind].append(load.run(seconds))
    return found


def cpu_ratio(found: dict[str, list[Sample]]) -> float:
    """Server CPU of a durable ack over that of one in memory."""
    durable, memory = (min(s.cpu_us for s in found[kind]) for kind in ("durable", "in memory"))
    return durable / memory


def wall_ratio(found: dict[str, list[Sample]], where: str = "") -> float:
    """Wall time of commit-per-message over that of group commit."""
    each, group = (
        min(s.wall_us for s in found[kind + where]) for kind in ("commit each", "durable")
    )
    return each / group


def sync_ms(folder: Path) -> float:
    """How long this disk takes to make 8 KiB durable: the median of 100."""
    taken = []
    handle = os.open(folder / "sync", os.O_CREAT | os.O_RDWR)
    for at in range(100):
        os.pwrite(handle, b"x" * 8192, at * 8192)
        began = time.perf_counter()
        os.fdatasync(handle)
        taken.append(time.perf_counter() - began)
    os.close(handle)
    return sorted(taken)[50] * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument(
        "--folder", help="where the databases are put; the disk is what is measured"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        disk = sync_ms(Path(folder))
        found = measure(Path(folder), given.rounds, given.seconds, given.clients)
    for kind, samples in found.items():
        cpu, wall = min(s.cpu_us for s in samples), min(s.wall_us for s in samples)
        print(f"{kind:24}{cpu:6.0f} µs server CPU{wall:6.0f} µs wall an ack ({1e6 / wall:.0f}/s)")
    cpu = cpu_ratio(found)
    print(f"a durable ack costs {cpu:.2f} x the CPU of one in memory; target: at most 2")
    for where, ms in (("", disk), (", slow disk", disk + SLOW_MS)):
        wall = wall_ratio(found, where)
        print(
            f"commit-per-message takes {wall:.1f} x the wall time of group commit"
            f" where a sync takes {ms:.1f} ms; target: at least 4"
        )


if __name__ == "__main__":
    main()
