"""A sheet of large keys, one of which is chosen: the menu, and all its short questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from .widgets import Sheet

if TYPE_CHECKING:
    from .app import TableApp


@attrs.frozen(kw_only=True)
class Item:
    """
    One key.

    :ivar name: names it within its sheet
    :ivar under: what it means, in small
    :ivar kind: ``plain``, ``main``, ``danger``, or ``p1`` and ``p2`` for what is one player's
    :ivar then: what it does; not part of how it looks
    """

    name: str
    words: str
    under: str = ""
    kind: str = "plain"
    chosen: bool = False
    then: Callable[[], object] = attrs.field(eq=False)


class Choice(ButtonBehavior, BoxLayout):
    """A large key with a line in small under its words."""

    key = StringProperty("")
    text = StringProperty("")
    under = StringProperty("")
    kind = StringProperty("plain")
    chosen = BooleanProperty(False)
    size_u = NumericProperty(22)
    ground = ColorProperty([0, 0, 0, 0])
    ink = ColorProperty([1, 1, 1, 1])


class Pick(Sheet):
    """
    :param name: first part of its keys' names
    :param items: what there is to choose from, asked for whenever something has changed
    :param text: a sentence below the title
    :param pairs: the keys belong two by two beside each other
    """

    text = StringProperty("")
    name = StringProperty("")
    columns = NumericProperty(1)

    def __init__(
        self,
        app: TableApp,
        name: str,
        title: str,
        items: Callable[[], Sequence[Item]],
        *,
        text: str = "",
        pairs: bool = False,
    ) -> None:
        self._items = items
        self._pairs = pairs
        self._app = app
        self._shown: tuple[Item, ...] = ()
        super().__init__(title=title, text=text, name=name)
        self.bind(size=self._arrange)

    def refresh(self) -> None:
        items = tuple(self._items())
        if items == self._shown:
            return
        self._shown = items
        board = self.ids.board
        board.clear_widgets()
        for item in items:
            key = Choice(
                key=f"{self.name}:{item.name}", text=item.words, under=item.under,
                kind=item.kind, chosen=item.chosen,
                size_u=30 if len(items) <= 2 else 26 if len(items) <= 4 else 22,
            )  # fmt: skip
            key.bind(on_release=lambda _, item=item: self.choose(item))
            board.add_widget(key)
        self._arrange()

    def _arrange(self, *_: object) -> None:
        """As square as words are wide: three columns at most, two where it is high and narrow."""
        count = len(self._shown)
        if self._pairs:
            self.columns = 2
        elif self.height > self.width:
            self.columns = 1 if count <= 5 else 2
        else:
            self.columns = {1: 1, 2: 2, 3: 3, 4: 2}.get(count, 3 if count <= 12 else 4)

    def choose(self, item: Item) -> None:
        item.then()  # what it opens faces as this does
        self.close()
