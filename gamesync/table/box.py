"""Which box is ours: coming to it, going from it, and how the connection to it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, DeferredList

from ..client import (
    BadTrust,
    FileTokens,
    GameClient,
    Kind,
    MemoryTokens,
    Message,
    Reason,
    State,
    Way,
    parse_link,
)
from .asking import Asking
from .finding import Finder
from .kept import Kept


class Box:
    """
    Two clients are one device there: one follows the match, the other one the venue.

    :param changed: called whenever something that is shown may have changed
    :param now_ms: the local monotonic clock
    :param arrived: called when the box knows this device, with the way in that was named
    :param left: called when the box is not ours any more
    :param match_changed: called with the news of the match; ``hall_changed`` of the venue

    :ivar match: the match's client; None while there is no box, as ``hall`` is, the venue's
    :ivar said: what the box says of itself; empty before it has
    :ivar problem: why there is no connection, or no way in, in words; empty while there is
    :ivar left_at_ms: when the connection was lost; None while there is one
    :ivar finder: looks for boxes while none is known
    :ivar by_hand: the box is to be chosen by somebody; a single one is not just taken
    """

    def __init__(
        self,
        reactor: Any,
        kept: Kept,
        changed: Callable[[], object],
        now_ms: Callable[[], float],
        *,
        arrived: Callable[[Way | None], object],
        left: Callable[[], object],
        match_changed: Callable[[dict[str, Any], Message], object],
        hall_changed: Callable[[dict[str, Any], Message], object],
    ) -> None:
        self.match: GameClient | None = None
        self.hall: GameClient | None = None
        self.said: dict[str, Any] = {}
        self.problem = ""
        self.left_at_ms: float | None = None
        self.finder = Finder(reactor, changed, now_ms)
        self.by_hand = False
        self._reactor = reactor
        self._kept = kept
        self._changed = changed
        self._now_ms = now_ms
        self._arrived = arrived
        self._left = left
        self._match_changed = match_changed
        self._hall_changed = hall_changed
        self._asking = Asking(reactor, self._told)
        self._retry_at_ms: float | None = None
        self._stopping: list[Deferred[Any]] = []

    # -- coming and going

    def use(self, server: str, way: Way | None = None) -> None:
        """
        Make the box at *server* ours, and remember it.

        ``problem`` says what is wrong with the address or the authority's file.
        """
        self._leave()
        try:
            match, hall = self._clients(server)
        except (ValueError, BadTrust) as error:
            self.problem = str(error)
            self._changed()
            return
        self.match, self.hall = match, hall
        self._stopping.append(self.finder.stop())
        self.by_hand = False
        self._kept.keep(server=server)

        def known(_: object) -> None:
            if self.match is not None:
                self._arrived(way)

        match.connect().addCallback(known)
        self._ask()
        self._changed()

    def open(self, address: str) -> None:
        """Go to the box that somebody has named: by its address, or by the link of a place."""
        try:
            server, way = parse_link(address)
        except ValueError:
            self.problem = self._kept.words("find_bad_address")
            self._changed()
            return
        if server != self._kept.prefs.server:
            self._kept.keep(table="", game_id="")
        self.use(server, way)

    def forget(self) -> None:
        """Look for a box anew; somebody is to say which."""
        self._leave()
        self.by_hand = True
        self._kept.keep(server="", table="", game_id="")
        self._changed()

    def stop(self) -> Deferred[Any]:
        """Say goodbye; fires when all connections are gone."""
        self._leave()
        self._stopping.append(self.finder.stop())
        return DeferredList(self._stopping, consumeErrors=True)

    def _clients(self, server: str) -> tuple[GameClient, GameClient]:
        prefs, name = self._kept.prefs, self._kept.words("device")

        def client(**more: Any) -> GameClient:
            return GameClient(
                server, reactor=self._reactor, client_type=prefs.role, name=name,
                ca_file=prefs.ca_file or None, on_status=lambda _: self._changed(), **more,
            )  # fmt: skip

        match = client(
            tokens=FileTokens(self._kept.folder / "tokens.json"),
            on_change=self._match_changed,
            on_connection=self._connection,
            on_lobby=lambda _: self._changed(),
        )
        return match, client(tokens=MemoryTokens(), on_change=self._hall_changed)

    def _leave(self) -> None:
        self._asking.stop()
        for client in (self.match, self.hall):
            if client is not None:
                self._stopping.append(client.stop())
        self.match = self.hall = None
        self.said = {}
        self.problem = ""
        self.left_at_ms = self._retry_at_ms = None
        self._left()

    # -- the connection

    def _connection(self, state: State, reason: Reason) -> None:
        if reason.kind is Kind.STOPPED:
            return  # we have left that box ourselves, perhaps for another one
        live = state is State.CONNECTED
        begins = reason.kind is Kind.STARTING
        self.problem = "" if live or begins else self._kept.words.reason(reason)
        wait = reason.retry_in
        self._retry_at_ms = None if wait is None else self._now_ms() + wait * 1000
        if live:
            self.left_at_ms = None
            self._ask()
        elif self.left_at_ms is None:
            self.left_at_ms = self._now_ms()
        self._changed()

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

    # -- what it says of itself

    def _ask(self) -> None:
        prefs = self._kept.prefs
        self._asking.start(prefs.server, prefs.ca_file or None)

    def _told(self, said: dict[str, Any]) -> None:
        if said != self.said:
            self.said = said
            self._changed()
