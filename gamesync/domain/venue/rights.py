"""Who may ask what of the venue, as data; who a sender is, ``access`` finds out."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from ..commands import SettingsUpdate
from . import commands as c

VenueRole: TypeAlias = Literal["observer", "player", "host", "judge", "organiser", "table"]
"""``table`` is the device that is paired with the table spoken of."""

ORGANISER: frozenset[VenueRole] = frozenset({"organiser"})
OFFICIALS: frozenset[VenueRole] = ORGANISER | {"judge"}
ANYONE: frozenset[VenueRole] = OFFICIALS | {"observer", "player", "host", "table"}

_OF_THE_ORGANISER = (
    c.AddTable,
    c.ImportTables,
    c.RemoveTable,
    c.PairTable,
    c.UnpairTable,
    c.AddEvent,
    c.CloseEvent,
    c.StartRound,
    c.HideGame,
    SettingsUpdate,
    *get_args(c.RoundClockUpdate),
    *get_args(c.OfficialUpdate),
    *get_args(c.VenueDevice),
)
_OF_OFFICIALS = (
    c.RenameTable,
    c.InviteTable,
    c.RenameEvent,
    c.AddParticipant,
    c.ImportParticipants,
    c.InviteParticipant,
    c.EditParticipant,
    c.DropParticipant,
    c.PairRound,
    c.AssignTable,
    c.AssignOpponents,
    c.RenameDisplay,
    c.ShowOnDisplay,
    c.ReloadDisplay,
    c.RemoveDisplay,
    *get_args(c.AnnounceUpdate),
)
_OF_ANYONE = (c.RegisterDisplay, c.JoinEvent, c.LeaveEvent)

VENUE_RIGHTS: dict[type[object], frozenset[VenueRole]] = {
    **dict.fromkeys(_OF_THE_ORGANISER, ORGANISER),
    **dict.fromkeys(_OF_OFFICIALS, OFFICIALS),
    **dict.fromkeys(_OF_ANYONE, ANYONE),
    c.AssignGame: OFFICIALS | {"table"},
}
"""Who may send what. What one may do only to one's own (a device joins itself) the rules say."""
