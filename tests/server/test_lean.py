"""What is left out of the pages as they are sent, and what is asked for early."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gamesync.server.lean import lean, loaded_by, texts, views
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
        "app.js": 'import { a } from "./lib/a.js";\n',
        "lib/a.js": 'export { b } from "../b.js";\nimport "./c.js";\n',
        "b.js": 'import {\n  d,\n} from "./app.js";\n',
        "lib/c.js": "",
        "views/seat.js": 'import "../lib/c.js";\nimport "./seat/key.js";\n',
        "views/seat/key.js": "",
    }
    assert loaded_by(files, "app.js") == ["app.js", "lib/a.js", "b.js", "lib/c.js"]
    assert views(files) == {"seat": ["views/seat.js", "views/seat/key.js"]}


def test_a_view_is_sent_the_texts_that_it_names() -> None:
    files = {
        "app.js": 't("common.ok");\n',
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


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_phone_is_not_kept_waiting(language: str) -> None:
    """All that a player's page loads, as it goes over the network."""
    pages = Pages.read()
    names = [*loaded_by(SOURCES, "app.js"), *views(SOURCES)["seat"]]
    styles = ["css/base.css", "css/parts.css", "css/seat.css", "icon.svg"]
    sent = [*names, *styles, f"i18n/{language}.js?for=seat"]
    assert sum(len(pages.files[name].packed) for name in sent) + len(pages.front.packed) < 61_440
