"""
The sheet of one round on a player's half: number pad, steps and quick values for each cell.

It opens by itself at the end of a turn, and the key at its foot then passes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from ..shown import Cell, categories_of, cell, is_last_turn, name_of, other
from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp

MOST_DIGITS = 3


class Chip(ButtonBehavior, BoxLayout):
    """One cell of the sheet; the chosen one is what the pad writes into."""

    key = StringProperty("")
    name = StringProperty("")
    text = StringProperty("")
    caps = StringProperty("")
    chosen = BooleanProperty(False)
    typed = BooleanProperty(False)
    """Its figures are typed and not yet set."""
    player = NumericProperty(1)


class Entry(Sheet):
    """
    :param category: which cell is chosen first; empty: the first
    :param ends: the turn is to be ended: the key at the foot passes on
    :param end_round: the battle round is to be ended, where turns alternate
    """

    player = NumericProperty(1)
    round = NumericProperty(1)
    category = StringProperty("")
    typed = StringProperty("")
    foot = StringProperty("")
    problem = StringProperty("")
    ends = BooleanProperty(False)
    wide = BooleanProperty(False)
    value = NumericProperty(0)
    last = BooleanProperty(True)
    """There is no later round yet."""

    def __init__(
        self,
        app: TableApp,
        player: int,
        *,
        category: str = "",
        ends: bool = False,
        end_round: bool = False,
    ) -> None:
        self.app, self.session, self.words = app, app.session, app.session.words
        self._end_round = end_round
        state = self.session.state
        assert state is not None
        self._turn = state["turn"]["turn"]
        self._cells: tuple[Cell, ...] = ()
        self._quick: tuple[int, ...] | None = None
        super().__init__(player=player, ends=ends)
        self.round = max(1, state["turn"]["round"])
        shown = categories_of(state, self.round)
        known = [c["id"] for c in shown]
        self.category = category if category in known else (known[0] if known else "")
        self.bind(size=self._turn_over)
        self._turn_over()

    def _turn_over(self, *_: object) -> None:
        self.wide = self.width > 1.6 * self.height

    # -- what it shows

    def refresh(self) -> None:
        state = self.session.state
        if state is None:
            return
        self.title = self.words("sheet_end" if self.ends else "sheet", round=self.round)
        self.last = self.round >= state["turn"]["round"]
        cells = tuple(
            cell(state, self.player, c, self.round, self.words)
            for c in categories_of(state, self.round)
        )
        if [c.category for c in cells] != [c.category for c in self._cells]:
            self._lay(cells)
        self._cells = cells
        for chip, one in zip(reversed(self.ids.chips.children), cells, strict=True):
            chip.chosen = one.category == self.category
            chip.typed = chip.chosen and bool(self.typed)
            chip.text = self.typed if chip.typed else "–" if one.value is None else str(one.value)
            chip.caps = one.caps
        now = self._now()
        self.value = (now.value or 0) if now else 0
        quick = now.quick if now else ()
        if quick != self._quick:
            self._lay_quick(quick)
        keys = [f"cell:{self.player}:{c.category}" for c in cells]
        self.problem = next((p for k in keys if (p := self.session.taps.problem(k))), "")
        self.foot = self._foot(state)

    def _lay(self, cells: tuple[Cell, ...]) -> None:
        chips = self.ids.chips
        chips.clear_widgets()
        for one in cells:
            chip = Chip(
                key=f"entry:{self.player}:{one.category}", name=one.name, player=self.player
            )
            chip.bind(on_press=lambda _, category=one.category: self.choose(category))
            chips.add_widget(chip)
        if cells and self.category not in [c.category for c in cells]:
            self.category = cells[0].category

    def _lay_quick(self, quick: tuple[int, ...]) -> None:
        self._quick = quick
        row = self.ids.quick
        for old in [w for w in row.children if getattr(w, "of_quick", False)]:
            row.remove_widget(old)
        for value in quick[:5]:
            key = Key(text=str(value), key=f"entry:{self.player}:quick:{value}", size_u=22)
            key.of_quick = True
            key.bind(on_press=lambda _, v=value: self.set(v))
            row.add_widget(key)

    def _foot(self, state: dict[str, Any]) -> str:
        if not self.ends:
            return str(self.words("done"))
        if state["turn"]["turn"] != self._turn or state["status"] != "playing":
            return str(self.words("close"))
        if is_last_turn(state):
            return str(self.words("end_match"))
        if self._end_round:
            return str(self.words("end_round", round=self.round))
        name = name_of(state, other(self.player), self.words)
        return str(self.words("pass_to", name=name))

    def _now(self) -> Cell | None:
        return next((c for c in self._cells if c.category == self.category), None)

    # -- what is pressed

    def choose(self, category: str) -> None:
        self.commit()
        self.category = category
        self.refresh()

    def turn_page(self, step: int) -> None:
        """Another round's cells: to put right what was forgotten."""
        state = self.session.state
        assert state is not None
        self.commit()
        last = max(1, state["turn"]["round"])
        self.round = min(max(1, self.round + step), last)
        self.refresh()

    def digit(self, sign: str) -> None:
        self.typed = (self.typed + sign)[-MOST_DIGITS:]
        self.refresh()

    def delete(self) -> None:
        self.typed = self.typed[:-1]
        self.refresh()

    def commit(self) -> None:
        """Set the chosen cell to what was typed."""
        if self.typed:
            value, self.typed = int(self.typed), ""
            self.set(value)

    def set(self, value: int) -> None:
        now = self._now()
        self.typed = ""
        if now is None:
            return
        data = {
            "player": self.player, "category": now.category, "round": now.round, "value": value,
            "if_version": now.version,
        }  # fmt: skip
        self._send(now, data)

    def step(self, delta: int) -> None:
        now = self._now()
        if now is None:
            return
        self.typed = ""
        data = {
            "player": self.player, "category": now.category, "round": now.round, "delta": delta
        }  # fmt: skip
        self._send(now, data)

    def _send(self, now: Cell, data: dict[str, Any]) -> None:
        state = self.session.state
        if state is not None and 0 < now.round < state["turn"]["round"]:
            data["correct"] = True
            data["reason"] = str(self.words("log_reason"))
        self.session.do(f"cell:{self.player}:{now.category}", "score_update", data)

    def finish(self) -> None:
        """The key at the foot: done, or pass on."""
        state = self.session.state
        self.commit()
        passes = (
            self.ends
            and state is not None
            and state["status"] == "playing"
            and state["turn"]["turn"] == self._turn
        )
        half = self.parent
        self.close()
        if passes and half is not None:
            half.end_turn(self._end_round)
