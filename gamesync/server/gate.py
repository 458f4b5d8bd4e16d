"""The gate: how many connections there may be, how fast they may come, and from where."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Address, ip_network
from typing import Any

import attrs
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IProtocol,
    IProtocolFactory,
    IProtocolNegotiationFactory,
    IReactorTime,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from ..limits import Bucket, Limits
from .head import Door, parse_address

REASONS = {
    **dict.fromkeys((400, 411, 413, 431), "head"),
    403: "origin",
    421: "host",
}
"""Why somebody is refused with an HTTP status; 503 is counted as the gate says it."""
WHY = ("address", "connections", "other", *sorted({*REASONS.values()}))


def address_of(address: IAddress) -> str:
    """The host part of what a transport says of its peer; ``unix`` for a Unix socket."""
    host = getattr(address, "host", None)
    return host if isinstance(host, str) else "unix"


@attrs.define
class _Visits:
    """What one address does."""

    bucket: Bucket
    most: int
    open: int = 0


@attrs.define
class Gate:
    """
    The ledger. Too many at once are refused; too many a second are given a time to wait.

    A named proxy's connections count in the total only; those who come through it are counted by
    the address that it tells, once that is known (`enter`).
    """

    seconds: Callable[[], float]
    """A monotonic clock."""
    limits: Limits = attrs.field(factory=Limits)
    door: Door = attrs.field(factory=Door)
    open: int = 0
    """Connections open now."""
    refused: int = 0
    """Connections and visitors turned away since the start."""
    held: int = 0
    """Connections and visitors made to wait since the start."""
    refusals: dict[str, int] = attrs.field(init=False, factory=lambda: dict.fromkeys(WHY, 0))
    """Those turned away, here or at the door, by reason."""
    _all: Bucket = attrs.field(init=False)
    _visits: dict[str, _Visits] = attrs.field(init=False, factory=dict)
    _sweep_at: int = attrs.field(init=False, default=1024)

    def __attrs_post_init__(self) -> None:
        limits = self.limits
        self._all = Bucket(limits.new_connections_per_second, limits.new_connections_burst)

    def connect(self, address: str) -> float | None:
        """
        A new connection from *address*.

        :return: the seconds that it has to wait, or None if there is no room (then there is
            nothing to `disconnect`)
        """
        if self.open >= self.limits.connections:
            self._turn_away("connections")
            return None
        wait = 0.0 if self.door.is_proxy(address) else self.enter(address)
        if wait is None:
            return None
        self.open += 1
        whole = self._all.owe(self.seconds())
        if whole > 0.0 and wait == 0.0:
            self.held += 1
        return max(wait, whole)

    def disconnect(self, address: str) -> None:
        """A connection of which `connect` did not say None has gone."""
        self.open -= 1
        if not self.door.is_proxy(address):
            self.leave(address)

    def enter(self, address: str) -> float | None:
        """The same as `connect` for one address alone: a visitor who comes through a proxy."""
        if address == "unix":
            return 0.0
        key, public = key_of(address)
        now = self.seconds()
        visits = self._visits.get(key)
        if visits is None:
            if len(self._visits) >= self._sweep_at:
                self._sweep(now)
            visits = self._visits[key] = self._newcomer(public)
        if visits.open >= visits.most:
            self._turn_away("address")
            return None
        visits.open += 1
        wait = visits.bucket.owe(now)
        if wait > 0.0:
            self.held += 1
        return wait

    def _turn_away(self, reason: str) -> None:
        self.refused += 1
        self.refusals[reason] += 1

    def denied(self, status: int) -> None:
        """Somebody who had come through was refused at the door with an HTTP status."""
        self.refusals[REASONS.get(status, "other")] += 1

    def leave(self, address: str) -> None:
        """A visitor of whom `enter` did not say None has gone."""
        if address != "unix":
            self._visits[key_of(address)[0]].open -= 1

    def open_from(self, address: str) -> int:
        """How many connections *address* has now."""
        visits = self._visits.get(key_of(address)[0])
        return visits.open if visits else 0

    def _newcomer(self, public: bool) -> _Visits:
        limits = self.limits
        if public:
            return _Visits(
                Bucket(limits.public_per_second, limits.public_burst), limits.public_open
            )
        return _Visits(Bucket(limits.private_per_second, limits.private_burst), limits.private_open)

    def _sweep(self, now: float) -> None:
        """Forget who is gone and owes nothing; seldom enough to cost nothing."""
        self._visits = {
            key: visits
            for key, visits in self._visits.items()
            if visits.open or not visits.bucket.full(now)
        }
        self._sweep_at = max(1024, 2 * len(self._visits))


def key_of(address: str) -> tuple[str, bool]:
    """Under what an address is counted, and whether it is public (else private, or no address)."""
    parsed = parse_address(address)
    if parsed is None:
        return address, False
    if not parsed.is_global:
        return str(parsed), False
    if isinstance(parsed, IPv6Address):  # one household or one server has a whole /64
        return str(ip_network((parsed, 64), strict=False)), True
    return str(parsed), True


class Gated(Protocol):
    """
    One connection at the gate.

    What comes after the gate is not even built while the connection is held (a TLS engine costs
    50 KiB and more), and then is given the transport itself: the gate changes nothing in it.
    """

    factory: GateFactory
    transport: Any

    def __init__(self, address: IAddress) -> None:
        self._address = address
        self._inner: IProtocol | None = None
        self._held: IDelayedCall | None = None
        self._counted = False
        self._early: list[bytes] = []

    def connectionMade(self) -> None:
        wait = self.factory.gate.connect(address_of(self._address))
        if wait is None:
            self.transport.abortConnection()
            return
        self._counted = True
        if wait > 0.0:
            self.transport.pauseProducing()
            self._held = self.factory.reactor.callLater(wait, self._admit, True)
        else:
            self._admit(False)

    def _admit(self, was_held: bool) -> None:
        self._held = None
        inner = self.factory.wrapped.buildProtocol(self._address)
        if inner is None:
            self.transport.abortConnection()
            return
        self._inner = inner
        inner.makeConnection(self.transport)
        if was_held:
            self.transport.resumeProducing()
        early, self._early = self._early, []
        for data in early:
            inner.dataReceived(data)

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
        elif self._held is not None:  # TLS below us may have had some when it was paused
            self._early.append(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._held is not None:
            self._held.cancel()
            self._held = None
        if self._counted:
            self._counted = False
            self.factory.gate.disconnect(address_of(self._address))
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.connectionLost(reason)


@implementer(IProtocolNegotiationFactory)
class GateFactory(Factory[Gated]):
    """
    Puts the gate before *wrapped*, which may be a TLS factory, or stand above TLS itself.

    A refused connection is given a protocol that aborts it: where TLS is below, an answer of None
    would leave the socket hanging for ever.
    """

    noisy = False

    def __init__(self, reactor: IReactorTime, gate: Gate, wrapped: IProtocolFactory) -> None:
        self.reactor = reactor
        self.gate = gate
        self.wrapped = wrapped

    def buildProtocol(self, addr: Any) -> Gated:
        gated = Gated(addr)
        gated.factory = self
        return gated

    def acceptableProtocols(self) -> list[bytes]:
        """For ALPN; without it, TLS refuses every client that uses ALPN."""
        return [b"http/1.1"]
