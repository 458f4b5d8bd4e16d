"""gamesync.js in a browser, against a real server that stops, dies and hangs."""

from __future__ import annotations

import re
import signal
import time
from typing import Any

import pytest
from playwright.sync_api import Page

from ..system.server import ServerProcess
from ..system.talker import Talker
from .kit import Screens, Table, Wire, offline, page_url, until, until_page

BLANK = "?view=enter#c=22222222"
"""A page that wants nothing for long; the clients of these tests stand beside its own."""
SCRIPT = """async ([name, options, way]) => {
  const script = document.querySelector("script[type=module]").src;
  const { Client, clockShown } = await import(new URL("client/gamesync.js", script));
  const { socketUrl } = await import(new URL("lib/address.js", script));
  const client = new Client({ url: socketUrl(), slot: name, clientType: "player", ...options });
  const heard = [];
  client.addEventListener("status", ({ detail }) => heard.push(detail.status));
  const game = way && client.join(way);
  game?.addEventListener("change", ({ detail }) => heard.push(detail?.version ?? "all"));
  client.start();
  globalThis[name] = { client, game, heard, clockShown, answers: [] };
}"""
RESTARTED = r"net::ERR_(CONNECTION|EMPTY|INTERNET|SOCKET)"


def client(page: Page, way: dict[str, Any] | None = None, name: str = "it", **options: Any) -> Page:
    page.evaluate(SCRIPT, [name, options, way])
    until_page(page, f"() => {name}.client.live && (!{name}.game || {name}.game.synced)")
    return page


def opened(server: ServerProcess, screen: Screens) -> Page:
    screen.allow(RESTARTED)
    found = screen(f"{server.http}/{BLANK}")
    found.locator("h1").wait_for()
    return found


@pytest.fixture
def page(shared_server: ServerProcess, screen: Screens) -> Page:
    return opened(shared_server, screen)


def seat(table: Table, player: int = 1) -> dict[str, Any]:
    return {"game_id": table.game_id, "key": table.key(f"player:{player}")}


def tap(page: Page, delta: int = 1, player: int = 1) -> None:
    """Send a step of command points; the answer goes to ``it.answers``."""
    page.evaluate(
        """([player, delta]) => {
          const what = { player, category: "secondary", delta };
          it.game.send("score_update", what).then(
            (answer) => it.answers.push(answer.version), (no) => it.answers.push(no.code));
        }""",
        [player, delta],
    )


def points(table: Table, player: int = 1) -> int:
    found: int = table.state()["scores"]["players"][player - 1]["score"]
    return found


def test_a_restart_is_survived_without_a_gap_and_taps_count_once(
    server: ServerProcess, screen: Screens
) -> None:
    page = opened(server, screen)
    with Table(server) as table:
        client(page, seat(table))
        tap(page)
        until_page(page, "() => it.answers.length === 1")
    for graceful in (True, False):
        server.stop() if graceful else server.kill()
        until_page(page, "() => !it.client.live")
        for _ in range(3):
            tap(page)
        waiting = page.evaluate("() => it.client.outbox.waiting.length")
        assert waiting == 3
        server.start()
        until_page(page, "() => it.client.outbox.waiting.length === 0")
        until_page(page, "() => it.game.status === 'live'")
    told = page.evaluate("() => [it.answers, it.game.state.scores.players[0].score, it.heard]")
    assert told[1] == 7
    assert told[0] == sorted(told[0])
    assert len(told[0]) == 7
    versions = [each for each in told[2] if isinstance(each, int)]
    assert versions == sorted(set(versions)), "a version came twice, or out of order"


def test_what_happened_meanwhile_follows_and_presses_are_dated(
    shared_server: ServerProcess, page: Page, screen: Screens
) -> None:
    with Table(shared_server) as table, Wire(shared_server) as wire:
        screen.allow(RESTARTED)
        page.goto(f"{wire.http}/{BLANK}")
        page.locator("h1").wait_for()
        client(page, seat(table))
        wire.cut()
        until_page(page, "() => !it.client.live")
        version = page.evaluate("() => it.game.version")
        for _ in range(5):
            table.do("score_update", {"player": 2, "category": "secondary", "delta": 1})
        page.evaluate(
            """() => { it.at = it.client.now();
              it.game.send("turn_change", { player: 1, turn: it.game.state.turn.turn },
                { press: "turn" }).then((a) => it.answers.push(a.version)); }"""
        )
        page.wait_for_timeout(1_500)  # so that a press that is not dated back would show
        wire.mend()
        until_page(page, "() => it.answers.length === 1")
        assert page.evaluate("() => it.game.recovered") is True
        heard = page.evaluate("() => it.heard.filter((each) => typeof each === 'number')")
        missed = list(range(version + 1, version + 6))
        assert [each for each in heard if each in missed] == missed
        ended = table.state()["clock"]
        spent = 90 * 60_000 - ended["p1_ms"] if ended["mode"] == "down" else ended["p1_ms"]
        at = page.evaluate("() => it.at")
        began = ended["at"] - 0
        assert ended["side"] == 2
        assert spent >= 0
        # The turn ended when the finger was there, and not when the Wi-Fi was back.
        assert abs(began - at) < 1_000


def test_offline_taps_wait_and_go_once_with_their_ids(
    shared_server: ServerProcess, page: Page
) -> None:
    with Table(shared_server) as table:
        client(page, seat(table))
        offline(page)
        for _ in range(4):
            tap(page)
        until_page(page, "() => !it.client.live", seconds=15)
        ids = page.evaluate("() => it.client.outbox.waiting.map((each) => each.id)")
        assert len(set(ids)) == 4
        assert page.evaluate("() => it.answers") == []
        offline(page, False)
        until_page(page, "() => it.answers.length === 4")
        assert points(table) == 4


def test_the_clock_is_known_within_the_round_trip_whatever_the_device_thinks(
    shared_server: ServerProcess, screen: Screens
) -> None:
    with Table(shared_server) as table, Wire(shared_server) as wire:
        wire.slow(0.02)
        page = screen.blank()
        # Three hours wrong: the page never asks.
        page.add_init_script(
            "const now = Date.now; Date.now = () => now() + 3 * 3_600_000;"
            "const Real = Date; globalThis.Date = class extends Real {"
            "  constructor(...all) { super(...(all.length ? all : [Real.now()])); } };"
        )
        page.goto(f"{wire.http}/{BLANK}")
        page.locator("h1").wait_for()
        client(page, {"game_id": table.game_id})
        until_page(page, "() => it.client.clock.rtt !== null")
        for _ in range(5):
            with_talker = Talker(shared_server.url)
            before = time.monotonic()
            game = with_talker.greeting["data"]["now"] + (time.monotonic() - before) * 1000
            shown = page.evaluate("() => [it.client.now(), it.client.clock.best.rtt]")
            late = (time.monotonic() - before) * 1000
            with_talker.close()
            assert game - shown[1] / 2 - 30 <= shown[0] <= game + late + shown[1] / 2 + 30


def test_a_server_that_hangs_is_noticed_within_two_heartbeats(
    server: ServerProcess, screen: Screens
) -> None:
    page = opened(server, screen)
    with Table(server) as table:
        client(page, seat(table))
        server.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        try:
            until_page(page, "() => it.game.status === 'stale'", seconds=15)
            assert time.monotonic() - stopped < 2 * 5 + 1.5
        finally:
            server.signal(signal.SIGCONT)
        until_page(page, "() => it.game.status === 'live'")


def test_at_once_when_the_phone_wakes(server: ServerProcess, screen: Screens) -> None:
    page = opened(server, screen)
    with Table(server) as table:
        client(page, seat(table))
        server.stop()
        # After some failures in a row the next attempt is seconds away.
        until_page(page, "() => it.client.retryIn > 1_500", seconds=30)
        server.start()
        page.evaluate("() => it.client.wake()")
        until_page(page, "() => it.game.status === 'live'", seconds=2)


def test_the_lobby_is_live(server: ServerProcess, screen: Screens) -> None:
    page = opened(server, screen)
    client(page)
    page.evaluate("() => it.client.lobby.watch()")
    until_page(page, "() => it.client.lobby.complete")
    with Table(server, names=("Zoë", "Li")) as table:
        until_page(
            page, "(id) => it.client.lobby.games.get(id)?.status === 'playing'", table.game_id
        )
        line = page.evaluate("(id) => it.client.lobby.games.get(id)", table.game_id)
        assert line["player1_name"] == "Zoë"
        until_page(
            page,
            "(id) => it.clockShown(it.client.lobby.games.get(id).clock, 1, it.client.now()) > 0",
            table.game_id,
        )
        server.restart()
        until_page(page, "() => it.client.live")
        until_page(page, "(id) => it.client.lobby.games.has(id)", table.game_id)


def test_a_typed_code_opens_a_seat(shared_server: ServerProcess, page: Page) -> None:
    with Table(shared_server, started=False) as table:
        typed = table.places["player:2"]["codes"][0]
        typed = typed if isinstance(typed, str) else typed["code"]
        client(page, {"code": f" {typed[:4].lower()} - {typed[4:]} "})
        assert page.evaluate("() => [it.game.id, it.game.player]") == [table.game_id, 2]
        # Another device is told no, and why.
        page.evaluate(SCRIPT, ["other", {}, {"code": typed}])
        until_page(page, "() => other.game.status === 'refused'")
        assert page.evaluate("() => other.game.refusal.code") == "bad_credentials"


def test_the_device_is_known_again_after_a_reload(shared_server: ServerProcess, page: Page) -> None:
    with Table(shared_server) as table:
        client(page, seat(table))
        device = page.evaluate("() => it.game.device")
        page.reload()
        page.locator("h1").wait_for()
        client(page, {"game_id": table.game_id})
        assert page.evaluate("() => [it.game.device, it.game.player]") == [device, 1]
        # Another slot is another device: both seats can be played from two tabs.
        client(page, seat(table, 2), name="second")
        assert page.evaluate("() => second.game.device") != device


def test_history(shared_server: ServerProcess, page: Page) -> None:
    with Table(shared_server) as table:
        client(page, seat(table))
        tap(page, 5)
        until_page(page, "() => it.answers.length === 1")
        told = page.evaluate("() => it.game.ask('history', { limit: 2 })")
        assert told["entries"][0]["facts"][0]["fact"] == "cell_stepped"
        assert told["entries"][0]["version"] > told["entries"][1]["version"]
        cell = page.evaluate(
            "() => it.game.ask('history', { player: 1, category: 'secondary', round: 1 })"
        )
        assert len(cell["entries"]) == 1


def test_a_device_whose_place_was_taken_stays_away(
    shared_server: ServerProcess, page: Page
) -> None:
    with Table(shared_server) as table:
        client(page, seat(table))
        device = page.evaluate("() => it.game.device")
        table.do("device", {"op": "revoke", "device": device})
        until_page(page, "() => it.client.away === 4403")
        page.evaluate("() => it.client.wake()")
        assert page.evaluate("() => it.client.retryIn") is None


def test_a_refused_tap_says_why_and_changes_nothing(
    shared_server: ServerProcess, page: Page
) -> None:
    with Table(shared_server) as table:
        client(page, seat(table))
        tap(page, 5, player=2)
        until_page(page, "() => it.answers.length === 1")
        assert page.evaluate("() => it.answers") == ["not_yours"]
        assert points(table, 2) == 0
        until(lambda: points(table) == 0)


def test_nothing_is_asked_of_anybody_else(shared_server: ServerProcess, screen: Screens) -> None:
    page = screen.blank()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("websocket", lambda socket: asked.append(socket.url))
    page.goto(page_url(shared_server))
    until_page(page, "() => document.querySelector('main')")
    assert asked
    ours = re.compile(rf"(blob:)?\w+://127\.0\.0\.1:{shared_server.port}/")
    assert not [url for url in asked if not ours.match(url)]
