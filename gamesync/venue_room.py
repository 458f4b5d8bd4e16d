"""The room of the venue's own stream: officials, tables, events, displays, the round clock."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Literal, TypeAlias

import attrs

from . import access
from .access import Held
from .asking import Around, Asked, Watcher
from .domain import venue as v
from .domain.commands import Expire
from .domain.events import By, Placed
from .domain.seats import place_of
from .domain.values import Millis, Player, Refused
from .domain.venue.commands import (
    AddParticipant,
    AddTable,
    Enter,
    InviteOfficial,
    InviteParticipant,
    InviteTable,
    NewOfficial,
    RoundOver,
    UnpairTable,
)
from .domain.venue.state import Official, Table
from .domain.view import Audience
from .room import Room
from .store import Answer, Change, Saved

Place: TypeAlias = Literal["official", "table", "participant", "display"]


@attrs.frozen
class _Holders:
    """Who holds what at the venue, by device; worked out once a version."""

    venue: v.Venue
    officials: dict[str, Official]
    tables: dict[str, Table]
    seats: dict[str, dict[str, tuple[Player, ...]]]
    revoked: frozenset[str]
    hidden: frozenset[str]
    placed: dict[str, frozenset[Placed]]
    """Game -> its places that the table's screen and participants hold."""

    @classmethod
    def of(cls, venue: v.Venue) -> _Holders:
        # Organisers last: of two places a device has the higher one.
        officials = sorted(venue.officials.values(), key=lambda o: o.role == "organiser")
        people = {
            device
            for event in venue.events.values()
            if not event.closed
            for person in event.participants.values()
            for device in person.devices
        }
        seats: dict[str, dict[str, tuple[Player, ...]]] = {}
        for device in people:
            held = seats.setdefault(device, {})
            for game, seat in v.seats_of(venue, device):
                held[game] = (*held.get(game, ()), seat)
        placed: dict[str, set[Placed]] = {}
        for table in venue.tables.values():
            if table.game and table.devices:
                placed.setdefault(table.game, set()).add("host")
        for held in seats.values():
            for game, of_one in held.items():
                placed.setdefault(game, set()).update(place_of("player", seat) for seat in of_one)
        return cls(
            venue=venue,
            officials={device: o for o in officials for device in o.devices},
            tables={device: t for t in venue.tables.values() for device in t.devices},
            seats=seats,
            revoked=frozenset(venue.revoked),
            hidden=frozenset(venue.hidden),
            placed={game: frozenset(places) for game, places in placed.items()},
        )


class VenueRoom(Room[v.VenueStream]):
    """There is always one; its log begins with the first thing that is done to the venue."""

    entry_type: ClassVar[type] = v.VenueEntry
    secretive = (
        *(NewOfficial, InviteOfficial),
        *(AddTable, InviteTable, UnpairTable),
        *(AddParticipant, InviteParticipant),
    )

    def __init__(self, id_: str, around: Around) -> None:
        super().__init__(id_, around)
        self.stream = v.VenueStream()
        self.started: Callable[[], frozenset[str]] = frozenset
        """Games that have begun; the registry knows."""
        self._index: _Holders | None = None
        self._turned_out: frozenset[str] | None = None

    @property
    def venue(self) -> v.Venue:
        assert self.stream is not None, "there is always a venue"
        return self.stream.state

    # -- what others ask of it

    def official(self, device: str) -> tuple[access.Official | None, str]:
        """Role and name of the official whose device it is; (None, "") if nobody's."""
        return _official(self._holders(self.venue), device)

    def held(self, device: str, game_id: str) -> Held:
        """What *device* has in a game by the venue's word: an official's role, a table, a seat."""
        holders = self._holders(self.venue)
        hidden = game_id in holders.hidden
        if device in holders.revoked:
            return Held(revoked=True, hidden=hidden)
        role, name = _official(holders, device)
        table = holders.tables.get(device)
        return Held(
            official=role,
            name=name,
            seats=holders.seats.get(device, {}).get(game_id, ()),
            host=table is not None and table.game == game_id,
            hidden=hidden,
        )

    def places(self, device: str) -> Iterator[tuple[Place, str, str]]:
        """What *device* is at the venue: the kind of place, its id, and a participant's event."""
        venue = self.venue
        if device in venue.revoked:
            return
        for official in venue.officials.values():
            if device in official.devices and not official.revoked:
                yield "official", official.id, ""
        for table in venue.tables.values():
            if device in table.devices:
                yield "table", table.id, ""
        for event in venue.events.values():
            for person in event.participants.values():
                if device in person.devices and not event.closed:
                    yield "participant", person.id, event.id
        for display in venue.displays.values():
            if device in display.devices:
                yield "display", display.id, ""

    def lasting(self, device: str) -> bool:
        """
        Whether the venue keeps *device* however long: a table's screen, a participant.

        Not its officials, who may do most, and would be missed least quickly.
        """
        holders = self._holders(self.venue)
        kept = device in holders.tables or device in holders.seats
        return kept and device not in holders.officials

    @property
    def placed(self) -> dict[str, frozenset[Placed]]:
        """Game -> its places that devices hold by the venue's word."""
        return self._holders(self.venue).placed

    def hides(self, game_id: str) -> bool:
        """Whether the organiser keeps a game out of what the public sees."""
        return game_id in self._holders(self.venue).hidden

    def revoked(self, device: str) -> bool:
        return device in self._holders(self.venue).revoked

    def watch(self, watcher: Watcher) -> None:
        if self._turned_out is None:
            self._turned_out = self._holders(self.venue).revoked
        super().watch(watcher)

    def turn_out(self) -> None:
        """A device that is revoked goes, though it may have seen no more here than everybody."""
        super().turn_out()
        revoked = self._holders(self.venue).revoked
        fresh, self._turned_out = revoked - (self._turned_out or frozenset()), revoked
        for watcher in tuple(self.watchers):
            if watcher.device in fresh:
                self._to(watcher, lambda w: w.removed())

    def _holders(self, venue: v.Venue) -> _Holders:
        if self._index is None or self._index.venue is not venue:
            self._index = _Holders.of(venue)
        return self._index

    @property
    def open_hosting(self) -> bool:
        """Whether anybody may make a game."""
        return v.setting(self.venue, "hosting") == "open"

    def besides(self, command: Any, detail: dict[str, Any], device: str) -> dict[str, Any]:
        secrets, venue = self.around.secrets, self.venue
        # It may be the answer to a command of long ago, from one who may no longer ask that.
        if self.official(device)[0] not in v.VENUE_RIGHTS[type(command)]:
            return {}
        match command:
            case NewOfficial() | InviteOfficial() if detail.get("official") in venue.officials:
                official = venue.officials[detail["official"]]
                return _way_in(f"official:{official.id}", secrets.official(official.ordinal))
            case AddTable() | InviteTable() if detail.get("table") in venue.tables:
                return self._table_way(detail["table"])
            case UnpairTable(table=table, renew=True) if table in venue.tables:
                return self._table_way(table)
            case AddParticipant(event=event) | InviteParticipant(event=event):
                person = detail["participant"]
                key = secrets.participant(event, person)
                return _way_in(f"participant:{event}:{person}", key)
            case _:
                return {}

    def _table_way(self, table: str) -> dict[str, Any]:
        secrets, ordinal = self.around.secrets, self.venue.tables[table].ordinal
        way = _way_in(f"table:{table}", secrets.table(table, ordinal))
        return {**way, "code": secrets.table_code(table, ordinal)}

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

    def opened_by_code(self, digest: bytes, device: str) -> Enter | None:
        """
        What a typed code opens, by the code's digest: a table's place.

        All tables are looked at, so that it takes as long whichever it is, or none.
        """
        secrets, found = self.around.secrets, None
        for table in self.venue.tables.values():
            live = secrets.digest(secrets.table_code(table.id, table.ordinal))
            if hmac.compare_digest(digest, live):
                found = Enter(place="table", id=table.id, device=device)
        return found

    def roles(self, device: str, venue: v.Venue) -> Iterator[By]:
        """Everything that *device* holds at *venue*, the least first."""
        holders = self._holders(venue)
        role, name = _official(holders, device)
        table = holders.tables.get(device)
        yield By(role="observer", device=device)
        if table is not None:
            yield By(role="host", device=device, name=table.name)
        if role is not None:
            yield By(role=role, device=device, name=name)

    # -- what it is as a room

    def rights(self, command: Any, device: str, stream: v.VenueStream) -> Iterator[By]:
        """:raises Refused: (``not_yours``) there is none"""
        if device in stream.state.revoked:
            raise access.Stranger("this device has been revoked")
        allowed = v.VENUE_RIGHTS.get(type(command), frozenset())
        roles = list(self.roles(device, stream.state))
        found = False
        for by in roles:
            if by.role in allowed or (by.role == "host" and "table" in allowed):
                found = True
                yield by
        if found:
            return
        if len(roles) == 1:
            raise access.Stranger("as observer you may not do that")
        role = roles[-1].role
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

    def eyes(self, device: str) -> Audience:
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

    @property
    def deadline(self) -> Millis | None:
        return v.venue_deadline(self.venue)

    def due(self, now: Millis) -> tuple[Any, ...]:
        clock = self.venue.round_clock
        over = clock is not None and not clock.over and clock.ends_at is not None
        return (RoundOver(), Expire()) if over else (Expire(),)

    def played(self, saved: Saved) -> v.VenueStream:
        return v.VenueStream(saved.entries)


def _official(holders: _Holders, device: str) -> tuple[access.Official | None, str]:
    official = holders.officials.get(device)
    if official is None or device in holders.revoked:
        return None, ""
    return official.role, official.name


def _way_in(place: str, key: str) -> dict[str, Any]:
    """The key, and the fragment that a QR code carries behind the box's address."""
    return {"key": key, "link": f"#v={place}&k={key}"}
