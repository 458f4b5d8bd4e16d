"""
What the control socket can be asked of games and events: everything, in the forms of the exports.

The box's owner sees all that officials see. One game a request, so that play goes on in between.
"""

from __future__ import annotations

import msgspec

from ..domain.events import Entry
from ..domain.state import Game
from ..domain.values import Refused, Version
from ..store import VENUE
from .aside import Aside, Busy
from .control import Answer, Doing
from .exports import AT_ONCE, event_export
from .forms import FORMS, Told
from .hub import Hub

PAGE = 1_000

_state = msgspec.json.Decoder(Game)


class Whole(msgspec.Struct, frozen=True, kw_only=True):
    """A match for another box: its complete log, one JSON object a line."""

    format: str = "gamesync match 1"
    game_id: str
    version: Version
    log: tuple[Entry, ...]


def doings(hub: Hub) -> dict[str, Doing]:
    """What can be asked, by name; each may raise Refused or Unavailable."""
    aside = Aside(hub.reactor)

    async def games(request: Answer) -> Answer:
        """The ids of all games, a page at a time."""
        after = str(request.get("after", ""))
        found = await hub.registry.store.list_games((), after, PAGE)
        return {"games": [line.game_id for line in found]}

    async def game(request: Answer) -> Answer:
        game_id, form = str(request.get("game", "")), str(request.get("form", ""))
        saved = await hub.registry.store.read(game_id) if game_id != VENUE else None
        if saved is None:
            raise Refused("not_found", f"there is no game {game_id!r}")
        if form == "log":
            whole = Whole(game_id=game_id, version=saved.version, log=saved.entries)
            return {"body": msgspec.json.encode(whole).decode() + "\n"}
        made = FORMS.get(form.encode())
        if made is None:
            raise Refused("bad_value", f"there is no form {form!r}")
        boot = hub.registry.boot
        told = Told(
            game_id=game_id,
            epoch=boot.epoch if boot is not None else "",
            game=_state.decode(saved.state),
            entries=saved.entries,
            audience="match",
        )
        if len(saved.entries) <= AT_ONCE:
            return {"body": made.make(told).decode()}
        try:
            return {"body": (await aside.do(lambda: made.make(told))).decode()}
        except Busy:
            raise Refused("overloaded", "too many exports are being made; try again") from None

    async def event(request: Answer) -> Answer:
        event = hub.registry.venue.venue.events.get(str(request.get("event", "")))
        if event is None:
            raise Refused("not_found", f"there is no event {request.get('event')!r}")
        return {"body": (await event_export(hub, event, str(request.get("form")))).decode()}

    return {"export.games": games, "export.game": game, "export.event": event}
