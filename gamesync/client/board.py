"""A match as lines of text: a score board for 80 columns or more. Pure."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from ..domain.clock import shown_text
from .ink import Ink, fit, large, printable, width
from .mirror import Status

NARROWEST = 80
WIDEST = 120
_LABEL = 13
_MARKS = ("●", "■")
_STATUS_WORDS = {
    "waiting": "waiting for players",
    "setup": "set-up",
    "ready": "ready to start",
    "playing": "in play",
    "ended": "ended, to be signed",
    "signed": "signed",
    "void": "void",
}


@attrs.frozen(kw_only=True)
class Shown:
    """Everything that the board shows."""

    state: dict[str, Any] | None
    status: Status
    connection: str
    """Why the connection is as it is, in words."""
    clocks: tuple[int | None, int | None] = (None, None)
    """What the clocks show, in milliseconds."""
    version: int = 0
    game_id: str = ""
    rtt_ms: float | None = None
    watching: int = 0
    log: tuple[str, ...] = ()
    """What happened lately, the newest last."""
    ago: dict[str, int] = attrs.field(factory=dict)
    """Milliseconds since something that is counted up (``judge``)."""


def board(shown: Shown, columns: int = NARROWEST, ink: Ink | None = None) -> list[str]:
    """
    The board as lines, none wider than *columns* (from 80; more than 120 are not used).

    :param ink: None: without colours
    """
    ink = ink or Ink(False)
    columns = max(NARROWEST, min(columns, WIDEST))
    state = shown.state
    lines = [_header(shown, columns, ink)]
    if state is None:
        lines += ["", fit(shown.connection, columns, "centre"), ""]
        return [*lines, _footer(shown, columns, ink)]
    each = (columns - 2) // 2
    one, two = (_panel(shown, state, player, each, ink) for player in (1, 2))
    lines += [f"{a}  {b}" for a, b in zip(one, two, strict=True)]
    lines += _notes(shown, state, columns, ink)
    lines += [ink(fit(f"  {printable(line)}", columns), "dim") for line in shown.log]
    lines.append(_footer(shown, columns, ink))
    return lines


def _header(shown: Shown, columns: int, ink: Ink) -> str:
    state = shown.state
    left, middle = " gamesync", ""
    if state is not None:
        rules = state["ruleset"]
        left = f" {printable(rules['name'])}"
        middle = _STATUS_WORDS.get(state["status"], state["status"])
        if state["status"] == "playing":
            of = f" of {rules['rounds']}" if rules["rounds"] else ""
            middle = f"ROUND {state['turn']['round']}{of}"
            phase = state["turn"]["phase"]
            middle += f" · {printable(phase)}" if phase else ""
        if state.get("table"):
            left += f" · {printable(state['table'])}"
    right = {Status.LIVE: "● LIVE ", Status.STALE: "○ NOT LIVE "}.get(shown.status, "✗ REFUSED ")
    style = {Status.LIVE: "green", Status.STALE: "yellow"}.get(shown.status, "red")
    side = max(width(right), (columns - width(middle)) // 2)
    rest = columns - 2 * side
    return (
        ink(fit(left, side), "bold")
        + ink(fit(middle, rest, "centre"), "bold")
        + ink(fit(right, side, "right"), style, "bold")
    )


# ------------------------------------------------------------------------------- panels


def _panel(shown: Shown, state: dict[str, Any], player: Literal[1, 2], columns: int,
           ink: Ink) -> list[str]:  # fmt: skip
    who, score = state["players"][player - 1], state["scores"]["players"][player - 1]
    colour = "one" if player == 1 else "two"
    turn = state["turn"]["active_player"] == player and state["status"] == "playing"
    clock = _clock(shown, state, player)
    strong = ("bold",) if turn else ()
    edge = ("┏", "┓", "┗", "┛", "━", "┃") if turn else ("╭", "╮", "╰", "╯", "─", "│")
    inner = columns - 4

    def row(text: str, *styles: str) -> str:
        side = ink(edge[5], colour, *strong)
        return f"{side} {ink(fit(text, inner), *styles)} {side}"

    name = printable(who["name"]) or f"Player {player}"
    label = " TURN " if turn else " READY " if _is_ready(state, who) else ""
    name = fit(name, min(width(name), columns - 8 - width(label)))
    head = f"{edge[4]} {_MARKS[player - 1]} {name} "
    line = head + edge[4] * (columns - 3 - width(head) - width(label)) + label + edge[4]
    lines = [ink(edge[0] + line + edge[1], colour, "bold")]
    army = " · ".join(printable(who[k]) for k in ("faction", "detachment") if who.get(k))
    lines.append(row(army, "dim"))
    digits = zip(large(str(score["score"])), large(clock.text), strict=True)
    for left, right in digits:
        gap = " " * max(1, inner - width(left) - width(right))
        side = ink(edge[5], colour, *strong)
        body = ink(left, colour, "bold") + gap + ink(right, *clock.styles)
        lines.append(f"{side} {body} {side}")
    cp = "" if state["ruleset"].get("cp") is None else f" · {score['cp']} CP"
    points = f"VP{cp}"
    lines.append(row(points + fit(clock.label, inner - width(points), "right")))
    lines.append(row(""))
    lines += [row(text, *styles) for text, styles in _sheet(state, player, inner)]
    lines.append(ink(edge[2] + edge[4] * (columns - 2) + edge[3], colour, *strong))
    return lines


def _is_ready(state: dict[str, Any], who: dict[str, Any]) -> bool:
    return state["status"] == "waiting" and bool(who["ready"])


@attrs.frozen
class _Clock:
    text: str
    label: str
    styles: tuple[str, ...]


def _clock(shown: Shown, state: dict[str, Any], player: int) -> _Clock:
    """One clock: digits, and in words what it does."""
    clock, ms = state["clock"], shown.clocks[player - 1]
    if clock["mode"] == "none" or ms is None:
        return _Clock("", "", ())
    text = shown_text(ms, clock["mode"])
    if clock["flagged"][player - 1] is not None:
        return _Clock(text, "flag fell", ("red", "bold"))
    if clock["side"] != player or not clock["started"]:
        return _Clock(text, "clock", ("dim",))
    if clock["running"] and shown.status is not Status.LIVE:
        return _Clock("--:--", "clock not live", ("dim",))
    if not clock["running"]:
        return _Clock(text, "clock stands", ())
    low = clock["mode"] == "down" and ms < 60_000
    return _Clock(text, "low on time ▶" if low else "clock runs ▶", ("red" if low else "", "bold"))


def _sheet(state: dict[str, Any], player: int, inner: int) -> list[tuple[str, tuple[str, ...]]]:
    """The score sheet: a line a category, a column a round."""
    rules = state["ruleset"]
    cells = {
        (cell["category"], cell["round"]): cell["value"]
        for cell in state["scores"]["cells"]
        if cell["player"] == player
    }
    totals = state["scores"]["players"][player - 1]["categories"]
    rounds = list(range(1, (rules["rounds"] or 0) + 1))
    step = next((n for n in (5, 4) if inner - 5 - n * len(rounds) >= _LABEL), 3)
    most = (inner - 5 - _LABEL) // step
    now = state["turn"]["round"]
    if len(rounds) > most:  # the rounds around the present one
        first = max(0, min(now - most // 2 - 1, len(rounds) - most))
        rounds = rounds[first : first + most]
    label = inner - len(rounds) * step - 5
    heads = "".join(fit(f"▸{r}" if r == now else str(r), step, "right") for r in rounds)
    found: list[tuple[str, tuple[str, ...]]] = []
    if rounds:
        found.append((fit("", label) + heads + fit("sum", 5, "right"), ("dim",)))
    for category in rules.get("categories", ()):
        id_ = category["id"]
        text = fit(printable(category["name"]), label)
        for r in rounds:
            dot = "·" if r >= category["first_round"] else ""
            value = cells.get((id_, r), dot) if category["per_round"] else ""
            text += fit(str(value), step, "right")
        found.append((text + fit(str(totals.get(id_, 0)), 5, "right"), ()))
    if any(cell["category"] == "total" for cell in state["scores"]["cells"]):
        corrected = sum(value for (id_, _), value in cells.items() if id_ == "total")
        found.append((fit("Correction", inner - 5) + fit(f"{corrected:+}", 5, "right"), ()))
    return found


# -------------------------------------------------------------------------------- notes


def _notes(shown: Shown, state: dict[str, Any], columns: int, ink: Ink) -> list[str]:
    """What everybody has to know now, a line each."""
    names = _names(state)
    notes: list[tuple[str, str]] = []
    clock = state["clock"]
    if clock["paused"] and state["status"] not in ("ended", "signed", "void"):
        why = ", ".join(_reason(reason, names) for reason in clock["paused"])
        notes.append((f"‖ PAUSED: {why}", "yellow"))
    if state["judge"] is not None:
        taken = state["judge"].get("taken_by")
        ago = shown.ago.get("judge")
        since = f" {shown_text(ago, 'up')} ago" if ago is not None else ""
        coming = f": {printable(taken.get('name') or 'a judge')} is coming" if taken else ""
        notes.append((f"⚑ Judge called{since}{coming}", "yellow"))
    if state["dispute"] is not None:
        notes.append((f"! Disputed: {printable(state['dispute']['text'])}", "red"))
    for proposal in state["proposals"]:
        who, what = names[proposal["player"]], proposal["kind"].replace("_", " ")
        notes.append((f"? {who} proposes: {what} (answer: accept {proposal['at_version']})", ""))
    if state["setup"]["step"]:
        notes.append((f"» {printable(state['setup']['name'])}{_rolls(state, names)}", ""))
    if state["turn"]["awaiting"] == "consent":
        notes.append(("» Little time is left: shall there be another round?", "yellow"))
    if state["result"] is not None:
        notes.append((result_text(state), "bold"))
        signed = [names[s["player"]] for s in state["signatures"]]
        if signed and state["status"] == "ended":
            notes.append((f"  signed by {' and '.join(signed)}", ""))
    if shown.status is not Status.LIVE:
        notes.append((f"○ {shown.connection}", "yellow"))
    return [ink(fit(f" {text}", columns), style) for text, style in notes]


def _names(state: dict[str, Any]) -> dict[int, str]:
    found = {p["player"]: printable(p["name"]) or f"Player {p['player']}" for p in state["players"]}
    return {0: "nobody", **found}


def _reason(reason: str, names: dict[int, str]) -> str:
    if reason.startswith("player:"):
        return names.get(int(reason[7:]), reason)
    return {"server": "the box was off", "link": "no device is heard"}.get(reason, reason)


def _rolls(state: dict[str, Any], names: dict[int, str]) -> str:
    rolls = state["setup"]["rolls"]
    if state["setup"]["tied"]:
        return ": a tie, roll again"
    said = [f"{names[i + 1]} rolled {die}" for i, die in enumerate(rolls) if die]
    chooser = state["setup"]["chooser"]
    if chooser:
        said.append(f"{names[chooser]} chooses {' or '.join(state['setup']['options'])}")
    return f": {', '.join(said)}" if said else ""


def result_text(state: dict[str, Any]) -> str:
    """How the match ended, in one line."""
    result, names = state["result"], _names(state)
    score = f"{result['score1']} : {result['score2']}"
    how = result["how"].replace("_", " ")
    if result["winner"]:
        return f"★ {names[result['winner']]} wins {score} ({how})"
    return f"★ A draw, {score} ({how})"


def _footer(shown: Shown, columns: int, ink: Ink) -> str:
    parts = [f"game {shown.game_id}"] if shown.game_id else []
    if shown.state is not None:
        parts.append(f"version {shown.version}")
    if shown.rtt_ms is not None:
        parts.append(f"round trip {shown.rtt_ms:.1f} ms")
    if shown.watching:
        parts.append(f"{shown.watching} watching")
    return ink(fit(" " + " · ".join(parts), columns), "dim")
