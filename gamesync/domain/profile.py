"""
What a game is played under besides its ruleset: who may do what, and which clock.

A venue picks one of two profiles rather than thirty settings, and changes what it must.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, get_args

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from .ruleset import ClockRules, Length, Ruleset, Stage, check_clock

ProfileName: TypeAlias = Literal["club", "event"]
PausePolicy: TypeAlias = Literal["any", "both", "judge"]
Seats: TypeAlias = Literal["own", "both"]
UndoBy: TypeAlias = Literal["own", "agreement"]
Late: TypeAlias = Literal["wait", "neutral", "own_clock"]
Rounds: TypeAlias = Literal["any", "current"]
Visibility: TypeAlias = Literal["listed", "link"]
RoundEnd: TypeAlias = Literal["announce", "pause", "no_new_turn"]
PresetName: TypeAlias = Literal[
    "none",
    "up",
    "down-60",
    "down-75",
    "down-90",
    "down-120",
    "down-60-shared-30",
    "down-85-shared-10",
    "chess-90-30",
    "chess-15-10",
    "chess-5-3",
]

_SECOND = 1_000
_MINUTE = 60 * _SECOND


def _minutes(each: int, neutral: int = 0) -> ClockRules:
    """So many minutes a player, and ``neutral`` ones that are nobody's, as at wargame events."""
    return ClockRules(mode="down", budget_ms=each * _MINUTE, neutral_budget_ms=neutral * _MINUTE)


def _fischer(minutes: int, seconds: int, *stages: Stage) -> ClockRules:
    """So many minutes and so many seconds more with each move; who runs out loses, as in chess."""
    return ClockRules(
        mode="down",
        budget_ms=minutes * _MINUTE,
        increment_ms=seconds * _SECOND,
        stages=stages,
        on_flag="lose",
    )


PRESETS: dict[PresetName, ClockRules] = {
    "none": ClockRules(mode="none"),
    "up": ClockRules(mode="up"),
    "down-60": _minutes(60),
    "down-75": _minutes(75),
    "down-90": _minutes(90),
    "down-120": _minutes(120),
    "down-60-shared-30": _minutes(60, neutral=30),
    "down-85-shared-10": _minutes(85, neutral=10),
    "chess-90-30": _fischer(
        90, 30, Stage(after_turns=40, budget_ms=30 * _MINUTE, increment_ms=30 * _SECOND)
    ),
    "chess-15-10": _fischer(15, 10),
    "chess-5-3": _fischer(5, 3),
}
"""The clocks that people know by name."""


class GameOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of one game, kept with it. The defaults are those of the club profile."""

    profile: ProfileName = "club"
    clock: ClockRules
    pause_policy: PausePolicy = "any"
    """Who stops and restarts the clock: either player, both in agreement, or officials only."""
    player_scores: Seats = "own"
    """Whose cells a player fills in from his own device."""
    undo_by: UndoBy = "own"
    """What a player takes back alone: his own last score or cp always; with ``own`` also his own
    press of the clock within ``undo_window_ms``. Anything else by agreement or an official."""
    undo_window_ms: Length = 10_000
    host_may_adjust: bool = True
    """Whether the table's screen may change what the clocks show, as an official may."""
    pause_on_call: bool = False
    """Whether calling a judge stops the clock, from the call on."""
    late: Late = "wait"
    """A start with one seat empty: the clocks wait, neutral time runs, or the absent player's."""
    correct_rounds: Rounds = "any"
    """Which rounds' cells the shared table corrects; others need the other seat or an official."""
    need_signatures: bool = False
    """Whether a result counts only when both have signed it, or an official for them."""
    visibility: Visibility = "listed"
    """Found in the lobby, or only by its link."""
    round_end: RoundEnd = "announce"
    """When the event's round runs out: say so, stop the clocks too, or let no new turn begin."""
    unstarted_expires_ms: Length = 0
    """A match that nobody starts is void after this; 0: never."""


class Overrides(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Options that differ from a profile's; fields as in :class:`GameOptions`."""

    clock: ClockRules | PresetName | UnsetType = UNSET
    """Whole rules, or a preset by name."""
    pause_policy: PausePolicy | UnsetType = UNSET
    player_scores: Seats | UnsetType = UNSET
    undo_by: UndoBy | UnsetType = UNSET
    undo_window_ms: Length | UnsetType = UNSET
    host_may_adjust: bool | UnsetType = UNSET
    pause_on_call: bool | UnsetType = UNSET
    late: Late | UnsetType = UNSET
    correct_rounds: Rounds | UnsetType = UNSET
    need_signatures: bool | UnsetType = UNSET
    visibility: Visibility | UnsetType = UNSET
    round_end: RoundEnd | UnsetType = UNSET


NO_OVERRIDES = Overrides()

AS_SETTINGS: dict[str, tuple[bool | str, ...]] = {
    "pause_policy": get_args(PausePolicy),
    "player_scores": get_args(Seats),
    "undo_by": get_args(UndoBy),
    "correct_rounds": get_args(Rounds),
    "host_may_adjust": (True, False),
    "pause_on_call": (True, False),
    "need_signatures": (True, False),
}
"""Options that can be changed in the course of a game, as settings of the same name; the values."""

PROFILES: dict[ProfileName, Overrides] = {
    "club": NO_OVERRIDES,
    "event": Overrides(
        pause_policy="judge",
        undo_by="agreement",
        host_may_adjust=False,
        pause_on_call=True,
        late="own_clock",
        correct_rounds="current",
        need_signatures=True,
    ),
}
"""What each profile changes; the event profile's clock is in :func:`options`."""


def options(
    profile: ProfileName, ruleset: Ruleset, overrides: Overrides = NO_OVERRIDES
) -> GameOptions:
    """
    The options of a game of ``ruleset`` under ``profile``.

    The clock is the ruleset's, but for an event whose ruleset does not count down: then 90
    minutes each, and play goes on past them (3-hour rounds are the habit of 40k events).

    :raises BadRuleset: if a clock given in ``overrides`` makes no sense in this game
    """
    clock = ruleset.clock
    if profile == "event" and clock.mode != "down":
        clock = clock_preset("down-90")
    settings: dict[str, Any] = {"clock": clock, **_set(PROFILES[profile]), **_set(overrides)}
    if isinstance(settings["clock"], str):
        settings["clock"] = clock_preset(settings["clock"])
    check_clock(settings["clock"], ruleset.rounds)
    return GameOptions(profile=profile, **settings)


def clock_preset(name: str) -> ClockRules:
    """
    Clock rules by the name people know them by: ``up``, ``down-90``, ``chess-15-10``.

    :raises ValueError: naming those there are
    """
    for known, rules in PRESETS.items():
        if known == name:
            return rules
    raise ValueError(f"no clock is called {name!r}; there are {', '.join(PRESETS)}")


def _set(overrides: Overrides) -> dict[str, Any]:
    return {field: value for field, value in asdict(overrides).items() if value is not UNSET}
