"""All is settled: who starts, who attacks, and the key that starts the match."""

from __future__ import annotations

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from ...before import clock_name, short_name, time_before
from ...shown import name_of, other, shape_of
from ..ways import Ways
from .base import View


class Ready(View):
    first = NumericProperty(1)
    shape = StringProperty("circle")
    title = StringProperty("")
    note = StringProperty("")
    starts = StringProperty("")
    attacks = StringProperty("")
    turn_about = StringProperty("")
    hosts = BooleanProperty(False)
    may = BooleanProperty(False)

    def refresh(self) -> None:
        session, words, state = self.session, self.words, self.session.state
        if state is None:
            return
        turn, rules = state["turn"], state["ruleset"]
        self.first = turn["first_player"] or 1
        self.shape = shape_of(state, self.first)
        self.title = " – ".join(name_of(state, player, words) for player in (1, 2))
        self.starts = words("ready_starts", name=name_of(state, self.first, words))
        attacker = turn["attacker"]
        attacks = words("ready_attacks", name=name_of(state, attacker, words)) if attacker else ""
        self.attacks = attacks
        second = short_name(state, other(self.first), words)
        self.turn_about = words("ready_other", name=second)
        self.hosts = session.is_table
        self.may = session.may(1) or session.may(2)
        clock = clock_name(state["clock"]["rules"], words)
        runs = time_before(state, session.seen, session.now, words)
        parts = (state["table"], rules["name"], runs or clock)
        self.note = " · ".join(part for part in parts if part)

    def tick(self) -> None:
        self.refresh()

    # -- what is pressed

    def start(self) -> None:
        self.session.begin()

    def turn_round(self) -> None:
        """The other one starts."""
        second = other(self.first)
        self.session.tap("skip", lambda client: client.skip_setup(second))

    def ways(self) -> None:
        self.app.show(Ways(self.app))

    def menu(self) -> None:
        self.app.open_menu()
