"""
Finding gamesync servers on the local network, by multicast DNS (DNS-SD).

Needs ``zeroconf``: ``pip install 'gamesync[mdns]'``. A server is announced as a service of the
type :data:`SERVICE`; docs/clients.md says by whom, and what stands in its TXT record.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs
import ifaddr
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.threads import deferToThreadPool
from twisted.logger import Logger
from twisted.python.failure import Failure
from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from .timer import Timer

SERVICE = "_gamesync._tcp.local."
LOOK_SECONDS = 5.0
"""How often to look whether this device, or a server that was found, has got another address."""
ANSWER_MS = 2_000
"""How long a server may take to say where it is."""

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@attrs.frozen(kw_only=True)
class Box:
    """
    A server that was found.

    :ivar name: for people, and unique on the network: "gamesync on box"
    :ivar url: for ``GameClient``
    :ivar addresses: all that it may be reached by, the likeliest first; no link-local ones
    :ivar txt: what else it says of itself
    """

    name: str
    url: str
    addresses: tuple[str, ...]
    txt: Mapping[str, str] = attrs.field(factory=dict, hash=False)


Found: TypeAlias = Callable[[tuple[Box, ...]], object]


def box_of(info: ServiceInfo, ours: frozenset[Network] = frozenset()) -> Box | None:
    """
    What an announcement says; None if it leads nowhere.

    A plain server is called by its address, one with TLS by the name that its certificate has.

    :param ours: the networks that this device is in: addresses in them are the likeliest
    """
    usable = filter(_is_usable, map(ipaddress.ip_address, info.parsed_addresses(IPVersion.All)))
    likely = sorted(usable, key=lambda a: (not any(a in net for net in ours), a.version, int(a)))
    addresses = tuple(map(str, likely))
    if not addresses or not info.port:
        return None
    txt = {key: value or "" for key, value in info.decoded_properties.items()}
    if txt.get("scheme") == "wss":
        scheme, host = "wss", txt.get("host") or (info.server or "").rstrip(".")
    else:
        scheme, host = "ws", addresses[0]
    place = f"[{host}]" if ":" in host else host
    return Box(
        name=info.name.removesuffix(f".{SERVICE}"),
        url=f"{scheme}://{place}:{info.port}/",
        addresses=addresses,
        txt=txt,
    )


def _is_usable(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return not (address.is_link_local or address.is_loopback or address.is_unspecified)


def networks() -> frozenset[Network]:
    """Those that this device is in now, by IPv4."""
    return frozenset(
        ipaddress.ip_network(f"{address.ip}/{address.network_prefix}", strict=False)
        for adapter in ifaddr.get_adapters()
        for address in adapter.ips
        if address.is_IPv4
    )


def _read(zeroconf: Zeroconf, name: str, ours: frozenset[Network]) -> Box | None:
    """What is known of a server; what is not known (any more) is asked for. Blocks."""
    info = zeroconf.get_service_info(SERVICE, name, ANSWER_MS)
    return box_of(info, ours) if info is not None else None


class Discovery:
    """
    Watches for servers, from ``start`` to ``stop``, and tells whenever those known have changed::

        discovery = Discovery()
        discovery.start(lambda boxes: show([box.name for box in boxes]))

    It may be started before there is a network, and follows when addresses change, here or there.
    A server that was switched off without a goodbye stays listed for two minutes or so.

    :param reactor: None: the one that is installed
    """

    _log = Logger()

    def __init__(self, reactor: Any = None) -> None:
        if reactor is None:
            from twisted.internet import reactor
        self._reactor: Any = reactor
        self._found: Found | None = None
        self._boxes: dict[str, Box | None] = {}  # None: it does not answer
        self._attempt: object = None
        self._said = ""
        self._again = Timer(self._reactor, time.monotonic, self._look)
        # What follows is used in threads, by one at a time:
        self._one = DeferredLock()
        self._ours: frozenset[Network] = frozenset()
        self._open: tuple[object, Zeroconf, ServiceBrowser] | None = None

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Those known now, by name."""
        return tuple(box for _, box in sorted(self._boxes.items()) if box is not None)

    def start(self, found: Found) -> None:
        """Look for servers; *found* is called in the reactor's thread."""
        self._found = found
        self._look()

    def stop(self) -> Deferred[None]:
        """Look no more; fires when the threads for it are gone. It may be started again."""
        self._found = None
        self._boxes = {}
        self._again.stop()
        return self._one.run(self._in_thread, self._close)

    # -- in the reactor's thread

    def _in_thread(self, work: Callable[..., None], *args: object) -> Deferred[None]:
        return deferToThreadPool(self._reactor, self._reactor.getThreadPool(), work, *args)

    def _look(self) -> None:
        looked = self._one.run(self._in_thread, self._keep_open, tuple(self._boxes))
        looked.addErrback(self._broke).addCallback(lambda _: self._rest())

    def _rest(self) -> None:
        if self._found is not None:
            self._again.start(LOOK_SECONDS)

    def _broke(self, failure: Failure) -> None:
        """No network to look in, perhaps: say so once, and look again later."""
        said = failure.getErrorMessage()
        if said != self._said:
            self._said = said
            self._log.warn("cannot look for servers: {why}", why=said)

    def _opened(self, attempt: object) -> None:
        """What was known was so elsewhere."""
        self._attempt = attempt
        self._now_known(attempt, {})

    def _seen(self, attempt: object, name: str, box: Box | None) -> None:
        self._now_known(attempt, {**self._boxes, name: box})

    def _gone(self, attempt: object, name: str) -> None:
        self._now_known(attempt, {n: box for n, box in self._boxes.items() if n != name})

    def _now_known(self, attempt: object, boxes: dict[str, Box | None]) -> None:
        if self._found is None or attempt is not self._attempt:
            return  # it is late
        before, self._boxes = self.boxes, boxes
        if self.boxes != before:
            self._found(self.boxes)

    # -- in another thread

    def _keep_open(self, known: tuple[str, ...]) -> None:
        """Look in the networks that there are now; in the same ones, look after those *known*."""
        ours = networks()
        if self._open is None or ours != self._ours:
            self._close()
            self._open_in(ours)
            return
        attempt, zeroconf, _ = self._open
        for name in known:
            # An address that was taken back goes on counting for a second, then nobody says so.
            if self._found is not None:
                self._reactor.callFromThread(self._seen, attempt, name, _read(zeroconf, name, ours))

    def _open_in(self, ours: frozenset[Network]) -> None:
        zeroconf, attempt = Zeroconf(), object()
        self._ours = ours
        self._reactor.callFromThread(self._opened, attempt)

        def changed(name: str, state_change: ServiceStateChange, **_: object) -> None:
            if state_change is ServiceStateChange.Removed:
                self._reactor.callFromThread(self._gone, attempt, name)
            else:
                box = _read(zeroconf, name, ours)
                self._reactor.callFromThread(self._seen, attempt, name, box)

        self._open = attempt, zeroconf, ServiceBrowser(zeroconf, SERVICE, [changed])

    def _close(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            _, zeroconf, browser = opened
            browser.cancel()
            zeroconf.close()
