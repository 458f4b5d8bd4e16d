"""Between waiting and play: roll-offs, and what their winners choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.properties import ListProperty, StringProperty

from ...before import short_name, time_before
from ..steps import Steps, StepsBoard, step_words
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp


class Setup(View):
    """
    :ivar time: the clock, where one runs before play
    :ivar starts: the words on the keys with which one player just starts
    """

    title = StringProperty("")
    time = StringProperty("")
    starts = ListProperty(["", ""])

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        self.steps = Steps(app)
        self.ids.steps.add_widget(StepsBoard(app, self.steps))

    def refresh(self) -> None:
        session, words, state = self.session, self.words, self.session.state
        if state is None:
            return
        setup = state["setup"]
        self.title = step_words(words, setup["step"], setup["name"])
        at_will = state["profile"] != "event" or session.is_table
        names = [short_name(state, player, words) for player in (1, 2)]
        self.starts = [words("gather_starts", name=n) if at_will else "" for n in names]
        self.steps.refresh()
        self.tick()

    def tick(self) -> None:
        state = self.session.state
        if state is not None:
            self.time = time_before(state, self.session.seen, self.session.now, self.words)

    # -- what is pressed

    def start(self, player: int) -> None:
        """Just play."""
        self.session.tap("skip", lambda client: client.skip_setup(player))

    def menu(self) -> None:
        self.app.open_menu()
