"""The lobby: what is on, a new game, a code from the table, the way back to one's place."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ..system.server import ServerProcess
from .kit import Screens, Table, axe, live, organiser, organiser_key, overflow, page_url, shot


def make_a_game(page: Page, *, key: str = "") -> None:
    """Fill in the form, and go on as the host."""
    page.get_by_role("button", name="Make a game").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Player 1").fill("Anna")
    form.get_by_label("Clock").select_option("down-90")
    form.get_by_label("Table (optional)").fill("Table 7")
    if key:
        form.get_by_label("Organiser’s key").fill(key)
    form.get_by_role("button", name="Make a game").click()


def test_games_are_listed_and_change_before_ones_eyes(
    server: ServerProcess, screen: Screens
) -> None:
    page = live(screen(page_url(server)))
    expect(page.get_by_text("No game is on.")).to_be_visible()
    with Table(server, names=("Anna", "Marek")) as table:
        game = page.locator("gs-lobby .game")
        expect(game).to_contain_text("Anna")
        expect(game).to_contain_text("Round 1")
        table.score(2, "secondary", 5)
        expect(game.locator(".p2 strong")).to_have_text("5")
        expect(game.locator(".p1 .tag")).to_have_text("turn")
        table.do("judge_call", {"op": "call"})
        expect(game).to_contain_text("Judge called")
        shot(page, "lobby")
        game.click()
        expect(page.locator("gs-board")).to_be_visible()


def test_a_game_is_made_and_its_maker_comes_back_to_it(
    server: ServerProcess, screen: Screens
) -> None:
    page = screen(page_url(server))
    make_a_game(page)
    expect(page.locator("gs-host .place .code")).to_have_count(3)
    expect(page.locator("gs-host .head")).to_contain_text("Table 7")
    assert "k=" not in page.url
    page.goto(page_url(server))
    page.get_by_role("link", name="Table: Anna – Player 2").click()
    expect(page.locator("gs-host .places")).to_be_visible()
    code = page.locator("[data-place='player:2'] .code").inner_text()

    phone = screen(page_url(server), 390, 844, touch=True)
    phone.get_by_label("Code from the table").fill(code.lower())
    phone.get_by_role("button", name="Join").click()
    expect(phone.locator("gs-seat")).to_be_visible()
    assert re.search(r"#g=[\w-]+&p=player:2$", phone.url)
    phone.reload()
    expect(phone.locator("gs-seat main.p2")).to_be_visible()


def test_a_wrong_code_is_told_and_nothing_more(server: ServerProcess, screen: Screens) -> None:
    page = screen(page_url(server))
    page.get_by_label("Code from the table").fill("ABCD EFGH")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "This link or code opens nothing (any more)."
    )
    page.get_by_role("link", name="To all games").click()
    expect(page.locator("gs-lobby")).to_be_visible()


def test_where_hosting_is_the_organisers_his_key_is_asked_for(
    server: ServerProcess, screen: Screens
) -> None:
    key = organiser_key(server)
    with organiser(server) as talker:
        talker.do("settings_update", {"key": "hosting", "value": "organiser"}, game_id="venue")
    page = screen(page_url(server))
    make_a_game(page, key="x" * 22)
    expect(page.get_by_role("alert")).to_have_text("This link or code opens nothing (any more).")
    page.get_by_label("Organiser’s key").fill(key)
    page.get_by_role("dialog").get_by_role("button", name="Make a game").click()
    expect(page.locator("gs-host .places")).to_be_visible()


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("de", True)])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844), (320, 568)])
def test_it_is_for_everybody(
    server: ServerProcess, screen: Screens, language: str, dark: bool, width: int, height: int
) -> None:
    with Table(server, names=("Anastasia Konstantinopolskaja-Brandenbu", "Li")):
        page = live(screen(page_url(server), width, height, language=language, dark=dark))
        page.locator("gs-lobby .game").wait_for()
        assert axe(page) == []
        assert overflow(page) == []
        shot(page, f"lobby-{language}-{width}")
        page.locator("gs-lobby .doors button.main").last.click()
        page.locator("dialog select").first.wait_for()
        assert axe(page) == []
        shot(page, f"new-game-{language}-{width}")


def test_the_card_on_a_table_leads_to_its_game(server: ServerProcess, screen: Screens) -> None:
    with organiser(server) as desk, Table(server, names=("Olga", "Tom")) as game:
        add = {"op": "add", "name": "Table 3"}
        table = desk.do("table", add, game_id="venue")["data"]["detail"]["table"]
        page = screen(page_url(server, table=table), 390, 844, touch=True)
        expect(page.get_by_role("heading", name="Table 3")).to_be_visible()
        expect(page.get_by_text("Nobody plays here just now.")).to_be_visible()
        put = {"op": "game", "table": table, "game": game.game_id, "reason": "x"}
        desk.do("assign", put, game_id="venue")
        expect(page.locator("gs-lobby .game").first).to_contain_text("Olga")
        expect(page.get_by_text("To sit down, scan the code")).to_be_visible()
        assert axe(page) == []
