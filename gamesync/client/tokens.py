"""Where an app keeps the token that makes it the same device tomorrow."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Protocol


class TokenStore(Protocol):
    """
    Keeps one device token for each server.

    Who holds the token has the device's seats: it belongs where only the app can read it.
    """

    def load(self, server_url: str) -> str | None:
        """The token last kept for that server."""

    def save(self, server_url: str, token: str) -> None: ...


class MemoryTokens:
    """For programs that are somebody new each time they are started."""

    def __init__(self, tokens: dict[str, str] | None = None) -> None:
        self._tokens = dict(tokens or {})

    def load(self, server_url: str) -> str | None:
        return self._tokens.get(server_url)

    def save(self, server_url: str, token: str) -> None:
        self._tokens[server_url] = token


class FileTokens:
    """
    A JSON file that only its owner can read.

    :param label: keeps several devices of one program apart (``host``, ``player-1`` …)
    """

    def __init__(self, path: str | Path, label: str = "") -> None:
        self._path = Path(path)
        self._label = label

    def load(self, server_url: str) -> str | None:
        token = self._read().get(self._key(server_url))
        return token if isinstance(token, str) else None

    def save(self, server_url: str, token: str) -> None:
        """:raises OSError: the file cannot be written"""
        kept = self._read()
        if kept.get(self._key(server_url)) == token:
            return
        kept[self._key(server_url)] = token
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes it 0600, and the old file is whole until the new one is.
        number, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}-")
        try:
            with os.fdopen(number, "w") as file:
                json.dump(kept, file, indent=1, sort_keys=True)
            os.replace(name, self._path)
        except BaseException:
            os.unlink(name)
            raise

    def _key(self, server_url: str) -> str:
        return f"{server_url} {self._label}".strip()

    def _read(self) -> dict[str, object]:
        try:
            kept = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}
