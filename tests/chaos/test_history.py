"""The checkers of histories, on histories that are right and wrong."""

from __future__ import annotations

from .history import Op, by_version, linearizable

NEW = (0, 0)


def test_overlapping_steps_in_either_order() -> None:
    ops = [
        Op(kind="step", cell="a", begun=0, ended=3, version=2, argument=1),
        Op(kind="step", cell="a", begun=1, ended=2, version=1, argument=2),
        Op(kind="read", cell="a", begun=4, ended=5, version=2, value=3, cell_version=2),
    ]
    assert by_version(ops, {"a": NEW}) == []
    assert linearizable(ops, NEW)


def test_a_read_of_the_past() -> None:
    ops = [
        Op(kind="step", cell="a", begun=0, ended=1, version=1, argument=1),
        Op(kind="read", cell="a", begun=2, ended=3, version=0, value=0, cell_version=0),
    ]
    assert by_version(ops, {"a": NEW})
    assert not linearizable(ops, NEW)


def test_two_guarded_sets_that_both_won() -> None:
    ops = [
        Op(kind="set", cell="a", begun=0, ended=2, version=1, argument=5, if_version=0),
        Op(kind="set", cell="a", begun=1, ended=3, version=2, argument=6, if_version=0),
    ]
    assert by_version(ops, {"a": NEW})
    assert not linearizable(ops, NEW)


def test_a_conflict_that_was_none() -> None:
    ops = [
        Op(kind="set", cell="a", begun=0, ended=1, version=0, ok=False, if_version=0),
    ]
    assert by_version(ops, {"a": NEW})
    assert not linearizable(ops, NEW)


def test_a_step_that_was_lost() -> None:
    ops = [
        Op(kind="step", cell="a", begun=0, ended=1, version=1, argument=1),
        Op(kind="step", cell="a", begun=2, ended=3, version=2, argument=1),
        Op(kind="read", cell="a", begun=4, ended=5, version=2, value=1, cell_version=2),
    ]
    assert by_version(ops, {"a": NEW})
    assert not linearizable(ops, NEW)
