"""Any sequence of what people and the machine may do, against a model of fifty lines."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gamesync.domain.events import CellStepped
from gamesync.domain.log import fold
from gamesync.domain.rules import Context, apply
from gamesync.limits import Limits

from ..house import House, Match, Person, result
from .follower import Follower
from .long import times

FREE = Limits(
    commands_per_second=1e9, commands_burst=10**9, match_commands_per_second=1e9,
    match_commands_burst=10**9, observer_commands_per_second=1e9, observer_commands_burst=10**9,
)  # fmt: skip
SECOND = 1000
MEMORY = Path("/dev/shm")
"""Here no disk is to be tested, and none is to be waited for."""
GRACE_S = 15
CELLS = st.sampled_from([(1, "primary"), (1, "secondary"), (2, "primary")])


@attrs.define
class Written:
    """One accepted change of a cell: to ``value``, or by ``delta``."""

    version: int
    cell: tuple[int, str]
    value: int | None
    delta: int
    struck: bool = False


@attrs.define
class Model:
    """What the match has to be, by rules simple enough to be believed."""

    version: int
    written: list[Written] = attrs.field(factory=list)
    turn: int = 1
    side: int = 1
    paused: set[str] = attrs.field(factory=set)
    spent: list[int] = attrs.field(factory=lambda: [0, 0])
    idle: int = 0
    down: int = 0

    @property
    def active(self) -> int:
        return 1 if self.turn % 2 else 2

    def cells(self) -> dict[tuple[int, str], tuple[int, int]]:
        """Value and version of each: all that was written, not taken back, and fits."""
        found: dict[tuple[int, str], tuple[int, int]] = {}
        for each in self.written:
            if each.struck:
                continue
            points = found.get(each.cell, (0, 0))[0] + each.delta
            points = each.value if each.value is not None else points
            if 0 <= points <= 999:
                found[each.cell] = points, each.version
        return found

    def wait(self, ms: int) -> None:
        if self.paused:
            self.idle += ms
        else:
            self.spent[self.side - 1] += ms


class Machine(RuleBasedStateMachine):
    """A server in memory but for its file; a rule does something, and says what follows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(
            tempfile.mkdtemp(prefix="model-", dir=MEMORY if MEMORY.exists() else None)
        )
        self.house = House(str(self.folder / "games.db"), limits=FREE)
        self.match = Match(self.house, begun=True, ruleset="wh40k-11e")
        self.model = Model(self.match.version)
        self.watcher, self.follower = self.match.watcher(), Follower()
        self.said: list[tuple[Person, str, dict[str, Any], Any]] = []

    def teardown(self) -> None:
        self.house.close()
        shutil.rmtree(self.folder)

    @property
    def people(self) -> dict[int, Person]:
        return {0: self.match.host, 1: self.match.anna, 2: self.match.marek}

    def ask(self, who: int, type_: str, data: dict[str, Any], changes: bool) -> dict[str, Any]:
        """The answer; it says of a change if and only if there is one."""
        answer = self.people[who].ask(type_, data, self.match.id)
        self.said.append((self.people[who], type_, data, answer))
        self.model.version += changes
        done = answer["type"] == "ack" and not answer["data"].get("already")
        assert done == changes, answer
        assert answer["version"] == self.model.version, answer
        return answer

    # -- what may happen

    @initialize()
    def begin(self) -> None:
        self.match.host.do("score_update", self._cell((1, "primary"), value=3), self.match.id)
        self.model.version += 1
        self.model.written.append(Written(self.model.version, (1, "primary"), 3, 0))

    @rule(ms=st.integers(1, 9 * SECOND))
    def time_passes(self, ms: int) -> None:
        self.house.wait(ms / 1000)
        self.model.wait(ms)

    @rule(
        steps=st.lists(
            st.tuples(CELLS, st.sampled_from([1, 2, -1, -5, 400])), min_size=1, max_size=5
        )
    )
    def step(self, steps: list[tuple[tuple[int, str], int]]) -> None:
        for cell, delta in steps:
            self._step(cell, delta)

    def _step(self, cell: tuple[int, str], delta: int) -> None:
        held, _ = self.model.cells().get(cell, (0, 0))
        fits = 0 <= held + delta <= 999
        answer = self.ask(0, "score_update", self._cell(cell, delta=delta), fits)
        if fits:
            self.model.written.append(Written(answer["version"], cell, None, delta))
        else:
            assert answer["data"]["code"] == "out_of_range"

    @rule(cell=CELLS, value=st.sampled_from([0, 1, 7, 999]), stale=st.booleans())
    def set_guarded(self, cell: tuple[int, str], value: int, stale: bool) -> None:
        held, version = self.model.cells().get(cell, (0, 0))
        guard = version + 1 if stale else version
        empty = cell not in self.model.cells()
        changes = not stale and (empty or held != value)
        data = self._cell(cell, value=value, if_version=guard)
        answer = self.ask(cell[0], "score_update", data, changes)
        if changes:
            self.model.written.append(Written(answer["version"], cell, value, 0))
        elif stale:
            assert answer["data"]["code"] == "conflict"
            detail = answer["data"]["detail"]
            assert (detail["value"], detail["cell_version"]) == (held, version)

    @rule(behind=st.integers(0, 1))
    @precondition(lambda self: self.model.turn < 10)
    def end_turn(self, behind: int) -> None:
        """By whose it is, or by the other for the one before: that is over."""
        turn = self.model.turn - behind
        who = 1 if turn % 2 else 2
        self.ask(who, "turn_change", {"turn": turn, "player": who}, changes=not behind)
        if not behind:
            self.model.turn += 1
            self.model.side = self.model.active

    @rule()
    def pass_the_clock(self) -> None:
        self.ask(self.model.side, "timer_update", {"op": "switch"}, changes=True)
        self.model.side = 3 - self.model.side

    @rule(who=st.integers(0, 2))
    def pause(self, who: int) -> None:
        reason = f"player:{who}" if who else "host"
        self.ask(who, "timer_update", {"op": "pause"}, reason not in self.model.paused)
        self.model.paused.add(reason)

    @rule()
    @precondition(lambda self: self.model.paused)
    def resume(self) -> None:
        self.ask(0, "timer_update", {"op": "resume"}, changes=True)
        self.model.paused.clear()

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        standing = [each for each in self.model.written if not each.struck]
        if standing:
            chosen = data.draw(st.sampled_from(standing))
            self.ask(0, "undo", {"version": chosen.version}, changes=True)
            chosen.struck = True

    @rule(data=st.data(), other_body=st.booleans())
    def send_again(self, data: st.DataObject, other_body: bool) -> None:
        """The first answer again, whatever has happened since; with another body a refusal."""
        if not self.said:
            return
        who, type_, body, first = data.draw(st.sampled_from(self.said))
        if who not in self.people.values():  # another connection of the same device will do
            who = next(p for p in self.people.values() if p.device == who.device)
        said = {**body, "reason": "again"} if other_body and type_ == "score_update" else body
        again = who.ask(type_, said, self.match.id, id_=first["id"])
        if said is body:
            kept = ("type", "data", "version", "id")
            assert {k: again[k] for k in kept} == {k: first[k] for k in kept}
        else:
            assert again["data"]["code"] == "id_reused"

    @rule()
    def the_watcher_comes_back(self) -> None:
        self._hear()
        self.watcher = self.watcher.again()
        resume = self.follower.resume()
        self.watcher.connect(self.match.id, **({"resume": resume} if resume else {}))

    @rule(seconds=st.sampled_from([0.2, 3, GRACE_S + 5]))
    def the_server_dies(self, seconds: float) -> None:
        self._hear()
        last_alive = result(self.house.store.pulse()) or self.house.now()
        assert last_alive == self.house.now()
        old = self.house
        old.crash()
        old.reactor.advance(seconds)
        self.house = House(
            str(self.folder / "games.db"), clocks=old.clocks, reactor=old.reactor, limits=FREE
        )
        self.match.house = self.house
        for name in ("host", "anna", "marek"):
            person = getattr(self.match, name)
            back = self.house.person(person.line.peer)
            back.token = person.token or person.session.token
            back.connect(self.match.id)
            setattr(self.match, name, back)
        self.watcher = self.house.person()
        resume = self.follower.resume()
        self.watcher.connect(self.match.id, **({"resume": resume} if resume else {}))
        self.model.version += 1
        gap = round(seconds * SECOND)
        if self.model.paused:
            self.model.idle += gap
        else:
            self.model.down += gap
        if seconds > GRACE_S:
            self.model.paused.add("server")

    # -- what must hold at any moment

    @invariant()
    def the_product_is_the_model(self) -> None:
        self._hear()
        state = self.people[0].do("game_state", None, self.match.id)
        view = state["data"]["state"]
        assert state["version"] == self.model.version
        cells = {
            (c["player"], c["category"]): (c["value"], c["version"])
            for c in view["scores"]["cells"]
        }
        assert cells == self.model.cells()
        assert (view["turn"]["turn"], view["turn"]["active_player"]) == (
            self.model.turn,
            self.model.active,
        )
        clock = self.match.room.game.clock
        now = self.house.now()
        accounts = clock.accounts(now)
        assert [accounts.p1_ms, accounts.p2_ms] == self.model.spent
        assert (accounts.paused_ms, accounts.down_ms) == (self.model.idle, self.model.down)
        assert accounts.total_ms == now - clock.started_at
        assert set(view["clock"]["paused"]) == self.model.paused

    @invariant()
    def everybody_has_the_same_picture(self) -> None:
        self._hear()
        assert self.follower.faults == []
        public = self.watcher.do("game_state", None, self.match.id)
        assert public["version"] == self.follower.version
        assert public["data"]["state"] == self.follower.state

    @invariant()
    def the_log_adds_up(self) -> None:
        saved = result(self.house.store.read(self.match.id))
        assert saved is not None
        assert fold(saved.entries).game == self.match.room.game

    def _hear(self) -> None:
        for message in self.watcher.take():
            if not ("state" in message["data"] and message["type"] == "game_state"):
                self.follower.hear(message)

    def _cell(self, cell: tuple[int, str], **more: Any) -> dict[str, Any]:
        return {"player": cell[0], "category": cell[1], "round": 1, "correct": True, **more}


def run(examples: int, steps: int, phases: tuple[Phase, ...] = tuple(Phase)) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_product_is_the_model() -> None:
    run(times(short=20, long=500), times(short=30, long=50))


def test_the_checker_catches_a_step_that_is_lost() -> None:
    whole: Callable[..., Any] = apply.dispatch(CellStepped)

    def lossy(fact: Any, game: Any, ctx: Context) -> Any:
        return whole(fact, game, ctx) if ctx.version % 3 else game

    apply.register(CellStepped)(lossy)
    try:
        run(200, 30, (Phase.generate,))
    except AssertionError:
        return
    finally:
        apply.register(CellStepped)(whole)
    raise AssertionError("not caught")
