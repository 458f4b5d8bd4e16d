"""How a match ends, who won, both signatures, and how it is opened again."""

from __future__ import annotations

from msgspec.structs import replace

from . import sheet
from .commands import (
    Abandon,
    ClaimFlag,
    Complete,
    Concede,
    ConfirmResult,
    How,
    Reopen,
    RuleResult,
    TimeCall,
    VoidGame,
)
from .events import Ended, Reopened, Signed, Voided
from .rules import Context, Decision, already, apply, decide, require, seat_of
from .state import Game, Result, Signature, Status
from .values import NEUTRAL, PLAYERS, Millis, Player, Refused, Side, other

OTHER_WINS: frozenset[How] = frozenset({"conceded", "clocked_out", "no_show", "disqualified"})
"""Endings that the player they speak of loses, whatever the score."""
NOBODY_WINS: frozenset[How] = frozenset({"draw_agreed", "abandoned"})
BEFORE_PLAY: frozenset[How] = frozenset({"no_show", "bye", "disqualified", "abandoned", "conceded"})
"""Endings that a match which has not begun can come to."""
NEEDS_PLAYER: frozenset[How] = OTHER_WINS | {"bye"}


def winner_of(game: Game, how: How, player: Player | None) -> Side:
    """Who wins by the rule for *how*; 0 is a draw, or nobody."""
    if how in NOBODY_WINS:
        return NEUTRAL
    if how in NEEDS_PLAYER and player is not None:
        return player if how == "bye" else other(player)
    if game.ruleset.winner == "declared":
        return NEUTRAL
    score1, score2 = sheet.total(game, 1), sheet.total(game, 2)
    if score1 == score2:
        return NEUTRAL
    return 1 if score1 > score2 else 2


def ended(
    game: Game, how: How, at: Millis, player: Player | None = None, winner: Side | None = None
) -> Game:
    """
    The game, over at *at*, with its clock frozen.

    A press that came after the end may have moved the clock on: its time stays accounted for. A
    ruling on a match that is over leaves it when it ended.
    """
    if game.result is not None:
        at = game.result.at_ms
    result = Result(how=how, player=player, declared=winner, at_ms=at)
    clock = game.clock.finish(max(at, game.clock.anchor))
    return rescored(replace(game, status="ended", result=result, clock=clock))


def rescored(game: Game) -> Game:
    """The result with the scores, and the winner that they make, as they stand now."""
    if game.result is None:
        return game
    how, declared = game.result.how, game.result.declared
    winner = winner_of(game, how, game.result.player) if declared is None else declared
    scores = sheet.total(game, 1), sheet.total(game, 2)
    return replace(
        game, result=replace(game.result, winner=winner, score1=scores[0], score2=scores[1])
    )


def flag_loses(before: Game, game: Game) -> Game:
    """Where a flag that falls loses the game, it is over at the instant of the fall."""
    if game.status != "playing" or game.clock.rules.on_flag != "lose":
        return game
    for player in PLAYERS:  # no entry makes both fall
        fell = game.clock.flagged[player - 1]
        if fell is not None and before.clock.flagged[player - 1] is None:
            return ended(game, "clocked_out", fell, player)
    return game


@decide.register
def _(command: Concede, game: Game, ctx: Context) -> Decision:
    return _end(game, ctx, Ended(how="conceded", player=seat_of(ctx, command.player)))


@decide.register
def _(command: Complete, game: Game, ctx: Context) -> Decision:
    declared = game.ruleset.winner == "declared"
    if declared and command.winner is None:
        raise Refused("missing_field", "winner: 1, 2 or 0 for a draw", "winner")
    if not declared and command.winner is not None:
        raise Refused("bad_value", "winner: the score says", "winner")
    return _end(game, ctx, Ended(how="completed", winner=command.winner))


@decide.register
def _(command: TimeCall, game: Game, ctx: Context) -> Decision:
    return _end(game, ctx, Ended(how="time_called"))


@decide.register
def _(command: Abandon, game: Game, ctx: Context) -> Decision:
    return _end(game, ctx, Ended(how="abandoned"))


@decide.register
def _(command: ClaimFlag, game: Game, ctx: Context) -> Decision:
    claimant = seat_of(ctx, command.player)
    loser = other(claimant)
    if game.clock.rules.on_flag != "claim":
        raise Refused("not_now", "in this game a fallen flag is not claimed")
    if game.clock.fallen(ctx.now) != loser and game.clock.flagged[loser - 1] is None:
        raise Refused("not_now", "the opponent's flag has not fallen")
    return _end(game, ctx, Ended(how="clocked_out", player=loser))


@decide.register
def _(command: RuleResult, game: Game, ctx: Context) -> Decision:
    if command.how in NEEDS_PLAYER and command.player is None:
        raise Refused("missing_field", f"player: {command.how} needs to say of whom", "player")
    fact = Ended(how=command.how, player=command.player, winner=command.winner)
    apply(fact, game, ctx)  # a ruling may also change how a match that is over ended
    return Decision((fact,))


def _end(game: Game, ctx: Context, fact: Ended) -> Decision:
    require(game, "waiting", "setup", "ready", "playing")
    apply(fact, game, ctx)
    return Decision((fact,))


@apply.register
def _(fact: Ended, game: Game, ctx: Context) -> Game:
    require(game, "waiting", "setup", "ready", "playing", "ended")
    if not game.turn.ordinal and fact.how not in BEFORE_PLAY:
        raise Refused("not_now", "the match has not begun", status=game.status)
    return ended(game, fact.how, ctx.now, fact.player, fact.winner)


@decide.register
def _(command: ConfirmResult, game: Game, ctx: Context) -> Decision:
    player = seat_of(ctx, command.player)
    for signature in game.signatures:
        if signature.player == player:
            return already(by=signature.by, version=signature.version)
    if not game.sheet_version <= command.version <= game.version:
        raise Refused(
            "conflict",
            f"version: the game is at version {game.version}",
            "version",
            version=game.version,
        )
    fact = Signed(player=player, version=command.version)
    apply(fact, game, ctx)
    return Decision((fact,))


@apply.register
def _(fact: Signed, game: Game, ctx: Context) -> Game:
    require(game, "ended")
    if game.dispute is not None:
        raise Refused("not_now", "a dispute is open")
    if any(s.player == fact.player for s in game.signatures):
        raise Refused("not_now", "that player has signed")
    signature = Signature(player=fact.player, version=fact.version, by=ctx.by)
    game = replace(game, signatures=(*game.signatures, signature))
    return replace(game, status="signed") if len(game.signatures) == 2 else game


@decide.register
def _(command: Reopen, game: Game, ctx: Context) -> Decision:
    fact = Reopened()
    apply(fact, game, ctx)
    return Decision((fact,))


@apply.register
def _(fact: Reopened, game: Game, ctx: Context) -> Game:
    require(game, "ended", "signed", "void")
    return replace(
        game,
        status=_status_before_the_end(game),
        result=None,
        clock=game.clock.reopen(ctx.now),
        clock_version=ctx.version,
    )


def _status_before_the_end(game: Game) -> Status:
    if game.turn.ordinal:
        return "playing"
    if game.turn.first_player and game.setup.step >= len(game.ruleset.setup):
        return "ready"
    return "setup" if all(player.ready for player in game.players) else "waiting"


@decide.register
def _(command: VoidGame, game: Game, ctx: Context) -> Decision:
    fact = Voided()
    apply(fact, game, ctx)
    return Decision((fact,))


@apply.register
def _(fact: Voided, game: Game, ctx: Context) -> Game:
    require(game, "waiting", "setup", "ready", "playing", "ended", "signed")
    return replace(game, status="void", clock=game.clock.finish(ctx.now))
