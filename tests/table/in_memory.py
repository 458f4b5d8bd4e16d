"""A box that is asked over HTTP in memory, and answers when the test says so."""

from __future__ import annotations

from typing import Any

from twisted.internet.testing import StringTransport


def answer(clock: Any, number: int, said: bytes) -> StringTransport:
    """
    The connection that was asked for as the *number*-th, from 0, comes about, and *said* comes.

    :param clock: a ``MemoryReactorClock``
    """
    transport = StringTransport()
    connection = clock.tcpClients[number][2].buildProtocol(None)
    connection.makeConnection(transport)
    clock.advance(0)
    connection.dataReceived(said)
    return transport
