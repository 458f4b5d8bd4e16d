"""Between rounds: who goes first in the next one, or whether there is time for one at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, ListProperty, StringProperty

from ..shown import name_of
from .parts import Stack
from .steps import Steps, step_words
from .widgets import Panel

if TYPE_CHECKING:
    from .app import TableApp

MINUTE_MS = 60_000
PLAYERS = (1, 2)
STOP = "no_new_round"


class Between(Stack, Panel):
    """
    Lies over the halves while the match awaits the next round.

    :ivar consent: little time is left: another round, or stop here?
    """

    title = StringProperty("")
    text = StringProperty("")
    consent = BooleanProperty(False)
    may = BooleanProperty(False)
    stops = ListProperty(["", ""])
    """What each player's key to stop says; empty: he has asked for it, or may not here."""

    def __init__(self, app: TableApp) -> None:
        self.app = app
        self.session = app.session
        super().__init__()
        self.steps = Steps(app)

    def refresh(self) -> None:
        """Show what is awaited, if anything is."""
        state, words = self.session.state, self.session.words
        if state is None or not state["turn"]["awaiting"]:
            return
        self.consent = state["turn"]["awaiting"] == "consent"
        self.may = self.session.is_table
        box = self.ids.box
        if self.consent:
            minutes = round(state["clock"]["rules"].get("new_round_min_ms", 0) / MINUTE_MS)
            self.title = words("consent_title")
            self.text = words("consent_text", minutes=minutes)
            asked = {p["player"] for p in state["proposals"] if p["kind"] == STOP}
            self.stops = [self._stop_words(state, player, asked) for player in PLAYERS]
            box.clear_widgets()
            return
        setup = state["setup"]
        self.title, self.text = step_words(words, setup["step"], setup["name"]), ""
        if self.steps.parent is None:
            box.add_widget(self.steps)
        self.steps.refresh()

    def open_round(self) -> None:
        """Play another round in spite of the time."""
        state = self.session.state
        if state is not None:
            data = {"turn": state["turn"]["turn"], "new_round": True}
            self.session.do("between", "turn_change", data)

    def _stop_words(self, state: dict[str, Any], player: int, asked: set[int]) -> str:
        if player in asked or not self.session.may(player):
            return ""
        key = "stop_agrees" if asked else "stop_by"
        return self.session.words(key, name=name_of(state, player, self.session.words))

    def stop(self, player: int) -> None:
        """*player* would stop here; when the other one would, too, the match is over."""
        self.session.tap("between", lambda client: client.propose(STOP, player=player))
