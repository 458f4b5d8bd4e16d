"""Resume or new; for a screen that is nobody's table: which match to go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.properties import BooleanProperty, StringProperty

from ...before import announcements, listed, match_line, resume_line
from ..address import Address
from ..parts import Picker
from ..welcome import ask_once
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp


class Choose(View):
    """
    :ivar asks: a match was on before this screen was started: go on with it?
    :ivar hosts: this screen makes matches
    """

    title = StringProperty("")
    note = StringProperty("")
    news = StringProperty("")
    problem = StringProperty("")
    asks = BooleanProperty(False)
    hosts = BooleanProperty(True)
    names = StringProperty("")
    stands = StringProperty("")
    page = StringProperty("")
    page_words = StringProperty("")
    none = StringProperty("")

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        if self.session.match is not None:
            self.session.match.watch_lobby()
        ask_once(app)

    def refresh(self) -> None:
        session, words = self.session, self.words
        client, table, box = session.match, session.hall.table, session.box.said
        if client is None:
            return
        self.hosts = session.prefs.role == "host"
        state = session.state
        self.asks = state is not None and not client.mirror.refusal
        if state is not None:
            self.names, self.stands = resume_line(state, words)
        self.title = table["name"] if table is not None else box.get("name") or "gamesync"
        self.note = words("choose_free") if self.hosts and not self.asks else ""
        heard = announcements(session.hall.state, session.prefs.table, session.now)
        self.news = "  ·  ".join(heard)
        # Before there is a match, the strip of the app has nothing to say of the connection.
        problem = session.box.problem or session.taps.latest_problem()
        self.problem = "" if state is not None and not client.mirror.refusal else problem
        self.page = str(box.get("address", "")) if self.hosts else ""
        self.page_words = self.page.split("://")[-1].rstrip("/")
        if not self.hosts:
            games = listed(client.lobby)
            self.none = "" if games else words("choose_none")
            self.ids.games.show([(*match_line(g, words), False) for g in games], self.watch)

    def tick(self) -> None:
        self.refresh()

    # -- what is pressed

    def resume(self) -> None:
        self.session.choice.resume()

    def new(self) -> None:
        self.session.choice.new()

    def enter_code(self) -> None:
        self.app.show(Address(self.app, then=self._entered, code=True))

    def _entered(self, code: str) -> None:
        if code:
            self.session.choice.enter(code)

    def watch(self, number: int) -> None:
        """One of the list."""
        games = listed(self.session.match.lobby) if self.session.match is not None else []
        if number < len(games):
            self.session.choice.watch(games[number]["game_id"])

    def matches(self) -> None:
        """The list, for a screen that makes matches itself."""
        if self.session.match is None:
            return
        games = listed(self.session.match.lobby)
        items = [(*match_line(game, self.words), False) for game in games]
        title = self.words("choose_matches" if items else "choose_none")
        ids = [game["game_id"] for game in games]
        self.app.show(Picker(self.app, title, items, lambda at: self.session.choice.watch(ids[at])))

    def settings(self) -> None:
        from ..settings import Settings

        self.app.show(Settings(self.app))
