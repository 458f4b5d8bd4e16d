"""One player's half of the table: his clock, his score, his keys. It turns with him."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
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

from ..layout import Parts, Rect, places
from ..shown import Cell, Half, length_text, name_of, pause_words
from .entry import Entry
from .parts import OUT_OF_SIGHT
from .widgets import Sheet, Text

if TYPE_CHECKING:
    from .app import TableApp

SAID_S = 2.5
"""How long a half says why a tap on it does nothing."""
ROOMY = 560
"""Units; a half that is wider has room for the army beside the name."""
ENDS = ("end", "end_round")
PLACED = ("head", "offer", "clock", "score", "cells", "cp", *ENDS)


class ClockKey(ButtonBehavior, FloatLayout):
    """The largest thing: the time, and under it what a tap does."""

    key = StringProperty("")
    text = StringProperty("")
    template = StringProperty("")
    under = StringProperty("")
    banner = StringProperty("")
    """Why it stands, in large; empty: it does not."""
    lit = BooleanProperty(False)
    level = StringProperty("")
    face = ColorProperty([1, 1, 1, 1])
    player = NumericProperty(1)


class ScoreKey(ButtonBehavior, BoxLayout):
    """The player's total; a tap opens the sheet."""

    key = StringProperty("")
    text = StringProperty("")


class Tag(Text):
    """A word on a coloured ground."""

    fill = ColorProperty([0, 0, 0, 0])


class CellKey(ButtonBehavior, BoxLayout):
    """A cell of this round: its name and its value; a tap opens the sheet there."""

    key = StringProperty("")
    name = StringProperty("")
    text = StringProperty("")
    empty = BooleanProperty(False)


class HalfView(FloatLayout):
    """
    :ivar player: whose half it is
    :ivar shown: what it shows; None before anything is known
    """

    player = NumericProperty(1)
    name = StringProperty("")
    army = StringProperty("")
    phone = StringProperty("")
    shape = StringProperty("circle")
    score = StringProperty("")
    cp = StringProperty("")
    turn = BooleanProperty(False)
    turn_words = StringProperty("")
    end = StringProperty("")
    end_round = StringProperty("")
    offer = StringProperty("")
    """What has just happened and may be taken back here."""
    accent = ColorProperty([1, 1, 1, 1])
    accent_ground = ColorProperty([0, 0, 0, 0])
    roomy = BooleanProperty(True)
    """There is room for the army beside the name."""
    has_cp = BooleanProperty(False)
    has_clock = BooleanProperty(True)
    has_score = BooleanProperty(True)
    aside = ObjectProperty(None, allownone=True)
    """What stands in place of the score and the keys, beside the clock; None: nothing."""

    def __init__(self, app: TableApp, player: int, **kwargs: Any) -> None:
        self.app = app
        self.session = app.session
        self.shown: Half | None = None
        self.sheet: Sheet | None = None
        self._cells: tuple[tuple[str, str], ...] = ()
        self._aside: Widget | None = None
        super().__init__(player=player, **kwargs)
        self.bind(size=self.arrange, pos=self.arrange)
        for name in ("end", "end_round", "has_cp", "has_clock", "has_score", "offer"):
            self.fbind(name, self.arrange)

    # -- what it shows

    def show(self, shown: Half, state: dict[str, Any], banner: str) -> None:
        """Show how things stand; only what differs is drawn."""
        self.shown = shown
        self.name, self.army, self.phone = shown.name, shown.army, shown.phone
        self.score = str(shown.score)
        self.has_score = state["ruleset"].get("winner", "score") == "score"
        self.has_cp, self.cp = shown.cp is not None, str(shown.cp or 0)
        self.has_clock = bool(shown.clock)
        self.turn = shown.turn
        self.turn_words = self.session.words("your_turn") if shown.turn else ""
        self.end, self.end_round = shown.end, shown.end_round
        self.shape = shown.shape
        theme = self.app.theme
        self.accent = theme.seat(self.player)
        self.accent_ground = theme.p1_ground if self.player == 1 else theme.p2_ground
        clock = self.ids.clock
        clock.text, clock.lit, clock.level = shown.clock, shown.lit, shown.level
        clock.template = _template(shown.clock)
        if not self._saying:
            turn = shown.turn and not self.roomy
            clock.under = " · ".join(
                words for words in (self.turn_words if turn else "", shown.under) if words
            )
        said = self.turn_words if shown.turn and not self.roomy else ""
        clock.banner = f"{said} · {banner}" if said and banner else banner
        self._show_cells(shown.cells)
        if self.sheet is not None:
            self.sheet.refresh()

    def _show_cells(self, cells: tuple[Cell, ...]) -> None:
        box = self.ids.cells
        wanted = tuple((c.category, c.name) for c in cells)
        if wanted != self._cells:
            self._cells = wanted
            box.clear_widgets()
            for cell in cells:
                key = CellKey(key=f"half:{self.player}:cell:{cell.category}", name=cell.name)
                key.bind(on_release=lambda _, category=cell.category: self.enter(category))
                box.add_widget(key)
            self.arrange()
        for key, cell in zip(reversed(box.children), cells, strict=True):
            key.empty = cell.value is None
            key.text = "·" if cell.value is None else str(cell.value)

    # -- where things are

    def arrange(self, *_: object) -> None:
        """Low and wide, or high and narrow: each thing has its place in either."""
        self.roomy = self.width > ROOMY * self.app.u
        parts = Parts(
            clock=self.has_clock,
            score=self.has_score,
            cells=len(self.ids.cells.children),
            cp=self.has_cp,
            ends=tuple(name for name in ENDS if getattr(self, name)),
            offer=bool(self.offer),
            aside=self.aside is not None,
        )
        found = places(parts, self.width, self.height, self.app.u)
        for name in PLACED:
            self._place(self.ids[name], found.get(name))
        if self.aside is not None:
            self._place(self.aside, found["aside"])

    def _place(self, widget: Any, rect: Rect | None) -> None:
        widget.size_hint = (None, None)
        if rect is None:
            # Out of sight and out of reach, without leaving the tree; smooth shapes without a size
            # go on being drawn as they were.
            widget.size, widget.pos, widget.opacity = (0, 0), (OUT_OF_SIGHT, OUT_OF_SIGHT), 0
            return
        left, bottom, width, height = rect
        widget.size, widget.opacity = (max(1, width), max(1, height)), 1
        widget.pos = (self.x + left, self.y + bottom)

    def on_aside(self, *_: object) -> None:
        if self._aside is not None:
            self.remove_widget(self._aside)
        self._aside = self.aside
        if self.aside is not None:
            # A sheet that is open stays over it.
            self.add_widget(self.aside, index=1 if self.sheet is not None else 0)
        self.arrange()

    # -- what a touch does

    @property
    def _saying(self) -> bool:
        return self._said is not None and bool(self._said.is_triggered)

    _said: Any = None

    def say(self, text: str) -> None:
        """Say why this tap does nothing, for a moment, where it was made."""
        self.ids.clock.under = text
        if self._said is not None:
            self._said.cancel()
        self._said = Clock.schedule_once(lambda _: self.app.changed(), SAID_S)

    def press_clock(self) -> None:
        """The half is pressed: pass the clock; in a game where the press is the turn, end that."""
        session, shown, state = self.session, self.shown, self.session.state
        if shown is None or state is None:
            return
        if shown.starts:
            session.tap("clock", lambda client: client.start_clock())
            return
        seen = session.seen
        if seen is None:
            return
        if not shown.lit:
            if seen.running and seen.side:
                name = name_of(state, seen.side, session.words)
                self.say(session.words("not_your_clock", name=name))
                self.app.sound.play("refused")
            return
        self.app.sound.play("press")
        if state["ruleset"]["press"] == "turn":
            session.tap("press", lambda client: client.end_turn(self.player))
        else:
            session.tap("press", lambda client: client.switch_clock(self.player))

    def press_end(self, end_round: bool = False) -> None:
        """End the turn: by way of the sheet, where there is one to fill in."""
        shown, state = self.shown, self.session.state
        if shown is None or state is None:
            return
        asks = bool(shown.cells) and (state["ruleset"]["turn_model"] != "alternating" or end_round)
        if asks:
            self.open(Entry(self.app, self.player, ends=True, end_round=end_round))
        else:
            self.end_turn(end_round)

    def end_turn(self, end_round: bool = False) -> None:
        self.app.sound.play("turn")
        self.session.tap("press", lambda client: client.end_turn(self.player, end_round=end_round))

    def step_cp(self, delta: int) -> None:
        why = "gain" if delta > 0 else "spend"
        self.session.tap("cp", lambda client: client.cp(self.player, delta=delta, why=why))

    def enter(self, category: str) -> None:
        """Open the sheet of this round at a category."""
        if self.session.may(self.player):
            self.open(Entry(self.app, self.player, category=category))

    def open(self, sheet: Sheet) -> None:
        """Lay a sheet over this half, and this half alone: the other player goes on."""
        if self.sheet is not None:
            self.sheet.close()

        def closed() -> None:
            self.sheet = None

        sheet.on_close = closed
        sheet.size_hint = (1, 1)
        sheet.pos_hint = {"x": 0, "y": 0}
        self.sheet = sheet
        self.add_widget(sheet)
        sheet.refresh()


class Offer(BoxLayout):
    """What has just happened, and the key that takes it back."""

    text = StringProperty("")
    player = NumericProperty(1)

    def on_touch_down(self, touch: Any) -> bool:
        return bool(self.text and super().on_touch_down(touch))


def banner(session: Any, state: dict[str, Any], seen: Any) -> str:
    """``PAUSED · judge · 2:13``; empty while the clock runs or has not begun."""
    clock = state["clock"]
    if state["status"] != "playing" or not seen.paused or clock["mode"] == "none":
        return ""
    why = pause_words(state, seen.paused, session.words)
    now = session.now
    since = "" if now is None or clock["running"] else f" · {length_text(now - clock['at'])}"
    return str(session.words("paused_why", why=why)) + since


def _template(text: str) -> str:
    return "".join("8" if sign.isdigit() else sign for sign in text)
