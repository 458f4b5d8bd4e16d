"""What this box is called, and where it is: what its own certificate is for."""

from __future__ import annotations

from ..certs.names import Names
from ..config import Settings
from .head import own_names
from .reach import addresses, lan_address

_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared, not bound
_LOOPBACK = ("127.0.0.1", "::1")


def box_names(settings: Settings) -> Names:
    """Names and addresses under which a server with *settings* is reached, as they are now."""
    everywhere = settings.ws_host in _EVERYWHERE
    at = [*addresses(), lan_address()] if everywhere else [settings.ws_host]
    return Names.of([*own_names(), *settings.hosts, *at, *_LOOPBACK])
