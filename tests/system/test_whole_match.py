"""Whole matches over real sockets, to the last signature; one of them through five kills."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gamesync.domain.events import DownTime

from ..chaos import ledger
from ..chaos.stubborn import Listener, Stubborn
from .server import ServerProcess

LIMITS = (
    "--limit",
    "match_commands_per_second=1000",
    "--limit",
    "match_commands_burst=1000",
    "--limit",
    "commands_per_second=1000",
    "--limit",
    "commands_burst=1000",
)


class Match:
    """
    Two players, a host and those who watch, at one game.

    :ivar cells: what the sheet has to be, by the commands that were acked
    :ivar version: the newest that an ack has named
    """

    def __init__(
        self, server: ServerProcess, watchers: int, kills: bool = False, **made: Any
    ) -> None:
        self.server = server
        self.random = random.Random(made["ruleset"])
        self.host = Stubborn(lambda: server.url)
        places = self.host.create(player1_name="Anna", player2_name="Marek", **made)
        self.game_id = self.host.game_id
        assert self.game_id is not None
        self.players = {
            n: Stubborn(lambda: server.url).join(self.game_id, places[f"player:{n}"]["key"])
            for n in (1, 2)
        }
        self.observers = [
            Listener(Stubborn(lambda: server.url).join(self.game_id)) for _ in range(watchers)
        ]
        for observer in self.observers:
            observer.start()
        self.cells: Counter[tuple[int, str, int]] = Counter()
        self.acked: set[str] = set()
        self.version = 0
        self.kills = 0
        self._kills = kills
        self._killers: list[threading.Thread] = []
        self._due = 0

    def kill_soon(self) -> None:
        """Kill the server while one of the next commands is on its way."""
        if self._kills:
            self._due = self.random.randint(1, 8)

    def do(self, who: Stubborn, type_: str, **data: Any) -> dict[str, Any]:
        if self._due:
            self._due -= 1
            if not self._due:
                pause = self.random.uniform(0, 0.004)
                self._killers.append(threading.Thread(target=self._kill, args=(pause,)))
                self._killers[-1].start()
        id_ = f"{type_[:9]}-{len(self.acked):06}-{self.random.getrandbits(32):08x}"
        answer = who.do(type_, data, id_=id_)
        assert answer["type"] == "ack", answer
        assert not answer["data"].get("already"), answer
        self.acked.add(id_)
        self.version = max(self.version, answer["version"])
        return answer

    def _kill(self, pause: float) -> None:
        threading.Event().wait(pause)
        self.server.restart()
        self.kills += 1

    def wait_for_kills(self) -> None:
        while self._killers:
            self._killers.pop().join()

    # -- what is played

    def set_up(self) -> None:
        for n in (1, 2):
            self.do(self.players[n], "setup", op="profile", player=n, faction=f"Faction {n}")
            self.do(self.players[n], "setup", op="ready")
        self.roll_and_choose()

    def roll_and_choose(self) -> None:
        """Every roll-off and choice that is due, as the players' screens offer them."""
        while (due := self.host.state()["setup"])["step"]:
            if due["kind"] == "roll":
                for n in (1, 2):
                    self.do(self.players[n], "setup", op="roll", player=n)
            else:
                chooser = self.players[due["chooser"]]
                self.do(chooser, "setup", op="choose", option=self.random.choice(due["options"]))

    def start(self) -> None:
        self.do(self.host, "timer_update", op="start")

    def score(self, who: Stubborn, player: int, category: str, points: int, round_: int) -> None:
        """Set it, or step to it; and let the host put a slip right now and then."""
        kind = self.random.choice(("value", "delta", "slip"))
        if kind == "value":
            self.do(
                who, "score_update", player=player, category=category, value=points, round=round_
            )
        elif kind == "delta":
            for step in range(points):
                self.do(
                    who,
                    "score_update",
                    player=player,
                    category=category,
                    delta=1,
                    round=round_,
                    reason=f"step {step + 1}",
                )
        else:
            self.do(
                who,
                "score_update",
                player=player,
                category=category,
                value=abs(points - 1),
                round=round_,
            )
            self.do(
                self.host,
                "score_update",
                player=player,
                category=category,
                value=points,
                round=round_,
                reason="miscounted",
            )
        self.cells[player, category, round_] = points

    @property
    def active(self) -> int:
        found: int = self.host.state()["turn"]["active_player"]
        return found

    def sign(self) -> None:
        version = self.host.state() and self.host.follower.version
        for n in (1, 2):
            self.do(self.players[n], "game_end", op="confirm", version=version, player=n)

    # -- what must have come of it

    def check(self, status: str = "signed") -> None:
        self.wait_for_kills()
        state = self.host.state()
        assert state["status"] == status
        sheet = {
            (c["player"], c["category"], c["round"]): c["value"]
            for c in state["scores"]["cells"]
            if c["value"]
        }
        assert sheet == {cell: points for cell, points in self.cells.items() if points}
        for n in (1, 2):
            assert state["scores"]["players"][n - 1]["score"] == sum(
                points for (player, _, _), points in self.cells.items() if player == n
            )
        self._streams(state)
        for client in (self.host, *self.players.values()):
            client.close()
        assert self.server.stop() is not None
        self._log(state)

    def _streams(self, state: dict[str, Any]) -> None:
        """Everybody has the same picture, and came to it without a gap unseen."""
        last = self.host.follower.version
        assert last is not None
        for player in self.players.values():
            player.listen_until(last)
            assert player.follower.state == state
        for client in (self.host, *self.players.values()):
            assert client.follower.faults == []
        for observer in self.observers:
            follower = observer.done(last)
            assert follower.faults == []
            assert follower.state == {**state, "devices": []}
            told = len(follower.versions)
            assert told + 1 >= last - (self.kills + 1) * 40  # the most are told, not skipped
            assert follower.resyncs <= self.kills

    def _log(self, state: dict[str, Any]) -> None:
        """The log holds every acked command once, and every millisecond."""
        stored = ledger.read(self.server.database)
        assert stored.faults() == []
        assert self.game_id is not None
        entries = stored.entries[self.game_id]
        assert self.acked <= {entry.command_id for entry in entries}
        down = [f for e in entries for f in e.facts if isinstance(f, DownTime)]
        assert len(down) == self.kills
        game = stored.fold(self.game_id).game
        clock, shown = game.clock, state["clock"]
        accounts = clock.accounts(clock.anchor)
        assert accounts.total_ms == clock.anchor - clock.started_at > 0
        assert (accounts.p1_ms, accounts.p2_ms) == (
            clock.spent_by(1, clock.anchor),
            clock.spent_by(2, clock.anchor),
        )
        if shown["mode"] == "up":
            assert (shown["p1_ms"], shown["p2_ms"]) == (accounts.p1_ms, accounts.p2_ms)
        assert accounts.paused_ms == 0
        if self.kills:
            # All down time is nobody's: as long as the gaps that both players are shown.
            gaps = [gap["to_ms"] - gap["from_ms"] for gap in state["gaps"]]
            assert len(gaps) == self.kills
            assert 0 < accounts.down_ms <= sum(gaps)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path, *LIMITS).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


def close_all(match: Match) -> ExitStack:
    stack = ExitStack()
    for client in (match.host, *match.players.values(), *(o.client for o in match.observers)):
        stack.callback(client.close)
    return stack


def test_forty_k_through_five_kills(place: ServerProcess) -> None:
    match = Match(place, watchers=3, kills=True, ruleset="wh40k-11e", profile="club")
    with close_all(match):
        match.set_up()
        match.start()
        cp = [0, 0]
        for round_ in range(1, 6):
            match.kill_soon()
            for _ in (1, 2):
                active = match.active
                cp = [points + 1 for points in cp]  # both gain one with each turn
                me = match.players[active]
                match.do(me, "turn_change", phase="Shooting")
                match.score(me, active, "primary", match.random.choice((0, 4, 5, 8)), round_)
                match.score(match.host, active, "secondary", match.random.randint(0, 7), round_)
                match.do(me, "score_update", player=active, cp_delta=-1, reason="re-roll")
                cp[active - 1] -= 1
                other = match.players[3 - active]
                match.do(me, "timer_update", op="switch", player=active)
                match.do(other, "timer_update", op="switch", player=3 - active)
                match.do(me, "turn_change", player=active)
            match.wait_for_kills()
        assert match.kills == 5
        for n in (1, 2):
            match.score(match.host, n, "battle-ready", 10, 0)
        match.sign()
        state = match.host.state()
        assert state["result"]["how"] == "completed"
        assert [p["cp"] for p in state["scores"]["players"]] == cp
        match.check()


def test_age_of_sigmar(place: ServerProcess) -> None:
    match = Match(place, watchers=1, ruleset="aos")
    with close_all(match):
        match.set_up()
        match.start()
        for round_ in range(1, 6):
            for _ in (1, 2):
                active = match.active
                match.score(match.players[active], active, "objectives", 4, round_)
                match.score(match.players[active], active, "battle-tactics", 4, round_)
                match.do(match.players[active], "turn_change", player=active)
            match.roll_and_choose()  # for priority; nothing after the last round
        match.sign()
        match.check()


def test_kill_team(place: ServerProcess) -> None:
    match = Match(place, watchers=1, ruleset="kill-team")
    with close_all(match):
        match.set_up()
        match.start()
        for round_ in range(1, 5):
            for activation in range(6):
                active = match.active
                match.do(
                    match.players[active],
                    "turn_change",
                    player=active,
                    **({"end_round": True} if activation == 5 else {}),
                )
                if activation < 2:
                    match.score(match.players[active], active, "crit-op", 1, round_)
            match.roll_and_choose()
        for n in (1, 2):
            match.score(match.players[n], n, "primary-op", n, 0)
        match.sign()
        match.check()


def test_chess(place: ServerProcess) -> None:
    match = Match(place, watchers=1, ruleset="chess")
    with close_all(match):
        match.set_up()
        match.start()
        for _ in range(42):  # past the fortieth move, with its second stage
            for _ in (1, 2):
                active = match.active
                match.do(match.players[active], "turn_change", player=active)
        match.do(match.players[2], "game_end", op="concede")
        state = match.host.state()
        assert state["result"]["winner"] == 1
        assert state["clock"]["p1_ms"] > 5_400_000 + 42 * 30_000
        match.sign()
        match.check()
