"""The match report: right, readable without seeing the plots, and one page on paper."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, PdfMargins, expect

from ..system.server import ServerProcess
from .kit import Screens, Table, axe, overflow, page_url, settle, shot, until, until_page

LONG = ("Annegret-Friederike von Hohenstaufen-Lan", "Maximilian Bartholomäus Oberammergauer")
PAPERS = {"A4": (186, 277), "Letter": (192, 259)}
MARGINS: PdfMargins = {"top": "10mm", "bottom": "10mm", "left": "12mm", "right": "12mm"}


def play(server: ServerProcess, names: tuple[str, str] = ("Anna", "Marek"), **more: Any) -> Table:
    """Five rounds, with a correction, an undo, a pause and a call; both have signed."""
    table = Table(server, names=names, table="7", **more)
    with table.talker("player:1") as anna:
        for round_ in range(1, 6):
            for player in (1, 2):
                if round_ > 1:
                    table.score(player, "primary", 5 * player, round_)
                table.score(player, "secondary", round_ + player, round_)
                if (round_, player) == (4, 1):
                    cell = {"player": 2, "category": "primary", "round": 2}
                    reason = {"correct": True, "reason": "objective 3 <b>was</b> ours"}
                    table.do("score_update", {**cell, "value": 15, **reason})
                    step = {"player": 1, "category": "secondary", "round": 3, "delta": 1}
                    slip = table.do("score_update", step)
                    table.do("undo", {"version": slip["version"]})
                    table.do("timer_update", {"op": "pause"})
                    table.do("timer_update", {"op": "resume"})
                    table.do("judge_call", {"op": "call", "note": "line of sight"})
                    table.do("judge_call", {"op": "cancel"})
                table.end_turn()
        version = table.do("game_state")["version"]
        anna.do("game_end", {"op": "confirm", "player": 1, "version": version})
    table.do(
        "game_end", {"op": "confirm", "player": 2, "version": table.do("game_state")["version"]}
    )
    assert table.state()["status"] == "signed"
    return table


@pytest.fixture(scope="module")
def match(shared_server: ServerProcess) -> Iterator[Table]:
    with play(shared_server) as table:
        yield table


@pytest.fixture(scope="module")
def long_match(shared_server: ServerProcess) -> Iterator[Table]:
    with play(shared_server, LONG) as table:
        yield table


def address(table: Table, **query: str) -> str:
    return page_url(table.server, f"g={table.game_id}", view="report", **query)


def shown(page: Page) -> Page:
    page.locator("gs-report .sheet").wait_for()
    settle(page)
    return page


def test_who_won_and_how(match: Table, screen: Screens) -> None:
    page = shown(screen(address(match), 1280, 900))
    state = match.state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Marek wins")
    expect(page).to_have_title("Anna against Marek: match report")
    for player in (1, 2):
        score = state["scores"]["players"][player - 1]["score"]
        expect(page.locator(f".side.p{player} .points .number")).to_have_text(str(score))
    expect(page.locator(".side.p2")).to_contain_text("Winner")
    expect(page.locator(".side.p1")).not_to_contain_text("Winner")
    ended = page.locator(".ended")
    expect(ended).to_contain_text("played to the end")
    expect(ended).to_contain_text("✓ Anna")
    expect(ended).to_contain_text("✓ Marek (at the table)")


def test_the_sheet_is_the_servers(match: Table, screen: Screens) -> None:
    page = shown(screen(address(match), 1280, 900))
    rows = page.locator(".sheet tbody.p2 tr").all_inner_texts()
    cells = [re.split(r"\s+", row.strip()) for row in rows]
    assert cells[1] == ["Primary", "·", "15✎", "10", "10", "10", "45"]
    assert cells[2] == ["Secondary", "3", "4", "5", "6", "7", "25"]
    assert cells[4] == ["Total", "by", "then", "3", "22", "37", "53", "70", "70"]
    assert cells[5][:5] == ["CP", "and", "time", "10", "CP"]


def test_the_plots_say_in_tables_what_they_draw(match: Table, screen: Screens) -> None:
    page = shown(screen(address(match), 1280, 900))
    pictures = page.get_by_role("img")
    expect(pictures).to_have_count(2)
    expect(pictures.first).to_have_accessible_name(
        re.compile(r"By the end of round 5: Anna 40, Marek 70\.")
    )
    expect(page.locator("figure").first.locator("table")).to_be_hidden()
    page.get_by_text("The numbers as a table").first.click()
    score = page.locator("figure").first.locator("tbody tr").last
    expect(score).to_have_text("Round 54070")
    page.get_by_text("The numbers as a table").last.click()
    expect(page.locator("figure").last.locator("tbody tr")).to_have_count(12)
    # Colour never alone: another shape and another line, and another filling of the bars.
    assert page.locator(".line.p1 circle").count() == 6
    assert page.locator(".line.p2 rect").count() == 6
    dashes = page.locator(".line.p2 polyline").evaluate(
        "(line) => getComputedStyle(line).strokeDasharray"
    )
    assert dashes != "none"
    assert page.locator(".bar.p1").count() >= 1
    assert page.locator(".bar.p2").count() >= 1


def test_what_was_done_by_whom_and_what_no_longer_holds(match: Table, screen: Screens) -> None:
    page = shown(screen(address(match), 1280, 900))
    log = page.locator(".log")
    corrected = log.locator("li", has_text="correction")
    expect(corrected).to_contain_text("Marek: Primary, round 2 = 15")
    # A reason is text, whatever is in it.
    expect(corrected.locator("q")).to_have_text("objective 3 <b>was</b> ours")
    struck = log.locator("li.struck")
    expect(struck).to_have_count(1)
    expect(struck.locator("s")).to_have_text("Anna: Secondary, round 3 +1")
    expect(log).to_contain_text("Taken back: Anna: Secondary, round 3 +1")
    expect(log).to_contain_text("Anna signed")
    remarks = page.locator(".story")
    for words in ("One cell was corrected", "One entry was taken back", "called once"):
        expect(remarks).to_contain_text(words)


@pytest.mark.parametrize(("paper", "language"), [("A4", "de"), ("Letter", "en")])
def test_it_prints_on_one_page(
    long_match: Table, screen: Screens, tmp_path: Path, paper: str, language: str
) -> None:
    width, height = (round(mm / 25.4 * 96) for mm in PAPERS[paper])
    page = shown(screen(address(long_match, lang=language), width, height, dark=True))

    def pages(name: str) -> int:
        file = tmp_path / f"{name}.pdf"
        page.pdf(path=file, format=paper, print_background=True, margin=MARGINS)
        return len(re.findall(rb"/Type\s*/Page\b(?!s)", file.read_bytes()))

    assert pages("report") == 1
    page.get_by_role("checkbox").check()
    expect(page.locator("main.with-log")).to_be_attached()
    assert pages("with-log") >= 2
    page.get_by_role("checkbox").uncheck()
    page.emulate_media(media="print")
    # Paper is white, and what is clicked is not on it.
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    expect(page.get_by_role("button")).to_have_count(0)
    shot(page, f"report-print-{paper}-{language}", whole=True)


@pytest.mark.parametrize(
    ("width", "height", "dark", "language"),
    [
        (360, 640, False, "de"),
        (390, 844, True, "en"),
        (740, 360, False, "de"),
        (1440, 900, True, "en"),
    ],
)
def test_it_is_for_everybody(
    long_match: Table, screen: Screens, width: int, height: int, dark: bool, language: str
) -> None:
    page = shown(screen(address(long_match, lang=language), width, height, dark=dark))
    expect(page.locator("html")).to_have_attribute("lang", language)
    for summary in page.locator("summary").all():
        summary.click()
    assert axe(page) == []
    assert overflow(page) == []
    theme = "dark" if dark else "light"
    shot(page, f"report-{width}x{height}-{theme}-{language}", whole=True)


def test_files_to_keep(match: Table, screen: Screens) -> None:
    page = shown(screen(address(match), 1280, 900))
    with page.expect_download() as saving:
        page.get_by_role("button", name="CSV").click()
    assert saving.value.suggested_filename == f"gamesync-{match.game_id}.csv"
    rows = saving.value.path().read_text("utf-8-sig").splitlines()
    assert rows[0] == "row,player,name,faction,category,round,points"
    with page.expect_download() as saving:
        page.get_by_role("button", name="JSON").click()
    told = json.loads(saving.value.path().read_text("utf-8"))
    assert told["game_id"] == match.game_id


def test_a_match_that_goes_on_is_told_as_it_goes(
    shared_server: ServerProcess, screen: Screens
) -> None:
    with Table(shared_server) as table:
        page = shown(screen(address(table), 1280, 900))
        expect(page.get_by_role("heading", level=1)).to_have_text("The match goes on")
        table.score(1, "secondary", 5)
        expect(page.locator(".side.p1 .points .number")).to_have_text("5")


def test_only_those_who_may(shared_server: ServerProcess, screen: Screens) -> None:
    with Table(shared_server, options={"visibility": "link"}) as table:
        url = f"{shared_server.http}/api/v1/games/{table.game_id}/report"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(url, timeout=10)
        screen.allow("404")
        page = screen(address(table), 800, 600)
        expect(page.get_by_role("heading", level=1)).to_contain_text("no report for you")
        # With a place in the game it is there: by its link, and from then on by the token.
        page = shown(screen(table.url("player:1", view="report"), 800, 600))
        assert page.evaluate("location.hash").count("k=") <= 1
        page.goto("about:blank")
        shown_again = page.goto(address(table))
        assert shown_again is not None
        shown(page)
        until_page(page, "() => document.querySelector('gs-status .live')")


def test_a_clock_without_turns_and_many_rounds(
    shared_server: ServerProcess, screen: Screens
) -> None:
    with Table(shared_server, ruleset="chess") as table:
        for _ in range(30):
            table.end_turn()
        table.do("game_end", {"op": "concede", "player": 2})
        until(lambda: table.state()["status"] == "ended")
        page = screen(address(table), 390, 844)
        expect(page.get_by_role("heading", level=1)).to_have_text("Anna wins")
        expect(page.locator(".points .number")).to_have_text(["1", "0"])
        expect(page.locator(".sheet")).to_have_count(0)
        expect(page.locator(".ended")).to_contain_text("conceded (Marek)")
        expect(page.locator(".ended")).to_contain_text("Marek has not signed")
        assert overflow(page) == []
        assert axe(page) == []
        shot(page, "report-chess", whole=True)


def test_down_time_is_explained(server: ServerProcess, screen: Screens) -> None:
    with Table(server) as table:
        table.score(1, "secondary", 4)
        server.restart()
        page = shown(screen(address(table), 1280, 900))
        remarks = page.locator(".story li").first
        expect(remarks).to_have_text(
            re.compile(
                r"^\d\d:\d\d: the server was off( for \d+:\d\d|, nobody knows for how long)\. "
                "The clock stood; it was nobody’s time\\.$"
            )
        )
        expect(page.locator(".log")).to_contain_text("The server was off")
