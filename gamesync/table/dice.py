"""What was rolled: the match moves on at once, but people still want to see it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Dice:
    """The last roll of each player, by the step that it was rolled for."""

    def __init__(self) -> None:
        self._rolls: dict[str, dict[int, int]] = {}

    def get(self, step: str) -> dict[int, int]:
        """What each player rolled; a player who has not is not in it."""
        return self._rolls.get(step, {})

    def told(self, facts: Iterable[dict[str, Any]]) -> None:
        """Facts of the match, as they come."""
        for fact in facts:
            match fact.get("fact"):
                case "rolled":
                    rolls = self._rolls.setdefault(fact["step"], {})
                    if len(rolls) == 2:  # a tie, or the same roll in a later round
                        rolls.clear()
                    rolls[fact["player"]] = fact["die"]
                case "roll_decided":
                    self._rolls.pop(fact["step"], None)
                case "undone" | "setup_skipped":
                    self._rolls.clear()

    def clear(self) -> None:
        self._rolls.clear()
