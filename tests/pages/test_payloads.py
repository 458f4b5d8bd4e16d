"""
What people type in to see what happens: it is shown as the text it is, or refused in a sentence.

No script runs, nothing of it becomes an element, and no page is pushed out of shape by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from ..system.server import ServerProcess
from .kit import (
    Screens,
    Table,
    live,
    organiser,
    organiser_url,
    overflow,
    page_url,
    shot,
    until_page,
)

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


class Payload(NamedTuple):
    """
    :ivar typed: what somebody gives as a name or, if *field* says so, as something else
    :ivar kept: as the server keeps it and every page shows it; :const:`None`: it is refused
    :ivar code: why it is refused
    """

    typed: str
    kept: str | None
    code: str = ""
    field: str = "name"


def same(text: str) -> Payload:
    """Kept as it is."""
    return Payload(text, text)


PAYLOADS = {
    # Markup, as it would run
    "script": same("<script>window.pwned=1</script>"),
    "image": same("<img src=x onerror=window.pwned=1>"),
    "breaking-out": same('"><svg onload=window.pwned=1>'),
    "title": same("</title><script>pwned=1</script>"),
    "entity": same("&lt;b&gt;Anna&lt;/b&gt; &amp; &#x202e;"),
    "quotes": same("""O'Neill "the" `Rock` \\' \\" --"""),
    "braces": same("{{7*7}} {name} {{constructor}}"),
    "dollar": same("${1+1} #{1+1} $& $1 $$"),
    "percent": same("%s %n %(name)s %00 %3Cscript%3E"),
    "formula": same("=cmd|' /C calc'!A0"),
    "script-link": Payload("javascript:window.pwned=1", None, "bad_value", "list_link"),
    "link-out": Payload('https://x.test/"onclick=pwned=1', None, "bad_value", "list_link"),
    # Signs that are not seen, or turn what stands about them
    "nulls": Payload("An\0na\0", "Anna"),
    "breaks": Payload("\tAnna\r\nvon\n\n der \v Leite\u2028n ", "Anna von der Leite n"),
    "override": Payload("\u202eannA\u202c \u202dMarek", "annA Marek"),
    "isolates": Payload("\u2067Anna\u2066 \u2068wins\u200f", "Anna wins"),
    "unseen": Payload("\u200b\u200c\u200d\u2060\ufeff\u00ad", None, "bad_value"),
    "blank": Payload("\u3164\u2800\u115f \u00a0", None, "bad_value"),
    # Writing
    "arabic": same("محمد بن عبد الرحمن"),
    "hebrew": same("שָׂרָה (Anna) 12:30"),
    "zalgo": Payload("A" + "\u0316\u0317\u0318\u0319" * 8 + "nna", None, "bad_value"),
    "emoji": same("\U0001f600\U0001f4a9\U0001d54f\U00020bb7 Anna \U0001f1e9\U0001f1ea"),
    "families": same(FAMILY * 5),
    "fullwidth": same("".join(chr(ord(sign) + 0xFEE0) for sign in "ANNA<script>" * 2)),
    # Size
    "widest": same("W" * 40),
    "narrowest": same("i" * 40),
    "ideographs": same("龘" * 40),
    "ligatures": same("\ufdfd" * 20),
    "spaces": Payload("Anna" + " " * 150 + "von Hohenstein", "Anna von Hohenstein"),
    "thousand": Payload("x" * 1000, None, "too_long"),
}
WORST = ("image", "override", "families", "widest")
"""What is tried wherever else people write."""
NAMES = ("Anna", "Marek")
FRIENDLY = {
    "name": re.compile("^A name needs a letter or sign that can be seen"),
    "list_link": re.compile("^A link begins with https://"),
}

# An icon of ours has a viewBox; it may come and go.
ELEMENTS = """() => [
  document.querySelectorAll("script, iframe, object, embed, form, a").length,
  document.querySelectorAll("img, svg:not([viewBox])").length,
  [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) =>
    a.name.startsWith("on") || /^\\s*javascript:/i.test(a.value))).length]"""
SAYS = "(texts) => texts.every((text) => document.body.textContent.includes(text))"
# Times and points stand on one line, whatever is beside them.
BROKEN = """() => [...document.querySelectorAll("gs-clock, .number:not(th)")].filter((e) => {
  const range = document.createRange();
  range.selectNodeContents(e);
  const lines = [...range.getClientRects()].filter((r) => r.width);
  return lines.some((r) => r.top >= lines[0].bottom);
}).map((e) => e.outerHTML.slice(0, 120))"""


class Looking:
    """A game at a table of the venue, and every kind of page that shows it."""

    def __init__(self, server: ServerProcess, screens: Screens) -> None:
        self.table = Table(server, names=NAMES, table="Table 7")
        self.office = organiser(server)
        phone = screens.sized(390, 844, touch=True)
        game = self.table.game_id
        self.pages: dict[str, Page] = {
            "host": live(screens(self.table.url("host"), 1280, 720)),
            "seat": live(phone(self.table.url("player:1"), 360, 640)),
            "board": screens(page_url(server, view="board", game=game), 1920, 1080),
            "overlay": screens(page_url(server, view="overlay", game=game), 1920, 1080),
            "lobby": phone(page_url(server)),
            "report": screens(page_url(server, f"g={game}", view="report"), 1280, 900),
            "desk": live(screens(organiser_url(server), 1440, 900)),
        }
        self.dialogs: list[str] = []
        self.elements: dict[str, Any] = {}
        for page in self.pages.values():
            page.on("dialog", self._dialog)
        self.plain(NAMES)

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def close(self) -> None:
        self.office.close()
        self.table.close()

    def plain(self, texts: Sequence[str], names: Sequence[str] = ()) -> None:
        """Once those pages say these harmless *texts*: there are to be no other elements."""
        for name in names or self.pages:
            until_page(self.pages[name], SAYS, list(texts))
            self.elements[name] = self.pages[name].evaluate(ELEMENTS)

    def read(self) -> None:
        """Anna has seen that others changed her name: her phone has room for what is new."""
        ok = self.pages["seat"].locator("[data-card=news]").get_by_role("button", name="OK")
        expect(ok.first).to_be_visible()
        while ok.count():
            ok.first.tap()

    def wrong(self, what: str, texts: Sequence[str], names: Sequence[str] = ()) -> list[str]:
        """What is wrong, a line each, once those pages (or all) say *texts*."""
        found = []
        for name in names or self.pages:
            page = self.pages[name]
            until_page(page, SAYS, list(texts))
            if (elements := page.evaluate(ELEMENTS)) != self.elements[name]:
                found.append(f"{name}: elements {self.elements[name]} became {elements}")
            if page.evaluate("() => 'pwned' in window"):
                found.append(f"{name}: a script ran")
            found += [f"{name}: sticks out: {each}" for each in overflow(page)]
            found += [f"{name}: in lines: {each}" for each in page.evaluate(BROKEN)]
            if found:
                shot(page, f"payload-{what}-{name}")
        return [f"{what}, {each}" for each in found + self.dialogs]

    def venue(self, type_: str, data: dict[str, Any]) -> dict[str, Any]:
        """As organiser; what it came to."""
        answer = self.office.do(type_, data, game_id="venue")
        detail: dict[str, Any] = answer["data"].get("detail", {})
        return detail


@pytest.fixture(scope="module")
def looking(shared_server: ServerProcess, browser: Browser) -> Iterator[Looking]:
    screens = Screens(browser)
    made = Looking(shared_server, screens)
    yield made
    screens.close()
    made.close()


def test_names_are_text_on_every_page(looking: Looking) -> None:
    """Two at a time, one a seat: lobby and report take up changes only every half second."""
    assert len(PAYLOADS) == 30
    wrong = []
    kept = [(what, payload) for what, payload in PAYLOADS.items() if payload.kept is not None]
    for pair in zip(kept[::2], kept[1::2], strict=True):
        for player, (what, payload) in enumerate(pair, 1):
            profile = {"name": payload.typed, "faction": payload.typed}
            looking.table.do("setup", {"op": "profile", "player": player, **profile})
            held = looking.table.state()["players"][player - 1]
            assert (held["name"], held["faction"]) == (payload.kept, payload.kept), what
        names = [payload.kept or "" for _, payload in pair]
        wrong += looking.wrong("+".join(what for what, _ in pair), names)
    assert not wrong, "\n".join(wrong)


def test_whatever_else_people_write(looking: Looking) -> None:
    """An announcement, a table's name, what a judge is called for, what is wrong with a sheet."""
    venue = looking.venue
    place = venue("table", {"op": "add", "name": "Table 8"})["table"]
    game = looking.table.game_id
    venue("assign", {"op": "game", "table": place, "game": game, "reason": "moved"})

    def announce(text: str) -> Callable[[], object]:
        made = venue("announce", {"op": "add", "text": text})["announcement"]
        return lambda: venue("announce", {"op": "remove", "announcement": made})

    def rename(text: str) -> Callable[[], object]:
        venue("table", {"op": "rename", "table": place, "name": text})
        return lambda: None

    def call(text: str) -> Callable[[], object]:
        looking.table.do("judge_call", {"op": "call", "note": text})
        return lambda: looking.table.do("judge_call", {"op": "cancel"})

    def dispute(text: str) -> Callable[[], object]:
        looking.table.do("dispute", {"op": "open", "text": text})
        return lambda: looking.table.do("dispute", {"op": "close"})

    shown = {
        call: ("host", "seat"),
        dispute: ("host", "seat", "report"),
        announce: ("host", "seat", "board"),
        rename: ("desk",),
    }
    wrong = []
    looking.table.do("setup", {"op": "profile", "player": 1, "name": "Anna", "faction": "Orks"})
    looking.table.do("setup", {"op": "profile", "player": 2, "name": "Marek", "faction": "Orks"})
    looking.plain(NAMES)
    looking.read()
    for write, where in shown.items():
        undo = write("something harmless")
        looking.plain(["something harmless"], where)
        undo()
        for what in WORST:
            undo = write(PAYLOADS[what].typed)
            wrong += looking.wrong(f"{write.__name__} {what}", [PAYLOADS[what].kept or ""], where)
            undo()
    assert not wrong, "\n".join(wrong)


def test_refusals_are_friendly(shared_server: ServerProcess, phone: Screens) -> None:
    with Table(shared_server, names=("", ""), started=False) as table:
        page = live(phone(table.url("player:1"), 360, 640))
        page.locator("form.mine summary").click()
        for what, payload in PAYLOADS.items():
            if payload.kept is not None:
                continue
            profile = {"op": "profile", "player": 1, payload.field: payload.typed}
            said = table.host.ask("setup", profile)["data"]
            assert said.get("code") == payload.code, (what, said)
            fields = {"name": "Anna", "list_link": "", payload.field: payload.typed}
            for field, text in fields.items():
                page.locator(f"form.mine [name={field}]").fill(text)
            if what == "thousand":  # the field takes no more than it may hold
                expect(page.locator("form.mine [name=name]")).to_have_value("x" * 40)
                continue
            page.locator("form.mine button.big").click()
            told = page.locator("form.mine [role=alert]")
            expect(told).to_have_text(FRIENDLY[payload.field])
            assert overflow(page) == [], what
            table.do("setup", {"op": "profile", "player": 1, "name": what})
        assert not table.state()["players"][0]["ready"]
