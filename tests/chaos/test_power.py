"""The power fails at any ack: whatever the disk may hold then is whole, and has all acks."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

from gamesync.storage import wal

from ..system.needs import needs
from ..system.server import ServerProcess
from . import ledger
from .long import times
from .plants import planted
from .storm import FREE, Storm
from .trace import VARIANTS, Acked, Disk, events, strace

IMAGES = times(short=210, long=600)


def play(server: ServerProcess, commands: int) -> None:
    """Let six clients score until so many commands were acked; then kill the server."""
    storm = Storm(server)
    storm.start()
    until = time.monotonic() + 120
    while storm.commands < commands and time.monotonic() < until:
        time.sleep(0.02)
    for writer in storm.writers:  # in their own time: after the kill nobody answers them
        threading.Thread(target=writer.finish, daemon=True).start()
    time.sleep(0.3)
    server.signal(signal.SIGKILL)
    server.wait()
    for writer in storm.writers:
        writer.client.close()


def lost_power(folder: Path, wanted: int, plant: str = "") -> tuple[int, list[str]]:
    """How many images there were, and what was wrong with any, or with the order of the calls."""
    base, trace = ServerProcess(folder, *FREE).start(), folder / "trace"
    base.stop()
    files = [str(base.database), f"{base.database}-wal"]
    start = {path: Path(path).read_bytes() for path in files if Path(path).exists()}
    wrapper = (*strace(trace), *(planted(plant) if plant else ()))
    server = ServerProcess(folder, *FREE, wrapper=wrapper).start()
    play(server, commands=max(60, wanted))

    disk, acked, faults, images, seen = Disk(start), set[str](), list[str](), 0, 0
    every = len([e for e in events(trace) if isinstance(e, Acked)]) * len(VARIANTS) // wanted or 1
    for event in events(trace):
        disk.see(event)
        if not isinstance(event, Acked):
            continue
        for id_ in event.ids:
            if not any(disk.durable(path, id_.encode()) for path in files):
                faults.append(f"the ack of {id_} leaves before it is synced")
        acked |= set(event.ids)
        seen += 1
        if seen % every:
            continue
        for variant in VARIANTS:
            into = folder / "image"
            into.mkdir(exist_ok=True)
            for path in files:
                data = disk.image(path, variant)
                target = into / Path(path).name
                target.unlink(missing_ok=True)
                if data is not None:
                    target.write_bytes(data)
            if wal.lost_commits(str(into / f"{server.database.name}-wal")):
                faults.append(f"{variant}: a start would take the log for damaged")
            found = ledger.read(into / server.database.name)
            there = {id_ for ids in found.acked.values() for id_ in ids}
            images += 1
            faults += [f"{variant}: {fault}" for fault in found.faults()]
            faults += [f"{variant}: acked, and lost: {id_}" for id_ in acked - there]
    return images, faults


def test_no_image_lacks_an_ack(tmp_path: Path) -> None:
    needs("strace")
    images, faults = lost_power(tmp_path, IMAGES)
    print(f"{images} images")
    assert faults == []
    assert images >= 200


def test_the_checker_catches_a_log_that_is_not_synced(tmp_path: Path) -> None:
    needs("strace")
    _, faults = lost_power(tmp_path, 30, "no_fsync")
    assert any("before it is synced" in fault for fault in faults)
    assert any("synced: acked, and lost" in fault for fault in faults)


def test_the_checker_catches_an_ack_before_the_commit(tmp_path: Path) -> None:
    needs("strace")
    _, faults = lost_power(tmp_path, 30, "ack_early")
    assert any("written: acked, and lost" in fault for fault in faults)
