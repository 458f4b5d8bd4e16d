"""
The statuses of a match: which commands each of them takes, and what moves between them.

This is the rules' own table, for people; the rules beside it do not read it, and a test asserts
every cell of it against them. Pausing is no status: it is a matter of the clock.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from .state import Status

STATUSES: tuple[Status, ...] = get_args(Status)
Cell: TypeAlias = Literal["yes", "no", "officials", "timed"]
"""``timed``: where the ruleset times the set-up, or the clock is on."""

Row: TypeAlias = dict[Status, Cell]

_BEFORE: Row = {"waiting": "yes", "setup": "yes", "ready": "yes"}
_TIMED: Row = {"waiting": "timed", "setup": "timed", "ready": "timed"}
_READY: Row = {"ready": "yes"}
_PLAY: Row = {"playing": "yes"}
_ENDED: Row = {"ended": "yes"}
_SIGNED: Row = {"signed": "yes"}
_FILED: Row = {"signed": "yes", "void": "yes"}
_OFFICIALS: Row = {"signed": "officials"}
_ALL = _BEFORE | _PLAY | _ENDED | _FILED

ALLOWED: dict[str, Row] = {
    "score_update": _READY | _PLAY | _ENDED | _OFFICIALS,
    "timer_update start": _TIMED | _READY | _PLAY,
    "timer_update pause": _TIMED | _PLAY,
    "timer_update resume": _TIMED | _PLAY,
    "timer_update switch": _TIMED | _PLAY,
    "timer_update adjust": _BEFORE | _PLAY,
    "timer_update set": _BEFORE | _PLAY,
    "timer_update batch": _PLAY,
    "turn_change": _PLAY,
    "game_end concede": _BEFORE | _PLAY,
    "game_end abandon": _BEFORE | _PLAY,
    "game_end complete": _PLAY,
    "game_end time_call": _PLAY,
    "game_end claim": _PLAY,
    "game_end rule": _BEFORE | _PLAY | _ENDED,
    "game_end confirm": _ENDED,
    "game_end reopen": _ENDED | _FILED,
    "game_end void": _BEFORE | _PLAY | _ENDED | _SIGNED,
    "game_state names": _BEFORE | _PLAY | _ENDED,
    "game_state turn": _BEFORE | _PLAY,
    "settings_update": _ALL,
    "setup profile": _BEFORE | _PLAY | _ENDED,
    "setup ready": {"waiting": "yes"},
    "setup roll": {"setup": "yes"},
    "setup result": {"setup": "yes"},
    "setup choose": {"setup": "yes"},
    "setup skip": _BEFORE,
    "setup swap": _BEFORE | _PLAY | _ENDED,
    "setup first_player": _READY | _PLAY,
    "propose pause": _TIMED | _PLAY,
    "propose draw": _PLAY,
    "propose undo": _BEFORE | _PLAY | _ENDED,
    "answer": _BEFORE | _PLAY | _ENDED,
    "dispute open": _PLAY | _ENDED | _SIGNED,
    "dispute close": _PLAY | _ENDED | _FILED,
    "judge_call call": _BEFORE | _PLAY | _ENDED,
    "judge_call take": _ALL,
    "judge_call cancel": _ALL,
    "judge_call close": _ALL,
    "undo": _BEFORE | _PLAY | _ENDED | _OFFICIALS | {"void": "officials"},
    "device invite": _BEFORE | _PLAY | _ENDED,
    "device rename": _ALL,
    "device revoke": _ALL,
    "device swap": _ALL,
    "connect as player": _BEFORE | _PLAY | _ENDED,
    "connect as host": _ALL,
}
"""
Command -> status -> whether it is taken there; a status that is not named refuses it (``not_now``).

Rolls and choices are taken in play too, while the order of the next round is awaited.
"""

MOVES: tuple[tuple[Status, str, Status], ...] = (
    ("waiting", "setup ready", "setup"),
    ("waiting", "setup skip", "ready"),
    ("setup", "setup choose", "ready"),
    ("setup", "setup skip", "ready"),
    ("ready", "timer_update start", "playing"),
    ("ready", "game_state turn", "playing"),
    ("waiting", "game_end concede", "ended"),
    ("setup", "game_end concede", "ended"),
    ("ready", "game_end concede", "ended"),
    ("playing", "turn_change", "ended"),
    ("playing", "game_end concede", "ended"),
    ("playing", "answer", "ended"),
    ("ended", "game_end confirm", "signed"),
    ("signed", "score_update", "ended"),
    ("signed", "undo", "ended"),
    ("ended", "game_end reopen", "playing"),
    ("signed", "game_end reopen", "playing"),
    ("void", "game_end reopen", "playing"),
    *((status, "game_end void", "void") for status in STATUSES if status != "void"),
)
"""From where, by what, to where: the last of such commands that it takes."""


def allowed() -> str:
    """Both tables in Markdown, for ``docs/protocol.md``."""
    lines = [
        f"| command | {' | '.join(STATUSES)} |",
        f"| --- |{' --- |' * len(STATUSES)}",
        *(
            f"| `{command}` | {' | '.join(_shown(cells.get(s, 'no')) for s in STATUSES)} |"
            for command, cells in ALLOWED.items()
        ),
        "",
        "| from | by | to |",
        "| --- | --- | --- |",
        *(f"| {before} | `{command}` | {after} |" for before, command, after in MOVES),
    ]
    return "\n".join(lines) + "\n"


def _shown(cell: Cell) -> str:
    return "" if cell == "no" else cell
