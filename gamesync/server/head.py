"""The head of an HTTP request, read strictly; who asks, from which page, for which host."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

import attrs

END = b"\r\n\r\n"

_REQUEST = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~]+) (HTTP/1\.[01])")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(|[!-~](?:[\t -~]*[!-~])?)[ \t]*")
_ALIEN = re.compile(rb"[^\t\r\n -~]")
_DEFAULT_PORTS = {"http": 80, "https": 443}

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class BadHead(Exception):
    """A request that is answered with *status*, and cut."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


def alien(data: bytes) -> bool:
    """
    Whether *data* has a byte that no head may have.

    Only printable ASCII may pass: Autobahn takes \\x85, \\x0b and others for ends of lines, and so
    a client could forge a header behind a proxy that does not. A TLS hello on a plain port is
    found out by its first byte.
    """
    return _ALIEN.search(data) is not None


@attrs.frozen
class Head:
    """A request line and headers; names are in lower case."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, data: bytes, most_headers: int) -> Head:
        """
        :param data: the head with the empty line at its end
        :raises BadHead: for anything that is not plainly right
        """
        first, *lines = data.removesuffix(END).split(b"\r\n")
        request = _REQUEST.fullmatch(first)
        if request is None:
            raise BadHead(HTTPStatus.BAD_REQUEST)
        if len(lines) > most_headers:
            raise BadHead(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        headers = []
        for line in lines:
            header = _HEADER.fullmatch(line)
            if header is None:
                raise BadHead(HTTPStatus.BAD_REQUEST)
            headers.append((header[1].decode().lower(), header[2].decode()))
        if sum(name == "host" for name, _ in headers) > 1:
            raise BadHead(HTTPStatus.BAD_REQUEST)
        return cls(request[1].decode(), request[2].decode(), request[3].decode(), tuple(headers))

    def get(self, name: str) -> str | None:
        """All values of a header, joined by commas; None if it is not there."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def asks_for_websocket(self) -> bool:
        wanted = (self.get("upgrade") or "").lower()
        return "websocket" in (word.strip() for word in wanted.split(","))


def own_names() -> frozenset[str]:
    """The names by which this box may be called, beside IP addresses."""
    whole = socket.gethostname().lower()
    short = whole.partition(".")[0]
    return frozenset({"localhost", "gamesync.local", whole, short, f"{short}.local"})


@lru_cache(maxsize=4096)  # a few addresses come again and again, at the gate and after it
def parse_address(text: str | None) -> Address | None:
    """An IP address as a header or a socket writes it; an IPv4 one in IPv6 clothes is undressed."""
    text = text or ""
    try:
        address = ip_address(text.partition("%")[0] if ":" in text else text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _place(scheme: str, authority: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port in one way of writing them; None if that cannot be done."""
    try:
        parts = urlsplit(f"{scheme}://{authority}")
        port = parts.port
    except ValueError:
        return None
    if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in authority:
        return None
    return scheme, parts.hostname.rstrip("."), port or _DEFAULT_PORTS.get(scheme)


def _origin(text: str) -> tuple[str, str, int | None] | None:
    scheme, found, authority = text.lower().partition("://")
    return _place(scheme, authority) if found else None


@attrs.frozen
class Visitor:
    """Who is at the other end."""

    peer: str
    """Its address: the nearest that is not a named proxy."""
    via: str | None = None
    """The named proxy that the socket leads to, if any."""
    secure: bool = False
    """Whether the way to *peer* is encrypted."""


def _networks(texts: Iterable[str]) -> tuple[Network, ...]:
    return tuple(ip_network(text, strict=False) for text in texts if text != "unix")


@attrs.frozen(kw_only=True)
class Door:
    """Who is let in, by name: hosts, origins and proxies."""

    hosts: frozenset[str] = attrs.field(factory=own_names)
    """Names under which we are served, in lower case without port; IP addresses always are."""
    origins: frozenset[str] = frozenset()
    """Origins let in beside our own, such as ``https://league.example``; ``null`` is possible."""
    proxies: frozenset[str] = frozenset()
    """Addresses or networks of the reverse proxies whose word on addresses is taken; ``unix`` for
    whoever comes by a Unix socket."""
    _nets: tuple[Network, ...] = attrs.field(
        init=False,
        default=attrs.Factory(lambda self: _networks(self.proxies), takes_self=True),
    )

    def is_proxy(self, address: str) -> bool:
        if address == "unix":
            return address in self.proxies
        parsed = parse_address(address)
        return parsed is not None and any(parsed in net for net in self._nets)

    def visitor(self, head: Head, address: str, secure: bool) -> Visitor:
        """
        :param address: what the socket says
        :param secure: whether the socket is encrypted
        """
        if not self.is_proxy(address):
            return Visitor(address, None, secure)
        peer = address
        # Each proxy adds on the right, so only what is right of the first stranger is true.
        for text in reversed((head.get("x-forwarded-for") or "").split(",")):
            parsed = parse_address(text.strip())
            if parsed is None:
                break
            peer = str(parsed)
            if not self.is_proxy(peer):
                break
        scheme = (head.get("x-forwarded-proto") or "").rpartition(",")[2].strip().lower()
        return Visitor(peer, address, scheme in {"https", "wss"} if scheme else secure)

    def named(self, host: str | None) -> str | None:
        """The name or address that a Host header has, without its port; None: none."""
        place = None if host is None else _place("http", host.lower())
        return None if place is None else place[1]

    def misdirected(self, host: str | None) -> bool:
        """
        Whether *host* is not one of ours.

        A page of any site can point its own name at a private address (DNS rebinding) and would
        then be of the same origin as we are: the name betrays it. Browsers never leave it out.
        """
        if host is None:
            return False
        place = _place("http", host.lower())
        if place is None:
            return True
        return place[1] not in self.hosts and parse_address(place[1]) is None

    def refusal(self, host: str | None, origin: str | None, secure: bool) -> HTTPStatus | None:
        """
        Why a WebSocket is not opened: 421 for a strange host, 403 for a strange page.

        :param origin: None for programs, which send none and are let in
        :param secure: whether the peer's own connection is encrypted: its scheme
        """
        if self.misdirected(host):
            return HTTPStatus.MISDIRECTED_REQUEST
        if origin is None or origin.lower() in self.origins:
            return None
        place = _origin(origin)
        ours = _place("https" if secure else "http", (host or "").lower())
        if place is None:
            return HTTPStatus.FORBIDDEN
        if place == ours or place in {_origin(other) for other in self.origins}:
            return None
        return HTTPStatus.FORBIDDEN
