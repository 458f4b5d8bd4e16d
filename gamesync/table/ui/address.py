"""A keyboard for addresses and codes: the signs that they are made of, and no others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from .widgets import Key, Sheet

if TYPE_CHECKING:
    from .app import TableApp

ADDRESS_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl-", "zxcvbnm.:/")
CODE_ROWS = ("23456789", "ABCDEFGHJ", "KLMNPQRST", "VWXZ")
"""Codes have no signs that look alike."""


class Address(Sheet):
    """
    Asks for an address, or with *code* for the code that another screen shows.

    *then* is called with what was typed, unless somebody thinks better of it.
    """

    text = StringProperty("")
    most = NumericProperty(80)
    hint = StringProperty("")

    def __init__(
        self, app: TableApp, then: Callable[[str], object], *, text: str = "", code: bool = False
    ) -> None:
        self._then = then
        words = app.session.words
        title = words("code_title") if code else words("find_address")
        hint = "7KQ2 M4XP" if code else "192.168.1.20:8765"
        super().__init__(title=title, text=text, hint=hint, most=9 if code else 80)
        for row in CODE_ROWS if code else ADDRESS_ROWS:
            line: Any = BoxLayout(spacing=6 * app.u)
            for sign in row:
                key = Key(text=sign, key=f"type:{sign}", size_u=24)
                key.bind(on_press=lambda pressed: self.type(pressed.text))
                line.add_widget(key)
            self.ids.board.add_widget(line)

    def type(self, sign: str) -> None:
        if len(self.text) < self.most:
            self.text += sign

    def delete(self) -> None:
        self.text = self.text[:-1]

    def finish(self) -> None:
        self.close()
        self._then(self.text.strip())
