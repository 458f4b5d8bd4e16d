"""The app from its first start to a rematch, by taps alone: real pixels against a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..pages.kit import Table, organiser
from ..system.certificates import Authority
from ..system.server import ServerProcess
from .kit import CannotTouch, TableProcess

pytestmark = pytest.mark.usefixtures("needs_screen")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = ServerProcess(tmp_path_factory.mktemp("box")).start()
    ServerProcess.spawned.remove(server)  # it stays from test to test
    yield server
    server.stop()


def state_of(screen: TableProcess) -> dict[str, Any]:
    state = screen.state
    assert state is not None
    return state


def status(screen: TableProcess) -> str:
    return str((screen.state or {"status": ""})["status"])


def test_from_the_first_start_to_a_rematch(tmp_path: Path, server: ServerProcess) -> None:
    with TableProcess(tmp_path / "table", prefs=None) as screen:
        screen.wait_screen("find")
        screen.tap("welcome:stands")
        screen.tap("find:address")
        for sign in f"127.0.0.1:{server.port}":
            screen.tap(f"type:{sign}")
        screen.tap("type:done")
        screen.wait_screen("choose")
        screen.tap("choose:new")
        screen.tap("new:create")
        screen.wait_screen("gather")
        for player, name in ((1, "Anna"), (2, "Marek")):
            screen.tap(f"gather:name:{player}")
            screen.type(name)
            screen.wait_shown(name)
        screen.tap("gather:skip:2")
        screen.wait_screen("play", "ready")
        if screen.screen == "ready":
            screen.tap("ready:start")
            screen.wait_screen("play")
        assert screen.wait(lambda: screen.seen and screen.seen["active"]) == 2
        screen.tap("play:menu")
        screen.tap("menu:ends")
        screen.tap("ends:complete")
        assert status(screen) == "playing", "not before it is confirmed"
        screen.tap("ask:yes")
        screen.wait_screen("over")
        screen.wait_shown("Draw")
        for player in (1, 2):
            screen.tap(f"over:sign:{player}")
        screen.wait(lambda: status(screen) == "signed", "for both signatures")
        first = screen.about["game_id"]
        screen.tap("over:swapped")
        screen.wait_screen("gather")
        assert screen.about["game_id"] != first
        names = [p["name"] for p in state_of(screen)["players"]]
        assert names == ["Marek", "Anna"], "they have changed sides"


def test_a_screen_without_a_camera_becomes_a_tables_by_its_code(
    tmp_path: Path, server: ServerProcess
) -> None:
    with Table(server, started=False) as game, organiser(server) as desk:
        add = {"op": "add", "name": "Table 7"}
        told = desk.do("table", add, game_id="venue")["data"]["detail"]
        with TableProcess(tmp_path / "table", server.url) as screen:
            screen.wait_screen("choose")
            screen.tap("choose:code")
            screen.wait_shown("this table’s own")
            for sign in told["code"]:
                screen.tap(f"type:{sign}")
            screen.tap("type:done")
            screen.wait_shown("Table 7")
            assert (screen.screen, screen.prefs["table"]) == ("choose", told["table"])
            put = {"op": "game", "table": told["table"], "game": game.game_id, "reason": "x"}
            desk.do("assign", put, game_id="venue")
            screen.wait_screen("gather")
            assert screen.about["game_id"] == game.game_id
            screen.restart()
            screen.wait_screen("gather")


def test_what_is_set_is_kept(tmp_path: Path, server: ServerProcess) -> None:
    """Language, colours, arrangement, light and sound, over a power cut."""
    Authority(tmp_path)
    table = tmp_path / "table"
    table.mkdir()
    (tmp_path / "authority.pem").rename(table / "venue.pem")
    (table / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nno\n")
    with TableProcess(table, server.url) as screen:
        screen.wait_screen("choose")
        screen.tap("choose:settings")
        screen.tap("set:language:de")
        screen.wait_shown("Einstellungen", "Bildschirm")
        screen.tap("set:theme:light")
        screen.tap("set:flat:yes")
        screen.tap("set:sides:swap")
        screen.tap("set:brightness:less")
        screen.tap("set:brightness:less")
        screen.wait_shown("80 %")
        screen.tap("set:sound:no")
        screen.tap("set:tab:saver")
        screen.tap("set:saver_after:more")
        screen.wait_shown("10 min")
        screen.tap("set:tab:box")
        screen.tap("set:trust:choose")
        assert not screen.key("trust:broken.pem"), "there is no certificate in it"
        screen.tap("trust:venue.pem")
        screen.wait_shown("Test authority")
        screen.tap("ask:yes")
        screen.wait(lambda: screen.prefs["ca_file"].endswith("venue.pem"))
        screen.wait_shown("venue.pem", "Fingerabdruck")
        screen.restart()
        screen.wait_screen("choose")
        prefs = screen.prefs
        wanted = {
            "language": "de", "theme": "light", "lies_flat": True, "swapped": True,
            "brightness": 80, "sound": False, "saver_seconds": 600,
        }  # fmt: skip
        assert {name: prefs[name] for name in wanted} == wanted
        screen.wait_shown("Neues Spiel")


def test_the_box_can_be_forgotten(tmp_path: Path, server: ServerProcess) -> None:
    with TableProcess(tmp_path / "table", server.url) as screen:
        screen.wait_screen("choose")
        screen.tap("choose:settings")
        screen.tap("set:tab:box")
        screen.tap("set:server:forget")
        screen.tap("ask:no")
        assert screen.prefs["server"]
        screen.tap("set:server:forget")
        screen.tap("ask:yes")
        screen.wait_screen("find")
        assert not screen.prefs["server"]


def test_the_menu_in_play(tmp_path: Path, server: ServerProcess) -> None:
    """Judge, dispute, names, options, who gives up: each reaches the match."""
    with (
        Table(server) as game,
        TableProcess(tmp_path / "table", game.url("host")) as screen,
    ):
        screen.wait_screen("play")
        screen.tap("play:menu")
        screen.tap("menu:judge")
        screen.type("Dice")
        screen.wait(lambda: (state_of(screen)["judge"] or {}).get("note") == "Dice")
        screen.tap("play:menu")
        screen.tap("menu:judge_cancel")
        screen.wait(lambda: state_of(screen)["judge"] is None)
        screen.tap("play:menu")
        screen.tap("menu:dispute")
        screen.type("CP")
        screen.wait(lambda: (state_of(screen)["dispute"] or {}).get("text") == "CP")
        screen.tap("play:menu")
        screen.tap("menu:dispute_close")
        screen.wait(lambda: state_of(screen)["dispute"] is None)
        screen.tap("play:menu")
        screen.tap("menu:names")
        screen.tap("names:faction:2")
        screen.type("Orks")
        screen.wait(lambda: state_of(screen)["players"][1]["faction"] == "Orks")
        screen.tap("play:menu")
        screen.tap("menu:settings")
        screen.tap("set:tab:match")
        screen.tap("set:pause_policy:choose")
        screen.tap("pause_policy:both")
        screen.wait(lambda: state_of(screen)["options"]["pause_policy"] == "both")
        screen.tap("set:need_signatures:yes")
        screen.wait(lambda: state_of(screen)["options"]["need_signatures"])
        screen.tap("set:close")
        screen.tap("play:menu")
        screen.tap("menu:propose")
        screen.tap("propose:draw")
        screen.tap("proposer:2")
        screen.wait(lambda: [p["player"] for p in state_of(screen)["proposals"]] == [2])
        screen.tap("play:menu")
        screen.tap("menu:sheet")
        screen.wait_shown("Primary", "Battle Ready")
        screen.tap("sheet:close")
        screen.tap("play:menu")
        screen.tap("menu:ends")
        screen.tap("ends:concede")
        screen.tap("concede:2")
        screen.wait_shown("Marek, do you concede?")
        screen.tap("ask:yes")
        screen.wait_screen("over")
        screen.wait_shown("Anna wins", "Marek: conceded")
        screen.tap("over:new")
        screen.wait_shown("Not signed by both")
        screen.tap("ask:no")
        screen.wait_screen("over")


def test_a_signature_is_for_what_was_shown(tmp_path: Path, server: ServerProcess) -> None:
    """A change voids it, and he is told; while something is disputed nobody signs."""
    with (
        Table(server) as game,
        TableProcess(tmp_path / "table", game.url("host")) as screen,
    ):
        game.score(1, "secondary", 5)
        game.do("game_end", {"op": "time_call"})
        screen.wait_screen("over")
        screen.tap("over:sign:1")
        screen.wait_shown("Anna has signed")
        assert screen.key("over:sign:1") is None
        game.score(1, "secondary", 3)
        screen.wait_shown("The sheet has changed since. Anna")
        screen.tap("over:points:2")
        screen.tap("entry:2:secondary")
        screen.tap("entry:2:4")
        screen.tap("entry:2:set")
        screen.wait(lambda: state_of(screen)["scores"]["players"][1]["score"] == 4)
        screen.tap("entry:2:finish")
        game.do("dispute", {"op": "open", "text": "Secondary was 5"})
        screen.wait_shown("Secondary was 5")
        assert screen.key("over:sign:1") is screen.key("over:sign:2") is None
        screen.tap("over:settled")
        screen.tap("over:sign:1", "over:sign:2")
        screen.wait(lambda: status(screen) == "signed")
        screen.tap("over:report")
        screen.wait_shown(f"?view=report#g={game.game_id}")


def test_the_first_touch_only_wakes(tmp_path: Path, server: ServerProcess) -> None:
    """Nobody plays: the score is shown; but never while a clock runs."""
    with (
        Table(server) as game,
        TableProcess(tmp_path / "table", game.url("host")) as screen,
    ):
        screen.wait_screen("play")
        screen.ask("idle", seconds=4_000)
        screen.frames(15)
        assert screen.screen == "play", "a clock runs"
        menu = screen.key("play:menu")
        assert menu is not None
        game.do("timer_update", {"op": "pause"})
        screen.wait_screen("saver")
        screen.wait_shown("Anna", "Marek", "Touch to wake")
        with pytest.raises(CannotTouch):
            screen.down("play:menu")
        left, bottom, right, top = menu["rect"]
        screen.tap_at((left + right) / 2, (bottom + top) / 2)
        screen.wait_screen("play")
        assert not screen.shows("Score sheet"), "the menu stays closed"
        screen.tap("play:menu")
        screen.wait_shown("Score sheet")


def test_pictures_and_the_score_take_turns(tmp_path: Path, server: ServerProcess) -> None:
    pictures = tmp_path / "table" / "pictures"
    pictures.mkdir(parents=True)
    (pictures / "a broken one.png").write_bytes(b"no picture")
    with TableProcess(tmp_path / "table", server.url) as screen:
        screen.wait_screen("choose")
        screen.shot(pictures / "b.png")
        screen.tap("choose:settings")
        screen.tap("set:tab:saver")
        screen.tap("set:pictures:choose")
        screen.wait_shown("2 pictures")
        screen.tap("pictures:pictures")
        screen.wait(lambda: screen.prefs["pictures"] == str(pictures))
        screen.ask("idle", seconds=400)  # and nobody has closed the settings
        screen.wait_screen("saver")
        screen.frames(15)
        assert screen.shows("Touch to wake"), "what cannot be read is left out"
        screen.ask("idle", seconds=32)
        screen.wait(lambda: not screen.texts(), "for the picture that can")
        screen.ask("idle", seconds=20)
        screen.wait_shown("Touch to wake")
