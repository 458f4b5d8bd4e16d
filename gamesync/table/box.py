"""What the box says of itself over HTTP: how phones reach it, what can be played."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.web.client import Agent, readBody
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from ..client.tls import StrictTLS, trust

TIMEOUT_S = 5.0


class NoAnswer(Exception):
    """The box did not say. The text is for people."""


@implementer(IPolicyForHTTPS)
class _Policy:
    """Whom we believe to be the box: as the WebSocket does."""

    def __init__(self, ca_file: str | None) -> None:
        self._trust = trust(ca_file)

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:
        return StrictTLS(hostname.decode("ascii"), self._trust)


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
        read = readBody(response)
        read.addTimeout(TIMEOUT_S, reactor)
        found = json.loads(await read)
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
