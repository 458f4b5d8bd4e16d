"""The state as the client knows it: whole, gap-free, and honest about it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamesync.client.mirror import Came, Mirror, Status
from gamesync.domain import commands as c
from gamesync.domain import profile
from gamesync.domain.events import SERVER, By
from gamesync.domain.ruleset import ClockRules
from gamesync.domain.values import Refused

from .kit import Table, message

KEPT = 6
"""How far back this server remembers frames."""


def live(table: Table, at_ms: float = 0.0, **who: Any) -> Mirror:
    mirror = Mirror()
    mirror.greeted(table.greeting(), at_ms)
    assert mirror.joined(table.joined(**who), at_ms) is Came.CHANGED
    return mirror


def resume(mirror: Mirror, table: Table) -> None:
    """The connection broke, and there is a new one."""
    mirror.lost()
    mirror.greeted(table.greeting(), 0)
    asked = mirror.resume
    assert asked is not None
    missed = [f for f in table.frames if f.version and f.version > asked["version"]]
    if len(missed) > KEPT:
        mirror.joined(table.joined(recovered=False), 0)
        return
    mirror.joined(table.joined(since=asked["version"]), 0)
    for frame in missed:
        assert mirror.received(frame, 0) is Came.CHANGED


commands = st.one_of(
    st.builds(c.ScoreUpdate, player=st.sampled_from([1, 2]), category=st.just("secondary"),
              round=st.integers(1, 5), value=st.integers(0, 10)),
    st.builds(c.ScoreUpdate, player=st.sampled_from([1, 2]), cp_delta=st.integers(1, 2)),
    st.just(c.TurnChange()),
    st.just(c.SwitchClock()),
    st.just(c.PauseClock()),
    st.just(c.ResumeClock()),
    st.just(c.CallJudge()),
    st.just(c.CancelCall()),
    st.builds(c.SetProfile, player=st.sampled_from([1, 2]), name=st.sampled_from(["Ann", "Bo"])),
    st.just(c.Undo()),
)  # fmt: skip


@given(st.lists(st.tuples(commands, st.sampled_from(["told", "lost", "cut"])), max_size=25))
def test_it_equals_the_servers_state_after_any_prefix_and_a_resume(
    story: list[tuple[Any, str]],
) -> None:
    table = Table().playing()
    mirror = live(table)
    connected, now = True, 0
    for command, fate in story:
        now += 1_500
        try:
            frame = table.do(command, now)
        except Refused:
            continue
        if frame.data["facts"] == []:
            continue
        if fate == "cut":
            connected = False
        elif connected and fate == "told":
            behind = mirror.version + 1 != frame.version
            assert mirror.received(frame, now) is (Came.GAP if behind else Came.CHANGED)
            if not behind:
                assert mirror.state == table.state
    resume(mirror, table)
    assert mirror.synced
    assert mirror.version == table.version
    assert mirror.state == table.state


def test_a_gap_is_seen_asked_about_once_and_filled() -> None:
    table = Table().playing()
    mirror = live(table)
    table.do(c.PauseClock(), 10)
    late = table.do(c.ResumeClock(), 20)
    before = mirror.state
    assert mirror.received(late, 20) is Came.GAP
    mirror.asked()
    assert mirror.state is before
    assert mirror.status(20) is Status.STALE
    assert mirror.received(table.do(c.PauseClock(), 30), 30) is Came.NOTHING
    mirror.joined(table.joined(since=mirror.version), 40)
    synced = mirror.synced
    assert not synced
    assert mirror.status(40) is Status.STALE
    for frame in table.frames[-3:]:
        mirror.received(frame, 40)
    assert mirror.synced
    assert mirror.recovered is True
    assert mirror.state == table.state
    assert mirror.status(40) is Status.LIVE


def test_a_version_that_only_an_answer_or_a_beat_tells_of_is_a_gap_too() -> None:
    table = Table().playing()
    mirror = live(table)
    same = message("ack", {}, id="x" * 8, version=mirror.version, game_id="g1")
    assert mirror.received(same, 1) is Came.NOTHING
    later = message("timer_update", {"beat": True, "now": 5}, version=mirror.version + 1,
                    game_id="g1")  # fmt: skip
    assert mirror.received(later, 1) is Came.GAP


def test_a_frame_that_came_before_changes_nothing() -> None:
    table = Table().playing()
    mirror = live(table)
    held = mirror.state
    assert mirror.received(table.frames[0], 1) is Came.NOTHING
    assert mirror.state is held


def test_other_games_and_bare_words_change_nothing() -> None:
    table = Table().playing()
    mirror = live(table)
    frame = table.do(c.PauseClock(), 5)
    other = message(frame.type, frame.data, version=frame.version, game_id="g2")
    assert mirror.received(other, 1) is Came.NOTHING
    assert mirror.received(message("news", {}, game_id="g1"), 1) is Came.NOTHING
    assert mirror.received(message("game_list", {}), 1) is Came.NOTHING
    assert mirror.version == table.version - 1


def test_a_whole_state_takes_the_place_of_everything() -> None:
    table = Table()
    mirror = live(table)
    table.playing()
    whole = message("game_state", {"now": 1, "state": table.state, "recovered": False},
                    version=table.version, game_id="g1")  # fmt: skip
    assert mirror.received(whole, 1) is Came.CHANGED
    assert mirror.state == table.state
    assert mirror.version == table.version


def test_another_history_is_taken_whole() -> None:
    table = Table().playing()
    mirror = live(table)
    older = Table()
    mirror.lost()
    mirror.greeted(older.greeting(), 0)
    mirror.joined(older.joined(epoch="F", recovered=False), 0)
    assert (mirror.epoch, mirror.version) == ("F", 1)
    assert mirror.state == older.state
    assert mirror.resume == {"epoch": "F", "version": 1}


def test_who_we_are_is_known_before_any_game() -> None:
    mirror = Mirror()
    table = Table()
    mirror.greeted(table.greeting(), 0)
    hello = message("connect", {"client_id": "c", "device": "me", "role": "observer", "player": 0,
                                "rights": []})  # fmt: skip
    assert mirror.joined(hello, 0) is Came.NOTHING
    assert (mirror.device, mirror.state, mirror.resume) == ("me", None, None)
    assert mirror.status(0) is Status.LIVE
    assert mirror.clock_shown(1, 0) is None
    assert mirror.section("turn") == {}


def test_joining_another_game_forgets_the_first() -> None:
    mirror = live(Table().playing(), role="host")
    second = Table(game_id="g2")
    mirror.joined(second.joined(role="player", player=2), 1)
    assert (mirror.game_id, mirror.version, mirror.role, mirror.player) == ("g2", 1, "player", 2)
    assert mirror.rights == ("player",)
    assert mirror.state == second.state


def test_presence_is_kept() -> None:
    mirror = live(Table())
    there = message("presence", {"devices": [], "observers": 3}, game_id="g1", version=1)
    assert mirror.received(there, 0) is Came.CHANGED
    assert mirror.presence["observers"] == 3


def test_what_others_see_is_no_base_for_what_we_may_see() -> None:
    """Somebody who only watched has been given a seat."""
    table = Table().playing()
    mirror = live(table, role="observer", rights=[])
    again = table.joined(since=mirror.version, role="player", player=1)
    assert mirror.joined(again, 0) is Came.GAP
    base = mirror.resume
    assert base is None
    assert mirror.joined(table.joined(role="player", player=1), 0) is Came.CHANGED
    assert mirror.resume == {"epoch": "E", "version": table.version}


class TestStatus:
    def test_live_until_two_heartbeats_are_missing(self) -> None:
        mirror = live(Table(), at_ms=1_000)
        assert mirror.status(11_000) is Status.LIVE
        assert mirror.status(11_001) is Status.STALE
        mirror.received(message("heartbeat", {"now": 5, "t0": 10_990}), 11_001)
        assert mirror.status(11_001) is Status.LIVE

    def test_stale_without_a_connection_though_just_heard(self) -> None:
        mirror = live(Table())
        mirror.lost()
        assert mirror.status(0) is Status.STALE

    def test_stale_while_nothing_can_be_recorded(self) -> None:
        mirror = live(Table())
        mirror.received(message("heartbeat", {"now": 5, "live": False}), 1)
        assert mirror.status(1) is Status.STALE
        mirror.received(message("heartbeat", {"now": 5, "live": True}), 2)
        assert mirror.status(2) is Status.LIVE

    def test_refused_until_let_in_again(self) -> None:
        table = Table()
        mirror = live(table)
        mirror.refused("gone")
        assert mirror.status(0) is Status.REFUSED
        mirror.joined(message("connect", {"role": "observer"}), 0)
        assert mirror.status(0) is Status.REFUSED  # who we are is not where we may be
        mirror.joined(table.joined(), 0)
        assert mirror.status(0) is Status.LIVE


class TestClock:
    @pytest.mark.parametrize("mode", ["up", "down", "none"])
    @pytest.mark.parametrize("on_flag", ["overtime", "stop"])
    @pytest.mark.parametrize("delay_ms", [0, 3_000])
    def test_it_shows_what_the_server_would(self, mode: str, on_flag: str, delay_ms: int) -> None:
        rules = {"mode": mode, "on_flag": on_flag}
        if mode == "down":
            rules |= {"budget_ms": 60_000, "delay_ms": delay_ms}  # type: ignore[dict-item]
        clock = ClockRules(**rules)  # type: ignore[arg-type]
        table = Table(options=profile.Overrides(clock=clock))
        table.playing(now=500)
        mirror = live(table)
        mirror.clock.sample(1_000, 0, 0)  # game time is a second ahead of ours
        for now in (500, 1_000, 3_400, 3_600, 20_000, 60_500, 64_000, 90_000):
            for player in (1, 2):
                shown = table.match.game.clock.shown(player, now)
                assert mirror.clock_shown(player, now - 1_000) == shown

    def test_it_stands_while_paused_and_before_the_first_word(self) -> None:
        table = Table().playing()
        table.do(c.PauseClock(), 4_000)
        mirror = Mirror()
        mirror.joined(table.joined(), 0)
        assert mirror.clock_shown(1, 9_000) == 4_000
        mirror.clock.sample(50_000, 0, 0)
        assert mirror.clock_shown(1, 9_000) == 4_000

    def test_it_never_shows_more_than_the_last_event_allows(self) -> None:
        table = Table().playing(now=5_000)
        mirror = live(table)
        mirror.clock.sample(0, 0, 0)  # a wrong offset: before the clock was started
        assert mirror.clock_shown(1, 0) == 0


class TestOthersPressed:
    """Whether somebody else touched the clock; a table that was cut off has to know."""

    def test_own_presses_scores_and_a_lost_link_do_not_count(self) -> None:
        table = Table().playing()
        mirror = live(table)
        held = mirror.others_pressed
        mirror.received(table.do(c.SwitchClock(), 10, By(role="host", device="me")), 0)
        score = c.ScoreUpdate(player=1, category="secondary", round=1, value=3)
        mirror.received(table.do(score, 20, By(role="player", device="you", player=1)), 0)
        mirror.received(table.do(c.LoseLink(heard_at=15), 30, SERVER), 0)
        assert mirror.version == table.version
        assert mirror.others_pressed == held

    def test_presses_of_others_count(self) -> None:
        table = Table().playing()
        mirror = live(table)
        by = By(role="player", device="you", player=1)
        mirror.received(table.do(c.SwitchClock(), 10, by), 0)
        assert mirror.others_pressed == table.version
