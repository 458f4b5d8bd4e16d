"""Who asks in HTTP: the device whose token stands in the ``Authorization`` header."""

from __future__ import annotations

from http import HTTPStatus
from math import ceil

import msgspec
from twisted.web.server import Request

from .. import access
from ..wire.messages import Token
from .hub import Hub

_token = msgspec.json.Decoder(Token)


class Denied(Exception):
    """
    The answer is a bare status.

    :ivar retry_after_s: seconds after which to ask again; 0: not said
    :ivar error: why it is not authorized
    """

    def __init__(
        self, status: HTTPStatus, retry_after_s: int = 0, error: str = "bad_credentials"
    ) -> None:
        super().__init__(status.phrase)
        self.status = status
        self.retry_after_s = retry_after_s
        self.error = error


async def device_of(hub: Hub, request: Request) -> str | None:
    """
    The device that shows its token; None if no token is shown.

    The token is read from the header alone: addresses are kept in logs and histories. While an
    address waits for its wrong guesses, right ones are refused too.

    :raises Denied: what is shown is no token, or one that is too old; or the address has guessed
        too often
    :raises gamesync.store.Unavailable: the store is not to be had
    """
    shown = request.requestHeaders.getRawHeaders(b"authorization") or []
    if not shown:
        return None
    wait = hub.guesses.wait(peer_of(request), hub.seconds())
    if wait > 0:
        raise Denied(HTTPStatus.TOO_MANY_REQUESTS, ceil(wait))
    scheme, _, token = shown[0].partition(b" ")
    if len(shown) > 1 or scheme.lower() != b"bearer":
        raise wrong(hub, request)
    try:
        shown_ = _token.decode(msgspec.json.encode(token.strip().decode("ascii")))
    except ValueError:
        raise wrong(hub, request) from None
    device = access.device_id(shown_)
    if not await hub.tokens.show(device):
        raise Denied(HTTPStatus.UNAUTHORIZED, error="token_expired")
    return device


def wrong(hub: Hub, request: Request) -> Denied:
    """The token opens nothing here; it is counted as a wrong guess, and no more is told."""
    hub.guesses.wrong(peer_of(request), hub.seconds())
    return Denied(HTTPStatus.UNAUTHORIZED)


def peer_of(request: Request) -> str:
    """The address that asks; the forwarded one behind a named proxy."""
    visitor = getattr(request, "visitor", None)
    return str(visitor.peer if visitor is not None else request.getClientAddress().host)
