"""
Announcing a server on the local network by multicast DNS, while it runs at somebody's terminal.

An installed box is announced by avahi, from a file; there this has nothing to do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..server.reach import Reach, addresses
from ..server.service import Server

if TYPE_CHECKING:
    from zeroconf import Zeroconf

AGAIN_S = 30.0
"""How often to look whether the box has got another address."""


class Announcement(Service):
    """Announces *server* as long as it runs; without ``zeroconf`` installed it does nothing."""

    _log = Logger()

    def __init__(self, reactor: Any, server: Server) -> None:
        self._reactor = reactor
        self._server = server
        self._said: tuple[Reach, tuple[str, ...]] | None = None
        self._one = DeferredLock()
        self._open: Zeroconf | None = None
        self._look = LoopingCall(self._again)
        self._look.clock = reactor

    def startService(self) -> None:
        super().startService()
        try:
            import zeroconf  # noqa: F401
        except ImportError:
            return
        self._look.start(AGAIN_S)

    def stopService(self) -> Deferred[None]:
        super().stopService()
        if self._look.running:
            self._look.stop()
        return self._one.run(self._in_thread, self._close).addErrback(self._broke)

    def _again(self) -> Deferred[None] | None:
        reach = self._server.reach
        where = reachable(self._server.settings.ws_host, tuple(addresses()))
        if (reach, where) == self._said:
            return None
        self._said = reach, where
        announced = self._one.run(self._in_thread, lambda: self._announce(reach, where))
        return announced.addErrback(self._broke)

    def _in_thread(self, work: Callable[[], None]) -> Deferred[None]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work)

    def _broke(self, failure: Failure) -> None:
        self._said = None  # it is tried again
        self._log.warn("not announced: {why}", why=failure.getErrorMessage())

    # -- in another thread

    def _announce(self, reach: Reach, where: tuple[str, ...]) -> None:
        from zeroconf import ServiceInfo, Zeroconf

        from ..client.discovery import SERVICE

        self._close()
        if not where:
            return
        box = socket.gethostname().partition(".")[0] or "box"
        self._open = Zeroconf()
        info = ServiceInfo(
            SERVICE,
            f"gamesync on {box}.{SERVICE}",
            port=reach.port,
            parsed_addresses=list(where),
            properties={"scheme": "wss", "host": reach.host} if reach.secure else {"scheme": "ws"},
            server=f"{box}-gamesync.local.",  # box.local may be avahi's
        )
        self._open.register_service(info, allow_name_change=True)

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()  # says goodbye first


def reachable(bound: str, ours: tuple[str, ...]) -> tuple[str, ...]:
    """
    The addresses to announce; none if only this box can reach it.

    :param bound: the setting ``ws_host``
    :param ours: all addresses of the box
    """
    if bound in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return tuple(address for address in ours if not ip_address(address).is_loopback)
    with suppress(ValueError):
        return () if ip_address(bound).is_loopback else (bound,)
    return ()  # by a name: nobody knows which of them it is
