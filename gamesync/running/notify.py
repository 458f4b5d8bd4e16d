"""
What the service manager is told: that we serve, how it goes, that we are alive, that we stop.

The protocol is sd_notify(3): lines of ``NAME=value`` in a datagram. Nothing is told, and nothing
costs anything, where nobody asked for it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from ..server.service import Server
from ..store import Unavailable

STATUS_S = 10.0
"""Between status lines where no watchdog wants more."""


class Notify:
    """
    Speaks to the manager at *address*.

    :param address: path of its socket; ``@`` before it: one without a file; None: nobody listens
    :param watchdog_s: within which it wants to hear that we are alive; None: it does not
    """

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        self.address = address
        self.watchdog_s = watchdog_s

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int | None = None) -> Notify:
        """
        :param environment: of the process
        :param pid: of the process, if not this one: a watchdog may be meant for another
        """
        address = environment.get("NOTIFY_SOCKET", "")
        if not address.startswith(("/", "@")):
            return cls()
        watchdog_s = None
        meant_for = environment.get("WATCHDOG_PID")
        if meant_for in (None, str(os.getpid() if pid is None else pid)):
            with suppress(KeyError, ValueError):
                watchdog_s = int(environment["WATCHDOG_USEC"]) / 1e6
        return cls(address, watchdog_s or None)

    def say(self, *lines: str, status: str = "") -> None:
        """
        :param lines: such as ``READY=1``
        :param status: for people; its line breaks are taken out
        """
        if self.address is None:
            return
        if status:
            lines = (*lines, f"STATUS={' '.join(status.split())}")
        address = self.address.replace("@", "\0", 1) if self.address[0] == "@" else self.address
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK
        # A manager that does not listen just now is no reason to stop a match.
        with suppress(OSError), socket.socket(socket.AF_UNIX, kind) as line:
            line.sendto("\n".join(lines).encode(), address)


class Vigil(Service):
    """
    Says that we serve as it is started, and that we stop as it is stopped; in between, that we are
    alive: each time after the database's thread has answered the reactor. So a thread or a reactor
    that hangs is silent, and the manager starts us anew.

    A disk that takes nothing more is no such case. It is answered, and a restart would not help.
    """

    _log = Logger()

    def __init__(self, reactor: Any, server: Server, notify: Notify) -> None:
        self._server = server
        self._notify = notify
        self._rounds = LoopingCall(self._round)
        self._rounds.clock = reactor

    def startService(self) -> None:
        super().startService()
        self._notify.say("READY=1", status=self._status())
        watchdog_s = self._notify.watchdog_s
        self._rounds.start(STATUS_S if watchdog_s is None else watchdog_s / 4)

    def stopService(self) -> None:
        super().stopService()
        if self._rounds.running:
            self._rounds.stop()
        self._notify.say("STOPPING=1", status="stopping")

    def _round(self) -> Deferred[None]:
        # While an answer is out, a LoopingCall begins no further round.
        asking: Deferred[None] = Deferred.fromCoroutine(self._ask())
        return asking.addErrback(lambda f: self._log.failure("a round broke", failure=f))

    async def _ask(self) -> None:
        with suppress(Unavailable):
            await self._server.store.find(b"")
        if self.running:
            self._notify.say("WATCHDOG=1", status=self._status())

    def _status(self) -> str:
        hub = self._server.hub
        if not hub.live:
            return f"nothing can be saved: {hub.registry.commits.trouble or 'the disk is late'}"
        games, connections = len(hub.registry.rooms), self._server.gate.open
        return f"serving; games open: {games}, connections: {connections}"
