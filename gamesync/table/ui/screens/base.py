"""What every screen is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.uix.floatlayout import FloatLayout

if TYPE_CHECKING:
    from ..app import TableApp


class View(FloatLayout):
    """
    One screen. It is made when it comes on, and thrown away when another one does.

    :ivar app: the app, with ``show``, ``ask`` and ``write``
    :ivar session: what is known, and all that can be done
    """

    def __init__(self, app: TableApp) -> None:
        self.app = app
        self.session = app.session
        self.words = app.session.words
        super().__init__()

    def refresh(self) -> None:
        """Something has changed: show how things stand."""

    def tick(self) -> None:
        """Ten times a second: show what counts by itself."""

    def gone(self) -> None:
        """Another screen takes its place."""
