"""What the box says of itself over HTTP: how phones reach it, what can be played."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator, IPushProducer
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import Agent, ResponseDone
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from ..client.tls import StrictTLS, trust

TIMEOUT_S = 5.0
MOST_BYTES = 1_000_000
"""A box says far less of itself."""


class NoAnswer(Exception):
    """The box did not say. The text is for people."""


@implementer(IPolicyForHTTPS)
class _Policy:
    """Whom we believe to be the box: as the WebSocket does."""

    def __init__(self, ca_file: str | None) -> None:
        self._trust = trust(ca_file)

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        return StrictTLS(hostname.decode("ascii"), self._trust)


class _Body(Protocol):
    """
    Reads the body of an answer, and hangs up on one that is too long or not waited for any more.

    Twisted's own ``readBody`` cannot: the transport that an answer brings with it has no
    ``abortConnection``. It can be told that nothing more is wanted, though.

    :ivar read: fires with the whole body; cancelling it ends the connection
    """

    def __init__(self) -> None:
        self.read: Deferred[bytes] = Deferred(lambda _: self._hang_up())
        self._held = bytearray()

    def dataReceived(self, data: bytes) -> None:
        if self.read.called:
            return
        self._held += data
        if len(self._held) > MOST_BYTES:
            self._hang_up()
            self.read.errback(NoAnswer(f"more than {MOST_BYTES} bytes"))

    def connectionLost(self, reason: Failure | None = None) -> None:
        if self.read.called:
            return
        assert reason is not None
        if reason.check(ResponseDone):
            self.read.callback(bytes(self._held))
        else:
            self.read.errback(reason)

    def _hang_up(self) -> None:
        IPushProducer(self.transport).stopProducing()


async def about(reactor: Any, server_url: str, ca_file: str | None = None) -> dict[str, Any]:
    """
    ``GET /api/v1/about`` of the box at *server_url* (``ws://`` or ``wss://``).

    :raises NoAnswer: there is none, or none that makes sense
    """
    address = page_of(server_url) + "api/v1/about"
    if address.startswith("https"):
        agent = Agent(reactor, _Policy(ca_file), connectTimeout=TIMEOUT_S)
    else:
        agent = Agent(reactor, connectTimeout=TIMEOUT_S)
    try:
        asked = agent.request(b"GET", address.encode("ascii"))
        asked.addTimeout(TIMEOUT_S, reactor)
        response = await asked
        body = _Body()
        response.deliverBody(body)
        body.read.addTimeout(TIMEOUT_S, reactor)
        found = json.loads(await body.read)
    except Exception as error:  # of many kinds, all of the network
        raise NoAnswer(str(error)) from error
    if response.code != 200 or not isinstance(found, dict) or "address" not in found:
        raise NoAnswer(f"{address} answers {response.code}")
    return found


def page_of(server_url: str) -> str:
    """Address of the front page beside a WebSocket's, with a slash at its end."""
    parts = urlsplit(server_url)
    scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
    path = parts.path.removesuffix("ws")
    return urlunsplit((scheme, parts.netloc, path if path.endswith("/") else path + "/", "", ""))


def outside(box: dict[str, Any], link: str) -> str:
    """A link as phones reach it; *link* is as the server gives it with a place."""
    return urljoin(str(box["address"]), link)
