"""
Kivy's Twisted reactor support, made to stop.

Up to Kivy 2.3.1, ``kivy.support.install_twisted_reactor`` calls a method that Twisted has no more
since 24.7: when the app stops, its connections are left open and the process hangs. And Twisted's
reactor for foreign event loops stands still for good once a file that it waits for was closed
behind its back. An app that uses :func:`install` instead has neither.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeAlias

from kivy import support
from kivy.base import EventLoop, stopTouchApp
from twisted.internet.error import ReactorNotRunning
from twisted.logger import Logger

PATIENCE_SECONDS = 5.0
"""How long a stopped app waits for Twisted's orderly shutdown, in which clients say goodbye."""

Work: TypeAlias = Callable[[], object]
Waker: TypeAlias = Callable[[Work], None]

_log = Logger()
_installed: list[_Installed] = []


def install() -> Any:
    """
    Install Kivy's reactor, and return it; to be called before anything imports the reactor.

    However the app is stopped (``App.stop``, a closed window, ``reactor.stop``, SIGTERM or SIGINT),
    Twisted's "before shutdown" triggers run to their end, and the process exits with status 0.
    Triggers that take longer than :data:`PATIENCE_SECONDS` are not waited for.
    """
    if not _installed:
        support.install_twisted_reactor()
        from twisted.internet import reactor

        _installed.append(_Installed(reactor))
    return _installed[0].reactor


class _Installed:
    """
    Stands between Twisted's reactor, whose work is done between frames, and Kivy's event loop.

    :ivar reactor: Twisted's ``ThreadedSelectReactor``
    """

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self._queue: deque[Work] = deque()
        self._came = threading.Event()
        self._working = False
        self._to_close = False
        self._finished = False
        self._waits = 0
        self._interleave, self._close = reactor.interleave, EventLoop.close
        self._select_once = reactor._selectOnce
        # Kivy has bound its start and its stop by now; the start will call ours:
        reactor.interleave, reactor._selectOnce = self._start, self._wait_for_files
        EventLoop.close = self._close_between_frames
        EventLoop.bind(on_stop=self._stopped)  # called before Kivy's own
        reactor.addSystemEventTrigger("after", "shutdown", self._shut_down)

    def _start(self, waker: Waker, installSignalHandlers: object = True) -> None:
        """In place of ``interleave``: signals are Twisted's, or SIGTERM would say no goodbye."""

        def wake(work: Work) -> None:
            self._queue.append(work)
            self._came.set()
            waker(self._work)

        self._interleave(wake, installSignalHandlers=True)

    def _wait_for_files(self, timeout: float | None, keep_going: bool) -> None:
        self._waits += 1
        self._select_once(timeout, keep_going)

    def _work(self) -> None:
        """Do what the reactor has to do; Kivy calls this once a frame at most."""
        self._working = True
        try:
            while self._queue:
                waits = self._waits
                try:
                    self._queue.popleft()()
                finally:
                    if self._waits == waits and self.reactor._started:
                        # It found a file that is closed, left it out, and would not wait again.
                        self.reactor._selectOnce(0.0, True)
        finally:
            self._working = False
        if self._to_close:
            self._to_close = False
            EventLoop.close()

    # -- the end

    def _close_between_frames(self) -> None:
        """
        In place of ``EventLoop.close``.

        Asked for by a callback of the reactor it has to wait until that has returned: the shutdown
        is work of the same reactor.
        """
        if self._working:
            self._to_close = True
        else:
            self._close()

    def _shut_down(self) -> None:
        """Twisted is at its end: so is the app."""
        self._finished = True
        stopTouchApp()

    def _stopped(self, _: object) -> bool:
        """Kivy's event loop has stopped: bring Twisted to its end, too."""
        if self.reactor.running:
            with suppress(ReactorNotRunning):  # it may be stopping already
                self.reactor.stop()
            if not self._work_until(lambda: self._finished):
                _log.warn(
                    "shutdown took more than {seconds} s and was broken off",
                    seconds=PATIENCE_SECONDS,
                )
                self.reactor.crash()
                if self.reactor.threadpool is not None:
                    self.reactor.threadpool.stop()
        # Its thread would keep the process from ending. Where the reactor itself has broken it may
        # not come to that any more.
        if not self._work_until(lambda: self.reactor._selectorThread is None):
            self.reactor._cleanUpThread()
        return True  # Kivy's own handler is not called

    def _work_until(self, done: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self._came.wait(left)
            self._came.clear()
            try:
                self._work()
            except Exception:  # what broke it may break again: the rest has to end all the same
                _log.failure("the reactor broke on its way out")
        return True
