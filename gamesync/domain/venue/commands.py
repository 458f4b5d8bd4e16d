"""
What can be asked of the venue: one frozen struct a command.

As in :mod:`..commands`, the structs are the ``data`` of messages; the field ``op`` tells the forms
of a message apart. The venue is a stream like a match, with the ``game_id`` ``venue``.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct, structs

from .. import text
from ..commands import Command, Expire, Reason, RevokeDevice, ServerDown, SettingsUpdate
from ..profile import RoundEnd

VENUE = "venue"
"""The venue's ``game_id``."""

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64)]
MaybeId: TypeAlias = Annotated[str, Meta(max_length=64)]
Name: TypeAlias = Annotated[str, Meta(max_length=200)]
RoundNumber: TypeAlias = Annotated[int, Meta(ge=1, le=30)]
RoundLength: TypeAlias = Annotated[int, Meta(ge=1_000, le=86_400_000)]
"""Length of a round in milliseconds, at most a day."""

# -------------------------------------------------------------------------------- table


class AddTable(Command, frozen=True, tag="add", tag_field="op"):
    """A place to play at, for good. The answer names its id."""

    name: Name


class ImportTables(Command, frozen=True, tag="import", tag_field="op"):
    """Many at once. Names that a table has already are told as skipped."""

    names: Annotated[tuple[Name, ...], Meta(min_length=1, max_length=250)]

    def __post_init__(self) -> None:
        try:
            names = tuple(text.name(name) for name in self.names)
        except ValueError as e:
            raise ValueError(f"names: {e}") from None
        structs.force_setattr(self, "names", names)


class RenameTable(Command, frozen=True, tag="rename", tag_field="op"):
    table: Id
    name: Name


class RemoveTable(Command, frozen=True, tag="remove", tag_field="op"):
    table: Id


class PairTable(Command, frozen=True, tag="pair", tag_field="op"):
    """This device is now the table's own: it follows every game that is assigned there."""

    table: Id
    device: Id


class UnpairTable(Command, frozen=True, tag="unpair", tag_field="op"):
    """Take a device, or all, from the table."""

    table: Id
    device: Id | None = None
    renew: bool = False
    """The table's link is worth nothing from now on; there is a fresh one."""


class InviteTable(Command, frozen=True, tag="invite", tag_field="op"):
    """Show (again) the link, and the code, with which the table's own screen becomes its device."""

    table: Id


TableUpdate: TypeAlias = (
    AddTable | ImportTables | RenameTable | RemoveTable | PairTable | UnpairTable | InviteTable
)

# -------------------------------------------------------------------------------- event


class AddEvent(Command, frozen=True, tag="add", tag_field="op"):
    name: Name
    round_end: RoundEnd = "announce"
    """What the end of a round does to its tables."""


class RenameEvent(Command, frozen=True, tag="rename", tag_field="op"):
    event: Id
    name: Name


class CloseEvent(Command, frozen=True, tag="close", tag_field="op"):
    """The event is over, or (``closed`` false) is not after all."""

    event: Id
    closed: bool = True


class NewParticipant(Command, frozen=True):
    name: Name
    faction: Name | None = None


class AddParticipant(Command, frozen=True, tag="add_participant", tag_field="op"):
    event: Id
    name: Name
    faction: Name | None = None


class ImportParticipants(Command, frozen=True, tag="import_participants", tag_field="op"):
    """Many at once. Names that the event has already are left as they are and told as skipped."""

    event: Id
    participants: Annotated[tuple[NewParticipant, ...], Meta(min_length=1, max_length=500)]


class InviteParticipant(Command, frozen=True, tag="invite_participant", tag_field="op"):
    """Show (again) the link with which a phone becomes the participant's for the whole event."""

    event: Id
    participant: Id


class EditParticipant(Command, frozen=True, tag="edit_participant", tag_field="op"):
    """Correct a name or a faction. An absent field stays as it is."""

    event: Id
    participant: Id
    name: Name | None = None
    faction: Name | None = None


class DropParticipant(Command, frozen=True, tag="drop_participant", tag_field="op"):
    """He plays no further rounds, or (``dropped`` false) does after all."""

    event: Id
    participant: Id
    dropped: bool = True
    reason: Reason = ""


class JoinEvent(Command, frozen=True, tag="join", tag_field="op"):
    """
    A device becomes the participant, once for the whole event: each round's seat is its own.

    Without a link this takes only a participant whom nobody has joined as yet.
    """

    event: Id
    participant: Id
    device: Id | None = None
    """Whose device; the sender's own if absent. Another's is for officials."""


class LeaveEvent(Command, frozen=True, tag="leave", tag_field="op"):
    """A device is the participant no longer: the wrong name was tapped, a phone has died."""

    event: Id
    participant: Id
    device: Id | None = None


class PairingIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who plays whom where. Without ``p2`` a bye, which needs no table."""

    p1: Id
    p2: MaybeId = ""
    table: MaybeId = ""
    game: MaybeId = ""


class PairRound(Command, frozen=True, tag="pair_round", tag_field="op"):
    """
    Set the pairings of a round, whole: the next one, or again the newest.

    Two who stay together keep their game. Once the round has started, this needs a ``reason``.
    """

    event: Id
    round: RoundNumber
    pairings: Annotated[tuple[PairingIn, ...], Meta(min_length=1, max_length=250)]
    reason: Reason = ""


class StartRound(Command, frozen=True, tag="start_round", tag_field="op"):
    """The newest round begins: its tables have its games, and the round clock starts."""

    event: Id
    round: RoundNumber
    length_ms: RoundLength


EventUpdate: TypeAlias = (
    AddEvent | RenameEvent | CloseEvent | AddParticipant | ImportParticipants | InviteParticipant
    | EditParticipant | DropParticipant | JoinEvent | LeaveEvent | PairRound | StartRound
)  # fmt: skip

# ------------------------------------------------------------------------------- assign


class AssignGame(Command, frozen=True, tag="game", tag_field="op"):
    """
    Put a game on a table, or (empty) take away what is there; a game is on one table only.

    The table's own device may do so while neither game has begun; later it takes an official and
    a ``reason``.
    """

    table: Id
    game: MaybeId
    event: MaybeId = ""
    """The game is that of this event's newest pairing at the table."""
    reason: Reason = ""


class AssignTable(Command, frozen=True, tag="table", tag_field="op"):
    """A pairing of the newest round plays at another table, its game with it."""

    event: Id
    participant: Id
    """One of the two."""
    table: Id
    swap: bool = False
    """If a pairing of the round has that table, it gets this one's."""
    reason: Reason = ""


class AssignOpponents(Command, frozen=True, tag="opponents", tag_field="op"):
    """Two participants exchange their places in the newest round; their games are made anew."""

    event: Id
    participant: Id
    other: Id
    reason: Reason = ""


Assign: TypeAlias = AssignGame | AssignTable | AssignOpponents

# ------------------------------------------------------------------- announce, display


class Announce(Command, frozen=True, tag="add", tag_field="op"):
    text: Annotated[str, Meta(min_length=1, max_length=200)]
    to: Literal["all", "table", "event"] = "all"
    target: MaybeId = ""
    """Which table or event."""
    minutes: Annotated[int, Meta(ge=0, le=1_440)] = 10
    """How long it is shown; 0: until it is removed."""


class RemoveAnnouncement(Command, frozen=True, tag="remove", tag_field="op"):
    announcement: Id


AnnounceUpdate: TypeAlias = Announce | RemoveAnnouncement


class RegisterDisplay(Command, frozen=True, tag="register", tag_field="op"):
    """
    I am the display of this name: show me what it shows. The answer names its id.

    A name that is new makes a display; a device is one display at a time.
    """

    name: Name


class RenameDisplay(Command, frozen=True, tag="rename", tag_field="op"):
    display: Id
    name: Name


Kind: TypeAlias = Literal["board", "game", "table", "rotation", "round_clock"]


class ShowOnDisplay(Command, frozen=True, tag="show", tag_field="op"):
    """Say what a display shows: the board of all tables, a game, a table, several in turn …"""

    display: Id
    kind: Kind
    game: MaybeId = ""
    table: MaybeId = ""
    tables: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()
    """For a ``rotation``."""
    every_ms: Annotated[int, Meta(ge=2_000, le=3_600_000)] = 20_000
    """How long each of a rotation is shown."""


class ReloadDisplay(Command, frozen=True, tag="reload", tag_field="op"):
    """Let its page load anew."""

    display: Id


class RemoveDisplay(Command, frozen=True, tag="remove", tag_field="op"):
    display: Id


DisplayUpdate: TypeAlias = (
    RegisterDisplay | RenameDisplay | ShowOnDisplay | ReloadDisplay | RemoveDisplay
)

# -------------------------------------------------------------------------- round_clock


class StartRoundClock(Command, frozen=True, tag="start", tag_field="op"):
    """A round clock for the hall, or anew for an event's started round (after a ``stop``)."""

    length_ms: RoundLength
    event: MaybeId = ""


class PauseRoundClock(Command, frozen=True, tag="pause", tag_field="op"):
    """Stop the round clock and, for reason ``round``, the clock of every table under it."""

    reason: Reason = ""


class ResumeRoundClock(Command, frozen=True, tag="resume", tag_field="op"):
    """The round clock goes on, whatever it was paused for, and the tables with it."""


class ResumeAll(Command, frozen=True, tag="resume_all", tag_field="op"):
    """After a power cut: what the server paused goes on, at the tables too."""

    event: MaybeId = ""
    """Only this event's tables."""


class ExtendRound(Command, frozen=True, tag="extend", tag_field="op"):
    """The round is longer by so much, or shorter (below 0)."""

    delta_ms: Annotated[int, Meta(ge=-86_400_000, le=86_400_000)]
    reason: Reason = ""


class StopRoundClock(Command, frozen=True, tag="stop", tag_field="op"):
    """There is no round clock any more."""


RoundClockUpdate: TypeAlias = (
    StartRoundClock | PauseRoundClock | ResumeRoundClock | ResumeAll | ExtendRound | StopRoundClock
)

# ------------------------------------------------------------ official, device, hide_game


class NewOfficial(Command, frozen=True, tag="new", tag_field="op"):
    """A judge or an organiser, with a key of his own. The answer names his id."""

    name: Name
    role: Literal["judge", "organiser"]


class RenameOfficial(Command, frozen=True, tag="rename", tag_field="op"):
    official: Id
    name: Name


class RevokeOfficial(Command, frozen=True, tag="revoke", tag_field="op"):
    """His key opens nothing any more, and his devices lose the right."""

    official: Id


class InviteOfficial(Command, frozen=True, tag="invite", tag_field="op"):
    """Show (again) the link that makes a device his."""

    official: Id


OfficialUpdate: TypeAlias = NewOfficial | RenameOfficial | RevokeOfficial | InviteOfficial


class RestoreDevice(Command, frozen=True, tag="restore", tag_field="op"):
    """A device that was revoked may come back, as anybody may."""

    device: Id


VenueDevice: TypeAlias = RevokeDevice | RestoreDevice


class HideGame(Command, frozen=True):
    """Leave a game out of what the public sees, or (``hidden`` false) show it again."""

    game: Id
    hidden: bool = True
    reason: Reason = ""


# ---------------------------------------------------- the server's own, never from a wire


class Enter(Struct, frozen=True, kw_only=True):
    """A device has opened the link of a place, and so has it."""

    place: Literal["table", "official", "participant"]
    id: str
    device: str
    event: str = ""
    """The participant's event."""


class RoundOver(Struct, frozen=True, kw_only=True):
    """The round clock has come to its end."""


VenueCommand: TypeAlias = (
    TableUpdate | EventUpdate | Assign | AnnounceUpdate | DisplayUpdate | RoundClockUpdate
    | OfficialUpdate | VenueDevice | HideGame | SettingsUpdate
    | Enter | RoundOver | ServerDown | Expire
)  # fmt: skip
