"""
A match on one line: what a lobby, a wall board and the organiser's desk show of it.

Like a view it depends on the state alone, so the line that a store kept and the line of a match in
play are the same.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from . import sheet
from .commands import How
from .state import Game, Status
from .values import Millis, Player, Side, Version
from .view import Audience, as_public, clock_view

Holding: TypeAlias = Literal["none", "live", "lost", "gone"]
"""How a place is held: by no device, by one that is heard, by one that is silent, by one that is
not connected."""


class Seats(Struct, frozen=True, kw_only=True):
    """
    Who is there: ``none`` (no device holds the place), ``gone`` (none of those that do is
    connected), ``lost`` (connected, but silent for two heartbeats), ``live``.
    """

    host: Holding = "none"
    """The table's own screen, or whoever else is the host."""
    player1: Holding = "none"
    player2: Holding = "none"


class ClockSummary(Struct, frozen=True, kw_only=True):
    """As much of a :class:`ClockView` as it takes to draw the two clocks."""

    mode: Literal["none", "up", "down"]
    side: Side
    running: bool
    started: bool
    at: Millis
    p1_ms: Millis
    p2_ms: Millis
    free_ms: Millis
    flag_at: Millis | None
    """Game time at which the running side's flag falls, if nothing happens."""
    flagged: tuple[Millis | None, Millis | None]
    paused: tuple[str, ...]
    neutral_ms: Millis
    on_flag: Literal["overtime", "stop", "lose", "claim"]
    budget_ms: Millis


class CallSummary(Struct, frozen=True, kw_only=True):
    """A judge was called, and perhaps is on the way."""

    at_ms: Millis
    """Game time of the call."""
    role: str
    """As what it was called: ``player``, ``host``, ``judge`` …"""
    player: Side
    """The caller's seat; 0: none."""
    name: str
    """The caller's."""
    note: str
    taken_by: str
    """Name of the judge who comes; empty: nobody does yet."""
    taken_at_ms: Millis | None
    """Game time at which somebody said that he comes; None: nobody has."""


class ResultSummary(Struct, frozen=True, kw_only=True):
    """How a match ended."""

    how: How
    winner: Side
    """0 is a draw, or nobody."""


class Summary(Struct, frozen=True, kw_only=True):
    """One line of the list of games."""

    version: Version
    status: Status
    player1_name: str
    player2_name: str
    faction1: str
    faction2: str
    score1: int
    score2: int
    cp1: int
    cp2: int
    round: int
    """Battle round, from 1; 0 before play."""
    rounds: int
    """Battle rounds of a whole game; 0: no such number."""
    turn: int
    """Turns begun in the whole match."""
    active_player: Side
    first_player: Side
    turn_began_at: Millis | None
    """Game time at which the present turn began; None: there is none."""
    awaiting: str
    """Between rounds: ``order`` (who goes first?) or ``consent`` (may there be a round?)."""
    clock: ClockSummary
    judge: CallSummary | None
    """The call for a judge that is open."""
    disputed: bool
    """Something on the sheet is said to be wrong."""
    frozen: bool
    """The public goes on seeing an older sheet."""
    contested: bool
    """What a cut-off table says was pressed has to be settled."""
    result: ResultSummary | None
    signed: tuple[Player, ...]
    """Who has signed the result."""
    profile: str
    ruleset: str
    table: str
    """Where it is played, as people call it."""
    visibility: str
    """``listed``, or ``link``: only who has its link finds it."""
    seats: Seats
    changed_at: Millis
    """Game time of the last change."""


class Summaries(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One match on a line, as each audience may see it."""

    match: Summary
    public: Summary | None = None
    """Where the public sees something else: while the sheet is frozen."""

    def of(self, audience: Audience) -> Summary:
        return self.match if audience == "match" or self.public is None else self.public


def summaries(game: Game) -> Summaries:
    """What each audience sees of *game* on one line."""
    frozen = game.frozen is not None
    return Summaries(match=summary(game), public=summary(as_public(game)) if frozen else None)


def summary(game: Game) -> Summary:
    """*game* on one line, as those see it who see all."""
    (first, second), turn = game.players, game.turn
    return Summary(
        version=game.version,
        status=game.status,
        player1_name=first.name,
        player2_name=second.name,
        faction1=first.faction,
        faction2=second.faction,
        score1=sheet.total(game, 1),
        score2=sheet.total(game, 2),
        cp1=first.cp,
        cp2=second.cp,
        round=turn.round,
        rounds=game.ruleset.rounds,
        turn=turn.ordinal,
        active_player=turn.active_player,
        first_player=turn.first_player,
        turn_began_at=(turn.began_ms or None) if turn.active_player else None,
        awaiting=turn.awaiting,
        clock=_clock(game),
        judge=_judge(game),
        disputed=game.dispute is not None,
        frozen=game.frozen is not None,
        contested=bool(game.contested),
        result=_result(game),
        signed=tuple(signature.player for signature in game.signatures),
        profile=game.options.profile,
        ruleset=game.ruleset.id,
        table=game.table,
        visibility=str(game.settings.get("visibility", game.options.visibility)),
        seats=seats_of(game),
        changed_at=game.touched_ms,
    )


def _clock(game: Game) -> ClockSummary:
    seen = clock_view(game)
    return ClockSummary(
        mode=seen.mode,
        side=seen.side,
        running=seen.running,
        started=seen.started,
        at=seen.at,
        p1_ms=seen.p1_ms,
        p2_ms=seen.p2_ms,
        free_ms=seen.free_ms,
        flag_at=seen.flag_at,
        flagged=seen.flagged,
        paused=seen.paused,
        neutral_ms=seen.neutral_ms,
        on_flag=seen.rules.on_flag,
        budget_ms=seen.rules.budget_ms,
    )


def _judge(game: Game) -> CallSummary | None:
    call = game.call
    if call is None:
        return None
    return CallSummary(
        at_ms=call.at_ms,
        role=call.by.role,
        player=call.by.player,
        name=call.by.name,
        note=call.note,
        taken_by="" if call.taken_by is None else call.taken_by.name,
        taken_at_ms=None if call.taken_by is None else call.taken_at_ms,
    )


def _result(game: Game) -> ResultSummary | None:
    result = game.result
    return None if result is None else ResultSummary(how=result.how, winner=result.winner)


def seats_of(game: Game) -> Seats:
    """The seats as if nobody were connected."""
    held = {(device.role, device.player) for device in game.devices}

    def one(role: str, player: Side) -> Holding:
        return "gone" if (role, player) in held else "none"

    return Seats(host=one("host", 0), player1=one("player", 1), player2=one("player", 2))
