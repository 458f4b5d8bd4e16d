"""
Mutation testing of the core: is there a test that notices each small wrongness?

``python -m tests.chaos.mutate [--sample N] [--seed S]`` changes one comparison, constant, operator
or return of a module at a time, in a copy of the sources, and runs the tests of the domain.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import attrs

import gamesync

ROOT = Path(__file__).parents[2]
SOURCE = Path(gamesync.__file__).parents[1]
"""Where the package lies: in the checkout, or installed."""
TESTS: dict[str, tuple[str, ...]] = {
    "gamesync/domain/clock.py": ("tests/domain/test_clock.py", "tests/domain"),
    "gamesync/domain/sheet.py": ("tests/domain/test_sheet.py", "tests/domain"),
    "gamesync/domain/turns.py": ("tests/domain/test_turns.py", "tests/domain"),
    "gamesync/domain/ending.py": ("tests/domain/test_ending.py", "tests/domain"),
    "gamesync/access.py": (
        *("tests/test_access.py", "tests/server/test_session.py"),
        *("tests/server/test_commanding.py", "tests/server/test_creating.py"),
    ),
}
"""What is changed, and by which tests that should be noticed: the nearest first."""
OTHERS = ("--ignore", "tests/domain/venue")
"""Tests of another core."""
PATIENCE = 4
"""Times as long as without a change, and 5 s: who takes longer does not end at all."""

_COMPARE: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
}


@attrs.frozen
class Mutant:
    """One module with one thing wrong."""

    path: str
    line: int
    what: str
    source: Callable[[], str]


@attrs.frozen
class Verdict:
    killed: tuple[Mutant, ...]
    survived: tuple[Mutant, ...]

    @property
    def rate(self) -> float:
        return len(self.killed) / (len(self.killed) + len(self.survived))


def mutants(path: str) -> list[Mutant]:
    """Every one that a module has."""
    tree = ast.parse((SOURCE / path).read_text("utf-8"))
    found = []
    for at, node in enumerate(_nodes(tree)):
        for number, what in enumerate(_changes(node)):
            source = partial(_wrong, path, at, number)
            found.append(Mutant(path, getattr(node, "lineno", 0), what, source))
    return found


_parser = threading.Lock()
"""Python 3.11 counts how deep it is in a tree for all threads together, and then is surprised."""


def _wrong(path: str, at: int, number: int) -> str:
    """The source with one thing changed."""
    with _parser:
        tree = ast.parse((SOURCE / path).read_text("utf-8"))
        _change(list(_nodes(tree))[at], number)
        return ast.unparse(ast.fix_missing_locations(tree))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """What may be changed: no annotations, no messages, no docstrings."""
    for field, value in ast.iter_fields(tree):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.Raise | ast.AnnAssign | ast.Assert | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            yield child
            yield from _nodes(child)


def _changes(node: ast.AST) -> list[str]:
    match node:
        case ast.Compare(ops=[op]):
            return [f"{_name(op)} -> {each.__name__}" for each in _COMPARE.get(type(op), ())]
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            return [f"{_name(op)} -> {_ARITHMETIC[type(op)].__name__}"]
        case ast.BoolOp(op=op):
            return ["and -> or" if isinstance(op, ast.And) else "or -> and"]
        case ast.UnaryOp(op=ast.Not()):
            return ["not -> nothing"]
        case ast.UnaryOp(op=ast.USub()):
            return ["minus -> nothing"]
        case ast.Constant(value=bool(value)):
            return [f"{value} -> {not value}"]
        case ast.Constant(value=int(value)):
            return [f"{value} -> {value + 1}"]
        case ast.IfExp():
            return ["branches exchanged"]
        case ast.Call(func=ast.Name(id=("max" | "min") as name)):
            return [f"{name} -> {'min' if name == 'max' else 'max'}"]
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            return ["return -> None"]
    return []


def _change(node: ast.AST, number: int) -> None:
    match node:
        case ast.Compare(ops=[op]):
            node.ops = [_COMPARE[type(op)][number]()]
        case ast.BinOp(op=op):
            node.op = _ARITHMETIC[type(op)]()
        case ast.BoolOp(op=op):
            node.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.USub()):
            node.op = ast.UAdd()
        case ast.UnaryOp(operand=operand):
            node.operand = ast.UnaryOp(op=ast.Not(), operand=operand)
        case ast.Constant(value=bool(value)):
            node.value = not value
        case ast.Constant(value=int(value)):
            node.value = value + 1
        case ast.IfExp(body=body, orelse=orelse):
            node.body, node.orelse = orelse, body
        case ast.Call(func=ast.Name(id=name) as func):
            func.id = "min" if name == "max" else "max"
        case ast.Return():
            node.value = ast.Constant(value=None)


def _name(op: ast.AST) -> str:
    return type(op).__name__


class Laboratory:
    """A copy of the sources, in which one module at a time is wrong."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mutate-"))
        self.usual: dict[str, float] = {}
        for name, root in (("gamesync", SOURCE), ("tests", ROOT)):
            ignore = shutil.ignore_patterns("__pycache__", "*.db*")
            shutil.copytree(root / name, self.folder / name, ignore=ignore)
        for name in ("setup.cfg", "pyproject.toml"):
            shutil.copy(ROOT / name, self.folder)
        if (ROOT / "docs").exists():
            shutil.copytree(ROOT / "docs", self.folder / "docs")

    def noticed(self, mutant: Mutant, thorough: bool) -> bool:
        """Whether a test fails: of the nearest ones, or if *thorough* of any."""
        target = self.folder / mutant.path
        right = target.read_bytes()
        target.write_text(mutant.source(), "utf-8")
        try:
            tests = TESTS[mutant.path] if thorough else TESTS[mutant.path][:1]
            return any(not self._passes(each) for each in tests)
        finally:
            target.write_bytes(right)

    def _passes(self, tests: str) -> bool:
        if not (self.folder / tests).exists():
            return True
        command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "CI": "true"}
        began, usual = time.monotonic(), self.usual.get(tests)
        try:
            done = subprocess.run(
                [*command, "--no-header", *OTHERS, tests],
                cwd=self.folder,
                env=environment,
                timeout=None if usual is None else 5 + PATIENCE * usual,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
        self.usual.setdefault(tests, time.monotonic() - began)
        return done.returncode == 0

    def close(self) -> None:
        shutil.rmtree(self.folder)


def _nothing(mutant: Mutant) -> None: ...


def judge(
    chosen: list[Mutant],
    thorough: bool = False,
    survives: Callable[[Mutant], None] = _nothing,
) -> Verdict:
    """
    Which of them are noticed.

    :param survives: told of each that is not, as soon as that is known
    """
    laboratories = [Laboratory() for _ in range(os.cpu_count() or 1)]
    try:
        return _judged(chosen, laboratories, thorough, survives)
    finally:
        for laboratory in laboratories:
            laboratory.close()


def _judged(
    chosen: list[Mutant],
    laboratories: list[Laboratory],
    thorough: bool,
    survives: Callable[[Mutant], None],
) -> Verdict:
    free = list(laboratories)
    for path in {mutant.path for mutant in chosen}:
        whole = Mutant(path, 0, "nothing", partial((SOURCE / path).read_text, "utf-8"))
        if laboratories[0].noticed(whole, thorough):
            raise AssertionError(f"the tests of {path} fail without a change")
    for laboratory in laboratories:
        laboratory.usual = laboratories[0].usual

    def one(mutant: Mutant) -> bool:
        laboratory = free.pop()
        try:
            found = laboratory.noticed(mutant, thorough)
            if not found:
                survives(mutant)
            return found
        finally:
            free.append(laboratory)

    with ThreadPoolExecutor(len(laboratories)) as pool:
        noticed = list(pool.map(one, chosen))
    return Verdict(
        killed=tuple(m for m, found in zip(chosen, noticed, strict=True) if found),
        survived=tuple(m for m, found in zip(chosen, noticed, strict=True) if not found),
    )


def _say(mutant: Mutant) -> None:
    print(f"{mutant.path}:{mutant.line}: {mutant.what}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="only so many; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--thorough", action="store_true", help="ask all tests of the domain")
    parser.add_argument("paths", nargs="*", help="modules; none: all of the core")
    given = parser.parse_args()
    everything = [mutant for path in given.paths or TESTS for mutant in mutants(path)]
    if given.sample:
        everything = random.Random(given.seed).sample(everything, given.sample)
    verdict = judge(everything, given.thorough, _say)
    print(f"{len(verdict.killed)} of {len(everything)} noticed: {verdict.rate:.1%}")


if __name__ == "__main__":
    main()
