"""A pong that is late: the peer's fault, or ours for not having looked."""

from __future__ import annotations

import pytest
import txaio
from twisted.internet.testing import MemoryReactorClock

from gamesync.limits import Limits
from gamesync.server.connection import Connection

from .echo import port
from .kit import PING, PONG, Socket, client_frame, server_frames, upgrade


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> MemoryReactorClock:
    clock = MemoryReactorClock()
    monkeypatch.setattr(txaio.config, "loop", clock)
    return clock


@pytest.fixture
def socket(clock: MemoryReactorClock) -> Socket:
    socket = Socket(clock)
    socket.attach(port(clock, Limits(ping_seconds=30, pong_seconds=10)))
    socket.say(upgrade())
    return socket


@pytest.fixture
def ping(socket: Socket, clock: MemoryReactorClock) -> bytes:
    """One that waits for its pong."""
    clock.advance(31)
    ((kind, payload),) = server_frames(socket.listen())
    assert kind == PING
    return payload


def connection(socket: Socket) -> Connection:
    found = socket.protocol._inner
    assert isinstance(found, Connection)
    return found


def test_the_pong_waits_in_the_socket(
    socket: Socket, clock: MemoryReactorClock, ping: bytes
) -> None:
    """The process stood still: the timer comes first, and then what came in meanwhile."""
    connection(socket).onAutoPingTimeout()
    socket.protocol.dataReceived(client_frame(PONG, ping))
    clock.advance(5)
    assert not socket.aborted


def test_no_pong(socket: Socket, clock: MemoryReactorClock, ping: bytes) -> None:
    clock.advance(11)
    assert socket.aborted


def test_who_is_not_read_is_not_blamed(
    socket: Socket, clock: MemoryReactorClock, ping: bytes
) -> None:
    line = connection(socket)
    line.pause_reading()
    socket.protocol.dataReceived(client_frame(PONG, ping))
    clock.pump([1] * 30)
    assert not socket.aborted
    line.resume_reading()
    clock.pump([1] * 5)
    assert not socket.aborted


def test_who_is_read_again_and_has_not_answered(
    socket: Socket, clock: MemoryReactorClock, ping: bytes
) -> None:
    line = connection(socket)
    line.pause_reading()
    clock.pump([1] * 30)
    line.resume_reading()
    clock.pump([1] * 3)
    assert socket.aborted
