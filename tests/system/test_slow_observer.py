"""One observer stops reading while a game is busy: he alone waits, and then sees all."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from ..chaos.follower import Follower
from ..chaos.long import times
from ..chaos.plants import planted
from ..chaos.raw import RawSocket
from ..chaos.storm import FREE
from ..chaos.stubborn import Stubborn
from ..starved import Watch
from .server import ServerProcess

MIB = 1024 * 1024
CHANGES_A_SECOND = 300
SECONDS = times(short=3, long=30)
PATIENT = (*FREE, "--limit", "write_stall_seconds=120")
"""On a slow machine it takes longer until enough is owed."""
OWED = 10 * MIB
"""Bytes that the stalled observer has missed at least, before it is looked at what that cost."""


class Watching(threading.Thread):
    """An observer that reads, and counts what he was told."""

    def __init__(self, line: RawSocket) -> None:
        super().__init__(daemon=True)
        self.line = line
        self.follower = Follower()
        self.over = False

    def run(self) -> None:
        while not self.over:
            for message in self.line.hear(0.1):
                self.follower.hear(message)


class Busy:
    """A game whose sheet is full, so that each change is told by a long message."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self._up = False
        self.host = Stubborn(server.url)
        self.places = self.host.create(
            ruleset="wh40k-11e", player1_name="Anna", player2_name="Marek"
        )
        self.host.do("setup", {"op": "skip", "first_player": 1})
        self.host.do("timer_update", {"op": "start"})
        self.host.do("game_state", {"round": 5})
        for player in (1, 2):
            for category in ("primary", "secondary"):
                for round_ in range(1, 6):
                    self._step(player, category, round_, 1)

    def _step(self, player: int, category: str, round_: int, delta: int) -> None:
        cell = {"player": player, "category": category, "round": round_}
        self.host.do("score_update", {**cell, "delta": delta, "reason": "x" * 200})

    def watch(self, **how: Any) -> RawSocket:
        line = RawSocket(self.server.port, **how)
        line.say({"type": "connect", "game_id": self.host.game_id})
        return line

    def play(self, seconds: float, pace: float = CHANGES_A_SECOND) -> None:
        """Changes at an even pace, for so long as the machine lets us and the server run."""
        watch, done = Watch(self.server.pid), 0
        while watch.seconds() < seconds:
            self._step(2, "secondary", 5, -1 if self._up else 1)
            self._up = not self._up
            done += 1
            time.sleep(max(0.0, done / pace - watch.seconds()))

    @property
    def version(self) -> int:
        return self.host.follower.version or 0

    def told(self) -> int:
        """Bytes of all the changes that there have been, as an observer is told them."""
        return self.version * (len(str(self.host.follower.state["scores"])) + 1000)


def best_second(game: Busy, good: list[Watching], seconds: int, hoped: float = 0.0) -> int:
    """
    The most that every good observer was told in one of so many seconds.

    :param hoped: if it is less, the machine may have been busy: look for as long again, and again
    """
    best = 0
    for number in range(5 * seconds):
        if number >= seconds and best >= hoped:
            break
        told = [len(one.follower.versions) for one in good]
        game.play(1.0)
        now = [len(one.follower.versions) for one in good]
        best = max(best, min(n - was for n, was in zip(now, told, strict=True)))
    return best


def stall(server: ServerProcess, seconds: int) -> tuple[dict[str, float], Follower]:
    """
    What it costs that one observer stops, and what he has seen once he reads again.

    :param seconds: for so long it is measured what the others are told
    """
    game = Busy(server)
    good = [Watching(game.watch()) for _ in range(2)]
    for one in good:
        one.start()
    game.play(0.5)  # what is made once, is made now
    rss, version = server.rss_bytes(), game.version
    quiet = best_second(game, good, 2)
    each = (server.rss_bytes() - rss) / (game.version - version)  # for the log, and the answers
    stalled, slow = game.watch(receive_buffer=4096), Follower()
    rss, version, told = server.rss_bytes(), game.version, game.told()
    during = best_second(game, good, seconds, hoped=0.95 * quiet)
    while (owed := game.told() - told) < OWED:
        game.play(0.2, pace=10_000)
    kept = server.rss_bytes() - rss - each * (game.version - version)
    last = game.version

    until = time.monotonic() + 60
    while (slow.version or 0) < last and time.monotonic() < until and stalled.closed is None:
        for message in stalled.hear(0.2):
            slow.hear(message)
    for one in good:
        one.over = True
        one.join()
        assert one.follower.faults == []
        assert one.follower.version == last
    state = game.host.state()
    assert slow.state == {**state, "devices": []}
    game.host.close()
    figures = {"kept_mib": kept / MIB, "rate": during / quiet, "owed_mib": owed / MIB}
    return figures, slow


def test_a_stalled_observer_costs_nobody_anything(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *PATIENT).start()
    cost, slow = stall(server, SECONDS)
    print({name: round(value, 2) for name, value in cost.items()}, f"resyncs: {slow.resyncs}")
    assert cost["kept_mib"] <= 1
    assert cost["rate"] >= 0.9
    assert slow.faults == []
    assert slow.resyncs >= 1  # a whole state in place of what was skipped, and it says so
    server.stop()
    assert "Traceback" not in server.log, server.log


def there(server: ServerProcess) -> Counter[str]:
    """Open connections by what they joined as."""
    found: Counter[str] = Counter()
    for family in text_string_to_metric_families(server.get("/metrics").decode()):
        if family.name == "gamesync_connections":
            found.update({s.labels["role"]: int(s.value) for s in family.samples})
    return +found


def test_who_never_reads_again_is_let_go(tmp_path: Path) -> None:
    """Three who watch, and a player whose phone goes on talking: their places are free again."""
    server = ServerProcess(tmp_path, *FREE, "--limit", "write_stall_seconds=2").start()
    game = Busy(server)
    good = Watching(game.watch())
    good.start()
    with ExitStack() as opened:
        for _ in range(3):
            opened.enter_context(game.watch(receive_buffer=4096))
        phone = opened.enter_context(RawSocket(server.port, receive_buffer=4096))
        joining = {"key": game.places["player:1"]["key"]}
        phone.say({"type": "connect", "game_id": game.host.game_id, "data": joining})
        until = time.monotonic() + 20
        while there(server) != Counter(host=1, observer=4, player=1):
            assert time.monotonic() < until, there(server)
        watch = Watch(server.pid)
        while there(server) != Counter(host=1, observer=1):
            assert watch.seconds() < 8, f"still there: {there(server)}"
            game.play(0.2)
            phone.say({"type": "heartbeat"})
    good.over = True
    good.join()
    assert good.follower.faults == []
    game.host.close()
    server.stop()
    assert "Traceback" not in server.log, server.log


def test_the_checker_catches_a_server_that_hoards(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, *PATIENT, wrapper=planted("hoard")).start()
    cost, slow = stall(server, 0)
    server.stop()
    print({name: round(value, 2) for name, value in cost.items()})
    assert slow.resyncs == 0
    assert cost["kept_mib"] > 1
