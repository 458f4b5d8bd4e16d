"""
``clock_app.py URL GAME_ID KIND``: shows the clock of player 1, and says what it shows when asked.

KIND is the reactor: ``twisted``, as it is by default; ``kivy``, Kivy's own, where a label shows it;
``frames``, Kivy as a coroutine inside the ordinary one. ``wall`` is a fault: a client that goes by
the time of day.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

from gamesync.client import GameClient, Message

URL, GAME_ID, KIND = sys.argv[1:4]
if KIND == "kivy":
    from gamesync.client import kivy_reactor

    reactor: Any = kivy_reactor.install()
else:
    from twisted.internet import reactor

from twisted.internet.defer import Deferred, ensureDeferred  # noqa: E402 - after the reactor
from twisted.internet.task import deferLater, react  # noqa: E402


class Counting(GameClient):
    """Counts the answers to its heartbeats."""

    heartbeats = 0

    def process_message(self, message: Message) -> None:
        self.heartbeats += message.type == "heartbeat"


client = Counting(URL, heartbeat_ms=1_000, beat_ms=1_000)
if KIND == "wall":
    client.conversation._monotonic = time.time


def drawn() -> tuple[float, int | None]:
    """When, on the monotonic clock in ms, and what is shown then."""
    return time.monotonic() * 1000, client.clock_shown(1)


def report(seen: tuple[float, int | None]) -> None:
    print(
        json.dumps(
            {
                "at": seen[0],
                "now": time.monotonic() * 1000,
                "shown": seen[1],
                "wall": time.time(),
                "status": str(client.status),
                "client": client.client_id,
                "heartbeats": client.heartbeats,
            }
        ),
        flush=True,
    )


def listen(answer: Any) -> None:
    """Answer each line of standard input; whatever the timers of the reactor do."""
    for _ in sys.stdin:
        reactor.callFromThread(lambda: report(answer()))
    reactor.callFromThread(reactor.stop)


def begin(answer: Any) -> None:
    reactor.addSystemEventTrigger("before", "shutdown", client.stop)
    client.connect().addCallback(lambda _: client.join(GAME_ID))
    threading.Thread(target=listen, args=(answer,), daemon=True).start()


def with_kivy() -> None:
    from kivy.app import App
    from kivy.clock import Clock
    from kivy.uix.label import Label

    label = Label(text="0 None")

    def draw(_: float) -> None:
        label.text = "{} {}".format(*drawn())

    def read() -> tuple[float, int | None]:
        at, shown = label.text.split()
        return float(at), None if shown == "None" else int(shown)

    class Frames:
        @staticmethod
        def sleep(seconds: float) -> Deferred[None]:
            return deferLater(reactor, seconds)

    class Shown(App):
        def build(self) -> Label:
            return label

        def on_start(self) -> None:
            Clock.schedule_interval(draw, 0)
            begin(read)

    app = Shown()
    if KIND == "kivy":
        app.run()
        return
    # As the documents say it:
    reactor.seconds = time.monotonic
    Clock._async_lib = Frames
    reactor.addSystemEventTrigger("after", "shutdown", app.stop)
    react(lambda _: ensureDeferred(app.async_run()))


if __name__ == "__main__":
    if KIND in ("kivy", "frames"):
        with_kivy()
    else:
        begin(drawn)
        reactor.run()
