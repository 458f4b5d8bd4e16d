"""How people reach this box: the address of the local network, and the links made of it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import attrs

from ..config import Settings

_SIOCGIFADDR = 0x8915
_ANYWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
"""Addresses kept for documentation: nobody is there, and nothing is sent."""


def lan_address() -> str:
    """
    The address that the default route goes out from; without one, any but loopback's.

    A box that is its own access point has no default route.
    """
    for family, far in _ANYWHERE:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe, suppress(OSError):
            probe.connect((far, 9))  # UDP: only asks the kernel which way it would go
            return str(probe.getsockname()[0])
    return next(iter(addresses()), "127.0.0.1")


def addresses(interfaces: Path = Path("/sys/class/net")) -> Iterator[str]:
    """The IPv4 address of each interface but loopback and bridges (which lead to containers)."""
    with suppress(ImportError, OSError):
        from fcntl import ioctl

        for _, name in socket.if_nameindex():
            if name == "lo" or (interfaces / name / "bridge").exists():
                continue
            with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as s, suppress(OSError):
                answer = ioctl(s, _SIOCGIFADDR, struct.pack("256s", name.encode()[:15]))
                yield socket.inet_ntoa(answer[20:24])


@attrs.frozen
class Reach:
    """The links by which one server is reached."""

    host: str
    port: int
    secure: bool

    @classmethod
    def of(cls, settings: Settings, port: int) -> Reach:
        """
        :param port: on which it listens; the setting may be 0
        """
        if settings.ws_host not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared, not bound
            host = settings.ws_host
        else:
            host = settings.hosts[0] if settings.hosts else lan_address()
        return cls(host, port, bool(settings.certificate))

    def http(self, path: str = "/") -> str:
        return f"http{self._s}://{self._place}{path}"

    @property
    def ws(self) -> str:
        return f"ws{self._s}://{self._place}/"

    def organiser(self, secret: str) -> str:
        """The secret stands behind ``#``: no browser sends that part, so no log has it."""
        return self.http(f"/#k={secret}")

    @property
    def _s(self) -> str:
        return "s" if self.secure else ""

    @property
    def _place(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        standard = 443 if self.secure else 80
        return host if self.port == standard else f"{host}:{self.port}"
