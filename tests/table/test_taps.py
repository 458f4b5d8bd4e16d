"""A tap is sending, counted, or refused with its reason; never lost in silence."""

from __future__ import annotations

import pytest
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from gamesync.client import Answer, ClientRefused
from gamesync.table.taps import Taps


class Screen:
    def __init__(self) -> None:
        self.drawn, self.now = 0, 1_000.0
        self.taps = Taps(self._draw, lambda: self.now, lambda error: f"no: {error.code}")

    def _draw(self) -> None:
        self.drawn += 1


def test_a_tap_that_counts() -> None:
    screen = Screen()
    done: Deferred[Answer] = Deferred()
    follow = screen.taps.put("cp", done)
    assert screen.taps.sending("cp")
    assert not screen.taps.sending("else")
    done.callback(Answer(id="1", type="ack"))
    assert not screen.taps.sending("cp")
    assert screen.taps.problem("cp") == ""
    found: list[object] = []
    follow.addCallback(found.append)
    assert found == [Answer(id="1", type="ack")]
    assert screen.drawn == 2


def test_a_refused_tap_says_why_for_a_while() -> None:
    screen = Screen()
    done: Deferred[Answer] = Deferred()
    follow = screen.taps.put("press", done)
    done.errback(ClientRefused("not_your_clock", "that clock is not running"))
    assert screen.taps.problem("press") == screen.taps.latest_problem() == "no: not_your_clock"
    found: list[object] = []
    follow.addCallback(found.append)
    assert found == [None]
    screen.now += 8_001
    assert screen.taps.problem("press") == screen.taps.latest_problem() == ""


def test_the_newest_problem_is_told() -> None:
    screen = Screen()
    for key, code in (("a", "stale"), ("b", "conflict")):
        done: Deferred[Answer] = Deferred()
        screen.taps.put(key, done)
        screen.now += 10
        done.errback(ClientRefused(code, "…"))
    assert screen.taps.latest_problem() == "no: conflict"
    screen.taps.clear()
    assert screen.taps.latest_problem() == ""


def test_leaving_is_no_problem() -> None:
    screen = Screen()
    done: Deferred[Answer] = Deferred()
    screen.taps.put("press", done)
    done.errback(ClientRefused("stopped", "the client was stopped"))
    assert screen.taps.latest_problem() == ""


def test_a_fault_of_the_app_is_not_taken_for_a_refusal() -> None:
    screen = Screen()
    done: Deferred[Answer] = Deferred()
    follow = screen.taps.put("press", done)
    done.errback(ZeroDivisionError())
    caught: list[Failure] = []
    follow.addErrback(caught.append)
    done.addErrback(caught.append)
    assert any(isinstance(failure.value, ZeroDivisionError) for failure in caught)
    with pytest.raises(KeyError):
        _ = screen.taps._taps["other"]
