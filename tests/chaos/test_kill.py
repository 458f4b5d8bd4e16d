"""Killed at any moment, under load: nothing that was acked is lost, nothing is done twice."""

from __future__ import annotations

from pathlib import Path

from ..system.server import ServerProcess
from .long import times
from .plants import planted
from .storm import FREE, through_kills


def test_nothing_acked_is_lost(tmp_path: Path) -> None:
    kills = times(short=5, long=60)
    with_server = ServerProcess(tmp_path, *FREE).start()
    storm, faults = through_kills(with_server, kills)
    print(f"{kills} kills, {storm.commands} acked, {storm.sent_again} sent again")
    assert faults == []
    assert storm.sent_again >= kills
    assert "Traceback" not in with_server.log


def test_the_checker_catches_an_ack_before_the_commit(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE, wrapper=planted("ack_early")).start()
    _, faults = through_kills(server, kills=2)
    assert any("acked, and lost" in fault for fault in faults), faults


def test_the_checker_catches_ids_that_are_forgotten(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE, wrapper=planted("forget_ids")).start()
    _, faults = through_kills(server, kills=1)
    assert any("done twice" in fault for fault in faults), faults
    assert any("the acks say" in fault for fault in faults), faults
