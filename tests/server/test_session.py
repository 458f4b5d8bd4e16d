"""One connection without its socket: greeting, deadlines, rates, order, and what it may say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gamesync.asking import Asked
from gamesync.domain.commands import Join
from gamesync.domain.events import SERVER
from gamesync.domain.ruleset import ClockRules
from gamesync.limits import Limits
from gamesync.server.session import RTT_MAX_MS, Session
from gamesync.store import Unavailable
from gamesync.wire.errors import CloseCode

from ..house import FakeLine, House, Match, Person
from .kit import log_entries

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def codes(person: Person) -> list[str]:
    return [m["data"]["code"] for m in person.of("error")]


# ------------------------------------------------------------------- greeting and deadline


def test_the_greeting() -> None:
    house = House()
    house.wait(7)
    assert house.boot is not None
    (greeting,) = house.person().take()
    data = greeting["data"]
    assert greeting["type"] == "connect"
    assert greeting["timestamp"] == "2026-11-22T18:00:00.000Z"
    assert len(data.pop("client_id")) == 16
    assert data == {
        "now": house.now(),
        "epoch": house.boot.epoch,
        "protocol": 1,
        "server": "gamesync",
        "heartbeat_ms": 5_000,
        "ping_interval_ms": 30_000,
        "ping_timeout_ms": 10_000,
        "max_message_bytes": 16_384,
        "commands_per_second": 10,
    }


def test_who_says_nothing_within_five_seconds_is_sent_away() -> None:
    house = House()
    person = house.person()
    house.wait(4.9)
    assert not person.line.gone
    house.wait(0.2)
    assert person.line.gone is not None
    assert person.line.gone[0] == 4401
    goodbye = person.take()[-1]
    assert goodbye["type"] == "disconnect"
    assert goodbye["data"]["come_back"] is True


@pytest.mark.parametrize(
    "message",
    [
        {"type": "heartbeat"},
        {"type": "heartbeat", "timestamp": "2026-11-22T18:07:00.123"},
        {"type": "game_list"},
        {"type": "score_update", "data": {"player": 1, "delta": 1}},
    ],
)
def test_any_valid_message_ends_the_deadline(message: Any) -> None:
    house = House()
    person = house.person()
    person.send(json.dumps(message))
    house.wait(60)
    assert person.line.gone is None


def test_what_is_no_message_does_not_end_the_deadline() -> None:
    house = House()
    person = house.person()
    person.send("{}")
    house.wait(5.1)
    assert person.line.gone is not None


def test_no_deadline_is_left_when_it_closes() -> None:
    house = House()
    house.person().hang_up()
    assert house.reactor.getDelayedCalls() == []
    assert house.hub.sessions == set()
    assert house.hub.by_device == {}


# --------------------------------------------------------------------- before it has joined


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("score_update", SCORE),
        ("timer_update", {"op": "start"}),
        ("turn_change", {}),
        ("game_end", {"op": "abandon"}),
        ("setup", {"op": "swap"}),
        ("undo", {}),
        ("device", {"op": "swap"}),
        ("table", {"op": "add", "name": "1"}),
        ("settings_update", {"key": "visibility", "value": "link"}),
        ("game_state", {"round": 2}),
        ("game_state", {}),
    ],
)
def test_who_has_not_joined_may_not(type_: str, data: Any) -> None:
    house = House()
    match = Match(house)
    person = house.person()
    assert person.code(type_, data) == "not_joined"
    if (type_, data) != ("game_state", {}):
        assert person.code(type_, data, match.id) == "not_joined"


def test_who_has_not_joined_may_look_round() -> None:
    house = House()
    match = Match(house)
    person = house.person()
    pong = person.ask("heartbeat", {"t0": 12.5})
    assert (pong["type"], pong["data"]["t0"], pong["data"]["live"]) == ("heartbeat", 12.5, True)
    assert pong["data"]["now"] == house.now()
    assert person.ask("game_list")["data"]["games"][0]["game_id"] == match.id
    state = person.ask("game_state", {}, match.id)
    assert (state["game_id"], state["version"]) == (match.id, match.version)
    assert state["data"]["state"]["devices"] == []
    assert person.code("game_state", {}, "no-such-game") == "not_found"
    assert person.code("game_state", {}, "venue") == "not_found"
    match.anna.do("score_update", SCORE)
    assert person.of("score_update") == [], "it has not joined"


def test_the_seed_s_client_makes_a_game() -> None:
    house = House()
    person = house.person()
    person.send(json.dumps({"type": "heartbeat", "timestamp": "2026-11-22T18:07:00.123456"}))
    state = {"player1_name": "Anna", "player2_name": "Marek", "current_turn": 3}
    message = {
        "type": "game_state",
        "data": {**state, "game_status": "playing"},
        "timestamp": "2026-11-22T18:07:00.123456",
        "game_id": None,
    }
    person.send(json.dumps(message))
    greeting, pong, shown, ack = person.take()
    assert [greeting["type"], pong["type"], shown["type"], ack["type"]] == [
        "connect",
        "heartbeat",
        "game_state",
        "ack",
    ]
    seen = shown["data"]["state"]
    assert [p["name"] for p in seen["players"]] == ["Anna", "Marek"]
    assert (seen["status"], seen["turn"]["round"], seen["turn"]["active_player"]) == (
        "playing",
        2,
        1,
    )
    assert len(ack["data"]["detail"]["token"]) == 43
    # And goes on as its host, without a game_id.
    person.say("game_state", {"current_turn": 4}, id_="-")
    assert person.of("error") == []
    assert house.room(shown["game_id"]).game.turn.active_player == 2


@pytest.mark.parametrize(
    ("more", "status", "round_", "active"),
    [
        ({}, "ready", 0, 0),
        ({"game_status": "waiting"}, "waiting", 0, 0),
        ({"game_status": "playing"}, "playing", 1, 1),
        ({"current_turn": 2}, "playing", 1, 2),
        ({"current_turn": 1, "active_player": 2}, "playing", 1, 2),
    ],
)
def test_the_seed_s_states(more: Any, status: str, round_: int, active: int) -> None:
    person = House().person()
    named = {"player1_name": "Anna", "player2_name": "Marek"}
    person.say("game_state", {**named, **more})
    state = next(m for m in person.take() if m["type"] == "game_state")["data"]["state"]
    assert state["status"] == status
    assert (state["turn"]["round"], state["turn"]["active_player"]) == (round_, active)


def test_a_seed_s_state_that_is_no_game() -> None:
    house = House()
    person = house.person()
    named = {"player1_name": "Anna", "player2_name": "Marek"}
    assert person.code("game_state", {"player1_name": "Anna"}) == "not_joined"
    assert person.code("game_state", {**named, "current_turn": 99}) == "out_of_range"
    assert house.registry.rooms == {}


# --------------------------------------------------------------------------------- rates


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


def test_a_match_has_twenty_a_second_from_all_its_people() -> None:
    house = House(limits=Limits(commands_per_second=1e6, commands_burst=10_000))
    match = Match(house)
    house.wait(60)
    match.host.take()
    for n in range(60):
        person = (match.host, match.anna, match.marek)[n % 3]
        assert person.code("judge_call", {"op": "cancel"}) == "ok"
    answer = match.host.ask("judge_call", {"op": "cancel"})
    assert answer["data"]["code"] == "rate_limited"
    assert answer["data"]["retry_after_ms"] <= 51
    assert answer["version"] == match.version
    other = Match(house)
    assert other.anna.code("judge_call", {"op": "cancel"}) == "ok"
    house.wait(1)
    told = [match.anna.code("judge_call", {"op": "cancel"}) for _ in range(21)]
    assert told == ["ok"] * 20 + ["rate_limited"]


def test_watchers_cannot_use_up_what_the_players_have() -> None:
    house = House()
    match = Match(house)
    house.wait(60)
    for _ in range(20):
        watcher = match.watcher()
        for _ in range(4):
            assert watcher.code("turn_change") == "not_yours"
    assert match.anna.code("turn_change") == "ok"


def test_budgets_of_matches_are_not_kept_for_ever() -> None:
    hub = House().hub
    for n in range(64):
        hub.match_bucket(f"game-{n}")
    hub.match_bucket("game-1").take(hub.seconds(), 30)
    hub.match_bucket("one-more")
    assert set(hub.match_buckets) == {"game-1", "one-more"}


def test_too_much_waiting_for_the_disk_is_refused() -> None:
    house = House(limits=Limits(writes_queued=2))
    match, other = Match(house), Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    for person in (match.marek, match.host):
        person.say("judge_call", {"op": "cancel"})
    answer = other.anna.ask("score_update", SCORE, id_="wait-a-bit")
    assert answer["data"]["code"] == "overloaded"
    assert answer["data"]["retry_after_ms"] == 500
    assert answer["version"] == other.version
    house.store.release()
    assert other.anna.code("score_update", SCORE, id_="wait-a-bit") == "ok"


# --------------------------------------------------------------------------------- order


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
    assert len(match.anna.session._queue) == 16
    house.store.release()
    assert len(match.anna.session._queue) == 0


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


@pytest.mark.parametrize("what", ["connect", "create", "list"])
def test_who_hangs_up_while_joining_is_not_there_afterwards(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = House()
    match = Match(house, begun=False)
    phone = house.person()
    house.store.hold()
    if what == "connect":
        phone.say("connect", {"key": match.places["host"]["key"]}, match.id)
    elif what == "create":
        phone.say("game_create", {})
    else:
        match_list = house.registry.games

        async def slow(*args: Any) -> Any:
            await house.registry.submit(match.room, _expire(house))
            return await match_list(*args)

        monkeypatch.setattr(house.registry, "games", slow)
        phone.say("game_list", {"subscribe": True})
    phone.hang_up()
    house.store.release()
    everybody = {w.device for room in house.registry.rooms.values() for w in room.watchers}
    assert phone.device not in everybody
    assert house.registry.lobby.guests == set()
    assert phone.session.games == {}


def _expire(house: House) -> Any:
    join = Join(device="somebody", role="host")
    return Asked(command=join, device="", now=house.now(), type="connect", by=SERVER)


# ------------------------------------------------------------------------- pressed_at, lag


def chess(house: House) -> Match:
    match = Match(house, options={"clock": "down-90"})
    house.wait(60)
    return match


def pressed(match: Match, at: int) -> int:
    """When a press of Anna's, said to be of *at*, ended her time: seconds she was charged."""
    match.anna.do("turn_change", {"pressed_at": at})
    return int(match.room.game.clock.accounts(match.house.now()).p1_ms)


def test_a_press_is_not_dated_back_beyond_the_message_before_it() -> None:
    house = House()
    match = chess(house)
    match.anna.say("heartbeat", {"rtt_ms": 400})
    house.wait(3)
    assert pressed(match, house.now() - 8_000) == 60_000 - 400


def test_a_press_between_is_believed() -> None:
    house = House()
    match = chess(house)
    match.anna.say("heartbeat")
    house.wait(3)
    assert pressed(match, house.now() - 1_000) == 62_000


def test_nor_is_one_that_waited_behind_another() -> None:
    house = House()
    match = chess(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(4)
    match.anna.say("turn_change", {"pressed_at": house.now() - 9_000})
    house.wait(4)
    house.store.release()
    assert match.room.game.clock.accounts(house.now()).p1_ms == 60_000


def test_a_press_queued_while_cut_off_goes_back_as_far_as_its_device_may() -> None:
    house = House()
    match = chess(house)
    cut_off = house.now()
    phone = match.anna.again()
    house.wait(20)
    back = Person(house)
    back.connect(match.id, token=phone.token)
    back.do("turn_change", {"pressed_at": cut_off + 2_000})
    assert match.room.game.clock.accounts(house.now()).p1_ms == 70_000, "a phone's: 10 s"
    match = chess(house)
    host = match.host
    host.token = host.session.token
    cut_off = house.now()
    host.hang_up()
    house.wait(300)
    tablet = Person(house)
    tablet.connect(match.id, token=host.token)
    tablet.do("turn_change", {"pressed_at": cut_off + 5_000})
    assert match.room.game.clock.accounts(house.now()).p1_ms == 65_000, "the table's: 10 min"


def test_a_press_of_the_future_is_now() -> None:
    match = chess(House())
    assert pressed(match, 10_000_000) == 60_000


def test_lag_is_forgiven_up_to_the_quota_and_no_fantastic_round_trip_is_believed() -> None:
    house = House()
    match = chess(house)
    assert match.room.game.clock.rules == ClockRules(mode="down", budget_ms=5_400_000)
    match.anna.say("heartbeat", {"rtt_ms": 600})
    match.anna.do("turn_change")
    assert match.room.game.clock.accounts(house.now()).p1_ms == 59_700
    match.marek.say("heartbeat", {"rtt_ms": 500_000})
    assert match.marek.session.rtt_ms == RTT_MAX_MS
    house.wait(60)
    match.marek.do("turn_change")
    assert match.room.game.clock.accounts(house.now()).p2_ms == 59_000, "at most a second"


# --------------------------------------------------------------------------- bad messages


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


def test_goodbye() -> None:
    house = House()
    match = Match(house)
    match.anna.say("disconnect", {"reason": "going home"})
    assert match.anna.line.gone == (1000, "goodbye")
    match.anna.hang_up()
    assert match.anna.session.games == {}


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


def test_screens_hear_that_what_they_show_may_not_be_so() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(15)
    assert match.marek.ask("heartbeat")["data"]["live"] is True
    house.wait(1)
    assert match.marek.ask("heartbeat")["data"]["live"] is False


# ---------------------------------------------------------------------------- which game


def test_a_message_without_a_game_is_for_the_one_joined_last() -> None:
    house = House()
    one, two = Match(house), Match(house)
    person = one.anna
    person.connect(two.id, key=two.places["player:1"]["key"])
    assert person.do("score_update", SCORE)["game_id"] == two.id
    assert person.do("score_update", SCORE, one.id)["game_id"] == one.id
    person.connect("venue")
    assert person.do("score_update", SCORE)["game_id"] == two.id
    person.session.games[two.id].leave()
    assert person.do("score_update", SCORE)["game_id"] == one.id
    person.session.games[one.id].leave()
    assert person.code("score_update", SCORE) == "not_joined"


def test_a_finished_game_and_versions_of_nowhere() -> None:
    match = Match(House())
    match.host.do("game_end", {"op": "abandon"})
    version = match.version
    assert match.anna.code("turn_change") == "not_now"
    assert match.host.code("undo", {"version": 10_000}) == "not_found"
    assert match.host.code("game_state", {"player1_name": "X", "if_version": 1}) == "conflict"
    assert match.version == version


def test_a_session_is_named_by_chance() -> None:
    house = House()
    one, two = Session(house.hub, FakeLine()), Session(house.hub, FakeLine())
    assert one.client_id != two.client_id
    assert one.token != two.token
    one.jammed()
    one.heard()
    assert one.heard_ms == house.now()


# ----------------------------------------------------------------------------- leaving a game


def test_who_leaves_a_game_is_told_no_more_of_it_and_keeps_his_place() -> None:
    house = House()
    match = Match(house)
    other = Match(house)
    match.anna.connect(other.id)
    match.anna.take()
    answer = match.anna.do("leave", None, match.id)
    assert (answer["type"], answer["game_id"], answer["data"]) == ("ack", match.id, {})
    match.host.do("score_update", SCORE)
    assert match.anna.of("score_update") == []
    assert match.anna.code("score_update", SCORE, match.id) == "not_joined"
    other.host.do("score_update", SCORE)
    assert [m["game_id"] for m in match.anna.of("score_update")] == [other.id]
    assert match.anna.connect(match.id)["data"]["rights"] == ["player:1"]


def test_leaving_by_no_name_is_the_game_joined_last_and_leaving_twice_is_no_fault() -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    assert watcher.do("leave")["game_id"] == match.id
    assert watcher.do("leave")["data"] == {"already": True}
    assert watcher.do("leave", None, match.id)["data"] == {"already": True}
    assert match.room.watchers.isdisjoint(watcher.session.games.values())
    assert len(match.room.watchers) == 3


def test_a_rotation_that_leaves_what_it_has_shown_may_watch_as_many_as_it_likes() -> None:
    house = House(limits=Limits(match_observers=1, observer_commands_burst=1_000))
    match = Match(house)
    for _ in range(5):
        watcher = match.watcher()
        watcher.do("leave", None, match.id)
