"""What a finished match shows: who won, and how the signatures stand. Pure."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import attrs

from .shown import categories_of, name_of
from .texts import Words

Signing: TypeAlias = Literal["may", "again", "signed", "disputed", "elsewhere", "none"]
"""
``may`` and ``again`` (what was signed has changed since) offer the key; ``elsewhere``: somebody
else than this screen lets him sign.
"""


@attrs.frozen(kw_only=True)
class Side:
    """
    How the end looks from one player's side.

    :ivar rows: name and points of each category
    :ivar empty: cells that nobody has filled in
    """

    player: int
    name: str
    army: str
    headline: str
    how: str
    won: bool
    score: str
    rows: tuple[tuple[str, str], ...]
    empty: int
    signing: Signing


def headline(state: dict[str, Any], words: Words) -> str:
    """``Anna wins``, ``Draw``, or that there is no winner."""
    result = state["result"]
    if result is None or state["status"] == "void":
        return words("void") if state["status"] == "void" else ""
    if result["winner"]:
        return words("wins", name=name_of(state, result["winner"], words))
    return words("no_winner" if result["how"] == "abandoned" else "draw")


def how(state: dict[str, Any], words: Words) -> str:
    """``played to the end``, ``Marek: conceded``."""
    result = state["result"]
    if result is None:
        return ""
    said = words.known(f"how_{result['how']}", result["how"])
    if result.get("player"):
        return f"{name_of(state, result['player'], words)}: {said}"
    return said


def empty_cells(state: dict[str, Any], player: int) -> int:
    """How many cells of the rounds that were played nobody has filled in."""
    rounds = range(1, state["turn"]["round"] + 1)
    held = {(c["category"], c["round"]) for c in state["scores"]["cells"] if c["player"] == player}
    return sum(
        (category["id"], round_) not in held
        for round_ in rounds
        for category in categories_of(state, round_)
        if category.get("per_round", True)
    )


def side(state: dict[str, Any], player: int, words: Words, *, may: bool, had: bool = False) -> Side:
    """
    :param may: this screen signs for him
    :param had: he had signed, as far as this screen has seen
    """
    who, score = state["players"][player - 1], state["scores"]["players"][player - 1]
    result, rules = state["result"], state["ruleset"]
    counted = rules.get("winner", "score") == "score"
    rows = [
        (c["name"], str(score["categories"].get(c["id"], 0))) for c in rules.get("categories", ())
    ]
    signed = any(s["player"] == player for s in state["signatures"])
    signing: Signing = "none"
    if signed:
        signing = "signed"
    elif state["status"] == "ended":
        if state["dispute"] is not None:
            signing = "disputed"
        elif not may:
            signing = "elsewhere"
        else:
            signing = "again" if had else "may"
    return Side(
        player=player,
        name=name_of(state, player, words),
        army=" · ".join(who[key] for key in ("faction", "detachment") if who.get(key)),
        headline=headline(state, words),
        how=how(state, words),
        won=bool(result and result["winner"] == player and state["status"] != "void"),
        score=str(score["score"]) if counted else "",
        rows=tuple(rows) if counted else (),
        empty=empty_cells(state, player) if counted and state["status"] == "ended" else 0,
        signing=signing,
    )
