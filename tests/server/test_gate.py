"""The gate: refused where it is a count, late where it is a rate; the ledger comes back to 0."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from twisted.internet.address import UNIXAddress
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.ssl import CertificateOptions
from twisted.internet.testing import MemoryReactorClock
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.python.failure import Failure

from gamesync.limits import Limits
from gamesync.server.gate import Gate, GateFactory, address_of
from gamesync.server.head import Door

from .kit import Socket

PRIVATE, PUBLIC = "192.168.1.5", "93.184.215.14"


class Inner(Protocol):
    def __init__(self) -> None:
        self.told: list[Any] = []

    def connectionMade(self) -> None:
        self.told.append("made")

    def dataReceived(self, data: bytes) -> None:
        self.told.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.told.append("lost")


@attrs.define
class Setting:
    limits: Limits = attrs.field(factory=Limits)
    door: Door = attrs.field(factory=lambda: Door(hosts=frozenset()))
    clock: MemoryReactorClock = attrs.field(factory=MemoryReactorClock)
    gate: Gate = attrs.field(init=False)
    factory: GateFactory = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.gate = Gate(self.clock.seconds, self.limits, self.door)
        self.factory = GateFactory(self.clock, self.gate, Factory.forProtocol(Inner))

    def knock(self, peer: str = PRIVATE) -> Socket:
        socket = Socket(self.clock, peer)
        socket.attach(self.factory)
        self.clock.advance(0)
        return socket


def inner(socket: Socket) -> Any:
    return socket.protocol._inner


def test_what_comes_is_handed_on_and_what_is_sent_is_not_touched() -> None:
    setting = Setting()
    socket = setting.knock()
    assert inner(socket).transport is socket
    socket.say(b"hello")
    protocol = inner(socket)
    socket.loseConnection()
    socket.listen()
    assert protocol.told == ["made", b"hello", "lost"]
    assert setting.gate.open == 0


@pytest.mark.parametrize(("peer", "most"), [(PRIVATE, 256), (PUBLIC, 64), ("127.0.0.1", 256)])
def test_one_address_has_so_many_open(peer: str, most: int) -> None:
    setting = Setting()
    sockets = [setting.knock(peer) for _ in range(most)]
    assert not any(socket.aborted for socket in sockets)
    assert setting.knock(peer).aborted
    assert not setting.knock("10.0.0.9").aborted, "another address is not concerned"
    sockets[0].connectionLost(Failure(connectionDone.value))
    assert not setting.knock(peer).aborted, "one went, one may come"
    assert setting.gate.refused == 1


def test_one_household_of_ipv6_is_one_address() -> None:
    gate = Setting(Limits(public_open=1)).gate
    assert gate.connect("2600:1406:3a00:21::173e:2e65") == 0
    assert gate.connect("2600:1406:3a00:21::1") is None
    assert gate.connect("2600:1406:3a00:22::1") == 0


@pytest.mark.parametrize("clothes", ["::ffff:192.168.1.5", PRIVATE])
def test_ipv4_in_ipv6_clothes(clothes: str) -> None:
    gate = Setting(Limits(private_open=1)).gate
    assert gate.connect(PRIVATE) == 0
    assert gate.connect(clothes) is None


def test_the_total() -> None:
    setting = Setting(Limits(connections=3))
    sockets = [setting.knock(f"10.0.0.{n}") for n in range(4)]
    assert [socket.aborted for socket in sockets] == [False, False, False, True]
    assert setting.gate.open == 3
    assert setting.gate.open_from("10.0.0.3") == 0


def test_too_fast_is_late_not_refused() -> None:
    setting = Setting(Limits(private_per_second=10, private_burst=2))
    sockets = [setting.knock() for _ in range(4)]
    assert [inner(socket) is not None for socket in sockets] == [True, True, False, False]
    assert [socket.paused for socket in sockets] == [False, False, True, True]
    assert setting.gate.held == 2
    setting.clock.advance(0.1)
    assert [inner(socket) is not None for socket in sockets] == [True, True, True, False]
    setting.clock.advance(0.1)
    assert not any(socket.paused for socket in sockets)
    assert inner(sockets[3]).told == ["made"]


def test_a_room_that_comes_back_after_a_restart_is_in_within_seconds() -> None:
    setting = Setting()
    sockets = [setting.knock() for _ in range(200)]
    setting.clock.advance(5)
    assert all(inner(socket) for socket in sockets)


def test_all_together_are_late_too() -> None:
    setting = Setting(Limits(new_connections_per_second=2, new_connections_burst=1))
    assert [setting.gate.connect(f"10.0.0.{n}") for n in range(3)] == [0, 0.5, 1]
    assert setting.gate.held == 2


def test_gone_while_held() -> None:
    setting = Setting(Limits(private_per_second=1, private_burst=1))
    setting.knock()
    socket = setting.knock()
    socket.protocol.dataReceived(b"early")
    socket.connectionLost(Failure(connectionDone.value))
    assert setting.gate.open == 1
    setting.clock.advance(60)
    assert inner(socket) is None


def test_what_came_early_is_not_lost() -> None:
    setting = Setting(Limits(private_per_second=1, private_burst=1))
    setting.knock()
    socket = setting.knock()
    socket.protocol.dataReceived(b"early")
    setting.clock.advance(1)
    assert inner(socket).told == ["made", b"early"]


def test_a_named_proxy_is_counted_by_whom_it_brings() -> None:
    door = Door(hosts=frozenset(), proxies=frozenset({"10.9.0.0/16"}))
    gate = Setting(Limits(private_open=1, public_open=1, connections=5), door).gate
    assert [gate.connect("10.9.0.1") for _ in range(5)] == [0] * 5
    assert gate.connect("10.9.0.1") is None
    assert gate.enter(PUBLIC) == 0
    assert gate.enter(PUBLIC) is None
    gate.leave(PUBLIC)
    assert gate.enter(PUBLIC) == 0
    gate.disconnect("10.9.0.1")
    assert gate.open == 4


def test_a_unix_socket_counts_in_the_total_only() -> None:
    gate = Setting(Limits(private_open=1)).gate
    address = address_of(UNIXAddress("/run/x"))
    assert [gate.connect(address) for _ in range(3)] == [0] * 3
    gate.disconnect(address)
    assert gate.open == 2


def test_it_forgets_who_is_gone_and_owes_nothing() -> None:
    setting = Setting()
    for n in range(5000):
        address = f"10.1.{n // 250}.{n % 250}"
        setting.gate.connect(address)
        setting.gate.disconnect(address)
        setting.clock.advance(0.1)
    assert len(setting.gate._visits) <= 1025


def test_above_tls_a_refusal_aborts() -> None:
    setting = Setting(Limits(private_open=0))
    tls = TLSMemoryBIOFactory(CertificateOptions(), False, setting.factory, setting.clock)
    socket = Socket(setting.clock)
    socket.attach(tls)
    assert socket.aborted
    socket.listen()
    assert socket.disconnected
    assert setting.gate.open == 0
