"""Every cell of the table of statuses, and every move between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from gamesync.domain import commands as c
from gamesync.domain.events import By
from gamesync.domain.log import ANY_DEPTH
from gamesync.domain.profile import Overrides
from gamesync.domain.rulebook import shipped
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.state import Status
from gamesync.domain.statuses import ALLOWED, MOVES, STATUSES, Cell, allowed

from .playing import ANNA, HOST, JUDGE, MAREK, MINUTE, SERVER, Table
from .strategies import TYPES, refusal

CLAIM = ClockRules(mode="down", budget_ms=90 * MINUTE, on_flag="claim")
OWN = structs.replace(shipped()["wh40k-10e"], setup_clock="own")
UNTIMED = structs.replace(OWN, setup_clock="none")


def at(status: Status, timed: bool = True, started: bool = True) -> Table:
    """A match in that status, with its clock on from the set-up on if that is timed."""
    table = Table(OWN if timed else UNTIMED, overrides=Overrides(clock=CLAIM))
    table.server(c.Join(device="anna", role="player", player=1))
    far = STATUSES.index(status)
    if timed and started:
        table.do(c.StartClock(side=2))
    if status == "setup":
        table.do(c.Ready(), ANNA)
        table.do(c.Ready(), MAREK)
    if far >= STATUSES.index("ready"):
        table.do(c.SkipSetup(first_player=2))
    if far >= STATUSES.index("playing"):
        table.do(c.StartClock() if started else c.CorrectState(game_status="playing"))
        table.do(c.ScoreUpdate(player=1, category="secondary", value=5))
    if far >= STATUSES.index("ended"):
        table.do(c.TimeCall())
    if status == "signed":
        sign(table)
    if status == "void":
        table.do(c.VoidGame())
    assert table.game.status == status
    return table


def sign(table: Table) -> None:
    for by in (ANNA, MAREK):
        table.do(c.ConfirmResult(version=table.version), by)


def nothing(table: Table) -> None:
    pass


def paused(table: Table) -> None:
    if table.game.clock.running:
        table.do(c.PauseClock())


def winning(table: Table) -> None:
    """Player 2 is to choose."""
    if table.game.status == "setup":
        table.do(c.RollResult(winner=2))


def flagged(table: Table) -> None:
    table.wait(100 * MINUTE)


def proposed(table: Table) -> None:
    if table.game.status not in ("signed", "void"):
        something(table)
        table.do(c.Propose(kind="undo", version=last(table)), ANNA)


def disputed(table: Table) -> None:
    """In play at the latest, so that a match that was struck out has a dispute too."""
    status = table.game.status
    if status in ("playing", "ended", "signed"):
        table.do(c.OpenDispute(text="?"), JUDGE)
    if status == "void":
        table.do(c.Reopen(), JUDGE)
        table.do(c.OpenDispute(text="?"), JUDGE)
        table.do(c.VoidGame(), JUDGE)


def called(table: Table) -> None:
    """Before the match was filed, if it is."""
    status = table.game.status
    if status in ("signed", "void"):
        table.do(c.Reopen(), JUDGE)
        table.do(c.CallJudge(), ANNA)
        table.do(c.TimeCall() if status == "signed" else c.VoidGame())
        if status == "signed":
            sign(table)
    else:
        table.do(c.CallJudge(), ANNA)


def something(table: Table) -> None:
    """To take back."""
    if table.game.status not in ("signed", "void"):
        table.do(c.SettingsUpdate(key="note", value="x"))


class Try(NamedTuple):
    command: Callable[[Table], Any]
    prepare: Callable[[Table], None] = nothing
    by: By = HOST


def last(table: Table) -> int:
    """The version of the newest thing that can be undone from anywhere; 0 if there is none."""
    return max(
        (e.version for e in table.match.entries if isinstance(e.facts[0], ANY_DEPTH)), default=0
    )


TRIES: dict[str, Try] = {
    "score_update": Try(lambda t: c.ScoreUpdate(player=2, category="battle-ready", value=10)),
    "timer_update start": Try(lambda t: c.StartClock()),
    "timer_update pause": Try(lambda t: c.PauseClock()),
    "timer_update resume": Try(lambda t: c.ResumeClock(why="host"), paused),
    "timer_update switch": Try(lambda t: c.SwitchClock()),
    "timer_update adjust": Try(lambda t: c.AdjustClock(player=1, delta_ms=5)),
    "timer_update set": Try(lambda t: c.SetClock(player=1, time_ms=5)),
    "timer_update batch": Try(
        lambda t: c.BatchPresses(
            presses=(c.Press(kind="turn", player=2, pressed_at=t.now),), since_version=t.version
        )
    ),
    "turn_change": Try(lambda t: c.TurnChange()),
    "game_end concede": Try(lambda t: c.Concede(player=1)),
    "game_end abandon": Try(lambda t: c.Abandon()),
    "game_end complete": Try(lambda t: c.Complete()),
    "game_end time_call": Try(lambda t: c.TimeCall()),
    "game_end claim": Try(lambda t: c.ClaimFlag(player=1), flagged),
    "game_end rule": Try(lambda t: c.RuleResult(how="no_show", player=2), by=JUDGE),
    "game_end confirm": Try(lambda t: c.ConfirmResult(version=t.version), by=ANNA),
    "game_end reopen": Try(lambda t: c.Reopen()),
    "game_end void": Try(lambda t: c.VoidGame()),
    "game_state names": Try(lambda t: c.CorrectState(player1_name="Ann")),
    "game_state turn": Try(lambda t: c.CorrectState(round=2)),
    "settings_update": Try(lambda t: c.SettingsUpdate(key="note", value="x")),
    "setup profile": Try(lambda t: c.SetProfile(faction="Orks"), by=ANNA),
    "setup ready": Try(lambda t: c.Ready(player=1, ready=not t.game.players[0].ready)),
    "setup roll": Try(lambda t: c.RollDie(), by=ANNA),
    "setup result": Try(lambda t: c.RollResult(winner=2)),
    "setup choose": Try(lambda t: c.Choose(option="attacker"), winning, MAREK),
    "setup skip": Try(lambda t: c.SkipSetup(first_player=1)),
    "setup swap": Try(lambda t: c.SwapPlayers()),
    "setup first_player": Try(lambda t: c.SetFirstPlayer(player=1)),
    "propose pause": Try(lambda t: c.Propose(kind="pause"), by=ANNA),
    "propose draw": Try(lambda t: c.Propose(kind="draw"), by=ANNA),
    "propose undo": Try(lambda t: c.Propose(kind="undo", version=last(t)), something, ANNA),
    "answer": Try(lambda t: c.AnswerProposal(proposal=t.version, accept=True), proposed, MAREK),
    "dispute open": Try(lambda t: c.OpenDispute(text="?"), by=ANNA),
    "dispute close": Try(lambda t: c.CloseDispute(), disputed, JUDGE),
    "judge_call call": Try(lambda t: c.CallJudge(), by=ANNA),
    "judge_call take": Try(lambda t: c.TakeCall(), called, JUDGE),
    "judge_call cancel": Try(lambda t: c.CancelCall(), called, ANNA),
    "judge_call close": Try(lambda t: c.CloseCall(), called, JUDGE),
    "undo": Try(lambda t: c.Undo(version=last(t)), something),
    "device invite": Try(lambda t: c.Invite(player=1)),
    "device rename": Try(lambda t: c.RenameDevice(device="anna", name="Phone")),
    "device revoke": Try(lambda t: c.RevokeDevice(device="anna")),
    "device swap": Try(lambda t: c.SwapSeats()),
    "connect as player": Try(lambda t: c.Join(device="new", role="player", player=1), by=SERVER),
    "connect as host": Try(lambda t: c.Join(device="new", role="host"), by=SERVER),
}


def taken(command: str, by: By | None, status: Status, timed: bool) -> bool:
    """Whether the command comes to something in that status."""
    what = TRIES[command]
    table = at(status, timed, started=command != "timer_update start")
    what.prepare(table)
    version = table.version
    no = refusal(table, what.command(table), by or what.by)
    assert no is None or no.code in ("not_now", "not_found")
    return table.version > version


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("command", ALLOWED)
def test_a_command_is_taken_where_the_table_says(command: str, status: Status) -> None:
    cell: Cell = ALLOWED[command].get(status, "no")
    officials = taken(command, JUDGE if cell == "officials" else None, status, timed=True)
    assert officials == (cell != "no")
    if cell == "officials":
        assert not taken(command, None, status, timed=True)
    if cell == "timed":
        assert not taken(command, None, status, timed=False)


def test_the_table_has_every_command() -> None:
    table = at("playing")
    tried = {type(each.command(table)) for each in TRIES.values()}
    servers = {c.Create, c.FallFlag, c.LoseLink, c.ServerDown, c.RoundPause, c.Expire}
    assert tried == TYPES - servers
    assert TRIES.keys() == ALLOWED.keys()


def _marek_is_ready(table: Table) -> None:
    table.do(c.Ready(), MAREK)


def _at_the_last_choice(table: Table) -> None:
    table.do(c.RollResult(winner=2))
    table.do(c.Choose(option="attacker"), MAREK)
    table.do(c.RollResult(winner=2))


def _in_the_last_turn(table: Table) -> None:
    table.do(c.CorrectState(current_turn=10))


def _a_draw_is_offered(table: Table) -> None:
    table.do(c.Propose(kind="draw"), ANNA)


def _marek_has_signed(table: Table) -> None:
    table.do(c.ConfirmResult(version=table.version), MAREK)


BEFORE_A_MOVE: dict[str, Callable[[Table], None]] = {
    "setup ready": _marek_is_ready,
    "setup choose": _at_the_last_choice,
    "turn_change": _in_the_last_turn,
    "answer": _a_draw_is_offered,
    "game_end confirm": _marek_has_signed,
}


@pytest.mark.parametrize(("before", "command", "after"), MOVES)
def test_a_command_moves_the_match_where_the_table_says(
    before: Status, command: str, after: Status
) -> None:
    what, table = TRIES[command], at(before)
    BEFORE_A_MOVE.get(command, nothing)(table)
    assert table.game.status == before
    move = what.command(table)
    if command == "setup choose":
        move = c.Choose(option="first")
    table.do(move, JUDGE if before == "signed" else what.by)
    assert table.game.status == after


def test_the_tables_in_words() -> None:
    lines = allowed().splitlines()
    assert lines[0] == "| command | waiting | setup | ready | playing | ended | signed | void |"
    assert "| `score_update` |  |  | yes | yes | yes | officials |  |" in lines
    assert "| `timer_update pause` | timed | timed | timed | yes |  |  |  |" in lines
    assert "| ended | `game_end confirm` | signed |" in lines
    assert len(lines) == len(ALLOWED) + len(MOVES) + 5
