"""Text on a terminal: how wide it is, how it is cut to fit, what colour it has. Pure."""

from __future__ import annotations

from typing import Literal
from unicodedata import combining, east_asian_width

_CODES = {
    "bold": "1",
    "dim": "2",
    "reverse": "7",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "one": "96",
    "two": "93",
}
"""Plain ANSI; ``one`` and ``two`` are the players' colours."""


class Ink:
    """Colours words, or leaves them as they are. Colour never says what words do not."""

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, *styles: str) -> str:
        codes = ";".join(_CODES[style] for style in styles if style)
        return f"\x1b[{codes}m{text}\x1b[0m" if self.on and codes and text.strip() else text


def width(text: str) -> int:
    """Columns that *text* takes; it must hold no escape sequences."""
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


def fit(text: str, columns: int, side: Literal["left", "right", "centre"] = "left") -> str:
    """*text* in exactly so many columns: cut with an ellipsis, or filled with spaces."""
    if width(text) > columns:
        kept = ""
        for sign in text:
            if width(kept + sign) > columns - 1:
                break
            kept += sign
        text = f"{kept}…" if columns > 0 else ""
    room = max(0, columns - width(text))
    if side == "right":
        return " " * room + text
    left = room // 2 if side == "centre" else 0
    return " " * left + text + " " * (room - left)


def printable(text: str) -> str:
    """*text* without any sign that could move the cursor or turn the direction of writing."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


_DOTS = {
    "0": "### #.# #.# #.# ###",
    "1": ".#. ##. .#. .#. ###",
    "2": "### ..# ### #.. ###",
    "3": "### ..# ### ..# ###",
    "4": "#.# #.# ### ..# ..#",
    "5": "### #.. ### ..# ###",
    "6": "### #.. ### #.# ###",
    "7": "### ..# ..# ..# ..#",
    "8": "### #.# ### #.# ###",
    "9": "### #.# ### ..# ###",
    ":": ". # . # .",
    ".": ". . . . #",
    "-": "... ... ### ... ...",
    "\N{MINUS SIGN}": "... ... ### ... ...",
    " ": "... ... ... ... ...",
}
_HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}


def large(text: str) -> tuple[str, str, str]:
    """Digits and signs of time three lines high, three columns each, one between."""
    glyphs = [_DOTS.get(sign, _DOTS["-"]).split() for sign in text]
    lines = []
    for top in (0, 2, 4):
        parts = []
        for rows in glyphs:
            below = rows[top + 1] if top < 4 else "." * len(rows[0])
            parts.append("".join(_HALVES[a + b] for a, b in zip(rows[top], below, strict=True)))
        lines.append(" ".join(parts))
    return lines[0], lines[1], lines[2]
