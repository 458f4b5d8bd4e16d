"""Events and those who take part in them."""

from __future__ import annotations

from msgspec.structs import replace

from ..values import Refused
from .commands import (
    AddEvent,
    AddParticipant,
    CloseEvent,
    DropParticipant,
    EditParticipant,
    ImportParticipants,
    InviteParticipant,
    JoinEvent,
    LeaveEvent,
    NewParticipant,
    RenameEvent,
)
from .events import (
    EventAdded,
    EventClosed,
    EventRenamed,
    ParticipantDropped,
    ParticipantEdited,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantsAdded,
    Person,
)
from .places import setting
from .state import (
    Event,
    Participant,
    Venue,
    VenueContext,
    VenueDecision,
    already,
    apply,
    check_device,
    check_name,
    check_room,
    decide,
    official,
    one,
)

EVENTS_MAX = 20
"""Events that are open at a time."""
CLOSED_KEPT = 20
"""Closed events that can be shown and opened again; older ones are in the log only."""
PARTICIPANTS_MAX = 500
PARTICIPANT_DEVICES = 3

# Events


def _open_names(venue: Venue, besides: str = "") -> list[str]:
    return [e.name for e in venue.events.values() if not e.closed and e.id != besides]


@decide.register
def _(command: AddEvent, venue: Venue, ctx: VenueContext) -> VenueDecision:
    id_ = venue.next_id("e")
    fact = EventAdded(event=id_, name=command.name, round_end=command.round_end)
    return one(fact, venue, ctx, event=id_)


@apply.register
def _(fact: EventAdded, venue: Venue, ctx: VenueContext) -> Venue:
    check_room(_open_names(venue), EVENTS_MAX, "open events")
    check_name(fact.name, _open_names(venue))
    venue = replace(venue, made=venue.made + 1)
    return venue.with_event(Event(id=fact.event, name=fact.name, round_end=fact.round_end))


@decide.register
def _(command: RenameEvent, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.event(command.event).name == command.name:
        return already()
    return one(EventRenamed(event=command.event, name=command.name), venue, ctx)


@apply.register
def _(fact: EventRenamed, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    check_name(fact.name, _open_names(venue, besides=event.id))
    return venue.with_event(event, name=fact.name)


@decide.register
def _(command: CloseEvent, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.event(command.event).closed == command.closed:
        return already()
    return one(EventClosed(event=command.event, closed=command.closed), venue, ctx)


@apply.register
def _(fact: EventClosed, venue: Venue, ctx: VenueContext) -> Venue:
    event, clock = venue.event(fact.event), venue.round_clock
    if not fact.closed:
        check_room(_open_names(venue), EVENTS_MAX, "open events")
        check_name(event.name, _open_names(venue))
        return venue.with_event(event, closed=False)
    if clock is not None and clock.event == event.id:
        venue = replace(venue, round_clock=None)
    others = {id_: e for id_, e in venue.events.items() if id_ != event.id}
    events = {**others, event.id: replace(event, closed=True)}  # the last to be closed comes last
    closed = [id_ for id_, e in events.items() if e.closed]
    old = closed[:-CLOSED_KEPT]
    return replace(venue, events={id_: e for id_, e in events.items() if id_ not in old})


# Participants


@decide.register
def _(command: AddParticipant, venue: Venue, ctx: VenueContext) -> VenueDecision:
    new = NewParticipant(name=command.name, faction=command.faction)
    fact = ParticipantsAdded(event=command.event, people=_people(venue, (new,)))
    return one(fact, venue, ctx, participant=fact.people[0].id)


@decide.register
def _(command: ImportParticipants, venue: Venue, ctx: VenueContext) -> VenueDecision:
    known = {p.name.casefold() for p in venue.event(command.event).participants.values()}
    new, skipped = [], []
    for participant in command.participants:
        name = participant.name.casefold()
        if name in known:
            skipped.append(participant.name)
        else:
            new.append(participant)
        known.add(name)
    if not new:
        return already(skipped=skipped)
    fact = ParticipantsAdded(event=command.event, people=_people(venue, tuple(new)))
    return one(fact, venue, ctx, added=len(new), skipped=skipped)


def _people(venue: Venue, new: tuple[NewParticipant, ...]) -> tuple[Person, ...]:
    return tuple(
        Person(id=venue.next_id("p", ahead), name=person.name, faction=person.faction or "")
        for ahead, person in enumerate(new, start=1)
    )


@apply.register
def _(fact: ParticipantsAdded, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    people, made = dict(event.participants), venue.made
    taken = {p.name.casefold() for p in people.values()}
    for person in fact.people:
        check_room(people, PARTICIPANTS_MAX, "participants")
        if person.name.casefold() in taken:
            raise Refused("conflict", f"name: there is a {person.name} already", "name")
        taken.add(person.name.casefold())
        made += 1
        people[person.id] = Participant(
            id=person.id, name=person.name, faction=person.faction, ordinal=made
        )
    return replace(venue, made=made).with_event(event, participants=people)


@decide.register
def _(command: InviteParticipant, venue: Venue, ctx: VenueContext) -> VenueDecision:
    person = venue.open_event(command.event).participant(command.participant)
    if person.dropped:
        raise Refused("not_now", f"participant: {person.name} has dropped out", "participant")
    return VenueDecision((), {"participant": person.id})


@decide.register
def _(command: EditParticipant, venue: Venue, ctx: VenueContext) -> VenueDecision:
    old = venue.event(command.event).participant(command.participant)
    if command.name in (None, old.name) and command.faction in (None, old.faction):
        return already()
    fact = ParticipantEdited(
        event=command.event, participant=old.id, name=command.name, faction=command.faction
    )
    return one(fact, venue, ctx)


@apply.register
def _(fact: ParticipantEdited, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    person = event.participant(fact.participant)
    if fact.name is not None:
        check_name(fact.name, (p.name for p in event.participants.values() if p != person))
        person = replace(person, name=fact.name)
    if fact.faction is not None:
        person = replace(person, faction=fact.faction)
    return venue.with_participant(event, person)


@decide.register
def _(command: DropParticipant, venue: Venue, ctx: VenueContext) -> VenueDecision:
    if venue.event(command.event).participant(command.participant).dropped == command.dropped:
        return already()
    fact = ParticipantDropped(
        event=command.event, participant=command.participant, dropped=command.dropped
    )
    return one(fact, venue, ctx)


@apply.register
def _(fact: ParticipantDropped, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.open_event(fact.event)
    person = event.participant(fact.participant)
    return venue.with_participant(event, replace(person, dropped=fact.dropped))


def _whose(device: str | None, ctx: VenueContext) -> str:
    """
    The device a command speaks of.

    :raises Refused: it is another's, and the sender no official
    """
    if device not in (None, ctx.by.device) and not official(ctx.by):
        raise Refused("not_yours", "device: an official joins another's device", "device")
    return ctx.by.device if device is None else device


@decide.register
def _(command: JoinEvent, venue: Venue, ctx: VenueContext) -> VenueDecision:
    device = _whose(command.device, ctx)
    person = venue.event(command.event).participant(command.participant)
    if device in person.devices:
        return already(participant=person.id)
    if not official(ctx.by):
        if setting(venue, "join") == "link":
            raise Refused("not_yours", "participant: open your own link", "participant")
        if person.devices:
            raise Refused(
                "not_yours", f"participant: somebody is {person.name} already", "participant"
            )
    fact = ParticipantJoined(event=command.event, participant=person.id, device=device)
    return one(fact, venue, ctx, participant=person.id)


@apply.register
def _(fact: ParticipantJoined, venue: Venue, ctx: VenueContext) -> Venue:
    check_device(venue, fact.device)
    event = venue.open_event(fact.event)
    person = event.participant(fact.participant)
    check_room(person.devices, PARTICIPANT_DEVICES, "devices a participant; let one leave")
    for other in event.participants.values():
        if fact.device in other.devices:
            raise Refused("conflict", f"device: it is {other.name}'s; leave first", "device")
    devices = (*person.devices, fact.device)
    return venue.with_participant(event, replace(person, devices=devices))


@decide.register
def _(command: LeaveEvent, venue: Venue, ctx: VenueContext) -> VenueDecision:
    device = _whose(command.device, ctx)
    if device not in venue.event(command.event).participant(command.participant).devices:
        return already()
    fact = ParticipantLeft(event=command.event, participant=command.participant, device=device)
    return one(fact, venue, ctx)


@apply.register
def _(fact: ParticipantLeft, venue: Venue, ctx: VenueContext) -> Venue:
    event = venue.event(fact.event)
    person = event.participant(fact.participant)
    devices = tuple(d for d in person.devices if d != fact.device)
    return venue.with_participant(event, replace(person, devices=devices))
