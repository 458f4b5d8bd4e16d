"""Text from people: what is removed, what is refused, what must stay."""

from __future__ import annotations

from unicodedata import category, is_normalized

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gamesync.domain.text import clean, line, link, name

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
ASTRONAUT = "\U0001f469\U0001f3fd\u200d\U0001f680"
BURNING_HEART = "\u2764\ufe0f\u200d\U0001f525"
PIRATES = "\U0001f3f4\u200d\u2620\ufe0f"

# Letters alone seldom meet the rules; these signs are what the rules are about.
TRICKY = (
    "aAé \t\n\r\x00\x1b\x85\xa0\xad\u0301\u0308\u0338\u20dd\u034f\u115f\u1160\u200b\u200c\u200d"
)
TRICKY += (
    "\u200e\u202e\u2028\u2066\u21d0\u2764\ufe0f\ufeff\ud800\ue000\uffff\u0378\u3164\u0cc6\u0cc2"
)
TRICKY += "\U0001f469\U0001f3fd\U0001f680\U0001d15e\u0e33\u09c7\u09be\u1100\u1161\u11a8"
anything = st.text() | st.text(st.sampled_from(TRICKY) | st.characters(), max_size=60)


@pytest.mark.parametrize(
    ("given_", "kept"),
    [
        ("Anna", "Anna"),
        ("  Anna \t  Maria\n", "Anna Maria"),
        ("Anna\u2028Maria\x85Li\xa0Wu\u3000Xi", "Anna Maria Li Wu Xi"),
        ("Ange\u0301lique", "Ang\xe9lique"),
        ("An\u202ena\u202c \u2066x\u2069 \u200f", "Anna x"),
        ("\ufeffAn\x00n\x1b[31ma\x7f\xad", "Ann[31ma"),
        ("A\u200bn\u200cn\u200da", "Anna"),
        ("\ue000A\ud800n\uffffn\u0378a", "Anna"),
        ("a \u202e b", "a b"),
        ("e\u200b\u0301", "\xe9"),
        ("\u0301Anna", "Anna"),
        ("\u3164Anna\u2800\u115f Li\uffa0", "Anna Li"),
        ("<script>alert('1')</script>", "<script>alert('1')</script>"),
        ("\u05d3\u05e0\u05d4", "\u05d3\u05e0\u05d4"),
        ("\u0e19\u0e49\u0e33", "\u0e19\u0e49\u0e33"),
        ("\u0915\u094d\u0937\u0940", "\u0915\u094d\u0937\u0940"),
        ("\u30de\u30fc\u30af", "\u30de\u30fc\u30af"),
    ],
)
def test_a_name_is_kept_as_people_see_it(given_: str, kept: str) -> None:
    assert name(given_) == kept


@pytest.mark.parametrize("emoji", [FAMILY, ASTRONAUT, BURNING_HEART, PIRATES, "1\ufe0f\u20e3"])
def test_emoji_stay_whole(emoji: str) -> None:
    assert name(f"Li {emoji}") == f"Li {emoji}"


@pytest.mark.parametrize(
    "text", ["\u200d\U0001f469", "\U0001f469\u200d", "a\u200d\U0001f469", "\U0001f469\u200d\u200da"]
)
def test_a_joiner_elsewhere_is_removed(text: str) -> None:
    assert "\u200d" not in name(text)


@pytest.mark.parametrize(
    "blank", ["", " \t\n", "\u200b\u202e", "\u3164", "\u2800\u2800", "\u0301", "\ud800", "\u200d"]
)
def test_a_blank_name_is_refused_and_a_blank_line_is_empty(blank: str) -> None:
    with pytest.raises(ValueError, match="at least one visible sign"):
        name(blank)
    assert line(blank, 40) == ""


def test_a_name_has_up_to_40_signs() -> None:
    assert name("x" * 40) == "x" * 40
    assert name(f" {'x' * 40}\u202e ") == "x" * 40
    with pytest.raises(ValueError, match="At most 40 signs"):
        name("x" * 41)
    assert name("x" * 41, 41) == "x" * 41


def test_marks_count_with_the_sign_they_stand_on() -> None:
    assert len(name("x\u0301" * 40)) == 80
    with pytest.raises(ValueError, match="At most 40 signs"):
        name("x\u0301" * 41)


def test_a_name_has_up_to_160_bytes() -> None:
    assert len(name("\U0001f469" * 40).encode()) == 160
    assert len(name("\u20ac\u0301" * 32).encode()) == 160
    with pytest.raises(ValueError, match="At most 40 signs"):
        name("\u20ac\u0301" * 33)


def test_far_too_long_a_text_is_not_even_looked_at() -> None:
    with pytest.raises(ValueError, match="At most 40 signs"):
        name(" " * 1_000_000)


@pytest.mark.parametrize(
    "piled", ["x\u0301\u0301\u0301", "x\u0301\u200b\u0301\u20dd", "\xe4" + "\u0308" * 99]
)
def test_piled_up_marks_are_refused(piled: str) -> None:
    with pytest.raises(ValueError, match="two combining marks"):
        name(piled)


def test_two_marks_may_stand_on_a_sign() -> None:
    assert name("x\u0301\u0308q\u0301\u0308") == "x\u0301\u0308q\u0301\u0308"


@given(anything)
@example("\u21d0\u200b\u0338\u200d\U0001f469")
@example("\U0001d15e\u200d\U0001f469")
@example("a\u0301\u0cc6\u200b\u0cc2")
def test_whatever_comes_the_result_is_clean_and_stays_as_it_is(text: str) -> None:
    kept = clean(text)
    assert clean(kept) == kept
    assert is_normalized("NFC", kept)
    assert kept == " ".join(kept.split())
    assert all(category(sign)[0] != "C" for sign in kept.replace("\u200d", ""))
    assert not kept.startswith("\u200d")
    assert not kept.endswith("\u200d")


@given(anything, st.integers(1, 60))
def test_a_name_is_refused_or_bounded(text: str, limit: int) -> None:
    try:
        kept = name(text, limit)
    except ValueError:
        return
    assert name(kept, limit) == kept == line(text, limit)
    assert kept == clean(text)
    assert len(kept.encode()) <= 4 * limit
    assert sum(category(sign) not in ("Mn", "Me") for sign in kept) <= limit


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "HTTP://example.com:8080/list?id=7&x=%20#army",
        "http://192.168.1.4/a",
        "http://[fe80::1]/a",
        "https://example.com/@anna",
    ],
)
def test_a_link_is_kept(url: str) -> None:
    assert link(f" {url}\n") == url


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "spaces or special"),
        ("https://exa mple.com", "spaces or special"),
        ("https://example.com/\u202e", "spaces or special"),
        ("https://b\xfccher.example", "spaces or special"),
        ('https://example.com/"><b>', "spaces or special"),
        ("https://example.com\\@evil.example", "spaces or special"),
        ("https://example.com/a\nb", "spaces or special"),
        ("javascript:alert(1)", "begins with http"),
        ("data:text/html,x", "begins with http"),
        ("ftp://example.com", "begins with http"),
        ("//example.com", "begins with http"),
        ("example.com/list", "begins with http"),
        ("https:example.com", "begins with http"),
        ("https:///path", "begins with http"),
        ("https://:80/", "begins with http"),
        ("https://anna@example.com", "user name or password"),
        ("https://anna:secret@example.com", "user name or password"),
        ("https://[::1", "not a web address"),
        ("https://example.com:99999", "not a web address"),
        ("https://example.com:port", "not a web address"),
        ("https://example.com/" + "x" * 500, "At most 500"),
    ],
)
def test_a_link_is_refused(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        link(url)


@given(anything | st.from_regex(r"https?://[!-~]{1,40}", fullmatch=True))
def test_a_link_is_refused_or_plain(text: str) -> None:
    try:
        kept = link(text)
    except ValueError:
        return
    assert link(kept) == kept
    assert kept.isascii()
    assert kept.isprintable()
    assert kept.lower().startswith(("http://", "https://"))
