"""What was done, in a few words: lines of the log, and what taking one back would change. Pure."""

from __future__ import annotations

from typing import Any

from .shown import name_of, pause_words
from .texts import Words

UNTOLD = frozenset({"invited", "seated", "joined", "device_renamed"})
"""Facts that are of no interest at the table."""


def told(entry: dict[str, Any]) -> bool:
    """Whether a line of the log is worth showing."""
    return any(fact["fact"] not in UNTOLD for fact in entry["facts"])


def cell_name(state: dict[str, Any], category: str, round_: int, words: Words) -> str:
    """``Primary, round 2``; ``Battle Ready``."""
    names = {c["id"]: c["name"] for c in state["ruleset"].get("categories", ())}
    name = names.get(category) or words.known(f"category_{category}", category)
    return words("cell_of", category=name, round=round_) if round_ else name


def fact_words(state: dict[str, Any], fact: dict[str, Any], words: Words) -> str:
    """What a fact of the log says."""
    kind, player = fact["fact"], fact.get("player")
    whose = f"{name_of(state, player, words)}: " if player in (1, 2) else ""
    match kind:
        case "cell_set":
            cell = cell_name(state, fact["category"], fact["round"], words)
            return f"{whose}{cell} = {fact['value']}"
        case "cell_stepped":
            cell = cell_name(state, fact["category"], fact["round"], words)
            return f"{whose}{cell} {_signed(fact['delta'])}"
        case "cp_set":
            return f"{whose}{words('cp')} = {fact['value']}"
        case "cp_stepped":
            return f"{whose}{words('cp')} {_signed(fact['delta'])}"
        case "clock_paused" | "clock_resumed":
            why = pause_words(state, (fact["reason"],), words)
            return f"{words(f'fact_{kind}')} ({why})"
        case _:
            return whose + words.known(f"fact_{kind}", kind.replace("_", " "))


def entry_words(state: dict[str, Any], entry: dict[str, Any], words: Words) -> str:
    """A whole line of the log."""
    said = [fact_words(state, f, words) for f in entry["facts"] if f["fact"] not in UNTOLD]
    reason = f" ({entry['reason']})" if entry.get("reason") else ""
    return ", ".join(said or [str(entry["type"])]) + reason


def differences(
    state: dict[str, Any], before: dict[str, Any], after: dict[str, Any], words: Words
) -> list[str]:
    """What would be different: from the sections before and after."""
    said: list[str] = []
    if before.get("scores") and after.get("scores"):
        said += _scores(state, before["scores"], after["scores"], words)
    if after.get("turn") and (before.get("turn") or {}).get("turn") != after["turn"]["turn"]:
        active = after["turn"]["active_player"]
        if active:
            said.append(words("turn_back_to", name=name_of(state, active, words)))
        else:
            said.append(words("turn_back"))
    clock = after.get("clock")
    was = before.get("clock")
    if clock and was and was["side"] != clock["side"] and clock["side"] and not after.get("turn"):
        said.append(words("clock_back_to", name=name_of(state, clock["side"], words)))
    if after.get("players") and before.get("players") != after["players"]:
        said.append(words("fact_profile_set"))
    return said or [words("other_change")]


def _scores(
    state: dict[str, Any], before: dict[str, Any], after: dict[str, Any], words: Words
) -> list[str]:
    said = []
    was, now = ({_at(c): c["value"] for c in side["cells"]} for side in (before, after))
    for at in {**was, **now}:
        if was.get(at) != now.get(at):
            player, category, round_ = at
            cell = cell_name(state, category, round_, words)
            values = f"{was.get(at, '–')} → {now.get(at, '–')}"
            said.append(f"{name_of(state, player, words)}: {cell}: {values}")
    for old, new in zip(before["players"], after["players"], strict=True):
        if old["cp"] != new["cp"]:
            name = name_of(state, new["player"], words)
            said.append(f"{name}: {words('cp')} {old['cp']} → {new['cp']}")
    return said


def _at(cell: dict[str, Any]) -> tuple[int, str, int]:
    return cell["player"], cell["category"], cell["round"]


def _signed(number: int) -> str:
    return f"+{number}" if number > 0 else f"−{-number}"
