"""Sessions as the app has them, at real servers over real sockets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from twisted.internet import reactor as installed
from twisted.internet.task import deferLater

from gamesync.client import GameClient
from gamesync.table.flow import Screen
from gamesync.table.session import Session
from tests.system.server import ServerProcess

reactor: Any = installed
PATIENCE_S = 30.0


class Screens:
    """Sessions, each in a folder of its own, that are all stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: list[Session] = []
        self.clients: list[GameClient] = []
        self.watching: list[Callable[[], object]] = []

    def session(self, name: str = "table", **options: Any) -> Session:
        """The screen *name* is started; again, if it was before."""
        folder = self._folder / name
        folder.mkdir(exist_ok=True)
        self._sessions.append(Session(reactor, folder, self._changed, **options))
        return self._sessions[-1]

    def _changed(self) -> None:
        for look in self.watching:
            look()

    async def stop(self) -> None:
        for session in self._sessions:
            await session.stop()
        for client in self.clients:
            await client.stop()


async def until(test: Callable[[], Any], what: str = "") -> Any:
    """What *test* gives as soon as it is true of anything."""
    began = reactor.seconds()
    while not (found := test()):
        assert reactor.seconds() - began < PATIENCE_S, f"waited in vain {what}"
        await deferLater(reactor, 0.01)
    return found


async def arrived(session: Session, url: str) -> Session:
    session.box.open(url)
    assert session.box.problem == ""  # to be on the way is none
    await until(lambda: session.box.said and session.hall.state, "for the box")
    return session


async def hosting(
    screens: Screens, server: ServerProcess, *, profile: str = "club", **options: Any
) -> Session:
    """A screen that has made a match, and waits for its players."""
    session = await arrived(screens.session(**options), server.url)
    session.choice.new()
    assert session.screen() is Screen.NEW
    await session.choice.create("wh40k-10e", profile=profile, options={"clock": "down-90"})
    await until(lambda: session.screen() is Screen.GATHER, "for the match")
    return session


async def way(session: Session, place: str) -> dict[str, Any]:
    """Link and codes of a place, once they are told."""
    found: dict[str, Any] = await until(lambda: session.way(place), place)
    return found


def state(session: Session) -> dict[str, Any]:
    found = session.state
    assert found is not None
    return found
