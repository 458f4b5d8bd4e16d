"""
The venue as a value, and the two questions that its rules answer.

:func:`decide` and :func:`apply` are to the venue what those of :mod:`..rules` are to a match. No
secret is in here: links and keys are derived from the box's key and the ``ordinal`` of what they
open, and an ordinal is never used twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sized
from functools import singledispatch
from typing import Any, Literal, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from ..commands import Scalar
from ..events import By
from ..profile import RoundEnd
from ..rules import Context
from ..state import Gap
from ..values import Millis, Refused, Version
from .clock import RoundClock
from .events import Showing, VenueFact


class Table(Struct, frozen=True, kw_only=True):
    """A place to play at."""

    id: str
    name: str
    ordinal: int
    devices: tuple[str, ...] = ()
    game: str = ""
    """The game that is on it now, or was last."""


class Participant(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    ordinal: int
    faction: str = ""
    dropped: bool = False
    devices: tuple[str, ...] = ()


class Pairing(Struct, frozen=True, kw_only=True):
    table: str = ""
    p1: str
    p2: str = ""
    """Empty: a bye."""
    game: str = ""

    def has(self, participant: str) -> bool:
        return participant in (self.p1, self.p2)


class EventRound(Struct, frozen=True, kw_only=True):
    number: int
    pairings: tuple[Pairing, ...]
    started_at: Millis | None = None
    length_ms: Millis = 0
    """As it was when it started; extensions are the round clock's."""

    def pairing_of(self, participant: str) -> Pairing | None:
        return next((p for p in self.pairings if p.has(participant)), None)


class Event(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    round_end: RoundEnd = "announce"
    closed: bool = False
    participants: dict[str, Participant] = {}
    rounds: tuple[EventRound, ...] = ()

    @property
    def newest(self) -> EventRound | None:
        """The round that was paired last; it may not have started."""
        return self.rounds[-1] if self.rounds else None

    @property
    def played(self) -> EventRound | None:
        """The round that was started last; before any, the newest."""
        started = [r for r in self.rounds if r.started_at is not None]
        return started[-1] if started else self.newest

    def participant(self, id_: str) -> Participant:
        return found(self.participants, id_, "participant")


class Official(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    role: Literal["judge", "organiser"]
    ordinal: int
    used: bool = False
    """The key has been used; until the first organiser's is, the box shows its link."""
    revoked: bool = False
    devices: tuple[str, ...] = ()


class Display(Struct, frozen=True, kw_only=True):
    id: str
    name: str
    devices: tuple[str, ...] = ()
    shows: Showing = Showing()
    reload: int = 0
    """How often it was told to load its page anew."""


class Announcement(Struct, frozen=True, kw_only=True):
    id: str
    text: str
    to: Literal["all", "table", "event"]
    target: str
    """Which table or event."""
    by: By
    at_ms: Millis
    until: Millis | None
    """Game time until which it is shown; None: until it is removed."""


class Venue(Struct, frozen=True, kw_only=True):
    """Everything that the venue's log adds up to. Each dict is by id."""

    version: Version = 0
    touched_ms: Millis = 0
    """Game time of the last accepted command."""
    made: int = 0
    """Ordinals given out so far, to tables, events, participants, officials …"""
    settings: dict[str, Scalar] = {}
    """Keys that were set; :func:`.places.setting` knows the others' defaults."""
    tables: dict[str, Table] = {}
    events: dict[str, Event] = {}
    officials: dict[str, Official] = {}
    displays: dict[str, Display] = {}
    announcements: dict[str, Announcement] = {}
    round_clock: RoundClock | None = None
    gaps: tuple[Gap, ...] = ()
    """Down time that the round clock saw, as it is explained to all."""
    revoked: tuple[str, ...] = ()
    """Devices that may not come in."""
    hidden: tuple[str, ...] = ()
    """Games that the public does not see."""

    def table(self, id_: str, field: str = "table") -> Table:
        return found(self.tables, id_, field)

    def event(self, id_: str, field: str = "event") -> Event:
        return found(self.events, id_, field)

    def open_event(self, id_: str) -> Event:
        """:raises Refused: (``not_now``) it has been closed"""
        event = self.event(id_)
        if event.closed:
            raise Refused("not_now", f"{event.name} is closed")
        return event

    def official(self, id_: str) -> Official:
        return found(self.officials, id_, "official")

    def display(self, id_: str) -> Display:
        return found(self.displays, id_, "display")

    def with_table(self, table: Table) -> Venue:
        return replace(self, tables={**self.tables, table.id: table})

    def with_event(self, event: Event, **changes: Any) -> Venue:
        """This venue with *event* in it, and the event's *changes* made."""
        return replace(self, events={**self.events, event.id: replace(event, **changes)})

    def with_participant(self, event: Event, participant: Participant) -> Venue:
        people = {**event.participants, participant.id: participant}
        return self.with_event(event, participants=people)

    def with_official(self, official: Official) -> Venue:
        return replace(self, officials={**self.officials, official.id: official})

    def with_display(self, display: Display) -> Venue:
        return replace(self, displays={**self.displays, display.id: display})

    def next_id(self, letter: str, ahead: int = 1) -> str:
        """The id that the next thing made will have."""
        return f"{letter}{self.made + ahead}"


V = TypeVar("V")
Holder = TypeVar("Holder", Table, Participant, Official, Display)


def without_device(holders: Mapping[str, Holder], device: str) -> dict[str, Holder]:
    """The same, with the device in none of them."""
    kept = {}
    for id_, holder in holders.items():
        devices = tuple(d for d in holder.devices if d != device)
        kept[id_] = holder if devices == holder.devices else replace(holder, devices=devices)
    return kept


def found(things: Mapping[str, V], id_: str, field: str) -> V:
    """:raises Refused: (``not_found``) there is no such thing"""
    if id_ not in things:
        raise Refused("not_found", f"{field}: there is no {id_!r}", field)
    return things[id_]


class VenueContext(Context, frozen=True, kw_only=True):
    started: frozenset[str] = frozenset()
    """Games that have begun, as far as the command speaks of them: the venue cannot know."""


class VenueDecision(NamedTuple):
    """What a command comes to: facts for the log, and what else the sender is told."""

    facts: tuple[VenueFact, ...] = ()
    data: Mapping[str, object] = {}


def already(**who: object) -> VenueDecision:
    """Nothing to do: it has happened. Not an error, and no new version."""
    return VenueDecision((), {"already": True, **who})


@singledispatch
def decide(command: object, venue: Venue, ctx: VenueContext) -> VenueDecision:
    """
    The facts that *command* comes to.

    :raises Refused: the rules say no
    """
    raise Refused("bad_value", "game_id: this is asked of a match, not of the venue", "game_id")


@singledispatch
def apply(fact: object, venue: Venue, ctx: VenueContext) -> Venue:
    """
    The venue after *fact*.

    :raises Refused: the fact does not fit this venue
    """
    raise TypeError(f"no rule applies {type(fact).__name__}")


def one(fact: VenueFact, venue: Venue, ctx: VenueContext, **data: object) -> VenueDecision:
    """The decision that *fact* happened, if it fits."""
    apply(fact, venue, ctx)
    return VenueDecision((fact,), data)


def official(by: By) -> bool:
    return by.role in ("judge", "organiser", "server")


def check_device(venue: Venue, device: str) -> None:
    """:raises Refused: there is none, or (``not_yours``) the organiser has revoked it"""
    if not device:
        raise Refused("missing_field", "device: say which", "device")
    if device in venue.revoked:
        raise Refused("not_yours", "device: the organiser has revoked it", "device")


def check_name(name: str, taken: Iterable[str]) -> None:
    """:raises Refused: (``conflict``) somebody has this name, but for case"""
    if name.casefold() in {other.casefold() for other in taken}:
        raise Refused("conflict", f"name: there is a {name} already", "name")


def check_room(things: Sized, limit: int, what: str) -> None:
    """:raises Refused: (``too_many``) one more would be over the limit"""
    if len(things) >= limit:
        raise Refused("too_many", f"at most {limit} {what}")
