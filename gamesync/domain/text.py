"""
Text from people, made fit to be kept and shown: names, short lines, links.

Everything here is one line, in Unicode's normal form C, without signs that are invisible, that
turn the writing direction of what follows, or that have no agreed look. Such signs are removed
without a word, for they come along with copied text and nobody misses them; what people would
miss is refused instead (``ValueError`` with a sentence for them). It does *not* make text safe
inside HTML or a log line: who shows it escapes it.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize
from urllib.parse import urlsplit

NAME_LIMIT = 40
"""Signs of a person's, table's or event's name."""

LINK_LIMIT = 500

_BYTES_A_SIGN = 4
"""A text may have this many bytes of UTF-8 for each sign of its limit: 160 for a name."""

_JOINER = "\u200d"
_EMOJI_MODIFIERS = "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
"""What may stand between a picture and the joiner: "as a picture", and five skin tones."""

_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and pictures by category, empty to the eye (Hangul fillers, Braille's blank)."""

_URL = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
"""The alphabet of RFC 3986; anything else belongs percent-encoded."""


def name(text: str, limit: int = NAME_LIMIT) -> str:
    """
    A name as it is kept and shown.

    :raises ValueError: if nothing visible is left of it, or it is refused as a :func:`line`
    """
    kept = line(text, limit)
    if not kept:
        raise ValueError("A name needs at least one visible sign.")
    return kept


def line(text: str, limit: int) -> str:
    """
    A line of text as it is kept and shown; it may be empty.

    :param limit: most signs it may have; a combining mark counts with the sign it stands on
    :raises ValueError: if it is too long, or marks are piled up in it
    """
    if len(text) > 2 * _BYTES_A_SIGN * limit:  # spare the work: cleaning never saves so much
        raise ValueError(f"At most {limit} signs, please.")
    kept = clean(text)
    in_a_row = signs = 0
    for sign in kept:
        in_a_row = in_a_row + 1 if _stacks(sign) else 0
        signs += in_a_row == 0
        if in_a_row > 2:
            raise ValueError("At most two combining marks on one sign, please.")
    if signs > limit or len(kept.encode()) > _BYTES_A_SIGN * limit:
        raise ValueError(f"At most {limit} signs, please.")
    return kept


def link(url: str) -> str:
    """
    The address of a page, an army list for example; only blanks around it are removed.

    :raises ValueError: unless it is an http or https address of at most 500 characters, with a
        host, without a password, and written in the characters that addresses are written in
    """
    kept = url.strip()
    if len(kept) > LINK_LIMIT:
        raise ValueError(f"At most {LINK_LIMIT} characters in a link, please.")
    if not _URL.fullmatch(kept):
        raise ValueError("A link has no spaces or special characters; copy it from the browser.")
    try:
        parts = urlsplit(kept)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError("This link is not a web address.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("A link begins with http:// or https:// and the name of a site.")
    if "@" in parts.netloc:
        raise ValueError("A link must not carry a user name or password.")
    return kept


def clean(text: str) -> str:
    """
    The text on one line, in normal form C, trimmed, without unwanted signs.

    A second cleaning changes nothing: removing a sign can bring two together that become one,
    so it is repeated until it makes no difference.
    """
    while (cleaner := _cleaned(text)) != text:
        text = cleaner
    return text


def _cleaned(text: str) -> str:
    spaced = (" " if sign.isspace() or sign in _BLANKS else sign for sign in normalize("NFC", text))
    wanted = "".join(sign for sign in spaced if sign == _JOINER or category(sign)[0] != "C")
    joined = "".join(
        sign for at, sign in enumerate(wanted) if sign != _JOINER or _joins_emoji(wanted, at)
    )
    return _grounded(" ".join(normalize("NFC", joined).split()))


def _joins_emoji(text: str, at: int) -> bool:
    """
    Whether the zero-width joiner at ``at`` stands between two pictures, as in family emoji.

    Simple rule: a symbol (category So), perhaps modified, before it and a symbol after it.
    Anywhere else it is invisible and is removed, though a few scripts shape letters by it.
    """
    before = text[:at].rstrip(_EMOJI_MODIFIERS)
    return category(before[-1:] or " ") == "So" and category(text[at + 1 : at + 2] or " ") == "So"


def _grounded(text: str) -> str:
    """Without combining marks at the start, where they would change what is shown before."""
    start = next((at for at, sign in enumerate(text) if not _stacks(sign)), len(text))
    return text[start:]


def _stacks(sign: str) -> bool:
    """Whether it is drawn over, under or around the sign before it and takes no room itself."""
    return category(sign) in ("Mn", "Me")
