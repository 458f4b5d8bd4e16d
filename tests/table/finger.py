"""Fingers: touches of Kivy's at a place of the window, as a panel makes them."""

from __future__ import annotations

from itertools import count

from kivy.base import EventLoop
from kivy.core.window import Window
from kivy.input.motionevent import MotionEvent


class Fingers:
    """Those that lie on the screen, by name."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._down: dict[str, Finger] = {}

    def down(self, name: str, x: float, y: float) -> None:
        """Lay one down, at a place in pixels from the lower left corner."""
        place = {"sx": x / (Window.width - 1), "sy": y / (Window.height - 1)}
        finger = Finger("test", next(self._numbers), place, is_touch=True, type_id="touch")
        self._down[name] = finger
        finger.post("begin")

    def go(self, name: str, dx: float, dy: float) -> None:
        """Move it, in pixels."""
        finger = self._down[name]
        sx, sy = finger.sx + dx / (Window.width - 1), finger.sy + dy / (Window.height - 1)
        finger.move({"sx": sx, "sy": sy})
        finger.post("update")

    def up(self, name: str) -> None:
        self._down.pop(name).post("end")


class Finger(MotionEvent):
    """A touch of a panel."""

    def depack(self, args: dict[str, float]) -> None:
        self.sx, self.sy = args["sx"], args["sy"]
        self.profile = ["pos"]
        super().depack(args)

    def post(self, what: str) -> None:
        EventLoop.post_dispatch_input(what, self)
