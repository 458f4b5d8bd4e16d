"""Drawing (lib/dom.js) in a browser: what is kept, what is put right, and that text is text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from ..system.server import ServerProcess
from .kit import Screens, until_page

PAYLOAD = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def page(shared_server: ServerProcess, browser: Browser) -> Iterator[Page]:
    screens = Screens(browser)
    page = screens(f"{shared_server.http}/?view=enter#c=22222222")
    page.locator("h1").wait_for()
    page.evaluate(
        """async () => {
          const script = document.querySelector("script[type=module]").src;
          Object.assign(globalThis, await import(new URL("lib/dom.js", script)));
          globalThis.place = document.createElement("div");
          document.body.replaceChildren(place);
          globalThis.draw = (...all) => (render(place, ...all), place.innerHTML);
        }"""
    )
    yield page
    screens.close()


def run(page: Page, body: str) -> Any:
    return page.evaluate(f"() => {{ place.replaceChildren(); {body} }}")


def test_what_is_described_is_there(page: Page) -> None:
    told = run(
        page,
        """return draw(h("p", { class: "a", hidden: false, "data-n": 0 }, "one ", 2, null, false,
             [h("b", {}, "three")], undefined), "four")""",
    )
    assert told == '<p class="a" data-n="0">one 2<b>three</b></p>four'


def test_text_is_text(page: Page) -> None:
    told = run(page, f'draw(h("p", {{ title: "{PAYLOAD}" }}, "{PAYLOAD}")); return place.innerText')
    assert told == PAYLOAD
    assert page.evaluate("() => place.querySelector('img')") is None


def test_elements_are_kept_where_they_can_be(page: Page) -> None:
    kept = run(
        page,
        """const list = (...keys) => h("ul", {}, keys.map((key) => h("li", { key }, key)));
           draw(list("a", "b", "c"));
           const [a, b, c] = place.querySelectorAll("li");
           const html = draw(list("c", "x", "a"));
           const now = [...place.querySelectorAll("li")];
           return [html, now[0] === c, now[2] === a, b.isConnected]""",
    )
    assert kept == ["<ul><li>c</li><li>x</li><li>a</li></ul>", True, True, False]


def test_focus_and_typing_survive_a_redraw(page: Page) -> None:
    told = run(
        page,
        """const form = (n) => [n % 2 ? h("p", { key: "p" }, n) : null,
             h("input", { key: "i", "aria-label": "x" })];
           draw(form(0));
           const input = place.querySelector("input");
           input.focus(); input.value = "typed";
           draw(form(1)); draw(form(2));
           const now = place.querySelector("input");
           return [document.activeElement === input, input.value, now === input]""",
    )
    assert told == [True, "typed", True]


def test_what_is_left_out_next_time_is_taken_away(page: Page) -> None:
    told = run(
        page,
        """let clicks = 0;
           const style = { "--n": "1", color: "red" };
           draw(h("button", { class: "x", disabled: true, onclick: () => clicks++, style }, "go"));
           const first = place.innerHTML;
           const last = draw(h("button", { style: { color: "red" } }, "go"));
           place.firstChild.click();
           return [first.includes("--n"), last, clicks]""",
    )
    assert told == [True, '<button style="color: red;">go</button>', 0]


def test_a_select_shows_what_it_is_told_to(page: Page) -> None:
    told = run(
        page,
        """const options = ["a", "b", "c"].map((value) => h("option", { value }, value));
           draw(h("select", { value: "b" }, options));
           return place.firstChild.value""",
    )
    assert told == "b"


def test_svg_is_svg(page: Page) -> None:
    told = run(
        page,
        """draw(h("svg", { viewBox: "0 0 1 1" }, h("g", {}, h("circle", { r: 1 }))));
           return [...place.querySelectorAll("*")].every((e) =>
             e.namespaceURI === "http://www.w3.org/2000/svg")""",
    )
    assert told is True


def test_a_part_has_its_properties_when_it_comes_onto_the_page(page: Page) -> None:
    told = run(
        page,
        """const seen = [];
           customElements.define("test-part", class extends View {
             what = null;
             connected() { seen.push(this.what, this.getAttribute("label")); }
             template() { return h("i", {}, this.what); }
           });
           const html = draw(h("test-part", { ".what": 7, label: "l" }));
           draw(h("test-part", { ".what": 7, label: "l" }));
           return [seen, html, place.innerHTML]""",
    )
    drawn = '<test-part label="l"><i>7</i></test-part>'
    assert told == [[7, "l"], drawn, drawn]


def test_a_view_draws_once_however_often_it_is_asked_and_stops_when_it_is_gone(page: Page) -> None:
    page.evaluate(
        """() => {
          globalThis.told = { drawn: 0, ticks: 0, heard: 0, gone: 0 };
          globalThis.source = new EventTarget();
          customElements.define("test-view", class extends View {
            connected() {
              this.listen(source, "a b", () => told.heard++);
              this.every(5, () => told.ticks++);
            }
            gone() { told.gone++; }
            template() { told.drawn++; return []; }
          });
          place.replaceChildren(document.createElement("test-view"));
          for (let i = 0; i < 5; i++) place.firstChild.update();
        }"""
    )
    until_page(page, "() => told.ticks > 2 && told.drawn === 2")
    after = page.evaluate(
        """async () => {
          source.dispatchEvent(new Event("a"));
          source.dispatchEvent(new Event("b"));
          place.replaceChildren();
          source.dispatchEvent(new Event("a"));
          const { ticks } = told;
          await new Promise((done) => setTimeout(done, 50));
          return [told.heard, told.gone, told.ticks - ticks];
        }"""
    )
    assert after == [2, 1, 0]
