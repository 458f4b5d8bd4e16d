"""What all sessions share."""

from __future__ import annotations

from typing import Any

from ..house import House, Match

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def test_budgets_of_matches_are_not_kept_for_ever() -> None:
    hub = House().hub
    for n in range(64):
        hub.match_bucket(f"game-{n}")
    hub.match_bucket("game-1").take(hub.seconds(), 30)
    hub.match_bucket("one-more")
    assert set(hub.match_buckets) == {"game-1", "one-more"}


def test_screens_hear_that_what_they_show_may_not_be_so() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.anna.say("score_update", SCORE)
    house.wait(15)
    assert match.marek.ask("heartbeat")["data"]["live"] is True
    house.wait(1)
    assert match.marek.ask("heartbeat")["data"]["live"] is False
