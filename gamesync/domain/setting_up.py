"""Before play: who plays, roll-offs, choices, readiness."""

from __future__ import annotations

from msgspec.structs import asdict, replace

from .commands import (
    Choose,
    Ready,
    RollDie,
    RollResult,
    SetFirstPlayer,
    SetProfile,
    SettingsUpdate,
    SkipSetup,
    SwapPlayers,
)
from .events import (
    Chosen,
    FirstPlayerSet,
    GameFact,
    PlayersSwapped,
    ProfileSet,
    ReadySet,
    RollDecided,
    Rolled,
    SettingSet,
    SetupSkipped,
)
from .profile import AS_SETTINGS
from .rules import Context, Decision, already, apply, decide, require, seat_of
from .ruleset import SetupStep
from .state import Game
from .text import line
from .turns import at_step, order_chosen
from .values import Player, Refused, other

FOR_ITSELF = {"attacker", "first", "white"}
"""Options with which the chooser takes the part himself; the others give it away."""
SETTING_LIMIT = 200
NOT_FILED = ("waiting", "setup", "ready", "playing", "ended")
"""Statuses in which who plays what can still be put right."""
NEXT_GAME = "next_game"
"""The setting that names the rematch, set by the server when there is one."""
SETTINGS: dict[str, type] = {
    NEXT_GAME: str,
    "frozen": bool,
    "visibility": str,
    "note": str,
    "no_new_round": bool,
    "no_new_turn": bool,
    "mission": str,
}
"""What a host may set of a game, and what kind of value it takes."""


def _one(fact: GameFact, game: Game, ctx: Context) -> Decision:
    apply(fact, game, ctx)
    return Decision((fact,))


def step_due(game: Game) -> SetupStep | None:
    """The roll-off or choice that is next: before play, or between rounds."""
    between = game.status == "playing" and game.turn.awaiting == "order"
    return game.ruleset.setup[game.setup.step] if between or game.status == "setup" else None


def _step(game: Game) -> SetupStep:
    step = step_due(game)
    if step is None:
        raise Refused("not_now", "nothing is rolled or chosen now", status=game.status)
    return step


def _advance(game: Game, ctx: Context) -> Game:
    """On to the next step; past the last one the game is ready, or the round begins."""
    steps = game.ruleset.setup
    between = game.status == "playing"
    step = game.setup.step + 1
    while between and step < len(steps) and not steps[step].each_round:
        step += 1
    game = replace(game, setup=at_step(game.setup, step))
    if step < len(steps):
        return game
    return order_chosen(game, ctx, game.turn.first_player or 1) if between else _readied(game)


def _readied(game: Game, first: Player | None = None) -> Game:
    """All is set up: *first* starts, else who was chosen, else player 1."""
    turn = replace(game.turn, first_player=first or game.turn.first_player or 1)
    setup = at_step(game.setup, len(game.ruleset.setup))
    return replace(game, status="ready", turn=turn, setup=setup)


@decide.register
def _(command: SetProfile, game: Game, ctx: Context) -> Decision:
    player = seat_of(ctx, command.player)
    given = {k: v for k, v in asdict(command).items() if k != "player" and v is not None}
    if not given:
        raise Refused("missing_field", "name: nothing to set", "name")
    held = game.player(player)
    changed = {k: v for k, v in given.items() if getattr(held, k) != v}
    if not changed:
        return already()
    return _one(ProfileSet(player=player, **changed), game, ctx)


@apply.register
def _(fact: ProfileSet, game: Game, ctx: Context) -> Game:
    require(game, *NOT_FILED)
    if fact.name == "":
        raise Refused("bad_value", "name: at least one visible sign", "name")
    given = {k: v for k, v in asdict(fact).items() if k != "player" and v is not None}
    return game.with_player(fact.player, **given)


@decide.register
def _(command: SwapPlayers, game: Game, ctx: Context) -> Decision:
    return _one(PlayersSwapped(), game, ctx)


@apply.register
def _(fact: PlayersSwapped, game: Game, ctx: Context) -> Game:
    require(game, *NOT_FILED)
    kept = ("cp", "cp_version", "cp_gained")
    one, two = game.players
    return replace(
        game,
        players=(
            replace(two, **{k: getattr(one, k) for k in kept}),
            replace(one, **{k: getattr(two, k) for k in kept}),
        ),
    )


@decide.register
def _(command: RollDie, game: Game, ctx: Context) -> Decision:
    player = seat_of(ctx, command.player)
    step = _step(game)
    if step.kind != "roll":
        raise Refused("not_now", f"{step.name} is a choice", step=step.id)
    held = game.setup.rolls[player - 1]
    if held:
        return already(die=held)
    die = ctx.dice % step.dice + 1
    fact = Rolled(step=step.id, player=player, die=die)
    apply(fact, game, ctx)
    return Decision((fact,), {"die": die})


@apply.register
def _(fact: Rolled, game: Game, ctx: Context) -> Game:
    step = _expect(game, fact.step, "roll")
    rolls = [*game.setup.rolls]
    if rolls[fact.player - 1]:
        raise Refused("not_now", "that side has rolled")
    rolls[fact.player - 1] = fact.die
    if not all(rolls):
        setup = replace(game.setup, rolls=(rolls[0], rolls[1]), tied=False)
        return replace(game, setup=setup)
    if rolls[0] == rolls[1]:
        return replace(game, setup=replace(game.setup, rolls=(0, 0), tied=True))
    return _won(game, ctx, step, 1 if rolls[0] > rolls[1] else 2)


def _expect(game: Game, step_id: str, kind: str) -> SetupStep:
    step = _step(game)
    if step.id != step_id or step.kind != kind:
        raise Refused("not_now", f"{step.name} is next", step=step.id)
    return step


def _won(game: Game, ctx: Context, step: SetupStep, winner: Player) -> Game:
    winners = {**game.setup.winners, step.id: winner}
    return _advance(replace(game, setup=replace(game.setup, winners=winners)), ctx)


@decide.register
def _(command: RollResult, game: Game, ctx: Context) -> Decision:
    step = _step(game)
    if step.kind != "roll":
        raise Refused("not_now", f"{step.name} is a choice", step=step.id)
    return _one(RollDecided(step=step.id, winner=command.winner), game, ctx)


@apply.register
def _(fact: RollDecided, game: Game, ctx: Context) -> Game:
    return _won(game, ctx, _expect(game, fact.step, "roll"), fact.winner)


@decide.register
def _(command: Choose, game: Game, ctx: Context) -> Decision:
    step = _step(game)
    if step.kind != "choice":
        raise Refused("not_now", f"{step.name} is a roll", step=step.id)
    chooser = game.setup.winners.get(step.by)
    player = command.player or chooser or seat_of(ctx, None)
    if chooser is not None and player != chooser:
        raise Refused("not_yours", f"player: player {chooser} won the choice", "player")
    if ctx.by.role == "player" and ctx.by.player != chooser:
        raise Refused("not_yours", "the choice is not yours", "player")
    if command.option not in step.options:
        raise Refused("bad_value", f"option: one of {', '.join(step.options)}", "option")
    return _one(Chosen(step=step.id, player=player, option=command.option), game, ctx)


@apply.register
def _(fact: Chosen, game: Game, ctx: Context) -> Game:
    step = _expect(game, fact.step, "choice")
    part = fact.player if fact.option in FOR_ITSELF else other(fact.player)
    turn = game.turn
    if fact.option in ("attacker", "defender"):
        turn = replace(turn, attacker=part)
    else:
        turn = replace(turn, first_player=part)
    choices = {**game.setup.choices, step.id: fact.option}
    return _advance(replace(game, turn=turn, setup=replace(game.setup, choices=choices)), ctx)


@decide.register
def _(command: Ready, game: Game, ctx: Context) -> Decision:
    player = seat_of(ctx, command.player)
    if game.player(player).ready == command.ready:
        return already(status=game.status)
    if command.ready and not game.player(player).name:
        raise Refused("not_now", f"first the name of player {player}")
    return _one(ReadySet(player=player, ready=command.ready), game, ctx)


@apply.register
def _(fact: ReadySet, game: Game, ctx: Context) -> Game:
    require(game, "waiting")
    game = game.with_player(fact.player, ready=fact.ready)
    if not all(p.ready for p in game.players):
        return game
    return replace(game, status="setup") if game.ruleset.setup else _readied(game)


@decide.register
def _(command: SkipSetup, game: Game, ctx: Context) -> Decision:
    if game.status == "ready":
        if game.turn.first_player == command.first_player:
            return already(status="ready")
        return _one(FirstPlayerSet(player=command.first_player), game, ctx)
    return _one(SetupSkipped(first_player=command.first_player), game, ctx)


@apply.register
def _(fact: SetupSkipped, game: Game, ctx: Context) -> Game:
    require(game, "waiting", "setup")
    return _readied(game, fact.first_player)


@decide.register
def _(command: SetFirstPlayer, game: Game, ctx: Context) -> Decision:
    if game.turn.first_player == command.player and game.turn.awaiting != "order":
        return already(first_player=command.player)
    return _one(FirstPlayerSet(player=command.player), game, ctx)


@decide.register
def _(command: SettingsUpdate, game: Game, ctx: Context) -> Decision:
    if command.key in AS_SETTINGS:
        return _option(command, game, ctx)
    kind = SETTINGS.get(command.key)
    if kind is None:
        known = ", ".join((*SETTINGS, *AS_SETTINGS))
        raise Refused("not_found", f"key: one of {known}", "key")
    value = command.value
    if value is not None and not isinstance(value, kind):
        raise Refused("wrong_type", f"value: {command.key} takes another kind of value", "value")
    if command.key == "visibility" and value not in ("listed", "link"):
        raise Refused("bad_value", "value: listed or link", "value")
    if isinstance(value, str):
        try:
            value = line(value, SETTING_LIMIT)
        except ValueError as error:
            raise Refused("too_long", f"value: {error}", "value") from None
    if game.settings.get(command.key) == value:
        return already()
    return _one(SettingSet(key=command.key, value=value), game, ctx)


def _option(command: SettingsUpdate, game: Game, ctx: Context) -> Decision:
    values = AS_SETTINGS[command.key]
    known = {type(value) for value in values}
    if type(command.value) not in known:
        raise Refused("wrong_type", f"value: {command.key} takes another kind of value", "value")
    if command.value not in values:
        said = ", ".join(str(value) for value in values)
        raise Refused("bad_value", f"value: one of {said}", "value")
    if getattr(game.options, command.key) == command.value:
        return already()
    return _one(SettingSet(key=command.key, value=command.value), game, ctx)
