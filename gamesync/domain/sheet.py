"""The score sheet: cells, caps, command points, and the totals that follow from them."""

from __future__ import annotations

from msgspec.structs import replace

from .commands import ScoreUpdate
from .events import By, CellSet, CellStepped, CpSet, CpStepped, GameFact
from .rules import Context, Decision, already, apply, decide, require
from .ruleset import Category
from .state import Cell, Game, cell_key
from .values import Player, Refused, Version, other

CELL_MAX = 999
TOTAL = "total"
"""Category of corrections to a bare total; its one cell is added to the sum of the others."""
_TOTAL = Category(id=TOTAL, name="Correction", per_round=False)


def official(by: By) -> bool:
    return by.role in ("judge", "organiser")


# -- what it adds up to --


def category(game: Game, id_: str) -> Category:
    """:raises Refused: (``not_found``) the ruleset has no such category"""
    for each in game.ruleset.categories:
        if each.id == id_:
            return each
    if id_ == TOTAL:
        return _TOTAL
    known = ", ".join(c.id for c in game.ruleset.categories) or "none"
    raise Refused("not_found", f"category: this ruleset has {known}", "category")


def value(game: Game, player: Player, category_id: str, round_: int) -> int:
    cell = game.cells.get(cell_key(player, category_id, round_))
    return cell.value if cell else 0


def subtotal(game: Game, player: Player, each: Category) -> int:
    """What counts of a category: the sum of its cells, at most its cap."""
    points = _entered(game, player, each)
    return points if each.cap is None else min(points, each.cap)


def total(game: Game, player: Player) -> int:
    """A player's score: from 0 to the ruleset's cap."""
    points = max(0, _sum(game, player))
    cap = game.ruleset.total_cap
    return points if cap is None else min(points, cap)


def _entered(game: Game, player: Player, each: Category) -> int:
    start = f"{player}/{each.id}/"
    return sum(cell.value for key, cell in game.cells.items() if key.startswith(start))


def _scored(game: Game, player: Player) -> int:
    return sum(subtotal(game, player, c) for c in game.ruleset.categories)


def _sum(game: Game, player: Player) -> int:
    """Everything that counts and the correction, before the cap of the whole."""
    return _scored(game, player) + value(game, player, TOTAL, 0)


# -- what is asked --


@decide.register
def _(command: ScoreUpdate, game: Game, ctx: Context) -> Decision:
    require(game, "ready", "playing", "ended", *(("signed",) if official(ctx.by) else ()))
    _well_formed(command)
    facts = (*_cell_facts(command, game, ctx.by), *_cp_facts(command, game))
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts) if facts else already()


def _well_formed(command: ScoreUpdate) -> None:
    """:raises Refused: it says too little, or two things of one cell"""
    cell = [f for f in ("value", "delta", "score") if getattr(command, f) is not None]
    cp = [f for f in ("cp", "cp_delta") if getattr(command, f) is not None]
    place = [f for f in ("category", "round") if getattr(command, f) is not None]
    for given in (cell, cp):
        if len(given) > 1:
            raise Refused("bad_value", f"{given[1]}: send {given[0]} or {given[1]}", given[1])
    if not cell and (place or not cp):
        raise Refused("missing_field", "value: nothing to set or step", "value")
    if command.score is not None and place:
        raise Refused("bad_value", f"{place[0]}: score is the whole total", place[0])
    if cell and command.score is None and command.category is None:
        raise Refused("missing_field", "category: which column of the sheet", "category")
    if cell and cp and command.if_version is not None:
        raise Refused("bad_value", "if_version: speaks of one cell; send cp apart", "if_version")


def _cell_facts(command: ScoreUpdate, game: Game, by: By) -> list[GameFact]:
    player = command.player
    if command.score is not None:
        return _total_fact(command, game, by)
    if command.category is None:
        return []
    column = category(game, command.category)
    round_ = command.round
    if round_ is None:
        round_ = game.turn.round if column.per_round else 0
    if closed(game, by, player, column.id, round_):
        raise Refused("consent_needed", "round: it is over; ask an official", "round")
    _same_version(command, *_held(game, player, column.id, round_))
    if command.delta is not None:
        step = CellStepped(
            player=player,
            category=column.id,
            round=round_,
            delta=command.delta,
            correct=command.correct,
        )
        return [step] if command.delta else []
    assert command.value is not None  # the one of the three that is left
    cell = game.cells.get(cell_key(player, column.id, round_))
    if cell is not None and cell.value == command.value:
        return []
    return [
        CellSet(
            player=player,
            category=column.id,
            round=round_,
            value=command.value,
            correct=command.correct,
        )
    ]


def _total_fact(command: ScoreUpdate, game: Game, by: By) -> list[GameFact]:
    """A bare total becomes the correction that makes the sum come out so."""
    assert command.score is not None
    cap = CELL_MAX if game.ruleset.total_cap is None else game.ruleset.total_cap
    if not 0 <= command.score <= cap:
        raise Refused("out_of_range", f"score: from 0 to {cap}", "score", cap=cap)
    if closed(game, by, command.player, TOTAL, 0):
        raise Refused("consent_needed", "score: rounds are over; ask an official", "score")
    _same_version(command, *_held(game, command.player, TOTAL, 0))
    if command.score == total(game, command.player):
        return []
    wanted = command.score - _scored(game, command.player)
    return [CellSet(player=command.player, category=TOTAL, round=0, value=wanted, correct=True)]


def closed(game: Game, by: By, player: Player, category_id: str, round_: int) -> bool:
    """
    Whether a cell is closed to *by*, because its round is over and the event's rule is strict.

    It is open to officials, and to the opponent of the player whose cell it is. A correction of the
    total is of every round.
    """
    over = 0 < round_ < game.turn.round or (category_id == TOTAL and game.turn.round > 1)
    if not over or game.options.correct_rounds == "any" or official(by):
        return False
    return by.player != other(player)


def _held(game: Game, player: Player, category_id: str, round_: int) -> tuple[Version, int]:
    cell = game.cells.get(cell_key(player, category_id, round_))
    return (cell.version, cell.value) if cell else (0, 0)


def _same_version(command: ScoreUpdate, version: Version, held: int) -> None:
    if command.if_version is not None and command.if_version != version:
        raise Refused(
            "conflict",
            f"if_version: that changed at version {version}",
            "if_version",
            value=held,
            cell_version=version,
        )


def _cp_facts(command: ScoreUpdate, game: Game) -> list[GameFact]:
    step = command.cp_delta
    if command.cp is None and step is None:
        return []
    if game.ruleset.cp is None:
        field = "cp" if step is None else "cp_delta"
        raise Refused("not_found", f"{field}: this ruleset has no command points", field)
    state = game.player(command.player)
    _same_version(command, state.cp_version, state.cp)
    if command.cp is not None:
        return [] if command.cp == state.cp else [CpSet(player=command.player, value=command.cp)]
    assert step is not None
    why = command.cp_why or ("spend" if step < 0 else "correction")
    if why == ("gain" if step < 0 else "spend"):
        raise Refused("bad_value", f"cp_why: {step:+} is no {why}", "cp_why")
    return [CpStepped(player=command.player, delta=step, why=why)] if step else []


# -- what the sheet allows --


def _put(game: Game, ctx: Context, fact: CellSet | CellStepped, points: int, field: str) -> Game:
    """The game with one cell changed, if the sheet allows it."""
    column = category(game, fact.category)
    key = cell_key(fact.player, column.id, fact.round)
    held = value(game, fact.player, column.id, fact.round)
    _check_round(game, column, fact.round, key in game.cells)
    least = -CELL_MAX if column.id == TOTAL else 0
    if not least <= points <= CELL_MAX:
        raise Refused("out_of_range", f"{field}: {column.name} cannot be {points}", field)
    cell = Cell(value=points, version=ctx.version, by=ctx.by, at_ms=ctx.now)
    changed = replace(game, cells={**game.cells, key: cell})
    if points > held and not fact.correct:  # what a correction put over a cap may come down
        caps = (
            (points, column.round_cap, column.name),
            (_entered(changed, fact.player, column), column.cap, f"{column.name} in all"),
            (_sum(changed, fact.player), game.ruleset.total_cap, "the total"),
        )
        for amount, cap, what in caps:
            if cap is not None and amount > cap:
                raise Refused("out_of_range", f"{field}: {what} is at most {cap}", field, cap=cap)
    return changed


def _check_round(game: Game, column: Category, round_: int, filled: bool) -> None:
    if not column.per_round:
        if round_:
            raise Refused("out_of_range", f"round: {column.name} is not by round", "round")
    elif not filled and not column.first_round <= round_ <= game.turn.round:
        raise Refused("out_of_range", f"round: {column.name} has no round {round_} yet", "round")


@apply.register
def _(fact: CellSet, game: Game, ctx: Context) -> Game:
    return _put(game, ctx, fact, fact.value, "value")


@apply.register
def _(fact: CellStepped, game: Game, ctx: Context) -> Game:
    points = value(game, fact.player, fact.category, fact.round) + fact.delta
    return _put(game, ctx, fact, points, "delta")


def _cp(game: Game, ctx: Context, player: Player, points: int, gained: int, field: str) -> Game:
    rules = game.ruleset.cp
    assert rules is not None  # or there is no such fact
    if not 0 <= points <= rules.cap:
        raise Refused("out_of_range", f"{field}: {points} is not from 0 to {rules.cap}", field)
    limit = rules.extra_per_round
    if limit is not None and gained > max(limit, game.player(player).cp_gained):
        raise Refused(
            "out_of_range", f"{field}: at most {limit} may be gained a round", field, cap=limit
        )
    return game.with_player(player, cp=points, cp_version=ctx.version, cp_gained=gained)


@apply.register
def _(fact: CpSet, game: Game, ctx: Context) -> Game:
    return _cp(game, ctx, fact.player, fact.value, game.player(fact.player).cp_gained, "cp")


@apply.register
def _(fact: CpStepped, game: Game, ctx: Context) -> Game:
    state = game.player(fact.player)
    gained = state.cp_gained + (fact.delta if fact.why == "gain" else 0)
    return _cp(game, ctx, fact.player, state.cp + fact.delta, gained, "cp_delta")
