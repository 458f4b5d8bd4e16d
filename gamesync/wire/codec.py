"""The one way in, bytes to a message or :exc:`Malformed`; and the one way out."""

from __future__ import annotations

import json
import re
from typing import Any, Never

import msgspec

from .errors import ErrorCode
from .messages import CommandId, Inbound, Message, Outbound

DEPTH_MAX = 16
"""Objects and lists in one another; no message of ours has more than six."""

MESSAGE_MAX = 200
"""Signs of an error message at most: it may quote what came, but not hand it all back."""


class Malformed(Exception):
    """
    What came is not a message.

    :ivar code: what is wrong with it
    :ivar message: a sentence for people: one line, printable, at most ``MESSAGE_MAX`` signs
    :ivar field: the field at fault, as a path (``data.presses[2].player``), or None
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
_anything = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def decode(payload: bytes) -> Message:
    """
    The message that *payload* holds.

    :raises Malformed: it holds none; the only exception, whatever the bytes
    """
    try:
        message = _messages.decode(payload)
    except (ValueError, RecursionError) as error:
        return _again(payload, error)
    # The typed decoder takes the last of two equal keys without a word; others take the first.
    # Without backslashes the quotes alone say which strings there are, and if no string is there
    # twice, no key is: so the slow look is seldom needed.
    strings = payload.split(b'"')[1::2]
    if b"\\" in payload or len(set(strings)) != len(strings):
        _well_formed(payload)
    return message


def encode(message: Outbound) -> bytes:
    """One frame, to be shared by all who receive it."""
    return _encoder.encode(message)


def body_of(message: Inbound) -> bytes:
    """What a command asks, without its envelope's id and timestamp: the same again or not?"""
    return _encoder.encode(
        (type(message).__name__, message.game_id, getattr(message, "data", None))
    )


def _again(payload: bytes, error: ValueError | RecursionError) -> Message:
    """Without its ``x_…`` fields it may be a message; else say what is wrong."""
    if isinstance(error, msgspec.ValidationError):
        _well_formed(payload)  # what is no JSON at all may have begun like a message
        if "unknown field `x_" in str(error):
            try:
                return _plain(payload)
            except ValueError as e:
                error = e
    code, message, field = _what(error)
    raise Malformed(code, _shown(message), field, _id_of(payload))


def _plain(payload: bytes) -> Message:
    """The message, but for its fields that begin with ``x_``."""
    try:
        value = _anything.decode(payload)
    except msgspec.ValidationError:  # it has no names for where that was
        raise Malformed(ErrorCode.OUT_OF_RANGE, _TOO_BIG, None, _id_of(payload)) from None
    message: Message = msgspec.convert(_without_x(value), Message)
    return message


def _without_x(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_x(v) for k, v in value.items() if not k.startswith("x_")}
    return [_without_x(v) for v in value] if isinstance(value, list) else value


# --------------------------------------------------------------------- JSON, to the letter


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is not JSON")


_strict = json.JSONDecoder(
    object_pairs_hook=tuple, parse_int=len, parse_float=len, parse_constant=_no_constant
)
"""Looks at form only: an object is the tuple of its pairs, and no number is worked out."""


def _well_formed(payload: bytes) -> None:
    """
    Look for what the typed decoder lets pass, or has not come to.

    :raises Malformed: *payload* is not JSON, has a key twice, or is too deep
    """
    try:
        tree = _strict.decode(payload.decode())
    except RecursionError:
        raise Malformed(ErrorCode.BAD_JSON, _TOO_DEEP, None, _id_of(payload)) from None
    except ValueError:
        raise Malformed(ErrorCode.BAD_JSON, _NOT_JSON, None, _id_of(payload)) from None
    _each_key_once(tree, "", DEPTH_MAX, payload)


def _each_key_once(tree: object, path: str, depth: int, payload: bytes) -> None:
    if not depth:
        raise Malformed(ErrorCode.BAD_JSON, _TOO_DEEP, None, _id_of(payload))
    if isinstance(tree, list):
        for at, item in enumerate(tree):
            if isinstance(item, tuple | list):
                _each_key_once(item, f"{path}[{at}]", depth - 1, payload)
    elif isinstance(tree, tuple):
        seen: set[str] = set()
        for key, item in tree:
            if key in seen:
                here = _joined(path, key)
                # With two ids there is no saying whose answer this is.
                id_ = None if here == "id" else _id_of(payload)
                raise Malformed(ErrorCode.BAD_JSON, f"{here}: the key is there twice", here, id_)
            seen.add(key)
            if isinstance(item, tuple | list):
                _each_key_once(item, _joined(path, key), depth - 1, payload)


# ----------------------------------------------------------------------- what is wrong


class _OnlyId(msgspec.Struct):
    id: CommandId | None = None


_ids = msgspec.json.Decoder(_OnlyId)


def _id_of(payload: bytes) -> str | None:
    """The id of something that is otherwise no message, so that it can be answered."""
    try:
        return _ids.decode(payload).id
    except (ValueError, RecursionError):
        return None


_TOO_DEEP = "too many objects and lists in one another"
_NOT_JSON = "not JSON text"
_TOO_BIG = "a number is beyond all bounds"

_PATH = re.compile(r" - at `\$\.?(?P<path>[^`]*)`\Z")
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<name>[^`]*)")
_CLEANED = re.compile(r"(?P<name>[a-z0-9_]+): (?P<text>[A-Z].*)", re.DOTALL)
_KINDS: tuple[tuple[re.Pattern[str], ErrorCode], ...] = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        # First words of the typed decoder's sentences; what it quotes comes after them.
        (r"Expected `str` matching", ErrorCode.BAD_VALUE),
        (r"Expected `str` of length <=", ErrorCode.TOO_LONG),
        (r"Expected `str` of length", ErrorCode.BAD_VALUE),
        (r"Expected `array` of length", ErrorCode.OUT_OF_RANGE),
        (r"Expected `\w+` [<>]=", ErrorCode.OUT_OF_RANGE),
        (r"(?:Number|Integer value) out of range", ErrorCode.OUT_OF_RANGE),
        (r"Expected `", ErrorCode.WRONG_TYPE),
        (r"At most \d", ErrorCode.TOO_LONG),  # a cleaner's sentence
    )
)


def _what(error: ValueError | RecursionError) -> tuple[ErrorCode, str, str | None]:
    """Code, sentence and field of what the typed decoder found wrong."""
    if not isinstance(error, msgspec.ValidationError):
        return (
            ErrorCode.BAD_JSON,
            _TOO_DEEP if isinstance(error, RecursionError) else _NOT_JSON,
            None,
        )
    text = str(error)
    at = _PATH.search(text)
    path = at["path"] if at else ""
    text = _PATH.sub("", text)
    if named := _NAMED.match(text):
        path = _joined(path, named["name"])
        if named["what"] == "missing required":
            return ErrorCode.MISSING_FIELD, f"{path}: it is needed", path
        return ErrorCode.UNKNOWN_FIELD, f"{path}: there is no such field", path
    if cleaned := _CLEANED.fullmatch(text):  # "name: A name needs at least one visible sign."
        path, text = _joined(path, cleaned["name"]), cleaned["text"]
    if path in ("type", "data.op") and text.startswith("Invalid value"):
        return ErrorCode.UNKNOWN_TYPE, f"{path}: {text}", path
    if not path:
        return ErrorCode.BAD_JSON, "not a JSON object", None
    codes = (code for pattern, code in _KINDS if pattern.match(text))
    return next(codes, ErrorCode.BAD_VALUE), f"{path}: {text}", path


def _joined(path: str, name: str) -> str:
    """A path one field longer; a name that no field of ours could have is made harmless."""
    name = re.sub(r"[^A-Za-z0-9_-]", "?", name[:40]) or "?"
    return f"{path}.{name}" if path else name


def _shown(text: str) -> str:
    """Part of it may be a stranger's: one line, no sign that controls anything, not long."""
    short = text if len(text) <= MESSAGE_MAX else f"{text[: MESSAGE_MAX - 1]}…"
    return "".join(sign if sign.isprintable() else "?" for sign in short)
