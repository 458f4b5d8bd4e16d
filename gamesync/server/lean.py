"""
The pages as they are sent: without comments, with the texts of one view, and with a list of what
each view loads, so that a phone on a slow network asks for all of it at once.

It knows our own way of writing and nothing more of the languages: a comment has lines of its own,
no text goes over the end of a line, sections of texts are indented by two.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping

APP, PAGE = "app.js", "page.js"
JOINED = ("seat", "enter")
"""Views of phones: each is sent as one script, for every request more costs them a round trip."""
SEAT = "seat.joined.js"
SEAT_STYLE = "css/seat.css"
PARTS = "css/parts.css"
OF_PARTS = (SEAT_STYLE, "css/host.css")
"""Styles of views that share parts; theirs is sent with each."""
VIEW = re.compile(r"views/(\w+)\.js")
LANGUAGE = re.compile(r"i18n/(\w+)\.js")

_IMPORT = re.compile(r'^(?:import(?!\()|export)\b[^;]*?"(\.[^"]+\.js)";', re.M)
_IMPORTED = re.compile(r"^import\b(?!\()[^;]*?;\n", re.M)
_LIST = re.compile(r"^export \{[^}]*\};\n", re.M)
_EXPORT = re.compile(r"^export (?=\w)", re.M)
_BLOCK = re.compile(r"^[ \t]*/\*.*?\*/[ \t]*\n", re.M | re.S)
_LINE = re.compile(r"^[ \t]*//.*\n", re.M)
_INDENT = re.compile(r"^\s+", re.M)
_SECTION = re.compile(r"^  (\w+): \{(?:[^\n]*\},\n|\n.*?^  \},\n)", re.M | re.S)


def lean(name: str, text: str) -> str:
    """A script or a style sheet without comments and indentation; all else as it is."""
    if not name.endswith((".js", ".css")):
        return text
    text = _BLOCK.sub("", text)
    if name.endswith(".js"):
        text = _LINE.sub("", text)
    return _INDENT.sub("", text)


def loaded_by(files: Mapping[str, str], *entries: str) -> list[str]:
    """The modules that *entries* come to, themselves first, by their paths."""
    found: list[str] = []
    waiting = list(entries)
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in files:
            continue
        found.append(name)
        folder = posixpath.dirname(name)
        waiting += [
            posixpath.normpath(posixpath.join(folder, to)) for to in _IMPORT.findall(files[name])
        ]
    return found


def views(files: Mapping[str, str]) -> dict[str, list[str]]:
    """For each view the modules that it loads, but for those of the first script."""
    first = loaded_by(files, APP)
    return {
        match[1]: [name for name in loaded_by(files, PAGE, match[0]) if name not in first]
        for match in map(VIEW.fullmatch, files)
        if match is not None
    }


def in_order(files: Mapping[str, str], *entries: str) -> list[str]:
    """The modules that *entries* come to, as they are run: what is imported first."""
    found: list[str] = []
    begun: set[str] = set()

    def visit(name: str) -> None:
        if name in begun or name not in files:
            return
        begun.add(name)
        for to in _IMPORT.findall(files[name]):
            visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), to)))
        found.append(name)

    for entry in entries:
        visit(entry)
    return found


def joined(files: Mapping[str, str], *entries: str) -> str:
    """
    All modules that *entries* come to as one.

    They share one scope then: no two of them may declare the same name, nor one that the browser
    has already. Imports are under the names of what is exported.
    """
    texts_ = (files[name] for name in in_order(files, *entries))
    return "\n".join(_EXPORT.sub("", _LIST.sub("", _IMPORTED.sub("", text))) for text in texts_)


def whole(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What is sent as one: the first script, the views of phones, styles with their parts."""
    if APP in files:
        yield APP, joined(files, APP)
    for view in JOINED:
        if f"views/{view}.js" in files:
            yield f"{view}.joined.js", joined(files, f"views/{view}.js", PAGE)
    for name in OF_PARTS:
        if name in files:
            yield name, files[PARTS] + files[name]


def texts(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    Each language cut down to the sections that a view's modules name.

    :returns: names as they are asked for (``i18n/en.js?for=seat``) and what is sent
    """
    for view, modules in views(files).items():
        code = "".join(files[name] for name in modules)
        for match in map(LANGUAGE.fullmatch, files):
            if match is not None:
                cut = _SECTION.sub(
                    lambda section: section[0] if _named(section[1], code) else "",  # noqa: B023
                    files[match[0]],
                )
                yield f"{match[0]}?for={view}", cut


def _named(section: str, code: str) -> bool:
    return re.search(rf"""["'`]{section}\.""", code) is not None


def front(page: str, files: Mapping[str, str], version: str) -> str:
    """The front page, with what is to be loaded early: all that a player's phone needs."""
    languages = [f"{name}?for=seat" for name in files if LANGUAGE.fullmatch(name)]
    early = [
        f'<link rel="modulepreload" href="static/{version}/{name}">' for name in (SEAT, *languages)
    ]
    # A preloaded style that other pages do not use would make the browser complain there.
    early.append(f'<link rel="stylesheet" media="not all" href="static/{version}/{SEAT_STYLE}">')
    apart = {view: names for view, names in views(files).items() if view not in JOINED}
    listed = json.dumps({"joined": JOINED, "views": apart}, separators=(",", ":"))
    page = page.replace("{{early}}", "\n".join(early))
    page = page.replace("{{modules}}", listed.replace('"', "&quot;"))
    return page.replace("{{version}}", version)
