"""Each shipped ruleset, played to its end by commands, as its players would."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    CallJudge,
    Choose,
    CloseCall,
    Complete,
    Concede,
    ConfirmResult,
    FallFlag,
    PauseClock,
    Ready,
    ResumeClock,
    RollDie,
    RollResult,
    ScoreUpdate,
    SetProfile,
    StartClock,
    SwitchClock,
    TakeCall,
    TurnChange,
)
from gamesync.domain.values import PLAYERS, Player, other

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, PHONES, SECOND, Table


def set_up(table: Table, dice: tuple[int, int] = (5, 1)) -> Table:
    """Names and readiness from the phones, roll-offs by the server, the winner takes it all."""
    for by, name in ((ANNA, "Anna"), (MAREK, "Marek")):
        table.do(SetProfile(name=name, faction="Some"), by)
        table.do(Ready(), by)
    roll_off(table, dice)
    return table


def roll_off(table: Table, dice: tuple[int, int] = (5, 1)) -> None:
    """All rolls and choices that are due."""
    ruleset = table.game.ruleset
    while table.game.status == "setup" or table.game.turn.awaiting == "order":
        step = ruleset.setup[table.game.setup.step]
        if step.kind == "roll":
            for by, die in zip((ANNA, MAREK), dice, strict=True):
                table.do(RollDie(), by, dice=die)
        else:
            table.do(Choose(option=step.options[0]), PHONES[table.game.setup.winners[step.by]])


def conserved(table: Table) -> bool:
    """Every millisecond since the start is somebody's, nobody's, or idle."""
    clock = table.game.clock
    return clock.accounts(table.now).total_ms == table.now - clock.started_at


def signed(table: Table) -> None:
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    assert table.game.status == "signed"
    assert table.refolded() == table.game


@pytest.mark.parametrize("edition", ["wh40k-10e", "wh40k-11e"])
@pytest.mark.parametrize("profile", ["club", "event"])
@pytest.mark.parametrize("dice", [(5, 1), (1, 5)])
def test_five_rounds_of_40k(edition: str, profile: Any, dice: tuple[int, int]) -> None:
    table = set_up(Table(edition, profile, names=("", "")), dice)
    first: Player = 1 if dice == (5, 1) else 2
    assert (table.game.turn.attacker, table.game.turn.first_player) == (first, first)
    table.do(StartClock())
    for round_ in range(1, 6):
        for player in (first, other(first)):
            by = PHONES[player]
            assert (table.game.turn.round, table.game.turn.active_player) == (round_, player)
            table.do(TurnChange(phase="Shooting"), by, wait=MINUTE)
            table.do(SwitchClock(player=player), by, wait=MINUTE)  # the opponent saves
            table.do(SwitchClock(player=other(player)), PHONES[other(player)], wait=20 * SECOND)
            table.do(ScoreUpdate(player=player, category="secondary", delta=player + 1), by)
            if round_ > 1:
                table.do(ScoreUpdate(player=player, category="primary", value=5), by)
            table.do(ScoreUpdate(player=player, cp_delta=-1), by)
            table.do(TurnChange(player=player), by)
            assert conserved(table)
    table.do(ScoreUpdate(player=2, category="battle-ready", value=10))
    result = table.game.result
    assert result is not None
    assert (result.how, result.winner) == ("completed", 2)
    assert (result.score1, result.score2) == (20 + 10, 20 + 15 + 10)
    assert table.cp() == (5, 5)  # ten came, five were spent
    mine = 5 * (MINUTE + MINUTE + 3 * SECOND) + 5 * 20 * SECOND
    spent = [table.game.clock.spent_by(player, table.now) for player in PLAYERS]
    with_primary = 4 * SECOND
    assert spent == [mine + with_primary] * 2
    signed(table)


def test_age_of_sigmar_with_priority_each_round() -> None:
    table = set_up(Table("aos"))
    table.do(StartClock())
    order = []
    for round_ in range(1, 6):
        if round_ > 1:
            assert table.game.turn.awaiting == "order"
            roll_off(table, (round_ % 2 * 3, 1))
        order.append(table.game.turn.first_player)
        assert table.cp() == (4, 4)
        for _ in PLAYERS:
            player = table.game.turn.active_player
            assert player
            table.do(ScoreUpdate(player=player, category="objectives", value=4, cp_delta=-2))
            table.do(ScoreUpdate(player=player, category="battle-tactics", value=2 * player))
            table.do(TurnChange(), wait=MINUTE)
            assert conserved(table)
    assert order == [1, 2, 1, 2, 1]
    assert table.game.result is not None
    assert (table.game.result.score1, table.game.result.score2) == (30, 40)
    assert table.game.result.winner == 2
    signed(table)


def test_kill_team_alternates_until_the_turning_point_is_ended() -> None:
    table = set_up(Table("kill-team"), (1, 5))
    table.do(StartClock())
    assert table.cp() == (3, 3)
    for point in range(1, 5):
        if point > 1:
            before = table.cp()
            roll_off(table, (5, 1))
            assert table.cp() == (before[0] + 1, before[1] + 2)  # player 1 has the initiative
        assert table.game.turn.round == point
        for _ in range(5):
            table.do(TurnChange(), wait=MINUTE)
        table.do(ScoreUpdate(player=1, category="crit-op", value=1))
        table.do(TurnChange(end_round=True), wait=MINUTE)
        assert conserved(table)
    table.do(ScoreUpdate(player=1, category="primary-op", value=2))
    assert table.game.result is not None
    assert (table.game.result.how, table.game.result.winner) == ("completed", 1)
    assert table.total(1) == 6
    signed(table)


def test_chess_on_a_staged_control_to_the_flag() -> None:
    table = set_up(Table("chess"))
    table.do(StartClock())
    for move in range(80):
        by = PHONES[2 if move % 2 else 1]
        table.do(TurnChange(player=by.player or None), by, wait=2 * MINUTE)
    # 90 minutes and 40 moves of 2 minutes with 30 seconds each; then 30 minutes more
    assert table.shown(1) == (90 - 80 + 20 + 30) * MINUTE == table.shown(2)
    assert table.game.turn.ordinal == 81
    table.server(FallFlag(), wait=60 * MINUTE + 2 * SECOND)
    assert table.game.result is not None
    assert (table.game.result.how, table.game.result.winner) == ("clocked_out", 2)
    signed(table)


@pytest.mark.parametrize(
    ("end", "how", "winner"),
    [
        (Concede(player=2), "conceded", 1),
        (Complete(winner=0), "completed", 0),
        (Complete(winner=2), "completed", 2),
    ],
)
def test_chess_otherwise(end: Any, how: str, winner: int) -> None:
    table = set_up(Table("chess"))
    table.do(StartClock())
    table.turns(7)
    table.do(end)
    assert table.game.result is not None
    assert (table.game.result.how, table.game.result.winner) == (how, winner)
    signed(table)


def test_an_event_game_with_a_judge() -> None:
    table = Table(profile="event")
    table.do(Ready(), ANNA)
    table.do(Ready(), MAREK)
    table.do(RollResult(winner=2), HOST)
    table.do(Choose(option="defender"), MAREK)
    table.do(RollResult(winner=1), HOST)
    table.do(Choose(option="second"), ANNA)
    assert (table.game.turn.attacker, table.game.turn.first_player) == (1, 2)
    table.do(StartClock())
    table.do(CallJudge(note="coherency"), ANNA, wait=10 * MINUTE)
    assert not table.game.clock.running
    table.do(TakeCall(), JUDGE, wait=2 * MINUTE)
    table.do(PauseClock(why="setup"), JUDGE)
    table.do(ResumeClock(), JUDGE, wait=3 * MINUTE)
    table.do(CloseCall(note="moved back"), JUDGE)
    assert (table.shown(1), table.shown(2)) == (90 * MINUTE, 80 * MINUTE - SECOND)
    assert conserved(table)
