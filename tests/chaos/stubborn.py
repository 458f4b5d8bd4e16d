"""A client that never gives up: it connects again, resumes, and sends again."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import WebSocketException

from ..system.talker import Talker
from .follower import Follower

LOST = (OSError, WebSocketException, EOFError, TimeoutError)
AGAIN = ("rate_limited", "overloaded", "storage", "internal")
"""Errors after which the same id is sent again, by itself."""


class GaveUp(Exception):
    """No answer in all the time there was."""


class Stubborn:
    """
    One device in one game, over as many connections as it takes.

    :ivar follower: what it has been told
    :ivar sent_again: commands that were sent more than once
    :ivar connections: how many it took
    """

    def __init__(
        self,
        url: str | Callable[[], str],
        *,
        token: str | None = None,
        patience: float = 30.0,
        answer_within: float = 5.0,
        source: str | None = None,
    ) -> None:
        self._url = url if callable(url) else lambda: url
        self.token = token
        self.follower = Follower()
        self.game_id: str | None = None
        self.key: str | None = None
        self.sent_again = 0
        self.connections = 0
        self._patience = patience
        self._within = answer_within
        self._source = source
        self._talker: Talker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; the next :meth:`do` connects again."""
        talker, self._talker = self._talker, None
        if talker is not None:
            self._cut(talker)

    def create(self, **data: Any) -> dict[str, Any]:
        """Make a game, and be its host; its places."""
        ack = self.do("game_create", data)
        self.token = ack["data"]["detail"]["token"]
        self.game_id = ack["game_id"]
        self.follower.game_id = self.game_id
        self.do("game_state")  # from the first frame on it has been told, but not of the ruleset
        places: dict[str, Any] = ack["data"]["detail"]["places"]
        return places

    def join(self, game_id: str, key: str | None = None) -> Self:
        self.game_id, self.key = game_id, key
        self._retrying(lambda talker: None)
        return self

    def state(self) -> dict[str, Any]:
        """The whole state, asked for now."""
        found: dict[str, Any] = self.do("game_state")["data"]["state"]
        return found

    def do(
        self,
        type_: str,
        data: dict[str, Any] | None = None,
        *,
        id_: str | None = None,
        accept: bool = True,
    ) -> dict[str, Any]:
        """
        Have a command answered, whatever it takes; the answer.

        :param accept: it must not be an error
        """
        id_ = id_ or uuid.uuid4().hex[:22]
        tries = 0

        def attempt(talker: Talker) -> dict[str, Any]:
            nonlocal tries
            tries += 1
            self.sent_again += tries == 2
            talker.say(type_, data, game_id=self.game_id, id_=id_)
            until = time.monotonic() + self._within
            while True:
                message = self._hear(talker, max(0.01, until - time.monotonic()))
                if message.get("id") == id_:
                    return message

        while True:
            answer: dict[str, Any] = self._retrying(attempt)
            if answer["type"] != "error" or answer["data"]["code"] not in AGAIN:
                break
            time.sleep(answer["data"].get("retry_after_ms", 50) / 1000)
        assert not accept or answer["type"] != "error", answer
        return answer

    def send_and_hang_up(self, type_: str, data: dict[str, Any], id_: str) -> None:
        """Send it, and be gone before the answer, as a phone in a lift."""
        try:
            talker = self._connected()
            talker.say(type_, data, game_id=self.game_id, id_=id_)
        except LOST:
            pass
        self.close()

    def listen(self, seconds: float) -> None:
        """Hear what comes within *seconds*, connecting again as often as needed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                self._hear(self._connected(), left)
            except TimeoutError:
                return
            except LOST:
                self.close()
                time.sleep(0.02)

    def listen_until(self, version: int, seconds: float = 20.0) -> None:
        """Hear until this client has been told of *version*."""
        until = time.monotonic() + seconds
        while (self.follower.version or 0) < version:
            if time.monotonic() > until:
                raise GaveUp(f"not told of {version}, only of {self.follower.version}")
            self.listen(0.1)

    # -- connections

    def _retrying(self, attempt: Callable[[Talker], Any]) -> Any:
        until = time.monotonic() + self._patience
        while time.monotonic() < until:
            try:
                return attempt(self._connected())
            except LOST:
                self.close()
                time.sleep(0.02)
        raise GaveUp(f"no answer within {self._patience} s")

    def _connected(self) -> Talker:
        if self._talker is None:
            talker = Talker(self._url(), token=self.token, source=self._source)
            self.connections += 1
            try:
                self._introduce(talker)
            except BaseException:
                self._cut(talker)
                raise
            self._talker = talker
        return self._talker

    def _introduce(self, talker: Talker) -> None:
        self.follower.hear(talker.greeting)
        if self.game_id is None and self.token is None:
            id_ = talker.say("connect", {})  # who creates needs a device that outlives connections
        else:
            said: dict[str, Any] = {"heartbeat_ms": 120_000}
            said |= {"token": self.token} if self.token else {}
            said |= {"key": self.key} if self.key and self.token is None else {}
            resume = self.follower.resume()
            said |= {"resume": resume} if resume else {}
            id_ = talker.say("connect", said, game_id=self.game_id)
        while True:
            answer = self._hear(talker, self._within)
            if answer.get("id") == id_:
                break
        if answer["type"] == "error":
            # It does not come up to a fault of the network: the test is wrong, or the server is.
            raise AssertionError(answer)
        self.token = answer["data"]["token"]

    def _hear(self, talker: Talker, seconds: float) -> dict[str, Any]:
        message = talker.hear(seconds)
        talker.heard.clear()
        self.follower.hear(message)
        return message

    @staticmethod
    def _cut(talker: Talker) -> None:
        talker.socket.socket.close()
        talker.socket.close_socket()


class Listener(threading.Thread):
    """A :class:`Stubborn` that only watches, in its own thread, and is cut off now and then."""

    def __init__(self, client: Stubborn, cut_off: bool = True) -> None:
        super().__init__(daemon=True)
        self.client = client
        self._cut_off = cut_off
        self.error: BaseException | None = None
        self._stop_it = threading.Event()
        self._random = random.Random(1)

    def run(self) -> None:
        try:
            while not self._stop_it.is_set():
                self.client.listen(0.1)
                if self._cut_off and self._random.random() < 0.05:
                    self.client.close()
        except BaseException as error:
            self.error = error

    def done(self, version: int) -> Follower:
        """Stop, but hear of *version* first; what it was told."""
        self._stop_it.set()
        self.join(10)
        if self.error is not None:
            raise self.error
        self.client.listen_until(version)
        self.client.close()
        return self.client.follower
