"""A place at the match, as others may take it: a code to scan, the same to type, who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from ..about import outside
from ..before import progress
from ..shown import name_of, shape_of
from .parts import Stack, code_text

if TYPE_CHECKING:
    from .app import TableApp


class Place(Stack):
    """
    Shows one place, and makes its code anew when the box's address changes.

    :ivar place: ``player:1``, ``player:2``, ``observer`` or ``wifi``
    :ivar wide: the code is beside the words, not over them
    :ivar names: names, factions and readiness are given here, for who has no phone
    """

    place = StringProperty("")
    player = NumericProperty(0)
    name = StringProperty("")
    army = StringProperty("")
    shape = StringProperty("circle")
    link = StringProperty("")
    code = StringProperty("")
    said = StringProperty("")
    title = StringProperty("")
    starts = BooleanProperty(False)
    """There is a key with which this player just starts."""
    done = BooleanProperty(False)
    named = BooleanProperty(False)
    may = BooleanProperty(False)
    names = BooleanProperty(False)
    wide = BooleanProperty(False)

    def __init__(self, app: TableApp, place: str, *, names: bool = False) -> None:
        self.app = app
        self.session = app.session
        _, _, player = place.partition(":")
        super().__init__(place=place, player=int(player or 0), names=names)

    def refresh(self) -> None:
        session, words = self.session, self.session.words
        state, client, box = session.state, session.match, session.box.said
        if state is None or client is None:
            return
        wifi = box.get("wifi")
        step = "play" if wifi and wifi.get("qr") else ""
        if self.place == "wifi":
            self.link, self.code = (wifi or {}).get("qr") or "", ""
            self.title, self.said = words("way_wifi"), (wifi or {}).get("ssid", "")
            return
        way = session.way(self.place)
        if way is not None and box:
            self.link = outside(box, way["link"])
            codes = way.get("codes") or ()
            between = "\n" if self.names and not self.wide else " "
            self.code = code_text(codes[-1], between) if codes else ""
        if not self.player:
            self.title = words("way_watch")
            return
        who = state["players"][self.player - 1]
        self.title = words(f"way_{step}") if step else ""
        self.name = name_of(state, self.player, words)
        self.army = " · ".join(who[k] for k in ("faction", "detachment") if who[k])
        self.shape = shape_of(state, self.player)
        self.named, self.done = bool(who["name"]), who["ready"]
        self.may = session.may(self.player)
        at_will = state["profile"] != "event" or not all(p["ready"] for p in state["players"])
        self.starts = self.names and session.is_table and at_will
        self.said = progress(state, client.mirror.presence, self.player, words)

    # -- for who has no phone

    def type_name(self) -> None:
        words, state = self.session.words, self.session.state
        if state is not None:
            held = state["players"][self.player - 1]["name"]
            title = words("gather_name", player=self.player)
            self.app.write(title, self._named, text=held, player=self.player)

    def _named(self, name: str) -> None:
        if name:
            self._profile(name=name)

    def type_army(self) -> None:
        words, state = self.session.words, self.session.state
        if state is not None:
            held = state["players"][self.player - 1]["faction"]
            title = words("gather_faction", name=self.name)
            self.app.write(title, lambda text: self._profile(faction=text), text=held,
                           player=self.player)  # fmt: skip

    def _profile(self, **fields: str) -> None:
        self.session.tap("profile", lambda client: client.profile(self.player, **fields))

    def start(self) -> None:
        """Just play: this player has the first turn."""
        self.session.tap("skip", lambda client: client.skip_setup(self.player))

    def set_ready(self) -> None:
        ready = not self.done
        self.session.tap("ready", lambda client: client.ready(self.player, ready=ready))


class Seat(Place):
    """A player's place before the match, with the keys for who has no phone."""


class Scan(Place):
    """A place that is only to be scanned."""


def has_wifi(session: Any) -> bool:
    """Whether the box tells which Wi-Fi leads to it."""
    return bool((session.box.said.get("wifi") or {}).get("qr"))
