"""Six clients in two games that never stop scoring, and what must be true of it at any moment."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ..system.server import ServerProcess
from . import ledger
from .ledger import Ledger
from .stubborn import Stubborn

FREE = (
    *("--limit", "commands_per_second=100000", "--limit", "commands_burst=100000"),
    *("--limit", "match_commands_per_second=100000", "--limit", "match_commands_burst=100000"),
    *("--limit", "frames_per_second=100000", "--limit", "frames_burst=100000"),
    *("--limit", "private_per_second=1000", "--limit", "private_burst=1000"),
    *("--limit", "match_connections=100", "--limit", "observer_commands_per_second=1000"),
    *("--limit", "observer_commands_burst=1000", "--limit", "device_games=100"),
    *("--limit", "address_games=1000", "--limit", "token_connections=1000"),
)
"""Options with which no limit of a rate is in the way."""

Cell = tuple[int, str]
SHARED: Cell = (2, "secondary")
MOST = 250
"""No client takes its part of a cell above this, so that four together stay below 999."""


class Writer(threading.Thread):
    """
    One client that steps its own cell and a shared one, and now and then hangs up too early.

    :ivar acked: id -> version, of every command that was acked
    :ivar parts: what the acked steps of this client come to, by cell
    """

    def __init__(self, client: Stubborn, own: Cell, seed: int) -> None:
        super().__init__(daemon=True)
        self.client = client
        self.own = own
        self.acked: dict[str, int] = {}
        self.parts: Counter[Cell] = Counter()
        self.faults: list[str] = []
        self.slowest = 0.0
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._number = 0

    def run(self) -> None:
        try:
            while not self._over.is_set():
                self._step()
        except Exception as error:
            self.faults.append(repr(error))

    def finish(self) -> None:
        self._over.set()
        self.join(60)

    def _step(self) -> None:
        cell = self._random.choice((self.own, self.own, SHARED))
        delta = self._random.choice((1, 2, 3, -1))
        if not 0 <= self.parts[cell] + delta <= MOST:
            delta = -self.parts[cell] or 1
        self._number += 1
        id_ = f"step-{self._number:07}-{self._random.getrandbits(32):08x}"
        player, category = cell
        step = {
            "player": player,
            "category": category,
            "round": 1,
            "delta": delta,
            "correct": True,
        }
        if self._random.random() < 0.05:
            self.client.send_and_hang_up("score_update", step, id_)
        began = time.monotonic()
        answer = self.client.do("score_update", step, id_=id_, accept=False)
        self.slowest = max(self.slowest, time.monotonic() - began)
        if answer["type"] == "error":  # none of these steps can be refused by the rules
            self.faults.append(f"refused: {answer['data']['message']}")
            return
        self.acked[id_] = answer["version"]
        self.parts[cell] += delta


class Storm:
    """Two games with a host and two players each, all writing."""

    def __init__(
        self, server: ServerProcess, seed: int = 1, url: Callable[[], str] | None = None
    ) -> None:
        self.server = server
        self.random = random.Random(seed)
        where = url or (lambda: server.url)
        self.games: dict[str, list[Writer]] = {}
        for number in (1, 2):
            host = Stubborn(where)
            places = host.create(
                ruleset="wh40k-11e",
                player1_name="Anna",
                player2_name="Marek",
                options={"player_scores": "both"},
            )
            host.do("setup", {"op": "skip", "first_player": 1})
            host.do("timer_update", {"op": "start"})
            assert host.game_id is not None
            one, two = (
                Stubborn(where).join(host.game_id, places[f"player:{n}"]["key"]) for n in (1, 2)
            )
            cells: tuple[Cell, ...] = ((1, "secondary"), (1, "primary"), (2, "primary"))
            self.games[host.game_id] = [
                Writer(client, cell, seed * 100 + number * 10 + at)
                for at, (client, cell) in enumerate(zip((host, one, two), cells, strict=True))
            ]

    @property
    def writers(self) -> list[Writer]:
        return [writer for writers in self.games.values() for writer in writers]

    @property
    def commands(self) -> int:
        return sum(len(writer.acked) for writer in self.writers)

    @property
    def sent_again(self) -> int:
        return sum(writer.client.sent_again for writer in self.writers)

    def start(self) -> None:
        for writer in self.writers:
            writer.start()

    def finish(self) -> None:
        for writer in self.writers:
            writer.finish()

    def kill(self, into: Path) -> list[str]:
        """Kill the server where it stands and start it again; what its files lack."""
        self.server.kill()
        found = ledger.image(self.server.database, into)
        faults = [*found.faults(), *self.lost(found)]
        self.server.start()
        return faults

    def lost(self, found: Ledger) -> list[str]:
        """Commands that were acked, and are not there."""
        faults = []
        for game_id, writers in self.games.items():
            there = {entry.command_id: entry.version for entry in found.entries[game_id]}
            for writer in writers:
                for id_, version in writer.acked.copy().items():
                    if id_ not in found.acked[game_id] or id_ not in there:
                        faults.append(f"acked, and lost: {id_}")
                    elif there[id_] != version:
                        faults.append(f"acked at {version}, stored at {there[id_]}: {id_}")
        return faults

    def after_all(self, found: Ledger) -> list[str]:
        """What is wrong once every command was acked and the server has stopped."""
        faults = [*found.faults(), *self.lost(found)]
        for game_id, writers in self.games.items():
            sums: Counter[Cell] = Counter()
            for writer in writers:
                sums.update(writer.parts)
                faults += writer.faults + writer.client.follower.faults
            game = found.fold(game_id).game
            for (player, category), points in sums.items():
                cell = game.cells.get(f"{player}/{category}/1")
                stands = cell.value if cell else 0
                if stands != points:
                    faults.append(f"{category} of {player} is {stands}, the acks say {points}")
        return faults


def through_kills(server: ServerProcess, kills: int, seed: int = 1) -> tuple[Storm, list[str]]:
    """Kill the server that often under load, then stop it; the storm, and all that was wrong."""
    storm = Storm(server, seed)
    storm.start()
    faults: list[str] = []
    for _ in range(kills):
        time.sleep(storm.random.uniform(0.05, 0.4))
        faults += storm.kill(server.folder / "image")
    time.sleep(0.2)
    storm.finish()
    for writer in storm.writers:
        writer.client.close()
    server.stop()
    return storm, faults + storm.after_all(ledger.read(server.database))
