"""Imports point one way, from those who know the network to those who know the game."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import gamesync

SOURCE = Path(gamesync.__file__).parent

ROOMS = frozenset(
    {"access", "asking", "commits", "deciding", "frames", "game_room", "limits"}
    | {"hosting", "lobby", "registry", "room", "store", "venue_room"}
)
GAME = frozenset({"domain", "wire"})
SERVES = GAME | ROOMS | {"certs", "storage", "server", "config", "__init__"}
MAY_IMPORT = {
    "domain": frozenset({"domain"}),
    "wire": GAME,
    **dict.fromkeys(ROOMS, GAME | ROOMS),
    "storage": GAME | {"storage", "store", "__init__"},
    "client": GAME | {"client"},
    "table": GAME | {"client", "table", "__init__"},
    "certs": frozenset({"certs"}),
    "config": frozenset({"limits"}),
    "log_events": frozenset(),
    "logs": frozenset({"config", "log_events"}),
    "server": SERVES,
    "running": SERVES | {"client", "running"},
    "cli": SERVES | {"client", "cli"},
    "plugin": SERVES | {"logs", "running"},
    "testing": GAME | {"storage", "store"},
    "__init__": frozenset(),
}
"""What each part of the house may know, of the house."""

EFFECTS = frozenset(
    {"asyncio", "autobahn", "os", "pathlib", "random", "secrets", "socket", "sqlite3", "ssl"}
    | {"threading", "time", "twisted"}
)
NEVER = {
    "domain": EFFECTS,
    "wire": EFFECTS - {"pathlib"},  # its generated documents are files
    "certs": EFFECTS - {"os", "pathlib", "secrets"},
    **dict.fromkeys(ROOMS, frozenset({"autobahn", "sqlite3", "socket", "time", "random"})),
}
"""What it may not know of the world."""


def imports(path: Path, root: Path) -> Iterator[tuple[str, bool]]:
    """The full names that a module imports, each with whether that is done as it is loaded."""
    tree = ast.parse(path.read_text("utf-8"))
    package = [root.name, *path.relative_to(root).with_suffix("").parts[:-1]]
    late = {
        id(inner)
        for outer in ast.walk(tree)
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef)
        or (isinstance(outer, ast.If) and "TYPE_CHECKING" in ast.dump(outer.test))
        for inner in ast.walk(outer)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, id(node) not in late) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                yield f"{start}.{alias.name}", id(node) not in late


def violations(root: Path) -> list[str]:
    """Every import that points the wrong way, and every circle, in words."""
    found = []
    modules = {_name(path, root): path for path in root.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for module, path in sorted(modules.items()):
        part = module.split(".")[1] if "." in module else "__init__"
        graph[module] = set()
        for name, at_once in imports(path, root):
            top, *rest = name.split(".")
            if top != root.name:
                if top in NEVER.get(part, ()):
                    found.append(f"{module} knows {top}")
                continue
            target = rest[0] if rest and f"{top}.{rest[0]}" in modules else "__init__"
            if target not in MAY_IMPORT[part]:
                found.append(f"{module} imports {name}")
            known = name if name in modules else name.rpartition(".")[0]
            if at_once and known in modules and known != module:
                graph[module].add(known)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        found.append(f"a circle: {' -> '.join(circle.args[1])}")
    return found


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def test_imports_point_one_way() -> None:
    assert violations(SOURCE) == []


HOUSE = (
    *("__init__.py", "room.py", "registry.py", "plugin.py"),
    *("domain/__init__.py", "domain/clock.py"),
    *("wire/__init__.py", "wire/codec.py", "wire/errors.py"),
    *("server/__init__.py", "server/hub.py"),
    *("client/__init__.py", "client/link.py"),
    *("storage/__init__.py", "storage/pool.py"),
)


@pytest.mark.parametrize(
    ("where", "text", "said"),
    [
        ("domain/clock.py", "import time", "gamesync.domain.clock knows time"),
        ("domain/clock.py", "def f():\n    from os import path", "gamesync.domain.clock knows os"),
        ("domain/clock.py", "from ..wire import codec", "domain.clock imports gamesync.wire.codec"),
        ("wire/codec.py", "from .. import room", "gamesync.wire.codec imports gamesync.room"),
        ("room.py", "from .server import hub", "gamesync.room imports gamesync.server.hub"),
        ("client/link.py", "from ..server.hub import Hub", "client.link imports gamesync.server"),
        ("storage/pool.py", "from .. import registry", "storage.pool imports gamesync.registry"),
        ("server/hub.py", "from ..plugin import Options", "server.hub imports gamesync.plugin"),
        ("wire/errors.py", "from . import codec", "a circle: "),
    ],
)
def test_a_planted_violation_is_found(where: str, text: str, said: str, tmp_path: Path) -> None:
    root = tmp_path / "gamesync"
    for name in HOUSE:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("from . import errors" if name == "wire/codec.py" else "")
    assert violations(root) == []
    (root / where).write_text(text)
    assert any(said in line for line in violations(root))
