"""Links and codes for a program: by standard input, for every account sees command lines."""

from __future__ import annotations

import getpass
import os
import sys

from .entering import parse_link

STDIN = "-"
"""What a command line says instead of a link: it is read from standard input."""
LINE_MAX = 4096


def link_of(text: str) -> str:
    """
    The address or link that a command line means by *text*.

    :raises ValueError: it is no address, or a link with a key: that is asked for by ``-``
    """
    link = line("Link: ") if text == STDIN else text
    _, way = parse_link(link)
    if text != STDIN and way.key:
        raise ValueError(
            "a link is a secret, and everybody on this machine sees command lines: "
            "write - in its place, and it is asked for"
        )
    return link


def line(prompt: str) -> str:
    """
    One line from standard input, unseen where that is a terminal; what follows it is left there.

    :raises ValueError: there is none
    """
    if sys.stdin.isatty():
        return getpass.getpass(prompt).strip()
    found = bytearray()
    while len(found) < LINE_MAX and not found.endswith(b"\n"):
        byte = os.read(sys.stdin.fileno(), 1)  # one at a time: the rest may be for somebody else
        if not byte:
            break
        found += byte
    if not found.strip():
        raise ValueError(f"{prompt.rstrip(': ').lower()}: standard input has none")
    return found.decode("utf-8", "replace").strip()
