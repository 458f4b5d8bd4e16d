"""The parts that all screens are made of. Lengths are ``n * app.u``, see ``TableApp``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import segno
from kivy.app import App
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle, SmoothEllipse, SmoothTriangle
from kivy.graphics.texture import Texture
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from kivy.uix.scatter import Scatter
from kivy.uix.widget import Widget

DIGITS_HEIGHT = 0.78
"""How much of a line's height the digits of Roboto Condensed fill."""
SHORTENED = 3
"""Pixels that Kivy keeps free beside a line that it may have to shorten."""
LEAST_U = 12
"""Type is made no smaller than this; what does not fit then is cut with dots."""


class Shrinking(Label):
    """Words whose type shrinks until they fit into their box, on as many lines as they may have."""

    lines = NumericProperty(1)
    """The most lines they are broken into."""
    size_u = NumericProperty(18)
    """Height of the type where there is room, in units."""
    most = NumericProperty(18)
    """The same in pixels."""
    fitted = NumericProperty(18)
    """As high as it can be, in pixels."""
    natural = NumericProperty(0)
    """How wide the words are on one line, where there is room; pixels."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in ("text", "text_size", "most", "lines", "bold", "font_name", "line_height"):
            self.fbind(name, self.fit)
        self.fit()

    def fit(self, *_: object) -> None:
        """Find the largest type that fits."""
        self.natural = self._wants(self.most)[0] + SHORTENED + 1 if self.text else 0
        room = self.text_size
        if not self.text or None in room or min(room) < 2:
            self.fitted = self.most
            return
        # It is drawn in whole pixels.
        least, fitted = int(min(self.most, LEAST_U * self.most / self.size_u)), int(self.most)
        if not self._fits(fitted, *room):
            low, fitted = least, fitted - 1
            while low < fitted:
                middle = (low + fitted + 1) // 2
                low, fitted = (middle, fitted) if self._fits(middle, *room) else (low, middle - 1)
        self.fitted = max(least, fitted)

    def _fits(self, size: float, wide: float, high: float) -> bool:
        wanted = self._wants(size)
        if self.lines == 1 or wanted[0] <= wide - SHORTENED:
            return bool(wanted[0] <= wide - SHORTENED and wanted[1] <= high)
        longest = max(self._probe(size).get_extents(word)[0] for word in self.text.split())
        if longest > wide:
            return False
        probe = self._probe(size, wide)
        all_lines, line = probe.render()[1], self._wants(size)[1]
        return bool(all_lines <= high and round(all_lines / line) <= self.lines)

    def _wants(self, size: float) -> tuple[float, float]:
        """How wide and how high the words are, each line as it was written."""
        probe = self._probe(size)
        return float(max(probe.get_extents(line)[0] for line in self.text.split("\n"))), float(
            probe.get_extents(self.text)[1] * self.line_height
        )

    def _probe(self, size: float, wide: float | None = None) -> Any:
        probe = CoreLabel(
            text=self.text, font_name=self.font_name, bold=self.bold, font_size=size,
            line_height=self.line_height, text_size=(wide, None),
        )  # fmt: skip
        probe.resolve_font_name()
        return probe


class Text(Shrinking):
    """Words to be read."""


class Fit(Label):
    """
    A label whose text fills its box.

    ``template`` is what is measured, so that running digits do not make it jump.
    """

    template = StringProperty("")
    most_u = NumericProperty(0)
    """The largest type, in units; 0: as large as there is room."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(size=self.fit, template=self.fit, text=self._maybe_fit, font_name=self.fit)

    def _maybe_fit(self, *_: object) -> None:
        if not self.template:
            self.fit()

    def fit(self, *_: object) -> None:
        text = self.template or self.text
        if not text or self.width < 2 or self.height < 2:
            return
        probe = CoreLabel(text=text, font_name=self.font_name, bold=self.bold, font_size=100)
        probe.refresh()
        width, height = probe.texture.size
        if not width:
            return
        size = 100 * min(self.width / width, self.height / (height * DIGITS_HEIGHT))
        if self.most_u:
            size = min(size, self.most_u * App.get_running_app().u)
        self.font_size = int(size)


class Key(ButtonBehavior, Shrinking):
    """
    A key with words on it.

    :ivar key: what tests and the app call it; in kv it is given as ``key:``
    :ivar kind: ``plain``, ``main``, ``p1``, ``p2``, ``danger`` or ``quiet``
    """

    key = StringProperty("")
    kind = OptionProperty("plain", options=["plain", "main", "p1", "p2", "danger", "quiet"])
    fill = ColorProperty([0, 0, 0, 0])
    chosen = BooleanProperty(False)
    """It stands for what is chosen now."""

    def on_touch_down(self, touch: Any) -> bool:
        # A disabled key swallows its touches, so that they do not fall through to what is below.
        if self.disabled and self.collide_point(*touch.pos):
            return True
        return bool(super().on_touch_down(touch))


class Step(Key):
    """A key with a drawn plus or minus, which no font can get wrong."""

    sign = OptionProperty("+", options=["+", "-"])


class TurnKey(Key):
    """Turns what lies over the screen to the other player; where it lies flat, else not there."""


class Panel(BoxLayout):
    """A raised ground with round corners."""

    fill = ColorProperty([0, 0, 0, 0])
    edge = ColorProperty([0, 0, 0, 0])


class Mark(Widget):
    """The shape of a seat, for those who do not see its colour."""

    shape = StringProperty("circle")
    color = ColorProperty([1, 1, 1, 1])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(pos=self.draw, size=self.draw, shape=self.draw, color=self.draw)

    def draw(self, *_: object) -> None:
        side = min(self.size)
        x, y = self.center_x - side / 2, self.center_y - side / 2
        mid, top, right = x + side / 2, y + side, x + side
        self.canvas.clear()
        with self.canvas:
            Color(*self.color)
            match self.shape:
                case "square":
                    Rectangle(pos=(x + side * 0.06, y + side * 0.06), size=(side * 0.88,) * 2)
                case "diamond":
                    SmoothTriangle(points=(x, y + side / 2, mid, top, right, y + side / 2))
                    SmoothTriangle(points=(x, y + side / 2, mid, y, right, y + side / 2))
                case "triangle":
                    SmoothTriangle(points=(x, y, right, y, mid, top))
                case _:
                    SmoothEllipse(pos=(x, y), size=(side, side))


class Pips(Widget):
    """A small bar for each round, full as far as it has come."""

    count = NumericProperty(5)
    value = NumericProperty(0)
    color = ColorProperty([1, 1, 1, 1])
    off = ColorProperty([0.3, 0.3, 0.3, 1])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(pos=self.draw, size=self.draw, count=self.draw, value=self.draw)
        self.bind(color=self.draw, off=self.draw)

    def draw(self, *_: object) -> None:
        self.canvas.clear()
        count = int(self.count)
        if not 0 < count <= 20:
            return
        gap = self.width / count * 0.2
        wide = min((self.width - gap * (count - 1)) / count, self.height * 6)
        x = self.center_x - (count * wide + (count - 1) * gap) / 2
        with self.canvas:
            for i in range(count):
                Color(*(self.color if i < self.value else self.off))
                Rectangle(pos=(x + i * (wide + gap), self.y), size=(wide, self.height))


class Qr(Widget):
    """A QR code of ``text``; dark on light in both themes, with its quiet zone."""

    text = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._texture: Any = None
        self.bind(pos=self.draw, size=self.draw, text=self._make)

    def _make(self, *_: object) -> None:
        self._texture = None
        if self.text:
            rows = list(segno.make(self.text, error="l", micro=False).matrix_iter(border=3))
            side = len(rows)
            data = bytes(0 if dark else 255 for row in reversed(rows) for dark in row)
            self._texture = Texture.create(size=(side, side), colorfmt="luminance")
            self._texture.mag_filter = "nearest"
            self._texture.blit_buffer(data, colorfmt="luminance", bufferfmt="ubyte")
        self.draw()

    def draw(self, *_: object) -> None:
        self.canvas.clear()
        if self._texture is None:
            return
        # Whole pixels for each module: a scaled code is a blurred one.
        modules = self._texture.width
        side = max(1, int(min(self.size) // modules)) * modules
        with self.canvas:
            Color(1, 1, 1, 1)
            pos = (int(self.center_x - side / 2), int(self.center_y - side / 2))
            Rectangle(pos=pos, size=(side, side), texture=self._texture)


class Turned(Scatter):
    """Holds one widget, upright or turned half round, touches included."""

    turned = BooleanProperty(False)
    content = ObjectProperty(None, allownone=True)

    def __init__(self, content: Widget, **kwargs: Any) -> None:
        super().__init__(
            do_rotation=False, do_scale=False, do_translation=False,
            auto_bring_to_front=False, size_hint=(None, None), **kwargs,
        )  # fmt: skip
        self.content = content
        content.size_hint = (None, None)
        self.add_widget(content)
        self.bind(size=self._fill)

    def _fill(self, *_: object) -> None:
        self.content.pos, self.content.size = (0, 0), self.size

    def place(self, x: float, y: float, width: float, height: float, turned: bool) -> None:
        """Put it there; a turned one covers the same ground."""
        self.rotation = 0
        self.size = (width, height)
        self.pos = (x, y)
        self.rotation = 180 if turned else 0
        self.center = (x + width / 2, y + height / 2)
        self.turned = turned


class Sheet(FloatLayout):
    """What covers a half, or the whole screen, until it is closed; eats every touch on it."""

    fill = ColorProperty([0, 0, 0, 1])
    title = StringProperty("")
    on_close: Callable[[], object] | None = None

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        super().on_touch_down(touch)
        return True

    def refresh(self) -> None:
        """The match has changed."""

    def close(self) -> None:
        if self.parent is not None:
            self.parent.remove_widget(self)
        if self.on_close is not None:
            self.on_close()


def find(root: Any, key: str) -> Any | None:
    """The key of that name below *root*, if it is on the screen."""
    for widget in root.walk():
        if getattr(widget, "key", None) == key:
            return widget
    return None
