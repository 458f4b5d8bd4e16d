"""
Each screen of the table's app at each size: ``python -m tests.table.gallery FOLDER``, to look at.

A picture is ``<screen>-<width>x<height>-<dark|light>-<standing|flat>-<language>.png``. Words that
there is no room for are said.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..pages.kit import Table
from ..system.server import ServerProcess
from .kit import FIRST, TableProcess, needs_table

SIZES = [(800, 480), (1024, 600), (1280, 720), (1920, 1080), (480, 800)]
THEMES = ("dark", "light")
LANGUAGES = ("en", "de")


class Gallery:
    """
    :param folder: where the pictures are put
    :param size: of the window; one that is made larger or smaller later is drawn otherwise
    :param quick: one language, one theme, one arrangement
    """

    def __init__(self, folder: Path, size: tuple[int, int], *, quick: bool = False) -> None:
        self._folder = folder
        self._size = f"{size[0]}x{size[1]}"
        self.languages = LANGUAGES[:1] if quick else LANGUAGES
        self.themes = THEMES[:1] if quick else THEMES
        self.flats = (False,) if quick else (False, True)

    @contextmanager
    def app(self, folder: Path, *options: str, **prefs: Any) -> Iterator[TableProcess]:
        """The app, closed again when its pictures are made."""
        first = {**FIRST, **prefs}
        name = f"{folder.name}-{self._size}"
        with TableProcess(
            folder.with_name(name), *options, prefs=first, window=self._size
        ) as table:
            yield table

    def dressed(self, table: TableProcess) -> Iterator[tuple[str, bool]]:
        """Each language and arrangement, with no sheet open."""
        for language, flat in itertools.product(self.languages, self.flats):
            table.ask("wear", language=language, lies_flat=flat)
            yield language, flat

    def keep(self, table: TableProcess, name: str, language: str, flat: bool) -> None:
        """Pictures of what is on, in each theme."""
        for theme in self.themes:
            table.ask("wear", theme=theme)
            how = "flat" if flat else "standing"
            label = f"{name}-{self._size}-{theme}-{how}-{language}"
            table.shot(self._folder / f"{label}.png")
            for words in table.ask("cut") if theme == self.themes[0] else ():
                print(f"{label}: cut: {words}")

    def screen(self, table: TableProcess, name: str) -> None:
        """A screen as it is."""
        for language, flat in self.dressed(table):
            self.keep(table, name, language, flat)
        print(f"{name} {self._size}")

    def sheet(self, table: TableProcess, name: str, *keys: str, close: str) -> None:
        """What opens when *keys* are tapped, one after the other."""
        for language, flat in self.dressed(table):
            for key in keys:
                table.tap(key)
            self.keep(table, name, language, flat)
            table.tap(close)
        print(f"{name} {self._size}")


def in_play(server: ServerProcess, ruleset: str = "wh40k-10e", **create: Any) -> Table:
    """A match in its third round."""
    table = Table(server, ruleset=ruleset, **create)
    for player, faction in ((1, "Aeldari"), (2, "Death Guard")):
        table.do("setup", {"op": "profile", "player": player, "faction": faction})
    if ruleset == "wh40k-10e":
        for value in (5, 4, 8, 3):
            turn = table.state()["turn"]
            if turn["round"] > 1:
                table.score(turn["active_player"], "primary", 2 * value)
            table.score(turn["active_player"], "secondary", value)
            table.end_turn()
    return table


def ended(server: ServerProcess) -> Table:
    """A match that Anna has won, signed by Marek."""
    table = in_play(server)
    table.do("game_end", {"op": "time_call"})
    version = table.do("game_state")["version"]
    table.do("game_end", {"op": "confirm", "player": 2, "version": version})
    return table


def before(gallery: Gallery, server: ServerProcess, folder: Path) -> None:
    """Until there is a match."""
    with gallery.app(folder / "find", server="") as table:
        gallery.screen(table, "find")
    with gallery.app(folder / "choose", server.url) as table:
        table.wait_screen("choose")
        gallery.screen(table, "choose")
        table.tap("choose:new")
        table.wait_screen("new")
        gallery.screen(table, "new")
    for step, name in ((None, "gather"), ("setup", "setup"), ("ready", "ready")):
        match = Table(server, started=False)
        if step is not None:
            for player in (1, 2):
                match.do("setup", {"op": "ready", "player": player})
        if step == "ready":
            match.do("setup", {"op": "skip", "first_player": 1})
        with gallery.app(folder / name, match.url("host")) as table:
            table.wait_screen(name)
            table.wait(lambda: table.about["box"])
            gallery.screen(table, name)
        match.close()


def playing(gallery: Gallery, server: ServerProcess, folder: Path) -> None:
    """The match, and what opens over it."""
    with in_play(server) as match, gallery.app(folder / "play", match.url("host")) as table:
        table.wait_screen("play")
        table.wait(lambda: table.about["box"])
        gallery.screen(table, "play")
        for tab in ("screen", "box", "saver", "match", "about"):
            gallery.sheet(
                table, f"settings-{tab}", "play:menu", "menu:settings", f"set:tab:{tab}",
                close="set:close",
            )  # fmt: skip
        gallery.sheet(table, "menu", "play:menu", close="menu:close")
        gallery.sheet(table, "score-sheet", "play:menu", "menu:sheet", close="sheet:close")
        gallery.sheet(table, "names", "play:menu", "menu:names", close="names:close")
        gallery.sheet(table, "ends", "play:menu", "menu:ends", close="ends:close")
        gallery.sheet(
            table, "concede", "play:menu", "menu:ends", "ends:concede", "concede:2", close="ask:no"
        )
        gallery.sheet(table, "log", "play:log", close="log:close")
        gallery.sheet(table, "keyboard", "play:menu", "menu:judge", close="type:cancel")
        table.tap("play:pause")
        table.wait(lambda: table.seen and table.seen["paused"])
        gallery.screen(table, "paused")
        table.ask("idle", seconds=4_000)
        table.wait_screen("saver")
        gallery.screen(table, "saver")
    with (
        in_play(server, ruleset="chess") as match,
        gallery.app(folder / "c", match.url("host")) as table,
    ):
        table.wait_screen("play")
        gallery.screen(table, "chess")


def finished(gallery: Gallery, server: ServerProcess, folder: Path) -> None:
    """The end."""
    with ended(server) as match, gallery.app(folder / "over", match.url("host")) as table:
        table.wait_screen("over")
        table.wait(lambda: table.about["box"])
        gallery.screen(table, "over")
        gallery.sheet(table, "report", "over:report", close="report:close")
        match.do("dispute", {"op": "open", "text": "Primary of round 2 was 8"})
        table.wait_shown("Primary of round 2 was 8")
        gallery.screen(table, "over-disputed")


SCENES: tuple[Callable[[Gallery, ServerProcess, Path], None], ...] = (before, playing, finished)


def main() -> None:
    asked = argparse.ArgumentParser(description="Pictures of each screen, at each size.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--quick", action="store_true", help="English, dark, standing")
    asked.add_argument("--only", default="", help="one of: before, playing, finished")
    told = asked.parse_args()
    needs_table()
    try:
        for size in SIZES:
            pictures(Gallery(told.folder, size, quick=told.quick), told.only)
    finally:
        TableProcess.kill_since(0)


def pictures(gallery: Gallery, only: str = "") -> None:
    """All of one size; with a server of their own, for it keeps 20 unfinished games and no more."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "server").mkdir()
        server = ServerProcess(home / "server").start()
        try:
            for scene in SCENES:
                if only in ("", scene.__name__):
                    scene(gallery, server, home)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
