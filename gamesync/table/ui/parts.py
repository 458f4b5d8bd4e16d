"""What the screens before play share: heads, and rows that open a choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kivy.app import App
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp

CODE_HALF = 4
OUT_OF_SIGHT = -10_000
BACK, ON = "\u2039", "\u203a"


class Stack(BoxLayout):
    """
    A box whose hidden children (no hint, and a size of 0) take no room: no gap beside them, either.
    """

    def do_layout(self, *_: object) -> None:
        along = 0 if self.orientation == "horizontal" else 1
        left, top, right, bottom = self.padding
        here = []
        for child in reversed(self.children):
            if child.size_hint[along] is None and child.size[along] <= 0:
                child.pos = (OUT_OF_SIGHT, OUT_OF_SIGHT)
            else:
                here.append(child)
        inner = (self.width - left - right, self.height - top - bottom)
        hints = sum(c.size_hint[along] or 0 for c in here)
        fixed = sum(c.size[along] for c in here if c.size_hint[along] is None)
        room = max(0.0, inner[along] - self.spacing * (len(here) - 1) - fixed)
        x, y = self.x + left, self.top - top
        for child in here:
            hint = child.size_hint[along]
            long = child.size[along] if hint is None else room * hint / hints
            if along == 0:
                high = child.height if child.size_hint_y is None else inner[1] * child.size_hint_y
                low = self.y + bottom
                if "center_y" in child.pos_hint:
                    low += (inner[1] - high) * child.pos_hint["center_y"]
                child.size, child.pos = (long, high), (x, low)
                x += long + self.spacing
            else:
                wide = child.width if child.size_hint_x is None else inner[0] * child.size_hint_x
                at = x
                if "center_x" in child.pos_hint:
                    at += (inner[0] - wide) * child.pos_hint["center_x"]
                y -= long
                child.size, child.pos = (wide, long), (at, y)
                y -= self.spacing


class Head(Stack):
    """The line at the top of a screen: what it is, and at its right end the keys put into it."""

    title = StringProperty("")
    note = StringProperty("")


class ChoiceRow(ButtonBehavior, Stack):
    """
    A broad key: what is chosen in large, what it is about in small above it.

    :ivar text: what is chosen
    :ivar label: what it is about
    :ivar more: what else there is to say of it, below
    """

    key = StringProperty("")
    text = StringProperty("")
    label = StringProperty("")
    more = StringProperty("")
    chosen = BooleanProperty(False)
    opens = BooleanProperty(True)
    """It leads on; a mark at its right end says so."""
    main = BooleanProperty(False)
    """It is what most people will want."""
    most_u = NumericProperty(24)

    def on_touch_down(self, touch: Any) -> bool:
        if self.disabled and self.collide_point(*touch.pos):
            return True
        return bool(super().on_touch_down(touch))


class Lying(Widget):
    """A picture of a screen that lies between two people, or stands before them."""

    flat = BooleanProperty(True)
    color = ListProperty([1, 1, 1, 1])


class Pages(FloatLayout):
    """
    A list of broad keys, as many as there is room for at a time.

    :ivar columns: side by side
    """

    columns = NumericProperty(1)
    row_u = NumericProperty(66)
    name = StringProperty("list")
    """What its keys are called: ``<name>:<number>``, ``<name>:back`` and ``<name>:on``."""

    def __init__(self, **kwargs: Any) -> None:
        self._items: tuple[tuple[str, str, str, bool], ...] = ()
        self._then: Callable[[int], object] | None = None
        self._first = 0
        self._room = 0
        super().__init__(**kwargs)
        self.bind(size=self._lay, pos=self._lay, columns=self._lay)

    def show(
        self, items: Sequence[tuple[str, str, str, bool]], then: Callable[[int], object]
    ) -> None:
        """*items*: text, label, more, and whether it is chosen now; *then* is told which."""
        self._then = then
        if tuple(items) != self._items:
            same = len(items) == len(self._items)
            self._items = tuple(items)
            if not same:
                self._first = 0
            self._lay()

    def turn(self, by: int) -> None:
        self._first = max(0, min(self._first + by * self._room, len(self._items) - 1))
        self._first -= self._first % max(1, self._room)
        self._lay()

    def _lay(self, *_: object) -> None:
        self.clear_widgets()
        app = App.get_running_app()
        gap, high = 8 * app.u, self.row_u * app.u
        if self.height < high or not self._items:
            return
        columns = int(self.columns)
        rows = max(1, int((self.height + gap) // (high + gap)))
        pages = len(self._items) > rows * columns
        if pages and rows > 1:
            rows -= 1
        self._room = rows * columns
        wide = (self.width - gap * (columns - 1)) / columns
        shown = self._items[self._first : self._first + self._room]
        for i, (text, label, more, chosen) in enumerate(shown):
            line, column = divmod(i, columns)
            row = ChoiceRow(
                key=f"{self.name}:{self._first + i}", text=text, label=label, more=more,
                chosen=chosen, opens=False, size_hint=(None, None), size=(wide, high),
                pos=(self.x + column * (wide + gap), self.top - (line + 1) * high - line * gap),
            )  # fmt: skip
            row.bind(on_release=lambda _, at=self._first + i: self._then and self._then(at))
            self.add_widget(row)
        if pages:
            y = self.top - (rows + 1) * high - rows * gap
            self._turner("back", BACK, self.x, y, -1, self._first > 0)
            more_there = self._first + self._room < len(self._items)
            self._turner("on", ON, self.right - 150 * app.u, y, 1, more_there)

    def _turner(self, name: str, text: str, x: float, y: float, by: int, there: bool) -> None:
        u = App.get_running_app().u
        key = Key(
            key=f"{self.name}:{name}", text=text, size_u=30, disabled=not there,
            size_hint=(None, None), size=(150 * u, (self.row_u - 8) * u), pos=(x, y),
        )  # fmt: skip
        key.bind(on_release=lambda _: self.turn(by))
        self.add_widget(key)


class Picker(Sheet):
    """Lets somebody choose one of a list; *then* is told which, by its number."""

    def __init__(
        self, app: TableApp, title: str, items: Sequence[tuple[str, str, str, bool]],
        then: Callable[[int], object],
    ) -> None:  # fmt: skip
        self._then = then
        super().__init__(title=title)
        if any(label and more for _, label, more, _ in items):
            self.ids.pages.row_u = 90
        self.ids.pages.columns = 1 if app.portrait or len(items) < 4 else 2
        self.ids.pages.show(items, self._chosen)

    def _chosen(self, number: int) -> None:
        self.close()
        self._then(number)


def code_text(code: str, between: str = " ") -> str:
    """``7KQ2M4XP`` is read in two halves."""
    halves = len(code) == 2 * CODE_HALF
    return f"{code[:CODE_HALF]}{between}{code[CODE_HALF:]}" if halves else code
