"""A box is asked again and again; of one that is not ours any more nothing is told."""

from __future__ import annotations

from typing import Any

import pytest
from twisted.internet.testing import MemoryReactorClock

from gamesync.table.asking import ASK_SECONDS, Asking

from .in_memory import answer

ONE, OTHER = "ws://127.0.0.1:1/", "ws://127.0.0.1:2/"


@pytest.fixture
def clock() -> Any:
    return MemoryReactorClock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def asking(clock: Any, told: list[str]) -> Asking:
    return Asking(clock, lambda said: told.append(said["address"]))


def said(address: str) -> bytes:
    body = f'{{"address": "{address}"}}'
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


def test_the_address_of_a_box_may_change(clock: Any, told: list[str], asking: Asking) -> None:
    asking.start(ONE, None)
    answer(clock, 0, said("http://old/"))
    clock.advance(ASK_SECONDS)
    answer(clock, 1, said("http://new/"))
    assert told == ["http://old/", "http://new/"]


def test_a_box_that_is_silent_is_asked_again(clock: Any, told: list[str], asking: Asking) -> None:
    asking.start(ONE, None)
    answer(clock, 0, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    clock.advance(ASK_SECONDS)
    answer(clock, 1, said("http://box/"))
    assert told == ["http://box/"]


def test_an_answer_that_comes_late(clock: Any, told: list[str], asking: Asking) -> None:
    asking.start(ONE, None)
    asking.start(OTHER, None)
    answer(clock, 0, said("http://one/"))
    answer(clock, 1, said("http://other/"))
    assert told == ["http://other/"]
    assert len(clock.getDelayedCalls()) == 1


def test_nobody_is_asked_any_more(clock: Any, told: list[str], asking: Asking) -> None:
    asking.start(ONE, None)
    asking.stop()
    answer(clock, 0, said("http://one/"))
    assert told == []
    assert clock.getDelayedCalls() == []
