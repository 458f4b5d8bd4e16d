"""How far a device's word about time is believed, by figures and in play."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.ruleset import ClockRules
from gamesync.server import believed

from ..house import House, Match, Person

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


@pytest.mark.parametrize(
    ("at", "believed_at"),
    [
        (None, None),
        (9_500, 9_500),  # since the message before
        (8_800, 8_800),  # while that was on its way
        (8_799, 8_800),
        (5_000, 8_800),
        (4_999, 4_999),  # before the connection was opened
        (20_000, 20_000),  # the clock's to say
    ],
)
def test_when_a_press_was(at: int | None, believed_at: int | None) -> None:
    told = believed.pressed(at, previous_ms=9_000, rtt_ms=200, opened_ms=5_000)
    assert told == believed_at


@pytest.mark.parametrize(
    ("told", "rtt_ms", "lag_ms"),
    [(0, 0, 0), (81.9, 81, 40), (1_999, 1_999, 999), (3_000, 3_000, 1_000), (9e5, 5_000, 1_000)],
)
def test_how_long_messages_travel(told: float, rtt_ms: int, lag_ms: int) -> None:
    assert believed.rtt(told) == rtt_ms
    assert believed.lag(rtt_ms) == lag_ms


def test_only_the_table_s_own_device_may_have_been_cut_off_for_ten_minutes() -> None:
    house = House()
    match = Match(house)
    assert believed.backdate_max(match.room, match.host.device) == 600_000
    assert believed.backdate_max(match.room, match.anna.device) is None
    assert believed.backdate_max(house.registry.venue, match.host.device) is None
    assert believed.backdate_max(None, match.host.device) is None


# -- in play


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
    assert match.marek.session.rtt_ms == believed.RTT_MAX_MS
    house.wait(60)
    match.marek.do("turn_change")
    assert match.room.game.clock.accounts(house.now()).p2_ms == 59_000, "at most a second"
