"""An event on one sheet."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from gamesync.domain import commands as c
from gamesync.domain.event_report import event_points, pairing_report, pairings
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import EventScore
from gamesync.domain.state import Game
from gamesync.domain.venue.state import Event, EventRound, Pairing, Participant, Table, Venue

from .playing import ANNA, JUDGE, MAREK, MINUTE
from .playing import Table as Match

PEOPLE = {
    "p1": Participant(id="p1", name="Anna", ordinal=1, faction="Orks"),
    "p2": Participant(id="p2", name="Marek", ordinal=2),
    "p3": Participant(id="p3", name="Li", ordinal=3),
}
PAIRED = Pairing(table="t2", p1="p1", p2="p2", game="g1")
BYE = Pairing(p1="p3")
ROUND = EventRound(number=1, pairings=(BYE, PAIRED, Pairing(table="t1", p1="p9", p2="p3")))
CUP = Event(id="e1", name="Cup", participants=PEOPLE, rounds=(ROUND,))
VENUE = Venue(tables={"t2": Table(id="t2", name="Table 2", ordinal=4)}, events={"e1": CUP})


@pytest.fixture
def match() -> Match:
    table = Match().begin()
    table.do(c.SetProfile(player=2, faction="Necrons"), MAREK)
    table.score(1, "secondary", 10)
    table.score(2, "secondary", 4)
    return table.turns(wait=MINUTE)


def line(pairing: Pairing, game: Game | None) -> dict[str, object]:
    found = pairing_report(VENUE, CUP, ROUND, pairing, game)
    return {field: getattr(found, field) for field in found.__struct_fields__}


def test_a_match_that_is_on(match: Match) -> None:
    assert line(PAIRED, match.game) == {
        "event": "Cup",
        "round": 1,
        "table": "Table 2",
        "game_id": "g1",
        "player1": "Anna",
        "faction1": "Orks",
        "player2": "Marek",
        "faction2": "Necrons",
        "status": "playing",
        "how": None,
        "winner": None,
        "score1": 10,
        "score2": 4,
        "event_points1": None,
        "event_points2": None,
        "time1_ms": MINUTE + 3_000,
        "time2_ms": 0,
        "signed": False,
        "disputed": False,
    }


def test_a_match_that_is_over(match: Match) -> None:
    match.do(c.Complete(), JUDGE)
    over = line(PAIRED, match.game)
    assert (over["how"], over["winner"]) == ("completed", 1)
    assert (over["event_points1"], over["event_points2"]) == (11, 9)
    for by in (ANNA, MAREK):
        match.do(c.ConfirmResult(version=match.version), by)
    assert line(PAIRED, match.game)["signed"] is True


def test_event_points_are_for_results_by_score(match: Match) -> None:
    match.do(c.Concede(player=1), JUDGE)
    conceded = line(PAIRED, match.game)
    assert (conceded["how"], conceded["winner"]) == ("conceded", 2)
    assert (conceded["event_points1"], conceded["event_points2"]) == (None, None)
    match.do(c.RuleResult(how="completed", winner=2), JUDGE)
    declared = line(PAIRED, match.game)
    assert (declared["winner"], declared["event_points1"]) == (2, None)
    assert match.game.result is not None
    rules = replace(match.game.ruleset, event_score=None)
    without = replace(match.game, ruleset=rules, result=replace(match.game.result, declared=None))
    assert line(PAIRED, without)["event_points1"] is None


def test_a_disputed_match(match: Match) -> None:
    match.do(c.OpenDispute(text="No."), ANNA)
    assert line(PAIRED, match.game)["disputed"] is True


def test_a_bye_and_a_pairing_without_a_game() -> None:
    bye = line(BYE, None)
    assert (bye["player1"], bye["player2"], bye["table"]) == ("Li", "", "")
    assert (bye["how"], bye["winner"], bye["status"]) == ("bye", 1, None)
    waits = line(ROUND.pairings[2], None)
    assert (waits["player1"], waits["player2"], waits["table"]) == ("", "Li", "t1")
    assert (waits["how"], waits["winner"], waits["score1"], waits["time1_ms"]) == (None,) * 4
    assert waits["game_id"] == ""


def test_pairings_are_in_the_order_of_the_hall() -> None:
    tables = {f"t{n}": Table(id=f"t{n}", name=f"Table {n}", ordinal=n) for n in (2, 10)}
    far = Pairing(table="t10", p1="p2", p2="p3")
    rounds = (replace(ROUND, pairings=(BYE, far, PAIRED)), EventRound(number=2, pairings=(BYE,)))
    event = replace(CUP, rounds=rounds)
    found = pairings(replace(VENUE, tables=tables), event)
    assert [(r.number, p) for r, p in found] == [(1, PAIRED), (1, far), (1, BYE), (2, BYE)]


@pytest.mark.parametrize(
    ("scores", "points"),
    [
        ((50, 50), (10, 10)),
        ((55, 50), (10, 10)),
        ((56, 50), (11, 9)),
        ((50, 60), (9, 11)),
        ((50, 61), (8, 12)),
        ((100, 50), (19, 1)),
        ((100, 49), (20, 0)),
        ((0, 100), (0, 20)),
    ],
)
def test_event_points(scores: tuple[int, int], points: tuple[int, int]) -> None:
    table = shipped()["wh40k-10e"].event_score
    assert table == EventScore(base=10, total=20, steps=tuple(range(5, 51, 5)))
    assert event_points(table, *scores) == points
