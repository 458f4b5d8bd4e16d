"""What people and the server do to the clock of a match."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import asdict, replace

from .clock import SERVER
from .commands import (
    AdjustClock,
    BatchPresses,
    FallFlag,
    LoseLink,
    PauseClock,
    Press,
    ResumeClock,
    RoundPause,
    ServerDown,
    SetClock,
    StartClock,
    SwitchClock,
)
from .events import (
    By,
    ClockAdjusted,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    ClockSwitched,
    Contested,
    DownTime,
    Flagged,
    GameFact,
    TurnEnded,
)
from .rules import Context, Decision, already, apply, decide, require
from .state import Game, Gap
from .turns import begin_play
from .values import NEUTRAL, PLAYERS, Player, Refused, Side, other

LINK = "link"
"""Paused because no device that may press has been heard."""
PLAYERS_OWN = frozenset({"player:1", "player:2", "both"})
"""Pause reasons of players, which they lift where the policy lets them pause."""
GAPS_KEPT = 20


def pause_reason(by: By, why: str | None) -> str:
    """The reason a pause stands under: a judge's, the round's, or the one who asked."""
    if why is not None:
        return why
    if by.role == "player":
        return f"player:{by.player}"
    return "judge" if by.role in ("judge", "organiser") else by.role


def removable(game: Game, by: By) -> tuple[str, ...]:
    """The pause reasons in force that *by* may lift."""
    if by.role in ("organiser", "server"):
        return game.clock.paused
    kept = {"round"}
    if by.role != "judge":
        if game.options.pause_policy == "both":
            return ()
        kept |= {"judge"}
        if game.options.pause_policy == "judge":
            kept |= PLAYERS_OWN | {"contested"}
    return tuple(reason for reason in game.clock.paused if reason not in kept)


def ticking(game: Game) -> bool:
    """The clock has been started and its time is not over."""
    return game.in_play and game.clock.started


def _one(fact: GameFact, game: Game, ctx: Context) -> Decision:
    apply(fact, game, ctx)
    return Decision((fact,))


@decide.register
def _(command: StartClock, game: Game, ctx: Context) -> Decision:
    if game.clock.started and game.status != "ready":
        return already(side=game.clock.side)
    return _one(ClockStarted(side=_first_side(command, game)), game, ctx)


def _first_side(command: StartClock, game: Game) -> Side:
    """Whose time runs first: as asked for, as an empty seat has it, or by the turn."""
    absent = _absent(game) if game.status == "ready" else None
    if absent is not None and game.options.late == "wait":
        raise Refused("not_now", f"player {absent} is not there yet: no name, no device")
    if command.side is not None:
        return command.side
    if game.status in ("waiting", "setup"):
        return NEUTRAL
    if absent is not None:
        return NEUTRAL if game.options.late == "neutral" else absent
    return game.turn.active_player or game.turn.first_player


def _absent(game: Game) -> Player | None:
    """The one who is not there, with neither name nor device, though the other is."""
    seated = {device.player for device in game.devices}
    empty = [p for p in PLAYERS if not game.player(p).name and p not in seated]
    return empty[0] if len(empty) == 1 else None


@apply.register
def _(fact: ClockStarted, game: Game, ctx: Context) -> Game:
    if game.status == "ready":
        return begin_play(game, ctx, ctx.now, fact.side)
    if not game.in_play:
        raise Refused("not_now", f"not while the game is {game.status}", status=game.status)
    if game.clock.started:
        raise Refused("not_now", "the clock is running")
    _may_run(game, fact.side)
    clock = game.clock.start(ctx.now, fact.side)
    return replace(game, clock=clock, clock_version=ctx.version)


def _ticking(game: Game) -> None:
    if not ticking(game):
        raise Refused("not_now", "no clock is on", status=game.status)


def _may_run(game: Game, side: Side) -> None:
    """:raises Refused: set-up is on nobody's time, and that would be a player's"""
    if side and game.status != "playing" and game.ruleset.setup_clock != "own":
        raise Refused("not_now", "set-up is on nobody's time", status=game.status)


@decide.register
def _(command: SwitchClock, game: Game, ctx: Context) -> Decision:
    clock = game.clock
    over = command.run is not None and (command.run < clock.run or game.over)
    if over or (command.player is not None and clock.side not in (NEUTRAL, command.player)):
        return already(run=clock.run, side=clock.side, status=game.status)
    _ticking(game)
    if command.run is not None and command.run > clock.run:
        raise Refused("out_of_range", f"run: run {clock.run} is on", "run")
    to: Side = game.turn.active_player or game.turn.first_player or 1
    if clock.side != NEUTRAL:
        to = other(clock.side)
    fact = ClockSwitched(
        run=clock.run,
        to=to,
        pressed_at=command.pressed_at,
        lag_ms=0 if command.pressed_at is not None else ctx.lag_ms,
        backdate_max_ms=ctx.backdate_max_ms,
    )
    return _one(fact, game, ctx)


@apply.register
def _(fact: ClockSwitched, game: Game, ctx: Context) -> Game:
    _ticking(game)
    if fact.run != game.clock.run:
        raise Refused("not_now", "that run is over")
    _may_run(game, fact.to)
    clock = game.clock.switch(
        ctx.now,
        fact.to,
        pressed_at=fact.pressed_at,
        lag_ms=fact.lag_ms,
        backdate_max_ms=fact.backdate_max_ms,
    )
    return replace(game, clock=clock, clock_version=ctx.version)


@decide.register
def _(command: PauseClock, game: Game, ctx: Context) -> Decision:
    reason = pause_reason(ctx.by, command.why)
    if reason in game.clock.paused:
        return already(paused=game.clock.paused)
    return _one(ClockPaused(reason=reason, note=command.reason), game, ctx)


@apply.register
def _(fact: ClockPaused, game: Game, ctx: Context) -> Game:
    _ticking(game)
    game = replace(game, clock=game.clock.pause(ctx.now, fact.reason, fact.since))
    # A pause for a lost link says nothing of what was done at the table meanwhile.
    return game if fact.reason == LINK else replace(game, clock_version=ctx.version)


@decide.register
def _(command: ResumeClock, game: Game, ctx: Context) -> Decision:
    if not game.clock.paused or (command.why and command.why not in game.clock.paused):
        return already(paused=game.clock.paused)
    may = removable(game, ctx.by)
    reasons = may if command.why is None else tuple(r for r in may if r == command.why)
    if not reasons:
        held = command.why or ", ".join(game.clock.paused)
        code = "consent_needed" if game.options.pause_policy == "both" else "not_yours"
        raise Refused(code, f"why: {held} is not yours to lift", "why", paused=game.clock.paused)
    facts = tuple(ClockResumed(reason=reason) for reason in reasons)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts, {"paused": game.clock.paused})


@apply.register
def _(fact: ClockResumed, game: Game, ctx: Context) -> Game:
    _ticking(game)
    if fact.reason not in game.clock.paused:
        raise Refused("not_now", f"not paused for {fact.reason}")
    at = ctx.now if fact.since is None else min(ctx.now, max(fact.since, game.clock.anchor))
    contested = () if fact.reason == "contested" else game.contested
    return replace(
        game,
        clock=game.clock.resume(at, fact.reason),
        clock_version=ctx.version,
        contested=contested,
    )


@decide.register
def _(command: AdjustClock, game: Game, ctx: Context) -> Decision:
    if not command.delta_ms:
        return already()
    return _one(ClockAdjusted(player=command.player, delta_ms=command.delta_ms), game, ctx)


@decide.register
def _(command: SetClock, game: Game, ctx: Context) -> Decision:
    delta = command.time_ms - game.clock.shown(command.player, ctx.now)
    if not delta:
        return already()
    return _one(ClockAdjusted(player=command.player, delta_ms=delta), game, ctx)


@apply.register
def _(fact: ClockAdjusted, game: Game, ctx: Context) -> Game:
    if game.over:
        raise Refused("not_now", f"the game is {game.status}", status=game.status)
    clock = game.clock.adjust(ctx.now, fact.player, fact.delta_ms)
    return replace(game, clock=clock, clock_version=ctx.version)


@decide.register
def _(command: FallFlag, game: Game, ctx: Context) -> Decision:
    falls, side = game.clock.flag_at(), game.clock.side
    if falls is None or ctx.now < falls + game.clock.rules.flag_grace_ms:
        return Decision()
    assert side  # only a player's flag falls
    return _one(Flagged(player=side), game, ctx)


@apply.register
def _(fact: Flagged, game: Game, ctx: Context) -> Game:
    # Not a clock event that people decided: it does not make a table's own presses contested.
    return replace(game, clock=game.clock.flag(ctx.now))


@decide.register
def _(command: LoseLink, game: Game, ctx: Context) -> Decision:
    if not game.clock.running or game.status != "playing":
        return Decision()
    return _one(ClockPaused(reason=LINK, since=command.heard_at), game, ctx)


@decide.register
def _(command: ServerDown, game: Game, ctx: Context) -> Decision:
    if not ticking(game):
        return Decision()
    fact = DownTime(last_alive=command.last_alive, gap_ms=command.gap_ms, long=command.long)
    return _one(fact, game, ctx)


@apply.register
def _(fact: DownTime, game: Game, ctx: Context) -> Game:
    gap = Gap(from_ms=fact.last_alive, to_ms=ctx.now, gap_ms=fact.gap_ms, long=fact.long)
    return replace(
        game,
        clock=game.clock.downtime(ctx.now, fact.last_alive, fact.long),
        clock_version=ctx.version,
        gaps=(*game.gaps, gap)[-GAPS_KEPT:],
    )


@decide.register
def _(command: RoundPause, game: Game, ctx: Context) -> Decision:
    if not ticking(game):
        return Decision()
    if command.pause:
        held = "round" in game.clock.paused
        return Decision() if held else _one(ClockPaused(reason="round"), game, ctx)
    lifted = ("round", SERVER) if command.after_down_time else ("round",)
    facts = tuple(ClockResumed(reason=r) for r in lifted if r in game.clock.paused)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts)


@decide.register
def _(command: BatchPresses, game: Game, ctx: Context) -> Decision:
    require(game, "playing")
    if game.clock_version <= command.since_version:
        try:
            return Decision(tuple(_honoured(command.presses, game, ctx)))
        except Refused:
            pass  # they do not fit one another: as good as contested
    fact = Contested(
        presses=tuple(asdict(press) for press in command.presses),
        since_version=command.since_version,
    )
    apply(fact, game, ctx)
    return Decision((fact,), {"contested": True})


def _honoured(presses: tuple[Press, ...], game: Game, ctx: Context) -> Iterator[GameFact]:
    """The facts that the presses come to, each decided on the game after the one before."""
    if LINK in game.clock.paused:
        # The link's pause was only a guess at when play stopped; these presses know better.
        lifted = ClockResumed(reason=LINK, since=game.clock.anchor)
        game = apply(lifted, game, ctx)
        yield lifted
    limit = ctx.backdate_max_ms
    if limit is None:
        limit = game.clock.rules.backdate_max_ms
    before = ctx.now - limit
    for press in presses:
        if press.pressed_at < before:
            raise Refused("out_of_range", "presses: too old, or out of order", "presses")
        before = press.pressed_at
        for fact in _pressed(press, game, ctx):
            game = apply(fact, game, ctx)
            yield fact


def _pressed(press: Press, game: Game, ctx: Context) -> tuple[GameFact, ...]:
    at, limit = press.pressed_at, ctx.backdate_max_ms
    match press.kind:
        case "switch":
            if game.clock.side != press.player:
                raise Refused("not_now", "his clock was not on")
            return (
                ClockSwitched(
                    run=game.clock.run,
                    to=other(press.player),
                    pressed_at=at,
                    backdate_max_ms=limit,
                ),
            )
        case "turn":
            return (
                TurnEnded(
                    turn=game.turn.ordinal,
                    player=press.player,
                    pressed_at=at,
                    backdate_max_ms=limit,
                ),
            )
        case "pause":
            if game.options.pause_policy == "judge":
                raise Refused("not_yours", "only officials pause here")
            return (ClockPaused(reason=pause_reason(ctx.by, None), since=at),)
    lifted = removable(game, ctx.by)
    if not lifted:
        raise Refused("not_yours", "no pause of theirs was on")
    return tuple(ClockResumed(reason=reason, since=at) for reason in lifted)


@apply.register
def _(fact: Contested, game: Game, ctx: Context) -> Game:
    _ticking(game)
    return replace(
        game,
        clock=game.clock.pause(ctx.now, "contested"),
        clock_version=ctx.version,
        contested=fact.presses,
    )
