"""What a test can do at the real app, and ask of it: one method for each command."""

from __future__ import annotations

import gc
import os
import time
import traceback
from collections import Counter
from typing import Any

import attrs
import msgspec
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.widget import Widget
from twisted.internet.defer import Deferred

from .finger import Fingers
from .fits import Fits
from .visible import keys, middle, shown, texts


class CannotTouch(Exception):
    """There is nothing that a finger could touch."""


class Driver(Fits):
    """
    The commands are the methods ``do_…``; they return what is told to the test.

    :param app: the app, running
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._fingers = Fingers()

    async def answer(self, said: dict[str, Any]) -> dict[str, Any]:
        """Do what is *said*; its result, or how it failed."""
        try:
            done = getattr(self, f"do_{said.pop('do')}")(**said)
            return {"ok": await done if hasattr(done, "__await__") else done}
        except CannotTouch as error:
            return {"error": str(error)}
        except Exception:  # with a real finger the app would end of it
            return {"crash": traceback.format_exc()}

    # -- fingers

    async def do_tap(self, keys: list[str]) -> None:
        """Tap each of *keys*, all within one frame."""
        for key in keys:
            self._fingers.down(key, *self._middle(key))
        await self.do_frames(1)
        for key in keys:
            self._fingers.up(key)
        await self.do_frames(1)

    async def do_tap_at(self, x: float, y: float) -> None:
        """Tap a place of the window, in pixels from its lower left corner."""
        self._fingers.down("at", x, y)
        await self.do_frames(1)
        self._fingers.up("at")
        await self.do_frames(1)

    async def do_down(self, key: str) -> None:
        """Lay a finger on a key."""
        self._fingers.down(key, *self._middle(key))
        await self.do_frames(1)

    async def do_up(self, key: str) -> None:
        """Lift it again."""
        self._fingers.up(key)
        await self.do_frames(1)

    async def do_drag(self, key: str, dx: float, dy: float) -> None:
        """Move a finger that lies on a key, in pixels."""
        self._fingers.go(key, dx, dy)
        await self.do_frames(1)

    async def do_press(self, key: str) -> float:
        """
        Press a clock; milliseconds from the touch to the frame that shows what came of it.
        """
        lit = self._lit()
        done: Deferred[float] = Deferred()
        began = time.monotonic()

        def drawn(_: Any) -> None:
            if self._lit() != lit and not done.called:
                done.callback((time.monotonic() - began) * 1000)

        Window.bind(on_flip=drawn)
        self._fingers.down(key, *self._middle(key))
        took = await done
        Window.unbind(on_flip=drawn)
        self._fingers.up(key)
        return took

    def _middle(self, key: str) -> tuple[float, float]:
        for widget in shown(self._app):
            if getattr(widget, "key", None) == key:
                return middle(widget)
        names = sorted({w.key for w in shown(self._app) if getattr(w, "key", None)})
        raise CannotTouch(f"{key} is not on the screen: {', '.join(names)}")

    def _lit(self) -> list[bool]:
        """Which of the halves shows a running clock."""
        return [half.ids.clock.lit for half in self._app.view.halves.values()]

    # -- what is seen

    def do_keys(self) -> list[dict[str, Any]]:
        return keys(self._app)

    def do_texts(self) -> list[str]:
        """All visible words."""
        return list(texts(self._app))

    def do_screen(self) -> str:
        return str(self._app.screen)

    async def do_shot(self, file: str) -> None:
        """A picture of the window, as PNG."""
        Window.canvas.ask_update()
        await self.do_frames(2)
        drawn = Window.screenshot(name=file)
        os.replace(drawn, file)

    async def do_frames(self, count: int = 1) -> None:
        """Wait until so many frames were drawn."""
        until = Clock.frames_displayed + count
        done: Deferred[None] = Deferred()

        def look(_: float) -> bool | None:
            if Clock.frames_displayed < until:
                return None
            done.callback(None)
            return False

        Clock.schedule_interval(look, 0)
        await done

    def do_alive(self) -> dict[str, int]:
        """How many widgets of each kind there are in memory, shown or not."""
        gc.collect()
        kinds = [type(each) for each in gc.get_objects()]  # asking a weak proxy itself may fail
        return dict(Counter(kind.__name__ for kind in kinds if issubclass(kind, Widget)))

    # -- what is known

    def do_seen(self) -> dict[str, Any] | None:
        """What the clocks show; the server's time by what the app knows, and this machine's own."""
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

    # -- what no finger does

    async def do_wear(self, **prefs: Any) -> None:
        """Change preferences at once, for pictures."""
        self._app.session.keep(**prefs)
        self._app.rebuild()
        await self.do_frames(2)

    def do_go(self, link: str) -> None:
        """As if the address of a box, or the link of a place, had been typed."""
        self._app.session.box.open(link)

    def do_idle(self, seconds: float) -> None:
        """As if nobody had touched the screen for so long."""
        session = self._app.session
        session._touched -= seconds

    def do_quit(self) -> None:
        self._app.stop()
