"""Timers go by the monotonic clock, whatever the reactor's own clock does."""

from __future__ import annotations

import pytest
from twisted.internet.task import Clock

from gamesync.client.timer import Timer


class Two:
    """A reactor whose clock is the wall's, and the monotonic clock beside it."""

    def __init__(self) -> None:
        self.wall = Clock()
        self.monotonic = 50.0
        self.rung: list[float] = []
        self.timer = Timer(self.wall, lambda: self.monotonic, self.ring)

    def ring(self) -> None:
        self.rung.append(self.monotonic)

    def pass_(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall.advance(seconds)


@pytest.fixture
def two() -> Two:
    return Two()


def test_it_rings_once_when_it_is_time(two: Two) -> None:
    two.timer.start(3)
    two.pass_(2.9)
    assert two.rung == []
    assert two.timer.running
    two.pass_(0.2)
    two.pass_(10)
    assert len(two.rung) == 1
    assert not two.timer.running


def test_a_wall_clock_set_forward_does_not_make_it_ring_early(two: Two) -> None:
    two.timer.start(30)
    two.wall.advance(3600)
    assert two.rung == []
    two.pass_(29)
    assert two.rung == []
    two.pass_(1.1)
    assert len(two.rung) == 1


def test_a_wall_clock_set_back_is_made_up_for_when_anything_else_happens(two: Two) -> None:
    two.timer.start(30)
    two.monotonic += 29
    two.timer.look()
    assert two.rung == []
    two.monotonic += 2
    two.timer.look()
    assert two.rung == [81.0]
    two.wall.advance(3600)
    assert two.rung == [81.0]


def test_starting_again_takes_the_place_of_the_first_and_stop_is_final(two: Two) -> None:
    two.timer.start(1)
    two.timer.start(5)
    two.pass_(2)
    assert two.rung == []
    two.timer.stop()
    two.timer.stop()
    two.pass_(10)
    two.timer.look()
    assert two.rung == []
