"""On a screen that lies flat, what is put to a player faces him, and no colour is left behind."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from ..pages.kit import Table
from ..system.server import ServerProcess
from .kit import FIRST, TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")

FLAT = {**FIRST, "lies_flat": True}
GROUND = {"dark": 0x12151A, "light": 0xF1EFE9}


@pytest.fixture
def game(server: ServerProcess, opened: ExitStack) -> Table:
    return opened.enter_context(Table(server))


@pytest.fixture
def screen(tmp_path: Path, game: Table, opened: ExitStack) -> TableProcess:
    """It lies between the two players of the match."""
    found = opened.enter_context(TableProcess(tmp_path / "table", game.url("host"), prefs=FLAT))
    found.wait_screen("play")
    return found


def places(screen: TableProcess, name: str) -> list[tuple[float, float]]:
    """The middle of each key whose name ends so."""
    rects = [key["rect"] for key in screen.ask("keys") if key["key"].endswith(name)]
    return [((r[0] + r[2]) / 2, (r[1] + r[3]) / 2) for r in rects]


def test_a_proposal_faces_who_has_to_answer(game: Table, screen: TableProcess) -> None:
    for proposes in (1, 2):
        game.do("propose", {"kind": "draw", "player": proposes})
        at = game.state()["proposals"][0]["at_version"]
        yes, no = f"notice:proposal:{at}:0", f"notice:proposal:{at}:1"
        screen.wait(lambda key=yes: screen.key(key), "for the question")  # type: ignore[misc]
        screen.frames(2)
        ((x, y),), ((x_no, _),) = places(screen, yes), places(screen, no)
        turned = x > x_no  # for him who reads it, yes stands before no
        assert turned is (proposes == 1), "the far one is asked by the near one"
        pause = screen.key("play:pause")
        assert pause is not None
        assert (y > pause["rect"][3]) is turned, "and it lies before him"
        screen.tap(no)
        screen.wait(lambda: not (screen.state or {})["proposals"], "for the answer")


def test_what_is_for_both_is_there_for_each(game: Table, screen: TableProcess) -> None:
    game.do("judge_call", {"op": "call", "note": "Dice"})
    screen.wait(lambda: len(places(screen, "notice:judge:0")) == 2, "for both")
    screen.ask("wear", lies_flat=False)
    screen.wait(lambda: len(places(screen, "notice:judge:0")) == 1, "for one")


def test_between_rounds_each_half_asks_its_own_player(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    clock = {"mode": "down", "budget_ms": 200_000, "new_round_min_ms": 300_000}
    game = opened.enter_context(Table(server, options={"clock": clock}))
    table = TableProcess(tmp_path / "table", game.url("host"), prefs=FLAT)
    screen = opened.enter_context(table)
    screen.wait_screen("play")
    for _ in range(2):
        game.end_turn()
    screen.wait(lambda: screen.key("between:next:2"), "for the question")
    screen.frames(2)
    for player, far in ((1, False), (2, True)):
        ((stop, y),), ((on, _),) = (
            places(screen, f"between:{what}:{player}") for what in ("stop", "next")
        )
        assert (y > 240) is far
        assert (stop > on) is far
        assert screen.key(f"half:{player}:clock"), "the clock stays"


def test_the_strip_changes_its_colours_with_the_rest(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    game = opened.enter_context(Table(server))
    screen = opened.enter_context(TableProcess(tmp_path / "table", game.url("host")))
    screen.wait_screen("play")
    screen.wait(lambda: screen.about["live"])
    server.kill()
    screen.wait_shown("Offline since")
    for theme in ("light", "dark", "light"):
        screen.ask("wear", theme=theme)
        red, green, blue, _ = screen.ask("colour", begins="Offline since")
        shown = (round(red * 255) << 16) + (round(green * 255) << 8) + round(blue * 255)
        assert shown == GROUND[theme]


def test_what_lies_over_the_screen_is_turned_to_the_other_player(screen: TableProcess) -> None:
    """Menu and keyboard are opened from between the two; what comes out of them faces the same."""

    def far(key: str) -> bool:
        screen.wait(lambda: screen.key(key), key)
        screen.frames(2)
        return places(screen, key)[0][1] < 240  # such a key is at the top for him who reads it

    screen.tap("play:menu")
    assert not far("menu:close")
    screen.tap("sheet:turn")
    assert far("menu:close")
    screen.tap("menu:sheet")
    assert far("sheet:close")
    screen.tap("sheet:turn")
    assert not far("sheet:close")
    screen.tap("sheet:turn")
    screen.tap("sheet:close")
    screen.tap("play:judge")
    assert not far("type:1"), "it comes from nobody's side"
    screen.tap("sheet:turn")
    assert far("type:1")
    for key in ("type:O", "type:k", "type:done"):
        screen.tap(key)
    screen.wait(lambda: ((screen.state or {}).get("judge") or {}).get("note") == "Ok")
    screen.ask("wear", lies_flat=False)
    screen.tap("play:menu")
    screen.wait(lambda: screen.key("menu:close"))
    assert not screen.key("sheet:turn"), "all sit at one side"
