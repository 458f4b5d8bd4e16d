"""What differs between games, editions and house rules, as validated data."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from .text import clean

Slug: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}(?!\n)$")]
"""A short id for programs. (``$`` alone would let a line feed pass at the end.)"""
Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=60)]
Length: TypeAlias = Annotated[int, Meta(ge=0, le=7 * 24 * 3_600_000)]
"""A length of time in milliseconds, at most a week."""
Points: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class Stage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A later period of a staged control; a player enters it when his turns before it are done."""

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
    carry: bool = True
    """False: what is left when a battle round ends is lost."""


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
    colour: Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}(?!\n)$")]
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


class BadRuleset(ValueError):
    """
    A ruleset that nobody could play by.

    :ivar message: what is wrong with it
    :ivar field: where, as a JSON path (``categories[0].cap``); empty for the whole of it
    :ivar file: the file it was read from; empty where there is none
    """

    def __init__(self, message: str, field: str = "", file: str = "") -> None:
        super().__init__(": ".join(part for part in (file, field, message) if part))
        self.message = message
        self.field = field
        self.file = file


Kind = TypeVar("Kind")


def parse_ruleset(raw: bytes) -> Ruleset:
    """
    Read a whole ruleset from JSON.

    :raises BadRuleset: naming the first field that is wrong or does not fit the others
    """
    return ruleset_of(parse_json(raw))


def parse_json(raw: bytes) -> object:
    """
    The plain value of a JSON text, with or without a byte order mark (some editors add one).

    :raises BadRuleset: if it is not JSON
    """
    try:
        return msgspec.json.decode(raw.removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRuleset(f"this is not JSON: {error}") from error


def ruleset_of(data: object) -> Ruleset:
    """
    The ruleset that a plain JSON value describes.

    :raises BadRuleset: naming the first field that is wrong or does not fit the others
    """
    rules = fitted(data, Ruleset)
    for problem in _problems(rules):
        raise problem
    return rules


def fitted(data: object, kind: type[Kind]) -> Kind:
    """
    A plain JSON value as ``kind``.

    :raises BadRuleset: naming the first field that does not fit
    """
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise _located(str(error)) from error


def check_clock(clock: ClockRules, rounds: int) -> None:
    """
    See that clock rules make sense together, in a game of so many battle rounds.

    :raises BadRuleset: naming the first field that does not
    """
    for problem in _clock_problems(clock, rounds):
        raise problem


_KEYED = re.compile(r"Object (contains unknown|missing required) field `(.*)`")
_SAID = {"contains unknown": "there is no such field", "missing required": "it is missing"}


def _located(report: str) -> BadRuleset:
    """What msgspec says, "Expected `int`, got `str` - at `$.cp.cap`", with its place first."""
    what, _, place = report.partition(" - at `$")
    path = place.strip("`")
    if keyed := _KEYED.fullmatch(what):
        path, what = f"{path}.{keyed[2]}", _SAID[keyed[1]]
    return BadRuleset(what, path.removeprefix("."))


_RESERVED = {"total", "cp"}
"""Not for categories: scores are also corrected as a bare ``total``, and ``cp`` is beside them."""

_PAIRS = ({"attacker", "defender"}, {"first", "second"}, {"white", "black"})
"""What one side chooses and what the other gets by it."""


def _problems(rules: Ruleset) -> Iterator[BadRuleset]:
    """What the types alone cannot see: fields that do not fit each other."""
    yield from _label_problems(rules)
    if rules.rounds == 0 and rules.turn_model != "alternating":
        yield BadRuleset("a game without rounds needs turn_model alternating", "rounds")
    if rules.rounds == 0 and rules.turn_order != "fixed":
        yield BadRuleset("a game without rounds has a fixed order", "turn_order")
    yield from _twins("phases", "", rules.phases)
    yield from _twins("categories", ".id", [category.id for category in rules.categories])
    for index, category in enumerate(rules.categories):
        yield from _category_problems(category, f"categories[{index}]", rules)
    if rules.cp is not None:
        yield from _cp_problems(rules.cp, rules.turn_model)
    yield from _setup_problems(rules.setup, rules.turn_order)
    one, two = rules.sides
    for trait in ("name", "colour", "shape"):
        if getattr(one, trait) == getattr(two, trait):
            yield BadRuleset("the two sides must differ in it", f"sides[1].{trait}")
    yield from _clock_problems(rules.clock, rules.rounds)
    if rules.event_score is not None:
        yield from _event_score_problems(rules.event_score, rules.winner)


def _label_problems(rules: Ruleset) -> Iterator[BadRuleset]:
    labels = {"name": rules.name, "edition": rules.edition}
    labels |= {f"phases[{index}]": phase for index, phase in enumerate(rules.phases)}
    for group in ("categories", "setup", "sides"):
        for index, member in enumerate(getattr(rules, group)):
            labels[f"{group}[{index}].name"] = member.name
    for field, label in labels.items():
        if clean(label) != label:
            yield BadRuleset("it has invisible signs or stray spaces in it", field)


def _twins(group: str, key: str, values: Sequence[str]) -> Iterator[BadRuleset]:
    for index, value in enumerate(values):
        if value in values[:index]:
            yield BadRuleset(f"{value!r} is there twice", f"{group}[{index}]{key}")


def _category_problems(category: Category, at: str, rules: Ruleset) -> Iterator[BadRuleset]:
    if category.id in _RESERVED:
        yield BadRuleset(f"{category.id!r} has a meaning of its own", f"{at}.id")
    if category.per_round and rules.rounds == 0:
        yield BadRuleset("a game without rounds scores once, for the whole", f"{at}.per_round")
    if not category.per_round and category.round_cap is not None:
        yield BadRuleset("it is scored once, for the whole game; use cap", f"{at}.round_cap")
    if not category.per_round and category.first_round != 1:
        yield BadRuleset("it is scored once, for the whole game", f"{at}.first_round")
    if category.per_round and category.first_round > rules.rounds > 0:
        yield BadRuleset(f"there are {rules.rounds} rounds", f"{at}.first_round")
    caps = [("round_cap", category.round_cap), ("cap", category.cap)]
    known = [
        (name, cap) for name, cap in [*caps, ("total_cap", rules.total_cap)] if cap is not None
    ]
    for (lesser, low), (greater, high) in pairwise(known):
        if low > high:
            yield BadRuleset(f"{low} is more than {greater} {high}", f"{at}.{lesser}")
    for index, value in enumerate(category.quick):
        if known and value > known[0][1]:
            yield BadRuleset(f"more than {known[0][0]} {known[0][1]}", f"{at}.quick[{index}]")


def _cp_problems(cp: CommandPoints, turn_model: str) -> Iterator[BadRuleset]:
    if cp.start > cp.cap:
        yield BadRuleset(f"{cp.start} is more than cap {cp.cap}", "cp.start")
    if cp.gain == "active" and cp.when == "round":
        yield BadRuleset("nobody is active between rounds; use both", "cp.gain")
    if cp.gain != "none" and cp.when == "turn" and turn_model == "alternating":
        yield BadRuleset("turns go to and fro here; use round", "cp.when")


def _setup_problems(steps: Sequence[SetupStep], turn_order: str) -> Iterator[BadRuleset]:
    yield from _twins("setup", ".id", [step.id for step in steps])
    rolls: dict[str, SetupStep] = {}
    for index, step in enumerate(steps):
        at = f"setup[{index}]"
        if step.id == "host":
            yield BadRuleset("'host' has a meaning of its own", f"{at}.id")
        if step.each_round and turn_order != "chosen_each_round":
            yield BadRuleset("only with turn_order chosen_each_round", f"{at}.each_round")
        if step.kind == "roll":
            rolls[step.id] = step
            if step.options or step.by != "host":
                yield BadRuleset("a roll has neither options nor by", f"{at}.kind")
        else:
            yield from _choice_problems(step, rolls, at)
    orders = [
        {*step.options} <= {"first", "second"}
        for step in steps
        if step.each_round and step.kind == "choice"
    ]
    if turn_order == "chosen_each_round" and not any(orders):
        yield BadRuleset("no step of each_round chooses first or second", "setup")


def _choice_problems(step: SetupStep, rolls: dict[str, SetupStep], at: str) -> Iterator[BadRuleset]:
    yield from _twins(f"{at}.options", "", step.options)
    if not any(step.options and {*step.options} <= pair for pair in _PAIRS):
        pairs = ", ".join("/".join(sorted(pair)) for pair in _PAIRS)
        yield BadRuleset(f"a choice is within one of {pairs}", f"{at}.options")
    if step.by == "host":
        return
    if step.by not in rolls:
        yield BadRuleset(f"no earlier roll is called {step.by!r}", f"{at}.by")
    elif step.each_round and not rolls[step.by].each_round:
        yield BadRuleset(f"{step.by!r} is rolled once only, not each round", f"{at}.by")


def _clock_problems(clock: ClockRules, rounds: int) -> Iterator[BadRuleset]:
    if clock.mode == "down" and clock.budget_ms == 0:
        yield BadRuleset("a clock that counts down needs time", "clock.budget_ms")
    for field in _COUNTED_DOWN:
        if clock.mode != "down" and getattr(clock, field):
            yield BadRuleset("only a clock of mode down has it", f"clock.{field}")
    for field in ("round_budget_ms", "new_round_min_ms"):
        if rounds == 0 and getattr(clock, field):
            yield BadRuleset("only a game with rounds has it", f"clock.{field}")
    for index, (before, after) in enumerate(pairwise(clock.stages), start=1):
        if before.after_turns >= after.after_turns:
            yield BadRuleset("stages must rise", f"clock.stages[{index}].after_turns")
    if clock.carry_cap_ms is not None and clock.round_budget_ms == 0:
        yield BadRuleset("without round_budget_ms nothing is carried", "clock.carry_cap_ms")
    if clock.comp_start_ms > clock.comp_max_ms:
        yield BadRuleset(f"more than comp_max_ms {clock.comp_max_ms}", "clock.comp_start_ms")


_COUNTED_DOWN = (
    "budget_ms",
    "increment_ms",
    "delay_ms",
    "bronstein_ms",
    "stages",
    "round_budget_ms",
    "new_round_min_ms",
)
"""What has a meaning only where time runs out."""


def _event_score_problems(score: EventScore, winner: str) -> Iterator[BadRuleset]:
    if winner != "score":
        yield BadRuleset("only where the higher score wins", "event_score")
    for index, (before, after) in enumerate(pairwise(score.steps), start=1):
        if before >= after:
            yield BadRuleset("steps must rise", f"event_score.steps[{index}]")
    if score.total != 2 * score.base:
        yield BadRuleset("a draw gives both base, so it is twice base", "event_score.total")
    if score.base + len(score.steps) > score.total:
        yield BadRuleset(f"they lead past total {score.total}", "event_score.steps")
