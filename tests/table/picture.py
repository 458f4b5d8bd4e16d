"""The picture of the table's screen in the documents: ``python -m tests.table.picture``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ..pages.pictures import IMAGES, match
from ..system.server import ServerProcess
from .kit import TableProcess, needs_table


def main() -> None:
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
                table.frames(10)
                table.shot(IMAGES / "table.png")
                phone.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
