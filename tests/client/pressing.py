"""
``pressing.py FILE ARGUMENTS…``: be that Kivy app, with a finger that presses its only button.

Says in JSON what its labels show whenever that changes; presses when it is sent a line, once the
app runs.
"""

from __future__ import annotations

import json
import runpy
import sys
import threading
from typing import Any

from kivy.app import App
from kivy.base import EventLoop
from kivy.clock import Clock
from kivy.input.motionevent import MotionEvent
from kivy.uix.button import Button
from kivy.uix.label import Label


class Finger(MotionEvent):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, is_touch=True, type_id="touch", **kwargs)
        self.profile = ["pos"]

    def depack(self, args: tuple[float, float]) -> None:
        self.sx, self.sy = args
        super().depack(args)


def widgets() -> list[Any]:
    app = App.get_running_app()
    return [] if app is None or app.root is None else list(app.root.walk())


def look(_: float) -> None:
    shown = [w.text for w in widgets() if isinstance(w, Label) and not isinstance(w, Button)]
    if shown and shown != look.__dict__.get("shown"):
        look.__dict__["shown"] = shown
        print(json.dumps({"shown": shown}), flush=True)


def press() -> None:
    (button,) = (w for w in widgets() if isinstance(w, Button))
    window = EventLoop.window
    finger = Finger("test", 1, (button.center_x / window.width, button.center_y / window.height))
    for step in ("begin", "end"):
        EventLoop.post_dispatch_input(step, finger)


def listen() -> None:
    for _ in sys.stdin:
        Clock.schedule_once(lambda _: press())


if __name__ == "__main__":
    Clock.schedule_interval(look, 0)
    Clock.schedule_once(lambda _: threading.Thread(target=listen, daemon=True).start())
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
