"""
What does not fit on the table's screen, found in the app's own process: words that are cut, keys
that lie over others or stick out, type too small to be read.

It is asked through :mod:`tests.table.driver`, of whatever is on the screen.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import attrs

SLACK = 1.5
"""Pixels that rounding may cost."""
LEAST_U = 12
"""The smallest type, in units: on a panel of 5 inches, as high as this book's footnotes."""
INK = 0.72
"""How much of a line's height its letters fill."""

Rect = tuple[float, float, float, float]
"""Left, bottom, right, top; pixels of the window."""


@attrs.frozen(eq=False)
class Seen:
    """A key, or words, on the screen; *inside*: what it belongs in, from the innermost out."""

    widget: Any
    what: str
    rect: Rect
    inside: tuple[Any, ...]


class Fits:
    """The driver's questions about how things look."""

    _app: Any

    def do_misfits(self) -> list[str]:
        """What is wrong with what is on the screen, in words; empty: nothing is."""
        app = self._app
        seen = list(_seen([app.over, app.strip, app.stage]))
        said = [fault for one in seen for fault in (*_too_tight(one, app.u), *_outside(one))]
        said += [
            f"{one.what} lies over {other.what}"
            for one, other in combinations(seen, 2)
            if _lid(one) is _lid(other) and _apart(one, other) and _meet(one.rect, other.rect)
        ]
        return said

    def do_colour(self, begins: str) -> list[float]:
        """The colour of the words that begin so."""
        for one in _seen([self._app.over, self._app.strip, self._app.stage]):
            if str(getattr(one.widget, "text", "")).startswith(begins):
                return list(one.widget.color)
        raise AssertionError(f"nothing begins with {begins}")

    def do_resize(self, width: int, height: int) -> None:
        """A window of another size: good for measuring, not for pictures."""
        from kivy.core.window import Window

        Window.size = (width, height)

    def do_swell(self, times: float) -> None:
        """Make everything larger than the window was made for."""
        self._app.u *= times

    def do_hurry(self) -> None:
        """Where nobody looks, there may be more frames a second."""
        from kivy.clock import Clock

        Clock._max_fps = 250


# -- what is there


def _seen(layers: list[Any]) -> Iterator[Seen]:
    """The keys and words of all *layers*, uppermost first; without what a sheet covers."""
    from kivy.uix.label import Label

    lids: list[Any] = []
    for layer in layers:
        for widget, above in _visible(layer, ()):
            if _is_lid(widget):
                lids.append(widget)
            rect = _rect(widget)
            if any(lid not in above and lid is not widget and _holds(lid, rect) for lid in lids):
                continue
            key, text = getattr(widget, "key", ""), getattr(widget, "text", "")
            words = isinstance(widget, Label) and bool(text) and widget.color[3] > 0
            if key:
                yield Seen(widget, f"[{key}] {text!r}", rect, above)
            elif words:
                yield Seen(widget, repr(text), _ink(widget), above)


def _visible(widget: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """*widget* and what is in it, the last drawn first, each with what it is in."""
    from kivy.uix.stencilview import StencilView

    gone = widget.x < -5_000 or widget.width < 1 or widget.height < 1
    if widget.opacity < 0.05 or gone:
        return
    for child in widget.children:
        yield from _visible(child, (widget, *above))
    # What a list has scrolled away, whole or in part, is neither outside nor cut.
    lists = [each for each in above if isinstance(each, StencilView)]
    if all(_holds(each, _rect(widget)) for each in lists):
        yield widget, above


def _is_lid(widget: Any) -> bool:
    from gamesync.table.ui.widgets import Sheet

    return isinstance(widget, Sheet)


def _lid(one: Seen) -> Any:
    return next((each for each in one.inside if _is_lid(each)), None)


def _rect(widget: Any) -> Rect:
    ends = [widget.to_window(widget.x, widget.y), widget.to_window(widget.right, widget.top)]
    xs, ys = zip(*ends, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _holds(widget: Any, rect: Rect) -> bool:
    left, bottom, right, top = _rect(widget)
    return (
        left - SLACK <= rect[0]
        and bottom - SLACK <= rect[1]
        and rect[2] <= right + SLACK
        and rect[3] <= top + SLACK
    )


# -- words in their box


def _too_tight(one: Seen, unit: float) -> Iterator[str]:
    from kivy.uix.label import Label

    label = one.widget
    if not isinstance(label, Label) or not label.text:
        return
    wide, high = _needs(label)
    room_wide = label.text_size[0] if label.text_size[0] is not None else label.width
    if label.is_shortened or wide > room_wide + SLACK:
        yield f"{one.what} is cut: {wide:.0f} wide in {room_wide:.0f}"
    if high > label.height + SLACK:
        yield f"{one.what} is cut: {high:.0f} high in {label.height:.0f}"
    if label.font_size < LEAST_U * unit - SLACK:
        yield f"{one.what} is too small: {label.font_size / unit:.1f} units"


def _needs(label: Any) -> tuple[float, float]:
    """How much room all words of *label* want, its lines broken as it breaks them."""
    from kivy.core.text import Label as Probe

    from gamesync.table.ui.widgets import DIGITS_HEIGHT

    def measured(text: str, width: float | None) -> Any:
        options = {**label._label.options, "text": text, "text_size": (width, None)}
        probe = Probe(**{**options, "shorten": False, "max_lines": 0})
        probe.resolve_font_name()
        return probe.render()

    one_line = label.shorten or label.text_size[0] is None
    if one_line:
        wide, high = measured(label.text, None)
    else:
        wide = max(measured(word, None)[0] for word in label.text.split())
        high = measured(label.text, label.text_size[0])[1]
    # Without a text_size nothing crops it: what counts are its letters.
    return wide, high * (DIGITS_HEIGHT if label.text_size[1] is None else 1)


def _ink(label: Any) -> Rect:
    """Where the letters are."""
    wide, high = _needs(label)
    wide, high = min(wide, label.width), min(high * INK, label.height)
    left = {"left": label.x, "right": label.right - wide}.get(
        label.halign, label.center_x - wide / 2
    )
    low = {"top": label.top - high, "bottom": label.y}.get(label.valign, label.center_y - high / 2)
    ends = [label.to_window(left, low), label.to_window(left + wide, low + high)]
    xs, ys = zip(*ends, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


# -- keys and words among each other


def _outside(one: Seen) -> Iterator[str]:
    from gamesync.table.ui.widgets import Panel, Sheet, Turned

    for each in one.inside:
        edge = each.parent is each.get_parent_window() or isinstance(each, (Panel, Sheet, Turned))
        if (edge or hasattr(each, "key")) and not _holds(each, one.rect):
            yield f"{one.what} sticks out of its {type(each).__name__}"
            return


def _apart(one: Seen, other: Seen) -> bool:
    """Neither is a part of the other."""
    return one.widget not in other.inside and other.widget not in one.inside


def _meet(one: Rect, other: Rect) -> bool:
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across > SLACK and up > SLACK
