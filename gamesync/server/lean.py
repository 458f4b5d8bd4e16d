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

APP = "app.js"
VIEW = re.compile(r"views/(\w+)\.js")
LANGUAGE = re.compile(r"i18n/(\w+)\.js")

_IMPORT = re.compile(r'^(?:import|export)\b[^;]*?"(\.[^"]+\.js)";', re.M)
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
    """For each view the modules that it loads beside those that every page does."""
    common = loaded_by(files, APP)
    return {
        match[1]: [name for name in loaded_by(files, match[0]) if name not in common]
        for match in map(VIEW.fullmatch, files)
        if match is not None
    }


def texts(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """
    Each language cut down to the sections that a view's modules name.

    :returns: names as they are asked for (``i18n/en.js?for=seat``) and what is sent
    """
    for view, modules in views(files).items():
        code = "".join(files[name] for name in (*loaded_by(files, APP), *modules))
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
    """The front page, with the names of what is to be loaded early."""
    early = "\n".join(
        f'<link rel="modulepreload" href="static/{version}/{name}">'
        for name in loaded_by(files, APP)[1:]
    )
    listed = json.dumps(views(files), separators=(",", ":")).replace('"', "&quot;")
    page = page.replace("{{early}}", early).replace("{{views}}", listed)
    return page.replace("{{version}}", version)
