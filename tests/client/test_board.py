"""The board on a terminal: all that matters is on it, and nothing is wider than the screen."""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.client.board import Shown, board
from gamesync.client.ink import Ink, fit, large, width
from gamesync.client.mirror import Status
from gamesync.client.telling import told
from gamesync.domain import commands as c
from gamesync.domain import profile
from gamesync.domain.events import By

from .kit import Table, message

DOWN = profile.Overrides(clock="down-90")


def shown(table: Table, now: int = 0, **more: Any) -> Shown:
    clock = table.match.game.clock
    fields: dict[str, Any] = {
        "state": table.state, "status": Status.LIVE, "connection": "connected",
        "clocks": (clock.shown(1, now), clock.shown(2, now)), "version": table.version,
        "game_id": "g1", "rtt_ms": 1.25, "watching": 3,
    }  # fmt: skip
    return Shown(**fields | more)


def text(made: Shown, columns: int = 80) -> str:
    return "\n".join(board(made, columns))


def played() -> Table:
    table = Table(profile_name="event", options=DOWN).playing(now=1_000)
    table.do(c.SetProfile(player=1, faction="Orks", detachment="War Horde"), 1_000)
    table.do(c.SetProfile(player=2, faction="Necrons"), 1_000)
    table.do(c.TurnChange(), 60_000)
    table.do(c.TurnChange(), 121_000)
    for player, category, value in ((1, "primary", 15), (1, "secondary", 8), (2, "primary", 5)):
        table.do(c.ScoreUpdate(player=player, category=category, round=2, value=value), 121_000)  # type: ignore[arg-type]
    return table


PICTURE_80 = """\
 Warhammer 40,000 · Table 4  ROUND 2 of 5 · Command                      ● LIVE
┏━ ● Anna ━━━━━━━━━━━━━━━━━━━━━ TURN ━┓  ╭─ ■ Marek ───────────────────────────╮
┃ Orks · War Horde                    ┃  │ Necrons                             │
┃ ▀▀█ ▀▀█     ▄█  ▄ ▀▀█ █▀█ ▄ █▀█ ▄█  ┃  │ █▀▀         ▄█  ▄ ▀▀█ █▀█ ▄ █▀▀ █▀█ │
┃ █▀▀ ▀▀█      █  ▄ █▀▀ █▀█ ▄ █ █  █  ┃  │ ▀▀█          █  ▄ █▀▀ █▀█ ▄ ▀▀█ ▀▀█ │
┃ ▀▀▀ ▀▀▀     ▀▀▀   ▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀ ┃  │ ▀▀▀         ▀▀▀   ▀▀▀ ▀▀▀   ▀▀▀ ▀▀▀ │
┃ VP · 3 CP              clock runs ▶ ┃  │ VP · 3 CP                     clock │
"""


def test_the_picture_at_80_columns() -> None:
    lines = [line.rstrip() for line in board(shown(played(), 121_000), 80)]
    assert lines[:2] == PICTURE_80.splitlines()[:2]
    assert lines[2] == PICTURE_80.splitlines()[2]
    assert lines[6] == PICTURE_80.splitlines()[6]
    assert lines[3].count("█") > 8
    assert "                 1 ▸2  3  4  5  sum" in lines[8]
    assert re.search(r"Primary +15  ·  ·  ·   15 .+Primary +5  ·  ·  ·    5", lines[9])
    assert re.search(r"Secondary +·  8  ·  ·  ·    8 ", lines[10])
    assert "Battle Ready" in lines[11]
    assert lines[-1] == f" game g1 · version {played().version} · round trip 1.2 ms · 3 watching"


@pytest.mark.parametrize("columns", [10, 80, 81, 100, 120, 500])
@pytest.mark.parametrize("ruleset", ["wh40k-10e", "wh40k-11e", "aos", "kill-team", "chess"])
def test_no_line_is_wider_than_the_screen(columns: int, ruleset: str) -> None:
    table = Table(ruleset)
    for made in (shown(table), shown(table.playing()), shown(table, log=("x" * 300,))):
        for line in board(made, columns):
            assert width(line) <= max(80, min(columns, 120))


@given(name=st.text(max_size=60), log=st.text(max_size=200), columns=st.sampled_from([80, 120]))
def test_no_name_breaks_it(name: str, log: str, columns: int) -> None:
    table = Table()
    state = table.state
    state["players"][0]["name"] = state["players"][1]["faction"] = state["table"] = name
    lines = board(shown(table, state=state, log=(log,)), columns)
    assert all(width(line) <= columns for line in lines)
    assert all(sign.isprintable() for line in lines for sign in line)


def test_colours_change_no_word() -> None:
    made = shown(played(), 121_000)
    bare = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in board(made, 80, Ink(True))]
    assert bare == board(made, 80)
    assert any("\x1b[" in line for line in board(made, 80, Ink(True)))


def test_before_any_state_it_says_how_the_connection_is() -> None:
    made = Shown(state=None, status=Status.STALE, connection="nothing is listening there")
    assert "nothing is listening there" in text(made)
    assert "NOT LIVE" in text(made)


def test_a_clock_that_is_not_live_is_not_shown_running() -> None:
    made = shown(played(), 121_000, status=Status.STALE, connection="the connection broke")
    said = text(made)
    assert "clock not live" in said
    assert "clock runs" not in said
    assert "○ the connection broke" in said
    assert "REFUSED" in text(attrs.evolve(made, status=Status.REFUSED))


def test_the_clock_says_what_it_does() -> None:
    table = played()
    assert "low on time" in text(shown(table, 121_000 + 5_335_000))
    table.do(c.FallFlag(), 121_000 + 5_500_000)
    assert "flag fell" in text(shown(table, 121_000 + 5_500_000))
    other = played()
    other.do(c.PauseClock(why="judge"), 122_000, By(role="judge", device="j"))
    assert "PAUSED: judge" in text(shown(other))
    assert "clock stands" in text(shown(other))


def test_what_everybody_has_to_know_stands_below() -> None:
    table = Table().playing()
    anna = By(role="player", device="a", player=1)
    table.do(c.PauseClock(), 10, anna)
    table.do(c.CallJudge(note="cover"), 20, anna)
    table.do(c.OpenDispute(text="round 1"), 20, anna)
    table.do(c.Propose(kind="no_new_round"), 30, anna)
    said = text(shown(table, ago={"judge": 130_000}))
    assert "PAUSED: Anna" in said
    assert "Judge called 2:10 ago" in said
    assert "Disputed: round 1" in said
    assert f"Anna proposes: no new round (answer: accept {table.version})" in said
    table.do(c.TakeCall(), 40, By(role="judge", device="j", name="Tom"))
    assert "Tom is coming" in text(shown(table))


def test_roll_offs_and_readiness() -> None:
    table = Table()
    table.do(c.Ready(player=1), 1)
    assert " READY " in text(shown(table))
    table.do(c.Ready(player=2), 2)
    assert "» Roll-off for attacker" in text(shown(table))
    table.do(c.RollDie(player=1), 3)
    assert "Anna rolled 4" in text(shown(table))
    table.do(c.RollDie(player=2), 3)  # the same die: a tie
    assert "a tie, roll again" in text(shown(table))
    table.do(c.RollResult(winner=2), 4)
    assert "Marek chooses attacker or defender" in text(shown(table))


def test_the_result_and_who_signed_it() -> None:
    table = played()
    table.do(c.Complete(), 130_000)
    assert "★ Anna wins 23 : 5 (completed)" in text(shown(table))
    table.do(c.ConfirmResult(version=table.version, player=1), 131_000)
    assert "signed by Anna" in text(shown(table))
    drawn = Table().playing()
    drawn.do(c.Complete(), 10)
    assert "★ A draw, 0 : 0 (completed)" in text(shown(drawn))


def test_corrections_have_a_line() -> None:
    table = Table().playing()
    table.do(c.ScoreUpdate(player=1, score=12, correct=True), 5)
    assert re.search(r"Correction +\+12", text(shown(table)))


def test_without_a_clock_none_is_shown() -> None:
    table = Table(options=profile.Overrides(clock="none")).playing()
    assert "clock runs" not in text(shown(table))


def test_no_new_round_without_consent_is_said() -> None:
    table = Table().playing()
    state = table.state
    state["turn"]["awaiting"] = "consent"
    assert "shall there be another round" in text(shown(table, state=state))


class TestInk:
    def test_wide_signs_and_marks_are_counted(self) -> None:
        assert width("漢字") == 4
        assert width("e\u0301") == 1
        assert fit("漢字漢字", 5) == "漢字…"
        assert fit("ab", 5, "right") == "   ab"
        assert fit("ab", 5, "centre") == " ab  "
        assert fit("abc", 0) == ""

    @given(st.text(alphabet="0123456789:.- \N{MINUS SIGN}?", max_size=8))
    def test_large_figures_are_three_lines_of_one_width(self, figures: str) -> None:
        assert len({width(line) for line in large(figures)}) == 1


class TestTelling:
    def said(
        self, table: Table, command: Any, now: int = 50, by: By | None = None, reason: str = ""
    ) -> str:
        before = table.state
        frame = table.do(command, now, by, reason=reason)
        return told(frame, table.state, before)

    def test_every_kind_of_news_has_a_sentence(self) -> None:
        table = Table()
        anna = By(role="player", device="a", player=1)
        marek = By(role="player", device="m", player=2)
        judge = By(role="judge", device="j", name="Tom")
        story: list[tuple[Any, By | None, str]] = [
            (c.Join(device="a", role="player", player=1), None, "a device joined at Anna's seat"),
            (c.Join(device="h", role="host"), None, "a device joined at the table"),
            (c.SetProfile(player=1, faction="Orks"), None, "player 1: Orks"),
            (c.Ready(player=1), None, "Anna is ready"),
            (c.Ready(player=1, ready=False), None, "Anna is not ready"),
            (c.Ready(player=1), None, "Anna is ready"),
            (c.Ready(player=2), None, "Marek is ready"),
            (c.RollDie(player=1), None, "Anna rolled 4"),
            (c.RollResult(winner=2), None, "Marek won the roll-off"),
            (c.Choose(option="attacker", player=2), None, "Marek chose attacker"),
            (c.SkipSetup(first_player=2), None, "Marek goes first"),
            (c.SetFirstPlayer(player=1), None, "Anna goes first"),
            (c.StartClock(), None, "the clock runs for Anna"),
            (c.SwitchClock(), None, "the clock passed to Marek"),
            (c.PauseClock(), anna, "paused: player:1"),
            (c.ResumeClock(), anna, "goes on (player:1 lifted)"),
            (c.AdjustClock(player=1, delta_ms=65_000), judge,
             "Anna's clock: +1:05 (by the judge)"),
            (c.ScoreUpdate(player=2, category="secondary", round=1, value=5), None,
             "Marek: Secondary, round 1: 5"),
            (c.ScoreUpdate(player=2, category="secondary", round=1, value=8), None,
             "Marek: Secondary, round 1: 8 (was 5)"),
            (c.ScoreUpdate(player=2, category="secondary", round=1, delta=-3), None,
             "Marek: Secondary, round 1 -3"),
            (c.ScoreUpdate(player=1, category="battle-ready", round=0, value=10), None,
             "Anna: Battle Ready: 10"),
            (c.ScoreUpdate(player=1, cp=4), None, "Anna has 4 CP"),
            (c.ScoreUpdate(player=1, cp_delta=-1, cp_why="spend"), None, "Anna: -1 CP (spend)"),
            (c.TurnChange(phase="Shooting"), None, "phase: Shooting"),
            (c.TurnChange(), None, "Anna ended the turn; round 1, Marek to play"),
            (c.CallJudge(), anna, "a judge was called"),
            (c.TakeCall(), judge, "a judge is coming (by the judge)"),
            (c.CloseCall(), judge, "the judge's call was closed (by the judge)"),
            (c.CallJudge(), anna, "a judge was called"),
            (c.CancelCall(), anna, "the judge's call was cancelled"),
            (c.OpenDispute(text="cover"), anna, "disputed: cover"),
            (c.CloseDispute(), anna, "dispute closed"),
            (c.Propose(kind="draw"), anna, "Anna proposes: draw"),
            (c.CorrectState(round=3, active_player=1), None, "round 3 is on"),
            (c.ServerDown(last_alive=50, gap_ms=360_000, long=True), None,
             "the box was off for 6:00; nobody's time ran"),
            (c.ServerDown(last_alive=50, gap_ms=None, long=True), None,
             "the box was off for an unknown time; nobody's time ran"),
            (c.Concede(player=2), None, "the match is over: conceded"),
        ]  # fmt: skip
        for command, by, sentence in story:
            assert self.said(table, command, by=by) == sentence
        confirm = c.ConfirmResult(version=table.version, player=1)
        assert self.said(table, confirm, by=anna) == "Anna signed"
        table.do(c.Reopen(), 60, judge)
        asked = table.version + 1
        table.do(c.Propose(kind="draw"), 60, anna)
        no = c.AnswerProposal(proposal=asked, accept=False)
        assert self.said(table, no, by=marek) == "the proposal is off"

    def test_a_reason_is_told_and_an_undo_names_its_version(self) -> None:
        table = Table().playing()
        command = c.ScoreUpdate(player=1, cp=2)
        assert self.said(table, command, reason="slip").endswith(": slip")
        undo = c.Undo(version=table.version)
        assert self.said(table, undo) == f"taken back: version {table.version - 1}"

    def test_the_flag(self) -> None:
        table = Table(profile_name="event", options=DOWN).playing()
        assert self.said(table, c.FallFlag(), 6_000_000) == "Anna's flag fell"

    def test_what_is_no_news_and_what_is_not_known(self) -> None:
        table = Table()
        assert told(message("timer_update", {"beat": True}), table.state) == ""
        made = message("x", {"facts": [{"fact": "created"}]})
        assert told(made, table.state) == "the game was made"
        new = message("x", {"facts": [{"fact": "never_seen"}]})
        assert told(new, table.state) == "never seen"
        nothing = message("score_update", {"facts": []})
        assert told(nothing, table.state) == "score update"
