"""What needs two to agree, or an official: proposals, disputes, calls for a judge."""

from __future__ import annotations

from msgspec.structs import replace

from .commands import (
    AnswerProposal,
    CallJudge,
    CancelCall,
    CloseCall,
    CloseDispute,
    Expire,
    OpenDispute,
    Propose,
    TakeCall,
)
from .ending import ended
from .events import (
    Answered,
    ClockPaused,
    ClockResumed,
    DisputeClosed,
    DisputeOpened,
    GameFact,
    JudgeCalled,
    JudgeClosed,
    JudgeTaken,
    Lapsed,
    Proposed,
    SettingSet,
    Undone,
    Voided,
)
from .profile import AS_SETTINGS
from .rules import Context, Decision, already, apply, decide, require, seat_of
from .sheet import category, official
from .state import Call, Dispute, Game, Proposal, Shown
from .timekeeping import ticking
from .values import Millis, Refused

AGREED = "both"
"""The pause reason that both players agreed on."""
NO_NEW_ROUND = "no_new_round"
"""The setting that ends the match with the round in play."""
NO_NEW_TURN = "no_new_turn"
"""The setting that ends the match with the turn in play."""


def _one(fact: GameFact, game: Game, ctx: Context) -> Decision:
    apply(fact, game, ctx)
    return Decision((fact,))


@decide.register
def _(command: Propose, game: Game, ctx: Context) -> Decision:
    player = seat_of(ctx, command.player)
    if command.kind == "undo" and command.version is None:
        raise Refused("missing_field", "version: say what to take back", "version")
    if command.kind in ("pause", "resume") and game.options.pause_policy == "judge":
        raise Refused("not_yours", "kind: only officials stop and start the clock here", "kind")
    version = command.version if command.kind == "undo" else None
    for open_ in game.proposals:
        if (open_.kind, open_.version) == (command.kind, version) and ctx.now < open_.expires_at:
            if open_.player == player:
                return already(proposal=open_.at_version)
            yes = AnswerProposal(proposal=open_.at_version, accept=True, player=player)
            return decide(yes, game, ctx)  # both have asked for it: they agree
    fact = Proposed(
        kind=command.kind, player=player, expires_at=ctx.now + command.expires_ms, version=version
    )
    return _one(fact, game, ctx)


@apply.register
def _(fact: Proposed, game: Game, ctx: Context) -> Game:
    if fact.kind == "undo":
        require(game, "waiting", "setup", "ready", "playing", "ended")
    elif fact.kind not in ("pause", "resume"):
        require(game, "playing")
    elif not ticking(game):
        raise Refused("not_now", "no clock is on", status=game.status)
    proposal = Proposal(
        kind=fact.kind,
        player=fact.player,
        at_version=ctx.version,
        expires_at=fact.expires_at,
        version=fact.version,
    )
    return replace(game, proposals=(*game.proposals, proposal))


def _open_proposal(game: Game, version: int) -> Proposal:
    for proposal in game.proposals:
        if proposal.at_version == version:
            return proposal
    raise Refused("not_found", "proposal: it has lapsed", "proposal")


@decide.register
def _(command: AnswerProposal, game: Game, ctx: Context) -> Decision:
    proposal = _open_proposal(game, command.proposal)
    player = seat_of(ctx, command.player)
    if player == proposal.player and command.accept:
        raise Refused("not_yours", "proposal: the other player answers", "proposal")
    if ctx.now >= proposal.expires_at:
        raise Refused("not_now", "the proposal has lapsed")
    facts: tuple[GameFact, ...] = (Answered(proposal=command.proposal, accept=command.accept),)
    if command.accept and proposal.version is not None:
        # Alone: without what it takes back, the proposal might not be there to be answered.
        facts = (Undone(version=proposal.version),)
    elif command.accept:
        facts += _agreed(proposal, game)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts)


def _agreed(proposal: Proposal, game: Game) -> tuple[GameFact, ...]:
    """What follows when both say yes. Endings follow from the answer itself (:func:`apply`)."""
    match proposal.kind:
        case "pause":
            return (ClockPaused(reason=AGREED),)
        case "resume":
            kept = {"judge", "round", "contested"}
            return tuple(ClockResumed(reason=r) for r in game.clock.paused if r not in kept)
        case "no_new_round":
            return (SettingSet(key=NO_NEW_ROUND, value=True),)
    return ()


@apply.register
def _(fact: Answered, game: Game, ctx: Context) -> Game:
    proposal = _open_proposal(game, fact.proposal)
    game = replace(game, proposals=tuple(p for p in game.proposals if p != proposal))
    if not fact.accept:
        return game
    match proposal.kind:
        case "draw":
            return ended(game, "draw_agreed", ctx.now)
        case "time_call":
            return ended(game, "time_called", ctx.now)
        case "abandon":
            return ended(game, "abandoned", ctx.now)
    return game


@decide.register
def _(command: Expire, game: Game, ctx: Context) -> Decision:
    if any(ctx.now >= p.expires_at for p in game.proposals):
        return _one(Lapsed(), game, ctx)
    until = unstarted_until(game)
    if until is not None and ctx.now >= until:
        return _one(Voided(), game, ctx)
    return Decision()


def unstarted_until(game: Game) -> Millis | None:
    """Game time at which a match that nobody has started is void."""
    expires = game.options.unstarted_expires_ms
    if not expires or game.turn.ordinal or game.over or game.clock.started:
        return None
    return game.touched_ms + expires


@apply.register
def _(fact: Lapsed, game: Game, ctx: Context) -> Game:
    kept = tuple(p for p in game.proposals if ctx.now < p.expires_at)
    return replace(game, proposals=kept)


def froze(game: Game, ctx: Context) -> Game:
    """The public goes on seeing the sheet as it is now."""
    if game.frozen is not None:
        return game
    one, two = game.players
    shown = Shown(
        version=ctx.version,
        cells=game.cells,
        cp=(one.cp, two.cp),
        cp_versions=(one.cp_version, two.cp_version),
        result=game.result,
    )
    return replace(game, frozen=shown)


def thawed(game: Game) -> Game:
    wanted = game.dispute is not None or game.settings.get("frozen")
    return game if wanted else replace(game, frozen=None)


@decide.register
def _(command: OpenDispute, game: Game, ctx: Context) -> Decision:
    fact = DisputeOpened(
        text=command.text,
        player=command.player,
        category=command.category,
        round=command.round,
    )
    return _one(fact, game, ctx)


@apply.register
def _(fact: DisputeOpened, game: Game, ctx: Context) -> Game:
    require(game, "playing", "ended", "signed")
    if game.dispute is not None:
        raise Refused("not_now", "a dispute is open already")
    if fact.category is not None:
        category(game, fact.category)
    dispute = Dispute(
        text=fact.text,
        by=ctx.by,
        at_ms=ctx.now,
        player=fact.player,
        category=fact.category,
        round=fact.round,
    )
    return froze(replace(game, dispute=dispute), ctx)


@decide.register
def _(command: CloseDispute, game: Game, ctx: Context) -> Decision:
    if game.dispute is None:
        return already()
    if ctx.by.role == "player" and ctx.by.player != game.dispute.by.player:
        raise Refused("consent_needed", "who opened the dispute closes it, or an official")
    return _one(DisputeClosed(note=command.note), game, ctx)


@apply.register
def _(fact: DisputeClosed, game: Game, ctx: Context) -> Game:
    if game.dispute is None:
        raise Refused("not_now", "no dispute is open")
    return thawed(replace(game, dispute=None))


@apply.register
def _(fact: SettingSet, game: Game, ctx: Context) -> Game:
    if fact.key in AS_SETTINGS:
        return replace(game, options=replace(game.options, **{fact.key: fact.value}))
    settings = {k: v for k, v in game.settings.items() if k != fact.key}
    if fact.value is not None:
        settings[fact.key] = fact.value
    game = replace(game, settings=settings)
    if fact.key == "frozen":
        return froze(game, ctx) if fact.value else thawed(game)
    waiting = game.status == "playing" and game.turn.awaiting
    if fact.key in (NO_NEW_ROUND, NO_NEW_TURN) and fact.value and waiting:
        return ended(game, "time_called", ctx.now)
    return game


@decide.register
def _(command: CallJudge, game: Game, ctx: Context) -> Decision:
    if game.call is not None:
        return already(by=game.call.by, taken_by=game.call.taken_by)
    facts: tuple[GameFact, ...] = (JudgeCalled(note=command.note),)
    if _call_pauses(game):
        facts += (ClockPaused(reason="judge"),)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts)


def _call_pauses(game: Game) -> bool:
    return game.options.pause_on_call and ticking(game) and "judge" not in game.clock.paused


@apply.register
def _(fact: JudgeCalled, game: Game, ctx: Context) -> Game:
    require(game, "waiting", "setup", "ready", "playing", "ended")
    call = Call(by=ctx.by, at_ms=ctx.now, note=fact.note, paused=_call_pauses(game))
    return replace(game, call=call)


@decide.register
def _(command: TakeCall, game: Game, ctx: Context) -> Decision:
    if game.call is not None and game.call.taken_by is not None:
        return already(taken_by=game.call.taken_by)
    return _one(JudgeTaken(), game, ctx)


@apply.register
def _(fact: JudgeTaken, game: Game, ctx: Context) -> Game:
    if game.call is None:
        raise Refused("not_now", "no judge was called")
    return replace(game, call=replace(game.call, taken_by=ctx.by, taken_at_ms=ctx.now))


@decide.register
def _(command: CloseCall, game: Game, ctx: Context) -> Decision:
    return _one(JudgeClosed(note=command.note), game, ctx) if game.call else already()


@decide.register
def _(command: CancelCall, game: Game, ctx: Context) -> Decision:
    """Settled at the table: what the call had paused goes on, unless a judge is at it."""
    if game.call is None:
        return already()
    if game.call.taken_by is not None and not official(ctx.by):
        raise Refused("not_yours", "a judge has taken the call")
    facts: tuple[GameFact, ...] = (JudgeClosed(cancelled=True),)
    if game.call.paused and ticking(game) and "judge" in game.clock.paused:
        facts += (ClockResumed(reason="judge"),)
    for fact in facts:
        game = apply(fact, game, ctx)
    return Decision(facts)


@apply.register
def _(fact: JudgeClosed, game: Game, ctx: Context) -> Game:
    if game.call is None:
        raise Refused("not_now", "no judge was called")
    return replace(game, call=None)
