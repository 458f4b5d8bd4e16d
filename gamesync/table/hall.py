"""The venue: which of its tables this screen is, and the match that is put on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.python.failure import Failure

from ..client import Way
from .box import Box
from .kept import Kept
from .taps import Taps

VENUE = "venue"


class Hall:
    """
    :param put: called with the match that the organiser has put on this screen's table
    :param refused: called with the failure when the venue does not let us in
    """

    def __init__(
        self,
        box: Box,
        kept: Kept,
        taps: Taps,
        *,
        put: Callable[[str], object],
        refused: Callable[[Failure], object],
    ) -> None:
        self._box = box
        self._kept = kept
        self._taps = taps
        self._put = put
        self._refused = refused
        self._followed = ""

    @property
    def state(self) -> dict[str, Any] | None:
        """What the venue says: announcements, the round clock; None before it does."""
        return self._box.hall.state if self._box.hall is not None else None

    @property
    def table(self) -> dict[str, Any] | None:
        """The table that this screen belongs to, as the venue says."""
        state, own = self.state, self._kept.prefs.table
        if state is None or not own:
            return None
        return next((t for t in state.get("tables", ()) if t["id"] == own), None)

    # -- coming in

    def enter(self, way: Way | None) -> None:
        """Come in, by the key of *way* if that leads here. Only now there is a token."""
        match, hall = self._box.match, self._box.hall
        assert match is not None
        assert hall is not None
        hall.conversation.entrance.token = match.token
        hall.connect()
        self._join(key=way.key if way is not None and way.game_id in (None, VENUE) else None)

    def look(self) -> None:
        """Once in a while: both clients are one device, also when its token was another's."""
        match, hall = self._box.match, self._box.hall
        if match is None or hall is None or not hall.running:
            return
        known = match.conversation.entrance.identified and match.token is not None
        if known and match.token != hall.token:
            self._join(token=match.token)

    def come_again(self) -> None:
        """A code has made this device a table's screen: see which one's, and what is on there."""
        assert self._box.match is not None
        self._followed = ""
        # Beside a code a token that was too old is made a new one; both clients are one device.
        self._join(token=self._box.match.token)

    def left(self) -> None:
        """The box is not ours any more."""
        self._followed = ""

    def _join(self, *, key: str | None = None, token: str | None = None) -> None:
        assert self._box.hall is not None
        joining = self._box.hall.join(VENUE, key=key, token=token)
        joining.addCallbacks(self._joined, self._refused)

    def _joined(self, _: object) -> None:
        assert self._box.hall is not None
        prefs, keep = self._kept.prefs, self._kept.keep
        tables = [p["id"] for p in self._box.hall.mirror.places if p["place"] == "table"]
        if tables and prefs.table not in tables:
            keep(table=tables[0], game_id="")
        elif prefs.table and not tables:
            keep(table="")
        self.follow()

    # -- the match on the table

    def follow(self) -> None:
        """Go where the organiser sends this table; whoever has put that away is not led back."""
        table = self.table
        if table is None:
            return
        game = table.get("game") or ""
        if game != self._followed:
            self._followed = game
            if game:
                self._put(game)

    def assign(self, game_id: str) -> None:
        """Put a match on this table, if it is one."""
        table = self.table
        if table is not None and self._box.hall is not None:
            data = {"op": "game", "table": table["id"], "game": game_id}
            self._taps.put("assign", self._box.hall.send("assign", data))
