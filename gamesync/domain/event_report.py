"""An event on one sheet: a line for each pairing of each round, with how its match went."""

from __future__ import annotations

from msgspec import Struct

from . import sheet
from .commands import How
from .ruleset import EventScore
from .state import Game, Status
from .values import Millis, Side
from .venue.state import Event, EventRound, Pairing, Venue

BY_SCORE: tuple[How, ...] = ("completed", "time_called", "tabled")
"""Endings whose winner the victory points say, and so the event points."""


class PairingReport(Struct, frozen=True, kw_only=True):
    """One pairing; what no match has said yet is None or empty."""

    event: str
    """The event's name."""
    round: int
    table: str
    """The table's name."""
    game_id: str
    player1: str
    faction1: str
    player2: str
    """Empty: player 1 has a bye."""
    faction2: str
    status: Status | None
    how: How | None
    winner: Side | None
    """Who won, 0 for a draw; None: it is not over."""
    score1: int | None
    score2: int | None
    event_points1: int | None
    """By the ruleset's table; None where it has none, and where no score decided the match."""
    event_points2: int | None
    time1_ms: Millis | None
    """Time that player 1 used, as of the clock's last change."""
    time2_ms: Millis | None
    signed: bool
    disputed: bool


def event_points(table: EventScore, score1: int, score2: int) -> tuple[int, int]:
    """Both players' event points, by the difference of their victory points."""
    apart = abs(score1 - score2)
    high = table.base + sum(apart > step for step in table.steps)
    low = table.total - high
    return (high, low) if score1 >= score2 else (low, high)


def pairings(venue: Venue, event: Event) -> tuple[tuple[EventRound, Pairing], ...]:
    """Every pairing of an event, the oldest round first, by the tables' names within it."""

    def place(pairing: Pairing) -> tuple[bool, int, str]:
        name = table_name(venue, pairing)
        return not name, len(name), name  # "Table 2" before "Table 10", byes last

    return tuple((each, p) for each in event.rounds for p in sorted(each.pairings, key=place))


def table_name(venue: Venue, pairing: Pairing) -> str:
    """What people call the table; its id if it has been removed since."""
    table = venue.tables.get(pairing.table)
    return table.name if table is not None else pairing.table


def pairing_report(
    venue: Venue, event: Event, round_: EventRound, pairing: Pairing, game: Game | None
) -> PairingReport:
    """
    The line of one pairing.

    :param game: the pairing's, if it has one; its seats are as the pairing's players
    """
    people = [event.participants.get(id_) for id_ in (pairing.p1, pairing.p2)]
    names = [person.name if person is not None else "" for person in people]
    factions = [person.faction if person is not None else "" for person in people]
    if game is not None:
        factions = [f or game.players[seat].faction for seat, f in enumerate(factions)]
    result = game.result if game is not None else None
    points: tuple[int | None, int | None] = (None, None)
    if game is not None and result is not None:
        table = game.ruleset.event_score
        if table is not None and result.how in BY_SCORE and result.declared is None:
            points = event_points(table, result.score1, result.score2)
    clock = game.clock if game is not None else None
    return PairingReport(
        event=event.name,
        round=round_.number,
        table=table_name(venue, pairing),
        game_id=pairing.game,
        player1=names[0],
        faction1=factions[0],
        player2=names[1],
        faction2=factions[1],
        status=game.status if game is not None else None,
        how="bye" if not pairing.p2 else result.how if result is not None else None,
        winner=1 if not pairing.p2 else result.winner if result is not None else None,
        score1=sheet.total(game, 1) if game is not None else None,
        score2=sheet.total(game, 2) if game is not None else None,
        event_points1=points[0],
        event_points2=points[1],
        time1_ms=clock.spent_by(1, clock.anchor) if clock is not None else None,
        time2_ms=clock.spent_by(2, clock.anchor) if clock is not None else None,
        signed=game is not None and game.status == "signed",
        disputed=game is not None and game.dispute is not None,
    )
