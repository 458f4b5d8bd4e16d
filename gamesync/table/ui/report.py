"""The way to the match's report: a code to scan, and the same to type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.properties import StringProperty

from ..about import outside
from .widgets import Sheet

if TYPE_CHECKING:
    from .app import TableApp


class Report(Sheet):
    """
    :ivar link: as phones reach it; empty as long as the box has not said where it is
    """

    link = StringProperty("")

    def __init__(self, app: TableApp) -> None:
        self.session = app.session
        super().__init__(title=app.t("over_report"))

    def refresh(self) -> None:
        box, match = self.session.box.said, self.session.match
        if box and match is not None and match.game_id:
            self.link = outside(box, f"?view=report#g={match.game_id}")
