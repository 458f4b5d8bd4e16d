"""The ways in to a match: links and codes of its places, each asked for once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from ..client import Answer, GameClient
from .taps import Taps


class Ways:
    """Places are named ``player:1``, ``player:2`` and ``observer``."""

    def __init__(self, taps: Taps, changed: Callable[[], object]) -> None:
        self._taps = taps
        self._changed = changed
        self._known: dict[str, dict[str, Any]] = {}
        self._asked: set[str] = set()

    def get(self, place: str) -> dict[str, Any] | None:
        """Link and codes of a place, once told."""
        return self._known.get(place)

    def want(self, place: str, match: GameClient) -> None:
        """Ask for them, unless that was done."""
        if place not in self._asked:
            self._asked.add(place)
            self.ask(place, match, renew=False)

    def ask(self, place: str, match: GameClient, *, renew: bool) -> Deferred[Any]:
        """With *renew* for a new link, after which the old one is void."""
        role, _, player = place.partition(":")
        asked = match.invite(role, int(player) if player else None, renew=renew)

        def told(answer: Answer | None) -> None:
            if answer is not None and "link" in answer.detail:
                self._known[place] = answer.detail
                self._changed()

        return self._taps.put(f"way:{place}", asked).addCallback(told)

    def told(self, places: dict[str, dict[str, Any]]) -> None:
        """Those of a match that was just made, as the answer has them."""
        self._known |= places
        self._asked |= places.keys()

    def clear(self) -> None:
        self._known.clear()
        self._asked.clear()
