"""The ways in while a match is on: codes to scan again, and what to do when a phone is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from ..shown import name_of, phone
from .places import Scan, has_wifi
from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp

PLACES = ("player:1", "player:2", "observer")


class Ways(Sheet):
    """
    All places, each with its code; or one player's, turned to him.

    :param player: whose phone it is about; 0: everybody's
    """

    player = NumericProperty(0)
    said = StringProperty("")
    phones = BooleanProperty(False)
    """That player has a phone which holds his place."""

    def __init__(self, app: TableApp, player: int = 0) -> None:
        self.app = app
        self.session = app.session
        super().__init__(player=player)
        places = [f"player:{player}"] if player else list(PLACES)
        if has_wifi(self.session):
            places.insert(0, "wifi")
        self.cards = [Scan(app, place) for place in places]
        for card in self.cards:
            box = BoxLayout(orientation="vertical", spacing=8 * app.u)
            box.add_widget(card)
            if not player and card.place != "wifi":
                box.add_widget(self._fresh_key(card.place))
            self.ids.cards.add_widget(box)

    def _fresh_key(self, place: str) -> Key:
        key = Key(
            key=f"ways:fresh:{place}", text=self.app.t("ways_fresh"), size_u=18,
            size_hint_y=None, height=52 * self.app.u,
        )  # fmt: skip
        key.bind(on_release=lambda _: self.fresh(place))
        return key

    def refresh(self) -> None:
        session, words, state = self.session, self.session.words, self.session.state
        if state is None or session.match is None:
            return
        presence = session.match.mirror.presence
        for card in self.cards:
            card.refresh()
            if card.player:
                card.title = name_of(state, card.player, words)
                card.said = phone(state, presence, card.player, words)
        if self.player:
            self.title = name_of(state, self.player, words)
            self.said = phone(state, presence, self.player, words)
            self.phones = bool(self._devices())
        else:
            self.title = words("ways")

    def _devices(self) -> list[str]:
        state = self.session.state
        if state is None:
            return []
        seat = ("player", self.player)
        return [d["id"] for d in state["devices"] if (d["role"], d["player"]) == seat]

    # -- what is pressed

    def fresh(self, place: str) -> None:
        """A new code; the old one is void."""
        words = self.session.words
        self.app.ask(
            words("ways_fresh"), words("ways_fresh"), lambda: self.session.renew(place),
            text=words("ways_fresh_text"), player=self.player,
        )  # fmt: skip

    def take_back(self) -> None:
        """The phone presses no more; the table does."""
        words, name = self.session.words, self.title

        def taken() -> None:
            for device in self._devices():
                self.session.do("phone", "device", {"op": "revoke", "device": device})

        self.app.ask(
            words("ways_take"), words("ways_take"), taken, text=words("ways_take_text", name=name),
            player=self.player, danger=True,
        )  # fmt: skip

    def swap(self) -> None:
        """The two phones are at each other's places."""
        self.session.do("phone", "device", {"op": "swap"})
