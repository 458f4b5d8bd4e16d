"""The picture of the table's screen in the documents: ``python -m tests.table.picture``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from ..pages.pictures import IMAGES, match
from ..system.server import ServerProcess
from .kit import TableProcess, needs_table

GAP = 20
"""Pixels between the two pictures, transparent."""


def main() -> None:
    """Standing before both players, and lying flat between them."""
    needs_table()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "box").mkdir()
        server = ServerProcess(folder / "box").start()
        try:
            with match(server) as game, TableProcess(folder / "t", game.url("host")) as table:
                phone = game.talker("player:2")
                table.wait_screen("play")
                table.wait_shown("Phone here")
                table.wait(lambda: table.key("half:1:undo") is None, "for nothing to be offered")
                shots = []
                for name, flat in (("standing", False), ("flat", True)):
                    table.ask("wear", lies_flat=flat)
                    table.wait(lambda: table.key("half:1:end"))
                    table.frames(5)
                    shots.append(Image.open(table.shot(folder / f"{name}.png")).convert("RGBA"))
                phone.close()
        finally:
            server.stop()
    beside(*shots).save(IMAGES / "table.png", optimize=True)


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Both, one beside the other."""
    size = left.width + GAP + right.width, max(left.height, right.height)
    whole = Image.new("RGBA", size, (0, 0, 0, 0))
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width + GAP, 0))
    return whole


if __name__ == "__main__":
    main()
