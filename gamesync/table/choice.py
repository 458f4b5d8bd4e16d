"""Which match is played here: the one from before, a new one, or the one that others name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..client import Answer, ClientRefused, Way
from .box import Box
from .hall import VENUE, Hall
from .kept import Kept
from .taps import Taps
from .ways import Ways

OVER = ("ended", "signed", "void")


class Choice:
    """
    :param forget: called when what is known here of the match is another's from now on
    :param changed: called whenever something that is shown may have changed

    :ivar asks: whether to go on with the match from before is still to be said
    :ivar making: a new match is being put together
    """

    def __init__(
        self,
        box: Box,
        hall: Hall,
        kept: Kept,
        taps: Taps,
        ways: Ways,
        *,
        forget: Callable[[], object],
        changed: Callable[[], object],
    ) -> None:
        self.asks = False
        self.making = False
        self._box = box
        self._hall = hall
        self._kept = kept
        self._taps = taps
        self._ways = ways
        self._forget = forget
        self._changed = changed

    # -- by those at the screen

    def resume(self) -> None:
        """Go on with the match that was on before."""
        self.asks = False
        self._changed()

    def new(self) -> None:
        """Put a new match together."""
        self.making = True
        self._changed()

    def not_new(self) -> None:
        self.making = False
        self._changed()

    def create(self, ruleset: str, **fields: Any) -> Deferred[Answer | None]:
        """Make a match and be its host; at a table of the venue it is put there."""
        assert self._box.match is not None
        table = self._hall.table
        if table is not None:
            fields["table"] = table["name"]
        self._forget()
        made = self._taps.put("create", self._box.match.create_game(ruleset, **fields))
        return made.addCallback(self._made)

    def rematch(self, swap: bool = False) -> Deferred[Answer | None]:
        """The same players once more; their phones come along."""
        match = self._box.match
        assert match is not None
        assert match.game_id is not None
        fields: dict[str, Any] = {"rematch_of": match.game_id, "swap": swap}
        if match.state is not None and match.state["table"]:
            fields["table"] = match.state["table"]
        return self._taps.put("create", match.create_game(**fields)).addCallback(self._made)

    def _made(self, answer: Answer | None) -> Answer | None:
        if answer is None or answer.game_id is None or self._box.match is None:
            return answer
        self.making = self.asks = False
        self._kept.keep(game_id=answer.game_id)
        self._ways.told(answer.detail.get("places", {}))
        self._hall.assign(answer.game_id)
        self._changed()
        return answer

    def enter(self, code: str) -> Deferred[Any]:
        """Go to a match by the code that another screen shows; or become a table's, by its code."""
        return self._go(Way(code=code))

    def watch(self, game_id: str) -> Deferred[Any]:
        """Go to a match of the list."""
        return self._go(Way(game_id=game_id))

    def leave(self) -> None:
        """Put the match away; it stays as it is at the box."""
        if self._box.match is not None:
            self._box.match.conversation.leave()
        self._forget()
        self.asks = False
        self._kept.keep(game_id="")
        self._changed()

    # -- by others, and by what was before

    def arrived(self, way: Way | None, *, asks: bool) -> None:
        """
        At the box: go where *way* leads, or on with the match from before.

        :param asks: somebody is to say first whether to go on with it
        """
        prefs = self._kept.prefs
        if way is not None and way.anywhere and way.game_id not in (None, VENUE):
            self._go(way)
        elif prefs.game_id and not prefs.table:
            self.asks = asks
            self._go(Way(game_id=prefs.game_id))

    def left(self) -> None:
        """The box is not ours any more."""
        self.asks = self.making = False
        self._forget()

    def follow(self, game_id: str) -> None:
        """Go to the match that the organiser has put on this table."""
        if self._box.match is not None and game_id != self._box.match.game_id:
            self.asks = False
            self._go(Way(game_id=game_id))

    def follow_rematch(self, state: dict[str, Any]) -> None:
        """Somebody at this match has made the next one: the table goes there, too."""
        following = state["settings"].get("next_game")
        if following and following != self._kept.prefs.game_id and state["status"] in OVER:
            self._go(Way(game_id=str(following)))

    # -- going

    def _go(self, way: Way) -> Deferred[Any]:
        match = self._box.match
        assert match is not None
        if way.game_id != match.game_id:
            self._forget()
        joining = match.join(way.game_id, code=way.code, key=way.key)
        joining.addCallbacks(lambda _: self._joined(), self.refused)
        return joining

    def _joined(self) -> None:
        self._box.problem = ""
        match = self._box.match
        if match is not None and match.game_id == VENUE:
            self._becomes_table()
            return
        if match is not None and match.game_id:
            self._kept.keep(game_id=match.game_id)
        self._changed()

    def _becomes_table(self) -> None:
        """The code was a table's: this screen is that table's from now on, and in its match."""
        self._kept.keep(table="")
        self.leave()
        self._hall.come_again()

    def refused(self, failure: Failure) -> None:
        """We are not let in."""
        failure.trap(ClientRefused)
        error: Any = failure.value
        if error.code == "stopped":
            return
        self._box.problem = self._kept.words.refusal(error)
        if error.code in ("not_found", "bad_credentials"):
            self._kept.keep(game_id="")
        self.asks = False
        self._changed()
