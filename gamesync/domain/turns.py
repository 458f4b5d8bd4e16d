"""Turns, rounds and phases, and what comes by itself when one begins."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec.structs import replace

from .commands import CorrectState, TurnChange
from .ending import ended
from .events import (
    FirstPlayerSet,
    GameFact,
    PhaseSet,
    ProfileSet,
    RoundOpened,
    SetupSkipped,
    TurnEnded,
    TurnSet,
)
from .rules import Context, Decision, already, apply, decide, require
from .state import Game, SetupState
from .values import NEUTRAL, PLAYERS, Millis, Player, Refused, Side, other


def begin_play(game: Game, ctx: Context, at: Millis, side: Side | None = None) -> Game:
    """The first turn of the first round begins at *at*; the clock starts or goes on with it."""
    game = begin_round(replace(game, status="playing"), ctx, at)
    clock, to = game.clock, game.turn.first_player if side is None else side
    clock = clock.switch(at, to) if clock.started else clock.start(at, to)
    return replace(game, clock=clock, clock_version=ctx.version)


def begin_round(game: Game, ctx: Context, at: Millis) -> Game:
    """The next battle round, with its first player's turn."""
    number = game.turn.round + 1
    game = replace(
        game,
        turn=replace(game.turn, round=number, awaiting=""),
        clock=game.clock.round_begins(at, number),
    )
    for player in PLAYERS:
        game = game.with_player(player, cp_gained=0)
        if number > 1 and game.ruleset.cp is not None and not game.ruleset.cp.carry:
            game = game.with_player(player, cp=0, cp_version=ctx.version)
    first = game.turn.first_player
    assert first  # a match that is ready has one
    game = _gain(game, ctx, "round", first)
    if game.ruleset.cp and game.ruleset.cp.second_bonus and number > 1:
        game = _more_cp(game, ctx, other(first), game.ruleset.cp.second_bonus)
    return begin_turn(game, ctx, at, first)


def begin_turn(game: Game, ctx: Context, at: Millis, player: Player) -> Game:
    turn = replace(
        game.turn,
        ordinal=game.turn.ordinal + 1,
        active_player=player,
        phase=game.ruleset.phases[0] if game.ruleset.phases else "",
        began_ms=at,
    )
    return _gain(replace(game, turn=turn), ctx, "turn", player)


def _gain(game: Game, ctx: Context, when: str, active: Player) -> Game:
    rules = game.ruleset.cp
    if rules is None or rules.when != when or rules.gain == "none":
        return game
    for player in PLAYERS:
        if rules.gain == "both" or player == active:
            game = _more_cp(game, ctx, player, rules.amount)
    return game


def _more_cp(game: Game, ctx: Context, player: Player, amount: int) -> Game:
    assert game.ruleset.cp is not None
    points = min(game.player(player).cp + amount, game.ruleset.cp.cap)
    return game.with_player(player, cp=points, cp_version=ctx.version)


def _round_over(game: Game, active: Player, end_round: bool) -> bool:
    if game.ruleset.turn_model == "alternating":
        return end_round
    # The round is over when its *second* player has ended his turn, whichever number he has.
    return active != game.turn.first_player


def _too_late_for_a_round(game: Game, at: Millis) -> bool:
    least = game.clock.rules.new_round_min_ms
    return (
        bool(least)
        and game.clock.rules.mode == "down"
        and all(game.clock.remaining(p, at) <= least for p in PLAYERS)
    )


@decide.register
def _(command: TurnChange, game: Game, ctx: Context) -> Decision:
    turn = game.turn
    if _passed(command, game):
        return already(
            turn=turn.ordinal,
            active_player=turn.active_player,
            awaiting=turn.awaiting,
            status=game.status,
        )
    require(game, "playing")
    if command.turn is not None and command.turn > turn.ordinal:
        raise Refused("out_of_range", f"turn: turn {turn.ordinal} is in play", "turn")
    fact: GameFact
    if command.new_round:
        fact = RoundOpened()
    elif turn.awaiting:
        raise Refused("not_now", "the next round has not begun", awaiting=turn.awaiting)
    elif command.phase is not None:
        if command.phase == turn.phase:
            return already(phase=turn.phase)
        fact = PhaseSet(phase=command.phase)
    else:
        assert turn.active_player  # nobody has the turn only while a round is awaited
        fact = TurnEnded(
            turn=turn.ordinal,
            player=turn.active_player,
            pressed_at=command.pressed_at,
            lag_ms=0 if command.pressed_at is not None else ctx.lag_ms,
            backdate_max_ms=ctx.backdate_max_ms,
            end_round=command.end_round,
        )
    apply(fact, game, ctx)
    return Decision((fact,))


def _passed(command: TurnChange, game: Game) -> bool:
    """What the press was to end is over already: the turn it names, or the turn of the player."""
    turn, named = game.turn, command.turn
    if named is not None and named != turn.ordinal:
        return named < turn.ordinal
    if command.new_round:
        return named is not None and turn.awaiting == "order"
    if turn.awaiting or game.over:
        return named is not None or command.player is not None
    return game.status == "playing" and command.player not in (None, turn.active_player)


@apply.register
def _(fact: TurnEnded, game: Game, ctx: Context) -> Game:
    require(game, "playing")
    turn = game.turn
    if fact.turn != turn.ordinal or fact.player != turn.active_player:
        raise Refused("not_now", "that turn is over")
    if fact.end_round and game.ruleset.turn_model != "alternating":
        raise Refused("bad_value", "end_round: a round here ends with its second turn", "end_round")
    at = game.clock.press_instant(ctx.now, fact.pressed_at, fact.backdate_max_ms)
    ending = _what_ends(game, fact, at)
    following: Side = NEUTRAL
    match ending:
        case "":
            following = other(fact.player)
        case "round":
            following = turn.first_player
        case "completed" | "time_called":  # should it be reopened, his clock goes on
            following = game.clock.side
    game = replace(
        game,
        clock=game.clock.switch(
            ctx.now,
            following,
            completes=fact.player,
            pressed_at=fact.pressed_at,
            lag_ms=fact.lag_ms,
            backdate_max_ms=fact.backdate_max_ms,
        ),
        clock_version=ctx.version,
    )
    match ending:
        case "":
            return begin_turn(game, ctx, at, other(fact.player))
        case "round":
            return begin_round(game, ctx, at)
        case "order":
            return _await_order(game)
        case "consent":
            return _await(game, "consent")
    return ended(game, ending, at)


Ends: TypeAlias = Literal["", "round", "order", "consent", "completed", "time_called"]


def _what_ends(game: Game, fact: TurnEnded, at: Millis) -> Ends:
    """
    What else is over with this turn: nothing (``""``), the round (``round``, or what the next one
    waits for: ``order``, ``consent``), or the match (how it ended).
    """
    over = _round_over(game, fact.player, fact.end_round)
    if over and game.ruleset.rounds and game.turn.round >= game.ruleset.rounds:
        return "completed"
    if game.settings.get("no_new_turn") or (over and game.settings.get("no_new_round")):
        return "time_called"
    if not over:
        return ""
    if _too_late_for_a_round(game, at):
        return "consent"
    return "order" if game.ruleset.turn_order == "chosen_each_round" else "round"


def _await_order(game: Game) -> Game:
    step = next(i for i, step in enumerate(game.ruleset.setup) if step.each_round)
    return _await(replace(game, setup=at_step(game.setup, step)), "order")


def at_step(setup: SetupState, step: int) -> SetupState:
    """The set-up at the start of a step, with nothing rolled for it."""
    return replace(setup, step=step, rolls=(0, 0), tied=False)


def _await(game: Game, what: Literal["order", "consent"]) -> Game:
    return replace(game, turn=replace(game.turn, active_player=NEUTRAL, awaiting=what))


def order_chosen(game: Game, ctx: Context, first: Player) -> Game:
    """Who goes first is known: the round that waited for it begins."""
    setup = at_step(game.setup, len(game.ruleset.setup))
    game = replace(game, turn=replace(game.turn, first_player=first), setup=setup)
    game = begin_round(game, ctx, ctx.now)
    return replace(game, clock=game.clock.switch(ctx.now, first), clock_version=ctx.version)


@apply.register
def _(fact: RoundOpened, game: Game, ctx: Context) -> Game:
    require(game, "playing")
    if game.turn.awaiting != "consent":
        raise Refused("not_now", "no round is waiting to be opened")
    if game.ruleset.turn_order == "chosen_each_round":
        return replace(_await_order(game), clock_version=ctx.version)
    game = begin_round(game, ctx, ctx.now)
    clock = game.clock.switch(ctx.now, game.turn.first_player)
    return replace(game, clock=clock, clock_version=ctx.version)


@apply.register
def _(fact: PhaseSet, game: Game, ctx: Context) -> Game:
    require(game, "playing")
    if fact.phase not in game.ruleset.phases:
        known = ", ".join(game.ruleset.phases) or "none"
        raise Refused("not_found", f"phase: this ruleset has {known}", "phase")
    return replace(game, turn=replace(game.turn, phase=fact.phase))


@apply.register
def _(fact: FirstPlayerSet, game: Game, ctx: Context) -> Game:
    """A correction while a turn is on also says whose turn it is: the other one's."""
    require(game, "ready", "playing")
    turn = game.turn
    if turn.awaiting == "order":
        return order_chosen(game, ctx, fact.player)
    if turn.first_player == fact.player:
        raise Refused("not_now", "that player goes first")
    turn = replace(turn, first_player=fact.player)
    if not turn.active_player:
        return replace(game, turn=turn)
    active = other(turn.active_player)
    return replace(
        game,
        turn=replace(turn, active_player=active),
        clock=game.clock.switch(ctx.now, active),
        clock_version=ctx.version,
    )


@decide.register
def _(command: CorrectState, game: Game, ctx: Context) -> Decision:
    if command.if_version is not None and command.if_version != game.version:
        raise Refused(
            "conflict",
            f"if_version: the game is at version {game.version}",
            "if_version",
            version=game.version,
        )
    facts: list[GameFact] = []
    for player in PLAYERS:
        name = command.player1_name if player == 1 else command.player2_name
        if name and name != game.player(player).name:
            facts.append(ProfileSet(player=player, name=name))
    facts += _turn_facts(command, game)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(tuple(facts)) if facts else already()


def _turn_facts(command: CorrectState, game: Game) -> list[GameFact]:
    first = game.turn.first_player or 1
    round_, active = command.round, command.active_player
    if command.current_turn is not None:
        round_, active = _counted(command, game, first)
    status = "playing" if round_ is not None or active is not None else None
    if command.game_status is not None and command.game_status != status:
        if status is not None:
            raise Refused("bad_value", "game_status: turns are played while playing", "game_status")
        status = None if command.game_status == game.status else command.game_status
    if status is None:
        return []
    begins = status in ("ready", "playing") and game.status in ("waiting", "setup")
    if not begins and (status != "playing" or game.status not in ("ready", "playing")):
        raise Refused("not_now", f"the game is {game.status}", status=game.status)
    facts: list[GameFact] = [SetupSkipped(first_player=first)] if begins else []
    if status == "playing":
        wanted = TurnSet(
            round=round_ or max(game.turn.round, 1),
            active_player=active or game.turn.active_player or first,
        )
        if (wanted.round, wanted.active_player) != (game.turn.round, game.turn.active_player):
            facts.append(wanted)
    return facts


def _counted(command: CorrectState, game: Game, first: Player) -> tuple[int, Player]:
    """The round and the active player of the turn that ``current_turn`` counts to."""
    turn = command.current_turn
    assert turn is not None
    if command.round is not None or command.active_player is not None:
        raise Refused("bad_value", "current_turn: says round and player already", "current_turn")
    if game.ruleset.turn_model != "player_turns":
        raise Refused("bad_value", "current_turn: send round and active_player", "current_turn")
    if turn > 2 * (game.ruleset.rounds or 100):
        most = 2 * (game.ruleset.rounds or 100)
        raise Refused("out_of_range", f"current_turn: from 1 to {most}", "current_turn")
    return (turn + 1) // 2, first if turn % 2 else other(first)


@apply.register
def _(fact: TurnSet, game: Game, ctx: Context) -> Game:
    """Put play where it is; what came by itself for the rounds skipped is the host's to set."""
    require(game, "ready", "playing")
    most = game.ruleset.rounds or 100
    if fact.round > most:
        raise Refused("out_of_range", f"round: from 1 to {most}", "round")
    if game.status == "ready":
        clock = game.clock
        game = begin_play(game, ctx, ctx.now)
        # Correcting the state does not start anybody's time; ``timer_update`` does.
        game = replace(game, clock=clock)
    if fact.round != game.turn.round:
        for player in PLAYERS:
            game = game.with_player(player, cp_gained=0)
    ordinal = game.turn.ordinal + 1
    if game.ruleset.turn_model == "player_turns":
        ordinal = 2 * fact.round - (fact.active_player == game.turn.first_player)
    turn = replace(
        game.turn,
        round=fact.round,
        ordinal=ordinal,
        active_player=fact.active_player,
        phase=game.ruleset.phases[0] if game.ruleset.phases else "",
        began_ms=ctx.now,
        awaiting="",
    )
    clock = game.clock.switch(ctx.now, fact.active_player)
    return replace(game, turn=turn, clock=clock, clock_version=ctx.version)
