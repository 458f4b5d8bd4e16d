"""What waits for somebody at the table, most urgent first."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    AnswerProposal,
    CallJudge,
    OpenDispute,
    Propose,
    ServerDown,
    TakeCall,
)
from gamesync.domain.view import view
from gamesync.table.notices import Notice, event_of, notices, round_left
from gamesync.table.seen import seen
from gamesync.table.texts import Words

from ..client.kit import jsoned
from ..domain.playing import ANNA, HOST, JUDGE, MINUTE, SECOND, Table

WORDS = Words()


def told(table: Table, **more: Any) -> list[Notice]:
    state = jsoned(view(table.game))
    return notices(state, seen(state, table.now), table.now, WORDS, **more)


def test_nothing_to_tell() -> None:
    assert told(Table().begin()) == []


def test_a_proposal_is_asked_of_the_other_and_answered_for_him() -> None:
    table = Table().begin()
    table.do(Propose(kind="draw"), ANNA)
    [notice] = told(table)
    assert (notice.text, notice.level) == ("Anna proposes: a draw", "ask")
    yes, no = notice.actions
    assert (yes.words, no.words) == ("Yes", "No")
    assert yes.data == {"proposal": table.version, "accept": True, "player": 2}
    table.do(AnswerProposal(**no.data), HOST)
    assert told(table) == []


def test_a_judge_called_then_coming() -> None:
    table = Table().begin()
    table.do(CallJudge(note="the hill"))
    table.wait(130 * SECOND)
    [notice] = told(table)
    assert notice.text == "Judge called 2:10 ago · the hill"
    assert [action.data for action in notice.actions] == [{"op": "cancel"}]
    table.do(TakeCall(), JUDGE)
    [notice] = told(table)
    assert notice.text.endswith("Tom is coming")
    assert notice.actions == (), "who is on his way is not sent back by a tap"


@pytest.mark.parametrize(
    ("gap", "text"),
    [
        (6 * MINUTE, "Back after about 6:00. Nobody’s time ran."),
        (None, "Back after some time. Nobody’s time ran."),
    ],
)
def test_after_a_power_cut(gap: int | None, text: str) -> None:
    table = Table().begin()
    table.server(ServerDown(last_alive=table.now, gap_ms=gap, long=True))
    [notice] = told(table)
    assert notice.text == text
    assert [action.words for action in notice.actions] == ["Resume"]


def test_a_dispute_can_be_closed() -> None:
    table = Table().begin()
    table.do(OpenDispute(text="round 2 primary"), ANNA)
    [notice] = told(table)
    assert (notice.key, notice.text) == ("dispute", "Disputed: round 2 primary")
    assert notice.actions[0].data == {"op": "close"}


HALL = {
    "tables": [{"id": "t1", "game": "g1"}, {"id": "t2", "game": "g2"}],
    "events": [{"id": "e1", "rounds": [{"pairings": [{"game": "g1"}]}]}],
    "announcements": [
        {"id": "a", "text": "Lunch", "to": "all", "target": "", "until": None},
        {"id": "b", "text": "For table 2", "to": "table", "target": "t2", "until": None},
        {"id": "c", "text": "For the event", "to": "event", "target": "e1", "until": None},
        {"id": "d", "text": "Over", "to": "all", "target": "", "until": 5},
    ],
    "round_clock": {"event": "e1", "left_ms": 60_000, "at": 1_000, "running": True},
}


def test_announcements_for_this_table_until_they_are_read() -> None:
    table = Table().begin()
    found = told(table, hall=HALL, game_id="g1")
    assert [notice.text for notice in found] == ["Lunch", "For the event"]
    assert [n.text for n in told(table, hall=HALL, game_id="g2")] == ["Lunch", "For table 2"]
    read = {found[0].key}
    assert [n.text for n in told(table, hall=HALL, game_id="g1", dismissed=read)] == [
        "For the event"
    ]


def test_the_round_clock_runs_on_by_itself() -> None:
    assert event_of(HALL, "g1") == "e1"
    assert round_left(HALL, "g1", 31_000) == (30_000, True)
    assert round_left(HALL, "g2", 31_000) is None, "another event's"
    assert round_left(None, "g1", 0) is None
