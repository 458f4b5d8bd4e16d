"""Roll-offs and what their winners choose, before play and between rounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothEllipse, SmoothLine, SmoothRoundedRectangle
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    StringProperty,
)
from kivy.uix.floatlayout import FloatLayout

from ..before import short_name
from ..shown import name_of, other, shape_of
from .parts import Stack
from .widgets import Key, Turned

if TYPE_CHECKING:
    from .app import TableApp

PIPS: dict[int, tuple[tuple[int, int], ...]] = {
    1: ((0, 0),),
    2: ((-1, 1), (1, -1)),
    3: ((-1, 1), (0, 0), (1, -1)),
    4: ((-1, 1), (1, 1), (-1, -1), (1, -1)),
    5: ((-1, 1), (1, 1), (0, 0), (-1, -1), (1, -1)),
    6: ((-1, 1), (1, 1), (-1, 0), (1, 0), (-1, -1), (1, -1)),
}
TUMBLES = 6
TUMBLE_S = 0.07


def step_words(words: Any, step: str, name: str) -> str:
    """A step of the set-up in the reader's language, if we have words for it."""
    return str(words.known("step_" + step.replace("-", "_"), name))


class Die(FloatLayout):
    """
    A large die. One that was just rolled tumbles for a moment; it never ends on another face.

    :ivar value: what was rolled; 0: nothing yet
    :ivar sides: above 6 it shows a figure
    :ivar spent: an old roll, which counts no more
    """

    value = NumericProperty(0)
    sides = NumericProperty(6)
    spent = BooleanProperty(False)
    color = ColorProperty([1, 1, 1, 1])
    ink = ColorProperty([0, 0, 0, 1])
    line = ColorProperty([0.5, 0.5, 0.5, 1])
    face = NumericProperty(0)
    text = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        self._left = 0
        self._tumble: Any = None
        super().__init__(**kwargs)
        for name in ("pos", "size", "face", "color", "ink", "line", "spent", "sides"):
            self.fbind(name, self.draw)

    def on_value(self, _: object, value: float) -> None:
        if self._tumble is not None:
            self._tumble.cancel()
        if value and not self.face and not self.spent:
            self._left = TUMBLES
            self._tumble = Clock.schedule_interval(self._turn, TUMBLE_S)
            self._turn()
        else:
            self.face = value

    def _turn(self, *_: object) -> bool:
        self._left -= 1
        if self._left <= 0 or self.spent:
            self.face = self.value
            return False
        self.face = int(self.face + 2) % int(self.sides) + 1
        return True

    def draw(self, *_: object) -> None:
        side = min(self.size)
        x, y = self.center_x - side / 2, self.center_y - side / 2
        pips = self.sides <= 6
        self.text = "?" if not self.face else "" if pips else str(int(self.face))
        self.canvas.before.clear()
        if side < 4:
            return
        dim = 0.35 if self.spent else 1
        with self.canvas.before:
            if self.face:
                Color(*self.color[:3], dim)
                SmoothRoundedRectangle(pos=(x, y), size=(side, side), radius=[side * 0.16])
            else:
                Color(*self.line)
                SmoothLine(
                    width=max(1.2, side * 0.012),
                    rounded_rectangle=(x + 2, y + 2, side - 4, side - 4, side * 0.16),
                )
            if self.face and pips:
                Color(*self.ink)
                pip = side * 0.19
                for column, row in PIPS[int(self.face)]:
                    centre_x, centre_y = self.center_x + column * side * 0.26, row * side * 0.26
                    pos = (centre_x - pip / 2, self.center_y + centre_y - pip / 2)
                    SmoothEllipse(pos=pos, size=(pip, pip))


class StepSide(Stack):
    """What one player rolls and chooses; it turns with him."""

    player = NumericProperty(1)
    name = StringProperty("")
    shape = StringProperty("circle")
    said = StringProperty("")
    """What he waits for."""
    die = NumericProperty(0)
    dice = NumericProperty(6)
    spent = BooleanProperty(False)
    has_die = BooleanProperty(True)
    can_roll = BooleanProperty(False)
    options = ListProperty()
    title = StringProperty("")
    """What is rolled or chosen, in place of the name, where that stands already."""
    wide = BooleanProperty(False)

    def __init__(self, steps: Steps, player: int) -> None:
        self.steps = steps
        super().__init__(player=player)
        self.bind(size=self._turn_over)

    def _turn_over(self, *_: object) -> None:
        self.wide = self.width > 1.7 * self.height

    def on_options(self, *_: object) -> None:
        box, words = self.ids.options, self.steps.session.words
        box.clear_widgets()
        for option in self.options:
            key = Key(
                key=f"step:choose:{self.player}:{option}",
                text=words.known(f"option_{option}", option),
                kind=f"p{self.player}",
                size_u=28,
            )
            key.bind(on_release=lambda _, what=option: self.steps.choose(self.player, what))
            box.add_widget(key)


class Steps:
    """
    The step that is due, with a side for each player.

    :ivar sides: what each player sees and presses of it; where they stand, others say
    """

    def __init__(self, app: TableApp) -> None:
        self.session = app.session
        self.sides = {player: StepSide(self, player) for player in (1, 2)}

    def refresh(self) -> None:
        state = self.session.state
        if state is None or not state["setup"]["step"]:
            return
        for player, side in self.sides.items():
            self._show(side, state, player)

    def _show(self, side: StepSide, state: dict[str, Any], player: int) -> None:
        session, setup = self.session, state["setup"]
        words = session.words
        steps = {step["id"]: step for step in state["ruleset"]["setup"]}
        step = steps[setup["step"]]
        side.name, side.shape = name_of(state, player, words), shape_of(state, player)
        mine = session.may(player)
        if setup["kind"] == "roll":
            rolls = setup["rolls"]
            old = session.dice.get(step["id"]) if setup["tied"] and not any(rolls) else {}
            side.dice = step.get("dice", 6)
            side.has_die = True
            side.spent = bool(old)
            side.die = rolls[player - 1] or old.get(player, 0)
            side.can_roll = mine and not rolls[player - 1]
            side.options = []
            waits = words("step_waits", name=short_name(state, other(player), words))
            side.said = waits if rolls[player - 1] else words("step_tied") if old else ""
            return
        rolled = session.dice.get(step.get("by", ""))
        side.dice = steps.get(step.get("by", ""), {}).get("dice", 6)
        side.has_die = len(rolled) == 2
        side.spent = False
        side.die = rolled.get(player, 0)
        side.can_roll = False
        chooser = setup["chooser"]
        side.options = list(setup["options"]) if mine and chooser in (0, player) else []
        if side.title and side.options:
            side.said = ""  # his keys say it, and want the room
        elif chooser:
            chosen = short_name(state, chooser, words)
            key = "step_you_choose" if chooser == player else "step_chooses"
            side.said = words(key, name=chosen)
        else:
            side.said = words("step_table_chooses")

    # -- what is pressed

    def roll(self, player: int) -> None:
        self.session.tap("step", lambda client: client.roll(player))

    def won(self, player: int) -> None:
        """With real dice."""
        self.session.do("step", "setup", {"op": "result", "winner": player})

    def choose(self, player: int, option: str) -> None:
        self.session.tap("step", lambda client: client.choose(option, player))


class StepsBoard(FloatLayout):
    """Both sides as the halves in play: beside each other, or one beyond the other."""

    def __init__(self, app: TableApp, steps: Steps, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.app = app
        self._sides = steps.sides
        self._turned = {player: Turned(side) for player, side in steps.sides.items()}
        for turned in self._turned.values():
            self.add_widget(turned)
        self.bind(size=self.arrange, pos=self.arrange)

    def arrange(self, *_: object) -> None:
        app, gap = self.app, 8 * self.app.u
        prefs = app.session.prefs
        near, far = (2, 1) if prefs.swapped else (1, 2)
        stacked = app.portrait or bool(prefs.lies_flat)
        wide = self.width if stacked else (self.width - gap) / 2
        high = (self.height - gap) / 2 if stacked else self.height
        for player, x, y in (
            (near, self.x, self.y),
            (far, self.x, self.y + high + gap) if stacked else (far, self.x + wide + gap, self.y),
        ):
            self._turned[player].place(x, y, wide, high, app.faces_away(player))
