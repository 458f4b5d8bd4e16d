"""A line typed at the terminal, and what it asks of the client. Pure."""

from __future__ import annotations

from typing import Any

import attrs

HELP = """\
score [PLAYER] CATEGORY [rROUND] 5 | +5     cp [PLAYER] 3 | +1 | -1
end (the turn)    pass (the clock)    start    pause    resume    undo [VERSION]
name PLAYER NAME    faction PLAYER NAME    ready [PLAYER]    first PLAYER
roll [PLAYER]    choose OPTION    judge [NOTE]    cancel (the call)
concede PLAYER    finish    sign [PLAYER]    accept N    reject N    help    quit
A player is 1, 2 or the beginning of a name."""


class Unclear(Exception):
    """The line cannot be understood. The text says why."""


@attrs.frozen
class Order:
    """A method of the client, by name, with what to call it with."""

    method: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = attrs.field(factory=dict)


def order(line: str, state: dict[str, Any], seat: int = 0) -> Order | None:
    """
    What *line* asks; None if it is empty.

    :param seat: the player meant where the line names none; 0: it has to name one
    :raises Unclear: it asks nothing that there is
    """
    words = line.split()
    if not words:
        return None
    name, rest = words[0].lower(), words[1:]
    match name:
        case "quit" | "exit" | "q":
            return Order("quit")
        case "help" | "?":
            return Order("help")
        case "score" | "s":
            return _score(rest, state, seat)
        case "cp":
            player, rest = _player(rest, state, seat, numbered=True)
            return Order("cp", (player,), _amount(rest, "cp [PLAYER] 3, +1 or -1"))
        case "end" | "e":
            return Order("end_turn")
        case "pass" | "p":
            return Order("switch_clock")
        case "start":
            return Order("start_clock")
        case "pause" | "resume":
            return Order(name, (), {"why": rest[0]} if rest else {})
        case "undo":
            return Order("undo", (_number(rest[0]),) if rest else ())
        case "name" | "faction":
            player, rest = _player(rest, state, seat)
            return Order("profile", (player,), {name: " ".join(rest)})
        case "ready" | "roll" | "sign":
            return Order(name, (_player(rest, state, seat)[0],) if rest or seat else ())
        case "first":
            return Order("skip_setup", (_player(rest, state, seat)[0],))
        case "choose" if rest:
            return Order("choose", (rest[0],))
        case "judge":
            return Order("judge", ("call", " ".join(rest)))
        case "cancel":
            return Order("judge", ("cancel",))
        case "concede":
            player, _ = _player(rest, state, seat)
            return Order("end_game", ("concede",), {"player": player})
        case "finish":
            return Order("end_game", ("complete",))
        case "accept" | "reject" if rest:
            return Order("answer", (_number(rest[0]), name == "accept"))
        case _:
            raise Unclear(f"{words[0]}? Type help.")


def _score(rest: list[str], state: dict[str, Any], seat: int) -> Order:
    usage = "score [PLAYER] CATEGORY [rROUND] 5 or +5"
    player, rest = _player(rest, state, seat)
    if len(rest) < 2:
        raise Unclear(usage)
    known = [c["id"] for c in state.get("ruleset", {}).get("categories", ())]
    found = [id_ for id_ in known if id_.startswith(rest[0].lower())]
    if len(found) != 1:
        raise Unclear(f"{rest[0]}? Categories are {', '.join(known)}.")
    kwargs: dict[str, Any] = {}
    if rest[1].lower().startswith("r"):
        kwargs["round"] = _number(rest[1][1:])
        rest = rest[1:]
    kwargs |= _amount(rest[1:], usage)
    return Order("score", (player, found[0]), kwargs)


def _player(
    rest: list[str], state: dict[str, Any], seat: int, numbered: bool = False
) -> tuple[int, list[str]]:
    """
    The player that the first word names, or the one at the seat; and the other words.

    :param numbered: the line ends with a number, so that a lone one is no player
    """
    if rest and rest[0] in ("1", "2") and (len(rest) > 1 or not numbered):
        return int(rest[0]), rest[1:]
    if rest:
        typed = rest[0].lower()
        players = state.get("players", ())
        named = [p["player"] for p in players if p["name"].lower().startswith(typed)]
        if len(named) == 1 and not _is_category(typed, state):
            return named[0], rest[1:]
    if seat:
        return seat, rest
    raise Unclear("which player? 1 or 2")


def _is_category(typed: str, state: dict[str, Any]) -> bool:
    categories = state.get("ruleset", {}).get("categories", ())
    return any(c["id"].startswith(typed) for c in categories)


def _amount(rest: list[str], usage: str) -> dict[str, int]:
    """``5`` sets, ``+5`` and ``-5`` step."""
    if len(rest) != 1:
        raise Unclear(usage)
    return {"delta" if rest[0][0] in "+-" else "value": _number(rest[0])}


def _number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise Unclear(f"{word}? A number is needed.") from None
