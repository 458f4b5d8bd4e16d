"""What differs between games, editions and house rules, as validated data."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from .values import Millis

Slug: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60)]
Length: TypeAlias = Annotated[int, Meta(ge=0, le=7 * 24 * 3_600_000)]
"""A length of time in milliseconds, at most a week."""
Points: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A later period of a staged control, entered when a player has completed the turns before it."""

    after_turns: Annotated[int, Meta(ge=1, le=1000)]
    """Completed turns of the player at which this stage's time is added."""
    budget_ms: Length
    increment_ms: Length = 0
    """Fischer increment from here on; replaces the one before."""


class ClockRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the two clocks of a match run."""

    mode: Literal["none", "up", "down"] = "up"
    """``up`` shows time spent and never flags; ``down`` shows what is left of ``budget_ms``."""
    budget_ms: Length = 0
    increment_ms: Length = 0
    """Fischer: added when a turn is completed; none after the flag."""
    delay_ms: Length = 0
    """US delay: the first milliseconds of each turn are free."""
    bronstein_ms: Length = 0
    """Given back when a turn is completed: at most this, at most what it used."""
    stages: tuple[Stage, ...] = ()
    round_budget_ms: Length = 0
    """With ``down``: added at the start of every battle round after the first."""
    carry_cap_ms: Length | None = None
    """Most that is carried over into a new round; None carries all, 0 nothing."""
    neutral_budget_ms: Length = 0
    """Time for set-up and the like that is nobody's; past it clients warn. 0: no limit."""
    on_flag: Literal["overtime", "stop", "lose", "claim"] = "overtime"
    flag_grace_ms: Length = 2_000
    """How long the announcement of a fallen flag waits for a press already on its way."""
    comp_gain_ms: Length = 500
    """Lag forgiven: what a player's quota gains with each press …"""
    comp_start_ms: Length = 1_500
    """… what it starts with …"""
    comp_max_ms: Length = 3_500
    """… and its ceiling."""
    backdate_max_ms: Length = 10_000
    """How far back a press may be dated by ``pressed_at``."""
    restart_grace_ms: Length = 15_000
    """A gap up to this is bridged; a longer one pauses the clock for reason ``server``."""
    new_round_min_ms: Length = 0
    """No new battle round when neither player has more than this left. 0: no such rule."""


class Category(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A column of the score sheet."""

    id: Slug
    name: Label
    per_round: bool = True
    """False: one cell for the whole game (round 0), like a painted-army bonus."""
    first_round: Annotated[int, Meta(ge=0, le=100)] = 1
    """First battle round in which it can be scored."""
    round_cap: Points | None = None
    cap: Points | None = None
    """Most that counts in a whole game."""
    quick: tuple[Points, ...] = ()
    """Values that screens offer as one tap."""


class CommandPoints(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How command points come by themselves, and how many more may be gained."""

    start: Points = 0
    gain: Literal["both", "active", "none"] = "both"
    """Who gains ``amount`` at each ``when``."""
    when: Literal["turn", "round"] = "turn"
    amount: Points = 1
    second_bonus: Points = 0
    """More for the player who does not go first, each round from the second on."""
    extra_per_round: Points | None = None
    """Most that a player may ``gain`` besides, a battle round; corrections are outside it."""
    cap: Points = 99


class SetupStep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One roll-off or choice before play, in the order of the list."""

    id: Slug
    name: Label
    kind: Literal["roll", "choice"]
    """``roll``: each side rolls a die, the higher wins, a tie rolls again.
    ``choice``: the one named by ``by`` picks one of ``options``."""
    dice: Annotated[int, Meta(ge=2, le=100)] = 6
    by: str = "host"
    """For a choice: ``host``, or the id of the roll whose winner chooses."""
    options: tuple[Literal["attacker", "defender", "first", "second", "white", "black"], ...] = ()
    """What the chooser picks for himself; the other side gets the counterpart."""
    each_round: bool = False
    """Repeated before every round after the first (``turn_order: chosen_each_round``)."""


class SideLabel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Label
    colour: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}$")]
    shape: Literal["circle", "square", "diamond", "triangle"]


class EventScore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Event points by the difference in victory points, as a table of thresholds."""

    steps: tuple[Points, ...]
    """``steps[i]`` is the largest difference that still gives the winner ``base + i``."""
    base: Points
    total: Points
    """Winner's and loser's points together."""


class Ruleset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One edition or house rule, complete. Kept with every game that is played by it."""

    id: Slug
    name: Label
    edition: Label = "1"
    rounds: Annotated[int, Meta(ge=0, le=100)]
    """Battle rounds of a full game; 0: no rounds end the game (chess)."""
    turn_model: Literal["player_turns", "alternating"] = "player_turns"
    """``player_turns``: a round is each player's one turn. ``alternating``: turns (activations,
    moves) go to and fro until somebody ends the round."""
    turn_order: Literal["fixed", "chosen_each_round"] = "fixed"
    press: Literal["pass", "turn"] = "pass"
    """What the big key does: pass the clock only, or end the turn."""
    phases: tuple[Label, ...] = ()
    categories: tuple[Category, ...] = ()
    total_cap: Points | None = None
    cp: CommandPoints | None = None
    """None: the game has no command points."""
    setup: tuple[SetupStep, ...] = ()
    setup_clock: Literal["none", "neutral", "own"] = "none"
    sides: tuple[SideLabel, SideLabel] = (
        SideLabel(name="Player 1", colour="#3fa7ff", shape="circle"),
        SideLabel(name="Player 2", colour="#ff8a3d", shape="square"),
    )
    clock: ClockRules = ClockRules()
    winner: Literal["score", "declared"] = "score"
    """Who wins a completed game: the higher score, or whoever is declared (chess)."""
    event_score: EventScore | None = None
