"""What the screens before play say: from what is known to words. Pure."""

from __future__ import annotations

from typing import Any

from .seen import Seen
from .shown import length_text, name_of
from .texts import Words

IN_PLAY = ("playing", "ready", "setup", "waiting", "ended")
"""Matches of the list that are worth a look, in this order."""
SHORT, WHOLE = 18, 22
"""Signs of a name that a key has room for, and of a first name that is not cut for it."""


def progress(state: dict[str, Any], presence: dict[str, Any], player: int, words: Words) -> str:
    """How far a player has come: not here, scanned, named, ready."""
    who = state["players"][player - 1]
    if who["ready"]:
        return words("progress_ready")
    held = any(d["role"] == "player" and d["player"] == player for d in state.get("devices", ()))
    if not held:
        return words("progress_at_table" if who["name"] else "progress_missing")
    # Presence is told a moment later than who holds a place.
    links = {
        d.get("link")
        for d in presence.get("devices", ())
        if d.get("role") == "player" and d.get("player") == player
    }
    if links and "live" not in links and "lost" not in links:
        return words("progress_gone")
    return words("progress_named" if who["name"] else "progress_scanned")


def at_table(state: dict[str, Any]) -> list[int]:
    """Players of whom nothing is known: no name, no phone."""
    held = {device["player"] for device in state.get("devices", ())}
    return [p for p in (1, 2) if p not in held and not state["players"][p - 1]["name"]]


def short_name(state: dict[str, Any], player: int, words: Words, most: int = SHORT) -> str:
    """A name for a key: a long one by its beginning. The whole of it stands at the seat."""
    name = name_of(state, player, words)
    if len(name) <= most:
        return name
    first = name.split()[0]
    return first if len(first) <= WHOLE else name[: most - 1] + "…"


def clock_name(clock: dict[str, Any], words: Words) -> str:
    """What a clock is called: "90 min each", "15 min each, +10 s a turn", "Stopwatch"."""
    if clock["mode"] != "down":
        return words(f"clock_{clock['mode']}")
    said = [words("clock_each", n=round(clock["budget_ms"] / 60_000))]
    if clock.get("increment_ms"):
        said.append(words("clock_per_turn", n=round(clock["increment_ms"] / 1000)))
    if clock.get("neutral_budget_ms"):
        said.append(words("clock_shared", n=round(clock["neutral_budget_ms"] / 60_000)))
    return ", ".join(said)


def match_line(game: dict[str, Any], words: Words) -> tuple[str, str, str]:
    """A match of the list: who plays, where it is and how far, and how it stands."""
    names = [game[f"player{n}_name"] or words("player", player=n) for n in (1, 2)]
    how_far = _how_far(game["status"], game["round"], game["rounds"], words)
    place = " · ".join(part for part in (game.get("table"), how_far) if part)
    begun = game["status"] in ("playing", "ended")
    return " – ".join(names), place, f"{game['score1']} : {game['score2']}" if begun else ""


def resume_line(state: dict[str, Any], words: Words) -> tuple[str, str]:
    """The match that was on before: who plays, and how it stands."""
    names = " – ".join(name_of(state, player, words) for player in (1, 2))
    far = _how_far(state["status"], state["turn"]["round"], state["ruleset"]["rounds"], words)
    scores = " : ".join(str(player["score"]) for player in state["scores"]["players"])
    return names, f"{far} · {scores}" if state["status"] == "playing" else far


def _how_far(status: str, round_: int, rounds: int, words: Words) -> str:
    if status != "playing":
        return words.known(f"status_{status}", status)
    return words("round_of" if rounds else "round", round=round_, rounds=rounds)


def listed(games: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The matches of the lobby in the order in which people look for them."""
    found = [game for game in games.values() if game["status"] in IN_PLAY]
    found.sort(key=lambda g: (IN_PLAY.index(g["status"]), g.get("table") or "", g["game_id"]))
    return found


def announcements(hall: dict[str, Any] | None, table: str, now: float | None) -> list[str]:
    """What the venue has to say to a table without a match, newest last."""
    if hall is None:
        return []
    return [
        a["text"]
        for a in hall.get("announcements", ())
        if (a["to"] == "all" or (a["to"] == "table" and a["target"] == table))
        and (a["until"] is None or now is None or a["until"] > now)
    ]


def time_before(state: dict[str, Any], seen: Seen | None, now: float | None, words: Words) -> str:
    """What runs before play: time that is nobody's, or the clock of one player; empty: nothing."""
    clock = state["clock"]
    if seen is None or not clock["started"] or clock["mode"] == "none":
        return ""
    if seen.side:
        shown = length_text(abs(seen.shown[seen.side - 1]))
        return f"{words('clock_of', name=name_of(state, seen.side, words))}: {shown}"
    ms = clock["neutral_ms"]
    if clock["running"] and now is not None:
        ms += max(0.0, now - clock["at"])
    return words("setup_time", time=length_text(ms))
