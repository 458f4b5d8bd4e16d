"""Every language says everything, with the same gaps to fill in."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

import gamesync.table
from gamesync.client import ClientRefused
from gamesync.table.texts import LANGUAGES, NAMES, Words

SOURCE = Path(gamesync.table.__file__).parent
OPEN = re.compile(r"""(?:words|self\.t|app\.t|\bt)\(\s*f["']""")
IN_KV = re.compile(r"""app\.t\('(\w+)'""")


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_keys_and_gaps(language: str) -> None:
    ours, english = LANGUAGES[language], LANGUAGES["en"]
    assert set(ours) == set(english)
    assert {k: gaps(v) for k, v in ours.items()} == {k: gaps(v) for k, v in english.items()}
    assert all(ours.values()), "no text is empty"
    assert language in NAMES


def test_german_is_not_english() -> None:
    """A sentence that was forgotten would be the same in both."""
    same = [k for k, v in LANGUAGES["en"].items() if LANGUAGES["de"][k] == v and " " in v]
    assert [k for k in same if not gaps(LANGUAGES["en"][k])] == []


def asked() -> set[str]:
    """Every key that the source names in one piece."""
    found = set()
    for path in SOURCE.rglob("*.kv"):
        found |= set(IN_KV.findall(path.read_text("utf-8")))
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            name = node.func.id if isinstance(node.func, ast.Name) else name
            first = node.args[0]
            if name in ("words", "t") and isinstance(first, ast.Constant):
                found.add(str(first.value))
    return found


def test_every_text_that_is_asked_for_is_there() -> None:
    keys = asked()
    assert len(keys) > 100
    assert keys <= set(LANGUAGES["en"]), keys - set(LANGUAGES["en"])


def test_every_text_is_asked_for() -> None:
    """In one piece, or by a name of which the beginning is in the source."""
    source = "".join(p.read_text("utf-8") for p in (*SOURCE.rglob("*.py"), *SOURCE.rglob("*.kv")))
    source = source.replace((SOURCE / "texts/en.py").read_text("utf-8"), "")
    source = source.replace((SOURCE / "texts/de.py").read_text("utf-8"), "")
    begun = set(re.findall(r"[\"'](\w+_)(?:\{|\" \+)", source))
    unused = [
        key
        for key in LANGUAGES["en"]
        if f'"{key}"' not in source
        and f"'{key}'" not in source
        and not any(key.startswith(beginning) for beginning in begun)
    ]
    assert unused == []


def test_words_are_chosen_anew() -> None:
    words = Words("de")
    assert words("pass_to", name="Anna") == "Weiter an Anna"
    words.language = "en"
    assert words("pass_to", name="Anna") == "Pass to Anna"
    words.language = "xx"
    assert words.language == "en"
    with pytest.raises(KeyError):
        words("no such text")


def test_a_refusal_in_our_words_where_we_have_them() -> None:
    words = Words()
    known = ClientRefused("not_your_clock", "p2's clock is running")
    vague = ClientRefused("not_now", "player 2 is not there yet")
    strange = ClientRefused("brand_new", "as the server says it")
    assert words.refusal(known) == "That clock is not running"
    assert words.refusal(vague) == "Not now (player 2 is not there yet)"
    assert words.refusal(strange) == "as the server says it"
