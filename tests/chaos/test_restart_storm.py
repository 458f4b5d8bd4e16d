"""Everybody comes back at once: a hall of clients after a restart of the box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.defer import DeferredList
from twisted.internet.task import deferLater
from twisted.internet.threads import deferToThread

from gamesync.client import GameClient, Reason, State, Status

from ..client.kit import with_reactor
from ..starved import Watch
from ..system.server import ServerProcess
from .long import times

reactor: Any = installed


class Visitor:
    """
    One client, and what it did to get back.

    :ivar tries: instants at which the connection broke, and a try failed or came through
    :ivar back: how often it has been connected
    """

    def __init__(self, server: ServerProcess) -> None:
        self.tries: list[float] = []
        self.back = 0
        self.client = GameClient(server.url, on_connection=self._changed)

    def _changed(self, state: State, reason: Reason) -> None:
        if state is State.CONNECTED:
            self.back += 1
        self.tries.append(reactor.seconds())


def busiest_second(tries: list[float]) -> int:
    """The most tries in any second."""
    return max((sum(t <= other < t + 1 for other in tries) for t in tries), default=0)


@with_reactor
async def test_a_hall_is_back_in_ten_seconds(tmp_path: Path) -> None:
    count = times(60, 200)
    server = ServerProcess(tmp_path)
    await deferToThread(server.start)
    visitors = [Visitor(server) for _ in range(count)]
    await DeferredList([v.client.connect() for v in visitors], fireOnOneErrback=True)
    game = await visitors[0].client.create_game("kill-team", "Anna", "Marek")
    for visitor in visitors[1:]:
        await visitor.client.join(game.game_id)
    for visitor in visitors:
        visitor.tries.clear()
    await deferToThread(server.restart)
    watch = Watch(server.pid)
    while any(v.back < 2 or v.client.status is not Status.LIVE for v in visitors):
        assert watch.seconds() < 10, f"{sum(v.back > 1 for v in visitors)} of {count} are back"
        await deferLater(reactor, 0.05)
    seen = [visitor.client.state for visitor in visitors[1:]]  # the host sees more
    assert all(state == seen[0] for state in seen)
    assert max(busiest_second(visitor.tries) for visitor in visitors) <= 3
    # Nor do they come as one: that is what chance is for.
    last = sorted(visitor.tries[-1] for visitor in visitors)
    assert last[-1] - last[0] > 0.1
    await DeferredList([visitor.client.stop() for visitor in visitors])
    server.stop()
    assert "Traceback" not in server.log, server.log
