"""Taking people out of the venue's log: an event's participants, when they ask or in time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from .events import (
    EventClosed,
    ParticipantEdited,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantsAdded,
    VenueEntry,
    VenueFact,
)
from .state import Venue


def called(entries: Iterable[VenueEntry], name: str) -> frozenset[str]:
    """Ids of the participants who were ever called *name*."""
    wanted, found = name.casefold(), set()
    for entry in entries:
        for fact in entry.facts:
            match fact:
                case ParticipantsAdded():
                    found |= {p.id for p in fact.people if p.name.casefold() == wanted}
                case ParticipantEdited(name=str(other)) if other.casefold() == wanted:
                    found.add(fact.participant)
    return frozenset(found)


def of_old_events(entries: Iterable[VenueEntry], before: str) -> frozenset[str]:
    """
    Ids of the participants of events that were closed, and stayed so, before an instant.

    :param before: UTC, ISO 8601, as ``wall`` of an entry
    """
    closed: dict[str, str] = {}
    people: dict[str, set[str]] = {}
    for entry in entries:
        for fact in entry.facts:
            match fact:
                case ParticipantsAdded():
                    people.setdefault(fact.event, set()).update(p.id for p in fact.people)
                case EventClosed(closed=True):
                    closed[fact.event] = entry.wall
                case EventClosed():
                    closed.pop(fact.event, None)
    old = {event for event, wall in closed.items() if wall < before}
    return frozenset(id_ for event in old for id_ in people.get(event, ()))


def new_name(participant: str) -> str:
    """What somebody who is forgotten is called: by his number."""
    return f"Player {participant.removeprefix('p')}"


def erased_people(entries: Sequence[VenueEntry], people: Collection[str]) -> tuple[VenueEntry, ...]:
    """The venue's log without the names and devices of these participants."""
    joined = [
        (fact.device, fact.participant)
        for entry in entries
        for fact in entry.facts
        if isinstance(fact, ParticipantJoined) and fact.participant in people
    ]
    devices: dict[str, str] = {}
    for device, participant in joined:
        devices.setdefault(device, f"erased-{participant}-{len(devices) + 1}")
    changed = []
    for entry in entries:
        facts = tuple(_fact(fact, people, devices) for fact in entry.facts)
        by = entry.by
        if by.role == "observer" and by.device in devices:
            by = replace(by, device=devices[by.device], name="")
        changed.append(replace(entry, facts=facts, by=by))
    return tuple(changed)


def _fact(fact: VenueFact, people: Collection[str], devices: dict[str, str]) -> VenueFact:
    match fact:
        case ParticipantsAdded():
            return replace(
                fact,
                people=tuple(
                    replace(p, name=new_name(p.id)) if p.id in people else p for p in fact.people
                ),
            )
        case ParticipantEdited(name=str()) if fact.participant in people:
            return replace(fact, name=new_name(fact.participant))
        case ParticipantJoined() | ParticipantLeft() if fact.participant in people:
            return replace(fact, device=devices.get(fact.device, fact.device))
        case _:
            return fact


def arranged(venue: Venue) -> object:
    """What was arranged, whoever took part: the same before and after."""
    events = [
        (event.id, event.name, event.closed, tuple(event.participants), event.rounds)
        for event in venue.events.values()
    ]
    return venue.version, venue.made, events, venue.tables, venue.officials, venue.settings
