"""What one connection says: in what order it is done, how fast it may come, what is no message."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.limits import Limits
from gamesync.store import Unavailable
from gamesync.wire.errors import CloseCode

from ..house import House, Match, Person
from .kit import log_entries

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def codes(person: Person) -> list[str]:
    return [m["data"]["code"] for m in person.of("error")]


def test_messages_are_done_one_at_a_time_and_heartbeats_at_once() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    ids = [match.anna.say("score_update", SCORE) for _ in range(3)]
    match.anna.take()
    list_id = match.anna.say("game_list")
    assert match.anna.ask("heartbeat")["type"] == "heartbeat"
    assert match.anna.answers(list_id) == [], "it waits its turn"
    house.store.release()
    answered = [m["id"] for m in match.anna.take() if "id" in m and m["type"] != "heartbeat"]
    assert answered == [*ids, list_id]


def test_when_too_many_wait_it_is_not_read_until_half_are_done() -> None:
    house = House(limits=Limits(commands_burst=1_000, match_commands_burst=1_000))
    match = Match(house)
    house.store.hold()
    for _ in range(32):
        match.anna.say("judge_call", {"op": "call"})
    assert match.anna.line.reading
    match.anna.say("judge_call", {"op": "cancel"})
    assert not match.anna.line.reading, "one is being done and 32 wait"
    done = 0
    while not match.anna.line.reading:
        house.store.release(1)
        done += 1
        assert done < 40
    assert len(match.anna.session.inbox.waiting) == 16
    house.store.release()
    assert len(match.anna.session.inbox.waiting) == 0


def test_while_the_server_stops_nothing_more_is_read() -> None:
    house = House(limits=Limits(commands_burst=1_000, match_commands_burst=1_000))
    match = Match(house)
    house.store.hold()
    for _ in range(33):
        match.anna.say("judge_call", {"op": "call"})
    house.hub.stopping = True
    house.store.release()
    assert not match.anna.line.reading


def test_who_hangs_up_while_a_command_waits() -> None:
    """It is done, as it was asked; nobody is left behind."""
    house = House()
    match = Match(house)
    house.store.hold()
    for _ in range(3):
        match.anna.say("score_update", SCORE)
    watchers = len(match.room.watchers)
    match.anna.hang_up()
    house.store.release()
    assert len(match.room.watchers) == watchers - 1
    assert match.version == 6, "what was queued behind it is not done"
    assert match.anna.session not in house.hub.sessions


# -- how fast


def test_a_seat_has_ten_a_second_and_thirty_at_once() -> None:
    house = House()
    match = Match(house)
    house.wait(60)
    for _ in range(30):
        match.anna.say("judge_call", {"op": "cancel"})
    assert codes(match.anna) == []
    answer = match.anna.ask("judge_call", {"op": "cancel"}, id_="too-fast-1")
    assert answer["data"]["code"] == "rate_limited"
    assert 90 <= answer["data"]["retry_after_ms"] <= 101
    house.wait(answer["data"]["retry_after_ms"] / 1000)
    assert match.anna.code("judge_call", {"op": "cancel"}, id_="too-fast-1") == "ok"
    house.wait(1)
    match.anna.take()
    for _ in range(11):
        match.anna.say("judge_call", {"op": "cancel"})
    assert codes(match.anna) == ["rate_limited"]


def test_who_holds_nothing_has_one_a_second_and_five_at_once() -> None:
    house = House()
    person = house.person()
    told = [person.code("game_list") for _ in range(6)]
    assert told == ["ok"] * 5 + ["rate_limited"]
    house.wait(1)
    assert [person.code("game_list") for _ in range(2)] == ["ok", "rate_limited"]
    for _ in range(100):
        assert person.ask("heartbeat")["type"] == "heartbeat"


def test_malformed_messages_count() -> None:
    person = House().person()
    for _ in range(6):
        person.send("nonsense")
    assert codes(person) == ["bad_json"] * 5 + ["rate_limited"]


@pytest.mark.parametrize(("seated", "burst"), [(False, 5), (True, 30)])
def test_who_goes_on_too_fast_is_cut_off_at_twice_the_burst(seated: bool, burst: int) -> None:
    house = House()
    match = Match(house)
    house.wait(60)
    person = match.anna if seated else match.watcher()
    house.wait(60)
    for _ in range(3 * burst):
        person.say("judge_call", {"op": "cancel"})
    assert not person.line.gone
    person.say("judge_call", {"op": "cancel"})
    assert person.line.gone == (1008, "too many messages")
    assert match.marek.line.gone is None


def test_who_slows_down_is_forgiven() -> None:
    house = House()
    person = house.person()
    for _ in range(60):
        for _ in range(3):
            person.say("game_list")
        house.wait(3)
    assert person.line.gone is None


# -- what is wrong with it


@pytest.mark.parametrize(
    ("raw", "code", "field"),
    [
        ("nonsense", "bad_json", None),
        ("[]", "bad_json", None),
        ('{"type": "no_such", "id": "command-1"}', "unknown_type", "type"),
        ('{"type": "score_update", "id": "command-1"}', "missing_field", "data"),
        (
            '{"type": "undo", "data": {"version": 1, "more": 2}, "id": "command-1"}',
            "unknown_field",
            "data.more",
        ),
        (
            '{"type": "score_update", "data": {"player": 1, "delta": NaN}, "id": "command-1"}',
            "bad_json",
            None,
        ),
        (
            '{"type": "score_update", "data": {"player": 3}, "id": "command-1"}',
            "bad_value",
            "data.player",
        ),
        (
            '{"type": "score_update", "data": {"player": 1, "delta": 1000}, "id": "command-1"}',
            "out_of_range",
            "data.delta",
        ),
        ('{"type": "connect", "data": {"token": "short"}, "id": "command-1"}', "bad_value", None),
    ],
)
def test_what_is_wrong_has_its_code_and_costs_nobody_anything(
    raw: str, code: str, field: str | None
) -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    before, version = len(watcher.heard), match.version
    match.anna.take()
    match.anna.send(raw)
    (answer,) = match.anna.take()
    assert answer["data"]["code"] == code
    if field is not None:
        assert answer["data"]["field"] == field
    if "command-1" in raw and code != "bad_json":
        assert answer["id"] == "command-1"
    assert match.version == version
    assert len(watcher.heard) == before
    assert match.anna.line.gone is None
    assert match.anna.code("score_update", SCORE) == "ok"


def test_a_binary_frame_is_the_end() -> None:
    person = House().person()
    person.send(b'{"type": "heartbeat"}', is_binary=True)
    assert person.line.gone == (1003, "this protocol is text")


def test_a_bug_closes_that_connection_with_1011_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House()
    match = Match(house)

    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(match.anna.session.guest, "asked", broken)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    match.anna.say("game_list")
    late = match.anna.say("score_update", SCORE)
    with log_entries() as found:
        house.store.release()
    (request,) = [entry["request"] for entry in found if "log_failure" in entry]
    assert match.anna.line.gone == (1011, f"a fault of the server's own ({request})")
    assert "secret" not in str(match.anna.heard)
    assert match.anna.answers(late) == []
    assert match.marek.line.gone is None
    match.anna.session.goodbye(CloseCode.RESTART, "twice")
    assert [m["type"] for m in match.anna.heard].count("disconnect") == 1


def test_when_the_store_is_away_a_question_is_answered_storage() -> None:
    house = House()
    match = Match(house)
    person = house.person()
    house.registry._put_away(match.room)
    house.store.read_fails = [Unavailable("gone")]
    answer = person.ask("game_state", {}, match.id)
    assert answer["data"]["code"] == "storage"
    assert answer["game_id"] == match.id
    house.store.commit_fails = [Unavailable("gone")]
    assert person.code("game_create", {}) == "storage"
