"""The organiser's desk and the judges' phone, against a real server."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import (
    Screens,
    axe,
    live,
    long_off,
    organiser,
    organiser_url,
    overflow,
    page_url,
    shot,
    until,
    until_page,
)

NAMES = [
    *("Anna Nowak", "Marek Zieliński", "Li Wei", "Tom <b>Baker</b>"),
    *("Maximiliane von und zu Guttenberg-Althof", "Bo", "Zoë O’Neill", "Ahmed Hassan"),
]
ROUND_MS = 3 * 3_600_000


class Hall:
    """A venue with tables and an event, made over the wire; one game a table."""

    def __init__(self, server: ServerProcess, tables: int = 4, *, started: bool = True) -> None:
        self.server = server
        self.me = organiser(server)
        self.others: list[Talker] = []
        self.games: list[str] = []
        names = [f"Table {n}" for n in range(1, tables + 1)]
        self.venue("table", {"op": "import", "names": names})
        self.tables = [table["id"] for table in self.seen()["tables"]]
        self.event = self.venue("event", {"op": "add", "name": "Spring Open"})["event"]
        people = [{"name": name, "faction": "Orks"} for name in NAMES]
        self.venue(
            "event", {"op": "import_participants", "event": self.event, "participants": people}
        )
        self.people = [person["id"] for person in self.seen()["events"][0]["participants"]]
        if started:
            self._start()

    def _start(self) -> None:
        pairs = list(zip(self.people[::2], self.people[1::2], self.tables, strict=False))
        pairings = [{"p1": one, "p2": two, "table": table} for one, two, table in pairs]
        round_ = {"event": self.event, "round": 1}
        self.venue("event", {"op": "pair_round", **round_, "pairings": pairings})
        for n in range(len(pairs)):
            made = self.me.do(
                "game_create",
                {
                    "profile": "event",
                    "player1_name": NAMES[2 * n],
                    "player2_name": NAMES[2 * n + 1],
                    "table": f"Table {n + 1}",
                },
            )
            self.games.append(made["game_id"])
            assign = {"op": "game", "table": self.tables[n], "game": self.games[n]}
            self.venue("assign", {**assign, "event": self.event})
        self.venue("event", {"op": "start_round", **round_, "length_ms": ROUND_MS})

    def venue(self, type_: str, data: dict[str, Any]) -> dict[str, Any]:
        detail: dict[str, Any] = self.do(type_, data, "venue")["data"].get("detail", {})
        return detail

    def do(self, type_: str, data: dict[str, Any], game_id: str) -> dict[str, Any]:
        while True:
            answer = self.me.ask(type_, data, game_id=game_id)
            if answer["type"] != "error":
                return answer
            assert answer["data"]["code"] == "rate_limited", answer
            time.sleep(answer["data"]["retry_after_ms"] / 1000)

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = self.do("game_state", {}, "venue")["data"]["state"]
        return found

    def code(self, table: str) -> str:
        """With which a screen becomes the table's own."""
        return str(self.venue("table", {"op": "invite", "table": table})["code"])

    def state(self, n: int) -> dict[str, Any]:
        found: dict[str, Any] = self.do("game_state", {}, self.games[n])["data"]["state"]
        return found

    def place(self, n: int, role: str, player: int | None = None) -> Talker:
        """Somebody who sits at the n-th table, with a device of his own."""
        asked = {"op": "invite", "role": role, **({"player": player} if player else {})}
        key = self.do("device", asked, self.games[n])["data"]["detail"]["key"]
        talker = Talker(self.server.url)
        self.others.append(talker)
        talker.connect(game_id=self.games[n], key=key, name=role)
        return talker

    def play(self, n: int) -> Talker:
        host = self.place(n, "host")
        host.do("setup", {"op": "skip", "first_player": 1})
        host.do("timer_update", {"op": "start"})
        return host

    def close(self) -> None:
        for talker in [self.me, *self.others]:
            talker.close()


@pytest.fixture
def hall(server: ServerProcess) -> Iterator[Hall]:
    made = Hall(server)
    yield made
    made.close()


def desk(screens: Screens, server: ServerProcess, *size: int, **more: Any) -> Page:
    """The desk by the organiser's link."""
    query = {"lang": more.pop("lang")} if "lang" in more else {}
    page = screens(organiser_url(server, **query), *size, **more)
    page.locator("gs-desk .tabs").wait_for()
    return live(page)


def row(page: Page, table: str) -> Locator:
    name = page.get_by_role("button", name=table, exact=True)
    return page.locator("gs-desk-row").filter(has=name)


def tables_in_order(page: Page) -> list[str]:
    return page.locator("gs-desk-row .name").all_inner_texts()


def good(page: Page) -> None:
    """Nothing for axe to say, and nothing that sticks out."""
    assert axe(page) == []
    assert overflow(page) == []


def test_a_day_is_prepared_and_started_by_hand(server: ServerProcess, screen: Screens) -> None:
    page = desk(screen, server, 1440, 900)
    tab = page.get_by_role("navigation").get_by_role
    ok = page.locator("dialog button.main")
    tab("button", name="Hall").click()
    page.get_by_role("button", name="Import tables").click()
    page.locator("dialog textarea").fill("Table 1\nTable 2\ntable 1")
    page.get_by_text("“table 1” stands in line 1 already.").wait_for()
    assert ok.is_disabled()
    page.locator("dialog textarea").fill("Table;Where\nTable 1;left\nTable 2;right")
    ok.click()
    page.get_by_text("2 tables added.").wait_for()
    good(page)

    tab("button", name="Event").click()
    page.get_by_role("button", name="New event").click()
    page.get_by_label("Name").fill("Spring Open")
    ok.click()
    page.get_by_role("button", name="Import players").click()
    people = "Name,Faction\nAnna Nowak,Aeldari\nMarek Zieliński,Orks\nLi Wei,\nTom Baker,Necrons"
    page.locator("dialog textarea").fill(people)
    ok.click()
    page.get_by_text("4 players, 0 with a phone").wait_for()
    page.get_by_role("button", name="Import round 1").click()
    page.locator("dialog textarea").fill("1,Anna Nowak,Marek Zielinski\n2,Li Wei,Tom Baker")
    page.get_by_text("Is Marek Zieliński meant?").wait_for()
    assert axe(page) == []
    page.locator("dialog textarea").fill("1,Anna Nowak,Marek Zieliński\n2,Li Wei,Tom Baker")
    ok.click()
    page.get_by_text("Table 1: Anna Nowak – Marek Zieliński").wait_for()
    good(page)

    page.get_by_role("button", name="Start round 1").first.click()
    page.get_by_label("Length of the round in minutes").fill("90")
    ok.click()
    page.get_by_text("Round 1 runs.").wait_for()
    with organiser(server) as me:
        seen = me.do("game_state", {}, game_id="venue")["data"]["state"]
        assert seen["round_clock"]["length_ms"] == 90 * 60_000
        assert all(table["game"] for table in seen["tables"])
        assert seen["settings"][f"x.desk.{seen['events'][0]['id']}.minutes"] == 90
        me.connect(game_id=seen["tables"][0]["game"])
        first = me.state()
        assert [player["name"] for player in first["players"]] == ["Anna Nowak", "Marek Zieliński"]
        assert [player["faction"] for player in first["players"]] == ["Aeldari", "Orks"]
        assert (first["profile"], first["table"]) == ("event", "Table 1")
    tab("button", name="Check-in").click()
    page.get_by_role("button", name=re.compile("Show QR.*Table 1$")).click()
    until(lambda: page.locator("dialog gs-qr img").count() == 3)
    assert page.locator("dialog .code").count() == 1, "the table's, to be typed"
    good(page)
    shot(page, "desk-qr")


def test_trouble_comes_first_and_each_thing_is_two_taps(hall: Hall, screen: Screens) -> None:
    hosts = [hall.play(n) for n in range(4)]
    page = desk(screen, hall.server, 1440, 900)
    row(page, "Table 4").wait_for()
    assert tables_in_order(page) == ["Table 1", "Table 2", "Table 3", "Table 4"]

    # A call is there within a second, on top, and taken in one tap.
    player = hall.place(2, "player", 2)
    called = time.monotonic()
    player.do("judge_call", {"op": "call", "note": "Is that in range?"})
    page.get_by_text("Is that in range?").wait_for()
    assert time.monotonic() - called < 1.5
    until(lambda: tables_in_order(page)[0] == "Table 3")
    assert page.title().startswith("(1) ")
    page.get_by_role("button", name="I’m going").click()
    until(lambda: (hall.state(2)["judge"] or {}).get("taken_by"))
    page.get_by_text("You are going").wait_for()

    text = "It was 10, not 5"
    hosts[3].do("dispute", {"op": "open", "text": text, "player": 1, "category": "primary"})
    until(lambda: tables_in_order(page)[:2] == ["Table 3", "Table 4"])
    row(page, "Table 4").get_by_role("button", name="Table 4").click()
    sheet = page.locator("gs-desk-sheet")
    sheet.get_by_text(text).wait_for()
    good(page)
    shot(page, "desk")

    # Time, in the tap after the one that opened the table; its reason is in the log.
    before = hall.state(3)["clock"]["p2_ms"]
    sheet.get_by_role("button", name="+5 minutes for Ahmed Hassan").click()
    until(lambda: hall.state(3)["clock"]["p2_ms"] == before + 300_000)
    page.get_by_text("+5 min for Ahmed Hassan.").wait_for()

    sheet.get_by_role("button", name="Zoë O’Neill, Secondary, Round 1: –. Correct").click()
    page.get_by_label("Right value").fill("10")
    page.locator("dialog button.main").click()
    sheet.get_by_role("button", name="Zoë O’Neill, Secondary, Round 1: 10. Correct").wait_for()
    sheet.get_by_role("button", name="Close dispute").click()
    until(lambda: hall.state(3)["dispute"] is None)
    sheet.get_by_role("button", name="Freeze public scores").click()
    until(lambda: hall.state(3)["scores"]["frozen"])
    sheet.get_by_role("button", name="Show scores again").click()
    until(lambda: not hall.state(3)["scores"]["frozen"])
    sheet.get_by_role("button", name="Pause for judge").click()
    until(lambda: "judge" in hall.state(3)["clock"]["paused"])

    # What was done, and taken back after a look at what that does.
    sheet.get_by_text("Log and undo").click()
    line = sheet.locator(".history li").filter(has_text="Secondary Round 1 = 10")
    assert "Judge’s ruling" in line.inner_text()
    line.get_by_role("button", name="Undo").click()
    change = page.locator("dialog tbody tr").filter(has_text="Zoë O’Neill: Secondary")
    until(lambda: change.locator("td").all_inner_texts() == ["10", "0"])
    assert axe(page) == []
    page.locator("dialog button.danger").click()
    until(lambda: hall.state(3)["scores"]["players"][0]["score"] == 0)

    sheet.get_by_role("button", name="Rule a result").click()
    page.get_by_label("How it ended").select_option("no_show")
    page.get_by_label("Who (conceded").select_option("2")
    page.locator("dialog button.main").click()
    until(lambda: (hall.state(3)["result"] or {}).get("winner") == 1)
    page.keyboard.press("Escape")
    sheet.wait_for(state="detached")
    assert page.evaluate("document.activeElement.textContent") == "Table 4"


def test_two_versions_of_what_was_pressed_are_seen_and_settled(hall: Hall, screen: Screens) -> None:
    host = hall.play(1)
    pressed = hall.me.greeting["data"]["now"]
    press = {"kind": "turn", "player": 1, "pressed_at": pressed}
    host.do("timer_update", {"op": "batch", "presses": [press], "since_version": 1})
    page = desk(screen, hall.server, 1440, 900)
    row(page, "Table 2").get_by_text("Two versions").wait_for()
    assert tables_in_order(page)[0] == "Table 2"
    row(page, "Table 2").get_by_role("button", name="Table 2").click()
    sheet = page.locator("gs-desk-sheet")
    sheet.get_by_text("Li Wei ended the turn").wait_for()
    good(page)
    sheet.get_by_role("button", name="Settle with the clocks below").click()
    until(lambda: not hall.state(1)["contested"] and hall.state(1)["clock"]["running"])


def test_a_table_is_found_from_the_keyboard_and_moved(hall: Hall, screen: Screens) -> None:
    page = desk(screen, hall.server, 1440, 900)
    row(page, "Table 4").wait_for()
    assert page.locator("gs-desk-row b").count() == 0, "names are text"
    page.keyboard.press("t")
    page.keyboard.type("2")
    until(lambda: tables_in_order(page) == ["Table 2"])
    page.keyboard.press("Enter")
    sheet = page.locator("gs-desk-sheet")
    sheet.get_by_role("heading", name="Table 2", exact=True).wait_for()
    sheet.get_by_text("Tom <b>Baker</b>").first.wait_for()
    sheet.get_by_role("button", name="Move …").click()
    page.locator("dialog").get_by_label("Table").select_option(hall.tables[0])
    page.locator("dialog button.main").click()
    page.get_by_text("Moved to Table 1.").wait_for()
    games = [table["game"] for table in hall.seen()["tables"]]
    assert games[:2] == [hall.games[1], hall.games[0]]
    with page.expect_download() as saved:
        sheet.get_by_role("button", name="Score sheet (CSV)").click()
    assert saved.value.suggested_filename == f"gamesync-{hall.games[1]}.csv"


def test_a_judges_phone_in_german(hall: Hall, phone: Screens) -> None:
    host = hall.play(1)
    made = hall.venue("official", {"op": "new", "name": "Tom", "role": "judge"})
    page = live(phone(page_url(hall.server, f"k={made['key']}", lang="de"), language="de"))
    page.get_by_text("Schiedsrichter: Tom").wait_for()
    assert page.get_by_role("button", name="Alle anhalten").count() == 0, "not a judge's"
    host.do("judge_call", {"op": "call"})
    going = page.get_by_role("button", name="Ich gehe hin")
    going.wait_for()
    box = going.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    good(page)
    shot(page, "desk-judge")
    going.click()
    taken_by = until(lambda: hall.state(1)["judge"]["taken_by"])
    assert taken_by["name"] == "Tom"
    page.get_by_text("Sie gehen hin").wait_for()
    page.locator(".call").get_by_role("button", name="Erledigt").click()
    page.get_by_label("Notiz fürs Protokoll").fill("In Reichweite")
    page.locator("dialog button.main").click()
    until(lambda: hall.state(1)["judge"] is None)
    page.locator(".call").wait_for(state="detached")
    page.get_by_role("button", name="Table 2", exact=True).click()
    page.locator("gs-desk-sheet").get_by_text("Grund, fürs Protokoll").wait_for()
    good(page)
    page.set_viewport_size({"width": 360, "height": 640})
    assert overflow(page) == []


def test_screens_and_people_are_steered_from_the_hall(hall: Hall, screen: Screens) -> None:
    with Talker(hall.server.url) as display:
        display.connect(game_id="venue")
        display.do("display", {"op": "register", "name": "Hall left"}, game_id="venue")
        page = desk(screen, hall.server, 1440, 900, lang="de", language="de")
        for tab in ("Einlass", "Turnier", "Halle"):
            page.get_by_role("button", name=tab, exact=True).click()
            good(page)
        shows = page.get_by_label("Hall left zeigt")
        shows.select_option("round_clock|")
        until(lambda: hall.seen()["displays"][0]["shows"].get("kind") == "round_clock")
        shows.select_option(f"table|{hall.tables[1]}")
        until(lambda: hall.seen()["displays"][0]["shows"].get("table") == hall.tables[1])
        shows.select_option("rotation|")
        until(lambda: hall.seen()["displays"][0]["shows"].get("tables") == hall.tables)
        reload = hall.seen()["displays"][0]["reload"]
        page.get_by_role("button", name="Neu laden").click()
        until(lambda: hall.seen()["displays"][0]["reload"] > reload)

    page.get_by_role("button", name="Ansage", exact=True).click()
    page.get_by_label("Was zu sagen ist").fill("Mittagspause")
    page.locator("dialog select[name=to]").select_option(f"event|{hall.event}")
    page.locator("dialog button.main").click()
    page.locator("#hall-said ~ *, .panel").get_by_text("Mittagspause").first.wait_for()
    assert hall.seen()["announcements"][0]["target"] == hall.event

    officials = page.locator(".panel").filter(has_text="Schiedsrichter und Leitung")
    officials.get_by_role("button", name="Neu").click()
    page.get_by_label("Name", exact=True).fill("Judith")
    page.locator("dialog button.main").click()
    link = page.get_by_label("Link: Schiedsrichter").input_value()
    page.locator("dialog gs-qr img").wait_for()
    good(page)
    judge = screen(link)
    judge.get_by_text("Judge: Judith").wait_for()
    page.keyboard.press("Escape")
    judges = officials.locator("li").filter(has_text="Judith")
    judges.get_by_role("button", name="Entziehen").click()
    page.locator("dialog button.danger").click()
    judge.get_by_text("This link opens no desk").wait_for()


def test_one_banner_after_a_power_cut(
    tmp_path_factory: pytest.TempPathFactory, screen: Screens
) -> None:
    folder = tmp_path_factory.mktemp("power")
    server = ServerProcess(folder).start()
    try:
        hall = Hall(server)
        for n in range(3):
            hall.play(n)
        page = desk(screen, server, 1280, 720)
        screen.allow("net::ERR_CONNECTION_REFUSED")
        server.kill()
        # The page says meanwhile that it is not live.
        page.locator('.body[data-live="false"]').wait_for(state="attached")
        hall.close()
        # The last that is known of it is 20 s old, and from before the machine was started.
        long_off(server, 20_000)
        server.start()
        banner = page.locator(".power")
        banner.get_by_text("All 3 clocks are paused.").wait_for()
        assert "The box was off for less than a minute." in banner.inner_text()
        good(page)
        shot(page, "desk-power")
        hall.me = Talker(server.url, hall.me.token)
        hall.me.connect(game_id="venue")
        banner.get_by_role("button", name="Resume all").click()
        until(lambda: hall.seen()["round_clock"]["running"])
        for game_id in hall.games[:3]:
            hall.me.connect(game_id=game_id)
        until(lambda: not any("server" in hall.state(n)["clock"]["paused"] for n in range(3)))
        banner.get_by_text("The clocks run again.").wait_for()
        banner.get_by_role("button", name="Close").click()
        banner.wait_for(state="detached")
        hall.close()
    finally:
        server.stop()


def test_a_change_draws_its_own_row_alone(server: ServerProcess, screen: Screens) -> None:
    hall = Hall(server, 100)
    page = desk(screen, server, 1440, 900)
    until(lambda: page.locator("gs-desk-row").count() == 100)
    page.evaluate(
        """() => {
          globalThis.drawn = new Set();
          const element = (node) => node.closest ? node : node.parentElement;
          new MutationObserver((all) => all.forEach(({target}) => {
            const row = element(target)?.closest("gs-desk-row");
            if (row) drawn.add(row.dataset.key);
          })).observe(document.querySelector(".lines"), {subtree: true, childList: true,
            characterData: true, attributes: true});
        }"""
    )
    hall.do("setup", {"op": "profile", "player": 1, "name": "Somebody else"}, hall.games[2])
    row(page, "Table 3").get_by_text("Somebody else").wait_for()
    until_page(page, "() => document.querySelector('.round-clock .left').textContent")
    assert page.evaluate("[...drawn]") == [hall.tables[2]]
    # A whole look at the hall, as each second brings one, costs next to nothing.
    took = page.evaluate(
        """() => { const begin = performance.now();
          for (let i = 0; i < 20; i += 1) document.querySelector("gs-desk").draw();
          return (performance.now() - begin) / 20; }"""
    )
    assert took < 50, f"{took} ms"
    assert axe(page) == []
    hall.close()


@pytest.mark.parametrize("language", ["en", "de"])
def test_cards_are_printed_two_to_a_page(
    server: ServerProcess, screen: Screens, language: str
) -> None:
    hall = Hall(server, started=False)
    page = desk(screen, server, 1280, 900, lang=language, language=language)
    tab, link = ("Hall", "Print cards") if language == "en" else ("Halle", "Karten drucken")
    page.get_by_role("button", name=tab, exact=True).click()
    with page.expect_popup() as opened:
        page.get_by_role("link", name=link).click()
    cards = live(opened.value)
    until(lambda: cards.locator(".card gs-qr img").count() == 4)
    good(cards)
    shot(cards, f"cards-{language}")
    for paper in ("A4", "Letter"):
        assert len(re.findall(rb"/Type */Page\b", cards.pdf(format=paper))) == 2
    assert cards.locator(".card .code").count() == 0
    cards.locator("select").select_option("tablets")
    until(lambda: cards.locator(".card .code").count() == 4)
    until(lambda: cards.locator(".card gs-qr img").count() == 4)
    shown = cards.locator(".card .code").all_inner_texts()
    assert shown == [f"Code {code[:4]} {code[4:]}" for code in map(hall.code, hall.tables)]
    good(cards)
    shot(cards, f"cards-tablets-{language}")
    for paper in ("A4", "Letter"):
        assert len(re.findall(rb"/Type */Page\b", cards.pdf(format=paper))) == 2
    cards.locator("select").select_option("people")
    cards.get_by_role("heading", name="Li Wei").wait_for()
    until(lambda: cards.locator(".card gs-qr img").count() == len(NAMES))
    assert overflow(cards) == []
    hall.close()


def test_a_tablet_becomes_the_tables_by_the_code_that_the_desk_shows(
    server: ServerProcess, screen: Screens
) -> None:
    hall = Hall(server, 2, started=False)
    page = desk(screen, server, 1280, 900)
    page.get_by_role("button", name="Hall", exact=True).click()
    page.get_by_role("button", name=re.compile("QR.*Table 2$")).click()
    page.locator("dialog gs-qr img").wait_for()
    code = page.locator("dialog .code").inner_text().removeprefix("Code ")
    assert code.replace(" ", "") == hall.code(hall.tables[1])
    good(page)
    shot(page, "desk-table-code")
    tablet = screen(page_url(server), 1024, 768, touch=True)
    tablet.get_by_label("Code from the table").fill(code.lower())
    tablet.get_by_role("button", name="Join").click()
    tablet.locator("gs-host").wait_for()
    tablet.get_by_role("heading", name="Table 2").wait_for()
    assert tablet.url == page_url(server, f"v=table:{hall.tables[1]}")
    until(lambda: hall.seen()["tables"][1]["devices"])
    tablet.reload()
    tablet.get_by_role("heading", name="Table 2").wait_for()
    hall.close()


def test_a_link_that_opens_no_desk_says_so(server: ServerProcess, screen: Screens) -> None:
    page = screen(page_url(server, "v=official:o1"))
    page.get_by_text("This link opens no desk").wait_for()
    good(page)
