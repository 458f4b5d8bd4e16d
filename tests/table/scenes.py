"""
Each screen of the table's app, and what opens over it: to be looked at, or to be measured.

A scene brings a match to where it is worth looking, and shows each view in each :class:`Dress`
that the :class:`Viewer` asks for.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import attrs

from ..pages.kit import Table, Wire
from ..system.server import ServerProcess
from .kit import FIRST, TableProcess

WIFI = ("--wifi-ssid", "Hall", "--wifi-password", "rollhigh66")
SHORT_NAMES = ("Anna", "Marek")
LONG_NAMES = (
    "Maximilian-Alexander von Hohenstein-Wolf",
    "Wilhelmina-Ophelia Featherstonehaugh-Orm",
)
"""As long as names may be."""
ARMIES = ("Aeldari", "Death Guard")
LONG_ARMIES = ("Emperor’s Children", "Adeptus Mechanicus")
SETTINGS = ("screen", "box", "saver", "match", "about")


@attrs.frozen
class Dress:
    """How the screen is arranged."""

    size: tuple[int, int]
    language: str
    flat: bool
    theme: str = "dark"

    def __str__(self) -> str:
        wide, high = self.size
        how = "flat" if self.flat else "standing"
        return f"{wide}x{high}-{self.theme}-{how}-{self.language}"


class Viewer(ABC):
    """
    Looks at the screens.

    :cvar environment: of the app's process
    :param dresses: in which each is looked at
    :param long: the players have names as long as may be
    """

    environment: ClassVar[dict[str, str]] = {}

    def __init__(self, dresses: list[Dress], *, long: bool = False) -> None:
        self._dresses = dresses
        self.names = LONG_NAMES if long else SHORT_NAMES
        self.armies = LONG_ARMIES if long else ARMIES
        self.table: TableProcess
        self.dress = dresses[0]
        self._worn = dresses[0].size

    @abstractmethod
    def look(self, name: str) -> None:
        """What is on the screen is the view of that name."""

    @contextmanager
    def app(
        self, folder: Path, *options: str, again: bool = False, **prefs: Any
    ) -> Iterator[TableProcess]:
        """The app, closed again when everything was looked at; *again*: it was there before."""
        told = None if again else {**FIRST, **prefs}
        wide, high = self._dresses[0].size
        self._worn = wide, high
        with TableProcess(
            folder, *options, prefs=told, window=f"{wide}x{high}", environment=self.environment
        ) as self.table:
            yield self.table

    def dressed(self, *, arranged: bool = True) -> Iterator[Dress]:
        """Each dress, worn; *arranged*: it is known whether the screen lies flat."""
        for dress in self._dresses:
            self.dress = dress
            if self.dress.size != self._worn:
                wide, high = self._worn = self.dress.size
                self.table.ask("resize", width=wide, height=high)
            how = {"lies_flat": self.dress.flat} if arranged else {}
            self.table.ask("wear", language=self.dress.language, theme=self.dress.theme, **how)
            yield self.dress

    @contextmanager
    def match(self, match: Table, screen: str) -> Iterator[Table]:
        """*match* on the app that is open, once all of it is on *screen*."""
        table = self.table
        with match:
            table.ask("go", link=match.url("host"))
            table.wait(lambda: table.about["game_id"] == match.game_id, "for the match")
            table.wait_screen(screen)
            table.wait(lambda: table.about["box"])
            yield match

    def screen(self, name: str) -> None:
        """A screen as it is, in each dress."""
        for _ in self.dressed():
            self.look(name)

    def sheet(self, name: str, *keys: str, close: str) -> None:
        """What opens when *keys* are tapped, one after the other; in the dress that is worn."""
        for key in keys:
            self.table.tap(key)
        self.look(name)
        self.table.tap(close)


# -- matches


def in_play(
    viewer: Viewer, server: ServerProcess, ruleset: str = "wh40k-10e", **create: Any
) -> Table:
    """A match in its third round, or where there are no rounds, at its beginning."""
    table = Table(server, ruleset=ruleset, names=viewer.names, **create)
    for player, army in enumerate(viewer.armies, 1):
        table.do("setup", {"op": "profile", "player": player, "faction": army})
    if ruleset == "wh40k-10e":
        for value in (5, 4, 8, 3):
            turn = table.state()["turn"]
            if turn["round"] > 1:
                table.score(turn["active_player"], "primary", 2 * value)
            table.score(turn["active_player"], "secondary", value)
            table.end_turn()
    return table


def late(viewer: Viewer, server: ServerProcess) -> Table:
    """The last turn: 100 points, and time that is over, or nearly."""
    table = in_play(viewer, server, options={"clock": {"mode": "down", "budget_ms": 5_400_000}})
    for _ in range(5):
        turn = table.state()["turn"]
        table.do("turn_change", {"player": turn["active_player"], "turn": turn["turn"]})
    for player, secondary in ((1, 8), (2, 7)):
        for round_, primary in enumerate((None, 15, 15, 15, 5), 1):
            if primary is not None:
                table.score(player, "primary", primary, round_)
            table.score(player, "secondary", secondary, round_)
    table.score(1, "battle-ready", 10)
    for player, left in ((1, -4_213_000), (2, 47_000)):
        table.do("timer_update", {"op": "set", "player": player, "time_ms": left})
    return table


def ended(viewer: Viewer, server: ServerProcess) -> Table:
    """A match that the first player has won, signed by the second."""
    table = in_play(viewer, server)
    table.do("game_end", {"op": "time_call"})
    version = table.do("game_state")["version"]
    table.do("game_end", {"op": "confirm", "player": 2, "version": version})
    return table


def unplayed(viewer: Viewer, server: ServerProcess, *, ready: bool = True) -> Table:
    """A match before its first turn."""
    table = Table(server, started=False, names=viewer.names)
    for player in (1, 2) if ready else ():
        table.do("setup", {"op": "ready", "player": player})
    return table


# -- scenes


def first(viewer: Viewer, server: ServerProcess, folder: Path) -> None:
    """Until there is a box."""
    with viewer.app(folder / "welcome", lies_flat=None, server="") as table:
        for dress in viewer.dressed(arranged=False):
            table.tap(f"welcome:{dress.language}")
            table.wait(lambda: table.key("welcome:flat"))
            viewer.look("welcome")
    with viewer.app(folder / "find", server="") as table:
        for _ in viewer.dressed():
            viewer.look("find")
            viewer.sheet("address", "find:address", close="type:cancel")
    with viewer.app(folder / "wait", "ws://127.0.0.1:9") as table:
        table.wait_screen("wait")
        table.wait(lambda: table.can_tap("wait:retry"))
        for _ in viewer.dressed():
            viewer.look("wait")
            viewer.sheet("forget", "wait:other", close="ask:no")


def before(viewer: Viewer, server: ServerProcess, folder: Path) -> None:
    """Until there is a match in play."""
    with (
        in_play(viewer, server, table="Table 12"),
        viewer.app(folder / "choose", server.url) as table,
    ):
        table.wait_screen("choose")
        table.wait(lambda: table.about["box"])
        for _ in viewer.dressed():
            viewer.look("choose")
            viewer.sheet("code", "choose:code", close="type:cancel")
            viewer.sheet("matches", "choose:matches", close="pick:cancel")
        table.tap("choose:new")
        table.wait_screen("new")
        for _ in viewer.dressed():
            viewer.look("new")
            for what in ("rules", "clock", "profile"):
                viewer.sheet(f"new-{what}", f"new:{what}", close="pick:cancel")
    with viewer.app(folder / "match", server.url) as table:
        with viewer.match(unplayed(viewer, server, ready=False), "gather"):
            for _ in viewer.dressed():
                viewer.look("gather")
                viewer.sheet("leave", "gather:leave", close="ask:no")
        with viewer.match(unplayed(viewer, server), "setup") as match:
            viewer.screen("setup")
            table.tap("step:won:1")
            table.wait(lambda: table.key("step:choose:1:attacker"))
            viewer.screen("setup-choice")
            match.do("setup", {"op": "skip", "first_player": 1})
            table.wait_screen("ready")
            for _ in viewer.dressed():
                viewer.look("ready")
                viewer.sheet("ways", "ready:ways", close="ways:close")
    (folder / "match" / "boot").write_text("another")
    with viewer.app(folder / "match", again=True) as table:
        table.wait_screen("choose")
        viewer.screen("choose-resume")


def playing(viewer: Viewer, server: ServerProcess, folder: Path) -> None:
    """The match, and what opens over it."""
    with (
        in_play(viewer, server, table="Table 12") as match,
        viewer.app(folder / "play", match.url("host")) as table,
    ):
        table.wait_screen("play")
        table.wait(lambda: table.about["box"])
        viewer.screen("play")
        notices(viewer, match)
        for _ in viewer.dressed():
            sheets(viewer)
        table.tap("play:pause")
        table.wait(lambda: table.seen and table.seen["paused"])
        viewer.screen("paused")
        table.ask("idle", seconds=4_000)
        table.wait_screen("saver")
        viewer.screen("saver")


def sheets(viewer: Viewer) -> None:
    """All that opens from the screen in play."""
    menu, table = "play:menu", viewer.table
    viewer.sheet("menu", menu, close="menu:close")
    for key in (menu, "menu:settings"):
        table.tap(key)
    for tab in SETTINGS:
        table.tap(f"set:tab:{tab}")
        viewer.look(f"settings-{tab}")
    table.tap("set:close")
    viewer.sheet("score-sheet", menu, "menu:sheet", close="sheet:close")
    viewer.sheet("names", menu, "menu:names", close="names:close")
    viewer.sheet("propose", menu, "menu:propose", close="propose:close")
    viewer.sheet("proposer", menu, "menu:propose", "propose:no_new_round", close="proposer:close")
    viewer.sheet("ends", menu, "menu:ends", close="ends:close")
    viewer.sheet("concede", menu, "menu:ends", "ends:concede", "concede:2", close="ask:no")
    viewer.sheet("log", "play:log", close="log:close")
    viewer.sheet("keyboard", menu, "menu:dispute", close="type:cancel")
    viewer.sheet("phone", "half:2:phone", close="ways:close")
    viewer.sheet("round", "half:2:cell:primary", close="entry:2:close")
    viewer.sheet("end-turn", "half:1:end", close="entry:1:close")


def notices(viewer: Viewer, match: Table) -> None:
    """What waits for somebody while the clocks go on."""
    table = viewer.table
    for _ in viewer.dressed():
        match.end_turn()
        table.wait(lambda: table.key("half:1:undo"), "for the offer")
        viewer.look("offer")
        table.tap("half:1:undo")
        table.wait(lambda: not table.key("half:1:undo"))
    match.do("propose", {"kind": "no_new_round", "player": 1, "expires_ms": 3_600_000})
    table.wait(lambda: (table.state or {})["proposals"])
    viewer.screen("proposal")
    proposal = match.state()["proposals"][0]["at_version"]
    match.do("answer", {"proposal": proposal, "accept": False, "player": 2})
    match.do("judge_call", {"op": "call", "note": "Is the Wraithknight in cover behind the ruin?"})
    table.wait(lambda: (table.state or {})["judge"])
    viewer.screen("judge")
    match.do("judge_call", {"op": "cancel"})


def others(viewer: Viewer, server: ServerProcess, folder: Path) -> None:
    """Other rules, and other moments."""
    with viewer.app(folder / "others", server.url) as table:
        for rules in ("chess", "kill-team"):
            with viewer.match(in_play(viewer, server, rules), "play"):
                viewer.screen(rules)
        with viewer.match(late(viewer, server), "play") as match:
            viewer.screen("late")
            match.do("settings_update", {"key": "pause_on_call", "value": True})
            match.do("judge_call", {"op": "call", "note": "Time?"})
            table.wait(lambda: table.seen and table.seen["paused"])
            viewer.screen("late-judge")
        between(viewer, server)
    with (
        Wire(server) as wire,
        in_play(viewer, server) as match,
        viewer.app(folder / "cut", wire.by(match.url("host"))) as table,
    ):
        table.wait_screen("play")
        table.wait(lambda: table.about["live"])
        wire.cut()
        table.wait(lambda: not table.about["live"])
        viewer.screen("offline")


def between(viewer: Viewer, server: ServerProcess) -> None:
    """What both are asked between two rounds."""
    table = viewer.table
    with viewer.match(in_play(viewer, server, "aos"), "play") as match:
        for _ in range(2):
            match.end_turn()
        table.wait(lambda: table.key("step:won:1"))
        viewer.screen("priority")
        table.tap("step:won:1")
        table.wait(lambda: table.key("step:choose:1:second"))
        viewer.screen("priority-choice")
    clock = {"mode": "down", "budget_ms": 200_000, "new_round_min_ms": 300_000}
    short = Table(server, names=viewer.names, options={"clock": clock})
    with viewer.match(short, "play") as match:
        for _ in range(2):
            match.end_turn()
        table.wait(lambda: table.key("between:next:1"))
        viewer.screen("consent")
        table.tap("between:stop:1")
        table.wait(lambda: (table.state or {})["proposals"])
        viewer.screen("consent-asked")


def finished(viewer: Viewer, server: ServerProcess, folder: Path) -> None:
    """The end."""
    with viewer.app(folder / "over", server.url) as table:
        with viewer.match(ended(viewer, server), "over") as match:
            for _ in viewer.dressed():
                viewer.look("over")
                viewer.sheet("report", "over:report", close="report:close")
                viewer.sheet("over-round", "over:points:1", close="entry:1:close")
            match.do("dispute", {"op": "open", "text": "Primary of round 2 was 8"})
            table.wait_shown("Primary of round 2 was 8")
            viewer.screen("over-disputed")
        match = in_play(viewer, server)
        match.do("game_end", {"op": "concede", "player": 2})
        with viewer.match(match, "over"):
            viewer.screen("over-conceded")


Scene: TypeAlias = Callable[[Viewer, ServerProcess, Path], None]
SCENES: tuple[Scene, ...] = (
    first, before, playing, others, finished,
)  # fmt: skip


def dresses(
    sizes: Sequence[tuple[int, int]],
    themes: tuple[str, ...],
    languages: tuple[str, ...],
    flats: tuple[bool, ...],
) -> list[Dress]:
    """All of them."""
    found = itertools.product(sizes, languages, flats, themes)
    return [Dress(size, language, flat, theme) for size, language, flat, theme in found]
