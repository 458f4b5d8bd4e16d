"""Settings: of this screen, of the box that it belongs to, of the match that is on."""

from __future__ import annotations

import os
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, StringProperty

from ..files import picture_folders, places_for_pictures
from ..texts import NAMES
from .box_settings import BoxSettings
from .lines import Line, LineRow
from .match_settings import MatchSettings
from .pick import Item, Pick
from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp

TABS = ("screen", "box", "saver", "match", "about")
SAVER_SECONDS = (0, 60, 120, 300, 600, 1_800)
BRIGHTNESS = range(20, 101, 10)


class Settings(BoxSettings, MatchSettings, Sheet):
    """
    :param tab: what is open first
    """

    tab = StringProperty("screen")
    upright = BooleanProperty(False)

    def __init__(self, app: TableApp, tab: str = "screen") -> None:
        self.app, self.session, self.words = app, app.session, app.session.words
        self._shown: tuple[Any, ...] = ()
        super().__init__(title=self.words("settings"), tab=tab)
        self.bind(size=self._turn_over, tab=lambda *_: self.refresh())
        self._turn_over()

    def _turn_over(self, *_: object) -> None:
        self.upright = self.height > self.width

    # -- what it shows

    def refresh(self) -> None:
        tabs = [t for t in TABS if t != "match" or self.session.state is not None]
        if self.tab not in tabs:
            self.tab = tabs[0]
        lines = tuple(getattr(self, f"_{self.tab}")())
        shown = (tuple(tabs), self.tab, lines)
        if shown == self._shown:
            return
        self._shown = shown
        self._lay_tabs(tabs)
        board = self.ids.board
        board.clear_widgets()
        for line in lines:
            row = LineRow(words=line.words, text=line.text)
            for value, words in line.options:
                kind = "danger" if line.danger else "main" if value == line.chosen else "plain"
                key = Key(
                    key=f"set:{line.name}:{value}", text=words, kind=kind, size_u=18,
                    chosen=bool(line.chosen) and value == line.chosen,
                )  # fmt: skip
                key.bind(on_release=lambda _, line=line, value=value: line.then(value))
                row.ids.options.add_widget(key)
            if not line.options:
                row.ids.text.size_hint_x = 2.6
                row.remove_widget(row.ids.options)
            board.add_widget(row)

    def _lay_tabs(self, tabs: list[str]) -> None:
        box = self.ids.tabs
        box.clear_widgets()
        for tab in tabs:
            key = Key(
                key=f"set:tab:{tab}", text=self.words(f"set_{tab}"), size_u=18,
                kind="main" if tab == self.tab else "plain", chosen=tab == self.tab,
            )  # fmt: skip
            key.bind(on_release=lambda _, tab=tab: setattr(self, "tab", tab))
            box.add_widget(key)

    # -- this screen

    def _screen(self) -> list[Line]:
        prefs = self.session.prefs
        return [
            self._line(
                "language", options=tuple(NAMES.items()), chosen=prefs.language,
                then=lambda value: self._anew(language=value),
            ),
            self._line(
                "theme", chosen=prefs.theme, then=lambda value: self._anew(theme=value),
                options=tuple((t, self.words(f"set_theme_{t}")) for t in ("dark", "light")),
            ),
            self._either("flat", bool(prefs.lies_flat), lambda yes: self._anew(lies_flat=yes)),
            self._line(
                "sides", text=self.words("set_sides_now", player=2 if prefs.swapped else 1),
                options=(("swap", self.words("set_sides_swap")),),
                then=lambda _: self._anew(swapped=not prefs.swapped),
            ),
            self._line(
                "brightness", text=f"{prefs.brightness} %", then=self._brighter,
                options=(("less", "−"), ("more", "+")),
            ),
            self._switch("sound", prefs.sound, self._sound),
        ]  # fmt: skip

    def _anew(self, **prefs: Any) -> None:
        """What is on the screen has to be made anew; this sheet, too."""
        self.session.keep(**prefs)
        self.app.rebuild()
        self.app.show(Settings(self.app, self.tab))
        self.close()

    def _brighter(self, which: str) -> None:
        step = BRIGHTNESS.step if which == "more" else -BRIGHTNESS.step
        wanted = self.session.prefs.brightness + step
        self._keep(brightness=min(max(wanted, BRIGHTNESS[0]), BRIGHTNESS[-1]))

    def _sound(self, on: bool) -> None:
        self._keep(sound=on)
        self.app.sound.play("turn")

    # -- the screensaver

    def _saver(self) -> list[Line]:
        prefs, words = self.session.prefs, self.words
        now = prefs.saver_seconds
        said = words("minutes", n=now // 60) if now else words("set_never")
        return [
            self._line(
                "saver_after", text=said, options=(("less", "−"), ("more", "+")),
                then=self._saver_later,
            ),
            self._line(
                "pictures",
                text=Path(prefs.pictures).name if prefs.pictures else words("set_no_pictures"),
                options=(("choose", words("set_choose")),),
                then=lambda _: self._choose_pictures(),
            ),
        ]  # fmt: skip

    def _saver_later(self, which: str) -> None:
        now, steps = self.session.prefs.saver_seconds, SAVER_SECONDS
        longer = [s for s in steps if s > now]
        shorter = [s for s in steps if s < now]
        if which == "more":
            self._keep(saver_seconds=min(longer, default=now))
        else:
            self._keep(saver_seconds=max(shorter, default=now))

    def _choose_pictures(self) -> None:
        found = picture_folders(places_for_pictures(self.session.folder, dict(os.environ)))

        def items() -> list[Item]:
            now = self.session.prefs.pictures
            none = Item(
                name="none", words=self.words("set_no_pictures"), chosen=not now,
                then=lambda: self._keep(pictures=""),
            )  # fmt: skip
            return [
                none,
                *(
                    Item(
                        name=folder.name, words=folder.name, chosen=str(folder) == now,
                        under=self.words("n_pictures", n=count),
                        then=partial(self._keep, pictures=str(folder)),
                    )
                    for folder, count in found[:11]
                ),
            ]  # fmt: skip

        where = self.words("set_pictures_where", folder=str(self.session.folder / "pictures"))
        self.app.show(Pick(self.app, "pictures", self.words("set_pictures"), items, text=where))

    # -- what it is

    def _about(self) -> list[Line]:
        box = self.session.box.said
        return [
            self._line("version", text=f"gamesync {version('gamesync')}"),
            self._line("box_version", text=f"gamesync {box['version']}" if box else "–"),
            self._line("address", text=box.get("address", "–")),
            self._line("folder", text=str(self.session.folder)),
        ]
