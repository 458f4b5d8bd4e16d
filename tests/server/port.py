"""The whole HTTP side of a server, from the head of a request on; only the system below is fake."""

from __future__ import annotations

import json
from typing import Any

import attrs

from gamesync.limits import Limits
from gamesync.server.about import Box
from gamesync.server.channel import GuardedSite
from gamesync.server.front import FrontFactory
from gamesync.server.gate import Gate
from gamesync.server.site import site
from gamesync.server.websocket import ConnectionFactory

from ..house import House
from .echo import Echo
from .kit import Socket, request

HOST = "192.168.1.2"


@attrs.frozen
class Said:
    """An answer."""

    code: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Port:
    """A house with a port for HTTP."""

    def __init__(self, house: House, box: Box | None = None) -> None:
        self.house = house
        box = box or Box()
        limits = Limits()
        connections = ConnectionFactory(house.reactor, Echo, limits, box.door)
        guarded = GuardedSite(site(house.hub, box), house.reactor, limits, box.door)
        gate = Gate(house.reactor.seconds, limits, box.door)
        self._front = FrontFactory(house.reactor, guarded, connections, gate)

    def ask(
        self,
        target: str,
        *lines: str,
        method: str = "GET",
        body: bytes = b"",
        peer: str = "192.168.1.5",
        host: str = HOST,
    ) -> Said:
        """One request, on a connection of its own."""
        socket = Socket(self.house.reactor, peer)
        socket.attach(self._front)
        size = [f"Content-Length: {len(body)}"] if body or method == "POST" else []
        head = request(target, *lines, *size, "Connection: close", method=method, host=host)
        answer = socket.say(head + body)
        top, _, rest = answer.partition(b"\r\n\r\n")
        status, *named = top.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in named)
        found = {name.lower(): value for name, value in headers.items()}
        return Said(int(status.split()[1]), found, rest)

    def tag(self, target: str) -> str:
        """The ETag; asked with it again, there is nothing new."""
        tag = self.ask(target).headers["etag"]
        same = self.ask(target, f"If-None-Match: {tag}")
        assert (same.code, same.body) == (304, b"")
        return tag
