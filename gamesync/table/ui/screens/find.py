"""The first screen: it looks for the venue's box, or asks where that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.properties import StringProperty

from ...finding import ALONE_MS
from ..address import Address
from ..welcome import ask_once
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

DOTS_MS = 500


class Find(View):
    """
    :ivar said: what is going on
    :ivar problem: what was wrong with the last attempt
    :ivar going: the box that it goes to by itself in a moment; empty: it does not
    """

    said = StringProperty("")
    problem = StringProperty("")
    going = StringProperty("")

    def __init__(self, app: TableApp) -> None:
        super().__init__(app)
        self.session.box.finder.start()
        ask_once(app)

    def refresh(self) -> None:
        session, words = self.session, self.words
        finder, boxes = session.box.finder, session.box.finder.boxes
        self.problem = session.box.problem
        self.ids.boxes.show([(b.name, "", b.url, False) for b in boxes], self.go)
        if finder.able is False:
            self.said = words("find_unable")
        elif boxes:
            self.said = words("find_found") if len(boxes) == 1 else words("find_which")
        self.tick()

    def tick(self) -> None:
        words, box, finder = self.words, self.session.box, self.session.box.finder
        if finder.able and not finder.boxes:
            dots = int(self.session.idle_seconds * 1000 / DOTS_MS) % 4
            self.said = words("find_looking") + " " + "." * dots
        alone = finder.alone_for_ms
        if alone is None or box.by_hand or box.problem or self.app.over.children:
            self.going = ""
            return
        if alone >= ALONE_MS:
            self.go(0)
            return
        seconds = int((ALONE_MS - alone) / 1000) + 1
        self.going = words("find_going", name=finder.boxes[0].name, n=seconds)

    def go(self, number: int) -> None:
        """To one of the boxes that were found."""
        boxes = self.session.box.finder.boxes
        if number < len(boxes):
            self.session.box.use(boxes[number].url)

    def stay(self) -> None:
        """Another one is wanted than the only one."""
        self.session.box.by_hand = True
        self.going = ""

    def type_address(self) -> None:
        self.stay()
        self.app.show(Address(self.app, then=self.typed, text=""))

    def typed(self, address: str) -> None:
        if address:
            self.session.box.open(address)

    def settings(self) -> None:
        from ..settings import Settings

        self.stay()
        self.app.show(Settings(self.app))
