"""What happened, in one sentence for people. Pure."""

from __future__ import annotations

from typing import Any

from ..domain.clock import shown_text
from .envelope import Message
from .ink import printable

MINUS = "\N{MINUS SIGN}"


def told(message: Message, state: dict[str, Any], before: dict[str, Any] | None = None) -> str:
    """
    The sentence for a change; empty for what is no news (a beat, a whole state).

    :param state: after it
    :param before: the state before it, for what the change took the place of
    """
    facts = message.data.get("facts")
    if not isinstance(facts, list | tuple):
        return ""
    names = {0: "nobody"} | {
        p["player"]: printable(p["name"]) or f"Player {p['player']}" for p in state["players"]
    }
    said = [_fact(fact, names, state, before) for fact in facts]
    text = "; ".join(part for part in said if part) or message.type.replace("_", " ")
    role = (message.data.get("by") or {}).get("role", "")
    by = f" (by the {role})" if role in ("judge", "organiser") else ""
    reason = message.data.get("reason") or ""
    return f"{text}{by}" + (f": {printable(reason)}" if reason else "")


def _fact(
    fact: dict[str, Any],
    names: dict[int, str],
    state: dict[str, Any],
    before: dict[str, Any] | None,
) -> str:
    who = names.get(fact.get("player") or 0, "nobody")
    match fact["fact"]:
        case "created":
            return "the game was made"
        case "joined":
            place = f"{names[fact['player']]}'s seat" if fact.get("player") else "the table"
            return f"a device joined at {place}"
        case "profile_set":
            said = (fact.get(key) for key in ("name", "faction", "detachment", "team"))
            return f"player {fact['player']}: {printable(', '.join(s for s in said if s))}"
        case "ready_set":
            return f"{who} is {'' if fact['ready'] else 'not '}ready"
        case "rolled":
            return f"{who} rolled {fact['die']}"
        case "roll_decided":
            return f"{names[fact['winner']]} won the roll-off"
        case "chosen":
            return f"{who} chose {printable(fact['option'])}"
        case "setup_skipped" | "first_player_set":
            first = fact.get("first_player") or fact.get("player")
            return f"{names.get(first or 0)} goes first"
        case "clock_started":
            return f"the clock runs for {names[fact['side']]}"
        case "clock_switched":
            return f"the clock passed to {names[fact['to']]}"
        case "clock_paused":
            return f"paused: {printable(fact['reason'])}"
        case "clock_resumed":
            return f"goes on ({printable(fact['reason'])} lifted)"
        case "clock_adjusted":
            ms = fact["delta_ms"]
            return f"{who}'s clock: {'+' if ms >= 0 else MINUS}{shown_text(abs(ms), 'up')}"
        case "flagged":
            return f"{who}'s flag fell"
        case "down_time":
            gap = fact.get("gap_ms")
            length = "an unknown time" if gap is None else shown_text(gap, "up")
            return f"the box was off for {length}; nobody's time ran"
        case "turn_ended":
            return f"{who} ended the turn{_next_turn(state, names)}"
        case "round_opened" | "turn_set":
            return f"round {state['turn']['round']} is on"
        case "phase_set":
            return f"phase: {printable(fact['phase'])}"
        case "cell_set" | "cell_stepped":
            return _cell(fact, who, state, before)
        case "cp_set":
            return f"{who} has {fact['value']} CP"
        case "cp_stepped":
            return f"{who}: {fact['delta']:+} CP ({fact['why']})"
        case "ended":
            return f"the match is over: {fact['how'].replace('_', ' ')}"
        case "signed":
            return f"{who} signed"
        case "proposed":
            return f"{who} proposes: {fact['kind'].replace('_', ' ')}"
        case "answered":
            return "agreed" if fact["accept"] else "the proposal is off"
        case "dispute_opened":
            return f"disputed: {printable(fact['text'])}"
        case "judge_called":
            return "a judge was called"
        case "judge_taken":
            return "a judge is coming"
        case "judge_closed":
            return "the judge's call was " + ("cancelled" if fact.get("cancelled") else "closed")
        case "undone":
            return f"taken back: version {fact['version']}"
        case other:
            return printable(str(other).replace("_", " "))


def _next_turn(state: dict[str, Any], names: dict[int, str]) -> str:
    turn = state["turn"]
    if state["status"] != "playing" or not turn["active_player"]:
        return ""
    return f"; round {turn['round']}, {names[turn['active_player']]} to play"


def _cell(
    fact: dict[str, Any], who: str, state: dict[str, Any], before: dict[str, Any] | None
) -> str:
    category, round_ = fact["category"], fact["round"]
    known = {c["id"]: c["name"] for c in state["ruleset"]["categories"]}
    name = printable(known.get(category, category))
    where = f"{name}, round {round_}" if round_ else name
    if fact["fact"] == "cell_stepped":
        return f"{who}: {where} {fact['delta']:+}"
    old = _value(before, fact) if before is not None else None
    was = f" (was {old})" if old is not None and old != fact["value"] else ""
    return f"{who}: {where}: {fact['value']}{was}"


def _value(state: dict[str, Any], fact: dict[str, Any]) -> int | None:
    for cell in state["scores"]["cells"]:
        if all(cell[key] == fact[key] for key in ("player", "category", "round")):
            value: int = cell["value"]
            return value
    return None
