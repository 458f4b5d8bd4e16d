"""
Nothing on the table's screen is cut, covered or too small: each screen, with names as long as names
may be. ``GAMESYNC_LONG=1`` tries every size; else the smallest ones, in both languages.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from ..chaos.long import LONG
from ..pages.kit import Table
from ..system.server import ServerProcess
from .gallery import FLATS, LANGUAGES, SIZES
from .kit import TableProcess
from .scenes import LONG_NAMES, SCENES, WIFI, Dress, Scene, Viewer, before, dresses, playing

pytestmark = pytest.mark.usefixtures("needs_screen")

PANEL, UPRIGHT = (800, 480), (480, 800)
SHORT = [
    Dress(PANEL, "de", flat=False),
    Dress(UPRIGHT, "de", flat=True),
    Dress(PANEL, "en", flat=True),
    Dress(UPRIGHT, "en", flat=False),
]


class Measured(Viewer):
    """:ivar faults: all that does not fit, and where"""

    environment: ClassVar[dict[str, str]] = {"KIVY_GL_BACKEND": "mock"}  # pixels only cost time

    def __init__(self, worn: list[Dress]) -> None:
        super().__init__(worn, long=True)
        self.faults: list[str] = []

    @contextmanager
    def app(self, *args: Any, **more: Any) -> Iterator[TableProcess]:
        with super().app(*args, **more) as table:
            table.ask("hurry")
            yield table

    def look(self, name: str) -> None:
        self.table.frames()
        self.faults += [f"{name}-{self.dress}: {said}" for said in self.table.ask("misfits")]


@pytest.fixture
def folder() -> Iterator[Path]:
    """With a path no longer than people's, for it is shown."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("box"), *WIFI).start()
    ServerProcess.spawned.remove(server)  # it stays from test to test
    yield server
    server.stop()


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_everything_fits(scene: Scene, folder: Path, server: ServerProcess) -> None:
    # English is the shorter one: not everything needs to be seen in it each time.
    short = SHORT if scene in (before, playing) else SHORT[:2]
    viewer = Measured(dresses(SIZES, ("dark",), LANGUAGES, FLATS) if LONG else short)
    scene(viewer, server, folder)
    assert not viewer.faults, "\n".join(viewer.faults)


def test_what_does_not_fit_is_found(folder: Path, server: ServerProcess) -> None:
    """The measure itself, on a screen that is made too large for its window."""
    with (
        Table(server, names=LONG_NAMES) as match,
        TableProcess(folder / "table", match.url("host")) as table,
    ):
        table.wait_screen("play")
        assert table.ask("misfits") == []
        table.ask("swell", times=3.6)
        table.frames(3)
        found = table.ask("misfits")
        assert any("is cut" in each for each in found), found
        assert any("sticks out" in each for each in found), found
        assert any("lies over" in each for each in found), found
