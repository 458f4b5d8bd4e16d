"""
A whole match by nothing but the box and two phones, with the table's page, a board and an overlay
following: from the scan to both signatures, through a dead connection and a dead server.
"""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page, expect

from ..system.server import ServerProcess
from .kit import Screens, codes, live, offline, page_url, settle, shot, until, until_page

PLAYERS = (1, 2)
ENTERED = {
    1: {
        1: {"secondary": 5},
        2: {"primary": 10, "secondary": 4},
        3: {"primary": 10, "secondary": 5},
        4: {"primary": 5, "secondary": 3},
        5: {"primary": 15, "secondary": 2, "battle-ready": 10},
    },
    2: {
        1: {"secondary": 3},
        2: {"primary": 5, "secondary": 5},
        3: {"primary": 15, "secondary": 4},
        4: {"primary": 10, "secondary": 4},
        5: {"primary": 10, "secondary": 5, "battle-ready": 10},
    },
}
"""By player and round: what is entered at the end of each turn."""

CORRECTED = (1, 2, "primary", 5)
"""What the table makes of player 1's primary of round 2, in round 4."""


def totals(rounds: int = 5) -> list[int]:
    """What the first *rounds* come to; of all five, with what was corrected."""
    sums = [
        sum(sum(cells.values()) for round_, cells in ENTERED[player].items() if round_ <= rounds)
        for player in PLAYERS
    ]
    if rounds < 5:
        return sums
    player, round_, category, value = CORRECTED
    sums[player - 1] += value - ENTERED[player][round_][category]
    return sums


class Match:
    """
    The screens of one match: the table's, two phones, a board and an overlay.

    :ivar second: who goes second, once that is known
    """

    def __init__(self, server: ServerProcess, screen: Screens, phone: Screens) -> None:
        self.server = server
        self.host = screen.blank(1024, 768, touch=True)
        shown = codes(self.host)
        self.host.goto(page_url(server))
        self._make()
        expect(self.host.locator(".place img")).to_have_count(3)
        self.second = 0
        self.game_id = re.findall(r"#g=([\w-]+)", shown["observer"])[0]
        self.phones = {
            1: phone(self._here(shown["player:1"])),
            2: phone(self._here(shown["player:2"]), language="de", dark=True),
        }
        self.board = screen(self._here(shown["observer"]), 1920, 1080)
        address = page_url(server, view="overlay", game=self.game_id)
        self.overlay = screen(address, 1920, 1080)

    @property
    def all(self) -> list[Page]:
        return [self.host, *self.phones.values(), self.board]

    def _here(self, address: str) -> str:
        """The codes have the address of the network; in a test there may be none."""
        return page_url(self.server, address.split("#", 1)[1])

    def _make(self) -> None:
        live(self.host).get_by_role("button", name="Make a game").tap()
        form = self.host.get_by_role("dialog")
        form.get_by_label(re.compile("^Rules")).select_option("wh40k-10e")
        form.get_by_label("Clock").select_option("down-90")
        form.get_by_role("button", name="Make a game").tap()

    def state(self) -> dict[str, Any]:
        """What everybody may see, over HTTP."""
        told = json.loads(self.server.get(f"/api/v1/games/{self.game_id}"))
        return {**told["state"], "version": told["version"]}

    def cell(self, player: int, category: str, round_: int) -> int | None:
        for each in self.state()["scores"]["cells"]:
            if (each["player"], each["category"], each["round"]) == (player, category, round_):
                return int(each["value"])
        return None

    def scores(self) -> list[int]:
        return [int(each["score"]) for each in self.state()["scores"]["players"]]


def on(page: Page, screen: str) -> Page:
    page.locator(f"main[data-screen={screen}]").wait_for()
    return page


def entry(page: Page, player: int, category: str, round_: int) -> Locator:
    return page.locator(f'[data-cell="{player}/{category}/{round_}"]')


def enter(page: Page, player: int, category: str, round_: int, value: int) -> None:
    """A quick value in the sheet that is open, until it is counted."""
    row = entry(page, player, category, round_)
    row.locator(".quick button").get_by_text(str(value), exact=True).tap()
    expect(row.locator("output")).to_have_text(str(value))


def fill_in(match: Match, player: int, round_: int) -> None:
    """End the turn of *player*, with what he has scored."""
    page = match.phones[player]
    page.locator(".key-turn").tap()
    for category, value in ENTERED[player][round_].items():
        at = 0 if category == "battle-ready" else round_
        if match.cell(player, category, at) is None:
            enter(page, player, category, at, value)
    page.locator(".modal-foot button").tap()
    expect(page.locator("dialog")).to_have_count(0)


def turn(match: Match, round_: int, player: int) -> None:
    """One turn, entered and passed on; the others see it."""
    page = match.phones[player]
    expect(page.locator(".own[data-turn=true]")).to_be_visible()
    fill_in(match, player, round_)
    if (round_, player) != (5, match.second):
        expect(match.phones[3 - player].locator(".own[data-turn=true]")).to_be_visible()
        expect(match.board.locator(f".side.p{3 - player}[data-turn=true]")).to_be_visible()


# The phones roll real dice of the server's; who won takes what is offered first.


def set_up(match: Match) -> None:
    anna, marek = match.phones.values()
    on(anna, "waiting").get_by_label("Your name").fill("Anna")
    anna.get_by_label("Faction (optional)").fill("Adepta Sororitas")
    anna.get_by_role("button", name="Ready").tap()
    expect(on(marek, "waiting").locator("[data-progress=ready]")).to_contain_text("Anna")
    expect(match.host.locator(".panel.p1")).to_contain_text("ready")
    marek.get_by_label("Ihr Name").fill("Marek")
    marek.locator(".mine button.big").tap()
    until(lambda: match.state()["status"] == "setup")
    while (state := match.state())["status"] == "setup":
        step = state["setup"]
        player = step["rolls"].index(0) + 1 if step["kind"] == "roll" else step["chooser"]
        here = match.phones[player].locator(f"[data-step={step['step']}]")
        here.locator("button.big").first.tap()
        version = state["version"]
        until(lambda version=version: match.state()["version"] != version)  # type: ignore[misc]
    on(match.phones[1], "ready").get_by_role("button", name="Start the match").tap()
    for page in match.phones.values():
        live(on(page, "playing"))


def all_show(match: Match, scores: list[int]) -> None:
    """The same on every screen, and in the box."""
    until(lambda: match.scores() == scores)
    for player, score in zip(PLAYERS, scores, strict=True):
        mine, other = match.phones[player], match.phones[3 - player]
        expect(mine.locator(".own .score .number")).to_have_text(str(score))
        expect(other.locator(".other dd").first).to_have_text(str(score))
        expect(match.host.locator(f".half.p{player} .score .number")).to_have_text(str(score))
        for screen in (match.board, match.overlay):
            found = screen.locator(f".side.p{player} .score .number")
            expect(found).to_have_text(str(score))


# -- what goes wrong on the way


def judge_and_pause(match: Match) -> None:
    anna, marek = match.phones.values()
    anna.get_by_role("button", name="Menu").tap()
    anna.get_by_role("button", name="Call a judge").tap()
    anna.get_by_label("What is it about?").fill("Is that in cover?")
    anna.get_by_role("button", name="Call a judge").last.tap()
    for page in (marek, match.host):
        expect(page.locator("[data-card=judge]")).to_contain_text("Is that in cover?")
    expect(match.board.locator(".headline")).to_contain_text("Judge called")
    anna.locator("[data-card=judge] button").tap()
    expect(marek.locator("[data-card=judge]")).to_have_count(0)

    marek.get_by_role("button", name="Menü").tap()
    marek.get_by_role("button", name="Uhr anhalten").tap()
    marek.keyboard.press("Escape")
    expect(match.board.locator(".headline")).to_contain_text("by Marek")
    expect(match.overlay.locator(".note.paused")).to_be_visible()
    until(lambda: not match.state()["clock"]["running"])
    anna.locator("[data-card=pause] button").tap()
    until(lambda: match.state()["clock"]["running"])


def undo(match: Match) -> None:
    """A wrong tap, taken back by who made it, once he has seen what that changes."""
    anna = match.phones[1]
    anna.locator(".round-cells").tap()
    enter(anna, 1, "secondary", 3, 4)
    anna.locator(".modal-foot button").tap()
    anna.locator(".tools").get_by_role("button", name="Undo").tap()
    asked = anna.get_by_role("dialog")
    expect(asked).to_contain_text("Secondary, round 3: 4 → –")
    asked.get_by_role("button", name="Undo").tap()
    until(lambda: match.cell(1, "secondary", 3) is None)


def refused(match: Match, player: int) -> None:
    """More command points than a round may bring."""
    page = match.phones[player]
    before = match.state()["scores"]["players"][player - 1]["cp"]
    more = page.locator(".cp button").last
    more.tap()
    expect(page.locator(".cp .number")).to_have_text(str(before + 1))
    more.tap()
    said = {1: "No more than 1 is possible here.", 2: "Mehr als 1 geht hier nicht."}[player]
    expect(page.locator(".cp .problem")).to_have_text(said)
    expect(page.locator(".cp .number")).to_have_text(str(before + 1))


def away(match: Match, player: int, round_: int, seconds: float) -> None:
    """A phone out of reach: two taps wait, are seen to wait, and count when it is back."""
    page = match.phones[player]
    offline(page)
    began = page.evaluate("performance.now()")
    page.locator(".round-cells").tap()
    for category in ("primary", "secondary"):
        row = entry(page, player, category, round_)
        value = str(ENTERED[player][round_][category])
        row.locator(".quick button").get_by_text(value, exact=True).tap()
        expect(row.locator("output")).to_have_text(f"–→ {value}")
        expect(row).to_have_attribute("data-fate", re.compile("sending|waiting"))
    # That there is no network is seen sooner than by two heartbeats that do not come.
    expect(page.locator("gs-status .bar.stale")).to_be_visible(timeout=8_000)
    for category in ("primary", "secondary"):
        row = entry(page, player, category, round_)
        expect(row).to_have_attribute("data-fate", "waiting")
    page.locator(".modal-foot button").tap()
    expect(page.locator(".own .score .wait")).to_be_visible()
    score = match.scores()[player - 1]
    expect(page.locator(".own .score .number")).to_have_text(str(score))
    until_page(page, "(end) => performance.now() > end", began + seconds * 1000)
    assert match.cell(player, "primary", round_) is None
    shot(page, "match-away")
    offline(page, False)
    until(lambda: match.cell(player, "secondary", round_) is not None)
    expect(live(page).locator(".wait")).to_have_count(0)


def killed(match: Match) -> None:
    """The box dies in the middle: all say so, all come back by themselves, nothing is lost."""
    before = match.state()
    match.server.kill()
    for page in match.all:
        expect(page.locator("gs-status .bar.stale")).to_be_visible()
    until_page(match.overlay, "() => document.body.dataset.live === 'stale'")
    expect(match.overlay.locator(".face").first).to_be_hidden()
    shot(match.phones[2], "match-killed")
    match.server.start()
    for page in match.all:
        live(page)
    until_page(match.overlay, "() => document.body.dataset.live === 'live'")
    after = match.state()
    for section in ("scores", "turn", "players"):
        assert after[section] == before[section]
    if not after["clock"]["running"]:  # it took longer than the grace
        match.phones[1].locator("[data-card=pause] button").tap()
        until(lambda: match.state()["clock"]["running"])


def corrected(match: Match) -> None:
    """The table puts a cell of an older round right; who is affected is told, and disputes it."""
    anna = match.phones[1]
    player, round_, category, value = CORRECTED
    match.host.get_by_role("navigation").get_by_role("button", name="Score sheet").tap()
    match.host.get_by_role("button", name="Anna, Primary, round 2: 10").tap()
    enter(match.host, player, category, round_, value)
    match.host.get_by_role("button", name="Back").tap()
    match.host.get_by_role("button", name="Close").tap()
    news = anna.locator("[data-card=news]")
    expect(news).to_contain_text("The table changed your Primary, round 2: 10 → 5")
    shot(anna, "match-news")
    news.get_by_role("button", name="Dispute").tap()
    anna.get_by_label("In a few words").fill("I held two of them")
    anna.locator("dialog button.danger").tap()
    for page in (match.phones[2], match.host):
        expect(page.locator("[data-card=dispute]")).to_contain_text("I held two of them")
    for page in (match.board, match.overlay):
        expect(page.get_by_text("Result under review")).to_be_visible()
    anna.get_by_role("button", name="Score sheet").tap()
    anna.get_by_role("button", name="Anna, Primary, round 2: 5").tap()
    past = anna.locator(".past li")
    expect(past).to_have_count(2)
    expect(past.first).to_contain_text("Primary, round 2 = 5")
    expect(past.last).to_contain_text("Primary, round 2 = 10")
    anna.get_by_role("button", name="Back").tap()
    anna.get_by_role("button", name="Close").tap()
    news.get_by_role("button", name="OK").tap()
    anna.locator("[data-card=dispute]").get_by_role("button", name="Settled").tap()
    expect(match.board.get_by_text("Result under review")).to_have_count(0)


def signed(match: Match) -> None:
    for page in match.phones.values():
        on(page, "ended").locator(".sign button.big").tap()
        settle(page)
    for page in [*match.phones.values(), match.host]:
        on(page, "signed")
    until(lambda: match.state()["status"] == "signed")


def counted_once(match: Match) -> None:
    """Each tap stands in the log once, whatever became of the connection meanwhile."""
    log = json.loads(match.server.get(f"/api/v1/games/{match.game_id}/export.json"))["log"]
    written = [
        (fact["player"], fact["round"], fact["category"], fact["value"])
        for entry_ in log
        for fact in entry_["facts"]
        if fact["fact"] == "cell_set" and not entry_["struck"]
    ]
    wanted = [
        (player, 0 if category == "battle-ready" else round_, category, value)
        for player in PLAYERS
        for round_, cells in ENTERED[player].items()
        for category, value in cells.items()
    ]
    assert sorted(written) == sorted([*wanted, CORRECTED])
    assert [entry_["type"] for entry_ in log if entry_["struck"]] == ["score_update"]


def test_a_whole_match(server: ServerProcess, screen: Screens, phone: Screens) -> None:
    screen.allow("net::ERR_CONNECTION")
    match = Match(server, screen, phone)
    set_up(match)
    first = int(match.state()["turn"]["first_player"])
    match.second = 3 - first
    for round_ in range(1, 6):
        for player in (first, 3 - first):
            if (round_, player) == (1, first):
                judge_and_pause(match)
            if (round_, player) == (2, first):
                refused(match, first)
            if (round_, player) == (3, first):
                undo(match)
            if (round_, player) == (3, match.second):
                killed(match)
            if (round_, player) == (4, first):
                away(match, first, round_, 8)
            if (round_, player) == (4, 2):  # the table may, whoever's turn it is
                corrected(match)
            turn(match, round_, player)
        if round_ == 2:
            shot(match.board, "match-board")
            all_show(match, totals(2))
            # What was refused in another turn is not said for ever.
            expect(match.phones[first].locator(".cp .problem")).to_have_count(0)

    # The end: every screen has the same, and it is what was entered.
    anna, marek = match.phones.values()
    expected = totals()
    until(lambda: match.scores() == expected)
    for page in (on(anna, "ended"), on(marek, "ended"), on(match.host, "ended")):
        for player in PLAYERS:
            final = page.locator(f".final .p{player} .number")
            expect(final).to_have_text(str(expected[player - 1]))
    for page in (match.board, match.overlay):
        for player in PLAYERS:
            score = page.locator(f".side.p{player} .score .number")
            expect(score).to_have_text(str(expected[player - 1]))
    signed(match)
    expect(match.board.locator(".headline")).to_contain_text("Marek wins")
    with anna.expect_popup() as opened:
        anna.get_by_role("link", name="Match report").tap()
    report = opened.value
    for player in PLAYERS:
        points = report.locator(f".head .side.p{player} .points .number")
        expect(points).to_have_text(str(expected[player - 1]))
    expect(report.locator(".ended .signed")).to_have_count(2)
    shot(report, "match-report")
    counted_once(match)
    listed = json.loads(server.get("/api/v1/games"))["games"]
    assert [[game["score1"], game["score2"]] for game in listed] == [expected]
