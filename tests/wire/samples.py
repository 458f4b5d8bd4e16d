"""A message of every type and form, made from the types: once whole, once with the least."""

from __future__ import annotations

import re
from typing import Any

from msgspec import inspect

from gamesync.wire.messages import Inbound
from gamesync.wire.schema import messages_from_clients

TEXTS = ("Anna", "abcdefgh", "wh40k-10e", "player:1", "a" * 43, "#3fa7ff", "20:30")
BY_NAME = {"list_link": "https://example.org/lists/7"}
BY_OP = {("resume", "why"): "player:1"}


def samples() -> list[dict[str, Any]]:
    """One with all fields and one with the least, of each type and ``op``."""
    return [
        _message(message, form, full)
        for message in messages_from_clients()
        for form in _forms(message)
        for full in (True, False)
    ]


def name_of(sample: dict[str, Any]) -> str:
    data = sample.get("data", {})
    return "-".join((sample["type"], data.get("op", ""), "full" if "id" in sample else "least"))


def _forms(message: type[Inbound]) -> tuple[inspect.StructType, ...]:
    data = next(f for f in _struct(message).fields if f.name == "data").type
    forms = data.types if isinstance(data, inspect.UnionType) else (data,)
    return tuple(form for form in forms if isinstance(form, inspect.StructType))


def _message(message: type[Inbound], form: inspect.StructType, full: bool) -> dict[str, Any]:
    made: dict[str, Any] = {"type": str(_struct(message).tag), "data": _object(form, full)}
    if full:
        made |= {"game_id": "f3KqPz01", "id": "tap-000001", "timestamp": "2026-11-22T18:07:00Z"}
    return made


def _struct(kind: type) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def _object(kind: inspect.StructType, full: bool) -> dict[str, Any]:
    made = {} if kind.tag is None else {str(kind.tag_field): kind.tag}
    for field in kind.fields:
        if full or field.required:
            named = BY_OP.get((str(kind.tag), field.name), BY_NAME.get(field.name))
            made[field.encode_name] = _value(field.type, full) if named is None else named
    return made


def _value(kind: inspect.Type, full: bool) -> Any:
    match kind:
        case inspect.UnionType(types=types):
            return _value(types[0], full)
        case inspect.StructType():
            return _object(kind, full)
        case inspect.LiteralType(values=values):
            return values[0]
        case inspect.VarTupleType(item_type=item):
            return [_value(item, full)]
        case inspect.BoolType():
            return True
        case inspect.IntType(ge=low) | inspect.FloatType(ge=low):
            return max(1, int(low or 0))
        case inspect.StrType(pattern=pattern, min_length=least):
            fits = (t for t in TEXTS if len(t) >= (least or 0))
            return next(t for t in fits if re.search(pattern or "", t))
    raise TypeError(kind)
