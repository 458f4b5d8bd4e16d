"""
A match at the table with everything that can happen to it: phones that press too, a server and a
screen that are killed, a link that is cut. Real processes, real sockets, real pixels.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ..chaos.long import times
from ..pages.kit import Table, Wire
from ..system.needs import needs
from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")

DOWN = {"clock": "down-90"}
LIBRARY = "/usr/$LIB/faketime/libfaketimeMT.so.1"
STEP_S = 3600
OFF_MS = 100.0


def link(game: Table, place: str = "host", root: str = "") -> str:
    """The link of a place, as its QR code has it."""
    return f"{root or game.server.http}/#g={game.game_id}&p={place}&k={game.key(place)}"


def screen_of(folder: Path, game: Table, root: str = "", **more: Any) -> TableProcess:
    """The table's screen, which becomes the host of a match by its link."""
    return TableProcess(folder, link(game, root=root), **more)


def spent(talker: Talker) -> tuple[int, int]:
    """What both clocks have used up, as the server says now."""
    state = talker.state()
    clock = state["clock"]
    shown = [clock["p1_ms"], clock["p2_ms"]]
    budget = clock["rules"]["budget_ms"]
    return budget - shown[0], budget - shown[1]


def test_a_whole_match(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    """Table and both phones take turns; the server and the screen are killed on the way."""
    game = opened.enter_context(Table(server, options=DOWN))
    screen = opened.enter_context(screen_of(tmp_path / "table", game))
    phones = {n: game.talker(f"player:{n}") for n in (1, 2)}
    screen.wait_screen("play")
    expected = {1: 0, 2: 0}
    for turn in range(1, 11):
        player = 2 - turn % 2
        screen.wait(lambda p=player: screen.key(f"half:{p}:end"), f"turn {turn}")  # type: ignore[misc]
        if turn == 4:
            server.kill()
            screen.wait_shown("Offline since")
            server.start()
            phones = {n: game.talker(f"player:{n}") for n in (1, 2)}
            screen.wait(lambda: screen.about["live"], "to be live again")
        if turn == 6:
            screen.restart()
            screen.wait_screen("play")
            assert screen.about["game_id"] == game.game_id
        if turn % 3 == 0:  # from his phone
            score = {"player": player, "category": "secondary", "delta": 3}
            phones[player].do("score_update", score, game_id=game.game_id)
            phones[player].do("turn_change", {"turn": turn}, game_id=game.game_id)
            expected[player] += 3
        else:
            screen.tap(f"half:{player}:end")
            screen.tap(f"entry:{player}:secondary", f"entry:{player}:4")
            screen.tap(f"entry:{player}:set")
            screen.tap(f"entry:{player}:finish")
            expected[player] += 4
    screen.wait_screen("over")
    screen.wait_shown(str(expected[1]), str(expected[2]))
    for player in (1, 2):
        screen.tap(f"over:sign:{player}")
    screen.wait(lambda: (screen.state or {}).get("status") == "signed")
    final = screen.state
    assert final is not None
    totals = {p["player"]: p["score"] for p in final["scores"]["players"]}
    assert totals == expected
    fresh = game.talker("observer")
    seen = fresh.state()["scores"]["players"]
    assert {p["player"]: p["score"] for p in seen} == expected


def test_the_first_press_wins(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    """A phone and the table press for the same run of the clock: it passes once."""
    game = opened.enter_context(Table(server, options=DOWN))
    screen = opened.enter_context(screen_of(tmp_path / "table", game))
    phones = {n: game.talker(f"player:{n}") for n in (1, 2)}
    screen.wait_screen("play")
    for _ in range(8):
        clock = phones[1].state()["clock"]
        side, run = clock["side"], clock["run"]
        screen.wait(lambda s=side: (screen.seen or {}).get("side") == s)  # type: ignore[misc]
        phones[side].say("timer_update", {"op": "switch", "run": run, "player": side})
        screen.ask("tap", keys=[f"half:{side}:clock"])
        screen.wait(lambda: screen.about["waiting"] == 0)
        after = phones[1].state()["clock"]
        assert (after["side"], after["run"]) == (3 - side, run + 1)
        time.sleep(0.35)  # a second press within 0.3 s is taken for a bounce


@pytest.mark.parametrize(("place", "halves"), [("player:1", {1}), ("observer", set())])
def test_a_screen_offers_what_it_may(
    place: str, halves: set[int], tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    """A player's screen presses for him alone, an observer's for nobody."""
    game = opened.enter_context(Table(server, options=DOWN))
    role = place.partition(":")[0]
    own = TableProcess(tmp_path / "table", "--role", role, link(game, place))
    screen = opened.enter_context(own)
    screen.wait_screen("play")
    screen.wait(lambda: screen.about["live"])
    for player in (1, 2):
        assert screen.can_tap(f"half:{player}:cp:plus") is (player in halves)
        assert (screen.key(f"half:{player}:end") is not None) is (player in halves)
    run = game.state()["clock"]["run"]
    screen.ask("tap", keys=["half:1:clock"])
    if 1 in halves:
        screen.wait(lambda: (screen.seen or {}).get("side") == 2)
    screen.ask("tap", keys=["half:2:clock"])
    screen.frames(3)
    assert game.state()["clock"]["run"] == run + len(halves)


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_two_fingers_in_one_frame(
    order: tuple[int, int], tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    """Exactly one is the legal press; the other half says whose clock it is."""
    game = opened.enter_context(Table(server, options=DOWN))
    screen = opened.enter_context(screen_of(tmp_path / "table", game))
    screen.wait_screen("play")
    run = game.state()["clock"]["run"]
    screen.wait(lambda: (screen.seen or {}).get("side") == 1)
    screen.tap(*(f"half:{player}:clock" for player in order))
    screen.wait_shown("Anna’s clock is running")
    screen.wait(lambda: (screen.seen or {}).get("side") == 2)
    clock = game.state()["clock"]
    assert (clock["side"], clock["run"]) == (2, run + 1)


def test_the_table_goes_on_while_its_link_is_cut(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    """Presses made meanwhile are honoured: each pays for his own time, and for nothing else."""
    game = opened.enter_context(Table(server, options=DOWN))
    wire = opened.enter_context(Wire(server))
    screen = opened.enter_context(screen_of(tmp_path / "table", game, wire.http))
    screen.wait_screen("play")
    screen.wait(lambda: screen.about["live"])
    game.host.close()  # the table's screen alone is the match's clock
    wire.cut()
    screen.wait_shown("Offline since", "the clock runs here, scores wait")
    whole, part = times(6.0, 120.0), times(2.0, 40.0)
    began = time.monotonic()
    for player, until in ((1, part), (2, 2 * part)):
        time.sleep(max(0.0, began + until - time.monotonic()))
        screen.tap(f"half:{player}:clock")
        screen.wait(lambda p=player: (screen.seen or {}).get("side") == 3 - p)  # type: ignore[misc]
    screen.tap("half:1:cp:plus")
    time.sleep(max(0.0, began + whole - time.monotonic()))
    here = screen.seen
    assert here is not None
    wire.mend()
    screen.wait(lambda: screen.about["live"] and not screen.about["waiting"], "to be back")
    there = screen.seen
    assert there is not None
    assert (there["side"], there["running"], there["paused"]) == (1, True, [])
    passed = there["local"] - here["local"]
    assert there["shown"][0] == pytest.approx(here["shown"][0] - passed, abs=OFF_MS)
    assert there["shown"][1] == pytest.approx(here["shown"][1], abs=OFF_MS)
    watcher = game.talker("observer")
    _, other = spent(watcher)
    assert other == pytest.approx(part * 1000, abs=1500), "the second's time is the second's"
    cp = watcher.state()["scores"]["players"][0]["cp"]
    assert cp == 2, "what waited counts, too"


def test_two_versions_of_what_was_pressed(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    """Somebody else presses while the table is cut off and presses, too: the clock waits."""
    game = opened.enter_context(Table(server, options=DOWN))
    wire = opened.enter_context(Wire(server))
    screen = opened.enter_context(screen_of(tmp_path / "table", game, wire.http))
    phone = game.talker("player:1")
    screen.wait_screen("play")
    screen.wait(lambda: screen.about["live"])
    wire.cut()
    screen.wait_shown("Offline since")
    screen.tap("half:1:clock")
    run = phone.state()["clock"]["run"]
    phone.do("timer_update", {"op": "switch", "run": run, "player": 1}, game_id=game.game_id)
    wire.mend()
    screen.wait_shown("pressed in two places")
    screen.wait_shown("PAUSED · two versions")
    screen.tap("notice:contested:0")
    screen.wait(lambda: (screen.seen or {}).get("running"), "to go on")


def test_a_step_of_the_wall_clock_moves_no_clock(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    needs("faketime")
    step = tmp_path / "step"
    step.write_text("+0")
    environment = {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(step),
        "FAKETIME_NO_CACHE": "1",
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    game = opened.enter_context(Table(server, options=DOWN))
    screen = opened.enter_context(screen_of(tmp_path / "table", game, environment=environment))
    screen.wait_screen("play")
    screen.wait(lambda: screen.about["live"])
    frame = game.host.do("game_state", game_id=game.game_id)["data"]
    clock = frame["state"]["clock"]
    before = time.monotonic() * 1000
    beat = game.host.do("heartbeat", {"t0": 0})["data"]["now"]
    after = time.monotonic() * 1000
    offset = beat - (before + after) / 2
    for seconds in (0, STEP_S, -STEP_S):
        step.write_text(f"{seconds:+}")
        until = time.monotonic() + times(2.5, 30.0)
        while time.monotonic() < until:
            seen = screen.seen
            assert seen is not None
            true = clock["p1_ms"] - (seen["local"] + offset - clock["at"])
            assert seen["shown"][0] == pytest.approx(true, abs=OFF_MS)
            assert screen.about["live"], f"it had to connect again after {seconds:+} s"
            screen.frames(1)  # and is it drawn?
            time.sleep(0.1)
