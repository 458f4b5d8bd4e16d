"""Lines of the settings: what each says, and the keys on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from ..session import Session
from ..texts import Words

if TYPE_CHECKING:
    from .app import TableApp


@attrs.frozen(kw_only=True)
class Line:
    """
    One setting.

    :ivar options: value and words of each key
    :ivar chosen: which of them is on
    :ivar text: how it stands, where that is not a key
    :ivar then: called with the value of the key that was pressed; not part of how it looks
    """

    name: str
    words: str
    text: str = ""
    options: tuple[tuple[str, str], ...] = ()
    chosen: str = ""
    danger: bool = False
    then: Callable[[str], object] = attrs.field(eq=False, default=lambda _: None)


class LineRow(BoxLayout):
    """A :class:`Line` on the screen."""

    words = StringProperty("")
    text = StringProperty("")


class Lines:
    """What the parts of the settings have in common."""

    app: TableApp
    session: Session
    words: Words

    def _line(self, name: str, **more: Any) -> Line:
        return Line(name=name, words=self.words(f"set_{name}"), **more)

    def _either(self, name: str, on: bool, then: Callable[[bool], object], **more: Any) -> Line:
        options = tuple((value, self.words(f"set_{name}_{value}")) for value in ("yes", "no"))
        return self._line(
            name, options=options, chosen="yes" if on else "no",
            then=lambda value: then(value == "yes"), **more,
        )  # fmt: skip

    def _switch(self, name: str, on: bool, then: Callable[[bool], object]) -> Line:
        return self._line(
            name, options=(("yes", self.words("yes")), ("no", self.words("no"))),
            chosen="yes" if on else "no", then=lambda value: then(value == "yes"),
        )  # fmt: skip

    def _keep(self, **prefs: Any) -> None:
        self.session.keep(**prefs)
        self.app.changed()
