"""The score sheet: cells, caps, command points, and the totals that follow from them."""

from __future__ import annotations

from msgspec.structs import replace

from .commands import ScoreUpdate
from .events import CellSet, CellStepped, CpSet, CpStepped, GameFact
from .rules import Context, Decision, already, apply, decide, require
from .ruleset import Category
from .state import Cell, Game, cell_key
from .values import Player, Refused

TOTAL = "total"
"""Category of corrections to a bare total; its one cell is added to the sum of the others."""
_TOTAL = Category(id=TOTAL, name="Correction", per_round=False)


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
    start = f"{player}/{each.id}/"
    points = sum(cell.value for key, cell in game.cells.items() if key.startswith(start))
    return points if each.cap is None else min(points, each.cap)


def total(game: Game, player: Player) -> int:
    """A player's score; never more than the ruleset's cap."""
    points = sum(subtotal(game, player, c) for c in game.ruleset.categories)
    points += value(game, player, TOTAL, 0)
    cap = game.ruleset.total_cap
    return points if cap is None else min(points, cap)


@decide.register
def _(command: ScoreUpdate, game: Game, ctx: Context) -> Decision:
    official = ctx.by.role in ("judge", "organiser")
    require(game, "ready", "playing", "ended", *(("signed",) if official else ()))
    facts: list[GameFact] = []
    if command.if_version is not None and command.cp is not None and command.category:
        raise Refused("bad_value", "if_version: speaks of one cell; send cp apart", "if_version")
    facts += _cell_facts(command, game, ctx, official)
    facts += _cp_facts(command, game)
    if not facts and command == ScoreUpdate(player=command.player):
        raise Refused("missing_field", "value: nothing to set or step", "value")
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(tuple(facts)) if facts else already()


def _cell_facts(command: ScoreUpdate, game: Game, ctx: Context, official: bool) -> list[GameFact]:
    given = [f for f in ("value", "delta", "score") if getattr(command, f) is not None]
    if len(given) > 1:
        raise Refused("bad_value", f"{given[1]}: send {given[0]} or {given[1]}", given[1])
    if not given:
        if command.category is not None and command.cp is None and command.cp_delta is None:
            raise Refused("missing_field", "value: a value or a delta for the cell", "value")
        return []
    if command.score is not None:
        return _total_fact(command, game)
    if command.category is None:
        raise Refused("missing_field", "category: which column of the sheet", "category")
    column = category(game, command.category)
    round_ = 0 if not column.per_round else command.round or game.turn.round
    if command.round is not None and command.round != round_:
        raise Refused("out_of_range", f"round: {column.name} is not by round", "round")
    _may_correct(game, round_, official)
    _same_version(command, game, column.id, round_)
    if command.delta is not None:
        step = CellStepped(
            player=command.player,
            category=column.id,
            round=round_,
            delta=command.delta,
            correct=command.correct,
        )
        return [step] if command.delta else []
    assert command.value is not None  # the one of the three that is left
    held = game.cells.get(cell_key(command.player, column.id, round_))
    if held is not None and held.value == command.value:
        return []
    return [
        CellSet(
            player=command.player,
            category=column.id,
            round=round_,
            value=command.value,
            correct=command.correct,
        )
    ]


def _total_fact(command: ScoreUpdate, game: Game) -> list[GameFact]:
    """A bare total becomes the correction that makes the sum come out so."""
    assert command.score is not None
    cap = game.ruleset.total_cap
    if command.score < 0 or (cap is not None and command.score > cap):
        raise Refused("out_of_range", f"score: from 0 to {999 if cap is None else cap}", "score")
    _same_version(command, game, TOTAL, 0)
    held = value(game, command.player, TOTAL, 0)
    others = sum(subtotal(game, command.player, c) for c in game.ruleset.categories)
    wanted = command.score - others
    if wanted == held:
        return []
    return [CellSet(player=command.player, category=TOTAL, round=0, value=wanted, correct=True)]


def _may_correct(game: Game, round_: int, official: bool) -> None:
    past = 0 < round_ < game.turn.round
    if past and not official and game.options.correct_rounds == "current":
        raise Refused(
            "consent_needed", f"round: round {round_} is closed; an official corrects it", "round"
        )


def _same_version(command: ScoreUpdate, game: Game, category_id: str, round_: int) -> None:
    if command.if_version is None:
        return
    cell = game.cells.get(cell_key(command.player, category_id, round_))
    version, held = (cell.version, cell.value) if cell else (0, 0)
    if version != command.if_version:
        raise Refused(
            "conflict",
            f"if_version: the cell changed at version {version}",
            "if_version",
            value=held,
            cell_version=version,
        )


def _cp_facts(command: ScoreUpdate, game: Game) -> list[GameFact]:
    if command.cp is None and command.cp_delta is None:
        return []
    if game.ruleset.cp is None:
        raise Refused("not_found", "cp: this ruleset has no command points", "cp")
    if command.cp is not None and command.cp_delta is not None:
        raise Refused("bad_value", "cp_delta: send cp or cp_delta", "cp_delta")
    state = game.player(command.player)
    if command.cp is not None:
        stated = command.if_version is not None and command.category is None
        if stated and command.if_version != state.cp_version:
            raise Refused(
                "conflict",
                f"if_version: cp changed at version {state.cp_version}",
                "if_version",
                value=state.cp,
                cell_version=state.cp_version,
            )
        return [] if command.cp == state.cp else [CpSet(player=command.player, value=command.cp)]
    assert command.cp_delta is not None
    why = command.cp_why or ("spend" if command.cp_delta < 0 else "correction")
    step = CpStepped(player=command.player, delta=command.cp_delta, why=why)
    return [step] if command.cp_delta else []


def _put(
    game: Game,
    ctx: Context,
    player: Player,
    column: Category,
    round_: int,
    points: int,
    correct: bool,
) -> Game:
    """The game with one cell changed, if the sheet allows it."""
    _check_round(game, column, round_)
    if points < 0 and column.id != TOTAL:
        raise Refused("out_of_range", f"value: {column.name} cannot be {points}", "value")
    cap = column.round_cap if column.per_round else column.cap
    if cap is not None and points > cap and not correct:
        raise Refused("out_of_range", f"value: {column.name} is at most {cap}", "value", cap=cap)
    cells = dict(game.cells)
    cells[cell_key(player, column.id, round_)] = Cell(
        value=points, version=ctx.version, by=ctx.by, at_ms=ctx.now
    )
    changed = replace(game, cells=cells)
    if not correct:
        _check_caps(changed, player, column)
    return changed


def _check_round(game: Game, column: Category, round_: int) -> None:
    if not column.per_round:
        if round_:
            raise Refused("out_of_range", f"round: {column.name} is not by round", "round")
        return
    if not column.first_round <= round_ <= max(game.turn.round, 1):
        raise Refused("out_of_range", f"round: {column.name} has no round {round_} yet", "round")


def _check_caps(game: Game, player: Player, column: Category) -> None:
    start = f"{player}/{column.id}/"
    points = sum(cell.value for key, cell in game.cells.items() if key.startswith(start))
    if column.cap is not None and points > column.cap:
        raise Refused(
            "out_of_range",
            f"value: {column.name} is at most {column.cap} in all",
            "value",
            cap=column.cap,
        )
    cap = game.ruleset.total_cap
    everything = value(game, player, TOTAL, 0) + sum(
        subtotal(game, player, c) for c in game.ruleset.categories
    )
    if cap is not None and everything > cap:
        raise Refused("out_of_range", f"value: the total is at most {cap}", "value", cap=cap)


@apply.register
def _(fact: CellSet, game: Game, ctx: Context) -> Game:
    column = category(game, fact.category)
    return _put(game, ctx, fact.player, column, fact.round, fact.value, fact.correct)


@apply.register
def _(fact: CellStepped, game: Game, ctx: Context) -> Game:
    column = category(game, fact.category)
    points = value(game, fact.player, fact.category, fact.round) + fact.delta
    return _put(game, ctx, fact.player, column, fact.round, points, fact.correct)


def _cp(game: Game, ctx: Context, player: Player, points: int, gained: int) -> Game:
    rules = game.ruleset.cp
    if rules is None:
        raise Refused("not_found", "cp: this ruleset has no command points", "cp")
    if not 0 <= points <= rules.cap:
        raise Refused("out_of_range", f"cp: {points} is not from 0 to {rules.cap}", "cp")
    return game.with_player(player, cp=points, cp_version=ctx.version, cp_gained=gained)


@apply.register
def _(fact: CpSet, game: Game, ctx: Context) -> Game:
    return _cp(game, ctx, fact.player, fact.value, game.player(fact.player).cp_gained)


@apply.register
def _(fact: CpStepped, game: Game, ctx: Context) -> Game:
    state = game.player(fact.player)
    gained = state.cp_gained
    if fact.why == "gain" and game.ruleset.cp is not None:
        gained += fact.delta
        limit = game.ruleset.cp.extra_per_round
        if limit is not None and gained > limit:
            raise Refused(
                "out_of_range",
                f"cp_delta: at most {limit} more may be gained a round",
                "cp_delta",
                cap=limit,
            )
    return _cp(game, ctx, fact.player, state.cp + fact.delta, gained)
