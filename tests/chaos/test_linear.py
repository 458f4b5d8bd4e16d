"""Five writers, links that are cut, a server that is killed: one order explains it all."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path
from typing import Any

from ..system.server import ServerProcess
from .history import Cell, Op, Register, by_version, linearizable
from .long import times
from .plants import planted
from .storm import FREE
from .stubborn import Listener, Stubborn

CELLS: tuple[tuple[int, str], ...] = ((1, "secondary"), (2, "primary"))
WINDOW = 120
"""Operations between two moments at which nothing is under way."""


class Writer:
    """One client that reads, steps and sets, each as it will."""

    def __init__(self, client: Stubborn, seed: int) -> None:
        self.client = client
        self.random = random.Random(seed)
        self.ops: list[Op] = []
        self._known: dict[Cell, Register] = {}

    def work(self, times: int) -> None:
        for _ in range(times):
            if self.random.random() < 0.03:
                self.client.close()
            player, category = self.random.choice(CELLS)
            kind = self.random.choice(("read", "step", "step", "set", "set"))
            cell = f"{player}/{category}"
            begun = time.monotonic()
            if kind == "read":
                value, cell_version, version = self._read(cell)
                self._note(kind, cell, begun, version, value=value, cell_version=cell_version)
                continue
            held, if_version = self._known.get(cell, (0, 0))
            step = self.random.choice((1, 2, -1)) if held > 5 else 1
            argument = self.random.randint(50, 500) if kind == "set" else step
            said = {
                "player": player,
                "category": category,
                "round": 1,
                "correct": True,
                **({"delta": step} if kind == "step" else {"value": argument}),
                **({} if kind == "step" else {"if_version": if_version}),
            }
            answer = self.client.do("score_update", said, accept=False)
            self._answered(kind, cell, begun, argument, if_version, answer)

    def _answered(
        self,
        kind: Any,
        cell: Cell,
        begun: float,
        argument: int,
        if_version: int,
        answer: dict[str, Any],
    ) -> None:
        data, version = answer["data"], answer["version"]
        if answer["type"] == "error" and data["code"] != "conflict":
            raise AssertionError(answer)
        if data.get("already"):  # the value was there: it reads, and does not write
            return
        guard = if_version if kind == "set" else None
        if answer["type"] == "ack":
            self._note(kind, cell, begun, version, argument=argument, if_version=guard)
            value = argument if kind == "set" else self._known.get(cell, (0, 0))[0] + argument
            self._known[cell] = (value, version)
        else:
            now = data["detail"]["value"], data["detail"]["cell_version"]
            self._note(
                *(kind, cell, begun, version),
                ok=False,
                argument=argument,
                if_version=guard,
                value=now[0],
                cell_version=now[1],
            )
            self._known[cell] = now

    def _note(self, kind: Any, cell: Cell, begun: float, version: int, **more: Any) -> None:
        ended = time.monotonic()
        self.ops.append(Op(kind=kind, cell=cell, begun=begun, ended=ended, version=version, **more))

    def _read(self, cell: Cell) -> tuple[int, int, int]:
        answer = self.client.do("game_state")
        found = cells(answer["data"]["state"])[cell]
        self._known[cell] = found
        return (*found, answer["version"])


def cells(state: dict[str, Any]) -> dict[Cell, Register]:
    found: dict[Cell, Register] = {f"{player}/{category}": (0, 0) for player, category in CELLS}
    for cell in state["scores"]["cells"]:
        found[f"{cell['player']}/{cell['category']}"] = (cell["value"], cell["version"])
    return found


class Run:
    """One game, its five writers and three observers."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        host = Stubborn(lambda: server.url)
        places = host.create(
            ruleset="wh40k-11e",
            player1_name="Anna",
            player2_name="Marek",
            options={"player_scores": "both"},
        )
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        assert host.game_id is not None
        keys = [places[f"player:{n}"]["key"] for n in (1, 1, 2, 2)]
        players = [Stubborn(lambda: server.url).join(host.game_id, key) for key in keys]
        self.host = host
        self.writers = [Writer(client, seed) for seed, client in enumerate((host, *players))]
        self.observers = [
            Listener(Stubborn(lambda: server.url).join(host.game_id)) for _ in range(3)
        ]
        self.faults: list[str] = []
        self.ops = 0
        self.recovered = 0

    def go(self, windows: int, kill_every: int = 3) -> list[str]:
        """So many windows; all that was wrong."""
        for observer in self.observers:
            observer.start()
        for number in range(1, windows + 1):
            killer = threading.Timer(0.1, self.server.restart)
            if kill_every and number % kill_every == 0:
                killer.start()
            self._window()
            if kill_every and number % kill_every == 0:
                killer.join()
        self.host.do("game_state")
        last = self.host.follower.version or 0
        for observer in self.observers:
            self.faults += observer.done(last).faults
        for writer in self.writers:
            self.faults += writer.client.follower.faults
            writer.client.close()
        self.server.stop()
        return self.faults

    def _window(self) -> None:
        start = cells(self.host.state())
        threads = []
        for writer in self.writers:
            writer.ops = []
            share = WINDOW // len(self.writers)
            threads.append(threading.Thread(target=self._guarded, args=(writer, share)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        ops = [op for writer in self.writers for op in writer.ops]
        self.ops += len(ops)
        self.faults += by_version(ops, start)
        for cell, register in start.items():
            if not linearizable([op for op in ops if op.cell == cell], register):
                self.faults.append(f"no order explains this window of {cell}")

    def _guarded(self, writer: Writer, share: int) -> None:
        try:
            writer.work(share)
        except Exception as error:
            self.faults.append(repr(error))


def test_one_order_explains_it(tmp_path: Path) -> None:
    run = Run(ServerProcess(tmp_path, *FREE).start())
    faults = run.go(windows=times(short=6, long=30))
    recovered = [len(o.client.follower.versions) for o in run.observers]
    print(f"{run.ops} operations; the observers were told {recovered} changes one by one")
    assert faults == []
    assert run.ops > times(short=600, long=3000)
    assert "Traceback" not in run.server.log


def test_the_checker_catches_a_guard_that_does_not_guard(tmp_path: Path) -> None:
    run = Run(ServerProcess(tmp_path, *FREE, wrapper=planted("ignore_if_version")).start())
    faults = run.go(windows=1, kill_every=0)
    assert any("does not fit" in fault for fault in faults), faults
    assert any("no order explains" in fault for fault in faults), faults


def test_the_checker_catches_a_lost_step(tmp_path: Path) -> None:
    run = Run(ServerProcess(tmp_path, *FREE, wrapper=planted("lose_update")).start())
    faults = run.go(windows=1, kill_every=0)
    assert any("no order explains" in fault for fault in faults), faults


def test_the_checker_catches_a_change_that_is_not_told(tmp_path: Path) -> None:
    run = Run(ServerProcess(tmp_path, *FREE, wrapper=planted("skip_frame")).start())
    faults = run.go(windows=1, kill_every=0)
    assert any(" after " in fault for fault in faults), faults
