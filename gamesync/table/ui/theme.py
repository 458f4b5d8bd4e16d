"""
Colours and type. Seats have a colour, a shape and a place; their colours (blue and amber) keep
apart in protanopia, deuteranopia and tritanopia, and are those of the pages.
"""

from __future__ import annotations

from pathlib import Path

from kivy.core.text import LabelBase
from kivy.event import EventDispatcher
from kivy.properties import ColorProperty
from kivy.resources import resource_find

PALETTES = {
    "dark": {
        "ground": "#12151a", "panel": "#1c2128", "raised": "#2a313b", "line": "#39414d",
        "ink": "#f1f2f4", "quiet": "#b3bac5", "p1": "#6db8ff", "p2": "#ffb14d",
        "p1_ground": "#10304f", "p2_ground": "#47300c", "on_p": "#0c1016", "good": "#7ad69b",
        "warn": "#f5cf62", "bad": "#ff9a90", "accent": "#f1f2f4", "accent_ink": "#12151a",
    },
    "light": {
        "ground": "#f1efe9", "panel": "#ffffff", "raised": "#e6e3da", "line": "#cbc7bb",
        "ink": "#1b1d21", "quiet": "#55524b", "p1": "#0a5ba8", "p2": "#8f4a00",
        "p1_ground": "#dfecfa", "p2_ground": "#fdead0", "on_p": "#ffffff", "good": "#1a6b3c",
        "warn": "#7a5200", "bad": "#a8201a", "accent": "#1b1d21", "accent_ink": "#ffffff",
    },
}  # fmt: skip

CONDENSED = "/usr/share/fonts/truetype/roboto/unhinted/RobotoCondensed-{}.ttf"
"""Debian's fonts-roboto-unhinted: narrower digits leave more height to the clock."""


class Theme(EventDispatcher):
    """The colours that are on; kv rules bind to them."""

    ground = ColorProperty()
    panel = ColorProperty()
    raised = ColorProperty()
    line = ColorProperty()
    ink = ColorProperty()
    quiet = ColorProperty()
    p1 = ColorProperty()
    p2 = ColorProperty()
    p1_ground = ColorProperty()
    p2_ground = ColorProperty()
    on_p = ColorProperty()
    good = ColorProperty()
    warn = ColorProperty()
    bad = ColorProperty()
    accent = ColorProperty()
    accent_ink = ColorProperty()

    def __init__(self, name: str = "dark") -> None:
        super().__init__()
        self.wear(name)

    def wear(self, name: str) -> None:
        """Change to the palette *name*."""
        palette = PALETTES[name]
        # What is in ink unless it is said otherwise follows the last colour that changed.
        for colour in ("ink", *palette):
            setattr(self, colour, palette[colour])

    def seat(self, player: int) -> list[float]:
        """The colour of a seat; of neither: the accent."""
        colour: list[float] = {1: self.p1, 2: self.p2}.get(player, self.accent)
        return colour


def register_fonts() -> None:
    """``Digits`` is for clocks and scores: condensed where the system has it."""
    bold, regular = (Path(CONDENSED.format(weight)) for weight in ("Bold", "Regular"))
    if bold.exists() and regular.exists():
        LabelBase.register("Digits", str(regular), fn_bold=str(bold))
    else:
        fonts = [resource_find(f"data/fonts/Roboto-{w}.ttf") for w in ("Regular", "Bold")]
        LabelBase.register("Digits", fonts[0], fn_bold=fonts[1])
