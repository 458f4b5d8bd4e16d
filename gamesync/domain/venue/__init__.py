"""
The venue: what belongs to the hall and not to one match.

Tables, events with their rounds, officials, displays, announcements, the round clock and the
settings are one more stream beside the matches, with ``game_id`` ``venue``: the same log, versions
and commit. Nothing of it is taken back by an undo; each thing done has its opposite instead.

This module folds the log and answers the questions that the rest of the server asks of the venue.
What can be asked of it is in ``commands``, what happened in ``events``, what it adds
up to in ``state``; the rules are in ``places`` (settings, tables), ``officials``
(officials, devices), ``people`` (events, participants), ``pairing`` (rounds,
assignments), ``screens`` (displays, announcements) and ``rounds`` (the round clock);
who may ask is in ``rights``, and what is seen in ``view``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from ..events import By
from ..values import Millis, Player, Refused

# Imported for the rules that they register.
from . import officials, pairing, people, screens  # noqa: F401
from .clock import WARNINGS_MS, RoundClock
from .commands import VENUE, VenueCommand
from .events import VenueEntry, VenueFact
from .places import setting
from .rights import VENUE_RIGHTS, VenueRole
from .rounds import (
    games_of,
    round_deadline,
    round_end,
    round_left,
    share_left,
    venue_deadline,
)
from .state import (
    Event,
    Official,
    Participant,
    Table,
    Venue,
    VenueContext,
    VenueDecision,
    apply,
    decide,
)
from .view import (
    VENUE_SECTIONS,
    Move,
    VenueView,
    moves,
    round_clock_view,
    venue_changed,
    venue_view,
)

__all__ = [
    "VENUE",
    "VENUE_RIGHTS",
    "VENUE_SECTIONS",
    "WARNINGS_MS",
    "Move",
    "RoundClock",
    "Venue",
    "VenueCommand",
    "VenueDecision",
    "VenueEntry",
    "VenueFact",
    "VenueRole",
    "VenueStream",
    "VenueView",
    "evolve_venue",
    "fold_venue",
    "games_of",
    "moves",
    "official_of",
    "participants_of",
    "round_clock_view",
    "round_deadline",
    "round_end",
    "round_left",
    "seats_of",
    "setting",
    "share_left",
    "table_of",
    "venue_changed",
    "venue_deadline",
    "venue_view",
]


def evolve_venue(venue: Venue, entry: VenueEntry) -> Venue:
    """
    The venue after *entry*, whole.

    :raises Refused: a fact of it does not fit; nothing of the entry holds
    """
    ctx = VenueContext(by=entry.by, now=entry.at_ms, version=entry.version)
    for fact in entry.facts:
        venue = apply(fact, venue, ctx)
    return replace(venue, version=entry.version, touched_ms=entry.at_ms)


def fold_venue(entries: Iterable[VenueEntry], venue: Venue | None = None) -> Venue:
    """
    What the log adds up to, from nothing or from *venue* on.

    An entry that does not fit has no effect but its version: the rules of today read the log of
    years.
    """
    venue = venue or Venue()
    for entry in entries:
        try:
            venue = evolve_venue(venue, entry)
        except Refused:
            venue = replace(venue, version=entry.version)
    return venue


class VenueStream:
    """
    The venue's log and what it adds up to. The log only grows.

    :ivar state: the venue at the newest version
    :ivar entries: the log, oldest first; its newest part if a state was given
    """

    def __init__(self, entries: Sequence[VenueEntry] = (), state: Venue | None = None) -> None:
        self.entries = tuple(entries)
        self.state = fold_venue(self.entries) if state is None else state

    def decide(
        self,
        command: VenueCommand,
        by: By,
        now: Millis,
        dice: int = 0,
        *,
        started: frozenset[str] = frozenset(),
        **ignored: object,
    ) -> VenueDecision:
        """
        What *command* comes to; the venue itself is not changed.

        :param started: games in play, begun and not over, of those that the command may move
        :param ignored: what only a match asks for
        :raises Refused: the rules say no
        """
        version = self.state.version + 1
        ctx = VenueContext(by=by, now=now, version=version, dice=dice, started=started)
        return decide(command, self.state, ctx)

    def past(self) -> list[tuple[VenueEntry, Venue]]:
        """The entries, oldest first, each with the venue as it was before."""
        venue, past = Venue(), []
        for entry in self.entries:
            past.append((entry, venue))
            venue = fold_venue((entry,), venue)
        return past

    def after(self, entry: VenueEntry) -> VenueStream:
        """
        The stream with one more entry, as :meth:`decide` foresaw it.

        :raises ValueError: it is not the next version
        """
        if entry.version != self.state.version + 1:
            raise ValueError(f"version {entry.version} does not follow {self.state.version}")
        return VenueStream((*self.entries, entry), evolve_venue(self.state, entry))


def official_of(venue: Venue, device: str) -> Official | None:
    """The official whom a device belongs to; of two, an organiser."""
    held = [o for o in venue.officials.values() if device in o.devices]
    return max(held, key=lambda o: o.role == "organiser", default=None)


def table_of(venue: Venue, device: str) -> Table | None:
    """The table that a device is paired with."""
    return next((t for t in venue.tables.values() if device in t.devices), None)


def participants_of(venue: Venue, device: str) -> tuple[tuple[Event, Participant], ...]:
    """Whom a device stands for, in open events."""
    return tuple(
        (event, person)
        for event in venue.events.values()
        if not event.closed
        for person in event.participants.values()
        if device in person.devices
    )


def seats_of(venue: Venue, device: str) -> tuple[tuple[str, Player], ...]:
    """Games and seats that a device has as a participant of open events, newest round first."""
    seats: list[tuple[str, Player]] = []
    for event, person in participants_of(venue, device):
        for round_ in reversed(event.rounds):
            paired = round_.pairing_of(person.id)
            if paired is not None and paired.game:
                seats.append((paired.game, 1 if paired.p1 == person.id else 2))
    return tuple(seats)
