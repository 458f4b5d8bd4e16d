"""The match is over: the result and the signature on each half, and what comes after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from ...outcome import Side, side
from ...shown import shape_of
from ..entry import Entry
from ..report import Report
from ..widgets import Key, Sheet, Turned
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

PLAYERS = (1, 2)
BAR_U, NOTICE_U = 58, 52


class Points(ButtonBehavior, BoxLayout):
    """The final score; a tap opens the sheet, as long as nobody but officials has to."""

    key = StringProperty("")
    text = StringProperty("")
    color = ColorProperty([1, 1, 1, 1])


class Total(BoxLayout):
    """What one category came to."""

    name = StringProperty("")
    text = StringProperty("")


class Tick(Widget):
    """Drawn, as not every font has one."""

    color = ColorProperty([1, 1, 1, 1])


class OverHalf(FloatLayout):
    """How one player sees the end, from his side."""

    player = NumericProperty(1)
    name = StringProperty("")
    army = StringProperty("")
    headline = StringProperty("")
    how = StringProperty("")
    score = StringProperty("")
    shape = StringProperty("circle")
    hint = StringProperty("")
    explained = StringProperty("")
    problem = StringProperty("")
    signed = BooleanProperty(False)
    may_sign = BooleanProperty(False)
    won = BooleanProperty(False)
    wide = BooleanProperty(False)
    accent = ColorProperty([1, 1, 1, 1])
    view = ObjectProperty(None, allownone=True)

    def __init__(self, view: Over, player: int) -> None:
        self.shown: Side | None = None
        self.sheet: Sheet | None = None
        self._rows: tuple[tuple[str, str], ...] = ()
        super().__init__(player=player, view=view)
        self.bind(size=self._turn_over)
        self._turn_over()

    def _turn_over(self, *_: object) -> None:
        self.wide = self.width > 1.9 * self.height

    def show(self, shown: Side, state: dict[str, Any]) -> None:
        """Show how things stand; only what differs is drawn."""
        words, view = self.view.words, self.view
        self.shown = shown
        self.accent = view.app.theme.seat(self.player)
        self.shape = shape_of(state, self.player)
        self.name, self.army = shown.name, shown.army
        self.headline, self.how, self.won = shown.headline, shown.how, shown.won
        self.score = shown.score
        self.hint = words("cells_empty", n=shown.empty) if shown.empty else ""
        self.signed = shown.signing == "signed"
        self.may_sign = shown.signing in ("may", "again")
        signing = shown.signing
        self.explained = "" if signing == "none" else words(f"signing_{signing}", name=shown.name)
        self.problem = view.session.taps.problem(f"sign:{self.player}")
        if shown.rows != self._rows:
            self._rows = shown.rows
            self.ids.rows.clear_widgets()
            for name, value in shown.rows:
                self.ids.rows.add_widget(Total(name=name, text=value))
        if self.sheet is not None:
            self.sheet.refresh()

    def enter(self) -> None:
        """Put the sheet right, as long as it is not signed by both."""
        state, session = self.view.session.state, self.view.session
        if state is None or self.sheet is not None or not self._rows:
            return
        if state["status"] != "ended" or not session.may(self.player):
            return

        def closed() -> None:
            self.sheet = None

        sheet = Entry(self.view.app, self.player)
        sheet.on_close = closed
        sheet.size_hint, sheet.pos_hint = (1, 1), {"x": 0, "y": 0}
        self.sheet = sheet
        self.add_widget(sheet)
        sheet.refresh()


class Over(View):
    """
    :ivar dispute: why nobody can sign now; empty: nothing is disputed
    """

    dispute = StringProperty("")

    def __init__(self, app: TableApp) -> None:
        self._version = 0
        self._signed: set[int] = set()
        self._had: set[int] = set()
        self._keys: tuple[tuple[str, str], ...] = ()
        super().__init__(app)
        self.halves = {player: OverHalf(self, player) for player in PLAYERS}
        self.turned = {player: Turned(half) for player, half in self.halves.items()}
        for turned in self.turned.values():
            self.add_widget(turned)
        self.bind(size=self.arrange, pos=self.arrange, dispute=self.arrange)
        app.strip.bind(high=self.arrange)

    def gone(self) -> None:
        self.app.strip.unbind(high=self.arrange)

    # -- where things are

    def arrange(self, *_: object) -> None:
        u, prefs = self.app.u, self.session.prefs
        gap = 8 * u
        x, y = self.x + gap, self.y + gap
        width = self.width - 2 * gap
        height = self.height - 2 * gap - self.app.strip.high
        bar, notice = self.ids.bar, self.ids.notice
        bar.cols = 3 if self.app.portrait else max(1, len(self._keys))
        rows = -(-len(self._keys) // bar.cols)
        bar_high = (BAR_U * u + gap) * rows - gap
        note = NOTICE_U * u + gap if self.dispute else 0
        bar.size, notice.size = (width, bar_high), (width, NOTICE_U * u)
        first, second = (2, 1) if prefs.swapped else (1, 2)
        if prefs.lies_flat or self.app.portrait:
            each = (height - bar_high - note - 2 * gap) / 2
            self.turned[first].place(x, y, width, each, False)
            far = bool(prefs.lies_flat)
            self.turned[second].place(x, y + height - each, width, each, far)
            bar.pos = (x, y + each + gap + note)
            notice.pos = (x, y + each + gap) if note else (-width * 2, 0)
        else:
            each, high = (width - gap) / 2, height - bar_high - note - gap
            self.turned[first].place(x, y + height - high, each, high, False)
            self.turned[second].place(x + each + gap, y + height - high, each, high, False)
            bar.pos = (x, y)
            notice.pos = (x, y + bar_high + gap) if note else (-width * 2, 0)

    # -- what it shows

    def refresh(self) -> None:
        state, match = self.session.state, self.session.match
        if state is None or match is None:
            return
        self._version = match.version
        now = {s["player"] for s in state["signatures"]}
        self._had |= self._signed - now
        self._signed = now
        for player, half in self.halves.items():
            may, had = self.session.may(player), player in self._had
            half.show(side(state, player, self.words, may=may, had=had), state)
        dispute = state["dispute"]
        self.dispute = self.words("disputed", text=dispute["text"]) if dispute else ""
        self._lay_keys()

    def _lay_keys(self) -> None:
        host = self.session.is_table
        names = ["rematch", "swapped", "report", "new", "menu"] if host else ["report", "menu"]
        words = {"new": "over_new" if host else "over_leave", "menu": "menu"}
        keys = tuple((name, self.words(words.get(name, f"over_{name}"))) for name in names)
        if keys == self._keys:
            return
        self._keys = keys
        self.ids.bar.clear_widgets()
        for name, text in keys:
            key = Key(key=f"over:{name}", text=text, size_u=19)
            key.bind(on_release=lambda _, name=name: getattr(self, name)())
            self.ids.bar.add_widget(key)
        self.arrange()

    # -- what is pressed

    def sign(self, player: int) -> None:
        """He signs what is shown: if that is no longer how it stands, it does not count."""
        self.app.sound.play("press")
        data = {"op": "confirm", "player": player, "version": self._version}
        self.session.do(f"sign:{player}", "game_end", data)

    def settle(self) -> None:
        self.session.do("dispute", "dispute", {"op": "close"})

    def rematch(self) -> None:
        self._unsigned(lambda: self.session.choice.rematch(False))

    def swapped(self) -> None:
        self._unsigned(lambda: self.session.choice.rematch(True))

    def new(self) -> None:
        self._unsigned(self.session.choice.new)

    def report(self) -> None:
        self.app.show(Report(self.app))

    def menu(self) -> None:
        self.app.open_menu()

    def _unsigned(self, then: Any) -> None:
        """Where a result only counts with both signatures, ask before it is left without."""
        state = self.session.state
        if state is None or state["status"] != "ended" or not state["options"]["need_signatures"]:
            then()
            return
        self.app.ask(
            self.words("unsigned_title"), self.words("unsigned_yes"), then,
            text=self.words("unsigned_text"), danger=True,
        )  # fmt: skip
