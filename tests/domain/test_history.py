"""The log as people read it: what holds, one cell's part of it, and what the public is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from gamesync.domain import commands as c
from gamesync.domain.events import Created, DeviceRenamed, Entry
from gamesync.domain.history import Cell, HistoryEntry, history, plain_history
from gamesync.domain.log import NEVER_UNDONE, Match, struck
from gamesync.domain.venue import VenueEntry
from gamesync.domain.view import view
from gamesync.frames import sections

from .playing import HOST, JUDGE, MAREK, ORGANISER, Table
from .strategies import played


def read(table: Table, audience: Any = "match", **what: Any) -> list[HistoryEntry]:
    frozen = table.game.frozen.version if table.game.frozen is not None else None
    return list(history(table.match.entries, audience, frozen, **what))


def versions(table: Table, audience: Any = "match", **cell: Any) -> list[int]:
    return [entry.version for entry in read(table, audience, cell=Cell(**cell))]


@given(played())
def test_the_match_reads_all_there_is(table: Table) -> None:
    told, gone = read(table), struck(table.match.entries)
    assert [e.version for e in told] == list(range(table.version, 0, -1))
    for line, entry in zip(told, reversed(table.match.entries), strict=True):
        assert (line.facts, line.by, line.at) == (entry.facts, entry.by, entry.at_ms)
        assert line.struck == (entry.version in gone)
        never = any(isinstance(fact, NEVER_UNDONE) for fact in entry.facts)
        assert line.undoable == (not line.struck and not never)


@given(played())
def test_the_public_is_told_no_more_than_its_frames_told_it(table: Table) -> None:
    """But for a flag that loses the game: that is on the clock, which the public sees."""
    entries = table.match.entries
    match = Match(entries[:1])
    for entry in entries[1:]:
        before, match = match.game, match.after(entry)
        told = sections(view(before), view(match.game))
        shown = sections(view(before, "public"), view(match.game, "public"))
        frozen = match.game.frozen.version if match.game.frozen is not None else None
        (line, *_) = history(match.entries, "public", frozen)
        lost = match.game.clock.rules.on_flag == "lose" and match.game.over
        if told != shown and not lost:
            assert (line.facts, line.reason) == ((), ""), entry
        assert line.version == entry.version


def test_who_took_a_place_is_the_matchs_own() -> None:
    table = Table()
    table.server(c.Join(device="d1", role="player", player=1))
    assert [bool(e.facts) for e in read(table)] == [True, True]
    assert [bool(e.facts) for e in read(table, "public")] == [False, True]
    assert [type(f) for f in read(table, "public")[1].facts] == [Created]


def test_what_is_taken_back_is_struck() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    scored = table.version
    table.do(c.Undo(version=scored))
    newest, line, *_ = read(table)
    assert (line.version, line.struck, line.undoable) == (scored, True, False)
    assert (newest.struck, newest.undoable) == (False, True)
    table.do(c.Undo(version=newest.version))
    _, newest, line, *_ = read(table)
    assert (line.struck, line.undoable) == (False, True)
    assert newest.struck is True


def test_pages() -> None:
    table = Table().begin().turns(3)
    assert [e.version for e in read(table, before=3)] == [2, 1]
    assert read(table, before=1) == []
    assert len(read(table, before=10_000)) == table.version


def test_the_history_of_one_cell() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    first = table.version
    table.score(2, "secondary", 1)
    table.do(c.ScoreUpdate(player=1, category="secondary", delta=1))
    stepped = table.version
    table.do(c.ScoreUpdate(player=1, cp=5))
    cp = table.version
    table.do(c.ScoreUpdate(player=1, cp_delta=-1))
    table.turns(2)
    table.do(c.ScoreUpdate(player=1, category="secondary", value=2))
    later = table.version
    table.do(c.ScoreUpdate(player=1, score=20))
    corrected = table.version
    table.do(c.Undo(version=first), JUDGE)
    undone = table.version
    table.do(c.Undo(version=undone), JUDGE)
    cell = {"player": 1, "category": "secondary", "round": 1}
    assert versions(table, **cell) == [undone + 1, undone, stepped, first]
    assert versions(table, player=1, round=2) == [later]
    assert versions(table, player=2) == [first + 1]
    assert versions(table, player=1, category="cp") == [cp + 1, cp]
    assert versions(table, category="total") == [corrected]
    assert versions(table, player=1, category="cp", round=1) == []
    assert versions(table, category="none") == []


def test_what_becomes_of_a_frozen_sheet_is_not_told() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    scored = table.version
    table.do(c.OpenDispute(text="No."), MAREK)
    frozen = table.version
    table.do(c.ScoreUpdate(player=1, category="secondary", value=2), JUDGE)
    table.do(c.Undo(version=scored), JUDGE)
    table.do(c.PauseClock(reason="Wait."), JUDGE)
    public = {e.version: e for e in read(table, "public")}
    assert public[scored].facts
    assert public[scored].struck is False, "the frozen sheet has it"
    assert [bool(public[v].facts) for v in range(frozen, frozen + 4)] == [
        True,
        False,
        False,
        True,
    ]
    assert versions(table, "public", player=1) == [scored]
    assert versions(table, "match", player=1) == [frozen + 2, frozen + 1, scored]
    assert {e.version: e for e in read(table)}[scored].struck is True
    table.do(c.CloseDispute(), JUDGE)
    assert read(table, "public") == read(table)


def test_reasons_go_with_the_facts() -> None:
    rename = Entry(
        version=2,
        type="device",
        by=HOST,
        at_ms=5,
        wall="18:00",
        facts=(DeviceRenamed(device="d1", name="phone"),),
        reason="Mine.",
    )
    entries = (*Table().match.entries, rename)
    (told, _), (shown, _) = history(entries, "match"), history(entries, "public")
    assert (told.reason, told.wall, told.type) == ("Mine.", "18:00", "device")
    assert (shown.reason, shown.by, shown.at) == ("", HOST, 5)


@pytest.mark.parametrize(("before", "found"), [(None, [2, 1]), (2, [1]), (1, [])])
def test_a_log_from_which_nothing_is_taken_back(before: int | None, found: list[int]) -> None:
    entries = tuple(
        VenueEntry(version=v, type="table", by=ORGANISER, at_ms=v, wall="", facts=(), reason="So.")
        for v in (1, 2)
    )
    told = list(plain_history(entries, before))
    assert [e.version for e in told] == found
    assert all((e.struck, e.undoable, e.reason) == (False, False, "So.") for e in told)


def test_a_long_chain_of_undos_has_one_root() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    first = table.version
    for _ in range(9):
        table.do(c.Undo(version=table.version), JUDGE)
    assert versions(table, player=1) == list(range(first + 9, first - 1, -1))
