"""Servers are found on the local network: by name, where they are, as long as they are there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import pytest_twisted  # type: ignore[import-untyped]
from twisted.internet import reactor as installed
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread
from zeroconf import ServiceInfo, Zeroconf

from gamesync.client import discovery
from gamesync.client.discovery import SERVICE, Box, Discovery, box_of
from gamesync.running.announcement import reachable

from ..system.needs import needs
from ..system.server import ServerProcess
from .kit import with_reactor

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
reactor: Any = installed


def info(
    *addresses: str, name: str = "gamesync on box", port: int | None = 8765, **txt: str
) -> ServiceInfo:
    return ServiceInfo(
        SERVICE,
        f"{name}.{SERVICE}",
        port=port,
        parsed_addresses=list(addresses),
        properties=txt,
        server=f"{name.replace(' ', '-')}.local.",
    )


class TestBox:
    def test_a_plain_server_is_called_by_its_address(self) -> None:
        assert box_of(info("192.0.2.7", note="hall")) == Box(
            name="gamesync on box",
            url="ws://192.0.2.7:8765/",
            addresses=("192.0.2.7",),
            txt={"note": "hall"},
        )

    def test_one_with_tls_by_the_name_in_its_certificate(self) -> None:
        box = box_of(info("192.0.2.7", scheme="wss", host="gamesync.local"))
        assert box is not None
        assert box.url == "wss://gamesync.local:8765/"
        box = box_of(info("192.0.2.7", scheme="wss"))
        assert box is not None
        assert box.url == "wss://gamesync-on-box.local:8765/"

    def test_addresses_that_lead_nowhere_from_here_are_left_out(self) -> None:
        box = box_of(info("169.254.3.4", "fe80::1", "127.0.0.1", "::1", "2001:db8::7"))
        assert box is not None
        assert (box.url, box.addresses) == ("ws://[2001:db8::7]:8765/", ("2001:db8::7",))
        assert box_of(info("169.254.3.4", "fe80::1")) is None
        assert box_of(info()) is None
        assert box_of(info("192.0.2.7", port=None)) is None

    def test_addresses_in_a_network_of_ours_come_first_then_ipv4(self) -> None:
        said = info("2001:db8::7", "172.17.0.1", "192.0.2.7")
        box = box_of(said)
        assert box is not None
        assert box.addresses == ("172.17.0.1", "192.0.2.7", "2001:db8::7")
        box = box_of(said, frozenset([ip_network("192.0.2.0/24")]))
        assert box is not None
        assert box.addresses == ("192.0.2.7", "172.17.0.1", "2001:db8::7")


@pytest.mark.parametrize(
    ("bound", "announced"),
    [
        ("0.0.0.0", ("192.0.2.7", "198.51.100.3")),
        ("", ("192.0.2.7", "198.51.100.3")),
        ("198.51.100.3", ("198.51.100.3",)),
        ("127.0.0.1", ()),
        ("localhost", ()),
    ],
)
def test_only_addresses_that_others_can_reach_are_announced(
    bound: str, announced: tuple[str, ...]
) -> None:
    assert reachable(bound, ("192.0.2.7", "198.51.100.3", "127.0.0.1")) == announced


class Told:
    """
    What a discovery says of servers whose name begins with ``ours``.

    Whatever else there may be on this network is none of the tests' business.
    """

    def __init__(self) -> None:
        self.boxes: tuple[Box, ...] = ()

    def __call__(self, boxes: tuple[Box, ...]) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.boxes = tuple(box for box in boxes if box.name.startswith("ours"))

    async def until(self, test: Callable[[tuple[Box, ...]], bool]) -> tuple[Box, ...]:
        for _ in range(round(PATIENCE_S / 0.01)):
            if test(self.boxes):
                return self.boxes
            await deferLater(reactor, 0.01)
        pytest.fail(f"still {self.boxes}")


class Announcer:
    """Announces to this machine alone; each method takes its time, in a thread."""

    def __init__(self) -> None:
        self._zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        self._begun: list[Any] = []

    def register(self, *infos: ServiceInfo) -> None:
        for each in infos:
            self._begun.append(deferToThread(self._zeroconf.register_service, each))

    def update(self, info: ServiceInfo) -> None:
        self._begun.append(deferToThread(self._zeroconf.update_service, info))

    def unregister(self, info: ServiceInfo) -> None:
        self._begun.append(deferToThread(self._zeroconf.unregister_service, info))

    async def close(self) -> None:
        for each in self._begun:
            await each
        await deferToThread(self._zeroconf.close)


@pytest.fixture
def announcer() -> Iterator[Announcer]:
    running = Announcer()
    yield running
    pytest_twisted.blockon(Deferred.fromCoroutine(running.close()))


@with_reactor
async def test_it_tells_of_all_that_come_and_change(
    announcer: Announcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 0.3)
    told, looking = Told(), Discovery()
    one, two = info("192.0.2.7", name="ours 1"), info("192.0.2.8", name="ours 2")
    announcer.register(one)
    looking.start(told)
    (box,) = await told.until(bool)
    assert box.url == "ws://192.0.2.7:8765/"
    announcer.register(two)
    boxes = await told.until(lambda known: len(known) == 2)
    assert [box.name for box in boxes] == ["ours 1", "ours 2"]
    assert set(boxes) <= set(looking.boxes)
    await deferLater(reactor, 1.1)  # what is younger than a second is not taken back (RFC 6762)
    announcer.update(info("192.0.2.9", name="ours 1", port=8766))
    await told.until(lambda known: known[0].url == "ws://192.0.2.9:8766/")
    await looking.stop()


@with_reactor
async def test_it_leaves_no_thread_behind_and_starts_again(
    announcer: Announcer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "LOOK_SECONDS", 600)  # all that it knows it has been told
    one, two = info("192.0.2.7", name="ours 1"), info("192.0.2.8", name="ours 2")
    announcer.register(one, two)
    before = set(threading.enumerate())
    told, looking = Told(), Discovery()

    def breaks(boxes: tuple[Box, ...]) -> None:
        """An app that breaks on the news hears the next nevertheless."""
        told(boxes)
        raise ZeroDivisionError

    for _ in range(2):
        told.boxes = ()
        looking.start(breaks)
        await told.until(lambda known: len(known) == 2)
        await looking.stop()
        left = set(threading.enumerate()) - before
        assert [t.name for t in left if "PoolThread" not in t.name] == []
    told.boxes = ()
    looking.start(told)
    await looking.stop()  # at once
    assert told.boxes == ()
    looking.start(told)
    await told.until(lambda known: len(known) == 2)
    announcer.unregister(one)
    (box,) = await told.until(lambda known: len(known) == 1)
    assert box.name == "ours 2"
    await looking.stop()
    assert looking.boxes == ()


def test_a_server_without_zeroconf_is_not_announced_and_serves(tmp_path: Path) -> None:
    (tmp_path / "zeroconf.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join((str(tmp_path), os.environ.get("PYTHONPATH", "")))
    options = ("--banner", "--demo")
    server = ServerProcess(tmp_path, *options, environment={"PYTHONPATH": path}).start()
    until = time.monotonic() + PATIENCE_S
    while "A match that plays itself" not in server.log:  # what is started last
        assert time.monotonic() < until, server.log
        time.sleep(0.02)
    server.stop()
    assert "Traceback" not in server.log


def test_a_server_at_a_terminal_is_found_from_another_box(tmp_path: Path) -> None:
    """Two network namespaces; the one that looks does so before it has a network."""
    needs("unshare", "nsenter", "ip")
    alone = ["unshare", "--net"]
    if subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace of its own: only root may have one")
    done = subprocess.run(
        [*alone, sys.executable, "-m", "tests.client.two_boxes", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["name"].startswith("gamesync on ")
    assert found["url"] == f"ws://10.77.0.2:{found['port']}/"
    assert (found["addresses"], found["txt"]) == (["10.77.0.2"], {"scheme": "ws"})
    assert found["connected"]
    assert found["threads"] == ["MainThread"]
