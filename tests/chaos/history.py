"""What clients saw of a few cells, and whether one order of events can explain it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Literal, TypeAlias

import attrs

Kind: TypeAlias = Literal["set", "step", "read"]
Cell: TypeAlias = str


@attrs.frozen(kw_only=True)
class Op:
    """
    One operation on one cell, as its client saw it.

    :ivar begun: when it was first sent; *ended*: when its answer came
    :ivar argument: the value set, or the step
    :ivar if_version: what a guarded set compared with
    :ivar ok: accepted; else it was a conflict
    :ivar version: of the game, by the answer
    :ivar value: the cell's, of a read or a conflict; *cell_version* likewise
    """

    kind: Kind
    cell: Cell
    begun: float
    ended: float
    version: int
    ok: bool = True
    argument: int = 0
    if_version: int | None = None
    value: int = 0
    cell_version: int = 0

    @property
    def writes(self) -> bool:
        return self.ok and self.kind != "read"


Register: TypeAlias = tuple[int, int]
"""Value and version of a cell."""


def by_version(ops: Sequence[Op], start: dict[Cell, Register]) -> list[str]:
    """
    Violations of the one order that the versions claim.

    It has to agree with real time, and every answer with the cell as it was at its version.
    """
    faults: list[str] = []
    writes = sorted((op for op in ops if op.writes), key=lambda op: op.version)
    for one, two in itertools.pairwise(writes):
        if one.version == two.version:
            faults.append(f"two changes at version {one.version}")
    newest = 0
    for when, is_end, op in sorted(
        [(op.ended, 1, op) for op in ops] + [(op.begun, 0, op) for op in ops],
        key=lambda event: event[:2],
    ):
        if is_end:
            newest = max(newest, op.version)
        elif op.version < newest or (op.writes and op.version == newest):
            faults.append(f"{op} at {when} had been overtaken by {newest}")
    return faults + _replayed(ops, dict(start))


def _replayed(ops: Sequence[Op], cells: dict[Cell, Register]) -> list[str]:
    faults = []
    # What does not write is judged by the state that its version left behind.
    for op in sorted(ops, key=lambda op: (op.version, not op.writes)):
        after = applied(op, cells[op.cell])
        if after is None:
            faults.append(f"{op} does not fit {cells[op.cell]}")
        else:
            cells[op.cell] = after
    return faults


def applied(op: Op, register: Register) -> Register | None:
    """The cell after *op*; None if it cannot have been answered so."""
    value, version = register
    if not op.ok:
        conflict = op.if_version != version and (op.value, op.cell_version) == register
        return register if conflict else None
    match op.kind:
        case "read":
            return register if (op.value, op.cell_version) == register else None
        case "set":
            fits = op.if_version in (None, version)
            return (op.argument, op.version) if fits else None
        case "step":
            return value + op.argument, op.version


def linearizable(ops: Sequence[Op], start: Register) -> bool:
    """
    Whether any order explains the answers about one cell (Wing and Gong's search, with memory).

    Knows nothing of the order that the versions claim.
    """
    ops = sorted(ops, key=lambda op: op.begun)
    everything = (1 << len(ops)) - 1
    seen: set[tuple[int, Register]] = set()
    stack: list[tuple[int, Register]] = [(0, start)]
    while stack:
        done, register = stack.pop()
        if done == everything:
            return True
        if (done, register) in seen:
            continue
        seen.add((done, register))
        left = [at for at in range(len(ops)) if not done >> at & 1]
        first_end = min(ops[at].ended for at in left)
        for at in left:
            if ops[at].begun > first_end:
                break
            after = applied(ops[at], register)
            if after is not None:
                stack.append((done | 1 << at, after))
    return False
