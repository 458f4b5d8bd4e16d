"""
What happened at the venue: one frozen struct a fact.

As in :mod:`..events`, a fact holds what was done; ids are given out once and never again, and what
follows from a fact (a display that showed a table now removed) is worked out in the fold.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from ..events import By, DownTime, Fact, Revoked, SettingSet
from ..profile import RoundEnd
from ..values import Millis, Version
from .commands import Kind, PairingIn

# Tables


class TableAdded(Fact, frozen=True, tag="table_added"):
    table: str
    name: str


class TableRenamed(Fact, frozen=True, tag="table_renamed"):
    table: str
    name: str


class TableRemoved(Fact, frozen=True, tag="table_removed"):
    table: str


class TablePaired(Fact, frozen=True, tag="table_paired"):
    table: str
    device: str


class TableUnpaired(Fact, frozen=True, tag="table_unpaired"):
    table: str
    device: str | None = None
    """None: all of them."""
    renew: bool = False


class GameAssigned(Fact, frozen=True, tag="game_assigned"):
    table: str
    game: str
    event: str = ""


# Events


class EventAdded(Fact, frozen=True, tag="event_added"):
    event: str
    name: str
    round_end: RoundEnd


class EventRenamed(Fact, frozen=True, tag="event_renamed"):
    event: str
    name: str


class EventClosed(Fact, frozen=True, tag="event_closed"):
    event: str
    closed: bool


class Person(Struct, frozen=True, kw_only=True, omit_defaults=True):
    id: str
    name: str
    faction: str = ""


class ParticipantsAdded(Fact, frozen=True, tag="participants_added"):
    event: str
    people: tuple[Person, ...]


class ParticipantEdited(Fact, frozen=True, tag="participant_edited"):
    event: str
    participant: str
    name: str | None = None
    faction: str | None = None


class ParticipantDropped(Fact, frozen=True, tag="participant_dropped"):
    event: str
    participant: str
    dropped: bool


class ParticipantJoined(Fact, frozen=True, tag="participant_joined"):
    event: str
    participant: str
    device: str


class ParticipantLeft(Fact, frozen=True, tag="participant_left"):
    event: str
    participant: str
    device: str


class RoundPaired(Fact, frozen=True, tag="round_paired"):
    event: str
    round: int
    pairings: tuple[PairingIn, ...]


class RoundStarted(Fact, frozen=True, tag="round_started"):
    event: str
    round: int
    length_ms: Millis


class PairingMoved(Fact, frozen=True, tag="pairing_moved"):
    """Who had that table in the round, if anybody, has this pairing's now."""

    event: str
    participant: str
    table: str


class OpponentsSwapped(Fact, frozen=True, tag="opponents_swapped"):
    event: str
    participant: str
    other: str


# Announcements, displays


class Announced(Fact, frozen=True, tag="announced"):
    announcement: str
    text: str
    to: Literal["all", "table", "event"]
    target: str = ""
    until: Millis | None = None


class AnnouncementRemoved(Fact, frozen=True, tag="announcement_removed"):
    announcement: str


class AnnouncementsLapsed(Fact, frozen=True, tag="announcements_lapsed"):
    """Those whose time is over."""


class DisplayRegistered(Fact, frozen=True, tag="display_registered"):
    display: str
    """An id that is new makes the display."""
    name: str
    device: str


class DisplayRenamed(Fact, frozen=True, tag="display_renamed"):
    display: str
    name: str


class Showing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a display shows."""

    kind: Kind = "board"
    game: str = ""
    table: str = ""
    tables: tuple[str, ...] = ()
    """In turn, for ``every_ms`` each."""
    every_ms: Millis = 20_000


class DisplayShows(Fact, frozen=True, tag="display_shows"):
    display: str
    what: Showing


class DisplayReloaded(Fact, frozen=True, tag="display_reloaded"):
    display: str


class DisplayRemoved(Fact, frozen=True, tag="display_removed"):
    display: str


# The round clock


class RoundClockStarted(Fact, frozen=True, tag="round_clock_started"):
    length_ms: Millis
    event: str = ""


class RoundClockPaused(Fact, frozen=True, tag="round_clock_paused"):
    pass


class RoundClockResumed(Fact, frozen=True, tag="round_clock_resumed"):
    pass


class AllResumed(Fact, frozen=True, tag="all_resumed"):
    event: str = ""


class RoundExtended(Fact, frozen=True, tag="round_extended"):
    delta_ms: Millis


class RoundClockStopped(Fact, frozen=True, tag="round_clock_stopped"):
    pass


class RoundEnded(Fact, frozen=True, tag="round_over"):
    """The round clock came to its end."""


# Officials, devices, games


class OfficialAdded(Fact, frozen=True, tag="official_added"):
    official: str
    name: str
    role: Literal["judge", "organiser"]


class OfficialRenamed(Fact, frozen=True, tag="official_renamed"):
    official: str
    name: str


class OfficialRevoked(Fact, frozen=True, tag="official_revoked"):
    official: str


class OfficialEntered(Fact, frozen=True, tag="official_entered"):
    official: str
    device: str


class Restored(Fact, frozen=True, tag="restored"):
    device: str


class GameHidden(Fact, frozen=True, tag="game_hidden"):
    game: str
    hidden: bool


VenueFact: TypeAlias = (
    TableAdded | TableRenamed | TableRemoved | TablePaired | TableUnpaired | GameAssigned
    | EventAdded | EventRenamed | EventClosed | ParticipantsAdded | ParticipantEdited
    | ParticipantDropped | ParticipantJoined | ParticipantLeft | RoundPaired | RoundStarted
    | PairingMoved | OpponentsSwapped | Announced | AnnouncementRemoved | AnnouncementsLapsed
    | DisplayRegistered | DisplayRenamed | DisplayShows | DisplayReloaded | DisplayRemoved
    | RoundClockStarted | RoundClockPaused | RoundClockResumed | AllResumed | RoundExtended
    | RoundClockStopped | RoundEnded | OfficialAdded | OfficialRenamed | OfficialRevoked
    | OfficialEntered | Revoked | Restored | GameHidden | SettingSet | DownTime
)  # fmt: skip


class VenueEntry(Struct, frozen=True, kw_only=True):
    """One row of the venue's log: one accepted command."""

    version: Version
    type: str
    """The message that asked for it."""
    by: By
    at_ms: Millis
    """Game time at which the command arrived."""
    wall: str
    """UTC, ISO 8601; for people and exports, never for arithmetic."""
    facts: tuple[VenueFact, ...]
    command_id: str = ""
    reason: str = ""
