"""The room of the venue's own stream: officials, tables, events, displays, the round clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from . import access
from .access import Held
from .asking import Around, Asked
from .domain import venue as v
from .domain.events import By
from .domain.values import Player, Refused
from .domain.venue.commands import Enter
from .domain.view import Audience
from .room import Room
from .store import Answer, Change, Saved


class VenueRoom(Room[v.VenueStream]):
    """There is always one; its log begins with the first thing that is done to the venue."""

    entry_type: ClassVar[type] = v.VenueEntry

    def __init__(self, id_: str, around: Around) -> None:
        super().__init__(id_, around)
        self.stream = v.VenueStream()
        self.started: Callable[[], frozenset[str]] = frozenset
        """Games that have begun; the registry knows."""

    @property
    def venue(self) -> v.Venue:
        assert self.stream is not None, "there is always a venue"
        return self.stream.state

    # -- what others ask of it

    def official(self, device: str) -> tuple[access.Official | None, str]:
        """Role and name of the official whose device it is; (None, "") if nobody's."""
        official = v.official_of(self.venue, device)
        if official is None or device in self.venue.revoked:
            return None, ""
        return official.role, official.name

    def held(self, device: str, game_id: str) -> Held:
        """What *device* has in a game by the venue's word: an official's role, a table, a seat."""
        if device in self.venue.revoked:
            return Held(revoked=True)
        role, name = self.official(device)
        table = v.table_of(self.venue, device)
        seats: tuple[Player, ...] = tuple(
            seat for game, seat in v.seats_of(self.venue, device) if game == game_id
        )
        return Held(
            official=role, name=name, seats=seats, host=table is not None and table.game == game_id
        )

    @property
    def open_hosting(self) -> bool:
        """Whether anybody may make a game."""
        return v.setting(self.venue, "hosting") == "open"

    def opened_by(self, key: str, device: str) -> Enter | None:
        """What a key opens: an official's place, a table's, a participant's."""
        secrets, found = self.around.secrets, None
        for official in self.venue.officials.values():
            right = access.same(key, secrets.official(official.ordinal))
            if right and not official.revoked:
                found = Enter(place="official", id=official.id, device=device)
        for table in self.venue.tables.values():
            if access.same(key, secrets.table(table.id, table.ordinal)):
                found = Enter(place="table", id=table.id, device=device)
        for event in self.venue.events.values():
            for person in event.participants.values():
                right = access.same(key, secrets.participant(event.id, person.id))
                if right and not event.closed and not person.dropped:
                    found = Enter(place="participant", id=person.id, event=event.id, device=device)
        return found

    def roles(self, device: str) -> Iterator[By]:
        """Everything that *device* holds here, the least first."""
        role, name = self.official(device)
        table = v.table_of(self.venue, device)
        yield By(role="observer", device=device)
        if table is not None:
            yield By(role="host", device=device, name=table.name)
        if role is not None:
            yield By(role=role, device=device, name=name)

    # -- what it is as a room

    def rights(self, command: Any, device: str, stream: v.VenueStream) -> Iterator[By]:
        """:raises Refused: (``not_yours``) there is none"""
        if device in self.venue.revoked:
            raise Refused("not_yours", "this device has been revoked")
        allowed = v.VENUE_RIGHTS.get(type(command), frozenset())
        found = False
        for by in self.roles(device):
            if by.role in allowed or (by.role == "host" and "table" in allowed):
                found = True
                yield by
        if not found:
            role = self.official(device)[0] or "observer"
            raise Refused("not_yours", f"as {role} you may not do that", role=role)

    def decide(self, stream: v.VenueStream, asked: Asked, by: By) -> v.VenueDecision:
        return stream.decide(asked.command, by, asked.now, started=self.started())

    def joining(self, device: str, command: Any) -> By:
        return By(role="observer", device=device)

    def first(self, command: Any) -> tuple[Any, ...] | None:
        return None

    def begun(self, entry: Any) -> v.VenueStream:
        return v.VenueStream((entry,))

    def seen(self, stream: v.VenueStream, audience: Audience) -> v.VenueView:
        return v.venue_view(stream.state, "official" if audience == "match" else "public")

    def audience(self, device: str) -> Audience:
        return "match" if self.official(device)[0] else "public"

    def change(
        self,
        entries: tuple[Any, ...],
        stream: v.VenueStream | None,
        answers: tuple[Answer, ...],
    ) -> Change:
        if not entries or stream is None:
            return Change(game_id=self.id, base=self.version, answers=answers)
        return Change(
            game_id=self.id,
            base=self.version,
            entries=entries,
            state=stream.state,
            deadline_ms=v.venue_deadline(stream.state),
            answers=answers,
        )

    def played(self, saved: Saved) -> v.VenueStream:
        return v.VenueStream(saved.entries)
