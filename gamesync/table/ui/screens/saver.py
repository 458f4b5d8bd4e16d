"""Nobody plays: pictures and the last score by turns, never long at the same place."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.properties import BooleanProperty, ColorProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.image import AsyncImage

from ...files import pictures
from ...outcome import headline
from ...shown import name_of
from .base import View

if TYPE_CHECKING:
    from ..app import TableApp

PICTURE_S, BOARD_S = 20.0, 12.0
"""How long a picture stands, and the score after it."""
DRIFT_U = 22
"""How far everything wanders from its place, so that no panel keeps a ghost of it."""
DRIFT_S = (97.0, 61.0)
"""How long one turn of the way takes, across and up."""
STEP_S = 2.0
"""How often it moves: as rarely as it can without being seen to jump."""


class Picture(AsyncImage):
    """One picture; read by a thread, and not kept."""


class SaverSide(BoxLayout):
    """One player's name and score."""

    name = StringProperty("")
    score = StringProperty("")
    shape = StringProperty("circle")
    color = ColorProperty([1, 1, 1, 1])


class Saver(View):
    """
    The first touch wakes it, and does nothing else.

    :ivar board: the score is on, not a picture
    """

    venue = StringProperty("")
    table = StringProperty("")
    left_name = StringProperty("")
    right_name = StringProperty("")
    left_score = StringProperty("")
    right_score = StringProperty("")
    line = StringProperty("")
    board = BooleanProperty(True)
    has_match = BooleanProperty(False)
    drift_x = NumericProperty(0)
    drift_y = NumericProperty(0)

    def __init__(self, app: TableApp) -> None:
        self._began = self._moved = app.session.idle_seconds
        self._pictures: list[Path] = pictures(app.session.prefs.pictures)
        self._page: int | None = None
        self._picture: Picture | None = None
        super().__init__(app)

    def gone(self) -> None:
        self._take_away()

    # -- what it shows

    def refresh(self) -> None:
        state, session, words = self.session.state, self.session, self.words
        self.venue = session.box.said.get("name") or "gamesync"
        table = session.hall.table
        self.table = table["name"] if table else (state["table"] if state else "")
        self.has_match = state is not None
        if state is None:
            self.line = words("saver_free")
            return
        self.left_name, self.right_name = (name_of(state, p, words) for p in (1, 2))
        counted = state["ruleset"].get("winner", "score") == "score"
        scores = [str(p["score"]) if counted else "" for p in state["scores"]["players"]]
        self.left_score, self.right_score = scores
        self.line = self._line(state)

    def _line(self, state: dict[str, Any]) -> str:
        said = headline(state, self.words)
        if said:
            return said
        if state["status"] == "playing":
            rounds, on = state["ruleset"]["rounds"], state["turn"]["round"]
            key = "round_of" if rounds else "round"
            return str(self.words(key, round=on, rounds=rounds))
        return str(state["ruleset"]["name"])

    def tick(self) -> None:
        now = self.session.idle_seconds
        if now - self._moved >= STEP_S:
            self._moved = now
            across, up = ((now - self._began) / each * 2 * math.pi for each in DRIFT_S)
            self.drift_x = DRIFT_U * self.app.u * math.sin(across)
            self.drift_y = DRIFT_U * self.app.u * math.sin(up)
        self._turn_page(now - self._began)

    def _turn_page(self, shown_s: float) -> None:
        if not self._pictures:
            return
        page, within = divmod(shown_s, PICTURE_S + BOARD_S)
        wanted = int(page) if within < PICTURE_S else None
        if wanted != self._page:
            self._take_away()
            self._page = wanted
            if wanted is not None:
                self._put(self._pictures[wanted % len(self._pictures)])

    def _put(self, path: Path) -> None:
        """Show a picture as soon as it is read; one that cannot be read is left out."""
        picture = Picture(source=str(path), nocache=True, anim_delay=-1)
        self._picture = picture
        picture.bind(on_load=self._loaded)

    def _loaded(self, picture: Picture) -> None:
        if picture is self._picture and picture.parent is None:
            self.board = False
            self.ids.ground.add_widget(picture)

    def _take_away(self) -> None:
        self.board = True
        if self._picture is not None:
            self.ids.ground.remove_widget(self._picture)
            self._picture = None
