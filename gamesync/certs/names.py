"""For which names and addresses a certificate is, and what an authority may sign at all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import attrs
from cryptography import x509

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PRIVATE = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Networks that no two parties on the internet share: what is signed for them is good in a hall."""

_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


@attrs.frozen
class Names:
    """Host names (lower case) and addresses of one box."""

    hosts: frozenset[str]
    addresses: frozenset[Address]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Names:
        """
        Sort *texts* into names and addresses.

        What can be neither is left out, and so are names of one word but ``localhost``: to be
        allowed to sign for ``box`` is to be allowed to sign for all under a ``.box``, which may be
        a top-level domain.
        """
        hosts, addresses = set(), set()
        for text in texts:
            try:
                addresses.add(ip_address(text.partition("%")[0].strip("[]")))
            except ValueError:
                name = _ascii(text)
                if _NAME.fullmatch(name) and ("." in name or name == "localhost"):
                    hosts.add(name)
        return cls(frozenset(hosts), frozenset(addresses))

    def __str__(self) -> str:
        return ", ".join([*sorted(self.hosts), *map(str, sorted(self.addresses, key=_order))])

    def __sub__(self, other: Names) -> Names:
        return Names(self.hosts - other.hosts, self.addresses - other.addresses)

    def __bool__(self) -> bool:
        return bool(self.hosts or self.addresses)

    @property
    def alternatives(self) -> x509.SubjectAlternativeName:
        """As a certificate has them."""
        return x509.SubjectAlternativeName(
            [
                *(x509.DNSName(host) for host in sorted(self.hosts)),
                *(x509.IPAddress(address) for address in sorted(self.addresses, key=_order)),
            ]
        )


def names_in(certificate: x509.Certificate) -> Names:
    """The names that *certificate* is for."""
    try:
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return Names(frozenset(), frozenset())
    hosts = frozenset(host.lower() for host in held.get_values_for_type(x509.DNSName))
    found = held.get_values_for_type(x509.IPAddress)
    return Names(hosts, frozenset(a for a in found if isinstance(a, IPv4Address | IPv6Address)))


def constraints(names: Names) -> x509.NameConstraints:
    """
    What an authority for a box called *names* may sign: its host names (and those below them), its
    own addresses, and all of the private networks, for its address there may be another tomorrow.
    """
    own = (ip_network(address) for address in names.addresses if not _private(address))
    networks = sorted({*PRIVATE, *own}, key=lambda net: (net.version, int(net.network_address)))
    return x509.NameConstraints(
        permitted_subtrees=[
            *(x509.DNSName(host) for host in sorted(names.hosts)),
            *(x509.IPAddress(network) for network in networks),
        ],
        excluded_subtrees=None,
    )


def permitted(names: Names, authority: x509.Certificate) -> Names:
    """Those of *names* that *authority* may sign for."""
    try:
        held = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return names
    allowed = held.permitted_subtrees or []
    hosts = [each.value for each in allowed if isinstance(each, x509.DNSName)]
    networks = [each.value for each in allowed if isinstance(each, x509.IPAddress)]
    return Names(
        frozenset(h for h in names.hosts if any(h == o or h.endswith(f".{o}") for o in hosts)),
        frozenset(
            address
            for address in names.addresses
            if any(isinstance(n, IPv4Network | IPv6Network) and address in n for n in networks)
        ),
    )


def _private(address: Address) -> bool:
    return any(address in network for network in PRIVATE)


def _order(address: Address) -> tuple[int, int]:
    return address.version, int(address)


def _ascii(text: str) -> str:
    """A name as DNS has it, without the dot at its end."""
    try:
        return text.lower().rstrip(".").encode("idna").decode("ascii")
    except UnicodeError:
        return ""
