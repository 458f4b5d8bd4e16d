"""Who is told what by the process, and after what."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gamesync.running.notify import STATUS_S, Notify, Vigil
from gamesync.store import Unavailable

from ..system.manager import Manager


@pytest.mark.parametrize(
    ("variables", "address", "watchdog_s"),
    [
        ({}, None, None),
        ({"NOTIFY_SOCKET": ""}, None, None),
        ({"NOTIFY_SOCKET": "vsock:2:1"}, None, None),
        ({"NOTIFY_SOCKET": "/run/n"}, "/run/n", None),
        ({"NOTIFY_SOCKET": "@n", "WATCHDOG_USEC": "10000000"}, "@n", 10.0),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "7"}, "/n", 2.5),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "2500000", "WATCHDOG_PID": "8"}, "/n", None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "soon"}, "/n", None),
        ({"NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "0"}, "/n", None),
    ],
)
def test_what_the_environment_asks_for(
    variables: dict[str, str], address: str | None, watchdog_s: float | None
) -> None:
    notify = Notify.of(variables, 7)
    assert (notify.address, notify.watchdog_s) == (address, watchdog_s)


def test_a_status_is_one_line(tmp_path: Path) -> None:
    with Manager(str(tmp_path / "n")) as manager:
        Notify(str(tmp_path / "n")).say("READY=1", status="one\nREADY=0 \n two")
        assert manager.hear() == {"READY": "1", "STATUS": "one READY=0 two"}
        Notify().say("READY=1")
        assert manager.hear() is None


class Disk:
    """A server's parts, as far as a vigil looks at them."""

    def __init__(self) -> None:
        self.asked: list[Deferred[Any]] = []
        self.store = Mock(find=self._find)
        self.gate = Mock(open=3)
        self.hub = Mock(live=True)
        self.hub.registry.rooms = {"a": 1}
        self.hub.registry.commits.trouble = ""

    def _find(self, digest: bytes) -> Deferred[Any]:
        self.asked.append(Deferred())
        return self.asked[-1]


def test_alive_is_said_after_each_answer_of_the_database_and_not_before(tmp_path: Path) -> None:
    clock, disk = Clock(), Disk()
    with Manager(str(tmp_path / "n"), 8.0) as manager:
        vigil = Vigil(clock, disk, Notify.of(manager.environment))  # type: ignore[arg-type]
        vigil.startService()
        status = "serving; games open: 1, connections: 3"
        assert manager.hear_all() == [{"READY": "1", "STATUS": status}]
        disk.asked[0].callback(None)
        assert manager.hear_all() == [{"WATCHDOG": "1", "STATUS": status}]
        clock.advance(1.9)
        assert len(disk.asked) == 1
        clock.advance(0.1)
        assert len(disk.asked) == 2
        clock.advance(100)
        assert len(disk.asked) == 2, "nobody is asked again before he has answered"
        assert manager.hear_all() == []
        # A full disk answers, too.
        disk.hub.live, disk.hub.registry.commits.trouble = False, "the disk is full"
        disk.asked[1].errback(Unavailable("no"))
        said = {"WATCHDOG": "1", "STATUS": "nothing can be saved: the disk is full"}
        assert manager.hear_all() == [said]
        clock.advance(2)
        vigil.stopService()
        disk.asked[2].callback(None)
        assert manager.hear_all() == [{"STOPPING": "1", "STATUS": "stopping"}]


def test_a_fault_of_our_own_feeds_nothing_and_the_next_round_may(tmp_path: Path) -> None:
    clock, disk, log = Clock(), Disk(), Mock()
    with Manager(str(tmp_path / "n")) as manager:
        vigil = Vigil(clock, disk, Notify.of(manager.environment))  # type: ignore[arg-type]
        vigil._log = log
        vigil.startService()
        manager.hear_all()
        disk.asked[0].errback(KeyError("x"))
        assert log.failure.call_count == 1
        assert manager.hear_all() == []
        disk.hub.live = False
        clock.advance(STATUS_S)
        disk.asked[1].callback(None)
        (said,) = manager.hear_all()
        assert said["STATUS"] == "nothing can be saved: the disk is late"
        vigil.stopService()
