"""What is left out of the pages as they are sent, and what is asked for early."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from gamesync.server.lean import JOINED, PAGE, SEAT, in_order, joined, lean, loaded_by, texts, views
from gamesync.server.pages import WEB, Pages

from ..system.needs import needs

SOURCES = {path.relative_to(WEB).as_posix(): path.read_text("utf-8") for path in WEB.rglob("*.js")}


def test_comments_and_indentation_are_not_sent() -> None:
    script = '/** What\n * it is. */\n\nlet a = "/* no */ // no"; // yes\n  // alone\n  a += 1;\n'
    assert lean("a.js", script) == 'let a = "/* no */ // no"; // yes\na += 1;\n'
    assert lean("a.css", "/* x */\na {\n  b: c;\n}\n") == "a {\nb: c;\n}\n"
    assert lean("a.svg", "  <svg/>") == "  <svg/>"


def test_it_is_the_same_program(tmp_path: Path) -> None:
    needs("node")
    for name, text in SOURCES.items():
        file = tmp_path / name.replace("/", "-").replace(".js", ".mjs")
        file.write_text(lean(name, text))
        checked = subprocess.run(["node", "--check", file], capture_output=True, check=False)
        assert checked.returncode == 0, (name, checked.stderr.decode())


def test_what_a_module_comes_to() -> None:
    files = {
        "app.js": 'import { a } from "./lib/a.js";\nimport("./page.js");\n',
        "lib/a.js": 'export { b } from "../b.js";\nimport "./c.js";\n',
        "b.js": 'import {\n  d,\n} from "./app.js";\n',
        "lib/c.js": "",
        "page.js": 'import "./lib/c.js";\nimport "./lib/d.js";\n',
        "lib/d.js": "",
        "views/seat.js": 'import "./seat/key.js";\n',
        "views/seat/key.js": "",
    }
    assert loaded_by(files, "app.js") == ["app.js", "lib/a.js", "b.js", "lib/c.js"]
    assert in_order(files, "app.js") == ["b.js", "lib/c.js", "lib/a.js", "app.js"]
    assert views(files) == {"seat": ["page.js", "views/seat.js", "lib/d.js", "views/seat/key.js"]}


def test_modules_are_joined_in_the_order_in_which_they_run() -> None:
    files = {
        "app.js": 'import { a,\n  b } from "./a.js";\n\nimport("./page.js");\n',
        "a.js": "export const a = 1;\nexport class B {}\nexport { a, B };\n",
    }
    whole = joined(files, "app.js")
    assert whole == 'const a = 1;\nclass B {}\n\n\nimport("./page.js");\n'


def test_a_view_is_sent_the_texts_that_it_names() -> None:
    files = {
        "app.js": "",
        "page.js": 't("common.ok");\n',
        "views/seat.js": "t(`seat.${key}`);\n",
        "i18n/en.js": 'export default {\n  common: { ok: "OK" },\n'
        '  seat: {\n    a: { b: "c" },\n  },\n'
        '  desk: {\n    no: "no",\n  },\n  lobby: { no: "no" },\n};\n',
    }
    ((name, cut),) = texts(files)
    assert name == "i18n/en.js?for=seat"
    assert cut == (
        'export default {\n  common: { ok: "OK" },\n  seat: {\n    a: { b: "c" },\n  },\n};\n'
    )


@pytest.mark.parametrize("view", JOINED)
def test_no_two_modules_that_are_joined_declare_the_same(view: str, tmp_path: Path) -> None:
    needs("node")
    file = tmp_path / f"{view}.mjs"
    file.write_text(joined(SOURCES, f"views/{view}.js", PAGE))
    checked = subprocess.run(["node", "--check", file], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr.decode()


BROWSERS_OWN = {"history", "location", "name", "open", "close", "status", "event", "screen", "top"}


@pytest.mark.parametrize("view", JOINED)
def test_nor_a_name_that_another_one_means_the_browsers_by(view: str) -> None:
    text = joined(SOURCES, f"views/{view}.js", PAGE)
    declared = set(re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", text, re.M))
    assert len(declared) > 50
    assert not declared & BROWSERS_OWN


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_phone_is_not_kept_waiting(language: str) -> None:
    """All that a player's page loads, as it goes over the network."""
    pages = Pages.read()
    sent = ["app.js", SEAT, "css/base.css", "css/seat.css", "icon.svg"]
    sent.append(f"i18n/{language}.js?for=seat")
    early = re.findall(r'static/\w+/([^"]+)"', pages.front.body.decode())
    assert set(sent) <= set(early), "all of it is asked for at once"
    assert sum(len(pages.files[name].packed) for name in early) + len(pages.front.packed) < 60_000
