"""The demonstration, where things do not go as they should; the rest is played on a real server."""

from __future__ import annotations

from typing import Any

from gamesync.client.demo import Demo, _past

from .kit import with_reactor


@with_reactor
async def test_it_can_be_stopped_before_there_is_any_server() -> None:
    demo = Demo("ws://127.0.0.1:1")
    demo.startService()
    await demo.stopService()
    assert demo.finished.called


@with_reactor
async def test_stopped_without_being_started() -> None:
    demo = Demo("ws://127.0.0.1:1")
    await demo.stopService()
    assert demo.finished.called


def test_a_turn_is_past_when_the_next_is_on_or_nobody_plays() -> None:
    def state(turn: int, status: str) -> dict[str, Any]:
        return {"turn": {"turn": turn}, "status": status}

    assert not _past(state(3, "playing"), 3)
    assert _past(state(4, "playing"), 3)
    assert _past(state(3, "ended"), 3)
