"""The tests of the core notice when it is wrong."""

from __future__ import annotations

import ast
import random

from .long import LONG
from .mutate import SOURCE, TESTS, Mutant, judge, mutants

SAMPLE = 4
"""In the short form, of one module; drawn anew when the core changes."""


def test_a_mutant_differs_from_the_source_in_one_place() -> None:
    path = "gamesync/domain/ending.py"
    right = ast.unparse(ast.parse((SOURCE / path).read_text("utf-8"))).splitlines()
    made = mutants(path)
    assert len(made) > 30
    for mutant in made:
        wrong = mutant.source().splitlines()
        assert len(wrong) == len(right)
        assert sum(a != b for a, b in zip(right, wrong, strict=True)) == 1, mutant.what


def test_the_checker_tells_a_mutant_from_the_source() -> None:
    path = "gamesync/domain/ending.py"
    right = (SOURCE / path).read_text("utf-8")
    same = Mutant(path, 0, "nothing", lambda: right)
    wrong = Mutant(path, 0, "no game ends", lambda: right.replace("def ended(", "def unended("))
    verdict = judge([same, wrong])
    assert verdict.killed == (wrong,)
    assert verdict.survived == (same,)


def test_the_core() -> None:
    everything = [mutant for path in TESTS for mutant in mutants(path)]
    chance = random.Random(len(everything))
    chosen = everything if LONG else chance.sample(mutants(chance.choice(list(TESTS))), SAMPLE)
    verdict = judge(chosen, thorough=LONG)
    survivors = "\n".join(f"{m.path}:{m.line}: {m.what}" for m in verdict.survived)
    print(f"{len(verdict.killed)} of {len(chosen)} noticed; not:\n{survivors}")
    if LONG:
        assert verdict.rate >= 0.85, survivors
    else:
        # Of so few, the mean says little: this fails once the tests stop working at all.
        assert verdict.rate >= 0.5, survivors
