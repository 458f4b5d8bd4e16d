"""What the halves of the table show: from the match's state to words and figures. Pure."""

from __future__ import annotations

from typing import Any

import attrs

from ..domain.clock import shown_text
from .seen import Seen
from .texts import Words

LOW_MS, LAST_MS = 300_000, 60_000
RESERVED = ("round", "judge")
"""Pauses that only officials lift."""
BY_PLAYERS = ("player:1", "player:2", "both", "contested")
"""Pauses that at strict events only officials lift, too."""


@attrs.frozen(kw_only=True)
class Cell:
    """One cell of the score sheet, as a key that opens it."""

    category: str
    round: int
    name: str
    value: int | None
    """None: nobody has filled it in."""
    version: int
    caps: str
    """How much of what is allowed: "12 of 15 · 45 of 50 in all"."""
    room: int | None
    """The most that may be added; None: no cap."""
    quick: tuple[int, ...]


@attrs.frozen(kw_only=True)
class Half:
    """
    :ivar shape: what stands for this seat where colour is not seen
    :ivar clock: the time, as text; empty: this match has no clock
    :ivar lit: this half's clock runs, and a tap on it passes it on
    :ivar level: ``""``, ``low`` (5 minutes), ``last`` (1 minute) or ``over``
    :ivar under: the words under the time: what a tap does, or why the clock stands
    :ivar turn: it is this player's turn
    :ivar on_clock: the clock is this player's, running or not
    :ivar cells: this round's
    :ivar cp: command points; None: the ruleset has none
    :ivar end: the words on the key that ends the turn; empty: no such key now
    :ivar end_round: the same for the round, where turns alternate
    :ivar starts: a tap starts the clock
    """

    player: int
    name: str
    shape: str
    army: str
    phone: str
    clock: str
    lit: bool
    level: str
    under: str
    turn: bool
    on_clock: bool
    flagged: bool
    score: int
    cells: tuple[Cell, ...]
    cp: int | None
    end: str
    end_round: str
    starts: bool


def other(player: int) -> int:
    return 3 - player


def name_of(state: dict[str, Any], player: int, words: Words) -> str:
    """A player's name, or which seat it is as long as nobody has said."""
    return state["players"][player - 1]["name"] or words("player", player=player)


def shape_of(state: dict[str, Any], player: int) -> str:
    """The shape that stands for a seat where colour is not seen."""
    sides = state["ruleset"].get("sides") or ()
    shape = sides[player - 1].get("shape") if len(sides) >= player else None
    return shape or ("circle" if player == 1 else "square")


def half(
    state: dict[str, Any],
    seen: Seen,
    player: int,
    words: Words,
    *,
    presence: dict[str, Any] | None = None,
    may: bool = True,
) -> Half:
    """Everything that one player's half shows; *may*: this screen presses for him."""
    clock, rules, turn = state["clock"], state["ruleset"], state["turn"]
    who = state["players"][player - 1]
    score = state["scores"]["players"][player - 1]
    ms = seen.shown[player - 1]
    timed = clock["mode"] != "none"
    mine, running = seen.side == player, seen.running
    playing = state["status"] == "playing"
    active = seen.active == player and playing and not turn["awaiting"]
    army = " · ".join(who[key] for key in ("faction", "detachment") if who.get(key))
    return Half(
        player=player,
        name=name_of(state, player, words),
        shape=shape_of(state, player),
        army=army,
        phone=phone(state, presence, player, words),
        clock=shown_text(ms, clock["mode"]) if timed else "",
        lit=timed and mine and running and playing and may,
        level=level(clock["mode"], ms) if timed else "",
        under=_under(state, seen, player, words),
        turn=active,
        on_clock=timed and mine and clock["started"] and playing,
        flagged=clock["flagged"][player - 1] is not None,
        score=score["score"],
        cells=cells(state, player, turn["round"], words),
        cp=score["cp"] if rules.get("cp") else None,
        end=_end(state, words) if active and may else "",
        end_round=words("end_round", round=turn["round"])
        if active and may and rules["turn_model"] == "alternating" and rules["rounds"]
        else "",
        starts=playing and timed and not clock["started"] and may,
    )


def level(mode: str, ms: int) -> str:
    """How short the time is."""
    if mode != "down":
        return ""
    if ms < 0:
        return "over"
    return "last" if ms < LAST_MS else "low" if ms < LOW_MS else ""


def _under(state: dict[str, Any], seen: Seen, player: int, words: Words) -> str:
    clock, rules = state["clock"], state["ruleset"]
    if clock["mode"] == "none" or state["status"] != "playing":
        return ""
    short = _short(state, seen, player, words)
    if not clock["started"] and not seen.running:
        does = words("start_clock") if not seen.paused else words("clock_stands")
    elif not seen.running:
        does = words("clock_stands")
    elif seen.side != player:
        does = ""
    elif rules["press"] == "turn":
        does = words("tap_to_end")
    else:
        does = words("tap_to_pass", name=name_of(state, other(player), words))
    return " · ".join(said for said in (short, does) if said)


def _short(state: dict[str, Any], seen: Seen, player: int, words: Words) -> str:
    """How short the time is, for those who do not see it by the colour."""
    clock = state["clock"]
    if clock["flagged"][player - 1] is not None:
        return words("flag_fell")
    said = {"low": "low_time", "last": "last_minute", "over": "time_over"}
    key = said.get(level(clock["mode"], seen.shown[player - 1]))
    return words(key) if key else ""


def _end(state: dict[str, Any], words: Words) -> str:
    rules, clock = state["ruleset"], state["clock"]
    if rules["press"] == "turn" and clock["mode"] != "none" and clock["started"]:
        return ""  # the half itself ends the turn
    if is_last_turn(state):
        return words("end_match")
    if rules["turn_model"] != "alternating":
        return words("end_turn")
    return words("end_activation" if rules["rounds"] else "end_move")


def is_last_turn(state: dict[str, Any]) -> bool:
    """Whether there is a result when this turn ends."""
    rules, turn = state["ruleset"], state["turn"]
    if not rules["rounds"] or turn["round"] < rules["rounds"]:
        return False
    if rules["turn_model"] != "player_turns":
        return False
    return bool(turn["active_player"] != turn["first_player"])


def phone(state: dict[str, Any], presence: dict[str, Any] | None, player: int, words: Words) -> str:
    """How the player's own phone is."""
    here = [
        d
        for d in (presence or {}).get("devices", ())
        if d.get("player") == player and d.get("role") == "player"
    ]
    links = {d.get("link") for d in here}
    for link in ("live", "lost"):
        if link in links:
            return words(f"phone_{link}")
    had = here or [d for d in state.get("devices", ()) if d["player"] == player]
    return words("phone_gone" if had else "phone_none")


# -- the sheet


def categories_of(state: dict[str, Any], round_: int) -> list[dict[str, Any]]:
    """The categories that belong on the sheet of a round; once-a-game ones on the last."""
    rules = state["ruleset"]
    last = bool(rules["rounds"]) and round_ >= rules["rounds"]
    return [
        c
        for c in rules.get("categories", ())
        if (last if c.get("per_round") is False else round_ >= c.get("first_round", 1))
    ]


def cells(state: dict[str, Any], player: int, round_: int, words: Words) -> tuple[Cell, ...]:
    """The cells of one player's sheet in a round."""
    return tuple(cell(state, player, c, round_, words) for c in categories_of(state, round_))


def cell(
    state: dict[str, Any], player: int, category: dict[str, Any], round_: int, words: Words
) -> Cell:
    at = 0 if category.get("per_round") is False else round_
    held = next(
        (
            c
            for c in state["scores"]["cells"]
            if (c["player"], c["category"], c["round"]) == (player, category["id"], at)
        ),
        None,
    )
    value = held["value"] if held else 0
    in_all = state["scores"]["players"][player - 1]["categories"].get(category["id"], 0)
    said, rooms = [], []
    if category.get("round_cap") is not None:
        said.append(words("of_cap", value=value, cap=category["round_cap"]))
        rooms.append(category["round_cap"] - value)
    if category.get("cap") is not None:
        key = "at_most" if at == 0 else "cap_in_all"
        said.append(words(key, value=in_all, cap=category["cap"]))
        rooms.append(category["cap"] - in_all)
    return Cell(
        category=category["id"],
        round=at,
        name=category["name"],
        value=held["value"] if held else None,
        version=held["version"] if held else 0,
        caps=" · ".join(said),
        room=max(0, min(rooms)) if rooms else None,
        quick=tuple(category.get("quick") or ()),
    )


# -- why the clock stands


def pause_words(state: dict[str, Any], reasons: tuple[str, ...], words: Words) -> str:
    """Why the clocks stand, in short."""

    def one(reason: str) -> str:
        if reason.startswith("player:"):
            return name_of(state, int(reason[7:]), words)
        return words.known(f"pause_{reason}", reason)

    return ", ".join(one(reason) for reason in reasons)


def liftable(state: dict[str, Any], reasons: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the reasons to stand still that somebody at the table may lift."""
    policy = state["options"]["pause_policy"]
    if policy == "both":
        return ()
    kept = RESERVED + (BY_PLAYERS if policy == "judge" else ())
    return tuple(r for r in reasons if r not in kept)


def length_text(ms: float) -> str:
    """A length of time as people say it: ``2:13`` or ``1:02:13``."""
    return shown_text(max(0, int(ms)), "up")
