"""
The tournament day, in shortened time: 16 tables, three rounds, one organiser at the desk, two
judges with phones, four players with real phones, all others robots over the wire.

A tap at the desk is a press of a button, a link or a row, from the tab of the desk on which the
organiser is; what he types or picks in a form is no tap. None of what he has to do takes more than
two.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from ..system.server import ServerProcess
from .kit import (
    Screens,
    Wire,
    axe,
    live,
    long_off,
    organiser_key,
    organiser_url,
    page_url,
    shot,
    until,
)
from .robots import Robot, all_at_once

TABLES = 16
ROUNDS = 5
LEFT = ["Anna Nowak", "Jürgen Groß", "Li Wei", "Tom Baker", *(f"Left {n}" for n in range(5, 17))]
RIGHT = [f"Right {n}" for n in range(1, TABLES + 1)]
LATE = RIGHT[15]
REAL = {"Anna Nowak": "en", "Jürgen Groß": "de", "Li Wei": "en", "Tom Baker": "en"}
"""Who has a phone with a browser, and the language that it speaks."""

OFF_MS = 360_000  # how long the box was off, as far as it can tell


# -- the desk


class Desk:
    """
    The organiser's desk.

    :ivar taken: how many taps each thing took
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taken: dict[str, int] = {}
        self._doing = ""

    @contextmanager
    def doing(self, what: str, tab: str = "Tables") -> Iterator[Desk]:
        """Something that the organiser does, standing at *tab*."""
        self.at(tab)
        self._doing = what
        self.taken[what] = 0
        yield self
        self._doing = ""

    def at(self, tab: str) -> None:
        tabs = self.page.locator(".tabs")
        tabs.get_by_role("button", name=re.compile(f"^{tab}")).click()

    def tap(self, target: Locator) -> None:
        if self._doing:
            self.taken[self._doing] += 1
        target.click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name)

    def yes(self) -> Locator:
        """What goes on in the dialog that is open."""
        return self.page.locator("dialog form button.main, dialog button.main").last

    def open(self, table: str) -> Locator:
        """A tap on the row of *table*; its sheet."""
        self.tap(self.page.locator("gs-desk-row").get_by_role("button", name=table, exact=True))
        sheet = self.page.locator("gs-desk-sheet")
        sheet.get_by_role("heading", name=table, exact=True).wait_for()
        return sheet

    def said(self, words: str | re.Pattern[str]) -> None:
        """It is counted: a line at the foot says so."""
        expect(self.page.locator("gs-toasts").get_by_text(words).first).to_be_visible()


# -- the day


class Day:
    """All who are there."""

    def __init__(self, server: ServerProcess, screen: Screens, phone: Screens) -> None:
        self.server = server
        self.screen = screen
        self.phone = phone
        self.wire = Wire(server)
        key = organiser_key(server)
        self.desk = Desk(live(screen(organiser_url(server), 1440, 900)))
        self.me = Robot(server, key)
        self.me.go("venue")
        self.robots: dict[str, Robot] = {}
        self.tablets: dict[str, Robot] = {}
        self.phones: dict[str, Page] = {}
        self.judges: list[Page] = []
        self.result: dict[tuple[int, str], tuple[str, int, str, int]] = {}
        """By round and table: name and points of the first, name and points of the second."""

    def venue(self) -> dict[str, Any]:
        return self.me.state()

    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = self.venue()["events"][0]
        return found

    def names(self) -> dict[str, str]:
        return {person["id"]: person["name"] for person in self.event()["participants"]}

    def pairings(self) -> dict[str, dict[str, Any]]:
        """Those of the newest round, by the name of their table."""
        venue = self.venue()
        tables = {table["id"]: table["name"] for table in venue["tables"]}
        return {
            tables[each["table"]]: each for each in venue["events"][0]["rounds"][-1]["pairings"]
        }

    def link(self, type_: str, **asked: str) -> str:
        detail: dict[str, str] = self.me.do(type_, asked)["data"]["detail"]
        return detail["link"]

    def close(self) -> None:
        for robot in [self.me, *self.robots.values(), *self.tablets.values()]:
            robot.close()
        self.wire.__exit__()


@pytest.fixture
def day(tmp_path: Path, screen: Screens, phone: Screens) -> Iterator[Day]:
    server = ServerProcess(tmp_path).start()
    made = Day(server, screen, phone)
    yield made
    made.close()
    server.stop()
    assert "Traceback" not in server.log, server.log


def key_of(link: str) -> str:
    return link.split("k=", 1)[1]


def pairing_lines(shift: int) -> str:
    lines = [f"{n + 1},{LEFT[n]},{RIGHT[(n + shift) % TABLES]}" for n in range(TABLES)]
    return "\n".join(["Table,Player 1,Player 2", *lines])


def prepare(day: Day) -> None:
    """Tables, players and pairings out of files; a bad line is named, and nothing is sent."""
    desk = day.desk
    text = desk.page.locator("dialog textarea")
    with desk.doing("import of the tables", "Hall"):
        desk.tap(desk.button("Import tables"))
        text.fill("\n".join(f"Table {n}" for n in range(1, TABLES + 1)))
        desk.tap(desk.yes())
        desk.said("16 tables added.")
    with desk.doing("a new event", "Event"):
        desk.tap(desk.button("New event"))
        desk.page.locator("dialog").get_by_label("Name").fill("Spring Open")
        desk.tap(desk.yes())
    with desk.doing("import of the players", "Event"):
        desk.tap(desk.button("Import players"))
        text.fill("\n".join(["Name,Faction", f"{LEFT[0]},Aeldari", *LEFT[1:], *RIGHT]))
        desk.tap(desk.yes())
        desk.page.get_by_text("32 players, 0 with a phone").wait_for()
    with desk.doing("import of the pairings", "Event"):
        desk.tap(desk.button("Import round 1"))
        text.fill(pairing_lines(0).replace("Li Wei", "Li Way"))
        faults = desk.page.locator("dialog .faults li")
        expect(faults.first).to_contain_text("Line 4: nobody is called “Li Way”. Is Li Wei meant?")
        expect(desk.yes()).to_be_disabled()
        assert axe(desk.page) == []
        text.fill(pairing_lines(0))
        desk.tap(desk.yes())
        desk.page.get_by_text("Table 16: Left 16 – Right 16").wait_for()


def judges_come(day: Day) -> None:
    for name in ("Tom", "Ute"):
        with day.desk.doing(f"judge {name}", "Hall"):
            panel = day.desk.page.locator("[aria-labelledby=hall-officials]")
            day.desk.tap(panel.get_by_role("button", name="New"))
            day.desk.page.locator("dialog").get_by_label("Name").fill(name)
            day.desk.tap(day.desk.yes())
            shown = day.desk.page.locator("dialog .way input").input_value()
        day.desk.page.keyboard.press("Escape")
        here = page_url(day.server, shown.split("#", 1)[1])
        judge = day.phone(day.wire.by(here) if name == "Ute" else here)
        live(judge).get_by_text(f"Judge: {name}").wait_for()
        day.judges.append(judge)


def players_come(day: Day) -> None:
    """By the links of their cards; the four with real phones wait for their table there."""
    event = day.event()
    for person in event["participants"]:
        link = day.link(
            "event", op="invite_participant", event=event["id"], participant=person["id"]
        )
        name = person["name"]
        if name not in REAL:
            day.robots[name] = Robot(day.server, key_of(link))
            continue
        here = page_url(day.server, link.split("#", 1)[1])
        by_wire = name in (LEFT[0], LEFT[1])
        page = day.phone(day.wire.by(here) if by_wire else here, language=REAL[name])
        page.locator("main[data-screen=hall]").wait_for()
        day.phones[name] = page
    for table in day.venue()["tables"]:
        link = day.link("table", op="invite", table=table["id"])
        day.tablets[table["name"]] = Robot(day.server, key_of(link), "host")
    there = [robot for name, robot in day.robots.items() if name != LATE]
    all_at_once(lambda robot: robot.go("venue"), [*there, *day.tablets.values()])
    day.desk.at("Event")
    expect(day.desk.page.get_by_text(re.compile("32 players, 31 with a phone"))).to_be_attached()


def screens_come(day: Day) -> tuple[Page, Page]:
    """A wall that shows the tables in turn, and an overlay; both steered from the desk."""
    wall = day.screen(page_url(day.server, view="board", display="Wall"), 1920, 1080)
    overlay = wall.context.new_page()
    overlay.goto(page_url(day.server, view="overlay", display="Stream"))
    desk = day.desk
    for name, choice in (("Wall", "Tables in turn"), ("Stream", "Table 1")):
        with desk.doing(f"what {name} shows", "Hall"):
            desk.page.get_by_label(f"{name} shows").select_option(label=choice)
            desk.said(f"{name} shows it.")
    with desk.doing("how fast the wall goes round", "Hall"):
        desk.tap(desk.button("16 tables …"))
        desk.page.get_by_label("Seconds a table").fill("2")
        desk.tap(desk.yes())
    return wall, overlay


def start_round(day: Day, number: int) -> None:
    desk = day.desk
    with desk.doing(f"start of round {number}", "Event"):
        desk.tap(desk.button(f"Start round {number}").first)
        desk.page.get_by_label("Players’ clocks").select_option("down-90")
        desk.page.get_by_label("Length of the round in minutes").fill("180")
        desk.tap(desk.yes())
        desk.page.get_by_text(f"Round {number} runs.").wait_for(timeout=60_000)
    assert all(each["game"] for each in day.pairings().values())


# -- playing


def points(round_: int, table: str, player: int) -> int:
    """What a robot makes of its secondary."""
    return (7 * int(table.split()[1]) + 5 * player + 3 * round_) % 19 + 1


class Game:
    """One pairing of a round, by its table: the tablet, and two players, some with real phones."""

    def __init__(
        self, day: Day, round_: int, table: str, pairing: dict[str, Any], names: Any
    ) -> None:
        self.round = round_
        self.table = table
        self.id = pairing["game"]
        self.names = {player: names[pairing[f"p{player}"]] for player in (1, 2)}
        self.tablet = day.tablets[table]
        self.players = {player: day.robots.get(name) for player, name in self.names.items()}
        self.scores = {player: points(round_, table, player) for player in (1, 2)}
        day.result[round_, table] = (
            self.names[1], self.scores[1], self.names[2], self.scores[2],
        )  # fmt: skip

    def begin(self) -> None:
        """All sit down; the table begins."""
        for robot in self.here():
            robot.go(self.id)
        self.tablet.do("setup", {"op": "skip", "first_player": 1})
        self.tablet.do("timer_update", {"op": "start"})

    def here(self) -> list[Robot]:
        return [self.tablet, *(robot for robot in self.players.values() if robot)]

    def hand(self, player: int) -> Robot:
        """Who presses for *player*: he himself, or the table for one with a real phone."""
        return self.players[player] or self.tablet

    def turn(self) -> None:
        turn = self.tablet.state()["turn"]
        player = turn["active_player"]
        hand = self.hand(player)
        if turn["round"] == 1:
            cell = {"player": player, "category": "secondary", "round": 1}
            hand.do("score_update", {**cell, "value": self.scores[player]})
        hand.do("turn_change", {"player": player, "turn": turn["turn"]})

    def play(self, rounds: int = ROUNDS) -> None:
        """From where it is, to the end of battle round *rounds*; then time is called."""
        while True:
            state = self.tablet.state()
            if state["status"] != "playing":
                break
            if state["turn"]["round"] > rounds:
                self.tablet.do("game_end", {"op": "time_call"})
                break
            self.turn()

    def sign(self) -> None:
        """Those without a real phone do."""
        for player, robot in self.players.items():
            if robot:
                version = robot.do("game_state")["version"]
                robot.do("game_end", {"op": "confirm", "player": player, "version": version})


def games(day: Day, round_: int) -> list[Game]:
    names = day.names()
    return [Game(day, round_, table, each, names) for table, each in day.pairings().items()]


def finish(day: Day, played: list[Game], rounds: int) -> None:
    all_at_once(lambda game: game.play(rounds), played)
    all_at_once(lambda game: game.sign(), played)
    for page in day.phones.values():
        page.locator("main[data-screen=ended] .sign button.big").tap()
        page.locator("main[data-screen=signed]").wait_for()


# -- what comes between


def tell_all(day: Day, wall: Page) -> None:
    with day.desk.doing("an announcement"):
        day.desk.tap(day.desk.button("Announce"))
        day.desk.page.get_by_label("What to say").fill("Lunch at 13:00.")
        day.desk.tap(day.desk.yes())
        day.desk.said("Told.")
    for page in [*day.phones.values(), wall]:
        expect(page.get_by_text("Lunch at 13:00.").first).to_be_visible()
    for page in day.phones.values():
        page.locator("[data-card=announcement] button").tap()


def line_of(desk: Desk, table: str) -> Locator:
    """A table at the check-in."""
    heading = desk.page.get_by_role("heading", name=table, exact=True)
    return desk.page.locator(".checkin > li").filter(has=heading)


def somebody_is_late(day: Day, game: Game) -> None:
    """His clock gets time from the desk; then he comes."""
    desk = day.desk
    before = game.tablet.state()["clock"]["p2_ms"]
    with desk.doing("time for who waits for somebody late", "Check-in"):
        line = desk.page.locator(".checkin > li").filter(has_text=LATE)
        expect(line).to_contain_text("not here yet")
        desk.tap(line.get_by_role("button", name="+5 min"))
        desk.said("Table 16: 5 minutes more for both.")
    until(lambda: game.tablet.state()["clock"]["p2_ms"] == before + 300_000)
    robot = day.robots[LATE]
    robot.go(game.id)
    expect(line.locator(".p2.there")).to_be_attached()


def a_judge_is_called(day: Day) -> None:
    """In German; one of the two goes, and the other sees that he need not."""
    tom, ute = day.judges
    caller = day.phones["Jürgen Groß"]
    caller.get_by_role("button", name="Menü").tap()
    caller.get_by_role("button", name="Schiedsrichter rufen").tap()
    caller.get_by_label(re.compile("^Worum geht es")).fill("Ist das in Deckung?")
    caller.get_by_role("button", name="Schiedsrichter rufen").last.tap()
    for judge in day.judges:
        expect(judge.locator(".call")).to_contain_text("Ist das in Deckung?")
    ute.get_by_role("button", name="I’m going").tap()
    expect(tom.locator(".call .coming")).to_contain_text("Ute is coming")
    expect(tom.get_by_role("button", name="I’m going")).to_have_count(0)
    expect(caller.locator("[data-card=judge]")).to_contain_text("Ute kommt")
    expect(day.desk.page.locator(".call .coming")).to_contain_text("Ute is coming")
    ute.locator(".call").get_by_role("button", name="Close").tap()
    ute.locator("dialog button.main").tap()
    expect(caller.locator("[data-card=judge]")).to_have_count(0)
    expect(caller.locator("[data-card=pause]")).to_be_visible()  # since the call
    ute.get_by_role("button", name=re.compile("^Resume.*Table 2$")).tap()
    expect(caller.locator("[data-card=pause]")).to_have_count(0)


def a_dispute(day: Day, game: Game) -> None:
    text = "It was three, not two"
    assert game.players[2]
    game.players[2].do("dispute", {"op": "open", "text": text})
    with day.desk.doing("a dispute closed"):
        first = day.desk.page.locator("gs-desk-row").first
        expect(first).to_contain_text("Disputed")
        sheet = day.desk.open(game.table)
        expect(sheet).to_contain_text(text)
        shot(day.desk.page, "tournament-desk")
        day.desk.tap(sheet.get_by_role("button", name="Close dispute"))
        day.desk.said("The dispute is closed.")
    day.desk.page.keyboard.press("Escape")


def the_wifi_drops(day: Day) -> None:
    """For two phones and a judge: each says so, a tap waits, all is well by itself."""
    anna, juergen = day.phones["Anna Nowak"], day.phones["Jürgen Groß"]
    ute = day.judges[1]
    cut = (anna, juergen, ute)
    day.wire.cut()
    for page in cut:
        expect(page.locator("gs-status .bar.stale")).to_be_visible()
    anna.get_by_role("button", name="Gain a command point").tap()
    expect(anna.locator(".cp .wait")).to_have_text("+1")
    before = anna.locator(".cp .number").inner_text()
    day.wire.mend()
    for page in cut:
        live(page)
    expect(anna.locator(".cp .number")).to_have_text(str(int(before) + 1))
    expect(anna.locator(".cp .wait")).to_have_count(0)


def the_power_is_cut(day: Day, played: list[Game], wall: Page) -> None:
    """The box and its clock: nobody's time runs meanwhile; one tap sets the hall going again."""
    desk = day.desk
    before = {game.table: game.tablet.state()["clock"] for game in played}
    left = day.venue()["round_clock"]["left_ms"]
    assert [table for table, clock in before.items() if not clock["running"]] == [], before
    day.server.kill()
    pages = [desk.page, *day.phones.values(), *day.judges, wall]
    for page in pages:
        expect(page.locator("gs-status .bar.stale")).to_be_visible()
    # The last that is known of it is six minutes old, and from before the machine was started.
    long_off(day.server, OFF_MS)
    day.server.start()
    for page in pages:
        live(page)
    all_at_once(lambda robot: robot.back(), [day.me, *(r for g in played for r in g.here())])

    banner = desk.page.locator(".power")
    expect(banner).to_contain_text("The box was off for about 6 min. All 16 clocks are paused.")
    expect(day.phones["Jürgen Groß"].locator("[data-card=pause]")).to_be_visible()
    shot(desk.page, "tournament-power")
    with desk.doing("all clocks on again"):
        desk.tap(banner.get_by_role("button", name="Resume all"))
        expect(banner).to_contain_text("The clocks run again.")
    with desk.doing("the round longer by what was lost"):
        desk.tap(banner.get_by_role("button", name="Extend round by 6 min"))
        banner.wait_for(state="detached")
    for game in played:
        clock, was = game.tablet.state()["clock"], before[game.table]
        assert clock["running"], game.table
        for player in (1, 2):
            spent = was[f"p{player}_ms"] - clock[f"p{player}_ms"]
            assert -1_000 < spent < OFF_MS / 2, "down time is nobody's"
    assert day.venue()["round_clock"]["left_ms"] > left


def a_phone_dies(day: Day, game: Game) -> None:
    """Its owner has another, and scans again; the old one is shut out."""
    desk = day.desk
    name = "Tom Baker"
    day.phones.pop(name).context.close()
    with desk.doing("a dead phone's code again"):
        sheet = desk.open(game.table)
        desk.tap(sheet.get_by_role("button", name="Show QR again"))
        way = desk.page.locator("dialog .way").filter(has_text=name)
        shown = way.locator("input").input_value()
    desk.page.keyboard.press("Escape")
    page = day.phone(page_url(day.server, shown.split("#", 1)[1]))
    page.locator("main[data-screen=playing]").wait_for()
    expect(page.locator(".own .who")).to_contain_text(name)
    day.phones[name] = page
    with desk.doing("the dead phone shut out"):
        sheet = desk.open(game.table)
        old = sheet.locator(".devices li").filter(has_text=name).filter(has_text="away")
        expect(sheet.locator(".devices li").filter(has_text=name)).to_have_count(2)
        expect(old).to_have_count(1)
        desk.tap(old.get_by_role("button", name=re.compile("^Revoke")))
        expect(old).to_have_count(0)
        shot(desk.page, "tournament-phones")
    desk.page.keyboard.press("Escape")
    live(page)


def next_round(day: Day, number: int) -> None:
    """Pairings from a file; everybody is told where to go, and goes."""
    desk = day.desk
    with desk.doing(f"pairings of round {number}", "Event"):
        desk.tap(desk.button(f"Import round {number}"))
        desk.page.locator("dialog textarea").fill(pairing_lines(number - 1))
        desk.tap(desk.yes())
        desk.said(f"Round {number} is paired.")


def another_opponent(day: Day) -> None:
    """Two change places after all have been told: the phone says what is new."""
    desk = day.desk
    anna = day.phones["Anna Nowak"]
    with desk.doing("two players swapped", "Check-in"):
        line = desk.page.locator(".checkin > li").filter(
            has=desk.page.get_by_role("heading", name="Table 1", exact=True)
        )
        desk.tap(line.get_by_role("button", name="Swap"))
        form = desk.page.locator("dialog form")
        form.locator("[name=participant]").select_option(label="Anna Nowak")
        form.locator("[name=other]").select_option(label="Left 7")
        desk.tap(desk.yes())
        desk.said(re.compile("^Swapped"))
    with desk.doing("games for the new pairings"):
        desk.tap(desk.button("Set up tables").first)
        desk.tap(desk.yes())
        desk.said("The tables are set up.")
    expect(anna.locator("[data-card=move]")).to_have_text(
        re.compile("You are now at Table 7 against Right 8 .was Table 1.")
    )
    shot(anna, "tournament-move")


def follow(day: Day) -> None:
    """The phones go where they are told."""
    for page in day.phones.values():
        page.locator("[data-card=move] button").tap()
        page.locator("main[data-screen=waiting], main[data-screen=playing]").wait_for()


def results(day: Day) -> list[dict[str, str]]:
    """The event's file, as the organiser takes it home."""
    desk = day.desk
    with desk.doing("results as a file", "Event"), desk.page.expect_download() as saved:
        desk.tap(desk.button("Results (CSV)"))
    text = Path(saved.value.path()).read_text("utf-8-sig")
    separator = csv.Sniffer().sniff(text.splitlines()[0], ",;\t").delimiter
    return list(csv.DictReader(io.StringIO(text), delimiter=separator))


def test_the_tournament_day(day: Day, screen: Screens) -> None:
    screen.allow("net::ERR_(EMPTY_RESPONSE|CONNECTION)")
    prepare(day)
    judges_come(day)
    players_come(day)
    wall, overlay = screens_come(day)

    start_round(day, 1)
    for page in day.phones.values():  # by themselves
        page.locator("main[data-screen=waiting]").wait_for()
    first = games(day, 1)
    by_table = {game.table: game for game in first}
    by_table["Table 16"].players[2] = None  # late
    all_at_once(lambda game: game.begin(), first)
    somebody_is_late(day, by_table["Table 16"])
    by_table["Table 16"].players[2] = day.robots[LATE]
    for page in day.phones.values():
        live(page).locator("main[data-screen=playing]").wait_for()
    expect(wall.locator("main[data-scene=game]")).to_be_visible()
    expect(overlay.get_by_role("heading", level=2)).to_have_text(["●Anna Nowak", "■Right 1"])
    tell_all(day, wall)
    a_judge_is_called(day)
    the_wifi_drops(day)
    a_dispute(day, by_table["Table 3"])
    the_power_is_cut(day, first, wall)
    a_phone_dies(day, by_table["Table 4"])
    finish(day, first, ROUNDS)

    next_round(day, 2)
    start_round(day, 2)
    follow(day)
    another_opponent(day)
    day.phones["Anna Nowak"].locator("[data-card=move] button").tap()
    second = games(day, 2)
    all_at_once(lambda game: game.begin(), second)
    finish(day, second, 1)

    next_round(day, 3)
    start_round(day, 3)
    follow(day)
    third = games(day, 3)
    all_at_once(lambda game: game.begin(), third)
    finish(day, third, 1)

    found = {
        (int(row["round"]), row["table"]): (
            row["player1"], int(row["score1"]), row["player2"], int(row["score2"]),
        )
        for row in results(day)
    }  # fmt: skip
    assert found == day.result
    assert len(found) == 3 * TABLES
    assert not [what for what, taps in day.desk.taken.items() if taps > 2], day.desk.taken
