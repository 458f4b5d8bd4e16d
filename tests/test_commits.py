"""The promises at the disk: nothing is told before it is durable, and trouble is nobody's loss."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.asking import Asked
from gamesync.commits import STALE_MAX, GroupCommit
from gamesync.domain.commands import ScoreUpdate
from gamesync.domain.sheet import total
from gamesync.game_room import GameRoom
from gamesync.room import Room
from gamesync.server.membership import Membership
from gamesync.store import Change, Unavailable

from .house import House, Match, Person, result
from .server.kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def down() -> Unavailable:
    return Unavailable("no space is left")


def score(match: Match) -> int:
    return total(match.room.game, 1)


def kinds(person: Person) -> list[str]:
    return [message["type"] for message in person.take()]


# ---------------------------------------------------------------- promise 1: durable, then told


def acks_are_durable(house: House) -> None:
    """Nobody hears of a command before its commit is over, and all hear of it then."""
    match = Match(house)
    watcher = match.watcher()
    for person in (match.host, match.anna, watcher):
        person.take()
    house.store.hold()
    id_ = match.anna.say("score_update", SCORE)
    before = match.version
    assert kinds(match.anna) == kinds(match.host) == kinds(watcher) == []
    assert watcher.ask("game_state")["version"] == before, "nor is it shown to who asks"
    watcher.take()
    house.store.release()
    assert kinds(watcher) == kinds(match.host) == ["score_update"]
    assert kinds(match.anna) == ["score_update", "ack"], "frames come before the ack"
    assert match.anna.answers(id_)[0]["version"] == match.version == before + 1


def test_no_ack_and_no_frame_before_the_commit() -> None:
    acks_are_durable(House())


class AckFirst(GroupCommit):
    """A planted fault: told as soon as it is decided."""

    async def _decided(self, rooms: list[Room[Any]]) -> list[tuple[Room[Any], Change]]:
        group = await super()._decided(rooms)
        for room, _ in group:
            room.committed()
        return group

    def _done(self, group: list[tuple[Room[Any], Change]], stale: frozenset[str]) -> None:
        self.commits += 1


def test_an_ack_before_its_commit_is_caught() -> None:
    house = House()
    house.registry.commits.__class__ = AckFirst
    with pytest.raises(AssertionError):
        acks_are_durable(house)


# ------------------------------------------------------------------------ promise 3: once


def done_once(house: House) -> None:
    """A command sent again has its first answer, in one group, later, and after a lost ack."""
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE, id_="the-one-1")
    match.house.reactor.advance(0)
    twin = match.anna.again()
    twin.connect(match.id)
    twin.say("score_update", SCORE, id_="the-one-1")
    house.store.release()
    twin.say("score_update", SCORE, id_="the-one-1")
    first, second = twin.answers("the-one-1")
    assert first == second
    assert first["type"] == "ack"
    assert score(match) == 1


def test_a_command_is_done_once() -> None:
    done_once(House())


def test_doing_a_command_twice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GameRoom, "remembered", lambda self, asked: None)
    with pytest.raises(AssertionError):
        done_once(House())


# ------------------------------------------------------------------- promise 4: no gap unseen


def told_without_gap(house: House) -> None:
    """Everybody has every version, in order, or the whole state in its place."""
    match = Match(house)
    watcher = match.watcher()
    for _ in range(5):
        match.host.do("score_update", SCORE)
    for person in (match.host, match.anna, watcher):
        told = person.versions(match.id)
        assert told == list(range(told[0], match.version + 1)), person.device


def test_everybody_is_told_every_version() -> None:
    told_without_gap(House())


def test_a_missed_notice_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    tell = Membership.tell

    def forgetful(self: Membership, version: int | None, frame: bytes) -> None:
        if version != 8:
            tell(self, version, frame)

    monkeypatch.setattr(Membership, "tell", forgetful)
    with pytest.raises(AssertionError):
        told_without_gap(House())


# ------------------------------------------------------------------------------- groups


def test_what_waits_is_decided_in_order_and_happens_when_it_arrived() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    arrived = []
    for person, delta in ((match.host, 1), (match.marek, 2), (match.anna, 3)):
        house.wait(1.5)
        arrived.append(house.now())
        seat = 2 if person is match.marek else 1
        person.say("score_update", {"player": seat, "category": "secondary", "delta": delta})
    house.wait(5)
    house.store.log.clear()
    house.store.release()
    assert match.room.stream is not None
    *_, first, host, marek, anna = match.room.stream.entries
    assert [e.at_ms for e in (host, marek)] == arrived[:2]
    assert [getattr(f, "delta", None) for e in (first, host, marek, anna) for f in e.facts] == [
        1,
        1,
        2,
        3,
    ]
    # Anna's second waited for the answer to her first; it happens when it came all the same.
    assert anna.at_ms == arrived[2]
    assert house.store.log == [("commit", (match.id,))], "all that waited is one commit"


def test_a_message_that_waited_on_its_connection_does_not_go_back_in_time() -> None:
    """Time is conserved though another's press was decided in between."""
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(1)
    match.anna.say("judge_call", {"op": "call"})  # must wait for its answer
    match.anna.say("turn_change")
    house.wait(2)
    match.host.say("timer_update", {"op": "pause"})
    house.wait(1)
    house.store.release()
    assert match.room.stream is not None
    at = [entry.at_ms for entry in match.room.stream.entries]
    assert at == sorted(at)
    accounts = match.room.game.clock.accounts(house.now())
    assert accounts.total_ms == house.now() - match.room.game.clock.started_at


def test_games_that_wait_share_a_commit() -> None:
    house = House()
    one, two, three = Match(house), Match(house), Match(house)
    house.store.hold()
    one.anna.say("score_update", SCORE)
    house.store.log.clear()
    for match in (two, three):
        match.anna.say("score_update", SCORE)
        match.marek.say("score_update", {**SCORE, "player": 2})
    assert house.store.log == []
    house.store.release(1)
    assert house.store.log == [("commit", (two.id, three.id))]
    assert score(one) == 1
    assert score(two) == score(three) == 0
    house.store.release()
    assert score(two) == score(three) == 1
    assert house.registry.waiting == 0


def test_one_game_s_fault_is_one_game_s_error() -> None:
    house = House()
    good, bad, also = Match(house), Match(house), Match(house)
    house.store.hold()
    good.host.say("score_update", SCORE)
    ids = {m: m.anna.say("score_update", SCORE) for m in (good, bad, also)}
    house.store.broken_games[bad.id] = ValueError("a fault")
    with failures() as found:
        house.store.release()
    assert len(found) == 2
    assert good.anna.answers(ids[good])[0]["type"] == "ack"
    assert also.anna.answers(ids[also])[0]["type"] == "ack"
    broken = bad.anna.answers(ids[bad])[0]
    assert broken["data"]["code"] == "internal"
    assert broken["version"] == bad.version
    assert (score(good), score(bad), score(also)) == (2, 0, 1)
    house.store.broken_games.clear()
    assert bad.anna.do("score_update", SCORE, id_=ids[bad])["type"] == "ack", "it was not kept"
    assert score(bad) == 1


def test_what_came_later_does_not_suffer_from_a_fault() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    later = match.host.say("score_update", SCORE)
    house.store.broken_games[match.id] = ValueError("a fault")
    with failures():
        house.store.release(1)
        house.store.broken_games.clear()
        house.store.release()
        house.store.release()
    assert match.host.answers(later)[0]["type"] == "ack"


def test_the_disk_may_fail_while_games_are_tried_one_by_one() -> None:
    house = House()
    one, two = Match(house), Match(house)
    house.store.hold()
    one.host.say("score_update", SCORE)
    ids = {m: m.anna.say("score_update", SCORE) for m in (one, two)}
    house.store.commit_fails = [None, ValueError("a fault"), None, down()]
    with failures():
        house.store.release()
    assert one.anna.answers(ids[one])[0]["type"] == "ack"
    assert two.anna.answers(ids[two])[0]["data"]["code"] == "storage"


def test_a_room_that_cannot_decide_does_not_stop_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    good, bad = Match(house), Match(house)
    change = GameRoom.change

    def broken(self: GameRoom, *args: Any) -> Change:
        if self.id == bad.id:
            raise RuntimeError("no")
        return change(self, *args)

    monkeypatch.setattr(GameRoom, "change", broken)
    house.store.hold()
    good.host.say("score_update", SCORE)
    ids = {m: m.anna.say("score_update", SCORE) for m in (bad, good)}
    with failures() as found:
        house.store.release()
    assert len(found) == 1
    assert good.anna.answers(ids[good])[0]["type"] == "ack"
    assert bad.anna.answers(ids[bad])[0]["data"]["code"] == "internal"
    monkeypatch.undo()
    assert bad.anna.code("score_update", SCORE) == "ok"


def test_what_follows_a_commit_may_break_for_one_game_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    one, two = Match(house), Match(house)
    note = house.registry._note

    def broken(room: GameRoom) -> None:
        if room.id == one.id:
            raise RuntimeError("no")
        note(room)

    monkeypatch.setattr(house.registry, "_note", broken)
    house.store.hold()
    one.host.say("score_update", SCORE)
    ids = {m: m.anna.say("score_update", SCORE) for m in (one, two)}
    with failures() as found:
        house.store.release()
    assert len(found) == 2
    for match, id_ in ids.items():
        assert match.anna.answers(id_)[0]["type"] == "ack"


def test_a_bug_in_the_loop_itself_answers_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    match = Match(house)
    commits = house.registry.commits

    def broken(*args: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(commits, "_commit", broken)
    with failures() as found:
        assert match.anna.code("score_update", SCORE) == "internal"
    assert len(found) == 1
    monkeypatch.undo()
    assert match.anna.code("score_update", SCORE) == "ok"


# ------------------------------------------------------------------------- the disk says no


def test_when_the_disk_refuses_all_who_wait_are_told_and_nothing_has_changed() -> None:
    house = House()
    one, two = Match(house), Match(house)
    watcher = one.watcher()
    house.store.hold()
    ids = [(one, one.anna, one.anna.say("score_update", SCORE))]
    ids += [(m, m.host, m.host.say("score_update", SCORE)) for m in (one, two)]
    watcher.take()
    versions = one.version, two.version
    house.store.commit_fails = [down()]
    house.store.pulse_fails = [down()]
    house.store.release()
    for match, person, id_ in ids:
        (answer,) = person.answers(id_)
        assert answer["data"]["code"] == "storage"
        assert answer["version"] == match.version
    assert (one.version, two.version) == versions
    assert kinds(watcher) == []
    assert not house.live()
    assert house.registry.commits.trouble == "no space is left"
    # The same commands again, once it has healed.
    for _, person, id_ in ids:
        person.say("score_update", SCORE, id_=id_)
        assert person.answers(id_)[-1]["type"] == "ack"
    assert (score(one), score(two)) == (2, 1)
    assert house.live()


def test_in_trouble_nothing_is_decided_before_the_store_takes_something() -> None:
    house = House()
    match = Match(house)
    house.store.commit_fails = [down()]
    assert match.anna.code("score_update", SCORE) == "storage"
    house.store.pulse_fails = [down(), down()]
    house.store.log.clear()
    assert match.anna.code("score_update", SCORE) == "storage"
    assert match.host.code("score_update", SCORE) == "storage"
    assert house.store.log == [("pulse",), ("pulse",)]
    assert match.anna.code("score_update", SCORE) == "ok"
    assert house.store.log[2:] == [("pulse",), ("commit", (match.id,))]


def test_a_commit_that_was_made_though_nobody_knew() -> None:
    """The same id finds its answer; it is not done twice; everybody gets the whole state."""
    house = House()
    match = Match(house)
    watcher = match.watcher()
    watcher.take()
    match.marek.take()
    house.store.made_fails = [down()]
    assert match.anna.code("score_update", SCORE, id_="unknown-1") == "storage"
    assert match.anna.code("score_update", SCORE, id_="unknown-1") == "ok"
    assert score(match) == 1
    for person in (watcher, match.marek):
        (state,) = person.take()
        assert state["type"] == "game_state"
        assert state["data"]["recovered"] is False
        assert state["version"] == match.version
    match.anna.do("score_update", SCORE)
    assert score(match) == 2
    assert kinds(watcher) == ["score_update"]


def test_a_commit_that_was_made_is_found_also_if_nobody_asks_again() -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    watcher.take()
    house.store.made_fails = [down()]
    match.anna.code("score_update", SCORE)
    assert kinds(watcher) == []
    house.registry.commits.pulse()
    assert kinds(watcher) == ["game_state"]
    assert house.live()


def test_a_room_that_cannot_be_read_again() -> None:
    house = House()
    match = Match(house)
    house.store.commit_fails = [down()]
    assert match.anna.code("score_update", SCORE) == "storage"
    house.store.read_fails = [down()]
    assert match.anna.code("score_update", SCORE) == "storage"
    house.registry.commits.trouble = ""
    house.store.read_fails = [ValueError("what is this?")]
    with failures() as found:
        assert match.anna.code("score_update", SCORE) == "internal"
    assert len(found) == 1
    assert match.anna.code("score_update", SCORE) == "ok"


def test_another_node_was_first() -> None:
    """It is read what the other did, and decided anew, and the watchers get the whole state."""
    house = House()
    match = Match(house)
    watcher = match.watcher()
    watcher.take()
    other = House()  # stands for another node on the same store
    other.registry.store = other.store = house.store
    other.registry.commits._store = house.store
    theirs = result(other.registry.room(match.id))
    assert theirs is not None
    outcome = result(other.submit(match.id, ScoreUpdate(**SCORE)))
    assert outcome.code == "ack"
    id_ = match.anna.say("score_update", SCORE)
    assert score(match) == 2
    assert match.anna.answers(id_)[0]["version"] == outcome.version + 1
    state, change = watcher.take()
    assert (state["type"], state["version"]) == ("game_state", outcome.version)
    assert (change["type"], change["version"]) == ("score_update", outcome.version + 1)


def test_a_command_that_is_always_late_is_not_tried_for_ever() -> None:
    house = House()
    match = Match(house)
    house.store.stale = [frozenset({match.id})] * (STALE_MAX + 1)
    house.store.log.clear()
    assert match.anna.code("score_update", SCORE) == "storage"
    assert len(house.store.log) == STALE_MAX + 1
    assert match.anna.code("score_update", SCORE) == "ok"


def test_who_is_late_in_a_group_waits_alone() -> None:
    house = House()
    one, two = Match(house), Match(house)
    house.store.hold()
    one.host.say("score_update", SCORE)
    ids = {m: m.anna.say("score_update", SCORE) for m in (one, two)}
    house.store.release(1)
    house.store.stale = [frozenset({one.id})]
    house.store.release(1)
    assert two.anna.answers(ids[two])[0]["type"] == "ack"
    assert one.anna.answers(ids[one]) == []
    house.store.release()
    assert one.anna.answers(ids[one])[0]["type"] == "ack"
    assert score(one) == 2


def test_settled_waits_for_all_that_is_under_way() -> None:
    house = House()
    match = Match(house)
    assert house.registry.commits.settled().called
    house.store.hold()
    match.anna.say("score_update", SCORE)
    match.host.say("score_update", SCORE)
    done = house.registry.commits.settled()
    house.store.release(1)
    assert not done.called
    house.store.release()
    assert done.called


def test_nothing_is_decided_while_it_is_held() -> None:
    house = House()
    one, two = Match(house), Match(house)
    house.registry.commits.hold()
    house.store.log.clear()
    one.anna.say("score_update", SCORE)
    two.anna.say("score_update", SCORE)
    assert house.store.log == []
    house.registry.commits.release()
    assert house.store.log == [("commit", (one.id, two.id))]


def test_a_pulse_is_one_and_a_commit_is_as_good() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    for _ in range(3):
        house.registry.commits.pulse()
    match.host.say("score_update", SCORE)
    house.store.log.clear()
    house.wait(2)
    house.store.release()
    assert house.store.log == [("commit", (match.id,))]
    assert house.registry.commits.durable_ms == house.now()
    house.store.pulse_fails = [ValueError("a bug")]
    with failures() as found:
        house.registry.commits.pulse()
    assert len(found) == 1
    assert house.live()


# -------------------------------------------------- time in which nothing could be made durable


def spent(match: Match) -> tuple[int, int, int]:
    """What each player and nobody has been charged by now, in seconds."""
    accounts = match.room.game.clock.accounts(match.house.now())
    started = match.room.game.clock.started_at
    assert accounts.total_ms == match.house.now() - started, "time is conserved"
    return accounts.p1_ms // 1000, accounts.p2_ms // 1000, accounts.down_ms // 1000


def test_a_commit_that_hangs_for_a_minute_costs_nobody_a_minute() -> None:
    house = House()
    match = Match(house)
    other = Match(house)
    house.wait(10)
    house.registry.commits.pulse()
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(5)
    match.anna.say("turn_change", id_="pressed-1")
    house.wait(3)
    match.host.say("timer_update", {"op": "switch", "player": 1})
    assert house.live()
    house.wait(52)
    assert not house.live(), "the screens say so"
    house.store.release()
    assert house.live()
    # It was pressed 8 s into it, and that stands; from then on it is nobody's time.
    assert spent(match) == (18, 0, 52)
    assert spent(other) == (10, 0, 60)
    assert "server" in match.room.game.clock.paused
    gap = match.room.game.gaps[-1]
    assert gap.long


def test_a_short_hang_is_played_time() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(14)
    house.store.release()
    assert spent(match) == (14, 0, 0)
    assert match.room.game.gaps == ()


def test_what_the_disk_refused_for_a_minute_is_nobody_s() -> None:
    house = House()
    match = Match(house)
    idle = Match(house)
    house.wait(10)
    match.anna.do("score_update", SCORE)
    house.store.commit_fails = [down()]
    assert match.anna.code("turn_change", id_="pressed-1") == "storage"
    house.store.pulse_fails = [down()] * 5
    for _ in range(5):
        house.wait(12)
        assert match.anna.code("turn_change", id_="pressed-1") == "storage"
    house.wait(2)
    match.anna.take()
    assert match.anna.code("turn_change", id_="pressed-1") == "ok"
    assert spent(match) == (10, 0, 62), "what came first after it is not charged for it"
    assert [x["type"] for x in match.anna.take()] == ["timer_update", "turn_change", "ack"]
    assert spent(idle) == (10, 0, 62)
    assert match.room.game.turn.active_player == 2
    house.wait(5)
    assert match.marek.code("timer_update", {"op": "resume"}) == "ok"
    house.wait(5)
    assert spent(match) == (10, 5, 62)


def test_what_is_owed_is_not_lost_if_the_disk_fails_again() -> None:
    """A pulse went through, the commit did not: the time is still nobody's."""
    house = House()
    match = Match(house)
    house.wait(10)
    match.anna.do("score_update", SCORE)
    house.store.commit_fails = [down(), down()]
    house.store.pulse_fails = [down()]
    assert match.anna.code("score_update", SCORE) == "storage"
    house.wait(30)
    house.registry.commits.pulse()
    assert not house.live()
    house.wait(30)
    house.registry.commits.pulse()  # takes, and the commit after it does not
    assert not house.live()
    house.wait(30)
    house.registry.commits.pulse()
    assert house.live()
    assert spent(match) == (10, 0, 90)


def test_a_room_that_cannot_make_up_for_it_does_not_hold_up_the_others() -> None:
    house = House()
    good, bad = Match(house), Match(house)
    house.wait(10)
    good.anna.do("score_update", SCORE)
    bad.anna.do("score_update", SCORE)
    house.store.broken_games[bad.id] = ValueError("a fault")
    with failures():
        house.registry.stalled(house.registry.commits.durable_ms)
        assert spent(good) == (10, 0, 0)
        house.wait(30)
        house.registry.stalled(house.now() - 30_000)
    assert spent(good) == (10, 0, 30)
    assert house.registry.commits.settled().called


def test_the_longest_silence_is_where_the_trouble_was() -> None:
    room = House().registry.venue
    for now in (1_010, 1_020, 9_000, 9_010):
        room.ask(Asked(command=None, device="", now=now, type="x"))
    down_ = Asked(command=None, device="", now=9_020, type="down")
    room.interpose(down_, 1_000)
    assert [(a.type, a.now) for a in room._waiting] == [
        ("x", 1_010),
        ("x", 1_020),
        ("down", 9_000),
        ("x", 9_000),
        ("x", 9_010),
    ]
