"""What the screens have: all that is known of the match and its box, and all that can be done."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet.defer import Deferred, succeed

from ..client import Answer, GameClient, Message, Status, Way
from .before import at_table
from .boot import Boot
from .box import Box
from .choice import Choice
from .dice import Dice
from .flow import Screen, Situation, screen
from .hall import VENUE, Hall
from .kept import Kept
from .offer import Offer
from .seen import Seen, seen_by
from .taps import Taps
from .ways import Ways


class Session:
    """
    :param folder: where tokens and preferences are kept
    :param changed: called whenever something that is shown may have changed
    :param this_boot: names this start of the machine: a match that was on before is asked for

    :ivar prefs: the preferences; ``keep`` changes them
    :ivar box: which box, and how the connection to it stands
    :ivar hall: the venue, and this screen's table there
    :ivar choice: which match
    :ivar taps: what became of what was done
    :ivar dice: what was rolled for the set-up
    :ivar offer: the turn that can be taken back
    :ivar dismissed: notices that somebody has put away
    """

    def __init__(
        self, reactor: Any, folder: Path, changed: Callable[[], object], *, this_boot: str = ""
    ) -> None:
        kept = Kept(folder)
        self.folder, self.words = folder, kept.words
        self.prefs, self.keep = kept.prefs, kept.keep
        self.taps = Taps(changed, _now_ms, self.words.refusal)
        self.dice = Dice()
        self.offer = Offer(_now_ms)
        self.dismissed: set[str] = set()
        self.box = Box(
            reactor, kept, changed, _now_ms, arrived=self._arrived, left=self._left,
            match_changed=self._match_changed, hall_changed=self._hall_changed,
        )  # fmt: skip
        self.hall = Hall(
            self.box, kept, self.taps,
            put=lambda game_id: self.choice.follow(game_id),
            refused=lambda failure: self.choice.refused(failure),
        )  # fmt: skip
        self._ways = Ways(self.taps, changed)
        self.choice = Choice(
            self.box, self.hall, kept, self.taps, self._ways,
            forget=self._forget_match, changed=changed,
        )  # fmt: skip
        self._boot = Boot(folder, this_boot)
        self._changed = changed
        self._touched = time.monotonic()

    # -- coming and going

    def start(self, way: Way | None = None) -> None:
        """Go to the box that is known, if there is one."""
        if self.prefs.server:
            self.box.use(self.prefs.server, way)

    def stop(self) -> Deferred[Any]:
        """Say goodbye; fires when all connections are gone."""
        return self.box.stop()

    def look(self) -> None:
        """Once in a while."""
        self.hall.look()

    def _arrived(self, way: Way | None) -> None:
        self.choice.arrived(way, asks=self._boot.is_new)
        self.hall.enter(way)
        self._boot.keep()

    def _left(self) -> None:
        self.choice.left()
        self.hall.left()

    def _forget_match(self) -> None:
        self.taps.clear()
        self.offer.clear()
        self.dice.clear()
        self._ways.clear()

    # -- news

    def _match_changed(self, state: dict[str, Any], message: Message) -> None:
        if message.game_id == VENUE:
            return  # no match: the code was a table's
        facts = list(message.data.get("facts", ()))
        self.dice.told(facts)
        self.offer.told(facts, message.version, live=self.live)
        self._changed()
        self.choice.follow_rematch(state)

    def _hall_changed(self, state: dict[str, Any], message: Message) -> None:
        self.hall.follow()
        self._changed()

    # -- how things stand

    @property
    def match(self) -> GameClient | None:
        return self.box.match

    @property
    def state(self) -> dict[str, Any] | None:
        return self.match.state if self.match is not None else None

    @property
    def live(self) -> bool:
        """Whether what is shown is the truth."""
        return self.match is not None and self.match.status is Status.LIVE

    @property
    def is_table(self) -> bool:
        """Whether this screen goes on as the match's clock when the link is cut."""
        return self.match is not None and "host" in self.match.mirror.rights

    @property
    def seen(self) -> Seen | None:
        return seen_by(self.match) if self.match is not None else None

    @property
    def now(self) -> float | None:
        """Game time by the server's clock, in milliseconds; None before it is known."""
        return self.match.mirror.clock.at(_now_ms()) if self.match is not None else None

    def may(self, player: int) -> bool:
        """Whether this screen may press for *player*."""
        if self.match is None:
            return False
        rights = set(self.match.mirror.rights)
        return bool(rights & {"host", "judge", "organiser", f"player:{player}"})

    def touched(self) -> None:
        """Somebody touches the screen."""
        self._touched = time.monotonic()

    @property
    def idle_seconds(self) -> float:
        return time.monotonic() - self._touched

    def screen(self, busy: bool = False) -> Screen:
        """The one to be shown; *busy*: a sheet or dialog is open."""
        return screen(self.situation(busy))

    def situation(self, busy: bool = False) -> Situation:
        client = self.match
        known = client is not None and client.client_id is not None
        return Situation(
            server=self.prefs.server if client is not None else "",
            status=client.status if client is not None and known else None,
            game_id=(client.game_id or "") if client is not None else "",
            state=self.state,
            refusal=(client.mirror.refusal or "") if client is not None else "",
            asks=self.choice.asks,
            making=self.choice.making,
            idle_seconds=self.idle_seconds,
            saver_seconds=self.prefs.saver_seconds,
            busy=busy,
        )

    # -- ways in

    def way(self, place: str) -> dict[str, Any] | None:
        """Link and code of a place (``player:1``, ``player:2``, ``observer``), once told."""
        if self.match is not None and self.live and self.is_table:
            self._ways.want(place, self.match)
        return self._ways.get(place)

    def renew(self, place: str) -> Deferred[Any]:
        """Ask for a new link of a place; the old one is void then."""
        assert self.match is not None
        return self._ways.ask(place, self.match, renew=True)

    # -- what is done

    def do(self, key: str, type_: str, data: dict[str, Any]) -> Deferred[Answer | None]:
        """Send any command of the match; *key* names whose fate is shown where."""
        if self.match is None:
            return succeed(None)
        return self.taps.put(key, self.match.send(type_, data))

    def tap(self, key: str, ask: Callable[[GameClient], Deferred[Answer]]) -> Deferred[Any]:
        """As ``do``, by one of the client's methods."""
        if self.match is None:
            return succeed(None)
        return self.taps.put(key, ask(self.match))

    def question(self, type_: str, data: dict[str, Any]) -> Deferred[Answer]:
        """Ask; fails with :exc:`ClientRefused`."""
        assert self.match is not None
        return self.match.send(type_, data)

    def begin(self) -> Deferred[Any]:
        """
        Start the match. Who has no phone and gave no name plays from this table, as "Player 1".

        At an event a seat that nobody has taken is somebody's who is late, and stays so.
        """
        state = self.state
        if state is not None and state["profile"] == "club":
            for player in at_table(state) if self.is_table else ():
                self.do("name", "setup", {
                    "op": "profile", "player": player, "name": self.words("player", player=player),
                })  # fmt: skip
        return self.tap("start", lambda client: client.start_clock())

    def take_back(self) -> None:
        """Undo the turn that is offered."""
        version = self.offer.take()
        if version is not None:
            self.tap("undo", lambda client: client.undo(version))


def _now_ms() -> float:
    return time.monotonic() * 1000
