"""The report of a match: laws over random matches, and what stands in it for a match played."""

from __future__ import annotations

import pytest
from hypothesis import given
from msgspec.structs import replace

from gamesync.domain import commands as c
from gamesync.domain.events import Created, Undone
from gamesync.domain.log import fold, struck
from gamesync.domain.profile import Overrides
from gamesync.domain.report import Report, report
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.sheet import total
from gamesync.domain.state import Gap
from gamesync.domain.times import Pause, Time, TurnReport
from gamesync.domain.values import PLAYERS

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, SECOND, SERVER, Table
from .strategies import played, through_json

GIVEN = 1_000_000


def of(table: Table) -> Report:
    return report(table.match.entries)


# -- laws


@given(played())
def test_the_times_of_the_turns_add_up_to_what_the_clock_says(table: Table) -> None:
    told, clock = of(table), table.refolded().clock
    at = clock.anchor if clock.finished else told.as_of
    accounts = clock.accounts(at)
    assert (told.time.p1_ms, told.time.p2_ms) == (accounts.p1_ms, accounts.p2_ms)
    assert told.time.nobody_ms == accounts.total_ms - accounts.p1_ms - accounts.p2_ms
    added = told.outside
    for turn in told.turns:
        added += Time(p1_ms=turn.p1_ms, p2_ms=turn.p2_ms, nobody_ms=turn.nobody_ms)
        assert min(turn.p1_ms, turn.p2_ms, turn.nobody_ms) >= 0
    assert added == told.time


@given(played())
def test_turns_follow_one_another(table: Table) -> None:
    told, game = of(table), table.refolded()
    for before, after in zip(told.turns, told.turns[1:], strict=False):
        assert before.ended_at is not None
        assert before.began_at <= before.ended_at <= after.began_at
    if told.turns:
        last, on = told.turns[-1], game.status == "playing" and game.turn.active_player
        assert (last.ended_at is None) == bool(on)
        if on:
            turn = game.turn
            assert (last.turn, last.round, last.player) == (
                turn.ordinal,
                turn.round,
                turn.active_player,
            )
    assert (told.began_at is None) == (not game.turn.ordinal)
    assert (told.ended_at is None) == (not game.over)


@given(played())
def test_pauses_are_those_of_the_clock(table: Table) -> None:
    told, clock = of(table), table.refolded().clock
    on = [pause.reason for pause in told.pauses if pause.to_ms is None]
    assert sorted(on) == sorted(() if clock.finished else clock.paused)
    for pause in told.pauses:
        assert pause.to_ms is None or pause.from_ms <= pause.to_ms


@given(played())
def test_the_last_round_of_each_player_has_his_score(table: Table) -> None:
    told, game = of(table), table.refolded()
    for player in PLAYERS:
        rounds = told.scores_by_round[player - 1]
        assert [each.round for each in rounds] == list(range(len(rounds)))
        assert rounds[-1].total == told.scores[player - 1].score == total(game, player)
        entered = sum(sum(each.points.values()) for each in rounds)
        mine = (cell for key, cell in game.cells.items() if key.startswith(f"{player}/"))
        assert entered == sum(cell.value for cell in mine)


@given(played())
def test_what_was_taken_back_is_not_in_it_but_for_being_counted(table: Table) -> None:
    entries = table.match.entries
    gone = struck(entries)
    undone = {e.version for e in entries if any(isinstance(fact, Undone) for fact in e.facts)}
    # Undos that change nothing else by themselves may go as well as what they took back.
    bare = [e for e in entries if e.version not in gone and e.version not in undone]
    if fold(entries).without_effect or fold(bare).without_effect or not undone:
        return  # then one may hold that would not fit without the other
    if fold(entries).game.frozen is not None or fold(entries).game.signatures:
        return
    with_them, without = of(table), report(bare)
    assert with_them.undos == len(undone - gone)
    assert without.undos == 0
    for field in ("scores_by_round", "players", "result", "gaps", "corrections", "judge_calls"):
        assert getattr(with_them, field) == getattr(without, field), field
    assert with_them.turns[:-1] == without.turns[:-1]
    assert [(p.reason, p.from_ms) for p in with_them.pauses] == [
        (p.reason, p.from_ms) for p in without.pauses
    ]


@given(played())
def test_the_public_reads_the_report_of_what_it_sees(table: Table) -> None:
    game = table.refolded()
    public = report(table.match.entries, "public")
    assert through_json(public) == public
    if game.frozen is None:
        assert public == of(table)
        return
    then = [e for e in table.match.entries if e.version <= game.frozen.version]
    told_then = report(then)
    assert public.result == game.frozen.result
    assert public.corrections <= told_then.corrections
    for player in PLAYERS:
        shown = public.scores_by_round[player - 1][-1].total
        assert shown == public.scores[player - 1].score
        assert shown == total(replace(game, cells=game.frozen.cells), player)


# -- a match


def test_a_game_that_has_not_begun() -> None:
    told = of(Table())
    assert (told.turns, told.pauses, told.gaps, told.result) == ((), (), (), None)
    assert (told.began_at, told.ended_at) == (None, None)
    assert (told.began_wall, told.ended_wall) == ("", "")
    assert told.time == told.outside == Time()
    assert [r.points for r in told.scores_by_round[0]] == [{}]
    assert (told.ruleset, told.profile, told.status) == ("wh40k-10e", "club", "waiting")
    assert told.ruleset_name.startswith("Warhammer")
    assert [player.name for player in told.players] == ["Anna", "Marek"]


def test_a_turn_has_the_time_of_both_players() -> None:
    table = Table().begin()
    began = table.now
    table.wait(59 * SECOND).do(c.SwitchClock())  # for an answer
    table.wait(9 * SECOND).do(c.SwitchClock())
    table.do(c.TurnChange(), wait=30 * SECOND)
    assert of(table).turns == (
        TurnReport(
            turn=1,
            round=1,
            player=1,
            began_at=began,
            ended_at=table.now,
            p1_ms=90 * SECOND,
            p2_ms=10 * SECOND,
        ),
        TurnReport(turn=2, round=1, player=2, began_at=table.now, ended_at=None),
    )
    told = of(table)
    assert told.time == Time(p1_ms=90 * SECOND, p2_ms=10 * SECOND)
    assert told.as_of == table.now
    assert told.began_at == began


def test_a_late_press_ends_the_turn_when_it_was_pressed() -> None:
    table = Table().begin()
    table.do(c.TurnChange(pressed_at=table.now + 20 * SECOND), wait=22 * SECOND)
    first, second = of(table).turns
    assert first.ended_at == second.began_at == table.now - 2 * SECOND
    assert first.p1_ms == 20 * SECOND


def test_each_press_of_a_batch_has_its_own_instant() -> None:
    table = Table().begin()
    at = table.now
    presses = (
        c.Press(kind="turn", player=1, pressed_at=at + MINUTE),
        c.Press(kind="pause", player=2, pressed_at=at + 2 * MINUTE),
        c.Press(kind="resume", player=2, pressed_at=at + 3 * MINUTE),
        c.Press(kind="turn", player=2, pressed_at=at + 5 * MINUTE),
    )
    since = table.version
    table.do(
        c.BatchPresses(presses=presses, since_version=since),
        wait=6 * MINUTE,
        backdate_max_ms=10 * MINUTE,
    )
    told = of(table)
    assert [(t.turn, t.p1_ms, t.p2_ms, t.nobody_ms) for t in told.turns] == [
        (1, MINUTE, 0, 0),
        (2, 0, 3 * MINUTE, MINUTE),
        (3, MINUTE, 0, 0),
    ]
    assert told.pauses == (Pause(reason="host", from_ms=at + 2 * MINUTE, to_ms=at + 3 * MINUTE),)


def test_pauses_and_down_time_are_told_apart() -> None:
    table = Table().begin()
    at = table.now
    table.do(c.PauseClock(reason="Tea."), ANNA, wait=MINUTE)
    table.do(c.ResumeClock(), ANNA, wait=5 * MINUTE)
    died = table.now + MINUTE
    table.server(c.ServerDown(last_alive=died, gap_ms=4 * MINUTE, long=True), wait=5 * MINUTE)
    back = table.now
    told = of(table)
    assert told.pauses == (
        Pause(reason="player:1", from_ms=at + MINUTE, to_ms=at + 6 * MINUTE),
        Pause(reason="server", from_ms=back, to_ms=None),
    )
    assert told.gaps == (Gap(from_ms=died, to_ms=back, gap_ms=4 * MINUTE, long=True),)
    (turn,) = told.turns
    assert (turn.p1_ms, turn.nobody_ms) == (2 * MINUTE, 9 * MINUTE)


def test_more_gaps_than_a_game_keeps() -> None:
    table = Table().begin()
    for _ in range(25):
        table.server(c.ServerDown(last_alive=table.now, gap_ms=SECOND, long=False))
    assert len(table.game.gaps) < len(of(table).gaps) == 25


def test_time_outside_of_turns() -> None:
    """Set-up on a neutral clock, and the time between two rounds."""
    table = Table("aos")
    table.do(c.SkipSetup(first_player=1))
    table.do(c.StartClock())
    table.turns(2)
    assert table.game.turn.awaiting == "order"
    table.do(c.SetFirstPlayer(player=2), wait=3 * MINUTE)
    told = of(table)
    assert told.outside == Time(nobody_ms=3 * MINUTE)
    assert [(t.turn, t.round, t.player) for t in told.turns] == [(1, 1, 1), (2, 1, 2), (3, 2, 2)]


def test_a_match_that_was_opened_again_goes_on_in_the_same_turn() -> None:
    table = Table().begin()
    table.do(c.Concede(player=2), wait=MINUTE)
    ended = of(table)
    assert ended.turns[-1].ended_at == ended.ended_at == table.now
    table.do(c.Reopen(), JUDGE, wait=10 * MINUTE)
    table.do(c.ResumeClock(), JUDGE)
    table.do(c.TurnChange(), wait=MINUTE)
    told = of(table)
    assert [t.turn for t in told.turns] == [1, 2]
    assert told.turns[0].p1_ms == 2 * MINUTE
    assert told.turns[0].nobody_ms == SECOND
    assert told.outside == Time(nobody_ms=10 * MINUTE)
    assert told.ended_at is None
    assert told.pauses[-1].reason == "reopened"


def test_a_pause_that_is_on_at_the_end_ends_with_it() -> None:
    table = Table().begin()
    table.do(c.PauseClock(), HOST)
    table.do(c.Complete(), JUDGE, wait=MINUTE)
    (pause,) = of(table).pauses
    assert pause.to_ms == table.now
    assert of(table).as_of == table.now
    table.score(1, "secondary", 5)
    assert of(table).as_of == of(table).ended_at


def test_a_flag_that_loses_ends_the_match_when_it_falls() -> None:
    rules = ClockRules(mode="down", budget_ms=10 * MINUTE, on_flag="lose")
    table = Table(overrides=Overrides(clock=rules)).begin()
    began = table.now
    table.server(c.FallFlag(), wait=11 * MINUTE)
    told = of(table)
    assert told.result is not None
    assert told.result.how == "clocked_out"
    assert told.turns[0].ended_at == told.ended_at
    assert told.ended_at == table.game.clock.anchor
    assert told.turns[0].began_at == began


def test_scores_add_up_round_by_round() -> None:
    table = Table().begin()
    table.score(1, "battle-ready", 10)
    table.score(1, "secondary", 4)
    table.turns(2)
    table.score(1, "primary", 10)
    table.score(2, "primary", 5)
    table.turns(2)
    table.do(c.ScoreUpdate(player=1, category="secondary", round=1, value=3, correct=True))
    told = of(table)
    first, second = told.scores_by_round
    assert [(r.points, r.total) for r in first] == [
        ({"battle-ready": 10}, 10),
        ({"secondary": 3}, 13),
        ({"primary": 10}, 23),
        ({}, 23),
    ]
    assert [r.total for r in second] == [0, 0, 5, 5]
    assert told.corrections == 1


def test_undos_and_calls_are_counted() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    table.do(c.Undo(), HOST)
    table.do(c.CallJudge(), MAREK)
    table.do(c.TakeCall(), JUDGE)
    table.do(c.CloseCall(), JUDGE)
    told = of(table)
    assert (told.undos, told.corrections, told.judge_calls) == (1, 0, 1)
    table.do(c.Undo(version=table.version - 3), JUDGE)
    assert of(table).undos == 1, "an undo that was taken back took nothing back"


def test_walls_are_those_of_the_entries() -> None:
    table = Table().begin()
    table.do(c.Concede(player=2))
    entries = [replace(e, wall=f"2026-11-22T18:0{e.version}:00Z") for e in table.match.entries]
    told = report(entries)
    assert told.began_wall == "2026-11-22T18:03:00Z"
    assert told.ended_wall == "2026-11-22T18:04:00Z"


def test_while_the_sheet_is_frozen_the_public_reads_the_frozen_one() -> None:
    table = Table().begin()
    table.score(1, "secondary", 4)
    table.do(c.OpenDispute(text="No."), MAREK)
    table.do(c.ScoreUpdate(player=1, category="secondary", value=2, correct=True), JUDGE)
    table.do(c.Complete(), JUDGE)
    public, true = report(table.match.entries, "public"), of(table)
    assert (public.scores[0].score, true.scores[0].score) == (4, 2)
    assert (public.corrections, true.corrections) == (0, 1)
    assert (public.result, true.result is None) == (None, False)
    table.do(c.CloseDispute(), JUDGE)
    assert report(table.match.entries, "public") == of(table)


def test_a_clock_of_no_kind() -> None:
    table = Table(overrides=Overrides(clock=ClockRules(mode="none"))).begin()
    table.turns(3, wait=MINUTE)
    told = of(table)
    assert sum(t.p1_ms + t.p2_ms for t in told.turns) == 3 * MINUTE


def test_a_turn_without_a_clock() -> None:
    """Who only corrects the state starts nobody's time."""
    table = Table()
    table.do(c.CorrectState(game_status="playing", round=1, active_player=1), HOST)
    began = table.now
    table.do(c.TurnChange(), wait=MINUTE)
    first, _ = of(table).turns
    assert (first.began_at, first.ended_at, first.p1_ms) == (began, began + MINUTE, 0)
    table.do(c.Concede(player=1))
    told = of(table)
    assert told.ended_at == told.as_of == told.turns[1].ended_at == table.now


def test_what_no_longer_fits_is_left_out() -> None:
    table = Table().begin()
    created = table.match.entries[0].facts[0]
    assert isinstance(created, Created)
    last = table.match.entries[-1]
    odd = replace(last, version=last.version + 1, facts=last.facts, by=SERVER)
    assert report((*table.match.entries, odd)).turns == of(table).turns


@pytest.mark.parametrize("kind", [Time(p1_ms=1), Pause(reason="x", from_ms=1, to_ms=None)])
def test_what_it_is_made_of_goes_through_json(kind: object) -> None:
    assert through_json(kind) == kind
