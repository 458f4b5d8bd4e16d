"""The kit itself: what it finds wrong, it says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from ..system.server import ServerProcess
from .kit import Screens, Table, Wire, axe, organiser_key, until_page


def test_a_game_opens_on_a_phone(shared_server: ServerProcess, phone: Screens) -> None:
    with Table(shared_server) as table:
        page = phone(table.url("observer", view="enter"))
        assert page.evaluate("[innerWidth, navigator.maxTouchPoints > 0]") == [390, True]
        until_page(page, "() => document.querySelector('main')")
    assert organiser_key(shared_server)


def test_faults_are_told(shared_server: ServerProcess, browser: Browser) -> None:
    screens = Screens(browser)
    page = screens(f"{shared_server.http}/?view=enter#c=22222222")
    until_page(page, "() => document.querySelector('h1')")
    page.evaluate("() => setTimeout(() => { throw new Error('a fault of the page') })")
    page.evaluate("() => console.error('said so')")
    page.evaluate("() => fetch('nowhere').catch(() => {})")
    page.evaluate("() => fetch('http://127.0.0.9:1/').catch(() => {})")
    until_page(page, "() => true")
    with pytest.raises(AssertionError) as said:
        screens.close()
    for what in ("a fault of the page", "said so", "404", "Content Security Policy"):
        assert what in str(said.value)


def test_axe_finds_what_is_wrong(shared_server: ServerProcess, screen: Screens) -> None:
    page = screen(f"{shared_server.http}/?view=enter#c=22222222")
    page.locator("a.button").wait_for()  # it has drawn all that it will
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert [line.split(":")[0] for line in axe(page)] == ["button-name"]


CONNECT = """async () => {
  const script = document.querySelector("script[type=module]").src;
  const { connect } = await import(new URL("lib/session.js", script));
  globalThis.client = connect("kit");
}"""


def test_cut(shared_server: ServerProcess, screen: Screens) -> None:
    with Wire(shared_server) as wire:
        screen.allow("net::ERR_(EMPTY_RESPONSE|CONNECTION)")
        page = screen(f"{wire.http}/?view=enter#k=nothingofthatkind0000")
        page.locator("h1").wait_for()
        page.evaluate(CONNECT)
        until_page(page, "() => client.live")
        wire.cut()
        until_page(page, "() => !client.connected", seconds=3)
        wire.mend()
        until_page(page, "() => client.live")
