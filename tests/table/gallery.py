"""
Each screen of the table's app at each size: ``python -m tests.table.gallery FOLDER``, to look at.

A picture is ``<screen>-<width>x<height>-<dark|light>-<standing|flat>-<language>.png``. What does
not fit is said.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from ..system.server import ServerProcess
from .kit import TableProcess, needs_table
from .scenes import SCENES, WIFI, Dress, Viewer, dresses

SIZES = [(800, 480), (1024, 600), (1280, 720), (1920, 1080), (480, 800), (600, 1024)]
THEMES: tuple[str, ...] = ("dark", "light")
LANGUAGES: tuple[str, ...] = ("en", "de")
FLATS: tuple[bool, ...] = (False, True)


class Gallery(Viewer):
    """:param folder: where the pictures are put"""

    def __init__(self, folder: Path, worn: list[Dress], *, long: bool = False) -> None:
        super().__init__(worn, long=long)
        self._folder = folder

    def look(self, name: str) -> None:
        label = f"{name}-{self.dress}"
        self.table.shot(self._folder / f"{label}.png")
        for fault in self.table.ask("misfits"):
            print(f"{label}: {fault}", flush=True)


def main() -> None:
    asked = argparse.ArgumentParser(description="Pictures of each screen, at each size.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--quick", action="store_true", help="English, dark, standing")
    asked.add_argument("--long", action="store_true", help="names as long as may be")
    asked.add_argument("--only", default="", help=", ".join(s.__name__ for s in SCENES))
    asked.add_argument("--size", default="", help="one of them, as 800x480")
    told = asked.parse_args()
    needs_table()
    some = 1 if told.quick else 2
    try:
        for size in SIZES:  # a window that is made larger or smaller later is drawn otherwise
            if told.size not in ("", f"{size[0]}x{size[1]}"):
                continue
            worn = dresses([size], THEMES[:some], LANGUAGES[:some], FLATS[:some])
            pictures(Gallery(told.folder, worn, long=told.long), told.only)
    finally:
        TableProcess.kill_since(0)


def pictures(viewer: Viewer, only: str = "") -> None:
    """All scenes, with a server of their own: it keeps 20 unfinished games and no more."""
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        (home / "server").mkdir()
        server = ServerProcess(home / "server", *WIFI).start()
        try:
            for scene in SCENES:
                if only in ("", scene.__name__):
                    scene(viewer, server, home)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
