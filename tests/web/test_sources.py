"""What holds for all files of the pages: texts in every language, files that exist, no traps."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

WEB = Path(str(files("gamesync") / "web"))
SCRIPTS = sorted(path for path in WEB.rglob("*.js") if path.parent.name != "i18n")
STYLES = sorted(WEB.glob("css/*.css"))
LITERAL = re.compile(r'"([^"\n]*)"' + r"|'([^'\n]*)'" + r"|`([^`]*)`")
OF_SERVERS = ("match.paused.", "match.how.", "match.status.", "refused.")
"""Keys that are codes of the protocol: a page need not name each."""
TRAPS = {
    r"\.(?:inner|outer)HTML\b": "text is set as text",
    r"\binsertAdjacentHTML\b": "text is set as text",
    r"\bdocument\.write": "text is set as text",
    r"\beval\(|\bnew Function\b": "the pages' policy forbids it",
    r"setAttribute\(\s*[\"'](?:style|on\w+)[\"']": "the pages' policy forbids it",
    r"\bstyle:\s*[\"'`]": "the pages' policy forbids it; an object of properties will do",
    r"\bcrypto\.(?:randomUUID|subtle)\b": "a LAN is no secure context",
    r"(?:fetch|URL|import)\(\s*[\"'`]/": "the pages may lie below any path",
    r"https?://(?!www\.w3\.org/)\w": "nothing is asked of anybody else",
    r"\.cookie\b": "tokens are kept in localStorage",
}


def name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


@pytest.fixture(scope="module")
def texts(folder: Path) -> dict[str, dict[str, Any]]:
    """For each language its keys."""
    return {language: _keys(folder, language) for language in ("en", "de")}


def _keys(folder: Path, language: str) -> dict[str, Any]:
    told = subprocess.run(
        ["node", "texts.mjs", language], cwd=folder, check=True, capture_output=True, timeout=30
    )
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_every_language_has_the_same_keys(texts: dict[str, dict[str, Any]]) -> None:
    en, de = texts["en"], texts["de"]
    assert set(en) == set(de), f"not in both: {sorted(set(en) ^ set(de))}"
    for key, text in en.items():
        assert text["kind"] == de[key]["kind"], key
        assert text["names"] == de[key]["names"], f"{key}: other names are filled in"


def without_comments(path: Path) -> str:
    text = path.read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"(?m)(^|[\s;{}(,])//.*$", r"\1", text)


def literals(path: Path) -> Iterator[str]:
    for match in LITERAL.finditer(without_comments(path)):
        text = next(group for group in match.groups() if group is not None)
        yield text
        # Texts within what a template fills in.
        if match.group(3) is not None:
            yield from re.findall(r'"([^"\n]*)"', text)


def asked(path: Path) -> Iterator[str]:
    """The literals in the first argument of each ``t(…)``."""
    source = without_comments(path)
    for call in re.finditer(r"(?<![\w.])t\(", source):
        depth, at = 0, call.end()
        while at < len(source) and not (depth == 0 and source[at] in ",)"):
            if source[at] in "\"'`":
                quote, begin = source[at], at + 1
                at = source.index(quote, begin)
                # In a comparison it is no key.
                if not re.search(r"[=!]==?\s*$", source[call.end() : begin - 1]):
                    yield source[begin:at]
            depth += {"(": 1, ")": -1, "[": 1, "]": -1, "{": 1, "}": -1}.get(source[at], 0)
            at += 1


def pattern(text: str) -> re.Pattern[str]:
    """What a key with ``${…}`` in it may become."""
    parts = re.split(r"\$\{[^}]*\}", text)
    return re.compile(".+".join(re.escape(part) for part in parts))


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_every_text_that_is_asked_for_is_there(
    texts: dict[str, dict[str, Any]], path: Path
) -> None:
    keys = texts["en"]
    for text in asked(path):
        if "." in text:
            assert any(pattern(text).fullmatch(key) for key in keys), text


def test_no_text_is_left_over(texts: dict[str, dict[str, Any]]) -> None:
    sections = {key.split(".")[0] for key in texts["en"]}
    used = {text for path in SCRIPTS for text in literals(path) if text.split(".")[0] in sections}
    whole = {text for text in used if "${" not in text}
    made = [pattern(text) for text in used if "${" in text]
    left = [
        key
        for key in texts["en"]
        if key not in whole
        and not key.startswith(OF_SERVERS)
        and not any(each.fullmatch(key) for each in made)
    ]
    assert not left


def test_every_code_of_the_protocol_has_words(texts: dict[str, dict[str, Any]]) -> None:
    for reason in ("player:1", "host", "both", "judge", "round", "setup", "link", "server"):
        assert f"match.paused.{reason}" in texts["en"]
    for how in ("completed", "time_called", "conceded", "clocked_out", "draw_agreed", "abandoned"):
        assert f"match.how.{how}" in texts["en"]


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_no_traps(path: Path) -> None:
    source = without_comments(path)
    for trap, why in TRAPS.items():
        found = re.search(trap, source)
        assert found is None, f"{found and found.group()}: {why}"
    # A LAN is no secure context: these are not there, and a page has something in their place.
    for part in ("wakeLock", "clipboard", "serviceWorker"):
        if f"navigator.{part}." in source:
            tested = (
                rf"navigator\.{part}\s*[)?&;=]|[\"']{part}[\"'] in navigator|isSecureContext|try"
            )
            assert re.search(tested, source), f"{part} is not there everywhere"


@pytest.mark.parametrize("path", SCRIPTS, ids=name)
def test_imports_are_relative_and_there(path: Path) -> None:
    source = without_comments(path)
    static = r"""(?m)^(?:import|export)\s(?:[^;"'`()]*\sfrom\s+)?["']([^"']+)["']"""
    later = r"""\bimport\(\s*["']([^"']+)["']"""
    for module in [*re.findall(static, source), *re.findall(later, source)]:
        assert module.startswith("."), f"{module}: by a relative path"
        assert (path.parent / module).resolve().is_file(), module


def views() -> list[str]:
    found = re.search(
        r"VIEWS = new Set\(\[(.*?)\]\)", (WEB / "lib" / "route.js").read_text(), re.DOTALL
    )
    assert found is not None
    return re.findall(r'"(\w+)"', found.group(1))


@pytest.mark.parametrize("view", views())
def test_every_view_has_its_files_and_keeps_to_itself(view: str) -> None:
    script, style = WEB / "views" / f"{view}.js", WEB / "css" / f"{view}.css"
    assert f'customElements.define("gs-{view}"' in script.read_text("utf-8")
    for rule in selectors(style.read_text("utf-8")):
        # A dialog stands beside the page's element.
        own = rf"((:root|html)\S* |body\S*:has\(> ?)?(gs-{view}\b|dialog\b)"
        assert re.match(own, rule), rule


def selectors(style: str) -> Iterator[str]:
    style = re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL)
    for head in re.findall(r"([^{};]+)\{", style):
        head = head.strip()
        if head.startswith("@") or re.fullmatch(r"(from|to|[\d.]+%)(,\s*(from|to|[\d.]+%))*", head):
            continue
        depth, begin = 0, 0
        for at, sign in enumerate(head + ","):
            depth += {"(": 1, ")": -1}.get(sign, 0)
            if sign == "," and depth == 0:
                yield head[begin:at].strip()
                begin = at + 1


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_styles_ask_for_nothing_from_elsewhere(path: Path) -> None:
    style = path.read_text("utf-8")
    for url in re.findall(r"url\(\s*[\"']?([^\"')]+)", style):
        assert url.startswith(("data:", "#")) or (path.parent / url).is_file(), url
    assert "light-dark(" not in style  # younger than the browsers that we know
