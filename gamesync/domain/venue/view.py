"""
The one way from the venue to what anybody sees of it, in sections, as :mod:`..view` is for a match.

Nothing in a view depends on when it is made: times are instants of game time, so that a section
changes only when something happened.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from ..commands import Scalar
from ..profile import RoundEnd
from ..state import Gap
from ..values import Millis, Version
from .events import Showing
from .places import CLIENTS_OWN, DEFAULTS
from .state import Announcement, Event, EventRound, Pairing, Venue

VenueAudience: TypeAlias = Literal["official", "public"]

PUBLIC_SETTINGS = frozenset({"venue_name", "language", "screensaver_ms", "hosting", "join"})
"""Besides the clients' own."""


class TableView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    game: str
    """The game on it; hidden ones are left out for the public."""
    devices: tuple[str, ...]
    """For officials; the public sees none, here as elsewhere."""


class ParticipantView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    faction: str
    dropped: bool
    joined: bool
    """A device has taken the place."""
    devices: tuple[str, ...]


class EventView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    round_end: RoundEnd
    closed: bool
    """The public sees open events only."""
    participants: tuple[ParticipantView, ...]
    rounds: tuple[EventRound, ...]


class RoundClockView(Struct, frozen=True, kw_only=True):
    """The round clock: ``left_ms`` at game time ``at``, and running on from there unless paused."""

    event: str
    round: int
    length_ms: Millis
    at: Millis
    left_ms: Millis
    """Below 0: the round is over by so much."""
    running: bool
    paused: tuple[str, ...]
    ends_at: Millis | None
    warnings: tuple[Millis, ...]
    """Instants at which 30, 15 and 5 minutes are left, as far as the round is that long."""
    over: bool


class DisplayView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    shows: Showing
    reload: int
    """When it grows, load the page anew."""
    devices: tuple[str, ...]


class OfficialView(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    role: Literal["judge", "organiser"]
    used: bool
    revoked: bool
    devices: tuple[str, ...]


class VenueView(Struct, frozen=True, kw_only=True):
    version: Version
    tables: tuple[TableView, ...]
    events: tuple[EventView, ...]
    announcements: tuple[Announcement, ...]
    round_clock: RoundClockView | None
    displays: tuple[DisplayView, ...]
    settings: dict[str, Scalar]
    """With the defaults of those that are not set."""
    gaps: tuple[Gap, ...]
    officials: tuple[OfficialView, ...]
    revoked: tuple[str, ...]
    hidden: tuple[str, ...]
    """These three for officials only."""


VENUE_SECTIONS: tuple[str, ...] = tuple(f for f in VenueView.__struct_fields__ if f != "version")


def venue_view(venue: Venue, audience: VenueAudience) -> VenueView:
    public = audience == "public"

    def devices(held: tuple[str, ...]) -> tuple[str, ...]:
        return () if public else held

    def game(id_: str) -> str:
        return "" if public and id_ in venue.hidden else id_

    def round_(each: EventRound) -> EventRound:
        pairings = tuple(replace(p, game=game(p.game)) for p in each.pairings)
        return replace(each, pairings=pairings)

    def event(each: Event) -> EventView:
        people = tuple(
            ParticipantView(
                id=p.id,
                name=p.name,
                faction=p.faction,
                dropped=p.dropped,
                joined=bool(p.devices),
                devices=devices(p.devices),
            )
            for p in each.participants.values()
        )
        return EventView(
            id=each.id,
            name=each.name,
            round_end=each.round_end,
            closed=each.closed,
            participants=people,
            rounds=tuple(round_(r) for r in each.rounds),
        )

    return VenueView(
        version=venue.version,
        tables=tuple(
            TableView(id=t.id, name=t.name, game=game(t.game), devices=devices(t.devices))
            for t in venue.tables.values()
        ),
        events=tuple(event(e) for e in venue.events.values() if not (public and e.closed)),
        announcements=tuple(venue.announcements.values()),
        round_clock=round_clock_view(venue),
        displays=tuple(
            DisplayView(
                id=d.id,
                name=d.name,
                shows=replace(d.shows, game=game(d.shows.game)),
                reload=d.reload,
                devices=devices(d.devices),
            )
            for d in venue.displays.values()
        ),
        settings={
            key: value
            for key, value in {**DEFAULTS, **venue.settings}.items()
            if not public or key in PUBLIC_SETTINGS or key.startswith(CLIENTS_OWN)
        },
        gaps=venue.gaps,
        officials=()
        if public
        else tuple(
            OfficialView(
                id=o.id,
                name=o.name,
                role=o.role,
                used=o.used,
                revoked=o.revoked,
                devices=o.devices,
            )
            for o in venue.officials.values()
        ),
        revoked=() if public else venue.revoked,
        hidden=() if public else venue.hidden,
    )


def round_clock_view(venue: Venue) -> RoundClockView | None:
    clock = venue.round_clock
    if clock is None:
        return None
    return RoundClockView(
        event=clock.event,
        round=clock.round,
        length_ms=clock.length_ms,
        at=clock.anchor,
        left_ms=clock.left_ms,
        running=clock.running,
        paused=clock.paused,
        ends_at=clock.ends_at,
        warnings=clock.warnings,
        over=clock.over,
    )


def venue_changed(before: VenueView, after: VenueView) -> dict[str, Any]:
    """The sections that differ, as they are afterwards: merge them into what you have."""
    return {
        name: getattr(after, name)
        for name in VENUE_SECTIONS
        if getattr(before, name) != getattr(after, name)
    }


class Move(Struct, frozen=True, kw_only=True):
    """What a participant's devices are told when a pairing is new or has changed."""

    event: str
    round: int
    participant: str
    devices: tuple[str, ...]
    table: str
    """Id and name of the table; empty for a bye."""
    table_name: str
    opponent: str
    """Name; empty for a bye."""
    game: str
    was: str
    """Name of the table before, if that was another one."""

    @property
    def text(self) -> str:
        """A sentence for people: "You are now at table 7 against Li (was 5)"."""
        if not self.opponent:
            return f"You have a bye in round {self.round}"
        name = f"table {self.table_name}" if self.table_name.isdigit() else self.table_name
        where = f" at {name}" if name else ""
        return f"You are now{where} against {self.opponent}" + f" (was {self.was})" * bool(self.was)


def moves(before: Venue, after: Venue) -> tuple[Move, ...]:
    """Who in the newest round of an open event has another table, opponent or game than before."""
    told = []
    for event in after.events.values():
        if event.closed or event.newest is None or event == before.events.get(event.id):
            continue
        for person in event.participants.values():
            old = _place(before, event.id, person.id)
            new = _place(after, event.id, person.id)
            if new is None or new == old:
                continue
            number, pairing = new
            opponent = pairing.p2 if pairing.p1 == person.id else pairing.p1
            was = old[1].table if old else ""
            told.append(
                Move(
                    event=event.id,
                    round=number,
                    participant=person.id,
                    devices=person.devices,
                    table=pairing.table,
                    table_name=_table_name(after, pairing.table),
                    opponent=event.participants[opponent].name if opponent else "",
                    game=pairing.game,
                    was="" if was == pairing.table else _table_name(before, was),
                )
            )
    return tuple(told)


def _place(venue: Venue, event_id: str, participant: str) -> tuple[int, Pairing] | None:
    event = venue.events.get(event_id)
    if event is None or event.newest is None:
        return None
    pairing = event.newest.pairing_of(participant)
    return None if pairing is None else (event.newest.number, pairing)


def _table_name(venue: Venue, id_: str) -> str:
    return venue.tables[id_].name if id_ in venue.tables else ""
