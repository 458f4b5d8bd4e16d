"""What can be seen of the app, and where: by what Kivy has laid out, not by pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kivy.core.window import Window
from kivy.uix.label import Label
from kivy.uix.stencilview import StencilView

from gamesync.table.ui.widgets import Sheet


def shown(app: Any) -> Iterator[Any]:
    """What is visible, uppermost first."""
    for layer in (app.dim, app.over, app.strip, app.stage):
        yield from _visible(layer, 1.0)


def keys(app: Any) -> list[dict[str, Any]]:
    """All keys that are visible; ``covered``: a sheet lies over its middle."""
    found, above = [], []
    for widget in shown(app):
        if isinstance(widget, Sheet):
            above.append(widget)
        if not getattr(widget, "key", None):
            continue
        at = middle(widget)
        lids = [s for s in above if s not in _ancestors(widget) and _covers(s, *at)]
        found.append(
            {
                "key": widget.key,
                "text": getattr(widget, "text", ""),
                "disabled": widget.disabled,
                "chosen": getattr(widget, "chosen", False),
                "rect": _rect(widget),
                "covered": bool(lids),
            }
        )
    return found


def texts(app: Any) -> Iterator[str]:
    """All visible words."""
    for widget in shown(app):
        if isinstance(widget, Label) and widget.text and widget.color[3] > 0:
            yield widget.text


def middle(widget: Any) -> tuple[float, float]:
    """In pixels of the window, from its lower left corner."""
    x, y = widget.to_window(*widget.center)
    return float(x), float(y)


def _visible(widget: Any, opacity: float) -> Iterator[Any]:
    """*widget* and what is in it, in the order in which touches come to it."""
    opacity *= widget.opacity
    if opacity < 0.05:
        return
    for child in widget.children:
        yield from _visible(child, opacity)
    if widget.width >= 1 and widget.height >= 1 and _on_window(widget):
        yield widget


def _on_window(widget: Any) -> bool:
    x, y = middle(widget)
    if not (0 <= x < Window.width and 0 <= y < Window.height):
        return False
    return all(_covers(a, x, y) for a in _ancestors(widget) if isinstance(a, StencilView))


def _ancestors(widget: Any) -> Iterator[Any]:
    above = widget.parent
    while above is not None and above is not above.parent:
        yield above
        above = above.parent


def _rect(widget: Any) -> list[float]:
    """Left, bottom, right and top in pixels of the window."""
    ends = [widget.to_window(widget.x, widget.y), widget.to_window(widget.right, widget.top)]
    xs, ys = zip(*ends, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def _covers(widget: Any, x: float, y: float) -> bool:
    left, bottom, right, top = _rect(widget)
    return left <= x <= right and bottom <= y <= top
