"""What comes from the server and what goes to it, between bytes and plain values."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct


class Message(Struct, frozen=True, kw_only=True):
    """
    One message from the server. Fields that it does not know, it ignores.

    ``data`` is plain JSON, so that a client shows what a newer server sends, too.
    """

    type: str
    data: dict[str, Any] = {}
    game_id: str | None = None
    id: str | None = None
    version: int | None = None
    timestamp: str = ""


class Garbled(Exception):
    """What came is no message at all; whoever sent it is no server of ours."""


_messages = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()


def read(payload: bytes) -> Message:
    """
    The message that *payload* holds.

    :raises Garbled: it holds none
    """
    try:
        return _messages.decode(payload)
    except (ValueError, RecursionError) as error:
        raise Garbled(f"what came is no message: {error}") from None


def write(
    type_: str, data: Mapping[str, Any], *, game_id: str | None = None, id_: str | None = None
) -> bytes:
    """A message to the server; what is None is left out."""
    envelope: dict[str, Any] = {"type": type_, "data": data}
    if game_id is not None:
        envelope["game_id"] = game_id
    if id_ is not None:
        envelope["id"] = id_
    return _encoder.encode(envelope)


def new_id() -> str:
    """An id for a command: 128 random bits, 22 signs."""
    return secrets.token_urlsafe(16)
