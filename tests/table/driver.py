"""
The real app as a process that a test can touch: ``python -m tests.table.driver`` takes what
``gamesync-table`` takes, and is told in JSON lines on standard input what a finger does.

Everything in it is the app's own but the finger, which is a touch of Kivy's at a place of the
window: what is turned, covered or disabled behaves as it does for people. An answer comes when the
frame is drawn that shows what the finger did.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver

from gamesync.table import main as program


class CannotTouch(Exception):
    """There is nothing that a finger could touch."""


class Driver:
    """
    The commands, one method each; they return what is told to the test.

    :param app: the app, running
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._fingers: dict[str, Any] = {}

    # -- fingers

    async def do_tap(self, keys: list[str]) -> None:
        """Tap each of *keys*, all within one frame."""
        for key in keys:
            self._down(key, *self._middle(key))
        await self.do_frames(1)
        for key in keys:
            self._up(key)
        await self.do_frames(1)

    async def do_tap_at(self, x: float, y: float) -> None:
        """Tap a place of the window, in pixels from its lower left corner."""
        self._down("at", x, y)
        await self.do_frames(1)
        self._up("at")
        await self.do_frames(1)

    async def do_down(self, key: str) -> None:
        """Lay a finger on a key."""
        self._down(key, *self._middle(key))
        await self.do_frames(1)

    async def do_up(self, key: str) -> None:
        """Lift it again."""
        self._up(key)
        await self.do_frames(1)

    async def do_drag(self, key: str, dx: float, dy: float) -> None:
        """Move a finger that lies on a key, in pixels."""
        finger = self._fingers[key]
        finger.go(dx, dy)
        await self.do_frames(1)

    def _down(self, name: str, x: float, y: float) -> None:
        self._fingers[name] = _finger(x, y)
        self._fingers[name].post("begin")

    def _up(self, name: str) -> None:
        self._fingers.pop(name).post("end")

    def _middle(self, key: str) -> tuple[float, float]:
        for widget in self._shown():
            if getattr(widget, "key", None) == key:
                return _middle(widget)
        raise CannotTouch(f"{key} is not on the screen: {', '.join(self._names())}")

    # -- what is seen

    def _shown(self) -> Iterator[Any]:
        """What is visible, uppermost first."""
        layers = [self._app.dim, self._app.over, self._app.strip, self._app.stage]
        for layer in layers:
            yield from _visible(layer, 1.0)

    def _names(self) -> list[str]:
        return sorted({w.key for w in self._shown() if getattr(w, "key", None)})

    def do_keys(self) -> list[dict[str, Any]]:
        """All keys that are visible; ``covered``: a sheet lies over its middle."""
        from gamesync.table.ui.widgets import Sheet

        found, above = [], []
        for widget in self._shown():
            if isinstance(widget, Sheet):
                above.append(widget)
            if not getattr(widget, "key", None):
                continue
            middle = _middle(widget)
            lids = [s for s in above if s not in _ancestors(widget) and _covers(s, *middle)]
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

    def do_texts(self) -> list[str]:
        """All visible words."""
        return [text for text, _ in self._texts()]

    def do_cut(self) -> list[str]:
        """Words that there is not room enough for."""
        return [text for text, cut in self._texts() if cut]

    def _texts(self) -> Iterator[tuple[str, bool]]:
        from kivy.uix.label import Label

        for widget in self._shown():
            if isinstance(widget, Label) and widget.text and widget.color[3] > 0:
                wide, high = widget.texture_size
                room = wide <= widget.width + 1 and high <= widget.height * 1.35 + 1
                yield widget.text, bool(widget.is_shortened) or not room

    def do_screen(self) -> str:
        return str(self._app.screen)

    def do_seen(self) -> dict[str, Any] | None:
        """What the clocks show; the server's time by what the app knows, and this machine's own."""
        import attrs

        seen = self._app.session.seen
        if seen is None:
            return None
        local = time.monotonic() * 1000
        return {**attrs.asdict(seen), "now": self._app.session.now, "local": local}

    def do_state(self) -> dict[str, Any] | None:
        """The match, as the app has it."""
        state: dict[str, Any] | None = self._app.session.state
        return state

    def do_about(self) -> dict[str, Any]:
        """How the session stands."""
        session = self._app.session
        client = session.match
        return {
            "live": session.live,
            "problem": session.box.problem,
            "game_id": client.game_id if client is not None else None,
            "rights": list(client.mirror.rights) if client is not None else [],
            "waiting": len(client.outbox.waiting) if client is not None else 0,
            "refused": session.taps.latest_problem(),
            "box": session.box.said,
        }

    def do_prefs(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(self._app.session.prefs)
        return found

    async def do_shot(self, file: str) -> None:
        """A picture of the window, as PNG."""
        from kivy.core.window import Window

        Window.canvas.ask_update()
        await self.do_frames(2)
        drawn = Window.screenshot(name=file)
        os.replace(drawn, file)

    async def do_frames(self, count: int = 1) -> None:
        """Wait until so many frames were drawn."""
        from kivy.clock import Clock

        until = Clock.frames_displayed + count
        done: Deferred[None] = Deferred()

        def look(_: float) -> bool | None:
            if Clock.frames_displayed < until:
                return None
            done.callback(None)
            return False

        Clock.schedule_interval(look, 0)
        await done

    async def do_press(self, key: str) -> float:
        """
        Press a clock; milliseconds from the touch to the frame that shows what came of it.
        """
        from kivy.core.window import Window

        lit = self._lit()
        done: Deferred[float] = Deferred()
        began = time.monotonic()

        def drawn(_: Any) -> None:
            if self._lit() != lit and not done.called:
                done.callback((time.monotonic() - began) * 1000)

        Window.bind(on_flip=drawn)
        self._down(key, *self._middle(key))
        shown = await done
        Window.unbind(on_flip=drawn)
        self._up(key)
        return shown

    def _lit(self) -> list[bool]:
        """Which of the halves shows a running clock."""
        return [half.ids.clock.lit for half in self._app.view.halves.values()]

    def do_alive(self) -> dict[str, int]:
        """How many widgets of each kind there are in memory, shown or not."""
        from kivy.uix.widget import Widget

        gc.collect()
        kinds = [type(each) for each in gc.get_objects()]  # asking a weak proxy itself may fail
        return dict(Counter(kind.__name__ for kind in kinds if issubclass(kind, Widget)))

    # -- what no finger does

    async def do_wear(self, **prefs: Any) -> None:
        """Change preferences at once, for pictures."""
        self._app.session.keep(**prefs)
        self._app.rebuild()
        await self.do_frames(2)

    def do_idle(self, seconds: float) -> None:
        """As if nobody had touched the screen for so long."""
        session = self._app.session
        session._touched -= seconds

    def do_quit(self) -> None:
        self._app.stop()


def _finger(x: float, y: float) -> Any:
    from kivy.base import EventLoop
    from kivy.core.window import Window
    from kivy.input.motionevent import MotionEvent

    class Finger(MotionEvent):
        """A touch of a panel."""

        def depack(self, args: dict[str, float]) -> None:
            self.sx, self.sy = args["sx"], args["sy"]
            self.profile = ["pos"]
            super().depack(args)

        def go(self, dx: float, dy: float) -> None:
            wide, high = Window.width - 1, Window.height - 1
            self.move({"sx": self.sx + dx / wide, "sy": self.sy + dy / high})
            self.post("update")

        def post(self, what: str) -> None:
            EventLoop.post_dispatch_input(what, self)

    place = {"sx": x / (Window.width - 1), "sy": y / (Window.height - 1)}
    _finger.count += 1  # type: ignore[attr-defined]
    return Finger("test", _finger.count, place, is_touch=True, type_id="touch")  # type: ignore[attr-defined]


_finger.count = 0  # type: ignore[attr-defined]


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
    from kivy.core.window import Window
    from kivy.uix.stencilview import StencilView

    x, y = _middle(widget)
    if not (0 <= x < Window.width and 0 <= y < Window.height):
        return False
    return all(_covers(a, x, y) for a in _ancestors(widget) if isinstance(a, StencilView))


def _ancestors(widget: Any) -> Iterator[Any]:
    above = widget.parent
    while above is not None and above is not above.parent:
        yield above
        above = above.parent


def _middle(widget: Any) -> tuple[float, float]:
    x, y = widget.to_window(*widget.center)
    return float(x), float(y)


def _rect(widget: Any) -> list[float]:
    """Left, bottom, right and top in pixels of the window."""
    ends = [widget.to_window(widget.x, widget.y), widget.to_window(widget.right, widget.top)]
    xs, ys = zip(*ends, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def _covers(widget: Any, x: float, y: float) -> bool:
    left, bottom, right, top = _rect(widget)
    return left <= x <= right and bottom <= y <= top


class Remote(LineOnlyReceiver):
    """One command a line, one answer a line, in the same order."""

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._last: Deferred[None] = Deferred()
        self._last.callback(None)

    def lineReceived(self, line: bytes) -> None:
        said = json.loads(line)
        self._last.addCallback(lambda _: Deferred.fromCoroutine(self._answer(said)))

    async def _answer(self, said: dict[str, Any]) -> None:
        try:
            done = getattr(self._driver, f"do_{said.pop('do')}")(**said)
            answer = {"ok": await done if hasattr(done, "__await__") else done}
        except CannotTouch as error:
            answer = {"error": str(error)}
        except Exception:  # with a real finger the app would end of it
            answer = {"crash": traceback.format_exc()}
        self.sendLine(json.dumps(answer).encode())

    def connectionLost(self, reason: Any = None) -> None:
        """The test is gone: so are we."""
        self._driver.do_quit()


def main() -> None:
    chosen = program.options(sys.argv[1:], dict(os.environ))
    program.prepare(chosen, os.environ)  # type: ignore[arg-type]
    program.configure(chosen)
    from twisted.internet.task import react

    from gamesync.table.ui.running import run

    def driven(reactor: Any) -> Any:
        app = program.made(reactor, chosen)

        def listen(_: Any) -> None:
            # It returns nothing: anything true would keep the app from its own on_start.
            StandardIO(Remote(Driver(app)), reactor=reactor)

        app.bind(on_start=listen)
        return run(reactor, app, chosen)

    react(driven)


if __name__ == "__main__":
    main()
