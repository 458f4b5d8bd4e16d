"""
``two_boxes.py FOLDER``: a network of two boxes, each a network namespace; one looks for the other.

To be run as root by ``unshare --net``, so that all of it is gone in the end. Reports in JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater, react
from twisted.internet.threads import deferToThread

from gamesync.client import GameClient, discovery
from gamesync.client.discovery import Box, Discovery

from ..system.server import ServerProcess

PATIENCE_S = 60.0
HERE, THERE = "10.77.0.1", "10.77.0.2"
LONGER = "169.254.7.7"


def sh(line: str) -> None:
    subprocess.run(line, shell=True, check=True)


class Boxes:
    """What the last news were, and a way to wait for others."""

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.known: tuple[Box, ...] = ()
        self.told = 0

    def __call__(self, boxes: tuple[Box, ...]) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.known = boxes
        self.told += 1

    async def until(self, test: Callable[[tuple[Box, ...]], bool]) -> tuple[Box, ...]:
        for _ in range(round(PATIENCE_S / 0.02)):
            if test(self.known):
                return self.known
            await deferLater(self._reactor, 0.02)
        raise AssertionError(f"still {self.known}")


async def run(reactor: Any, folder: Path) -> dict[str, Any]:
    discovery.LOOK_SECONDS = 0.2
    sh("ip link set lo up")
    boxes, looking = Boxes(reactor), Discovery()
    looking.start(boxes)  # before there is a network
    await deferLater(reactor, 0.5)
    other = subprocess.Popen(["unshare", "--net", "sleep", "600"])
    server = None
    try:
        sh(f"ip link add here type veth peer name there && ip link set there netns {other.pid}")
        sh(f"ip addr add {HERE}/24 dev here && ip link set here up")
        inside = ("nsenter", "-t", str(other.pid), "--net")
        sh(f"{' '.join(inside)} sh -c 'ip link set lo up && ip addr add {THERE}/24 dev there"
           f" && ip addr add {LONGER}/16 dev there && ip link set there up'")  # fmt: skip
        options = ("--banner", "--ws-host", "0.0.0.0")
        server = ServerProcess(folder, *options, wrapper=inside)
        await deferToThread(server.start)
        (box,) = await boxes.until(bool)
        client = GameClient(box.url)
        await client.connect()
        connected = client.connected
        await client.stop()
        await deferToThread(server.stop)
        await boxes.until(lambda known: not known)
    finally:
        if server is not None:
            await deferToThread(server.stop)
        other.kill()
        other.wait()
    await looking.stop()
    left = [t.name for t in threading.enumerate() if "PoolThread" not in t.name]
    return {
        "name": box.name, "url": box.url, "addresses": box.addresses, "txt": dict(box.txt),
        "port": server.port, "connected": connected, "threads": left,
    }  # fmt: skip


def main(reactor: Any) -> Deferred[None]:
    done: Deferred[dict[str, Any]] = ensureDeferred(run(reactor, Path(sys.argv[1])))
    return done.addCallback(lambda found: print(json.dumps(found)))


if __name__ == "__main__":
    react(main)
