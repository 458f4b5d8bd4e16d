"""A player's phone: from the scan to the signature, with a connection and without."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

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
    settle,
    shot,
    until,
    until_page,
)

LONG = "Marek-Konstantin von und zu Hohenstein-X"


@pytest.fixture(scope="module")
def server(shared_server: ServerProcess) -> ServerProcess:
    """No test here minds the games of another."""
    return shared_server


def on(page: Page, screen: str) -> Page:
    page.locator(f"gs-seat main[data-screen={screen}]").wait_for()
    return page


def key(page: Page, name: str | re.Pattern[str]) -> Locator:
    return page.get_by_role("button", name=name)


def good(page: Page, name: str) -> None:
    """Nothing that axe finds, nothing that sticks out; and a picture of it."""
    settle(page)
    shot(page, f"seat-{name}")
    assert axe(page) == []
    assert overflow(page) == []


def cell_of(table: Table, player: int, category: str, round_: int = 1) -> int | None:
    for cell in table.state()["scores"]["cells"]:
        if (cell["player"], cell["category"], cell["round"]) == (player, category, round_):
            return int(cell["value"])
    return None


def test_from_the_scan_to_the_first_turn(server: ServerProcess, phone: Screens) -> None:
    with Table(server, names=("", ""), started=False, table="Table 7") as table:
        anna = on(phone(table.url("player:1")), "waiting")
        marek = on(phone(table.url("player:2"), 360, 640, dark=True, language="de"), "waiting")
        assert "k=" not in anna.evaluate("location.hash"), "the secret has left the address"
        expect(anna.locator("[data-progress]")).to_have_attribute("data-progress", "scanned")
        good(anna, "waiting")
        anna.get_by_label("Your name").fill("Anna")
        key(anna, re.compile("^Ready")).click()
        expect(marek.locator("[data-progress=ready] .name")).to_have_text("● Anna")
        good(marek, "waiting-de")
        marek.get_by_label("Ihr Name").fill(LONG)
        marek.get_by_label("Ihr Name").blur()
        expect(anna.locator("[data-progress=named] .name")).to_have_text(f"■ {LONG}")
        marek.locator(".mine button.big").click()
        for _ in range(4):  # two roll-offs and what they decide
            on(anna, "setup")
            step = anna.locator("[data-step]").get_attribute("data-step") or ""
            good(anna, f"setup-{step}")
            if step.endswith("roll"):
                key(anna, "Anna won").click()
            else:
                anna.locator("[data-step] .seat-coloured").first.click()
            expect(anna.locator(f"[data-step={step}]")).to_have_count(0)
        turn = table.state()["turn"]
        assert (turn["attacker"], turn["first_player"]) == (1, 1)
        on(marek, "ready")
        good(marek, "ready-de")
        key(marek, "Spiel starten").click()
        on(anna, "playing")
        assert table.state()["players"][1]["name"] == LONG
    with Table(server, names=("", ""), started=False) as again:
        anna.goto("about:blank")
        anna.goto(again.url("player:1"))
        expect(anna.get_by_label("Your name")).to_have_value("Anna")  # one tap is enough now
        key(anna, re.compile("^Ready")).click()
        until(lambda: again.state()["players"][0]["ready"])


def test_dice_and_skip(server: ServerProcess, phone: Screens) -> None:
    with Table(server, started=False) as table:
        anna = on(phone(table.url("player:1")), "waiting")
        for player in (1, 2):
            table.do("setup", {"op": "ready", "player": player})
        key(on(anna, "setup"), "Roll the die").click()
        expect(anna.locator(".die.p1 .face")).to_have_text(re.compile(r"^\d$"))
        expect(anna.get_by_text("Waiting for Marek")).to_be_visible()
        anna.get_by_text("Skip: just play").click()
        key(anna, "Marek starts").click()
        until(lambda: table.state()["turn"]["first_player"] == 2)
        expect(on(anna, "ready").get_by_role("heading", name="Marek goes first")).to_be_visible()


def test_a_turn(server: ServerProcess, phone: Screens) -> None:
    with Table(server, ruleset="wh40k-11e", names=("Anna", LONG), table="Table 7") as table:
        anna = live(on(phone(table.url("player:1"), 360, 640), "playing"))
        marek = live(on(phone(table.url("player:2"), 740, 360, language="de"), "playing"))
        expect(anna.locator(".own .turn-mark")).to_have_text("Your turn")
        expect(anna.locator(".own .clock-mark")).to_have_text("Clock runs")
        expect(marek.locator(".other .turn-mark")).to_have_text("Am Zug")
        assert anna.title().startswith("Your turn")
        good(anna, "turn-mine")
        good(marek, "turn-theirs-de")
        key(anna, re.compile("^Pass clock to Marek-Kon")).click()
        expect(marek.locator(".own .clock-mark")).to_have_text("Uhr läuft")
        expect(anna.locator(".idle")).to_contain_text("clock is running")
        assert table.state()["turn"]["active_player"] == 1, "the turn has stayed"
        key(marek, "Uhr an Anna").click()
        key(anna, "End turn").click()
        primary = anna.locator('[data-cell="1/primary/1"]')
        expect(primary.locator(".dot")).to_be_attached()
        good(anna, "sheet")
        primary.get_by_role("button", name="10", exact=True).click()
        expect(primary).to_have_attribute("data-fate", "counted")
        expect(primary).to_contain_text("10 of 15 this round · 10 of 45 in all")
        primary.get_by_role("button", name="one more").click()
        expect(primary.locator("output")).to_have_text("11")
        anna.locator(".modal-foot button").click()
        until(lambda: table.state()["turn"]["active_player"] == 2)
        expect(marek.locator(".other dd").first).to_have_text("11")
        good(marek, "turn-mine-de")
        key(anna, "Score sheet").click()
        good(anna, "grid")
        key(anna, "Anna, Secondary, round 1: empty").click()  # it was skipped, and kept its dot
        expect(anna.get_by_text("Nothing yet.")).to_be_visible()
        anna.get_by_label("New number").fill("4")
        key(anna, "Enter").click()
        expect(anna.locator(".past")).to_contain_text("Secondary, round 1 = 4")
        good(anna, "cell")
        assert cell_of(table, 1, "secondary") == 4
        anna.keyboard.press("Escape")
        key(anna, "Close").click()
        expect(anna.locator("dialog")).to_have_count(0)


def test_command_points_of_two_screens_both_count(server: ServerProcess, phone: Screens) -> None:
    with Table(server) as table:
        anna = live(on(phone(table.url("player:1")), "playing"))
        key(anna, "Gain a command point").click()
        table.do("score_update", {"player": 1, "cp_delta": 2})
        expect(anna.locator(".cp .number")).to_have_text("4")
        key(anna, "Gain a command point").click()
        expect(anna.locator(".cp .problem")).to_have_text("No more than 1 is possible here.")
        assert table.state()["scores"]["players"][0]["cp"] == 4


def test_what_others_change_stays_until_it_is_read(server: ServerProcess, phone: Screens) -> None:
    with Table(server) as table:
        table.score(1, "secondary", 4, 1)
        anna = live(on(phone(table.url("player:1"), 360, 640), "playing"))
        wrong = {"player": 1, "category": "secondary", "round": 1, "value": 2, "reason": "counted"}
        table.do("score_update", wrong)
        news = anna.locator("[data-card=news]")
        expect(news).to_contain_text("The table changed your Secondary, round 1: 4 → 2 (counted)")
        good(anna, "news")
        anna.reload()
        expect(news).to_contain_text("4 → 2")
        news.get_by_role("button", name="Dispute").click()
        anna.get_by_label("In a few words").fill("It was four")
        good(anna, "dispute")
        anna.locator("dialog button.danger").click()
        until(lambda: table.state()["dispute"])
        assert table.state()["dispute"]["category"] == "secondary"
        news.get_by_role("button", name="OK").click()
        expect(news).to_have_count(0)
        expect(anna.locator("[data-card=dispute]")).to_contain_text("It was four")
        anna.locator("[data-card=dispute]").get_by_role("button", name="Settled").click()
        until(lambda: table.state()["dispute"] is None)
        anna.goto("about:blank")
        table.score(1, "secondary", 5, 1)
        anna.goto(page_url(server, f"g={table.game_id}&p=player:1"))
        expect(news).to_contain_text("Secondary, round 1: – → 5")


def test_undo(server: ServerProcess, phone: Screens) -> None:
    with Table(server) as table:
        anna = live(on(phone(table.url("player:1")), "playing"))
        key(anna, "End turn").click()
        anna.locator(".quick button", has_text="5").click()
        expect(anna.locator("[data-fate=counted]")).to_be_attached()
        anna.locator(".modal-foot button").click()
        offer = anna.locator(".offer")
        expect(offer).to_contain_text("Turn passed to Marek")
        offer.get_by_role("button", name="Undo").click()
        until(lambda: table.state()["turn"]["active_player"] == 1)
        assert cell_of(table, 1, "secondary") == 5, "scores stay"
        key(anna, "Menu").click()
        key(anna, "Take something back").click()
        key(anna, re.compile("Secondary, round 1 = 5")).click()
        expect(anna.locator(".preview li")).to_have_text("Secondary, round 1: 5 → –")
        good(anna, "undo")
        anna.locator(".preview button").click()
        until(lambda: cell_of(table, 1, "secondary") is None)


def test_without_a_connection(server: ServerProcess, phone: Screens) -> None:
    phone.allow("net::ERR_")
    with Table(server) as table, Wire(server) as wire:
        table.score(1, "secondary", 2, 1)
        anna = live(on(phone(wire.by(table.url("player:1")), 360, 640), "playing"))
        wire.cut()
        expect(anna.locator("gs-status .bar.stale")).to_be_visible()
        key(anna, "Spend a command point").click()
        expect(anna.locator(".cp .wait")).to_have_text("−1")
        expect(anna.locator(".cp .number")).to_have_text("1")  # not before it is counted
        anna.locator(".round-cells").click()
        more = key(anna, "Secondary, round 1: one more")
        more.click()
        more.click()
        expect(anna.locator(".entry .wait")).to_have_text("+2")
        expect(anna.locator(".fate")).to_have_text("Waits for the connection")
        good(anna, "offline-sheet")
        anna.locator(".modal-foot button").click()
        expect(anna.locator("[data-card=away]")).to_contain_text("3 taps wait")
        good(anna, "offline")
        kept = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
        assert not anna.evaluate(kept), "it asks before the page and what waits are lost"
        wire.mend()
        until(lambda: cell_of(table, 1, "secondary") == 4)
        assert anna.evaluate(kept)
        until(lambda: table.state()["scores"]["players"][0]["cp"] == 0)
        expect(live(anna).locator(".wait")).to_have_count(0)


def test_what_came_too_late_is_explained(server: ServerProcess, phone: Screens) -> None:
    phone.allow("net::ERR_")
    with Table(server) as table, Wire(server) as wire:
        anna = live(on(phone(wire.by(table.url("player:1")), language="de"), "playing"))
        wire.cut()
        expect(anna.locator("gs-status .bar.stale")).to_be_visible()
        anna.locator(".round-cells").click()
        anna.locator(".quick button", has_text="5").click()
        expect(anna.locator(".entry .wait")).to_have_text("→ 5")
        anna.locator(".modal-foot button").click()
        anna.locator(".key-clock").click()
        expect(anna.locator(".key-clock")).to_have_text("Wartet auf die Verbindung")
        expect(anna.locator(".key-clock")).to_be_disabled()
        anna.evaluate(
            "() => document.querySelector('gs-seat').client.outbox.waiting"
            ".filter((tap) => tap.press).forEach((tap) => { tap.madeAt -= 20_000 })"
        )
        table.score(1, "secondary", 3, 1)
        wire.mend()
        toast = anna.locator("gs-toasts .toast")
        expect(toast.first).to_contain_text("dort steht jetzt 3")
        expect(toast.last).to_contain_text("ohne Verbindung gedrückt")
        assert (cell_of(table, 1, "secondary"), table.state()["clock"]["side"]) == (3, 1)
        key(anna, "Noch einmal").click()
        until(lambda: table.state()["clock"]["side"] == 2)


def test_what_changed_behind_a_power_cut_is_told(server: ServerProcess, phone: Screens) -> None:
    phone.allow("net::ERR_")
    with Table(server) as table, Wire(server) as wire:
        table.score(1, "secondary", 4, 1)
        anna = live(on(phone(wire.by(table.url("player:1"))), "playing"))
        wire.cut()
        expect(anna.locator("gs-status .bar.stale")).to_be_visible()
        server.restart()
        with Talker(server.url, token=table.host.token) as host:
            host.connect(game_id=table.game_id)
            score = {"player": 1, "category": "secondary", "round": 1, "value": 1}
            host.do("score_update", score)
        server.restart()  # what happened in between can only be had whole now
        wire.mend()
        news = live(anna).locator("[data-card=news]")
        expect(news.first).to_contain_text("Secondary, round 1: 4 → 1")
        expect(news.last).to_contain_text("Things have changed while you were away.")
        expect(anna.locator(".own .score .number")).to_have_text("1")


def test_two_agree_and_sign(server: ServerProcess, phone: Screens) -> None:
    with Table(server, table="Table 3") as table:
        anna = live(on(phone(table.url("player:1")), "playing"))
        marek = live(on(phone(table.url("player:2"), 360, 640, dark=True), "playing"))
        key(anna, "Menu").click()
        good(anna, "menu")
        key(anna, "Call a judge").click()
        anna.get_by_label("What is it about?").fill("Ruins")
        key(anna, "Call a judge").last.click()
        expect(marek.locator("[data-card=judge]")).to_contain_text("Ruins")
        marek.locator("[data-card=judge] button").click()
        until(lambda: table.state()["judge"] is None)
        key(marek, "Menu").click()
        key(marek, "Pause the clock").click()
        expect(anna.locator("[data-card=pause]")).to_contain_text("paused by Marek")
        expect(anna.locator(".own .clock-mark")).to_have_text("Clock stands")
        marek.keyboard.press("Escape")
        anna.locator("[data-card=pause] button").click()
        until(lambda: table.state()["clock"]["running"])
        key(anna, "Menu").click()
        key(anna, "Draw").click()
        asked = marek.locator("[data-card=proposal]")
        expect(asked).to_contain_text("Anna proposes: Draw")
        expect(anna.locator("[data-card=proposal]")).to_contain_text("left")
        good(marek, "proposal")
        asked.get_by_role("button", name="Yes").click()
        on(anna, "ended")
        expect(anna.locator(".hints")).to_contain_text("Marek: Secondary, round 1 is empty")
        good(anna, "ended")
        key(anna, "Sign this result").click()
        expect(anna.get_by_text("Waiting for Marek.")).to_be_visible()
        table.score(2, "secondary", 3, 1)  # what was signed has changed: so nobody has
        expect(key(anna, "Sign this result")).to_be_visible()
        for page in (anna, marek):
            key(page, "Sign this result").click()
        good(on(marek, "signed"), "signed")
        assert table.state()["status"] == "signed"


def test_conceding_asks_first(server: ServerProcess, phone: Screens) -> None:
    with Table(server, ruleset="chess", names=("Anna", "Li")) as table:
        anna = live(on(phone(table.url("player:1"), language="de"), "playing"))
        good(anna, "chess-de")
        key(anna, "Gezogen").click()
        until(lambda: table.state()["turn"]["active_player"] == 2)
        for answer in ("Abbrechen", "Aufgeben"):
            key(anna, "Menü").click()
            key(anna, "Aufgeben").click()
            anna.locator("body > dialog").get_by_role("button", name=answer).click()
        on(anna, "ended")
        expect(anna.get_by_role("heading", name="Li gewinnt")).to_be_visible()


def test_turns_that_alternate(server: ServerProcess, phone: Screens) -> None:
    with Table(server, ruleset="kill-team") as table:
        anna = live(on(phone(table.url("player:1"), 360, 640), "playing"))
        key(anna, "End activation").click()
        until(lambda: table.state()["turn"]["active_player"] == 2)
        table.end_turn()
        key(anna, "End round 1").click()
        anna.locator(".quick button").first.click()
        good(anna, "end-of-round")
        anna.locator(".modal-foot button").click()
        expect(anna.locator("[data-step=initiative-roll]")).to_be_visible()
        good(anna, "initiative")
        key(anna, "Anna won").click()
        key(anna, "First").click()
        until(lambda: table.state()["turn"]["round"] == 2)
        expect(anna.get_by_role("heading", name="Round 2 of 4")).to_be_visible()


def test_the_policies_of_an_event(server: ServerProcess, phone: Screens) -> None:
    with Table(server, profile="event", started=False) as table:
        table.do("timer_update", {"op": "start"})
        anna = on(phone(table.url("player:1")), "waiting")
        expect(anna.get_by_text("Skip: just play")).to_have_count(0)
        expect(anna.locator(".setup-time")).to_contain_text("Set-up time 0:0")
        table.do("setup", {"op": "skip", "first_player": 1})
        key(on(anna, "ready"), "Start the match").click()  # two who are ready begin
        key(on(anna, "playing"), "Menu").click()
        expect(anna.get_by_text("only a judge stops")).to_be_visible()
        expect(key(anna, "Pause the clock")).to_have_count(0)
        anna.keyboard.press("Escape")
        marek = live(on(phone(table.url("player:2")), "playing"))
        key(anna, "End turn").click()
        anna.locator(".modal-foot button").click()
        anna.locator(".offer button").click()  # here both have to agree to that
        asked = marek.locator("[data-card=proposal]")
        expect(asked).to_contain_text("Anna proposes: Take something back (Anna: Turn ended)")
        asked.get_by_role("button", name="Yes").click()
        until(lambda: table.state()["turn"]["active_player"] == 1)
        table.score(1, "secondary", 4, 1)
        key(anna, "End turn").click()
        anna.locator(".modal-foot button").click()
        until(lambda: table.state()["turn"]["active_player"] == 2)
        table.end_turn()
        expect(anna.get_by_role("heading", name="Round 2 of 5")).to_be_visible()
        key(anna, "Score sheet").click()
        key(anna, "Anna, Secondary, round 1: 4").click()
        expect(anna.get_by_text("That round is over. Marek can correct it")).to_be_visible()


SIGNALS = """
globalThis.shaken = [];
Navigator.prototype.vibrate = function (pattern) { shaken.push(pattern); return true; };
delete Navigator.prototype.wakeLock;  // as on a LAN without https
"""


def test_the_phone_wakes_its_player(server: ServerProcess, phone: Screens) -> None:
    clock = {"clock": {"mode": "down", "budget_ms": 302_500}}
    with Table(server, first=2, options=clock) as table:
        anna = phone.blank()
        anna.add_init_script(SIGNALS)
        anna.goto(table.url("player:1"))
        live(on(anna, "playing")).locator(".own").tap()
        until_page(anna, "() => document.querySelector('gs-seat').awake.how === 'video'")
        table.end_turn()
        until_page(anna, "() => shaken.length === 1")
        until_page(anna, "() => shaken.length === 2")  # five minutes are left
        expect(anna.locator(".own .tag.warn")).to_have_text("Under 5 min")
        anna.reload()
        live(on(anna, "playing")).locator(".own").tap()
        key(anna, "Menu").click()
        anna.get_by_label(re.compile("^Sound")).uncheck()
        assert anna.evaluate("shaken.length") == 0, "nothing is said twice"


def test_a_participant_is_led_from_table_to_table(server: ServerProcess, phone: Screens) -> None:
    desk = organiser(server)

    def made(type_: str, **data: Any) -> dict[str, Any]:
        detail: dict[str, Any] = desk.do(type_, data)["data"].get("detail", {})
        return detail

    five, seven = (made("table", op="add", name=f"Table {n}")["table"] for n in (5, 7))
    event = made("event", op="add", name="Winter Open")["event"]
    anna, marek, li = (
        made("event", op="add_participant", event=event, name=name)["participant"]
        for name in ("Anna", "Marek", "Li")
    )
    invited = made("event", op="invite_participant", event=event, participant=anna)
    page = on(phone(f"{server.http}/{invited['link']}"), "hall")
    expect(page.get_by_text("No table for you yet")).to_be_visible()
    good(page, "hall")

    def paired(round_: int, table: str, foe: str, name: str) -> str:
        pairing = {"p1": anna, "p2": foe, "table": table}
        made("event", op="pair_round", event=event, round=round_, pairings=[pairing])
        names = {"player1_name": "Anna", "player2_name": name}
        game = str(desk.create(**names, profile="event", table=f"Round {round_}")["game_id"])
        made("assign", op="game", table=table, game=game, event=event, reason="next")
        return game

    first = paired(1, five, marek, "Marek")
    expect(on(page, "waiting").locator(".opponent .name")).to_have_text("■ Marek")
    desk.do("setup", {"op": "skip", "first_player": 1}, game_id=first)
    desk.do("timer_update", {"op": "start"}, game_id=first)
    made("event", op="start_round", event=event, round=1, length_ms=3_600_000)
    made("announce", op="add", text="Lunch is at the bar", to="event", target=event)
    expect(on(page, "playing").locator(".round-clock")).to_contain_text("Round ends in")
    news = page.locator("[data-card=announcement]")
    expect(news).to_contain_text("Lunch is at the bar")
    news.get_by_role("button", name="OK").click()
    expect(news).to_have_count(0)
    paired(2, seven, li, "Li")
    move = page.locator("[data-card=move]")
    expect(move).to_contain_text("You are now at Table 7 against Li (was Table 5).")
    good(page, "moved")
    move.get_by_role("button", name="Go").click()
    expect(on(page, "waiting").locator(".opponent .name")).to_have_text("■ Li")
    page.reload()
    expect(on(page, "waiting").locator(".opponent .name")).to_have_text("■ Li")
    desk.close()


def test_large_text_and_narrow_screens(server: ServerProcess, phone: Screens) -> None:
    with Table(server, names=(LONG, LONG[::-1])) as table:
        page = live(on(phone(table.url("player:1"), 320, 480), "playing"))
        for size in ("100%", "200%"):
            page.evaluate("(size) => { document.documentElement.style.fontSize = size }", size)
            settle(page)
            shot(page, f"seat-narrow-{size[:-1]}", whole=True)
            assert overflow(page) == []
            key(page, "End turn").click()
            settle(page)
            assert overflow(page) == []
            page.keyboard.press("Escape")
            key(page, "Score sheet").click()
            settle(page)
            assert overflow(page) == []
            page.keyboard.press("Escape")


def test_a_phone_without_a_seat(server: ServerProcess, phone: Screens) -> None:
    with Table(server) as table:
        page = phone(page_url(server, f"g={table.game_id}&p=player:1"))
        expect(on(page, "stranger").get_by_role("heading")).to_contain_text("no seat in this game")
        good(page, "stranger")
        page.goto("about:blank")
        page.goto(page_url(server, f"g={table.game_id}&p=player:1&k=nothing-of-that-kind00"))
        expect(on(page, "entering").get_by_role("heading")).to_contain_text("no place in this game")
