"""
The table's place at the box: which box, which match, and everything that is done to it.

One client follows the match, a second one the venue: announcements, the round clock, and which
match the organiser has put on this table.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
from twisted.internet.defer import Deferred, DeferredList, succeed
from twisted.logger import Logger

from ..client import (
    Answer,
    BadTrust,
    ClientRefused,
    FileTokens,
    GameClient,
    Kind,
    MemoryTokens,
    Message,
    Reason,
    State,
    Status,
    Way,
    parse_link,
)
from .about import NoAnswer, about
from .before import at_table
from .dice import Dice
from .finding import Finder
from .flow import Screen, Situation, screen
from .prefs import Prefs, PrefsFile
from .seen import Seen, seen_by
from .taps import Taps
from .texts import Words

VENUE = "venue"
OFFER_SECONDS = 8.0
ABOUT_SECONDS = 30.0
"""How often the box is asked under which address phones reach it."""


@attrs.frozen(kw_only=True)
class Offer:
    """For a moment after a turn has ended it can be taken back by one tap."""

    version: int
    until: float
    """By the local monotonic clock, in seconds."""


class Session:
    """
    :param folder: where tokens and preferences are kept
    :param changed: called whenever something that is shown may have changed
    :param this_boot: names this start of the machine: a match that was on before is asked for

    :ivar box: what the box says of itself; empty before it has
    :ivar problem: why there is no connection, in words; empty while there is one
    :ivar making: a new match is being put together
    :ivar finder: looks for boxes while none is known
    :ivar by_hand: the box is to be chosen by somebody; a single one is not just taken
    :ivar dice: what was rolled for the set-up
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        folder: Path,
        changed: Callable[[], object],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        this_boot: str = "",
    ) -> None:
        self.reactor = reactor
        self.folder = folder
        self._file = PrefsFile(folder / "prefs.json")
        self.prefs: Prefs = self._file.load()
        self.words = Words(self.prefs.language)
        self._changed = changed
        self._monotonic = monotonic
        self._this_boot = this_boot
        self.taps = Taps(changed, self._now_ms, self.words.refusal)
        self.match: GameClient | None = None
        self.hall: GameClient | None = None
        self.box: dict[str, Any] = {}
        self.problem = ""
        self.making = False
        self._retry_at_ms: float | None = None
        self.finder = Finder(reactor, changed, self._now_ms)
        self.by_hand = False
        self.dice = Dice()
        self.offer: Offer | None = None
        self.left_at_ms: float | None = None
        self.dismissed: set[str] = set()
        self._asks = False
        self._followed = ""
        self._ways: dict[str, dict[str, Any]] = {}
        self._asked_ways: set[str] = set()
        self._touched = monotonic()
        self._about: Any = None
        self._stopping: list[Deferred[Any]] = []

    # -- coming and going

    def start(self, way: Way | None = None) -> None:
        """Go to the box that is known, if there is one."""
        if self.prefs.server:
            self.use(self.prefs.server, way)

    def use(self, server: str, way: Way | None = None) -> str:
        """
        Make the box at *server* ours, and remember it.

        :return: what is wrong with the address or the authority's file; empty: nothing
        """
        self._leave_box()
        ca_file = self.prefs.ca_file or None
        kept = FileTokens(self.folder / "tokens.json")
        try:
            match, hall = (
                GameClient(
                    server, reactor=self.reactor, client_type=self.prefs.role, name=name,
                    tokens=tokens, ca_file=ca_file,
                    monotonic=self._monotonic,
                    on_change=change, on_connection=connection, on_status=lambda _: self._changed(),
                )
                for name, change, connection, tokens in (
                    (self.words("device"), self._match_changed, self._connection, kept),
                    (self.words("device"), self._hall_changed, None, MemoryTokens()),
                )
            )  # fmt: skip
        except (ValueError, BadTrust) as error:
            self.problem = str(error)
            self._changed()
            return self.problem
        self.match, self.hall = match, hall
        self._stopping.append(self.finder.stop())
        self.by_hand = False
        match.on_lobby = lambda _: self._changed()
        self.keep(server=server)
        came = match.connect()
        came.addCallback(lambda _: self._arrived(way))
        self._ask_about()
        self._changed()
        return ""

    def open(self, address: str) -> str:
        """
        Go to the box that somebody has named: by its address, or by the link of a place.

        :return: what is wrong with it; empty: nothing
        """
        try:
            server, way = parse_link(address)
        except ValueError:
            return self.words("find_bad_address")
        if server != self.prefs.server:
            self.keep(table="", game_id="")
        return self.use(server, way)

    def forget(self) -> None:
        """Look for a box anew; somebody is to say which."""
        self._leave_box()
        self.by_hand = True
        self.keep(server="", table="", game_id="")
        self._changed()

    def stop(self) -> Deferred[Any]:
        """Say goodbye; fires when all connections are gone."""
        self._leave_box()
        self._stopping.append(self.finder.stop())
        return DeferredList(self._stopping, consumeErrors=True)

    def keep(self, **prefs: Any) -> None:
        """Change preferences, and remember them."""
        for name, value in prefs.items():
            setattr(self.prefs, name, value)
        if "language" in prefs:
            self.words.language = self.prefs.language
        self._file.save(self.prefs)

    def _leave_box(self) -> None:
        if self._about is not None and self._about.active():
            self._about.cancel()
        self._about = None
        for client in (self.match, self.hall):
            if client is not None:
                self._stopping.append(client.stop())
        self.match = self.hall = None
        self.box = {}
        self.problem = ""
        self._retry_at_ms = None
        self.making = False
        self._followed = ""
        self._forget_match()

    def _forget_match(self) -> None:
        self.taps.clear()
        self.offer = None
        self.dice.clear()
        self._ways.clear()
        self._asked_ways.clear()

    def _arrived(self, way: Way | None) -> None:
        """The box knows this device."""
        match, hall = self.match, self.hall
        if match is None or hall is None:
            return
        if way is not None and way.anywhere and way.game_id not in (None, VENUE):
            self._go(way)
        elif self.prefs.game_id and not self.prefs.table:
            self._asks = self._this_boot != self._boot_kept()
            self._go(Way(game_id=self.prefs.game_id))
        # Only now there is a token: both clients are one device.
        key = way.key if way is not None and way.game_id in (None, VENUE) else None
        hall.conversation.entrance.token = match.token
        hall.connect()
        hall.join(VENUE, key=key).addCallbacks(self._at_hall, self._not_let_in)
        self._boot_keep()

    def look(self) -> None:
        """Once in a while: both connections are one device, also when its token was another's."""
        match, hall = self.match, self.hall
        if match is None or hall is None or not hall.running:
            return
        known = match.conversation.entrance.identified and match.token is not None
        if known and match.token != hall.token:
            hall.join(VENUE, token=match.token).addCallbacks(self._at_hall, self._not_let_in)

    def _go(self, way: Way) -> Deferred[Any]:
        assert self.match is not None
        if way.game_id != self.match.game_id:
            self._forget_match()
        joining = self.match.join(way.game_id, code=way.code, key=way.key)
        joining.addCallbacks(lambda _: self._joined(), self._not_let_in)
        return joining

    def _joined(self) -> None:
        self.problem = ""
        if self.match is not None and self.match.game_id == VENUE:
            self._becomes_table()
            return
        if self.match is not None and self.match.game_id:
            self.keep(game_id=self.match.game_id)
        self._changed()

    def _becomes_table(self) -> None:
        """The code was a table's: this screen is that table's from now on, and in its match."""
        match, hall = self.match, self.hall
        assert match is not None
        assert hall is not None
        self.keep(table="")
        self.leave()
        self._followed = ""
        # Beside a code a token that was too old is made a new one; both clients are one device.
        hall.join(VENUE, token=match.token).addCallbacks(self._at_hall, self._not_let_in)

    def _not_let_in(self, failure: Any) -> None:
        failure.trap(ClientRefused)
        if failure.value.code == "stopped":
            return
        self.problem = self.words.refusal(failure.value)
        if failure.value.code in ("not_found", "bad_credentials"):
            self.keep(game_id="")
        self._asks = False
        self._changed()

    # -- news

    def _connection(self, state: State, reason: Reason) -> None:
        if reason.kind is Kind.STOPPED:
            return  # we have left that box ourselves, perhaps for another one
        live = state is State.CONNECTED
        begins = reason.kind is Kind.STARTING
        self.problem = "" if live or begins else self.words.reason(reason)
        wait = reason.retry_in
        self._retry_at_ms = None if wait is None else self._now_ms() + wait * 1000
        if live:
            self.left_at_ms = None
            self._ask_about()
        elif self.left_at_ms is None:
            self.left_at_ms = self._now_ms()
        self._changed()

    def _match_changed(self, state: dict[str, Any], message: Message) -> None:
        if message.game_id == VENUE:
            return  # no match: see _becomes_table
        facts = list(message.data.get("facts", ()))
        self.dice.told(facts)
        kinds = {fact.get("fact") for fact in facts}
        if "undone" in kinds:
            self.offer = None
        elif "turn_ended" in kinds and self.live and message.version is not None:
            until = self._monotonic() + OFFER_SECONDS
            self.offer = Offer(version=message.version, until=until)
        self._changed()
        self._follow_rematch(state)

    def _follow_rematch(self, state: dict[str, Any]) -> None:
        """Somebody at this match has made the next one: the table goes there, too."""
        following = state["settings"].get("next_game")
        if following and following != self.prefs.game_id and state["status"] in _OVER:
            self._go(Way(game_id=str(following)))

    def _at_hall(self, _: object) -> None:
        assert self.hall is not None
        tables = [p["id"] for p in self.hall.mirror.places if p["place"] == "table"]
        if tables and self.prefs.table not in tables:
            self.keep(table=tables[0], game_id="")
        elif self.prefs.table and not tables:
            self.keep(table="")
        self._follow()

    def _hall_changed(self, state: dict[str, Any], message: Message) -> None:
        self._follow()
        self._changed()

    def _follow(self) -> None:
        """Go to the match that the organiser has put on this table."""
        table = self.table
        if table is None or self.match is None:
            return
        game = table.get("game") or ""
        if game == self._followed:
            return  # whoever has put it away does not want to be led back
        self._followed = game
        if game and game != self.match.game_id:
            self._asks = False
            self._go(Way(game_id=game))

    def _ask_about(self) -> None:
        """The box's address may change, and with it every QR code."""
        if self._about is not None and self._about.active():
            self._about.cancel()
        self._about = self.reactor.callLater(ABOUT_SECONDS, self._ask_about)
        server = self.prefs.server
        asked = Deferred.fromCoroutine(about(self.reactor, server, self.prefs.ca_file or None))

        def told(box: dict[str, Any]) -> None:
            if self.match is not None and box != self.box and server == self.prefs.server:
                self.box = box
                self._changed()

        def silent(failure: Any) -> None:
            failure.trap(NoAnswer, BadTrust)

        asked.addCallbacks(told, silent)

    # -- how things stand

    def _now_ms(self) -> float:
        return self._monotonic() * 1000

    @property
    def state(self) -> dict[str, Any] | None:
        return self.match.state if self.match is not None else None

    @property
    def live(self) -> bool:
        """Whether what is shown is the truth."""
        return self.match is not None and self.match.status is Status.LIVE

    @property
    def retry_in_ms(self) -> float | None:
        """Until the next attempt to connect; None: none is planned, or one is being made."""
        due = self._retry_at_ms
        return None if due is None else max(0.0, due - self._now_ms())

    def retry(self) -> None:
        """Do not wait for the next attempt to connect."""
        for client in (self.match, self.hall):
            if client is not None:
                client.retry_now()

    @property
    def is_table(self) -> bool:
        """Whether this screen goes on as the match's clock when the link is cut."""
        return self.match is not None and "host" in self.match.mirror.rights

    @property
    def seen(self) -> Seen | None:
        return seen_by(self.match) if self.match is not None else None

    @property
    def table(self) -> dict[str, Any] | None:
        """The venue's table that this screen belongs to, as the venue says."""
        if self.hall is None or self.hall.state is None or not self.prefs.table:
            return None
        tables = self.hall.state.get("tables", ())
        return next((t for t in tables if t["id"] == self.prefs.table), None)

    @property
    def now(self) -> float | None:
        """Game time by the server's clock, in milliseconds; None before it is known."""
        client = self.match
        return client.mirror.clock.at(self._now_ms()) if client is not None else None

    def may(self, player: int) -> bool:
        """Whether this screen may press for *player*."""
        if self.match is None:
            return False
        rights = set(self.match.mirror.rights)
        return bool(rights & {"host", "judge", "organiser", f"player:{player}"})

    def touched(self) -> None:
        """Somebody touches the screen."""
        self._touched = self._monotonic()

    @property
    def idle_seconds(self) -> float:
        return self._monotonic() - self._touched

    @property
    def offered(self) -> Offer | None:
        """The end of a turn whose undo both halves offer now."""
        if self.offer is not None and self._monotonic() > self.offer.until:
            self.offer = None
        return self.offer

    def take_back(self) -> None:
        """Undo what is offered."""
        offer, self.offer = self.offer, None
        if offer is not None:
            self.tap("undo", lambda client: client.undo(offer.version))

    def situation(self, busy: bool = False) -> Situation:
        client = self.match
        known = client is not None and client.client_id is not None
        return Situation(
            server=self.prefs.server if client is not None else "",
            status=client.status if client is not None and known else None,
            game_id=(client.game_id or "") if client is not None else "",
            state=self.state,
            refusal=(client.mirror.refusal or "") if client is not None else "",
            asks=self._asks,
            making=self.making,
            idle_seconds=self.idle_seconds,
            saver_seconds=self.prefs.saver_seconds,
            busy=busy,
        )

    def screen(self, busy: bool = False) -> Screen:
        return screen(self.situation(busy))

    # -- which match

    def resume(self) -> None:
        """Go on with the match that was on before."""
        self._asks = False
        self._changed()

    def new_match(self) -> None:
        """Put a new match together."""
        self.making = True
        self._changed()

    def not_new(self) -> None:
        self.making = False
        self._changed()

    def create(self, ruleset: str, **fields: Any) -> Deferred[Answer | None]:
        """Make a match and be its host; at a table of the venue it is put there."""
        assert self.match is not None
        table = self.table
        if table is not None:
            fields["table"] = table["name"]
        self._forget_match()
        made = self.taps.put("create", self.match.create_game(ruleset, **fields))
        return made.addCallback(self._made)

    def rematch(self, swap: bool = False) -> Deferred[Answer | None]:
        """The same players once more; their phones come along."""
        assert self.match is not None
        assert self.match.game_id is not None
        state = self.state
        fields: dict[str, Any] = {"rematch_of": self.match.game_id, "swap": swap}
        if state is not None and state["table"]:
            fields["table"] = state["table"]
        return self.taps.put("create", self.match.create_game(**fields)).addCallback(self._made)

    def _made(self, answer: Answer | None) -> Answer | None:
        if answer is None or answer.game_id is None or self.match is None:
            return answer
        self.making = self._asks = False
        self.keep(game_id=answer.game_id)
        for place, way in answer.detail.get("places", {}).items():
            self._ways[place] = way
            self._asked_ways.add(place)
        table = self.table
        if table is not None and self.hall is not None:
            data = {"op": "game", "table": table["id"], "game": answer.game_id}
            self.taps.put("assign", self.hall.send("assign", data))
        self._changed()
        return answer

    def leave(self) -> None:
        """Put the match away; it stays as it is at the box."""
        if self.match is not None:
            self.match.conversation.leave()
        self._forget_match()
        self._asks = False
        self.keep(game_id="")
        self._changed()

    def enter(self, code: str) -> Deferred[Any]:
        """Go to a match by the code that another screen shows; or become a table's, by its code."""
        return self._go(Way(code=code))

    def watch(self, game_id: str) -> Deferred[Any]:
        """Go to a match of the list."""
        return self._go(Way(game_id=game_id))

    def begin(self) -> Deferred[Any]:
        """
        Start the match. Who has no phone and gave no name plays from this table, as "Player 1".

        At an event a seat that nobody has taken is somebody's who is late, and stays so.
        """
        state = self.state
        if self.match is not None and state is not None and state["profile"] == "club":
            for player in at_table(state) if self.is_table else ():
                self.do("name", "setup", {
                    "op": "profile", "player": player, "name": self.words("player", player=player),
                })  # fmt: skip
        return self.tap("start", lambda client: client.start_clock())

    # -- ways in

    def way(self, place: str) -> dict[str, Any] | None:
        """Link and code of a place (``player:1``, ``player:2``, ``observer``), once told."""
        if place not in self._asked_ways and self.live and self.is_table:
            self._asked_ways.add(place)
            self.renew(place, renew=False)
        return self._ways.get(place)

    def renew(self, place: str, renew: bool = True) -> Deferred[Any]:
        """Ask for a place's link; with *renew* for a new one, after which the old one is void."""
        assert self.match is not None
        role, _, player = place.partition(":")
        asked = self.match.invite(role, int(player) if player else None, renew=renew)

        def told(answer: Answer | None) -> None:
            if answer is not None and "link" in answer.detail:
                self._ways[place] = answer.detail
                self._changed()

        return self.taps.put(f"way:{place}", asked).addCallback(told)

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

    # -- which start of the machine this is

    def _boot_kept(self) -> str:
        try:
            return (self.folder / "boot").read_text().strip()
        except OSError:
            return ""

    def _boot_keep(self) -> None:
        try:
            (self.folder / "boot").write_text(self._this_boot)
        except OSError as error:
            self._log.warn("boot is not kept: {error}", error=str(error))


_OVER = ("ended", "signed", "void")
