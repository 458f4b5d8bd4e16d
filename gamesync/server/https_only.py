"""What a port without TLS does where everything is to be encrypted: it shows the way, no more."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import attrs

from .head import Door, Head, Visitor, parse_address
from .reach import Reach

OPEN = frozenset({"/ca", "/ca.crt", "/favicon.svg", "/healthz", "/metrics", "/readyz"})
"""Served all the same: what leads to trust, and what programs ask that watch the box."""
STYLES = "/static/"
"""So are files that are the same for everybody."""


@attrs.frozen
class HttpsOnly:
    """
    Sends those who come without TLS to the encrypted port, under a name of this box's own.

    :ivar reach: how that port is reached
    """

    door: Door
    reach: Callable[[], Reach]

    def stops(self, head: Head, visitor: Visitor) -> bool:
        """
        Whether *visitor* is not to be served as he asks.

        What comes from the box itself leaves no wire to listen at; what a named proxy forwards is
        the proxy's to redirect.
        """
        if visitor.secure or visitor.via is not None or _here(visitor.peer):
            return False
        return head.asks_for_websocket or not (head.path in OPEN or head.path.startswith(STYLES))

    def answer(self, head: Head, local: str) -> tuple[HTTPStatus, str]:
        """
        What such a visitor is told, and where he is sent; empty: nowhere.

        Only who reads is sent on: what others have to say they would say twice, once for everybody
        to hear. It is no open redirect, for the host is never just what the request says.

        :param local: the address of ours that the connection came to
        """
        if head.method not in ("GET", "HEAD") or head.asks_for_websocket:
            return HTTPStatus.FORBIDDEN, ""
        reach = attrs.evolve(self.reach(), secure=True)
        host = self.door.named(head.get("host"))
        if host is not None and (host in self.door.hosts or _same(host, local)):
            reach = attrs.evolve(reach, host=host)
        target = head.target if head.target.startswith("/") else "/"
        return HTTPStatus.TEMPORARY_REDIRECT, reach.http(target)


def _same(host: str, local: str) -> bool:
    address = parse_address(host)
    return address is not None and address == parse_address(local)


def _here(peer: str) -> bool:
    address = parse_address(peer)
    return peer == "unix" or (address is not None and address.is_loopback)
