"""Questions that lie over the screen: yes or no, and a line to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.app import App
from kivy.core.window import Window
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from .widgets import Key, Sheet

ROWS = {
    "en": ("1234567890", "qwertyuiop", "asdfghjkl'", "zxcvbnm,.-"),
    "de": ("1234567890ß", "qwertzuiopü", "asdfghjklöä", "yxcvbnm,.-'"),
}
BACKSPACE, ENTER, KEYPAD_ENTER, ESCAPE = 8, 13, 271, 27
"""What Kivy calls those keys."""


class Ask(Sheet):
    """Yes or no."""

    text = StringProperty("")
    yes = StringProperty("")
    danger = BooleanProperty(False)

    def __init__(self, *, then: Callable[[], object], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._then = then

    def answer(self, yes: bool) -> None:
        self.close()
        if yes:
            self._then()


class Keyboard(Sheet):
    """
    A line of text, with a keyboard below it that turns with the reader. One that is plugged in
    types, too, and has the signs that ours has not.
    """

    text = StringProperty("")
    most = NumericProperty(40)
    upper = BooleanProperty(True)

    def __init__(self, *, then: Callable[[str], object], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._then = then
        self.upper = not self.text
        self._lay()
        self.bind(upper=self._lay)
        Window.bind(on_textinput=self._typed, on_key_down=self._pressed)

    def close(self) -> None:
        Window.unbind(on_textinput=self._typed, on_key_down=self._pressed)
        super().close()

    def _typed(self, _window: object, text: str) -> None:
        self.type(text)

    def _pressed(self, _window: object, key: int, *_: object) -> None:
        if key == BACKSPACE:
            self.delete()
        elif key in (ENTER, KEYPAD_ENTER):
            self.finish()
        elif key == ESCAPE:
            self.close()

    def _lay(self, *_: object) -> None:
        language = App.get_running_app().session.prefs.language
        board = self.ids.board
        board.clear_widgets()
        for row in ROWS.get(language, ROWS["en"]):
            line = BoxLayout(spacing=board.spacing)
            for sign in row:
                shown = sign.upper() if self.upper and sign != "ß" else sign
                key = Key(text=shown, key=f"type:{shown}", size_u=24)
                key.bind(on_press=lambda pressed: self.type(pressed.text))
                line.add_widget(key)
            board.add_widget(line)

    def type(self, sign: str) -> None:
        if len(self.text) < self.most:
            self.text += sign
        self.upper = sign == " "

    def delete(self) -> None:
        self.text = self.text[:-1]
        self.upper = not self.text

    def finish(self) -> None:
        self.close()
        self._then(self.text.strip())
