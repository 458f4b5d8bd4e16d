"""A plain client for system tests: what goes over the wire, as dicts, in blocking calls."""

from __future__ import annotations

import json
import ssl
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect


class Talker:
    """
    One connection that has been greeted.

    :ivar heard: every message so far
    :ivar token: of this device, once it has connected
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        context: ssl.SSLContext | None = None,
        source: str | None = None,
    ) -> None:
        address = (source, 0) if source else None
        if context is not None:
            # Two threads of this client use one TLS connection, which Python does not guard: with
            # TLS 1.3 one opening in 250 loses what is sent while a session ticket comes in.
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        self._open = ExitStack()
        self.socket: ClientConnection = self._open.enter_context(
            connect(
                url,
                ssl=context,
                source_address=address,
                max_size=None,
                compression=None,
                ping_interval=None,
                close_timeout=2,
            )
        )
        self.heard: list[dict[str, Any]] = []
        self.token = token
        self.game_id: str | None = None
        self.greeting = self.hear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def hear(self, seconds: float = 10.0) -> dict[str, Any]:
        """The next message; :exc:`TimeoutError` if none comes."""
        message: dict[str, Any] = json.loads(self.socket.recv(timeout=seconds))
        self.heard.append(message)
        return message

    def hear_until(
        self, wanted: Callable[[dict[str, Any]], bool], seconds: float = 10.0
    ) -> dict[str, Any]:
        while True:
            message = self.hear(seconds)
            if wanted(message):
                return message

    def say(
        self,
        type_: str,
        data: dict[str, Any] | None = None,
        *,
        game_id: str | None = None,
        id_: str | None = None,
    ) -> str:
        """Send a command; its id."""
        id_ = id_ or uuid.uuid4().hex[:22]
        message: dict[str, Any] = {"type": type_, "id": id_}
        if data is not None:
            message["data"] = data
        if game_id is not None:
            message["game_id"] = game_id
        self.socket.send(json.dumps(message))
        return id_

    def ask(
        self,
        type_: str,
        data: dict[str, Any] | None = None,
        *,
        game_id: str | None = None,
        id_: str | None = None,
        seconds: float = 10.0,
    ) -> dict[str, Any]:
        """Send a command, and hear until it is answered; the answer."""
        id_ = self.say(type_, data, game_id=game_id, id_=id_)
        return self.hear_until(lambda m: m.get("id") == id_, seconds)

    def do(self, type_: str, data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """:meth:`ask`, and it must be accepted."""
        answer = self.ask(type_, data, **more)
        assert answer["type"] != "error", answer
        return answer

    def connect(self, **data: Any) -> dict[str, Any]:
        """Join; the answer to ``connect``."""
        game_id = data.pop("game_id", None)
        if self.token is not None:
            data.setdefault("token", self.token)
        answer = self.do("connect", data, game_id=game_id)
        self.token = answer["data"]["token"]
        self.game_id = answer.get("game_id")
        return answer

    def create(self, **data: Any) -> dict[str, Any]:
        """Make a game and be its host; the ack, with the ways in under ``places``."""
        answer = self.do("game_create", data)
        self.token = answer["data"]["detail"]["token"]
        self.game_id = answer["game_id"]
        return answer

    def state(self) -> dict[str, Any]:
        """All that is to be seen of the game."""
        found: dict[str, Any] = self.do("game_state")["data"]["state"]
        return found
