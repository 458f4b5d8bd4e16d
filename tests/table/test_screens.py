"""The screens before play, by taps: from the first start to "Start", and between rounds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import segno
import zxingcpp
from PIL import Image
from websockets.exceptions import ConnectionClosedError

from ..pages.kit import Table
from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import FIRST, TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")

LEAST_PIXELS = 3
"""Of a module: what the camera of an old phone tells apart at arm's length."""
WIFI = ("--wifi-ssid", "Hall", "--wifi-password", "rollhigh66")
LONG_NAME = "Maximiliane von und zu Hohenstein-Breiten"[:40]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    folder = tmp_path / "box"
    folder.mkdir()
    server = ServerProcess(folder, *WIFI).start()
    yield server
    server.stop()
    assert "Traceback" not in server.log, server.log


def gather(screen: TableProcess) -> None:
    """Make a match of the rules that are offered first."""
    screen.tap("choose:new")
    screen.tap("new:create")
    screen.wait_screen("gather")
    screen.wait(lambda: len(codes(screen)) == 2, "for the codes")


def codes(screen: TableProcess) -> list[str]:
    """The typed codes of both players, as they are shown."""
    typed = [t.replace("\n", "").replace(" ", "") for t in screen.texts()]
    return [t for t in typed if len(t) == 8 and t.isalnum() and t.isupper()]


def scanned(picture: Path) -> dict[str, float]:
    """The QR codes in a picture, with the pixels of a module of each."""
    found = {}
    for code in zxingcpp.read_barcodes(Image.open(picture).convert("L")):
        corners = code.position
        wide = abs(corners.top_right.x - corners.top_left.x) + 1
        modules = segno.make(code.text, error="l", micro=False).symbol_size(border=0)[0]
        found[code.text] = wide / modules
    return found


def words(state: dict[str, Any] | None, player: int, what: str) -> Any:
    assert state is not None
    return state["players"][player - 1][what]


def test_the_first_start_asks_and_the_address_leads_to_the_box(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    screen = opened.enter_context(TableProcess(tmp_path / "table", prefs=None))
    screen.tap("welcome:de")
    screen.wait_shown("Willkommen")
    screen.tap("welcome:flat")
    screen.wait(lambda: screen.prefs["lies_flat"], "to be kept")
    assert screen.prefs["language"] == "de"
    screen.tap("find:address")
    for sign in ":/":
        screen.tap(f"type:{sign}")
    screen.tap("type:done")
    screen.wait_shown("Eine Adresse sieht so aus")
    assert screen.screen == "find"
    screen.tap("find:address")
    for sign in f"127.0.0.1:{server.port}":
        screen.tap(f"type:{sign}")
    screen.tap("type:done")
    screen.wait_screen("choose")
    screen.wait_shown("Neues Spiel", f"127.0.0.1:{server.port}")
    screen.restart()
    screen.wait_screen("choose")
    assert screen.key("welcome:flat") is None


def test_from_codes_to_the_start(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    screen = opened.enter_context(TableProcess(tmp_path / "table", server.url, prefs=FIRST))
    gather(screen)
    phone = opened.enter_context(Talker(server.url))
    phone.connect(code=codes(screen)[0], client_type="player")
    held = screen.wait(lambda: (screen.state or {})["devices"][1:], "for the phone")
    player = held[0]["player"]
    other = 3 - player
    screen.wait_shown("Scanned, says the name")
    phone.do("setup", {"op": "profile", "name": "Anna"}, game_id=phone.game_id)
    screen.wait_shown("Anna", "Scanned, not ready yet")
    phone.do("setup", {"op": "ready"}, game_id=phone.game_id)
    screen.wait_shown("Not ready yet")
    # Who has no phone is named here.
    screen.tap(f"gather:name:{other}")
    screen.type("Li")
    screen.wait_shown("Plays from the table")
    screen.tap(f"gather:faction:{other}")
    screen.type("Orks")
    screen.wait(lambda: words(screen.state, other, "faction") == "Orks", "for the faction")
    screen.tap(f"gather:ready:{other}")
    screen.wait_screen("setup")
    roll_until_won(screen)
    chooser = (screen.state or {})["setup"]["chooser"]
    assert not screen.key(f"step:choose:{3 - chooser}:attacker")
    screen.tap(f"step:choose:{chooser}:defender")
    screen.wait_shown("Roll off: who takes the first turn")
    screen.tap(f"step:won:{other}")
    screen.wait_shown("Li won and chooses")
    screen.tap(f"step:choose:{other}:first")
    screen.wait_screen("ready")
    attacker = "Li" if chooser == player else "Anna"
    screen.wait_shown("Li starts", f"{attacker} attacks", "Warhammer 40,000")
    screen.tap("ready:other")
    screen.wait_shown("Anna starts")
    screen.tap("ready:start")
    screen.wait_screen("play")
    seen = screen.seen
    assert seen is not None
    assert seen["active"] == player
    assert screen.prefs["ruleset"] == "wh40k-11e"


def roll_until_won(screen: TableProcess) -> None:
    """Both roll, each by his own key, until it is no tie."""
    while (screen.state or {})["setup"]["kind"] == "roll":
        for player in (1, 2):
            screen.tap(f"step:roll:{player}")
            screen.wait(lambda p=player: not screen.key(f"step:roll:{p}") or tied(screen))  # type: ignore[misc]


def tied(screen: TableProcess) -> bool:
    return bool((screen.state or {})["setup"]["tied"])


@pytest.mark.parametrize(
    ("window", "prefs"),
    [
        ("800x480", {"lies_flat": False}),
        ("800x480", {"lies_flat": True, "theme": "light"}),
        ("480x800", {"lies_flat": False, "language": "de"}),
    ],
)
def test_every_code_on_the_screen_is_scanned_and_no_word_is_cut(
    window: str, prefs: dict[str, Any], tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    table = TableProcess(tmp_path / "table", server.url, window=window, prefs=FIRST | prefs)
    screen = opened.enter_context(table)
    gather(screen)
    game = opened.enter_context(Talker(server.url))
    game_id = screen.about["game_id"]
    game.connect(code=codes(screen)[0], client_type="player")
    game.do("setup", {"op": "profile", "name": LONG_NAME}, game_id=game_id)
    screen.wait_shown(LONG_NAME)
    assert screen.ask("misfits") == []
    found = scanned(screen.shot(tmp_path / "gather.png"))
    links = [text for text in found if text.startswith(screen.about["box"]["address"])]
    assert {f"WIFI:T:WPA;S:{WIFI[1]};P:{WIFI[3]};;", *links} == set(found)
    assert len(links) == 3
    assert all(f"g={game_id}" in link for link in links)
    assert min(found.values()) >= LEAST_PIXELS - 0.1, found


def test_a_dead_phone(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    game = opened.enter_context(Table(server))
    phone = opened.enter_context(game.talker("player:2"))
    link = f"{server.http}/#g={game.game_id}&k={game.key('host')}"
    screen = opened.enter_context(TableProcess(tmp_path / "table", link))
    screen.wait_screen("play")
    screen.tap("half:2:phone")
    screen.wait_shown("Marek", "Phone here")
    before = scanned(screen.shot(tmp_path / "way.png"))
    screen.tap("ways:fresh")
    screen.tap("ask:yes")
    fresh = screen.wait(
        lambda: (now := scanned(screen.shot(tmp_path / "way.png"))).keys() - before.keys() and now,
        "for another code",
    )
    assert len(fresh) == len(before)
    screen.tap("ways:take")
    screen.tap("ask:yes")
    screen.wait(lambda: len((screen.state or {})["devices"]) == 2, "for it to be taken back")
    with pytest.raises(ConnectionClosedError, match="4403"):
        phone.hear_until(lambda _: False)
    screen.tap("ways:here")
    screen.tap("half:2:cp:plus")
    screen.wait(lambda: (screen.state or {})["scores"]["players"][1]["cp"] == 2, "to count")


def test_between_rounds(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    game = opened.enter_context(Table(server, ruleset="aos"))
    link = f"{server.http}/#g={game.game_id}&k={game.key('host')}"
    screen = opened.enter_context(TableProcess(tmp_path / "table", link))
    screen.wait_screen("play")
    for _ in range(2):
        game.do("turn_change", {})
    screen.wait_shown("Priority roll")
    roll_until_won(screen)
    chooser = (screen.state or {})["setup"]["chooser"]
    screen.tap(f"step:choose:{chooser}:second")
    screen.wait(lambda: (s := screen.seen) and s["active"] == 3 - chooser, "for the round")
    screen.wait(lambda: not screen.key(f"step:choose:{chooser}:second"), "to play on")


def test_little_time_is_left_between_rounds(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    clock = {"mode": "down", "budget_ms": 200_000, "new_round_min_ms": 300_000}
    game = opened.enter_context(Table(server, options={"clock": clock}))
    link = f"{server.http}/#g={game.game_id}&k={game.key('host')}"
    screen = opened.enter_context(TableProcess(tmp_path / "table", link))
    screen.wait_screen("play")
    for _ in range(2):
        game.do("turn_change", {})
    screen.wait_shown("Neither has 5 min")
    assert screen.can_tap("between:stop:1")
    assert screen.can_tap("between:next:2")
    screen.tap("between:next:1")
    screen.wait(lambda: (s := screen.seen) and s["active"] == 1, "for the round")
    for _ in range(2):
        game.do("turn_change", {})
    screen.tap("between:stop:1")
    screen.wait_shown("Anna would stop here", "Agree: stop here")
    assert screen.key("between:stop:1") is None
    screen.tap("between:stop:2")
    screen.wait_screen("over")


def test_a_screen_of_nobodys(tmp_path: Path, server: ServerProcess, opened: ExitStack) -> None:
    game = opened.enter_context(Table(server, names=("Anna", "Marek"), table="Table 4"))
    screen = opened.enter_context(TableProcess(tmp_path / "tv", "--role", "observer", server.url))
    screen.wait_shown("Anna – Marek", "Table 4 · Round 1 of 5")
    assert screen.key("choose:new") is None
    screen.tap("choose:game:0")
    screen.wait_screen("play")
    game.do("score_update", {"player": 1, "category": "secondary", "round": 1, "value": 7})
    screen.wait_shown("7")
    assert screen.about["rights"] == []


def test_where_the_organiser_makes_the_matches(
    tmp_path: Path, server: ServerProcess, opened: ExitStack
) -> None:
    olga = opened.enter_context(Talker(server.url))
    key = server.log.split("#k=")[1].split()[0]
    olga.connect(game_id="venue", key=key)
    olga.do("settings_update", {"key": "hosting", "value": "organiser"}, game_id="venue")
    screen = opened.enter_context(TableProcess(tmp_path / "table", server.url))
    screen.tap("choose:new")
    screen.wait_shown("Here the organiser makes the matches")
    create = screen.key("new:create")
    assert create is not None
    assert create["disabled"]
