"""
Kivy inside the ordinary reactor: its frames are drawn by a coroutine, the reactor does all waiting.

(The other way round, Kivy's own reactor, is for apps that have one already: see
``gamesync.client.kivy_reactor``.)
"""

from __future__ import annotations

import sys
import time
from typing import Any

from kivy.clock import Clock
from twisted.internet.defer import Deferred, ensureDeferred
from twisted.internet.task import deferLater
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)

from ...client import parse_link
from ..main import Options


def run(reactor: Any, app: Any, chosen: Options) -> Deferred[None]:
    """Run *app* until it is stopped; fires when the window is gone and all is said goodbye to."""
    # Else a wall clock that is set back by an hour stops all drawing for an hour.
    reactor.seconds = time.monotonic
    _log_to_stderr()

    class Frames:
        """What Kivy waits with, between two frames."""

        @staticmethod
        def sleep(seconds: float) -> Deferred[None]:
            return deferLater(reactor, seconds)

    Clock._async_lib = Frames  # Kivy has no public name for "another loop than asyncio or trio"
    reactor.addSystemEventTrigger("before", "shutdown", app.session.stop)
    reactor.addSystemEventTrigger("after", "shutdown", app.stop)
    _remember(app.session, chosen)
    way = parse_link(chosen.link)[1] if chosen.link else None
    reactor.callWhenRunning(app.session.start, way)
    return ensureDeferred(app.async_run())


def _log_to_stderr() -> None:
    worth = LogLevelFilterPredicate(LogLevel.info)
    worth.setLogLevelForNamespace("twisted.web.client._HTTP11ClientFactory", LogLevel.warn)
    observer = FilteringLogObserver(textFileLogObserver(sys.stderr), [worth])
    globalLogBeginner.beginLoggingTo([observer], redirectStandardIO=False)


def _remember(session: Any, chosen: Options) -> None:
    said = {
        "ca_file": chosen.ca_file,
        "role": chosen.role,
        "language": chosen.language,
        "server": parse_link(chosen.link)[0] if chosen.link else "",
    }
    said = {name: value for name, value in said.items() if value}
    if said.get("server") not in (None, session.prefs.server):
        said |= {"table": "", "game_id": ""}
    if said:
        session.keep(**said)
