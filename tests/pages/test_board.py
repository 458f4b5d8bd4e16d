"""The scoreboard on a wall: one match, all tables, what the desk says; true, or said not to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import (
    Screens,
    Table,
    Wire,
    axe,
    live,
    organiser,
    overflow,
    page_url,
    shot,
    until,
    until_page,
)

DOWN = {"clock": {"mode": "down", "budget_ms": 5_400_000}}
SIZES = [(1920, 1080), (1366, 768), (3840, 2160), (1080, 1920)]
CLIPPED = """() => {
  const screen = document.querySelector("gs-board .board");
  const foot = screen.getBoundingClientRect().bottom + 1;
  return [...screen.querySelectorAll("h1, h2, p, td, th, gs-clock, li")]
    .filter((e) => { const b = e.getBoundingClientRect();
      const over = b.bottom > Math.min(foot, innerHeight + 1) || b.right > innerWidth + 1;
      return b.height && over; })
    .map((e) => e.outerHTML.slice(0, 120));
}"""


@pytest.fixture
def desk(server: ServerProcess) -> Iterator[Talker]:
    with organiser(server) as talker:
        talker.do("settings_update", {"key": "venue_name", "value": "Dice Tower"}, game_id="venue")
        yield talker


def venue(desk: Talker, type_: str, **data: Any) -> dict[str, Any]:
    """The detail of the ack to a command to the venue."""
    detail: dict[str, Any] = desk.do(type_, data, game_id="venue")["data"].get("detail", {})
    return detail


def place(desk: Talker, table: str, game: str) -> None:
    venue(desk, "assign", op="game", table=table, game=game, reason="test")


def side(page: Page, player: int) -> Any:
    return page.locator(f"gs-board .side.p{player}")


def test_a_match_on_the_wall(shared_server: ServerProcess, screen: Screens) -> None:
    with Table(shared_server, options=DOWN) as table:
        table.do("setup", {"op": "profile", "player": 1, "faction": "Adepta Sororitas"})
        page = live(screen(table.url("observer"), 1920, 1080))
        expect(page).to_have_title(re.compile("^Anna . Marek · gamesync$"))
        expect(page.get_by_role("heading", level=2)).to_have_text(["● Anna", "■ Marek"])
        expect(side(page, 1).locator(".faction")).to_contain_text("Adepta Sororitas")
        expect(page.locator(".middle")).to_have_text("Round 1 of 5")
        expect(page.locator(".headline")).to_have_text(re.compile("^Anna.s turn$"))

        table.score(1, "secondary", 8)
        expect(side(page, 1).locator(".score .number")).to_have_text("8")
        expect(side(page, 1).get_by_role("row", name="Secondary")).to_contain_text("8")
        table.do("score_update", {"player": 2, "cp": 4})
        expect(side(page, 2).locator(".cp")).to_contain_text("4 CP")

        # Whose turn and whose clock are two marks.
        expect(side(page, 1).locator(".turn-mark")).to_have_text("Turn")
        expect(side(page, 1).locator(".runs")).to_have_text("clock runs")
        table.do("timer_update", {"op": "switch"})
        expect(side(page, 2).locator(".runs")).to_have_text("clock runs")
        expect(side(page, 1).locator(".runs")).to_have_count(0)
        expect(side(page, 1).locator(".turn-mark")).to_have_text("Turn")
        expect(page.locator(".headline")).to_contain_text(re.compile("Marek.s clock runs"))
        assert axe(page) == []
        shot(page, "board")

        table.end_turn()
        expect(side(page, 2).locator(".turn-mark")).to_have_text("Turn")
        table.do("timer_update", {"op": "pause"})
        expect(page.locator(".headline.paused")).to_contain_text("at the table")
        table.do("timer_update", {"op": "resume"})
        table.do("judge_call", {"op": "call"})
        expect(page.locator(".headline.judge")).to_contain_text("Judge called")
        table.do("judge_call", {"op": "cancel"})
        table.do("game_end", {"op": "concede", "player": 2})
        expect(page.locator(".headline.won")).to_contain_text("Anna wins")
        expect(side(page, 1).locator(".turn-mark")).to_have_text("Winner")
        assert axe(page) == []


def test_every_size_and_the_longest_names(shared_server: ServerProcess, screen: Screens) -> None:
    names = ("<img src=x onerror=alert(1)> Barth", "Ж" * 38 + "🏰")
    clock = {"clock": {"mode": "down", "budget_ms": 40_000}}
    with Table(shared_server, names=names, options=clock) as table:
        table.score(1, "secondary", 40)
        page = live(screen(table.url("observer", lang="de"), *SIZES[0], dark=True))
        expect(side(page, 1).locator(".warning")).to_have_text("unter 1 min")
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            until_page(page, f"() => ({CLIPPED})().length === 0")
            assert overflow(page) == []
        assert axe(page) == []
        page.set_viewport_size({"width": 390, "height": 844})
        until(lambda: overflow(page) == [])
        shot(page, "board-phone-de-dark", whole=True)


def test_chess_has_no_score(shared_server: ServerProcess, screen: Screens) -> None:
    with Table(shared_server, ruleset="chess", names=("Magnus", "Vera")) as table:
        page = live(screen(page_url(shared_server, view="board", game=table.game_id), 1366, 768))
        expect(side(page, 1).locator(".faction")).to_contain_text("White")
        expect(side(page, 1).locator("gs-clock")).to_be_visible()
        assert page.locator(".score").count() == 0
        assert axe(page) == []


def test_set_up_is_shown(shared_server: ServerProcess, screen: Screens) -> None:
    with Table(shared_server, started=False) as table:
        page = live(screen(table.url("observer"), 1920, 1080))
        expect(page.locator(".headline")).to_have_text("Waiting for the players")
        table.do("setup", {"op": "ready", "player": 1})
        expect(side(page, 1).locator(".turn-mark")).to_contain_text("Ready")
        table.do("setup", {"op": "ready", "player": 2})
        expect(page.locator(".headline")).to_contain_text("Roll-off for attacker")


def test_a_game_that_is_not_there(shared_server: ServerProcess, screen: Screens) -> None:
    page = screen(page_url(shared_server, view="board", game="nothingthere"), 1280, 720)
    expect(page.get_by_role("heading", level=1)).to_have_text("Not shown here")


def test_all_tables(server: ServerProcess, desk: Talker, screen: Screens) -> None:
    tables = [venue(desk, "table", op="add", name=str(n))["table"] for n in (1, 2)]
    with (
        Table(server, names=("Anna", "Marek"), options=DOWN) as one,
        Table(server, names=("Li", "Sofia"), table="Bar", started=False) as two,
    ):
        place(desk, tables[0], one.game_id)
        page = live(screen(page_url(server, view="board"), 1920, 1080))
        expect(page.get_by_role("heading", level=1)).to_have_text("Dice Tower")
        expect(page.get_by_role("heading", level=2)).to_have_text(["Table 1", "Table 2", "Bar"])
        tiles = page.locator(".tile")
        expect(tiles.nth(1)).to_contain_text("Free")
        expect(tiles.nth(2)).to_contain_text("Waiting")
        one.score(1, "secondary", 7)
        expect(tiles.nth(0).locator(".p1 .score")).to_have_text("7")
        expect(tiles.nth(0).locator(".p1 .up")).to_contain_text("Turn")
        expect(tiles.nth(0).locator(".p1 gs-clock")).to_contain_text("1:2")
        assert axe(page) == []
        shot(page, "board-grid")
        whole = "() => [...document.querySelectorAll('.tile')].every("
        whole += (
            "(e) => e.scrollHeight <= e.clientHeight + 1 && e.scrollWidth <= e.clientWidth + 1)"
        )
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            until_page(page, whole)

        two.do("game_end", {"op": "void"})
        expect(tiles).to_have_count(2)
        venue(desk, "announce", op="add", text="Lunch in ten minutes")
        news = page.get_by_text("Lunch in ten minutes")
        expect(news).to_be_visible()
        announced = desk.do("game_state", game_id="venue")["data"]["state"]["announcements"][0]
        venue(desk, "announce", op="remove", announcement=announced["id"])
        expect(news).to_have_count(0)


def test_a_table_is_followed(server: ServerProcess, desk: Talker, screen: Screens) -> None:
    table = venue(desk, "table", op="add", name="7")["table"]
    address = page_url(server, view="board", table="7", qr="1")
    with Table(server, names=("Anna", "Marek")) as one, Table(server, names=("Li", "Tom")) as two:
        page = live(screen(address, 1366, 768))
        expect(page.locator(".idle")).to_contain_text("Table 7 is free")
        expect(page.get_by_role("img", name="Scan to play")).to_be_visible()
        assert axe(page) == []
        place(desk, table, one.game_id)
        expect(side(page, 1)).to_contain_text("Anna")
        expect(page.get_by_role("heading", level=1)).to_have_text("Table 7")
        expect(page.get_by_role("img", name="Watch on your phone")).to_be_visible()
        place(desk, table, two.game_id)
        expect(side(page, 1)).to_contain_text("Li")
        two.score(2, "secondary", 3)
        expect(side(page, 2).locator(".score .number")).to_have_text("3")


def test_a_display_shows_what_the_desk_says(
    server: ServerProcess, desk: Talker, screen: Screens
) -> None:
    tables = [venue(desk, "table", op="add", name=str(n))["table"] for n in (1, 2)]
    with Table(server, names=("Anna", "Marek")) as one, Table(server, names=("Li", "Tom")) as two:
        place(desk, tables[0], one.game_id)
        place(desk, tables[1], two.game_id)
        page = live(screen(page_url(server, view="board", display="Hall"), 1920, 1080))

        def displays() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = desk.do("game_state", game_id="venue")["data"]["state"][
                "displays"
            ]
            return found

        until(lambda: [d["name"] for d in displays()] == ["Hall"])
        display = displays()[0]["id"]
        expect(page.locator(".tile")).to_have_count(2)
        venue(desk, "display", op="show", display=display, kind="table", table=tables[1])
        expect(side(page, 1)).to_contain_text("Li")
        venue(desk, "display", op="show", display=display, kind="game", game=one.game_id)
        expect(side(page, 1)).to_contain_text("Anna")
        rotation = {"kind": "rotation", "tables": tables, "every_ms": 2_000}
        venue(desk, "display", op="show", display=display, **rotation)
        expect(page.locator(".middle")).to_contain_text("/2")
        for name in ("Anna", "Li", "Anna"):
            expect(side(page, 1)).to_contain_text(name)
        venue(desk, "round_clock", op="start", length_ms=3_600_000)
        venue(desk, "display", op="show", display=display, kind="round_clock")
        expect(page.locator(".digits")).to_contain_text("59:")
        assert axe(page) == []
        venue(desk, "round_clock", op="pause")
        expect(page.locator(".says")).to_contain_text("Paused")
        began = page.evaluate("performance.timeOrigin")
        venue(desk, "display", op="reload", display=display)
        until_page(page, "(began) => performance.timeOrigin !== began", began)
        expect(page.locator(".digits")).to_be_visible()
        assert len(displays()[0]["devices"]) == 1, "the same device after it was loaded anew"


def test_it_says_when_it_is_not_live_and_comes_back(server: ServerProcess, screen: Screens) -> None:
    screen.allow("net::ERR_(EMPTY_RESPONSE|CONNECTION)")
    with Table(server, options=DOWN) as table, Wire(server) as wire:
        page = live(screen(wire.by(table.url("observer")), 1920, 1080))
        expect(side(page, 1).locator("gs-clock")).to_have_attribute("data-live", "true")
        wire.cut()
        expect(page.locator("gs-status .stale")).to_contain_text("Reconnecting")
        expect(page.locator("main")).to_have_attribute("data-live", "false")
        expect(side(page, 1).locator("gs-clock")).to_have_attribute("data-live", "false")
        assert axe(page) == []
        table.score(1, "secondary", 5)
        wire.mend()
        live(page)
        expect(side(page, 1).locator(".score .number")).to_have_text("5")


def test_the_theme_and_the_pointer(shared_server: ServerProcess, screen: Screens) -> None:
    with Table(shared_server) as table:
        page = live(screen(table.url("observer", theme="dark"), 1280, 720))
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        cursor = "() => getComputedStyle(document.querySelector('gs-board')).cursor"
        until_page(page, f"() => ({cursor})() === 'none'")
        page.mouse.move(100, 100)
        until_page(page, f"() => ({cursor})() !== 'none'")
