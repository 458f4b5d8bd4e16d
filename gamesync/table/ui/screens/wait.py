"""The box is known, and has not told us yet what is on: connecting, or why that does not work."""

from __future__ import annotations

from kivy.properties import BooleanProperty, StringProperty

from ...about import page_of
from .base import View


class Wait(View):
    """
    :ivar problem: why there is no connection, for people; empty: none is known yet
    :ivar next: when it is tried again
    """

    title = StringProperty("")
    address = StringProperty("")
    problem = StringProperty("")
    next = StringProperty("")
    waits = BooleanProperty(False)

    def refresh(self) -> None:
        session, words = self.session, self.words
        client = session.match
        if client is None:
            return
        self.address = page_of(session.prefs.server).split("://")[1].rstrip("/")
        self.problem = session.box.problem
        self.waits = bool(session.box.problem)
        if client.connected:
            self.title = words("wait_match")
        elif self.waits:
            self.title = words("wait_no_answer")
        else:
            self.title = words("wait_connecting")
        self.tick()

    def tick(self) -> None:
        due = self.session.box.retry_in_ms
        self.next = "" if due is None else self.words("wait_next", n=int(due / 1000) + 1)

    def retry(self) -> None:
        self.session.box.retry()

    def other(self) -> None:
        """Another box is wanted."""
        self.app.ask(
            self.words("wait_other"), self.words("wait_other"), self.session.box.forget,
            text=self.words("wait_other_text"),
        )  # fmt: skip

    def settings(self) -> None:
        from ..settings import Settings

        self.app.show(Settings(self.app))
