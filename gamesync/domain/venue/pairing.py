"""Rounds of an event: who plays whom at which table, and what that moves."""

from __future__ import annotations

from msgspec.structs import replace

from ..values import Refused
from .clock import RoundClock
from .commands import (
    AssignGame,
    AssignOpponents,
    AssignTable,
    PairingIn,
    PairRound,
    StartRound,
)
from .events import GameAssigned, OpponentsSwapped, PairingMoved, RoundPaired, RoundStarted
from .rounds import with_clock
from .state import (
    Event,
    EventRound,
    Pairing,
    Table,
    Venue,
    VenueContext,
    VenueDecision,
    already,
    apply,
    decide,
    official,
    one,
)


def _reason(reason: str, ctx: VenueContext) -> None:
    """:raises Refused: (``missing_field``) people change what has started only with a reason"""
    if not reason and ctx.by.role != "server":
        raise Refused("missing_field", "reason: it has started; say why", "reason")


def _newest(event: Event) -> EventRound:
    if event.newest is None:
        raise Refused("not_now", "event: no round is paired yet", "event")
    return event.newest


def _pairing(round_: EventRound, participant: str) -> Pairing:
    pairing = round_.pairing_of(participant)
    if pairing is None:
        raise Refused("not_found", "participant: not in this round", "participant")
    return pairing


# Rounds


@decide.register
def _(command: PairRound, venue: Venue, ctx: VenueContext) -> VenueDecision:
    newest = venue.event(command.event).newest
    if newest is not None and newest.number == command.round:
        if _kept(command.pairings, newest) == newest.pairings:
            return already()
        if newest.started_at is not None:
            _reason(command.reason, ctx)
    fact = RoundPaired(event=command.event, round=command.round, pairings=command.pairings)
    return one(fact, venue, ctx)


def _kept(pairings: tuple[PairingIn, ...], old: EventRound | None) -> tuple[Pairing, ...]:
    """The pairings; two who were together already keep their game."""
    games = {(p.p1, p.p2): p.game for p in old.pairings} if old else {}
    return tuple(
        Pairing(table=p.table, p1=p.p1, p2=p.p2, game=p.game or games.get((p.p1, p.p2), ""))
        for p in pairings
    )


@apply.register
def _(fact: RoundPaired, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    newest = event.newest
    again = newest if newest and newest.number == fact.round else None
    if again is None:
        if fact.round != len(event.rounds) + 1:
            raise Refused("out_of_range", "round: the next one, or the newest again", "round")
        if newest and newest.started_at is None:
            raise Refused("not_now", f"round: start round {newest.number} first", "round")
    _check_pairings(venue, event, fact.pairings, again)
    pairings = _kept(fact.pairings, again)
    if again is None:
        round_ = EventRound(number=fact.round, pairings=pairings)
        return venue.with_event(event, rounds=(*event.rounds, round_))
    return _with_round(venue, event, again, replace(again, pairings=pairings))


def _check_pairings(
    venue: Venue, event: Event, pairings: tuple[PairingIn, ...], again: EventRound | None
) -> None:
    people = [p for pairing in pairings for p in (pairing.p1, pairing.p2) if p]
    tables = [pairing.table for pairing in pairings if pairing.table]
    games = [pairing.game for pairing in pairings if pairing.game]
    for what, ids in (("participant", people), ("table", tables), ("game", games)):
        for id_ in ids:
            if ids.count(id_) > 1:
                raise Refused("conflict", f"pairings: {what} {id_} stands twice", "pairings")
    for id_ in tables:
        venue.table(id_, "pairings")
    for id_ in people:
        if event.participant(id_).dropped and not (again and again.pairing_of(id_)):
            name = event.participant(id_).name
            raise Refused("not_now", f"pairings: {name} has dropped out", "pairings")
    if any(pairing.table and not pairing.p2 for pairing in pairings):
        raise Refused("bad_value", "pairings: a bye has no table", "pairings")


def _with_round(venue: Venue, event: Event, old: EventRound, new: EventRound) -> Venue:
    """
    The venue with the newest round changed.

    Games follow: those of pairings that were sitting at their tables go with them, and those of
    all changed pairings once the round has started.
    """
    venue = venue.with_event(event, rounds=(*event.rounds[:-1], new))
    tables = dict(venue.tables)
    begins = old.started_at != new.started_at
    gone = [p for p in old.pairings if p not in new.pairings]
    come = [p for p in new.pairings if begins or p not in old.pairings]
    riding = {p.game for p in gone if p.game and _game_on(tables, p.table) == p.game}
    _clear(tables, riding)
    for pairing in come:
        goes = new.started_at is not None or pairing.game in riding
        if goes and pairing.game and pairing.table in tables:
            _clear(tables, {pairing.game})
            tables[pairing.table] = replace(tables[pairing.table], game=pairing.game)
    return replace(venue, tables=tables)


def _game_on(tables: dict[str, Table], id_: str) -> str:
    return tables[id_].game if id_ in tables else ""  # a closed event's table may be gone


def _clear(tables: dict[str, Table], games: set[str]) -> None:
    for id_, table in tables.items():
        if table.game in games:
            tables[id_] = replace(table, game="")


@decide.register
def _(command: StartRound, venue: Venue, ctx: VenueContext) -> VenueDecision:
    newest = venue.event(command.event).newest
    if newest and newest.number == command.round and newest.started_at is not None:
        return already()
    fact = RoundStarted(event=command.event, round=command.round, length_ms=command.length_ms)
    return one(fact, venue, ctx)


@apply.register
def _(fact: RoundStarted, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    newest = _newest(event)
    if newest.number != fact.round:
        raise Refused("out_of_range", f"round: round {newest.number} is the newest", "round")
    started = replace(newest, started_at=ctx.now, length_ms=fact.length_ms)
    venue = _with_round(venue, event, newest, started)
    return with_clock(venue, RoundClock.begin(ctx.now, fact.length_ms, event.id, fact.round))


# Assignments


@decide.register
def _(command: AssignGame, venue: Venue, ctx: VenueContext) -> VenueDecision:
    table = venue.table(command.table)
    fact = GameAssigned(table=table.id, game=command.game, event=command.event)
    after = apply(fact, venue, ctx)
    if after == venue:
        return already()
    begun = (ctx.started & {table.game, command.game}) - {""}
    if official(ctx.by):
        if begun:
            _reason(command.reason, ctx)
    elif ctx.by.device not in table.devices or command.event:
        raise Refused("not_yours", "table: it is not your device's table", "table")
    elif begun:
        raise Refused("consent_needed", "table: a game is being played; call an official", "table")
    return VenueDecision((fact,), {"was": table.game})


@apply.register
def _(fact: GameAssigned, venue: Venue, ctx: VenueContext) -> Venue:
    table = venue.table(fact.table)
    if fact.event:
        event = venue.open_event(fact.event)
        round_ = _newest(event)
        if table.id not in [p.table for p in round_.pairings]:
            raise Refused("not_found", "table: nobody of the round is paired there", "table")
        pairings = tuple(
            replace(p, game=fact.game) if p.table == table.id else p for p in round_.pairings
        )
        rounds = (*event.rounds[:-1], replace(round_, pairings=pairings))
        venue = venue.with_event(event, rounds=rounds)
    tables = dict(venue.tables)
    if fact.game:
        _clear(tables, {fact.game})
    return replace(venue, tables=tables).with_table(replace(table, game=fact.game))


@decide.register
def _(command: AssignTable, venue: Venue, ctx: VenueContext) -> VenueDecision:
    round_ = _newest(venue.event(command.event))
    pairing = _pairing(round_, command.participant)
    if pairing.table == command.table:
        return already()
    there = next((p for p in round_.pairings if p.table == command.table), None)
    if there is not None and not command.swap:
        raise Refused(
            "conflict", "table: a pairing of this round has it", "table", p1=there.p1, p2=there.p2
        )
    games = {p.game for p in (pairing, there) if p}
    if round_.started_at is not None or ctx.started & games:
        _reason(command.reason, ctx)
    fact = PairingMoved(event=command.event, participant=command.participant, table=command.table)
    return one(fact, venue, ctx)


@apply.register
def _(fact: PairingMoved, venue: Venue, ctx: VenueContext) -> Venue:
    event, table = venue.open_event(fact.event), venue.table(fact.table)
    round_ = _newest(event)
    moved = _pairing(round_, fact.participant)
    if not moved.p2:
        raise Refused("bad_value", "participant: a bye has no table", "participant")

    def seated(pairing: Pairing) -> Pairing:
        if pairing == moved:
            return replace(pairing, table=table.id)
        return replace(pairing, table=moved.table) if pairing.table == table.id else pairing

    pairings = tuple(seated(p) for p in round_.pairings)
    return _with_round(venue, event, round_, replace(round_, pairings=pairings))


@decide.register
def _(command: AssignOpponents, venue: Venue, ctx: VenueContext) -> VenueDecision:
    round_ = _newest(venue.event(command.event))
    if _pairing(round_, command.participant).has(command.other):
        return already()
    both = (round_.pairing_of(p) for p in (command.participant, command.other))
    if round_.started_at is not None or ctx.started & {p.game for p in both if p}:
        _reason(command.reason, ctx)
    fact = OpponentsSwapped(
        event=command.event, participant=command.participant, other=command.other
    )
    return one(fact, venue, ctx)


@apply.register
def _(fact: OpponentsSwapped, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    round_ = _newest(event)
    one_, other = event.participant(fact.participant), event.participant(fact.other)
    if other.dropped:
        raise Refused("not_now", f"other: {other.name} has dropped out", "other")
    exchange = {one_.id: other.id, other.id: one_.id}
    _pairing(round_, one_.id)

    def paired(pairing: Pairing) -> Pairing:
        if not (pairing.has(one_.id) or pairing.has(other.id)):
            return pairing
        p1, p2 = exchange.get(pairing.p1, pairing.p1), exchange.get(pairing.p2, pairing.p2)
        return Pairing(table=pairing.table, p1=p1, p2=p2)

    pairings = tuple(paired(p) for p in round_.pairings)
    return _with_round(venue, event, round_, replace(round_, pairings=pairings))
