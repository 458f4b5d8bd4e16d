"""Between rounds: who goes first in the next one, or whether there is time for one at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from ..before import short_name
from ..shown import other
from .parts import Stack
from .steps import Steps, step_words

if TYPE_CHECKING:
    from .app import TableApp

MINUTE_MS = 60_000
PLAYERS = (1, 2)
STOP = "no_new_round"


class Consent(Stack):
    """
    Little time is left: one player's say whether to play on.

    :ivar stop: what his key to stop says; empty: he has asked for it, or may not here
    :ivar may: he may open the next round here
    """

    player = NumericProperty(1)
    title = StringProperty("")
    text = StringProperty("")
    stop = StringProperty("")
    may = BooleanProperty(False)

    def __init__(self, between: Between, player: int) -> None:
        self.between = between
        super().__init__(player=player)


class Between:
    """What stands in each half, under its clock, while the match awaits the next round."""

    def __init__(self, app: TableApp) -> None:
        self.session = app.session
        self.steps = Steps(app)
        self.consents = {player: Consent(self, player) for player in PLAYERS}

    def sides(self) -> dict[int, Widget]:
        """Each player's part of what is awaited; empty: nothing is."""
        state = self.session.state
        awaiting = state["turn"]["awaiting"] if state is not None else ""
        if state is None or not awaiting:
            return {}
        if awaiting == "consent":
            for player, side in self.consents.items():
                self._show(side, state, player)
            return dict(self.consents)
        setup = state["setup"]
        for step in self.steps.sides.values():
            step.title = step_words(self.session.words, setup["step"], setup["name"])
        self.steps.refresh()
        return dict(self.steps.sides)

    def _show(self, side: Consent, state: dict[str, Any], player: int) -> None:
        words, may = self.session.words, self.session.may(player)
        asked = {p["player"] for p in state["proposals"] if p["kind"] == STOP}
        minutes = round(state["clock"]["rules"].get("new_round_min_ms", 0) / MINUTE_MS)
        side.title = words("consent_title")
        side.text = words("consent_text", minutes=minutes)
        if player in asked:
            side.text = words("stop_waits", name=short_name(state, other(player), words))
        elif asked:
            side.text = words("stop_asked", name=short_name(state, other(player), words))
        side.may = may and self.session.is_table
        agrees = words("stop_agree" if asked else "stop_here")
        side.stop = agrees if may and player not in asked else ""

    # -- what is pressed

    def open_round(self) -> None:
        """Play another round in spite of the time."""
        state = self.session.state
        if state is not None:
            data = {"turn": state["turn"]["turn"], "new_round": True}
            self.session.do("between", "turn_change", data)

    def stop(self, player: int) -> None:
        """*player* would stop here; when the other one would, too, the match is over."""
        self.session.tap("between", lambda client: client.propose(STOP, player=player))
