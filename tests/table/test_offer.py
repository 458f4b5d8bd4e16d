"""The offer to take back a turn: for how long it stands, and what ends it."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.task import Clock

from gamesync.table.offer import OFFER_MS, Offer

ENDED = [{"fact": "turn_ended", "player": 1}]
UNDONE = [{"fact": "undone"}]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def offer(clock: Clock) -> Offer:
    return Offer(lambda: clock.seconds() * 1000)


@pytest.mark.parametrize(("after_ms", "left"), [(0, 7), (OFFER_MS, 7), (OFFER_MS + 1, None)])
def test_a_turn_that_ended_is_offered_for_a_moment(
    after_ms: float, left: int | None, offer: Offer, clock: Clock
) -> None:
    offer.told(ENDED, 7, live=True)
    clock.advance(after_ms / 1000)
    assert offer.version == left
    assert offer.take() == left


def test_a_key_that_is_still_drawn_takes_back(offer: Offer, clock: Clock) -> None:
    """The moment may pass between the frame and the finger."""
    offer.told(ENDED, 7, live=True)
    clock.advance(OFFER_MS / 1000 + 0.001)
    assert offer.take() == 7
    assert offer.take() is None


@pytest.mark.parametrize(
    ("facts", "version", "live", "left"),
    [
        (UNDONE, 8, True, None),
        (ENDED, 8, True, 8),
        ([{"fact": "cp_stepped"}], 8, True, 7),
        (ENDED, 8, False, 7),
        (ENDED, None, True, 7),
    ],
)
def test_what_is_told_next(
    facts: list[dict[str, Any]], version: int | None, live: bool, left: int | None, offer: Offer
) -> None:
    offer.told(ENDED, 7, live=True)
    offer.told(facts, version, live=live)
    assert offer.version == left


def test_another_match_has_no_offer(offer: Offer) -> None:
    offer.told(ENDED, 7, live=True)
    offer.clear()
    assert offer.version is None
