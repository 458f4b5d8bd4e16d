"""
The log as people read it: what was done, by whom, and whether it still holds.

The public reads no more than it was told as it happened: who took which place is the match's own,
and so is what has become of the sheet while the public sees it frozen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from .events import (
    Answered,
    By,
    CellSet,
    CellStepped,
    ClockAdjusted,
    ClockPaused,
    ClockResumed,
    ClockSwitched,
    Contested,
    CpSet,
    CpStepped,
    DeviceRenamed,
    DisputeClosed,
    DisputeOpened,
    DownTime,
    Entry,
    Flagged,
    Invited,
    Joined,
    JudgeCalled,
    JudgeClosed,
    JudgeTaken,
    Lapsed,
    PhaseSet,
    PlayersSwapped,
    ProfileSet,
    Proposed,
    ReadySet,
    Revoked,
    SeatsSwapped,
    SettingSet,
    Undone,
)
from .log import NEVER_UNDONE, root_of, struck
from .values import Millis, Player, Version
from .view import Audience

CP = "cp"
"""The category that a question about command points names; no ruleset has one of this id."""
OF_DEVICES = (Joined, Revoked, DeviceRenamed, SeatsSwapped)
"""Facts that only those at the match are told."""
BESIDE_THE_SHEET = (
    *(ClockSwitched, ClockPaused, ClockResumed, ClockAdjusted, Flagged, DownTime, Contested),
    *(Proposed, Answered, Lapsed, DisputeOpened, DisputeClosed),
    *(JudgeCalled, JudgeTaken, JudgeClosed),
    *(ProfileSet, PlayersSwapped, ReadySet, PhaseSet, SettingSet, Invited),
)
"""Facts that say nothing of scores, command points and result, and change nothing in them."""


class HistoryEntry(Struct, frozen=True, kw_only=True):
    """One accepted command, as it stands in the log."""

    version: Version
    type: str
    """The message that asked for it."""
    by: By
    at: Millis
    """Game time at which the command arrived."""
    wall: str
    """Time of day in UTC, ISO 8601; for people."""
    facts: tuple[Any, ...]
    """What happened; empty where the public is not told."""
    reason: str
    struck: bool
    """An undo that is in force has taken it back."""
    undoable: bool
    """An ``undo`` may name it; whether it is granted depends on who asks, and when."""


class Cell(Struct, frozen=True, kw_only=True):
    """Which part of the sheet is asked about; what is None may be any."""

    player: Player | None = None
    category: str | None = None
    """The id of a column, ``total`` for corrections of it, or ``cp``."""
    round: int | None = None


EVERYTHING = Cell()


class Logged(Protocol):
    """What the entries of a match and those of the venue have in common."""

    @property
    def version(self) -> Version: ...
    @property
    def type(self) -> str: ...
    @property
    def by(self) -> By: ...
    @property
    def at_ms(self) -> Millis: ...
    @property
    def wall(self) -> str: ...
    @property
    def facts(self) -> tuple[Any, ...]: ...
    @property
    def reason(self) -> str: ...


Log: TypeAlias = Sequence[Entry]
"""All of a log, oldest first: the entry of version ``v`` stands at ``v - 1``."""


def history(
    entries: Log,
    audience: Audience,
    frozen: Version | None = None,
    *,
    before: Version | None = None,
    cell: Cell = EVERYTHING,
) -> Iterator[HistoryEntry]:
    """
    The entries as *audience* may read them, newest first.

    :param frozen: the version at which the sheet was frozen for the public, if it is
    :param before: only versions below this one
    :param cell: only what was written into this part of the sheet, and what took that back
    """
    closed = frozen if audience == "public" else None
    gone = struck(_undoing(entries))
    # What was taken back behind the frozen sheet would say how the true one looks.
    gone_then = gone if closed is None else struck(_undoing(entries[:closed]))
    end = len(entries) if before is None else max(0, before - 1)
    for entry in reversed(entries[:end]):
        told = audience == "match" or _public(entry, closed)
        if cell != EVERYTHING and not (told and _writes(root_of(entry, entries), cell)):
            continue
        then = closed is not None and entry.version <= closed
        is_struck = entry.version in (gone_then if then else gone)
        undoable = not is_struck and not any(isinstance(f, NEVER_UNDONE) for f in entry.facts)
        yield _line(entry, told, is_struck, undoable)


def plain_history(entries: Sequence[Logged], before: Version | None = None) -> Iterator[Any]:
    """The same of a log from which nothing is taken back: the venue's, for officials."""
    for entry in reversed(entries[: None if before is None else max(0, before - 1)]):
        yield _line(entry, told=True, is_struck=False, undoable=False)


def _line(entry: Logged, told: bool, is_struck: bool, undoable: bool) -> HistoryEntry:
    return HistoryEntry(
        version=entry.version,
        type=entry.type,
        by=entry.by,
        at=entry.at_ms,
        wall=entry.wall,
        facts=entry.facts if told else (),
        reason=entry.reason if told else "",
        struck=is_struck,
        undoable=undoable,
    )


def _undoing(entries: Log) -> list[Entry]:
    """The few entries that take something back: which are struck depends on no others."""
    return [e for e in entries if any(isinstance(fact, Undone) for fact in e.facts)]


def _public(entry: Entry, frozen: Version | None) -> bool:
    """Whether the public is told the facts of *entry*, as its frame told them."""
    if any(isinstance(fact, OF_DEVICES) for fact in entry.facts):
        return False
    if frozen is None or entry.version <= frozen:
        return True
    return all(isinstance(fact, BESIDE_THE_SHEET) for fact in entry.facts)


def _writes(entry: Entry, cell: Cell) -> bool:
    for fact in entry.facts:
        match fact:
            case CellSet() | CellStepped():
                written = Cell(player=fact.player, category=fact.category, round=fact.round)
            case CpSet() | CpStepped():
                written = Cell(player=fact.player, category=CP)
            case _:
                continue
        if all(
            getattr(cell, field) in (None, getattr(written, field))
            for field in Cell.__struct_fields__
        ):
            return True
    return False
