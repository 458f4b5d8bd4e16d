"""WebSocket: Autobahn's settings in one place, and the factory of our connections."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from autobahn.twisted.websocket import WebSocketServerFactory
from twisted.internet.interfaces import IAddress, IReactorTime

from ..limits import Limits
from .connection import SUBPROTOCOL, Connection
from .head import Door
from .line import Handler, Line

__all__ = ["SUBPROTOCOL", "Connection", "ConnectionFactory", "frame", "options"]


def _no_compression(_offers: object) -> None:
    """It would cost 100 KiB a connection, and open the door to bombs."""


def options(limits: Limits) -> dict[str, Any]:
    """
    Autobahn's settings, for the product and for the conformance tests alike.

    Its timers are cut to whole seconds and act up to a second early, hence the ones added here.
    """
    return {
        "versions": [13],
        "webStatus": False,  # else a page, a version, and a redirect to anywhere
        "utf8validateIncoming": True,
        "failByDrop": False,  # else the peer never hears why
        "maxFramePayloadSize": limits.message_bytes,
        "maxMessagePayloadSize": limits.message_bytes,  # inbound only: we frame our own
        "openHandshakeTimeout": limits.open_handshake_seconds + 1,
        "closeHandshakeTimeout": limits.close_handshake_seconds + 1,
        "autoPingInterval": limits.ping_seconds + 1 if limits.ping_seconds else 0,
        "autoPingTimeout": limits.pong_seconds + 1,
        # With True, a peer that talks but never reads is kept for ever.
        "autoPingRestartOnAnyTraffic": False,
        "tcpNoDelay": True,
        "perMessageCompressionAccept": _no_compression,
        "allowedOrigins": ["*"],  # the door judges origins and hosts
        "allowNullOrigin": True,
        "trustXForwardedFor": 0,
    }


def frame(payload: bytes, is_binary: bool) -> bytes:
    """One whole, unmasked frame, as a server sends it."""
    first = 0x82 if is_binary else 0x81
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", first, size) + payload
    if size < 0x10000:
        return struct.pack("!BBH", first, 126, size) + payload
    return struct.pack("!BBQ", first, 127, size) + payload


class ConnectionFactory(WebSocketServerFactory):
    """
    Makes the connections; one for a whole server.

    :param handler: called with each new `Line` once it is open, makes its `Handler`
    """

    noisy = False

    def __init__(
        self,
        reactor: IReactorTime,
        handler: Callable[[Line], Handler],
        limits: Limits | None = None,
        door: Door | None = None,
    ) -> None:
        super().__init__(server=None, protocols=[SUBPROTOCOL], reactor=reactor)
        self.handler = handler
        self.limits = limits or Limits()
        self.door = door or Door()
        self.seconds = reactor.seconds
        self.denied: Callable[[int], None] = lambda status: None
        """Told of each opening that is refused, with its HTTP status."""
        self._framed: tuple[bytes, bool, bytes] = (b"", False, frame(b"", False))
        self.setProtocolOptions(**options(self.limits))
        self.protocol = self._fitted()

    def buildProtocol(self, addr: IAddress | None) -> Connection:
        connection = self.protocol()
        connection.factory = self
        return connection

    def framed(self, payload: bytes, is_binary: bool) -> bytes:
        """*payload* as a frame; done once when the same object is sent to many."""
        last, kind, data = self._framed
        if payload is last and kind is is_binary:
            return data
        if len(payload) > self.limits.outbound_message_bytes:
            raise ValueError(f"a message of {len(payload)} bytes is too long to send")
        data = frame(payload, is_binary)
        self._framed = (payload, is_binary, data)
        return data

    def _fitted(self) -> type[Connection]:
        """
        Our class of connection, with this factory's options on it.

        Autobahn copies them to each connection and formats them for its log, a third of the cost
        of a connection. Should it ever cease to look for them here, it copies them again.
        """
        given: dict[str, Any] = {name: getattr(self, name) for name in Connection.CONFIG_ATTRS}
        accept = staticmethod(given["perMessageCompressionAccept"])
        given |= {"perMessageCompressionAccept": accept, "CONFIG_ATTRS": ()}
        return type("Connection", (Connection,), given)
