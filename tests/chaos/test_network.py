"""A bad network: nothing lost, nothing doubled, and soon after it heals everybody sees the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..system.needs import needs
from ..system.server import ServerProcess
from . import ledger
from .long import LONG, times
from .network import CLEAR, Proxy, Weather
from .plants import planted
from .storm import FREE, Storm
from .stubborn import Listener, Stubborn

ROOT = Path(__file__).parents[2]
LATE = Weather(delay_s=(0.1, 0.3), life_s=(1.0, 3.0) if not LONG else (3.0, 7.0))
DRIP = Weather(piece=7, pause_s=0.0005, life_s=(1.0, 3.0) if not LONG else (3.0, 7.0))
SECONDS = times(short=3, long=60)


def through(weather: Weather, server: ServerProcess) -> tuple[str, list[str]]:
    """A storm through *weather*; what there is to say of it, and what was wrong."""
    proxy = Proxy(server.port, weather)
    proxy.weather = CLEAR
    storm = Storm(server, url=lambda: proxy.url)
    listeners = [
        Listener(Stubborn(lambda: proxy.url).join(game_id), cut_off=False)
        for game_id in storm.games
    ]
    for listener in listeners:
        listener.start()
    proxy.weather = weather
    storm.start()
    time.sleep(SECONDS)
    proxy.weather, healed = CLEAR, time.monotonic()
    faults = []
    storm.finish()
    for listener, writers in zip(listeners, storm.games.values(), strict=True):
        state = writers[0].client.state()
        version = writers[0].client.follower.version or 0
        follower = listener.done(version)
        faults += follower.faults
        if follower.state != {**state, "devices": []}:
            faults.append("the observer sees something else than the host")
    took = time.monotonic() - healed
    if took > 2:
        faults.append(f"all is in step only {took:.1f} s after it healed")
    for writer in storm.writers:
        writer.client.close()
    server.stop()
    proxy.close()
    faults += storm.after_all(ledger.read(server.database))
    told = f"{storm.commands} acked, {storm.sent_again} sent again, {proxy.cuts} cuts"
    return f"{told}, in step {took:.2f} s after it healed", faults


@pytest.mark.parametrize("weather", [LATE, DRIP], ids=["late", "drip"])
def test_nothing_is_lost_or_doubled(tmp_path: Path, weather: Weather) -> None:
    told, faults = through(weather, ServerProcess(tmp_path, *FREE).start())
    print(told)
    assert faults == []


def test_the_checker_catches_ids_that_are_forgotten(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *FREE, wrapper=planted("forget_ids")).start()
    told, faults = through(LATE, server)
    assert any("done twice" in fault for fault in faults), told


@pytest.mark.skipif(not LONG, reason="the long form: GAMESYNC_LONG=1")
def test_a_thin_line(tmp_path: Path) -> None:
    """64 kbit/s for everybody together, in a network namespace of its own."""
    needs("unshare", "ip", "tc")
    thin = (
        "ip link set lo up && tc qdisc add dev lo root tbf rate 64kbit burst 8kb latency 5s"
        ' || exit 77; exec "$@"'
    )
    done = subprocess.run(
        [
            "unshare",
            "-n",
            "sh",
            "-c",
            thin,
            "sh",
            sys.executable,
            "-m",
            "tests.chaos.thin",
            str(tmp_path),
            "20",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip("no namespace of its own, or no tbf in this kernel")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert found["faults"] == []
    assert found["acked"] > 5
