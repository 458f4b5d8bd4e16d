"""Game time over restarts, reboots, sleep and a time of day that steps."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock as Time

from gamesync.storage import gametime
from gamesync.storage.gametime import (
    FIRST_MS,
    LONGEST_GAP_MS,
    UNKNOWN_GAP_MS,
    Clocks,
    GameTime,
    Past,
    Pulse,
)
from gamesync.testing import FakeClocks

HOUR = 3_600_000


class Machine:
    """Clocks, and what a server on them left behind."""

    def __init__(self) -> None:
        self.time = Time()
        self.clocks = FakeClocks(self.time)
        self.time.advance(1_000)
        self.game = GameTime(self.clocks)
        self.game.resume(None)

    def dies(self) -> Pulse:
        self.time.advance(50)
        return self.game.pulse()

    def starts(self, pulse: Pulse) -> Past:
        self.game = GameTime(self.clocks)
        return self.game.resume(pulse)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_a_new_line_begins_after_never(machine: Machine) -> None:
    assert GameTime(machine.clocks).now() == 0
    assert machine.game.now() == FIRST_MS
    machine.time.advance(0.75)
    assert machine.game.now() == FIRST_MS + 750


def test_a_restart_is_measured_by_the_clock_that_does_not_step(machine: Machine) -> None:
    pulse = machine.dies()
    machine.time.advance(4)
    machine.clocks.step(-HOUR)
    assert machine.starts(pulse) == Past(gap_ms=4_000, rebooted=False)
    assert machine.game.now() == pulse.game_ms + 4_000


def test_sleep_is_part_of_the_gap(machine: Machine) -> None:
    pulse = machine.dies()
    machine.clocks.sleep(HOUR)
    assert machine.starts(pulse).gap_ms == HOUR
    assert machine.game.now() == pulse.game_ms + HOUR


def test_a_reboot_is_measured_by_the_time_of_day(machine: Machine) -> None:
    pulse = machine.dies()
    machine.clocks.reboot(off_ms=90_000)
    assert machine.starts(pulse) == Past(gap_ms=90_000, rebooted=True)
    assert machine.game.now() == pulse.game_ms + 90_000


@pytest.mark.parametrize(
    ("off_ms", "believed"),
    [(-1, False), (0, True), (LONGEST_GAP_MS, True), (LONGEST_GAP_MS + 1, False)],
)
def test_what_is_believed_of_a_gap(machine: Machine, off_ms: int, believed: bool) -> None:
    pulse = machine.dies()
    machine.clocks.reboot(off_ms)
    assert machine.starts(pulse).gap_ms == (off_ms if believed else None)
    gone_on = off_ms if believed else UNKNOWN_GAP_MS
    assert machine.game.now() == pulse.game_ms + gone_on


def test_a_boot_clock_that_went_back_is_not_believed(machine: Machine) -> None:
    pulse = machine.dies()
    machine.clocks.sleep(-5_000)  # a virtual machine put back to an earlier state
    assert machine.starts(pulse) == Past(gap_ms=None, rebooted=False)


class Bare(FakeClocks):
    """A machine with no clock that runs in its sleep, and no name for its boots."""

    def boottime(self) -> None:
        return None

    def boot_id(self) -> str:
        return ""


def test_a_machine_with_less_counts_every_start_as_a_reboot() -> None:
    time = Time()
    game = GameTime(Bare(time))
    game.resume(None)
    pulse = game.pulse()
    assert pulse.boottime_ms is None
    time.advance(3)
    later = GameTime(Bare(time))
    assert later.resume(pulse) == Past(gap_ms=3_000, rebooted=True)
    assert later.slept() == 0


def test_sleep_is_told_once_and_is_no_game_time(machine: Machine) -> None:
    before = machine.game.now()
    assert machine.game.slept() == 0
    machine.clocks.sleep(30_000)
    machine.time.advance(2)
    assert machine.game.slept() == 30_000
    assert machine.game.slept() == 0
    assert machine.game.now() == before + 2_000


def test_the_noise_between_two_clocks_is_no_sleep_but_adds_up(machine: Machine) -> None:
    machine.clocks.sleep(9)
    assert machine.game.slept() == 0
    machine.clocks.sleep(9)
    assert machine.game.slept() == 18


def test_nothing_has_slept_before_the_line_begins(machine: Machine) -> None:
    assert GameTime(machine.clocks).slept() == 0


@given(
    st.lists(
        st.sampled_from(["advance", "sleep", "step", "back", "reboot", "restart"]), max_size=30
    )
)
def test_the_line_never_goes_back(what: list[str]) -> None:
    machine = Machine()
    last = machine.game.now()
    for each in what:
        match each:
            case "advance":
                machine.time.advance(1.5)
            case "sleep":
                machine.clocks.sleep(20_000)
            case "step":
                machine.clocks.step(HOUR)
            case "back":
                machine.clocks.step(-3 * HOUR)
            case "reboot":
                pulse = machine.game.pulse()
                machine.clocks.reboot(off_ms=1_000)
                machine.starts(pulse)
            case "restart":
                machine.starts(machine.game.pulse())
        assert machine.game.now() >= last
        last = machine.game.now()


def test_the_clocks_of_this_machine() -> None:
    clocks = Clocks()
    assert abs(clocks.monotonic() / 1000 - time.monotonic()) < 5
    assert abs(clocks.wall() / 1000 - time.time()) < 5
    assert clocks.boot_id() == clocks.boot_id()
    boottime = clocks.boottime()
    assert boottime is None or boottime > 0


def test_clocks_that_a_machine_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delattr(time, "CLOCK_BOOTTIME", raising=False)
    monkeypatch.setattr(gametime, "_BOOT_ID", tmp_path / "none")
    assert Clocks().boottime() is None
    assert Clocks().boot_id() == ""
