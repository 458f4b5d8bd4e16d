"""The score sheet of all rounds, both players below each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, ColorProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from ..shown import name_of
from .widgets import Sheet

if TYPE_CHECKING:
    from .app import TableApp

PLAYERS = (1, 2)
MOST_ROUNDS = 8
"""More have no room beside each other; the last ones are shown."""


class Row(BoxLayout):
    """One line: a name, a value for each round, and what they add up to."""

    name = StringProperty("")
    total = StringProperty("")
    head = BooleanProperty(False)
    color = ColorProperty([1, 1, 1, 1])
    shape = StringProperty("")


class Cell(BoxLayout):
    text = StringProperty("")
    head = BooleanProperty(False)
    now = BooleanProperty(False)
    """It is of the round that is on."""


class ScoreSheet(Sheet):
    """Nothing is entered here: a tap on a player's score on his half does that."""

    def __init__(self, app: TableApp) -> None:
        self.app, self.session, self.words = app, app.session, app.session.words
        self._shown: list[Any] = []
        super().__init__(title=self.words("score_sheet"))

    def refresh(self) -> None:
        state = self.session.state
        if state is None:
            return
        lines = list(self._lines(state))
        if lines == self._shown:
            return
        self._shown = lines
        board = self.ids.board
        board.clear_widgets()
        for name, values, total, player in lines:
            head = player in PLAYERS
            row = Row(
                name=name, total=total, head=head,
                color=self.app.theme.seat(player) if head else self.app.theme.ink,
                shape={1: "circle", 2: "square"}.get(player, ""),
            )  # fmt: skip
            for value, now in values:
                row.ids.cells.add_widget(Cell(text=value, head=head, now=now))
            board.add_widget(row)

    def _lines(
        self, state: dict[str, Any]
    ) -> Iterator[tuple[str, list[tuple[str, bool]], str, int]]:
        rules, on = state["ruleset"], state["turn"]["round"]
        rounds = list(range(1, max(rules["rounds"] or 0, on, 1) + 1))[-MOST_ROUNDS:]
        cells = {
            (c["player"], c["category"], c["round"]): c["value"] for c in state["scores"]["cells"]
        }
        for player in PLAYERS:
            score = state["scores"]["players"][player - 1]
            head = [(self.words("round_short", round=r), r == on) for r in rounds]
            yield name_of(state, player, self.words), head, str(score["score"]), player
            for category in rules.get("categories", ()):
                key, first = category["id"], category.get("first_round", 1)
                values = []
                for round_ in rounds:
                    value = cells.get((player, key, round_))
                    open_ = category.get("per_round", True) and first <= round_ <= on
                    empty = "·" if open_ else ""
                    values.append((empty if value is None else str(value), round_ == on))
                yield category["name"], values, str(score["categories"].get(key, 0)), 0
            if rules.get("cp"):
                none = [("", r == on) for r in rounds]
                yield self.words("cp"), none, str(score["cp"]), 0
