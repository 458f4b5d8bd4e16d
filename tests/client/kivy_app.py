"""``kivy_app.py URL HOW``: a Kivy app that plays a little under Kivy's reactor, and stops so."""

from __future__ import annotations

import ctypes
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gamesync.client import GameClient, Message, kivy_reactor

reactor = kivy_reactor.install()

from kivy.app import App  # noqa: E402 - after the reactor, as the documents say
from kivy.base import runTouchApp, stopTouchApp  # noqa: E402
from kivy.clock import Clock  # noqa: E402
from kivy.uix.label import Label  # noqa: E402
from twisted.internet.defer import Deferred, ensureDeferred  # noqa: E402
from twisted.internet.interfaces import IReadDescriptor  # noqa: E402
from twisted.internet.protocol import DatagramProtocol  # noqa: E402
from twisted.python.failure import Failure  # noqa: E402
from zope.interface import implementer  # noqa: E402

SDL_QUIT = 0x100


def say(**report: Any) -> None:
    print(json.dumps(report), flush=True)


class Player(App):
    def __init__(self, url: str, how: str) -> None:
        super().__init__()
        self.how = how
        self.shown = Label(text="")
        self.client = GameClient(url, client_type="host", on_change=self.changed)
        reactor.addSystemEventTrigger("before", "shutdown", self.client.stop)

    def build(self) -> Label:
        return self.shown

    def on_start(self) -> None:
        if self.how == "at_once":
            self.stop()
        else:
            ensureDeferred(self.play()).addErrback(lambda f: say(broke=f.getTraceback()))

    def on_stop(self) -> None:
        say(on_stop=True)

    async def play(self) -> None:
        await self.client.connect()
        await self.client.create_game("wh40k-10e", "Anna", "Marek")
        await self.client.skip_setup(first_player=1)
        await self.client.start_clock()
        if self.how == "closed_file":
            await self.close_a_file()
        await self.client.score(1, "secondary", delta=5)
        say(client=self.client.client_id, score=self.shown.text)
        stop: Callable[[], object] | None = getattr(self, f"stop_{self.how}", None)
        if stop is not None:
            stop()
        if self.how == "closed_file":
            Clock.schedule_once(self.stop)

    def changed(self, state: dict[str, Any], _: Message) -> None:
        self.shown.text = str(state["scores"]["players"][0]["score"])

    async def close_a_file(self) -> None:
        """Close a file that the reactor waits for behind its back; until it has found out."""
        read, write = os.pipe()
        file = File(read)
        reactor.addReader(file)
        os.close(read)
        await file.lost
        os.close(write)

    # -- the ways to stop

    def stop_app(self) -> None:
        Clock.schedule_once(self.stop)

    def stop_callback(self) -> None:
        """Called by the reactor: the shutdown cannot begin before this has returned."""
        self.stop()

    def stop_window(self) -> None:
        """What a window manager's close button does."""
        maps = Path("/proc/self/maps").read_text("ascii").split()
        sdl = ctypes.CDLL(next(path for path in maps if "libSDL2-2" in path))
        event = (ctypes.c_uint32 * 32)(SDL_QUIT)
        sdl.SDL_PushEvent(ctypes.byref(event))

    def stop_reactor(self) -> None:
        reactor.stop()

    def stop_raises(self) -> None:
        """The app breaks."""
        Clock.schedule_once(lambda _: 1 / 0)

    def stop_broken_file(self) -> None:
        """Twisted itself breaks, over a socket that was closed behind its back."""
        kivy_reactor.PATIENCE_SECONDS = 0.5
        lower = [os.dup(0) for _ in range(64)]
        port = reactor.listenUDP(0, DatagramProtocol())
        for number in lower:  # what is opened next takes one of these, and not the socket's
            os.close(number)
        os.close(port.fileno())

    def stop_stuck(self) -> None:
        """Something that is to be done before the shutdown never ends."""
        kivy_reactor.PATIENCE_SECONDS = 0.5
        reactor.addSystemEventTrigger("before", "shutdown", Deferred)
        Clock.schedule_once(self.stop)


@implementer(IReadDescriptor)
class File:
    def __init__(self, number: int) -> None:
        self.number = number
        self.lost: Deferred[None] = Deferred()

    def fileno(self) -> int:
        return self.number

    def doRead(self) -> None: ...

    def logPrefix(self) -> str:
        return "file"

    def connectionLost(self, reason: Failure) -> None:
        self.lost.callback(None)


def bare(url: str) -> None:
    """Without an App."""
    client = GameClient(url)
    reactor.addSystemEventTrigger("before", "shutdown", client.stop)

    async def play() -> None:
        await client.connect()
        say(client=client.client_id, score="5")
        stopTouchApp()

    ensureDeferred(play()).addErrback(lambda f: say(broke=f.getTraceback()))
    runTouchApp(Label())


if __name__ == "__main__":
    if sys.argv[2] == "bare":
        bare(sys.argv[1])
    else:
        Player(sys.argv[1], sys.argv[2]).run()
    say(ended=True)
