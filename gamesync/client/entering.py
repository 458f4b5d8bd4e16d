"""Who comes, by which way, and what it came to: the values around ``connect``."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import attrs

TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@attrs.frozen(kw_only=True)
class Joined:
    """What a ``join`` came to; the fields are as in ``Mirror``."""

    game_id: str | None
    role: str
    player: int
    rights: tuple[str, ...]
    recovered: bool | None


@attrs.frozen(kw_only=True)
class Way:
    """The way into a game; none of the three leads nowhere, and only says who we are."""

    game_id: str | None = None
    code: str | None = None
    key: str | None = None

    @property
    def anywhere(self) -> bool:
        return not (self.game_id is None and self.code is None and self.key is None)


@attrs.frozen(kw_only=True)
class Device:
    """Who this device says it is."""

    client_type: str = "observer"
    name: str = ""
    heartbeat_ms: int | None = None
    """How often to send heartbeats; None: as often as the server would like."""
    beat_ms: int | None = None
    """How often to be told the running clock; None: as the server likes."""

    def connect(
        self, way: Way, token: str | None, resume: dict[str, Any] | None, heartbeat_ms: int
    ) -> dict[str, Any]:
        """``data`` of a ``connect``."""
        said = {
            "client_type": self.client_type,
            "name": self.name or None,
            "heartbeat_ms": heartbeat_ms,
            "beat_ms": self.beat_ms,
            "token": token,
            "code": way.code,
            "key": way.key,
            "resume": resume,
        }
        return {name: value for name, value in said.items() if value is not None}


def parse_link(text: str) -> tuple[str, Way]:
    """
    The server's WebSocket address, and the way in, from an address as people have it.

    Takes ``ws://`` and ``wss://``, the ``http(s)://…/#g=…&k=…`` of a QR code, and a bare host
    with or without port (8765).

    :raises ValueError: it is none of these
    """
    text = text.strip()
    if "://" not in text:
        text = f"ws://{text}"
    parts = urlsplit(text)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        shown = text.partition("#")[0]  # what is behind it is a secret
        raise ValueError(f"{shown}: an address looks like ws://host:8765")
    port = parts.port  # raises ValueError by itself
    if port is None and parts.scheme in ("ws", "wss"):
        port = 8765
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    secrets = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    address = f"{scheme}://{host}" + (f":{port}" if port else "")
    if parts.scheme in ("ws", "wss") and parts.path != "/":
        address += parts.path  # a page's path is not where the WebSocket is
    return address, Way(game_id=secrets.get("g"), key=secrets.get("k"))
