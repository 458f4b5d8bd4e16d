"""The one way in, bytes to a message or :exc:`Malformed`; and the one way out."""

from __future__ import annotations

import json
import re
from typing import Any, Never

import msgspec

from .errors import ErrorCode
from .messages import Inbound, Message, Outbound

DEPTH_MAX = 16
"""Objects and lists in one another; no message of ours has more than six."""


class Malformed(Exception):
    """
    What came is not a message.

    :ivar code: what is wrong with it
    :ivar field: the field at fault, as a path (``data.player``), or None
    :ivar id: the command's own id, if that much could be read
    """

    def __init__(
        self, code: ErrorCode, message: str, field: str | None = None, id_: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.id = id_


_messages: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_encoder = msgspec.json.Encoder()


class _Repeated(ValueError):
    """An object has a key twice."""


def _unlike(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise _Repeated(next(key for key in keys if keys.count(key) > 1))
    return found


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


_strict = json.JSONDecoder(object_pairs_hook=_unlike, parse_constant=_no_constant)


def decode(payload: bytes) -> Message:
    """
    The message that *payload* holds.

    :raises Malformed: it holds none; the only exception, whatever the bytes
    """
    try:
        message = _messages.decode(payload)
    except (ValueError, RecursionError) as e:
        return _again(payload, e)
    _no_repeats(payload, message.id)
    return message


def _no_repeats(payload: bytes, id_: str | None) -> None:
    """A typed decoder takes the last of two equal keys without a word; others take the first."""
    try:
        _strict.decode(payload.decode())
    except _Repeated as e:
        raise Malformed(ErrorCode.BAD_JSON, f"the key {e} is there twice", str(e), id_) from None


def _again(payload: bytes, error: ValueError | RecursionError) -> Message:
    """Without its ``x_…`` fields it may be a message; else say what is wrong."""
    if isinstance(error, msgspec.ValidationError) and "unknown field `x_" in str(error):
        try:
            plain = _strict.decode(payload.decode())
            return _messages.decode(_encoder.encode(_without_x(plain)))
        except _Repeated as e:
            raise Malformed(ErrorCode.BAD_JSON, f"the key {e} is there twice", str(e)) from None
        except (ValueError, RecursionError) as e:
            error = e
    code, message, field = _what(error)
    raise Malformed(code, message, field, _id_of(payload))


def _without_x(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_x(v) for k, v in value.items() if not k.startswith("x_")}
    return [_without_x(v) for v in value] if isinstance(value, list) else value


class _OnlyId(msgspec.Struct):
    id: str | None = None


_ids = msgspec.json.Decoder(_OnlyId)
_ID = re.compile(r"[A-Za-z0-9_-]{8,36}")


def _id_of(payload: bytes) -> str | None:
    """The id of something that is otherwise no message, so that it can be answered."""
    try:
        found = _ids.decode(payload).id
    except (ValueError, RecursionError):
        return None
    return found if found and _ID.fullmatch(found) else None


_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`$")
_NAMED = re.compile(r"(?:required|unknown) field `(?P<name>[^`]*)`")
_CLEANED = re.compile(r"^(?P<name>\w+): (?P<text>.*)$", re.DOTALL)
_KINDS: tuple[tuple[str, ErrorCode], ...] = (
    ("missing required field", ErrorCode.MISSING_FIELD),
    ("unknown field", ErrorCode.UNKNOWN_FIELD),
    ("matching regex", ErrorCode.BAD_VALUE),
    ("of length", ErrorCode.TOO_LONG),
    (" <= ", ErrorCode.OUT_OF_RANGE),
    (" >= ", ErrorCode.OUT_OF_RANGE),
    ("out of range", ErrorCode.OUT_OF_RANGE),
    ("Expected `", ErrorCode.WRONG_TYPE),
    ("Invalid value", ErrorCode.BAD_VALUE),
    ("Invalid enum value", ErrorCode.BAD_VALUE),
    ("Invalid RFC3339", ErrorCode.BAD_VALUE),
)


def _what(error: ValueError | RecursionError) -> tuple[ErrorCode, str, str | None]:
    """Code, sentence and field of what the typed decoder found wrong."""
    if not isinstance(error, msgspec.ValidationError):
        said = "too deep" if isinstance(error, RecursionError) else "not JSON text"
        return ErrorCode.BAD_JSON, said, None
    text = str(error)
    at = _PATH.search(text)
    path = at["path"] if at else ""
    text = _PATH.sub("", text)
    if named := _NAMED.search(text):
        path = f"{path}.{named['name']}" if path else named["name"]
    if path in ("type", "data.op") and text.startswith("Invalid value"):
        return ErrorCode.UNKNOWN_TYPE, f"{path}: {text}", path
    for sign, code in _KINDS:
        if sign in text:
            break
    else:  # a cleaner's own words: "name: A name needs at least one visible sign."
        code = ErrorCode.TOO_LONG if "At most" in text else ErrorCode.BAD_VALUE
        if cleaned := _CLEANED.match(text):
            path, text = f"{path}.{cleaned['name']}".lstrip("."), cleaned["text"]
    if not path:
        return ErrorCode.BAD_JSON, "not a JSON object", None
    return code, f"{path}: {text}", path


def encode(message: Outbound) -> bytes:
    """One frame, to be shared by all who receive it."""
    return _encoder.encode(message)


def body_of(message: Inbound) -> bytes:
    """What a command asks, without its envelope's id and timestamp: the same again or not?"""
    return _encoder.encode(
        (type(message).__name__, message.game_id, getattr(message, "data", None))
    )
