"""
Reports and exports over HTTP: of a game for those who may see it, of an event for its officials.

They are read through the store and folded beside play; no room is opened for them. With a device's
token one sees what that device sees; without, what everybody may see of a listed game.
"""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from twisted.web.http import NOT_MODIFIED
from twisted.web.resource import Resource
from twisted.web.server import Request

from .. import access
from ..domain.event_report import PairingReport, pairing_report, pairings
from ..domain.state import Game
from ..domain.values import Version
from ..domain.venue.state import Event
from ..store import VENUE, Unavailable
from .answers import Folder, JsonResource, Nothing
from .aside import Aside, Busy
from .bearer import Denied, device_of, wrong
from .forms import CSV, FORMS, JSON, Form, Told
from .games import people_tag
from .hub import Hub
from .spreadsheet import csv_bytes

AT_ONCE = 300
"""Entries of a log up to which folding it here is quicker than handing it to a thread."""
NO_ENTRIES: Version = 2**53 - 1
"""A version that no log has come to: what is read after it is the state alone."""
BUSY_RETRY_S = 5

_state = msgspec.json.Decoder(Game)
_to_json = msgspec.json.encode


class EventExportJson(msgspec.Struct, frozen=True, kw_only=True):
    """``GET /api/v1/events/<id>/export.json``."""

    event_id: str
    event: str
    closed: bool
    epoch: str
    version: Version
    """Of the venue."""
    pairings: tuple[PairingReport, ...]


class Export(JsonResource):
    """What is told to some and not to others."""

    async def answer(self, request: Request) -> None:
        request.setHeader(b"vary", b"authorization")
        try:
            if request.postpath or not await self.export(request):
                self.say(request, HTTPStatus.NOT_FOUND, {"error": "not_found"})
        except Denied as no:
            self._deny(request, no)
        except Busy:
            request.setHeader(b"retry-after", str(BUSY_RETRY_S).encode())
            self.say(request, HTTPStatus.SERVICE_UNAVAILABLE, {"error": "overloaded"})
        except Unavailable:
            self.say(request, HTTPStatus.SERVICE_UNAVAILABLE, {"error": "storage"})

    async def export(self, request: Request) -> bool:
        """
        Answer, unless there is no such thing.

        :raises Denied: who asks may not know
        """
        raise NotImplementedError

    @property
    def epoch(self) -> str:
        boot = self.hub.registry.boot
        return boot.epoch if boot is not None else ""

    def _deny(self, request: Request, no: Denied) -> None:
        if no.status == HTTPStatus.UNAUTHORIZED:
            request.setHeader(b"www-authenticate", b"Bearer")
            self.say(request, no.status, {"error": no.error})
            return
        request.setHeader(b"retry-after", str(no.retry_after_s).encode())
        self.say(request, no.status, {"error": "rate_limited"})

    def hand_over(self, request: Request, type_: bytes, name: str, body: bytes) -> None:
        """
        A body that is made already.

        :param name: of the file to save it as, in signs that need no quoting; empty: none
        """
        request.setHeader(b"content-type", type_)
        request.setHeader(b"x-content-type-options", b"nosniff")
        if name:
            request.setHeader(
                b"content-disposition", f'attachment; filename="{name}"'.encode("ascii")
            )
        request.setHeader(b"content-length", str(len(body)).encode())
        request.write(b"" if request.method == b"HEAD" else body)
        request.finish()


class GameExport(Export):
    """One game in one form."""

    def __init__(self, hub: Hub, aside: Aside, game_id: str, form: Form) -> None:
        super().__init__(hub)
        self._aside = aside
        self._game_id = game_id
        self._form = form

    async def export(self, request: Request) -> bool:
        device = await device_of(self.hub, request)
        told = await self._told(device, request)
        if told is None:
            return False
        if device is None:
            request.setHeader(b"access-control-allow-origin", b"*")
            request.setHeader(b"cache-control", b"no-cache")
            people = people_tag(told.game)
            tag = f'"{told.epoch}-{told.game.version}{people}"'.encode("ascii")
            if request.setETag(tag) is not None and request.code == NOT_MODIFIED:
                request.finish()
                return True
        else:
            request.setHeader(b"cache-control", b"private, no-store")
        if len(told.entries) > AT_ONCE:
            body = await self._aside.do(lambda: self._form.make(told))
        else:
            body = self._form.make(told)
        suffix = self._form.suffix
        name = f"gamesync-{self._game_id}.{suffix}" if suffix else ""
        self.hand_over(request, self._form.type, name, body)
        return True

    async def _told(self, device: str | None, request: Request) -> Told | None:
        """
        The game as *device* may see it; None if there is none for it.

        :raises Denied: the device has nothing to do with it, if there is such a game
        """
        registry, game_id = self.hub.registry, self._game_id
        saved = await registry.store.read(game_id) if game_id != VENUE else None
        game = _state.decode(saved.state) if saved is not None else None
        if device is not None:
            held = registry.venue.held(device, game_id)
            if not access.actor(game, device, held).rights:
                raise wrong(self.hub, request)
        if saved is None or game is None:
            return None
        listed = game.settings.get("visibility") == "listed" and not registry.venue.hides(game_id)
        if device is None and not listed:
            return None
        return Told(
            game_id=game_id,
            epoch=self.epoch,
            game=game,
            entries=saved.entries,
            audience="public" if device is None else "match",
        )


class EventExport(Export):
    """One event, for officials."""

    def __init__(self, hub: Hub, event_id: str, suffix: str) -> None:
        super().__init__(hub)
        self._event_id = event_id
        self._suffix = suffix

    async def export(self, request: Request) -> bool:
        device = await device_of(self.hub, request)
        if device is None:
            raise Denied(HTTPStatus.UNAUTHORIZED)
        room = self.hub.registry.venue
        if room.official(device)[0] is None:
            raise wrong(self.hub, request)
        event = room.venue.events.get(self._event_id)
        if event is None:
            return False
        request.setHeader(b"cache-control", b"private, no-store")
        name = f"gamesync-event-{event.id}.{self._suffix}"
        body = await event_export(self.hub, event, self._suffix)
        self.hand_over(request, CSV if self._suffix == "csv" else JSON, name, body)
        return True


async def event_export(hub: Hub, event: Event, suffix: str) -> bytes:
    """
    An event, pairing by pairing.

    :param suffix: ``csv``, or anything else for JSON
    """
    registry = hub.registry
    version, lines = registry.venue.version, await _lines(hub, event)
    if suffix == "csv":
        rows = (msgspec.structs.astuple(line) for line in lines)
        return csv_bytes(PairingReport.__struct_fields__, rows)
    told = EventExportJson(
        event_id=event.id,
        event=event.name,
        closed=event.closed,
        epoch=registry.boot.epoch if registry.boot is not None else "",
        version=version,
        pairings=tuple(lines),
    )
    return _to_json(told)


async def _lines(hub: Hub, event: Event) -> list[PairingReport]:
    """A line a pairing; each game is a read of its own, so that play comes in between."""
    venue, lines = hub.registry.venue.venue, []
    for round_, pairing in pairings(venue, event):
        saved = None
        if pairing.game:
            saved = await hub.registry.store.read(pairing.game, NO_ENTRIES)
        game = _state.decode(saved.state) if saved is not None else None
        lines.append(pairing_report(venue, event, round_, pairing, game))
    return lines


class Exports:
    """Where in the tree of resources exports are found."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._aside = Aside(hub.reactor)

    def of_game(self, game_id: str, path: bytes) -> Resource:
        """What lies below a game."""
        form = FORMS.get(path)
        if form is None:
            return Nothing(self._hub)
        return GameExport(self._hub, self._aside, game_id, form)

    def events(self) -> Resource:
        return _Events(self._hub)


class _Events(Folder):
    def getChild(self, path: bytes, request: Request) -> Resource:
        return _Event(self.hub, path.decode("ascii", "replace"))


class _Event(Folder):
    def __init__(self, hub: Hub, event_id: str) -> None:
        super().__init__(hub)
        self._event_id = event_id

    def getChild(self, path: bytes, request: Request) -> Resource:
        if path in (b"export.json", b"export.csv"):
            return EventExport(self.hub, self._event_id, path.decode()[len("export.") :])
        return Nothing(self.hub)
