"""
What a process of the server owes its operator: signals, one sentence when it cannot start, links.

All that is here is done once a process; the server below it knows nothing of it.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from typing import Any, TextIO

from twisted.application.service import MultiService
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..server.assembly import Parts
from ..server.listen import CannotListen
from ..storage.schema import BadDatabase
from ..store import Unavailable
from .announcement import Announcement
from .banner import Banner
from .demonstration import Demonstration, Match
from .notify import Notify, Vigil

OTHER_FILES = 200
"""What is open beside connections, at most."""


class Process(MultiService):
    """The server's services, run as a process of their own (by twistd)."""

    _log = Logger()

    def __init__(self, reactor: Any, parts: Parts) -> None:
        super().__init__()
        self._reactor = reactor
        self._server = parts.server
        self._notify = Notify.of(os.environ)
        parts.root.setServiceParent(self)
        parts.server.ready.addCallbacks(self._serving, self._not_opened)

    def privilegedStartService(self) -> None:
        self._make_room(self._server.settings.limits.connections + OTHER_FILES)
        signal.signal(signal.SIGHUP, self._hang_up)
        try:
            super().privilegedStartService()
        except CannotListen as e:
            why = str(e)
            self._log.critical("not started: {why}", why=why)
            self._notify.say(status=f"not started: {why}")
            # It has to be an exception, or a daemon's parent would wait for ever; but one sentence.
            sys.excepthook = lambda *_: self._say(why)
            raise

    def startService(self) -> None:
        self._reactor.addSystemEventTrigger("before", "shutdown", self._go_deaf)
        self._notify.say(status="opening the database")
        super().startService()

    def _make_room(self, files: int) -> None:
        """Each connection is an open file, and 1024 is what most systems begin with."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = files if hard == resource.RLIM_INFINITY else min(files, hard)
        if soft != resource.RLIM_INFINITY and soft < most:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        if most < files:
            self._log.warn(
                "only {most} open files are allowed, for {files}", most=most, files=files
            )

    def _hang_up(self, *_: object) -> None:
        self._reactor.callFromThread(self._server.reload)

    def _go_deaf(self) -> None:
        """The stop has begun and ends by itself: another signal would only break it off."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def _serving(self, _: None) -> None:
        if self._notify.address is not None:
            Vigil(self._reactor, self._server, self._notify).setServiceParent(self)
        settings, out = self._server.settings, sys.__stdout__
        banner = Banner(self._reactor, self._server, out) if settings.banner and out else None
        if banner is not None:
            banner.setServiceParent(self)
            Announcement(self._reactor, self._server).setServiceParent(self)
        if settings.demo:
            shown = banner.match if banner is not None else _unshown
            Demonstration(self._reactor, self._server, shown).setServiceParent(self)

    def _not_opened(self, failure: Failure) -> None:
        if failure.check(BadDatabase, Unavailable) is None:
            self._log.failure("the start broke", failure=failure)
        why = failure.getErrorMessage()
        self._log.critical("not started: {why}", why=why)
        self._notify.say(status=f"not started: {why}")
        self._say(why)
        # A stop alone would count as a clean end, and nothing would start us again.
        self._reactor.addSystemEventTrigger("after", "shutdown", os._exit, 1)
        self._reactor.stop()

    def _say(self, why: str) -> None:
        stderr: TextIO | None = sys.__stderr__  # sys.stderr is the log's by now
        if stderr is not None:
            stderr.write(f"gamesync: {why}\n")
            stderr.flush()


def _unshown(_: Match) -> None:
    """Nobody asked for links."""
