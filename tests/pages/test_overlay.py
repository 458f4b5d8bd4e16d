"""The overlay on a stream: clear ground, themes, delay, freeze; never a clock that may be false."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from ..system.server import ServerProcess
from .kit import Screens, Table, Wire, axe, organiser, page_url, shot, until, until_page

LONG = "Bartholomäus von Hohenstein-Ernstthal j."
DOWN = {"clock": {"mode": "down", "budget_ms": 5_400_000}}
CLEAR = """() => ["html", "body", "gs-overlay", "main"].every((name) =>
  getComputedStyle(document.querySelector(name)).backgroundColor === "rgba(0, 0, 0, 0)")"""
SECONDS = """() => [...document.querySelectorAll("gs-clock")].map((each) =>
  each.textContent.split(":").reduce((sum, part) => sum * 60 + Number(part), 0))"""


@pytest.fixture
def table(shared_server: ServerProcess) -> Iterator[Table]:
    with Table(shared_server, options=DOWN) as made:
        made.do("setup", {"op": "profile", "player": 1, "faction": "Adepta Sororitas"})
        yield made


def overlay(screen: Screens, table: Table, **query: str) -> Page:
    address = page_url(table.server, view="overlay", game=table.game_id, **query)
    page = screen(address, 1920, 1080)
    until_page(page, "() => document.body.dataset.live === 'live'")
    return page


def score(page: Page, player: int) -> Any:
    return page.locator(f"gs-overlay .side.p{player} .score .number")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_match_on_the_stream(table: Table, screen: Screens, language: str) -> None:
    page = overlay(screen, table, lang=language)
    expect(page).to_have_title(re.compile("^Anna . Marek$"))
    expect(page.get_by_role("heading", level=2)).to_have_text(["●Anna", "■Marek"])
    expect(page.locator(".faction").first).to_have_text("Adepta Sororitas")
    table.score(1, "secondary", 8)
    expect(score(page, 1)).to_have_text("8")
    expect(page.locator(".round")).to_have_text(
        {"en": "Round 1 of 5", "de": "Runde 1 von 5"}[language]
    )
    expect(page.locator(".turn")).to_have_text({"en": "Turn", "de": "Am Zug"}[language])
    expect(page.locator(".face[data-running=true]")).to_have_count(1)
    assert page.evaluate(CLEAR)
    assert page.locator("gs-status").count() == 0
    inside = page.locator(".bar").bounding_box()
    assert inside
    assert inside["x"] >= 96, "the safe area"
    assert inside["x"] + inside["width"] <= 1824.5
    assert inside["y"] + inside["height"] <= 1026.5
    assert axe(page) == []
    shot(page, f"overlay-{language}")


def test_parts_and_looks(table: Table, screen: Screens) -> None:
    page = overlay(screen, table, parts="scores", position="top", accent1="22cc88", scale="1.5")
    expect(score(page, 1)).to_be_visible()
    assert page.locator("gs-clock, .who, .round, .cp").count() == 0
    box = page.locator(".bar").bounding_box()
    assert box
    assert box["y"] < 60
    colour = "getComputedStyle(document.querySelector('.p1 .score')).backgroundColor"
    assert page.evaluate(colour) == "rgb(34, 204, 136)"
    page = overlay(
        screen, table, parts="clock,cells,nonsense", theme="light", scale="x", delay="-1"
    )
    expect(page.locator("gs-clock")).to_have_count(2)
    expect(page.locator(".cells table")).to_have_count(2)
    assert page.locator(".score, .who").count() == 0
    assert axe(page) == []


def test_custom_css_of_obs_applies(table: Table, screen: Screens) -> None:
    page = overlay(screen, table)
    screen.allow("Content Security Policy")
    page.evaluate(
        """() => {
          const style = document.createElement("style");
          style.innerHTML = ":root { --overlay-accent2: #00ff00; --overlay-safe-x: 0px; }";
          document.head.append(style);
        }"""
    )
    colour = "getComputedStyle(document.querySelector('.p2 .score')).backgroundColor"
    until_page(page, f"() => {colour} === 'rgb(0, 255, 0)'")
    until_page(page, "() => document.querySelector('.bar').getBoundingClientRect().x === 0")


def test_all_is_held_back_and_the_clocks_too(table: Table, screen: Screens) -> None:
    at_once = overlay(screen, table)
    page = overlay(screen, table, delay="3")
    expect(score(page, 1)).to_have_text("0")
    table.score(1, "secondary", 8)
    expect(score(at_once, 1)).to_have_text("8")
    shown = at_once.evaluate("performance.timeOrigin + performance.now()")
    assert score(page, 1).text_content() == "0"
    expect(score(page, 1)).to_have_text("8")
    late = page.evaluate("performance.timeOrigin + performance.now()") - shown
    assert 2_000 < late < 6_000
    behind = page.evaluate(SECONDS)[0] - at_once.evaluate(SECONDS)[0]
    assert 2 <= behind <= 4, "the clock that counts down shows more three seconds ago"


def test_freezing(table: Table, screen: Screens) -> None:
    page = overlay(screen, table)
    board = screen(page_url(table.server, view="board", game=table.game_id), 1280, 720)
    table.score(1, "secondary", 3)
    expect(score(page, 1)).to_have_text("3")
    # By the streamer: the picture is held, and a clock that stands is not shown.
    page.keyboard.press("f")
    expect(page.locator(".face").first).to_be_hidden()
    table.score(1, "secondary", 5)
    expect(board.locator(".p1 .score .number")).to_have_text("5")
    assert score(page, 1).text_content() == "3"
    page.keyboard.press("f")
    expect(score(page, 1)).to_have_text("5")
    # By the server: all screens agree.
    table.do("dispute", {"op": "open", "text": "secondary"})
    table.score(1, "secondary", 9)
    for each in (page, board):
        expect(each.get_by_text("Result under review")).to_be_visible()
        expect(each.locator(".p1 .score .number")).to_have_text("5")
    table.do("dispute", {"op": "close"})
    for each in (page, board):
        expect(each.locator(".p1 .score .number")).to_have_text("9")


def test_stale_it_hides_the_clocks_and_replays_nothing(
    server: ServerProcess, screen: Screens
) -> None:
    screen.allow("net::ERR_(EMPTY_RESPONSE|CONNECTION)")
    with Table(server, options=DOWN) as table, Wire(server) as wire:
        address = wire.by(page_url(server, view="overlay", game=table.game_id))
        page = screen(address, 1920, 1080)
        until_page(page, "() => document.body.dataset.live === 'live'")
        expect(page.locator(".fresh")).to_have_count(0)
        # What changes while all look on is marked, once it has been live for a moment.
        page.wait_for_timeout(1_600)
        table.score(1, "secondary", 4)
        expect(page.locator(".p1 .fresh")).to_have_text("Anna: 4")
        expect(page.locator(".fresh")).to_have_count(0)
        wire.cut()
        until_page(page, "() => document.body.dataset.live === 'stale'")
        expect(page.locator(".face").first).to_be_hidden()
        expect(score(page, 1)).to_have_text("4")
        table.score(1, "secondary", 7)
        table.score(2, "secondary", 2)
        page.evaluate(
            """() => new MutationObserver(() => {
              if (document.querySelector(".fresh")) globalThis.replayed = true;
            }).observe(document.body, {subtree: true, childList: true, attributes: true})"""
        )
        wire.mend()
        expect(score(page, 1)).to_have_text("7")
        expect(score(page, 2)).to_have_text("2")
        expect(page.locator(".face").first).to_be_visible()
        assert not page.evaluate("globalThis.replayed")


def test_the_desk_steers_it(server: ServerProcess, screen: Screens) -> None:
    with (
        organiser(server) as desk,
        Table(server, names=("Anna", "Marek")) as one,
        Table(server, names=("Ж" * 38 + "🏰", LONG)) as two,
    ):
        page = screen(page_url(server, view="overlay", display="Stream"), 1920, 1080)

        def displays() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = desk.do("game_state", game_id="venue")["data"]["state"][
                "displays"
            ]
            return found

        until(displays)
        expect(page.locator("main > :not(h1)")).to_have_count(0)
        for table, name in ((one, "Anna"), (two, "Ж")):
            show = {"op": "show", "display": displays()[0]["id"], "kind": "game"}
            desk.do("display", {**show, "game": table.game_id}, game_id="venue")
            expect(page.locator(".p1 .name")).to_contain_text(name)
        until_page(
            page,
            """() => [...document.querySelectorAll(".name")].every((e) =>
                 e.getBoundingClientRect().height <= 60)""",
        )
        long = page.locator(".p2 .name")
        assert long.evaluate("(e) => e.scrollHeight <= e.clientHeight + 6"), "it is there whole"
        assert axe(page) == []


def test_debug_shows_the_connection(table: Table, screen: Screens) -> None:
    page = overlay(screen, table, debug="1", freeze="1")
    expect(page.locator("gs-status")).to_contain_text("live")
    expect(page.locator(".debug")).to_contain_text("Held")
