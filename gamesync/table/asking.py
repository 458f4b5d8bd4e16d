"""Asks our box, again and again, what it says of itself: its address may change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..client import BadTrust
from .about import NoAnswer, about

ASK_SECONDS = 30.0
"""How often; with the address of the box changes every QR code."""


class Asking:
    """
    :param told: called with each answer; where there is none, nothing is told
    """

    def __init__(self, reactor: Any, told: Callable[[dict[str, Any]], object]) -> None:
        self._reactor = reactor
        self._told = told
        self._server = ""
        self._next: Any = None

    def start(self, server: str, ca_file: str | None) -> None:
        """Ask now, and once in a while from then on; of another box nothing is told any more."""
        self.stop()
        self._server = server
        self._ask(server, ca_file)

    def stop(self) -> None:
        if self._next is not None and self._next.active():
            self._next.cancel()
        self._next, self._server = None, ""

    def _ask(self, server: str, ca_file: str | None) -> None:
        self._next = self._reactor.callLater(ASK_SECONDS, self._ask, server, ca_file)

        def told(said: dict[str, Any]) -> None:
            if server == self._server:
                self._told(said)

        def silent(failure: Failure) -> None:
            failure.trap(NoAnswer, BadTrust)

        asked = Deferred.fromCoroutine(about(self._reactor, server, ca_file))
        asked.addCallbacks(told, silent)
