"""
Draws ``terminal.svg``: the board of ``gamesync watch``, as it stands in a real match.

Run ``python docs/images/terminal.py``. A server is started, the demonstration plays at forty times
its speed, and what a terminal shows of round 3 is drawn.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path
from random import Random
from typing import Any
from xml.sax.saxutils import escape

from twisted.internet import task
from twisted.internet.defer import ensureDeferred

from gamesync.client.board import board
from gamesync.client.demo import Demo
from gamesync.client.ink import Ink, width
from gamesync.client.terminal import Terminal

TARGET = Path(__file__).with_suffix(".svg")
COLUMNS = 92
ROUND = 3
WIDE, HIGH = 9.0, 19.0
"""One cell, in pixels."""
EDGE = 16.0
PAPER, INK = "#14171c", "#d5d9e0"
COLOURS = {"31": "#f2777a", "32": "#8fc98b", "33": "#e5c07b", "96": "#6cc7e8", "93": "#f0c55a"}
_STYLED = re.compile(r"\x1b\[([0-9;]*)m")
_SHAPES = {
    "█": (0.0, 0.0, 1.0, 1.0),
    "▀": (0.0, 0.0, 1.0, 0.5),
    "▄": (0.0, 0.5, 1.0, 0.5),
    "│": (0.46, 0.0, 0.08, 1.0),
    "┃": (0.36, 0.0, 0.25, 1.0),
}
"""Signs that have to touch their neighbours: left, top, width and height in parts of a cell."""


def svg(lines: list[str]) -> str:
    """Lines with ANSI colours as a picture."""
    across, down = 2 * EDGE + COLUMNS * WIDE, 2 * EDGE + len(lines) * HIGH
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:g} {down:g}" role="img"',
        ' aria-label="The board of a match in a terminal">',
        f'<rect width="100%" height="100%" rx="8" fill="{PAPER}"/>',
        '<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="15"'
        ' xml:space="preserve">',
    ]
    for row, line in enumerate(lines):
        column, styles = 0, frozenset[str]()
        for number, piece in enumerate(_STYLED.split(line)):
            if number % 2:
                styles = frozenset(piece.split(";")) - {"0", ""}
            elif piece:
                parts += _run(piece, styles, EDGE + column * WIDE, EDGE + row * HIGH)
                column += width(piece)
    return "\n".join([*parts, "</g>", "</svg>", ""])


def _run(text: str, styles: frozenset[str], x: float, y: float) -> list[str]:
    paint = next((COLOURS[style] for style in styles if style in COLOURS), INK)
    look = f'fill="{paint}"'
    parts = []
    if "7" in styles:
        parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width(text) * WIDE:g}" height="{HIGH:g}"'
                     f" {look}/>")  # fmt: skip
        look = f'fill="{PAPER}"'
    if "2" in styles:
        look += ' opacity="0.6"'
    if "1" in styles:
        look += ' font-weight="bold"'
    for word in re.finditer(r"\S+(?: \S+)*", text):
        at = x + width(text[: word.start()]) * WIDE
        drawn = []
        for index, sign in enumerate(word[0]):
            if sign in _SHAPES:
                left, top, wide, high = _SHAPES[sign]
                drawn.append(
                    f"M{at + (index + left) * WIDE:.4g} {y + top * HIGH:.4g}"
                    f"h{wide * WIDE + 0.3:.3g}v{high * HIGH + 0.3:.3g}h-{wide * WIDE + 0.3:.3g}z"
                )
        if drawn:  # one path, so that cells that touch do not show it
            parts.append(f'<path d="{"".join(drawn)}" {look}/>')
        shown = "".join(" " if sign in _SHAPES else sign for sign in word[0])
        if shown.strip():
            parts.append(
                f'<text x="{at:g}" y="{y + 14.5:g}" textLength="{width(shown) * WIDE:g}"'
                f' lengthAdjust="spacingAndGlyphs" {look}>{escape(shown)}</text>'
            )
    return parts


async def _board(reactor: Any, url: str) -> list[str]:
    """What a terminal shows in the middle of a match."""
    found: list[str] = []
    match: list[str] = []
    demo = Demo(
        url, reactor=reactor, speed=40, random=Random(11), on_match=lambda id_, _: match.append(id_)
    )
    demo.startService()
    while not match:
        await task.deferLater(reactor, 0.05)
    options = argparse.Namespace(
        url=url, game=match[0], code=None, key=None, ca_file=None, plain=True
    )
    watching = Terminal(reactor, options, StringIO(), typing=False)
    running = ensureDeferred(watching.run())
    while not found:
        await task.deferLater(reactor, 0.02)
        state = watching.client.state or {}
        if state.get("turn", {}).get("round") == ROUND and state["scores"]["players"][1]["score"]:
            await task.deferLater(reactor, 0.35)
            found = board(watching.shown(), COLUMNS, Ink(True))
    watching.quit()
    await running
    await demo.stopService()
    return found


def main(reactor: Any) -> Any:
    folder = tempfile.mkdtemp()
    words = ["-n", "--pidfile=", "gamesync", "--ws-host", "127.0.0.1", "--ws-port", "0"]
    more = ["--limit", "commands_per_second=1000", "--limit", "match_commands_per_second=1000"]
    server = subprocess.Popen(
        [Path(sys.executable).with_name("twistd"), *words, *more],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    line = ""
    while "listening on" not in line:
        line = server.stdout.readline()
    url = f"ws://127.0.0.1:{int(line.split()[-1])}/"

    async def draw() -> None:
        try:
            TARGET.write_text(svg(await _board(reactor, url)), "utf-8")
        finally:
            server.kill()

    return ensureDeferred(draw())


if __name__ == "__main__":
    task.react(main)
