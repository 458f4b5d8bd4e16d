"""The time of day steps, the process stands still: clocks stay right, nobody is dropped."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from gamesync.domain.events import DownTime

from ..system.server import ServerProcess
from ..system.talker import Talker
from . import ledger
from .long import times
from .plants import planted
from .raw import PONG, RawSocket, frame

STEPS_S = (3_600.0, -3_600.0, -3.0)
PINGS = ("--ping-interval", "1", "--ping-timeout", "2")


class Table:
    """A game whose clock runs, and those who look at it."""

    def __init__(self, server: ServerProcess, watchers: int = 5) -> None:
        self.server = server
        self.host = Talker(server.url)
        self.host.create(ruleset="wh40k-11e", player1_name="Anna", player2_name="Marek")
        self.game_id = self.host.game_id
        self.host.connect(game_id=self.game_id, beat_ms=1000)
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})
        self.watchers = [Talker(server.url) for _ in range(watchers)]
        for watcher in self.watchers:
            watcher.connect(game_id=self.game_id, beat_ms=1000)

    def now(self) -> float:
        """Game time less our own monotonic clock, in ms: stays the same if both are right."""
        tries = []
        for _ in range(5):  # the quickest answer says it best: on a busy machine some are late
            began = time.monotonic()
            now = self.host.do("heartbeat", {})["data"]["now"]
            ended = time.monotonic()
            tries.append((ended - began, float(now) - (began + ended) / 2 * 1000))
        return min(tries)[1]

    def shown(self) -> float:
        """
        What the clock of player 1 shows less our own monotonic clock, in ms.

        Stays the same while that clock runs and is right.
        """
        clock = self.host.state()["clock"]
        now = self.now() - clock["at"] if clock["running"] else -time.monotonic() * 1000
        return float(clock["p1_ms"] + now)

    def beats(self, seconds: float) -> list[dict[str, Any]]:
        """The beats that come in so long a time."""
        found, until = [], time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                message = self.host.hear(left)
            except TimeoutError:
                break
            if message["data"].get("beat"):
                found.append(message)
        return found

    def dropped(self) -> int:
        """How many of those who watch have lost their connection."""
        lost = 0
        for watcher in self.watchers:
            try:
                watcher.do("heartbeat", {})
            except Exception:
                lost += 1
        return lost


def step_the_clock(folder: Path, *plants: str) -> list[str]:
    """Step the time of day under a running game; what went wrong."""
    step = folder / "step"
    step.write_text("0")
    server = ServerProcess(
        folder,
        *PINGS,
        wrapper=planted("stepping_clock", *plants),
        environment={"PLANT_STEP": str(step)},
    ).start()
    table, faults = Table(server), []
    try:
        for seconds in STEPS_S:
            before, shown = table.now(), table.shown()
            step.write_text(str(seconds))
            server.signal(signal.SIGUSR1)
            beats = table.beats(times(short=1, long=6) + 0.5)
            if not times(short=1, long=5) <= len(beats) <= times(short=3, long=8):
                faults.append(f"{seconds:+}: {len(beats)} beats")
            if abs(table.now() - before) > 50:
                faults.append(f"{seconds:+}: game time is {table.now() - before:.0f} ms off")
            if abs(off := table.shown() - shown) > 50:
                faults.append(f"{seconds:+}: the clock is {off:.0f} ms off")
            if lost := table.dropped():
                faults.append(f"{seconds:+}: {lost} healthy clients were dropped")
            if faults:
                break
    except Exception as error:
        faults.append(repr(error))
    server.stop()
    return faults


def test_the_time_of_day_steps(tmp_path: Path) -> None:
    assert step_the_clock(tmp_path) == []


@pytest.mark.parametrize("plant", ["wall_clock", "wall_game_time"])
def test_the_checker_catches_a_server_that_goes_by_it(tmp_path: Path, plant: str) -> None:
    assert step_the_clock(tmp_path, plant)


def stand_still(folder: Path, seconds: float, grace: int, *plants: str) -> tuple[int, list[str]]:
    """
    Stop the process for so long under a running game.

    :returns: how much time the clock of player 1 did not take of it, and what went wrong
    """
    wrapper = planted(*plants) if plants else ()
    grace_option = ("--restart-grace", str(grace))
    server = ServerProcess(folder, *PINGS, *grace_option, wrapper=wrapper).start()
    table, faults = Table(server), []
    with RawSocket(server.port) as prompt:
        prompt.say({"type": "connect", "game_id": table.game_id})
        before, shown = table.now(), table.shown()
        ping = prompt.wait_for_ping()
        server.signal(signal.SIGSTOP)
        prompt.send(frame(ping, PONG))  # in time; but it waits in the socket until he wakes up
        time.sleep(seconds)
        server.signal(signal.SIGCONT)
        beats = table.beats(1.2)
        prompt.say({"type": "heartbeat"})
        if not any(message["type"] == "heartbeat" for message in prompt.hear(5)):
            faults.append("a healthy client was dropped, whose pong waited")
    if len(beats) > 5:
        faults.append(f"a storm of {len(beats)} beats")
    if lost := table.dropped():
        faults.append(f"{lost} healthy clients were dropped")
    if abs(table.now() - before) > 50:
        faults.append(f"game time is {table.now() - before:.0f} ms off")
    table.host.do("score_update", {"player": 1, "category": "secondary", "value": 3})
    spared = shown - table.shown()
    state = table.host.state()
    server.stop()
    stored = ledger.read(server.database)
    faults += stored.faults()
    assert table.game_id is not None
    clock = stored.fold(table.game_id).game.clock
    if clock.accounts(clock.anchor).total_ms != clock.anchor - clock.started_at:
        faults.append("not all time is accounted for")
    down = [
        fact
        for entry in stored.entries[table.game_id]
        for fact in entry.facts
        if isinstance(fact, DownTime)
    ]
    if len(down) != len(state["gaps"]):
        faults.append(f"{down} is not what is shown: {state['gaps']}")
    return round(spared), faults


def test_a_stop_longer_than_the_grace_is_nobodys_time(tmp_path: Path) -> None:
    seconds, grace = times(short=2.4, long=30), times(short=1, long=15)
    spared, faults = stand_still(tmp_path, seconds, grace)
    assert faults == []
    # From the last durable instant, at most a second before, to when it was found out.
    assert seconds * 1000 - 50 <= spared


def test_a_short_stop_is_play(tmp_path: Path) -> None:
    spared, faults = stand_still(tmp_path, 1.0, grace=5)
    assert faults == []
    assert abs(spared) <= 50


def test_the_checker_catches_a_stall_that_is_charged(tmp_path: Path) -> None:
    spared, _ = stand_still(tmp_path, 2.5, 1, "charge_stalls")
    assert spared < 1000
