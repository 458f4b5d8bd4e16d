"""For a moment after a turn has ended it can be taken back by one tap."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

OFFER_MS = 8_000.0


class Offer:
    """The end of a turn whose undo both halves offer."""

    def __init__(self, now_ms: Callable[[], float]) -> None:
        self._now_ms = now_ms
        self._version: int | None = None
        self._until_ms = 0.0

    @property
    def version(self) -> int | None:
        """Which entry of the log would be undone; None: nothing is offered now."""
        if self._now_ms() > self._until_ms:
            self._version = None
        return self._version

    def told(self, facts: Iterable[dict[str, Any]], version: int | None, *, live: bool) -> None:
        """Facts of the match, as they come; what is told late is not offered."""
        kinds = {fact.get("fact") for fact in facts}
        if "undone" in kinds:
            self._version = None
        elif "turn_ended" in kinds and live and version is not None:
            self._version, self._until_ms = version, self._now_ms() + OFFER_MS

    def take(self) -> int | None:
        """What was offered when it was last looked at; from now on nothing is."""
        version, self._version = self._version, None
        return version

    def clear(self) -> None:
        self._version = None
