"""
Makes the tables of ``operating.md`` and the sample configuration from the settings themselves.

``python docs/operating.py``, or ``make docs``; a test fails when they differ.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from twisted.internet.testing import MemoryReactorClock

from gamesync import config, limits, log_events
from gamesync.server.assembly import build

PAGE = Path(__file__).with_suffix(".md")
SAMPLE = Path(__file__).parents[1] / "etc" / "gamesync.toml"

_MARKS = re.compile(r"(<!-- begin (\w+) -->\n).*?(<!-- end \2 -->)", re.S)


def about_limits() -> dict[str, str]:
    """What each limit says of itself in the source."""
    (body,) = [
        node.body
        for node in ast.parse(inspect.getsource(limits)).body
        if isinstance(node, ast.ClassDef) and node.name == "Limits"
    ]
    found = {}
    for field, said in pairwise(body):
        if isinstance(field, ast.AnnAssign) and isinstance(said, ast.Expr):
            assert isinstance(field.target, ast.Name)
            assert isinstance(said.value, ast.Constant)
            found[field.target.id] = " ".join(str(said.value.value).replace("``", "`").split())
    return found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[]"
    return f'"{value}"' if isinstance(value, str) else f"{value:g}" if value < 1e6 else str(value)


def options() -> str:
    lines = ["| key, option | default | what for |", "| --- | --- | --- |"]
    for name in config.NAMES:
        option = name.replace("_", "-")
        default = _shown(config.default(name))
        lines.append(f"| `{name}`, `--{option}` | `{default}` | {config.about(name)} |")
    return "\n".join(lines) + "\n"


def limits_table() -> str:
    lines = ["| limit | default | what it bounds |", "| --- | --- | --- |"]
    about, defaults = about_limits(), limits.Limits()
    lines += [
        f"| `{name}` | {_shown(getattr(defaults, name))} | {about[name]} |"
        for name in config.LIMITS
    ]
    return "\n".join(lines) + "\n"


def events() -> str:
    lines = ["| `event` | what it says | what it means |", "| --- | --- | --- |"]
    for format_, event in sorted(log_events.EVENTS.items(), key=lambda each: each[1].name):
        lines.append(f"| `{event.name}` | {format_} | {event.meaning} |")
    other = log_events.OTHER
    return "\n".join([*lines, f"| `{other.name}` | | {other.meaning} |"]) + "\n"


def metrics() -> str:
    """Of a server that was built and never started: what it tells does not depend on more."""
    parts = build(config.Settings(database_uri="sqlite:///:memory:"), MemoryReactorClock())
    lines = ["| metric | kind | what it is |", "| --- | --- | --- |"]
    for family in parts.hub.watch.metrics.registry.collect():
        if family.name.startswith("gamesync_"):
            name = family.name + ("_total" if family.type == "counter" else "")
            lines.append(f"| `{name}` | {family.type} | {family.documentation} |")
    return "\n".join([*lines[:2], *sorted(lines[2:])]) + "\n"


def page(text: str) -> str:
    """*text* with its tables made anew."""
    tables = {"options": options, "limits": limits_table, "events": events, "metrics": metrics}
    return _MARKS.sub(lambda mark: f"{mark[1]}{tables[mark[2]]()}{mark[3]}", text)


def sample() -> str:
    """A configuration with every key at its default, each commented out."""

    def lines() -> Iterator[str]:
        yield "# gamesync: every key, with its default. `twistd -n gamesync --config gamesync.toml`"
        yield "# Each is an option, too (--ws-port), and a variable (GAMESYNC_WS_PORT)."
        for name in config.NAMES:
            yield f"\n# {config.about(name)}"
            yield f"#{name} = {_shown(config.default(name))}"
        yield "\n# What one client, one address or one game may cost the others."
        yield "[limits]"
        for name, said in about_limits().items():
            if name in config.LIMITS:
                yield f"\n# {said}"
                yield f"#{name} = {_shown(getattr(limits.Limits(), name))}"

    return "\n".join(lines()) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    SAMPLE.parent.mkdir(exist_ok=True)
    SAMPLE.write_text(sample(), "utf-8")
