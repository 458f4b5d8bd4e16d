"""
The real app as a process that a test can touch: ``python -m tests.table.driver`` takes what
``gamesync-table`` takes, and is told in JSON lines on standard input what a finger does.

Everything in it is the app's own but the finger, which is a touch of Kivy's at a place of the
window: what is turned, covered or disabled behaves as it does for people. An answer comes when the
frame is drawn that shows what the finger did.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.stdio import StandardIO
from twisted.protocols.basic import LineOnlyReceiver

from gamesync.table import main as program


class Remote(LineOnlyReceiver):
    """
    One command a line, one answer a line, in the same order.

    :param driver: a :class:`tests.table.driving.Driver`
    """

    delimiter = b"\n"
    MAX_LENGTH = 1 << 20

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._last: Deferred[None] = Deferred()
        self._last.callback(None)

    def lineReceived(self, line: bytes) -> None:
        said = json.loads(line)
        self._last.addCallback(lambda _: Deferred.fromCoroutine(self._answer(said)))

    async def _answer(self, said: dict[str, Any]) -> None:
        self.sendLine(json.dumps(await self._driver.answer(said)).encode())

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
        from .driving import Driver  # not sooner: with it comes the window

        def listen(_: Any) -> None:
            # It returns nothing: anything true would keep the app from its own on_start.
            StandardIO(Remote(Driver(app)), reactor=reactor)

        app.bind(on_start=listen)
        return run(reactor, app, chosen)

    react(driven)


if __name__ == "__main__":
    main()
