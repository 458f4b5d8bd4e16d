"""Before the match: codes for both players and for those who watch; names, factions, ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, StringProperty

from ...before import clock_name
from ..places import Scan, Seat, has_wifi
from ..widgets import Turned
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

HEAD_U = 54
MIDDLE = 0.72
"""How broad the middle column is, beside those of the players."""


class Gather(View):
    """Who has no phone is named and made ready here; who has one only scans."""

    title = StringProperty("")
    note = StringProperty("")
    hosts = BooleanProperty(False)

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        self.seats = {player: Seat(app, f"player:{player}", names=True) for player in (1, 2)}
        self._turned = {player: Turned(seat) for player, seat in self.seats.items()}
        self.watch, self.wifi = Scan(app, "observer"), Scan(app, "wifi")
        for widget in (*self._turned.values(), self.watch):
            self.add_widget(widget)
        self.bind(size=self.arrange, pos=self.arrange)
        app.strip.bind(high=self.arrange)
        self.arrange()

    def gone(self) -> None:
        self.app.strip.unbind(high=self.arrange)

    def arrange(self, *_: object) -> None:
        """Three columns, or in portrait three rows; a player's part faces him."""
        app, u = self.app, self.app.u
        gap = 10 * u
        x, y = self.x + gap, self.y + gap
        wide, high = self.width - 2 * gap, self.height - 2 * gap - app.strip.high
        ids = self.ids
        ids.head.pos, ids.head.size = (x, y + high - HEAD_U * u), (wide, HEAD_U * u)
        high -= HEAD_U * u + gap
        near, far = (2, 1) if self.session.prefs.swapped else (1, 2)
        middle: list[Any] = [self.wifi, self.watch] if has_wifi(self.session) else [self.watch]
        if app.portrait:
            each = (high - 2 * gap) / (2 + MIDDLE)
            low = high - 2 * gap - 2 * each
            self._seat(near, x, y, wide, each, True)
            self._seat(far, x, y + high - each, wide, each, True)
            share = (wide - gap * (len(middle) - 1)) / len(middle)
            for i, card in enumerate(middle):
                _put(card, x + i * (share + gap), y + each + gap, share, low)
            return
        each = (wide - 2 * gap) / (2 + MIDDLE)
        slim = wide - 2 * gap - 2 * each
        self._seat(near, x, y, each, high, False)
        self._seat(far, x + each + slim + 2 * gap, y, each, high, False)
        share = (high - gap * (len(middle) - 1)) / len(middle)
        for i, card in enumerate(middle):
            _put(card, x + each + gap, y + high - (i + 1) * share - i * gap, slim, share)

    def _seat(self, player: int, x: float, y: float, wide: float, high: float, broad: bool) -> None:
        self.seats[player].wide = broad
        self._turned[player].place(x, y, wide, high, self.app.faces_away(player))

    def refresh(self) -> None:
        session, words, state = self.session, self.words, self.session.state
        if state is None:
            return
        rules = state["ruleset"]
        self.title = rules["name"]
        clock = clock_name(state["clock"]["rules"], words)
        parts = (state["table"], clock, rules["edition"].split(",")[0])
        self.note = " · ".join(part for part in parts if part)
        self.hosts = session.is_table
        if has_wifi(session) is not (self.wifi.parent is not None):
            if self.wifi.parent is None:
                self.add_widget(self.wifi)
            else:
                self.remove_widget(self.wifi)
            self.arrange()
        for card in (*self.seats.values(), self.watch, self.wifi):
            card.refresh()

    # -- what is pressed

    def swap(self) -> None:
        """The players sit the other way round."""
        self.session.keep(swapped=not self.session.prefs.swapped)
        self.app.rebuild()

    def leave(self) -> None:
        words = self.words
        text = words("gather_leave_text" if self.hosts else "gather_leave_watch")
        self.app.ask(words("gather_leave"), words("gather_leave"), self._left, text=text)

    def _left(self) -> None:
        session = self.session
        if not self.hosts:
            session.choice.leave()
            return
        ended = session.do("leave", "game_end", {"op": "abandon"})
        ended.addCallback(lambda answer: session.choice.leave() if answer is not None else None)

    def settings(self) -> None:
        from ..settings import Settings

        self.app.show(Settings(self.app))


def _put(widget: Any, x: float, y: float, width: float, height: float) -> None:
    widget.size_hint = (None, None)
    widget.size, widget.pos = (width, height), (x, y)
