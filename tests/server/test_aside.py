"""Long work in a thread of its own, one piece at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, gatherResults

from gamesync.server.aside import WAITING_MAX, Aside, Busy

from .kit import in_reactor


def asked(aside: Aside, work: Callable[[], Any]) -> Deferred[Any]:
    return Deferred.fromCoroutine(aside.do(work))


@in_reactor
async def test_it_is_done_elsewhere() -> None:
    aside = Aside(reactor)
    assert await asked(aside, threading.get_ident) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await asked(aside, lambda: 1 // 0)
    assert await asked(aside, lambda: 3) == 3, "a failure does not keep the next from its turn"


@in_reactor
async def test_one_piece_at_a_time_and_not_too_many() -> None:
    aside = Aside(reactor)
    now: list[int] = []
    most: list[int] = []

    def work() -> None:
        now.append(1)
        most.append(len(now))
        time.sleep(0.002)
        now.pop()

    pieces = [asked(aside, work) for _ in range(WAITING_MAX + 1)]
    with pytest.raises(Busy):
        await aside.do(work)
    await gatherResults(pieces)
    assert most == [1] * (WAITING_MAX + 1)


@in_reactor
async def test_who_goes_does_not_let_the_next_piece_begin_early() -> None:
    aside = Aside(reactor)
    go_on, begun = threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        begun.set()
        assert go_on.wait(10)
        done.append("first")

    leaving = asked(aside, first)
    waiting = asked(aside, lambda: done.append("second"))
    gone = asked(aside, lambda: done.append("gone"))
    assert begun.wait(10)
    for each in (leaving, gone):
        each.cancel()
        with pytest.raises(CancelledError):
            await each
    assert done == []
    go_on.set()
    await waiting
    assert done == ["first", "second"]
