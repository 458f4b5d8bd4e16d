"""What is asked once, when the screen is new at its table: its language, and how it is put up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from ..texts import LANGUAGES, NAMES
from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp


class Placing(ButtonBehavior, BoxLayout):
    """A key with a picture of how the screen is put up, and the words for it."""

    key = StringProperty("")
    text = StringProperty("")
    more = StringProperty("")
    flat = BooleanProperty(True)
    chosen = BooleanProperty(False)


class Welcome(Sheet):
    """The screen lies flat between the players, or it stands."""

    def __init__(self, app: TableApp) -> None:
        self.app = app
        super().__init__(title=app.t("welcome"))
        for language in LANGUAGES:
            key = Key(
                key=f"welcome:{language}", text=NAMES[language], size_u=20,
                chosen=language == app.session.prefs.language,
            )  # fmt: skip
            key.bind(on_release=lambda _, tag=language: self.speak(tag))
            self.ids.languages.add_widget(key)

    def speak(self, language: str) -> None:
        self.close()
        self.app.session.keep(language=language)
        self.app.rebuild()

    def lies(self, flat: bool) -> None:
        self.close()
        self.app.session.keep(lies_flat=flat)
        self.app.rebuild()


def ask_once(app: Any) -> None:
    """Ask, unless it is known, or is being asked, or one person alone uses this screen."""
    prefs = app.session.prefs
    asked = any(isinstance(sheet, Welcome) for sheet in app.sheets)
    if prefs.lies_flat is None and prefs.role == "host" and not asked:
        app.show(Welcome(app))
