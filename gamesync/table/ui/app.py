"""The app: one window, one screen at a time, and what lies over it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.lang import Builder
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.floatlayout import FloatLayout

from ..flow import SLEEPS_ON, Screen
from ..session import Session
from .dialogs import Ask, Keyboard
from .log import Log
from .menu import Menu
from .screens import SCREENS
from .screens.base import View
from .sound import Sound
from .strip import Strip
from .theme import Theme, register_fonts
from .ways import Ways
from .widgets import Sheet, Turned, find

TICK_S = 0.1
"""How often what counts is drawn anew: clocks, and words like "2:13 ago"."""
UNIT_LONG, UNIT_SHORT = 800, 480
"""A unit is a pixel of a 5-inch panel of 800 × 480; larger screens have larger units."""


class TableApp(App):
    """
    :ivar u: pixels of one unit
    :ivar portrait: the screen is higher than wide
    :ivar theme: the colours that are on
    """

    u = NumericProperty(1.0)
    portrait = BooleanProperty(False)
    theme = ObjectProperty()

    def __init__(self, reactor: Any, folder: Path, this_boot: str = "") -> None:
        super().__init__()
        self.session = Session(reactor, folder, self.changed, this_boot=this_boot)
        self._refresh = Clock.create_trigger(self.refresh, 0)
        self.view: View | None = None
        self.screen: Screen | None = None
        self.sound = Sound(folder / "sounds", lambda: self.session.prefs.sound)
        self._ended = False

    # -- Kivy's own names

    def build(self) -> Any:
        self.title = "gamesync"
        register_fonts()
        self.theme = Theme(self.session.prefs.theme)
        here = Path(__file__).parent
        # Of two rules for a widget the later one holds: what all are made of comes first.
        for kv in (here / "widgets.kv", *sorted(set(here.rglob("*.kv")) - {here / "widgets.kv"})):
            Builder.load_file(str(kv))
        Window.clearcolor = self.theme.ground
        self.stage, self.over = FloatLayout(), FloatLayout()
        self.strip = Strip()
        self.dim = Dim()
        root = FloatLayout()
        for layer in (self.stage, self.strip, self.over, self.dim):
            root.add_widget(layer)
        self.resize()
        Window.bind(size=self.resize, on_touch_down=self._touched)
        return root

    def on_start(self) -> None:
        Clock.schedule_interval(self.tick, TICK_S)
        self.refresh()

    def on_stop(self) -> None:
        """May be called more than once."""
        if not self._ended:
            self._ended = True
            self.session.stop()

    # -- words for kv

    def t(self, key: str, **values: object) -> str:
        """A text in the language that is on."""
        return self.session.words(key, **values)

    # -- what is on the screen

    def changed(self) -> None:
        """Something that is shown may have changed: draw once, with the next frame."""
        self._refresh()

    def refresh(self, *_: object) -> None:
        if self.root is None:
            return
        screen = self.session.screen(busy=bool(self.over.children))
        if screen is not self.screen:
            self.screen = screen
            self._put(SCREENS[screen](self))
        if self.view is not None:
            self.view.refresh()
        for sheet in self.sheets:
            sheet.refresh()
        self.strip.refresh(self.session)
        self.dim.percent = self.session.prefs.brightness

    def tick(self, *_: object) -> None:
        self.session.look()
        self._put_away()
        if self.session.screen(busy=bool(self.over.children)) is not self.screen:
            self.refresh()
        elif self.view is not None:
            self.view.tick()
        self.strip.refresh(self.session)
        self.sound.listen(self.session)

    def _put_away(self) -> None:
        """A sheet that everybody has gone away from keeps no screen awake."""
        limit = self.session.prefs.saver_seconds
        if self.screen in SLEEPS_ON and 0 < limit <= self.session.idle_seconds:
            self.close_sheets()

    def rebuild(self) -> None:
        """Language, theme or arrangement changed: everything is made anew."""
        self.theme.wear(self.session.prefs.theme)
        Window.clearcolor = self.theme.ground
        self.screen = None
        self.refresh()

    def _put(self, view: View) -> None:
        if self.view is not None:
            self.view.gone()
        self.view = view
        self.stage.clear_widgets()
        self.stage.add_widget(view)

    # -- what lies over it

    @property
    def sheets(self) -> list[Sheet]:
        return [turned.content for turned in self.over.children if isinstance(turned, Turned)]

    def show(self, sheet: Sheet, player: int = 0) -> None:
        """
        Lay *sheet* over everything. Where the screen lies flat it faces *player*; without one,
        whoever is at what it comes from.
        """
        away = self.faces_away(player) if player else self._faces_away
        turned = Turned(sheet, turned=away)
        self.over.add_widget(turned)

        def place(*_: object) -> None:
            (x, y), (wide, high) = self.over.pos, self.over.size
            turned.place(x, y, wide, high, turned.turned)

        def closed() -> None:
            self.over.unbind(size=place, pos=place)
            self.over.remove_widget(turned)
            self.changed()

        sheet.on_close = closed
        self.over.bind(size=place, pos=place)
        place()
        sheet.refresh()

    @property
    def _faces_away(self) -> bool:
        """Whether the uppermost sheet does."""
        return bool(self.over.children) and bool(self.over.children[0].turned)

    def turn_round(self) -> None:
        """Turn the sheets to the other player."""
        away = not self._faces_away
        for turned in self.over.children:
            turned.place(*self.over.pos, *self.over.size, away)

    def close_sheets(self) -> None:
        for sheet in self.sheets:
            sheet.close()

    def ask(
        self, title: str, yes: str, then: Callable[[], object], *, text: str = "",
        player: int = 0, danger: bool = False,
    ) -> None:  # fmt: skip
        """Ask whether to do *then*."""
        self.show(Ask(title=title, text=text, yes=yes, then=then, danger=danger), player)

    def write(
        self, title: str, then: Callable[[str], object], *, text: str = "", most: int = 40,
        player: int = 0,
    ) -> None:  # fmt: skip
        """Let somebody write a line; *then* is called with it, unless he thinks better of it."""
        self.show(Keyboard(title=title, text=text, most=most, then=then), player)

    def faces_away(self, player: int) -> bool:
        """Whether *player* sits at the far side of a screen that lies between the two."""
        prefs = self.session.prefs
        far = 1 if prefs.swapped else 2
        return bool(prefs.lies_flat) and player == far

    # -- what keys of the play screen open

    def open_log(self) -> None:
        self.show(Log(self))

    def open_menu(self) -> None:
        self.show(Menu(self))

    def call_judge(self) -> None:
        """With what it is about, if somebody wants to say so."""

        def call(note: str) -> None:
            self.session.tap("judge", lambda client: client.judge("call", note))

        self.write(self.t("judge_note"), call, most=200)

    def phone(self, player: int) -> None:
        """No phone? Show the code, or go on at the table."""
        self.show(Ways(self, player), player)

    # -- the window

    def resize(self, *_: object) -> None:
        wide, high = Window.size
        self.portrait = high > wide
        self.u = min(max(wide, high) / UNIT_LONG, min(wide, high) / UNIT_SHORT)

    def _touched(self, _window: Any, touch: Any) -> bool:
        """The first touch of a sleeping screen only wakes it."""
        asleep = self.screen is Screen.SAVER
        self.session.touched()
        if asleep:
            self.refresh()
        return asleep

    def key(self, name: str) -> Any | None:
        """The key of that name, if it is on the screen; the uppermost one."""
        for layer in (*self.over.children, self.strip, self.stage):
            found = find(layer, name)
            if found is not None:
                return found
        return None


class Dim(FloatLayout):
    """Darkens everything: for panels whose light cannot be set. Touches go through it."""

    percent = NumericProperty(100)

    def on_touch_down(self, touch: Any) -> bool:
        return False
