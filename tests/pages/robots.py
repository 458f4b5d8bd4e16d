"""Players and tablets of a tournament, over the wire: what each does is told, and kept to."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from websockets.exceptions import ConnectionClosed

from ..system.server import ServerProcess
from ..system.talker import Talker

BEAT_MS = 120_000
"""How often a robot promises to be heard: it is silent while others are at work."""


class Robot:
    """
    A device that was let in by a link of the venue's: a participant's, a table's, an official's.

    It comes back by itself after a lost connection, and sends again what was not answered.
    """

    def __init__(self, server: ServerProcess, key: str, kind: str = "player") -> None:
        self.server = server
        self.kind = kind
        self.game = "venue"
        self._key: str | None = key
        self._token: str | None = None
        self._talker: Talker | None = None

    def go(self, game: str) -> None:
        """Be in this game, or (``venue``) in the hall, and nowhere else."""
        if self._token is None and game != "venue":
            self.go("venue")
        self.close()
        self.game = game
        talker = Talker(self.server.url, self._token)
        asked = {"key": self._key} if self._token is None else {}
        talker.connect(game_id=game, client_type=self.kind, heartbeat_ms=BEAT_MS, **asked)
        self._talker, self._token = talker, talker.token

    def do(self, type_: str, data: dict[str, Any] | None = None) -> dict[str, Any]:
        """Have it done, however often it has to be said; the answer."""
        id_ = uuid.uuid4().hex[:22]
        end = time.monotonic() + 60
        while True:
            assert time.monotonic() < end, f"{type_} was never answered"
            try:
                assert self._talker
                answer = self._talker.ask(type_, data, game_id=self.game, id_=id_, seconds=20)
            except (ConnectionClosed, OSError, TimeoutError):
                self.back()
                continue
            if answer["type"] != "error":
                return answer
            assert answer["data"]["code"] in ("rate_limited", "overloaded"), answer
            time.sleep(answer["data"]["retry_after_ms"] / 1000)

    def back(self) -> None:
        """The connection is gone: come again."""
        end = time.monotonic() + 30
        while True:
            try:
                return self.go(self.game)
            except (ConnectionClosed, OSError, TimeoutError):
                assert time.monotonic() < end, "the server does not come back"
                time.sleep(0.2)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.do("game_state")["data"]["state"]
        return found

    def close(self) -> None:
        if self._talker:
            with suppress(ConnectionClosed, OSError):
                self._talker.close()
        self._talker = None


def all_at_once(work: Callable[[Any], Any], each: Any) -> list[Any]:
    """*work* for each of *each*, side by side; what came of it."""
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(work, each))
