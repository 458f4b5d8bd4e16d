"""
``breaking.py twistd …``: a server in which every callback breaks, each for one address alone.

What is raised has a secret in its text, which nobody but the log may be told.
"""

from __future__ import annotations

import functools
import runpy
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECRET = "the secret of the house"
PLACES = ("opened", "received", "message", "told", "decided", "stored", "closed", "heard", "read")
"""Where it breaks; the n-th for the peer at 127.0.0.<n + 10>."""


def address(place: str) -> str:
    return f"127.0.0.{PLACES.index(place) + 10}"


def wrapper() -> tuple[str, ...]:
    return (sys.executable, str(Path(__file__)))


def _breaking(owner: Any, name: str, hit: Callable[..., bool]) -> None:
    whole = getattr(owner, name)

    @functools.wraps(whole)
    def broken(*args: Any, **kwargs: Any) -> Any:
        if hit(*args):
            raise RuntimeError(SECRET)
        return whole(*args, **kwargs)

    setattr(owner, name, broken)


def plant() -> None:
    from gamesync import deciding
    from gamesync.server import inbox
    from gamesync.server.answers import JsonResource
    from gamesync.server.bearer import peer_of
    from gamesync.server.membership import Membership
    from gamesync.server.session import Session
    from gamesync.server.site import _Games
    from gamesync.storage import writing

    devices: dict[str, set[str]] = {place: set() for place in PLACES}

    def at(place: str) -> Callable[..., bool]:
        def hit(session: Session, *_: Any) -> bool:
            here: bool = session.line.peer == address(place)
            return here and (place not in ("message", "received") or len(session.games) > 0)

        return hit

    for place in ("opened", "received", "closed", "heard"):
        _breaking(Session, place, at(place))
    _breaking(inbox, "dispatch", at("message"))
    _breaking(Membership, "tell", lambda self, *_: at("told")(self.session))

    enter = Session.enter

    def entered(self: Session, room: Any) -> Any:
        for place in PLACES:
            if self.line.peer == address(place):
                devices[place].add(self.device)
        return enter(self, room)

    Session.enter = entered  # type: ignore[method-assign]

    def scores(place: str, asked: Any) -> bool:
        return asked.device in devices[place] and asked.type == "score_update"

    _breaking(deciding.Round, "_accept", lambda self, asked: scores("decided", asked))
    _breaking(
        writing,
        "_codes",
        lambda cursor, change: any(
            entry.by.device in devices["stored"] and entry.type == "score_update"
            for entry in change.entries
        ),
    )
    assert issubclass(_Games, JsonResource)
    _breaking(_Games, "read", lambda self, request: peer_of(request) == address("read"))


if __name__ == "__main__":
    plant()
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
