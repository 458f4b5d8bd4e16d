"""
The protocol's documents, made from its types: tables for people, a JSON Schema for programs.

``python -m gamesync.wire.schema [folder]`` writes both: what stands between the marks
``<!-- generated: … -->`` and ``<!-- end -->`` of ``protocol.md``, and ``protocol.schema.json``.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec
from msgspec import NODEFAULT, inspect

from ..domain.events import GameFact
from ..domain.profile import GameOptions, Overrides
from ..domain.statuses import allowed
from ..domain.venue.events import VenueFact
from ..domain.venue.view import VenueView
from ..domain.view import View
from . import errors
from .messages import (
    SENT,
    Changed,
    Connect,
    ErrorData,
    Inbound,
    JoinedData,
    Message,
    Outbound,
    Sent,
    StateData,
)

DOCS = Path("docs")
MARKDOWN = "protocol.md"
SCHEMA = "protocol.schema.json"
VIEWS = (View, VenueView)


# ------------------------------------------------------------------- words beside the types


class Words(NamedTuple):
    """What the source says of a class: its docstring, and the one below each attribute."""

    doc: str
    fields: dict[str, str]


_IN_JSON = {"None": "`null`", "True": "`true`", "False": "`false`"}
_REST: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r":class:`(\w+)`"), r"`\1`"),
    (re.compile(r"``"), "`"),
    (re.compile(r"\b(?:None|True|False)\b"), lambda word: _IN_JSON[word[0]]),
    (re.compile(r"\s*\n\s*\n\s*"), "\n\n"),
    (re.compile(r"(?<!\n)\n[ \t]*(?!\n)"), " "),
)
_IVAR = re.compile(r"^\s*:ivar (\w+): (.*)$", re.MULTILINE)


def words(kind: type) -> Words:
    """What is said of *kind*, and of its fields here or in a class above it."""
    found: dict[str, str] = {}
    for base in reversed((*kind.__mro__, *_ALIKE.get(kind, ()))):
        found |= _in_module(base.__module__).get(base.__name__, Words("", {})).fields
    return Words(_in_module(kind.__module__).get(kind.__name__, Words("", {})).doc, found)


_EVERYWHERE = {
    "by": "In whose name: the right that was used.",
    "category": "A column of the score sheet, by its id in the ruleset.",
    "device": "A device, by its name in lists; no secret.",
    "epoch": "Names the history of the database; versions mean something only within it.",
    "if_version": "Refused as `conflict` if it has changed since this version.",
    "list_link": "Address of an army list: http or https.",
    "note": "A line for the log.",
    "now": "Server game time.",
    "reason": "Why; a line for the log.",
    "round": "Battle round, from 1.",
    "version": "A version of the game.",
}
"""What fields of these names mean where nothing else is said."""
_IN_COMMANDS = {
    **_EVERYWHERE,
    "round": "Battle round, from 1; 0 is the cell that counts once for the whole game.",
    "client_type": "The kind of screen; rights come from what it holds.",
    "player": "Which seat; where it is optional, the sender's own.",
    "pressed_at": "Game time of a press that was late on its way; else its arrival counts.",
}
_SECTIONS = {
    "status": "Where the match is; see [the match](#the-match).",
    "players": "Who plays, player 1 first.",
    "scores": "The sheet.",
    "turn": "Round and turn.",
    "clock": "See [drawing the clock](#drawing-the-clock).",
    "setup": "What of the set-up is next.",
    "result": "How it ended, and for whom.",
    "signatures": "Who has signed.",
    "dispute": "What is said to be wrong.",
    "judge": "The call for a judge that is open.",
    "proposals": "What the other player is asked.",
    "contested": "Presses that a cut-off table says were made; see [late presses](#late-presses).",
    "settings": "By key; see `settings_update`.",
    "devices": "Who holds a place here; empty for observers.",
    "gaps": "Down time.",
    "table": "Where it is played.",
    "profile": "`club` or `event`.",
    "options": "What it is played under; hosts of club games change some of them as settings.",
    "ruleset": "The rules that it is played by, whole.",
    "tables": "Places where games are played.",
    "events": "Tournaments, leagues: their people, rounds and pairings.",
    "announcements": "What every screen should show, until it lapses.",
    "round_clock": "The clock of the round of an event.",
    "displays": "Screens that show what they are told to.",
}
"""What the sections of the two views are."""
_ALIKE: dict[type, tuple[type, ...]] = {Overrides: (GameOptions,)}
"""Whose fields mean the same as another's."""


@cache
def _in_module(name: str) -> dict[str, Words]:
    file = getattr(sys.modules[name], "__file__", None)
    tree = (
        ast.parse(Path(file).read_text(encoding="utf-8")) if file and file[-3:] == ".py" else None
    )
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)] if tree else []
    return {node.name: _words_of(node) for node in classes}


def _words_of(node: ast.ClassDef) -> Words:
    doc = ast.get_docstring(node) or ""
    fields = {name: _markdown(text) for name, text in _IVAR.findall(doc)}
    for above, below in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(above, ast.AnnAssign)
            and isinstance(above.target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            fields[above.target.id] = _markdown(str(below.value.value))
    return Words(_markdown(_IVAR.sub("", doc)), fields)


def _markdown(text: str) -> str:
    for pattern, instead in _REST:
        text = pattern.sub(instead, text.strip())
    return text


# ------------------------------------------------------------------------ types in words


def _type(kind: inspect.Type) -> str:
    """What a value may be, in words."""
    match kind:
        case inspect.IntType(ge=low, le=high):
            return f"integer{_bounds(low, high)}"
        case inspect.FloatType(ge=low, le=high):
            return f"number{_bounds(low, high)}"
        case inspect.StrType(pattern=pattern) if pattern:
            return f"text like `{_NO_LINE_FEED.sub('', pattern)}`"
        case inspect.StrType(min_length=low, max_length=high):
            return f"text{_length(low, high, 'characters')}"
        case inspect.LiteralType(values=values):
            return _either(f"`{json.dumps(value)}`" for value in values)
        case inspect.UnionType(types=types):
            return _either(_type(inner) for inner in types if not _is_absence(inner))
        case inspect.StructType(cls=cls):
            return _link(cls)
        case inspect.VarTupleType(item_type=item, min_length=low, max_length=high):
            return f"list of {_type(item)}{_length(low, high, '')}"
        case inspect.TupleType(item_types=items):
            return f"list of two: {_type(items[0])}{_or_null(items[0])}"
        case inspect.DictType(value_type=value):
            return f"object of {_type(value)}"
    return _PLAIN[type(kind)]


_NO_LINE_FEED = re.compile(r"\(\?!(?:\\n|\n)\)")
"""What our patterns say against Python's idea of ``$``; to people it is noise."""
_PLAIN: dict[type, str] = {
    inspect.BoolType: "`true` or `false`",
    inspect.DateTimeType: "ISO 8601 text",
    inspect.AnyType: "anything",
    inspect.NoneType: "`null`",
}


def _link(kind: type) -> str:
    """To the heading that :func:`_object` makes; a message may have the same name."""
    return f"[{kind.__name__}](#{kind.__name__.lower()}-object)"


def _object(kind: type) -> list[str]:
    return [f"#### {kind.__name__} object", "", *_said(kind)]


def _is_absence(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.NoneType) or getattr(kind, "cls", None) is msgspec.UnsetType


def _either(parts: Iterable[str]) -> str:
    *most, last = dict.fromkeys(parts)
    return f"{', '.join(most)} or {last}" if most else last


def _number(bound: float) -> str:
    if abs(bound) in (2**53, 2**53 - 1):
        return ("-" if bound < 0 else "") + ("2⁵³" if abs(bound) == 2**53 else "2⁵³-1")
    return f"{bound:,.0f}" if abs(bound) < 1e12 else f"{bound:.0e}"


def _bounds(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" {_number(low)} … {_number(high)}"


def _length(low: int | None, high: int | None, what: str) -> str:
    if high is None:
        return ""
    return f", {f'{low} to {high}' if low else f'at most {high}'} {what}".rstrip()


def _default(field: inspect.Field) -> str:
    if field.required:
        return "**needed**"
    if field.default is NODEFAULT and field.default_factory is NODEFAULT:
        return "as it is"  # an option that the profile decides
    value = _value(field)
    return "optional" if value is None else f"`{_json(value)}`"


def _value(field: inspect.Field) -> object:
    """What a field is that is absent; None also where it then has no value at all."""
    if field.default_factory is not NODEFAULT:
        return field.default_factory()
    return None if field.default is NODEFAULT else field.default


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


# -------------------------------------------------------------------------------- tables


def _cell(text: str) -> str:
    return text.replace("\n\n", " ").replace("|", "\\|")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """A Markdown table; no rows, no table."""
    lines = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in rows]
    head = tuple(head)
    top = [f"| {' | '.join(head)} |", f"| {' | '.join('---' for _ in head)} |"]
    return [*top, *lines, ""] if lines else []


def _struct(kind: type) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def _asked(kind: type) -> list[str]:
    """The fields that a client may send."""
    said = _IN_COMMANDS | words(kind).fields
    rows = (
        (f"`{f.encode_name}`", _type(f.type), _default(f), said.get(f.name, ""))
        for f in _struct(kind).fields
    )
    return _table(("field", "type", "if absent", "meaning"), rows)


_SEEN: dict[tuple[type, str], str] = {
    (kind, "state"): f"{_link(View)}, of the venue {_link(VenueView)}"
    for kind in (JoinedData, StateData)
}
"""What the types leave open: msgspec knows no union of objects without a tag."""


def _told(kind: type) -> list[str]:
    """The fields that a client receives."""
    said = _EVERYWHERE | words(kind).fields
    fields = _struct(kind).fields
    absent = _struct(kind).cls.__struct_config__.omit_defaults
    rows = (
        (
            f"`{f.encode_name}`",
            _SEEN.get((kind, f.name), _type(f.type)) + (_or_null(f.type) if f.required else ""),
            said.get(f.name, "")
            + (f" Absent: `{_json(_value(f))}`." if absent and not f.required else ""),
        )
        for f in fields
    )
    return _table(("field", "type", "meaning"), rows)


def _or_null(kind: inspect.Type) -> str:
    nullable = isinstance(kind, inspect.UnionType) and kind.includes_none
    return " or `null`" if nullable else ""


def _data_of(message: type[Inbound]) -> tuple[type, ...]:
    """The structs that ``data`` of *message* may be: one, or one for each ``op``."""
    data = next(f for f in _struct(message).fields if f.name == "data").type
    forms = data.types if isinstance(data, inspect.UnionType) else (data,)
    return tuple(form.cls for form in forms if isinstance(form, inspect.StructType))


def _tag(kind: type) -> str | None:
    tag = _struct(kind).tag
    return None if tag is None else str(tag)


def messages_from_clients() -> tuple[type[Inbound], ...]:
    return tuple(_unions(Message))


def _unions(union: Any) -> Iterator[Any]:
    for part in get_args(union) or (union,):
        yield from _unions(part) if get_args(part) else (part,)


def _parts(kinds: Iterable[type], known: Iterable[type]) -> list[type]:
    """Every struct within *kinds* that is not among *known*, each once, as they are met."""
    found: dict[type, None] = {}
    seen = set(known)

    def walk(kind: inspect.Type) -> None:
        for inner in (
            *getattr(kind, "types", ()),
            *getattr(kind, "item_types", ()),
            *(getattr(kind, name) for name in ("item_type", "value_type") if hasattr(kind, name)),
        ):
            walk(inner)
        if isinstance(kind, inspect.StructType) and kind.cls not in seen:
            seen.add(kind.cls)
            found[kind.cls] = None
            for field in kind.fields:
                walk(field.type)

    for kind in kinds:
        for field in _struct(kind).fields:
            walk(field.type)
    return list(found)


def _said(kind: type) -> list[str]:
    doc = words(kind).doc
    return [doc, ""] if doc else []


def envelope() -> list[str]:
    known = {f.name: f for f in _struct(Connect).fields}
    said = words(Connect).fields | {
        "type": "Which message it is.",
        "data": "What it says; an object. If absent, `{}` (some messages need it).",
    }
    rows = [
        ("`type`", "text", "**needed**", said["type"]),
        ("`data`", "object", "optional", said["data"]),
    ]
    rows += [
        (f"`{name}`", _type(known[name].type), "optional", said.get(name, ""))
        for name in ("game_id", "id", "timestamp")
    ]
    return [
        *_table(("from a client", "type", "if absent", "meaning"), rows),
        *_table(
            ("from the server", "type", "meaning"),
            (
                (f"`{f.name}`", _type(f.type), words(Outbound).fields.get(f.name, ""))
                for f in _struct(Outbound).fields
            ),
        ),
    ]


def from_clients() -> list[str]:
    lines: list[str] = []
    for message in messages_from_clients():
        lines += [f"### `{_tag(message)}`", "", *_said(message)]
        for form in _data_of(message):
            if op := _tag(form):
                lines += [f'**`"op": "{op}"`**', ""]
            lines += [*_said(form), *(_asked(form) or ["No fields.", ""])]
    lines += ["### Parts of these", ""]
    for part in _of_commands():
        lines += [*_object(part), *_asked(part)]
    return lines


def from_server() -> list[str]:
    lines = _table(
        ("`type`", "`data`", "what it is"),
        ((_quoted(kind.TYPE), _link(kind), _first(kind)) for kind in SENT),
    )
    for kind in SENT:
        lines += [*_object(kind), *_told(kind)]
    for part in _parts(SENT, [*SENT, *VIEWS, *_of_view(), *_of_view(VenueView)]):
        lines += [*_object(part), *_told(part)]
    return lines


def _of_commands() -> list[type]:
    forms = [form for message in messages_from_clients() for form in _data_of(message)]
    return _parts(forms, forms)


def _quoted(type_: str) -> str:
    return f"`{type_}`" if type_.isidentifier() else type_


def _first(kind: type) -> str:
    return words(kind).doc.split("\n\n")[0]


def _of_view(kind: type = View) -> list[type]:
    return _parts([kind], VIEWS)


def _sections(kind: type, but: Iterable[type] = ()) -> list[str]:
    said = _SECTIONS | words(kind).fields
    lines = _object(kind)
    lines += _table(
        ("section", "holds", "meaning"),
        (
            (
                f"`{f.name}`",
                _type(f.type) + _or_null(f.type),
                said.get(f.name, ""),
            )
            for f in _struct(kind).fields
        ),
    )
    for part in _of_view(kind):
        lines += [] if part in but else [*_object(part), *_told(part)]
    return lines


def view() -> list[str]:
    return _sections(View, but=_of_commands())


def venue() -> list[str]:
    return _sections(VenueView, but=[*_of_commands(), *_of_view()])


def _facts(union: Any) -> list[str]:
    def row(kind: type) -> tuple[str, str, str]:
        fields = (f"`{f.name}`{'' if f.required else '?'}" for f in _struct(kind).fields)
        said = [words(kind).doc, *(f"`{k}`: {v}" for k, v in words(kind).fields.items())]
        return f"`{_tag(kind)}`", ", ".join(fields), " ".join(text for text in said if text)

    return _table(("`fact`", "fields", "meaning"), (row(kind) for kind in _unions(union)))


def facts() -> list[str]:
    return _facts(GameFact)


def venue_facts() -> list[str]:
    return _facts(VenueFact)


def statuses() -> list[str]:
    return allowed().splitlines()


def codes() -> list[str]:
    return errors.tables().splitlines()


TABLES = {
    "envelope": envelope,
    "statuses": statuses,
    "from clients": from_clients,
    "from the server": from_server,
    "view": view,
    "facts": facts,
    "venue": venue,
    "venue facts": venue_facts,
    "codes": codes,
}
_MARKED = re.compile(
    r"(?P<mark><!-- generated: (?P<name>[\w ]+) -->\n)(?:.*?\n)??(?P<end><!-- end -->)", re.DOTALL
)


def markdown(text: str) -> str:
    """*text* with every marked part made anew."""

    def filled(marked: re.Match[str]) -> str:
        body = "\n".join(TABLES[marked["name"]]()).strip("\n")
        return f"{marked['mark']}\n{body}\n\n{marked['end']}"

    return _MARKED.sub(filled, text)


# ------------------------------------------------------------------------------- the schema


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of every message, both ways."""
    inbound = messages_from_clients()
    (*refs, seen, venue_seen, fact, venue_fact), parts = msgspec.json.schema_components(
        (*inbound, *SENT, *VIEWS, GameFact, VenueFact), ref_template="#/$defs/{name}"
    )
    asked, told = refs[: len(inbound)], dict(zip(SENT, refs[len(inbound) :], strict=True))
    for part in parts.values():
        # What clients send is strict but for fields of their own; a zone may be missing.
        if part.get("additionalProperties") is False:
            part["patternProperties"] = {"^x_": {}}
        if "description" in part:
            part["description"] = _markdown(_IVAR.sub("", part["description"]))
        for field in part.get("properties", {}).values():
            for inner in (field, *field.get("anyOf", ())):
                inner.pop("format", None)

    def fields_of(ref: dict[str, Any]) -> dict[str, Any]:
        fields: dict[str, Any] = parts[ref["$ref"].rpartition("/")[2]]["properties"]
        return fields

    fields_of(told[StateData])["state"] = {"anyOf": [seen, venue_seen]}
    fields_of(told[JoinedData])["state"] = {"anyOf": [seen, venue_seen, {"type": "null"}]}
    changed = fields_of(told[Changed])
    changed["facts"] = {"type": "array", "items": {"anyOf": [fact, venue_fact]}}
    some = [{"type": "object", "properties": fields_of(ref)} for ref in (seen, venue_seen)]
    changed["state"] = {"anyOf": some}
    said = "One of " + ", ".join(errors.ErrorCode)
    fields_of(told[ErrorData])["code"]["description"] = said
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gamesync.v1",
        "description": "Messages of the gamesync protocol. Made by gamesync.wire.schema.",
        "anyOf": [{"$ref": "#/$defs/FromClient"}, {"$ref": "#/$defs/FromServer"}],
        "$defs": {
            "FromClient": {"anyOf": asked},
            "FromServer": {"anyOf": [_envelope(types, told[kind]) for kind, types in _sent()]},
            **parts,
        },
    }


def _sent() -> Iterator[tuple[type[Sent], list[str]]]:
    """What the server sends, with the types under which it does."""
    for kind in SENT:
        if kind is Changed:
            yield kind, [str(_tag(message)) for message in messages_from_clients()]
        else:
            yield kind, [kind.TYPE]


def _envelope(types: list[str], data: dict[str, Any]) -> dict[str, Any]:
    (found,), parts = msgspec.json.schema_components((Outbound,))
    made = dict(parts[found["$ref"].rpartition("/")[2]])
    made["properties"] = {**made["properties"], "type": {"enum": types}, "data": data}
    made.pop("title")
    made.pop("description")
    return made


def schema_text() -> str:
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    """Write both documents anew, in *arguments*' folder or the checkout's own."""
    folder = Path(*arguments) if arguments else DOCS
    text = (folder / MARKDOWN).read_text(encoding="utf-8")
    (folder / MARKDOWN).write_text(markdown(text), encoding="utf-8")
    (folder / SCHEMA).write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
