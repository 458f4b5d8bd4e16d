"""
The rulesets that there are: those shipped in ``rulesets/``, and a venue's own.

The shipped numbers are facts about games, not their rules, and were gathered in November 2026:
Warhammer 40,000 from Chapter Approved 2025-26 (10th edition) and 2026-27 (11th), Age of Sigmar
from its 4th edition (score caps change with each season's battle pack, so none are set), Kill
Team from the 2024 edition with Approved Ops, chess from the usual 90 minutes for 40 moves, then
30, with 30 seconds a move. The event score of 40k is the 20-0 table of team championships.
Numbers age: a venue corrects them with a file of its own that extends a shipped ruleset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib.resources import files

import msgspec
from msgspec import Struct

from .ruleset import BadRuleset, Ruleset, Slug, fitted, parse_json, parse_ruleset, ruleset_of


@cache
def shipped() -> dict[str, Ruleset]:
    """Every ruleset that comes with the package, by id. It is shared: do not change it."""
    folder = files(__package__).joinpath("rulesets")
    texts = sorted(file.name for file in folder.iterdir() if file.name.endswith(".json"))
    rulesets = [parse_ruleset(folder.joinpath(text).read_bytes()) for text in texts]
    return {ruleset.id: ruleset for ruleset in rulesets}


def house(texts: Mapping[str, bytes]) -> dict[str, Ruleset]:
    """
    A venue's own rulesets, by id; the caller lays them over :func:`shipped`.

    A file holds a whole ruleset, or ``"extends": "<id>"`` and what differs: objects are merged
    field by field, lists and all else replaced (``null`` included). It may extend a shipped
    ruleset or another file's, in any order. A file with the id of a shipped ruleset stands in
    for it, and may extend the very one it replaces.

    :param texts: the JSON texts by file name
    :raises BadRuleset: naming the file and, where there is one, the field
    """
    drafts = _drafts(texts)
    rulesets: dict[str, Ruleset] = {}
    for key in _bases_first(drafts):
        rulesets[key] = _finished(drafts[key], shipped() | rulesets)
    return rulesets


class _Head(Struct, frozen=True):
    """What must be known of a file before the ruleset in it can be built."""

    id: Slug
    extends: Slug | None = None


class _Draft(Struct, frozen=True):
    file: str
    head: _Head
    data: dict[str, object]


def _drafts(texts: Mapping[str, bytes]) -> dict[str, _Draft]:
    drafts: dict[str, _Draft] = {}
    for file, raw in sorted(texts.items()):
        with _naming(file):
            data = fitted(parse_json(raw), dict[str, object])
            draft = _Draft(file, fitted(data, _Head), data)
            if twin := drafts.get(draft.head.id):
                raise BadRuleset(f"{draft.head.id!r} is also in {twin.file}", "id")
        drafts[draft.head.id] = draft
    return drafts


def _bases_first(drafts: Mapping[str, _Draft]) -> list[str]:
    """The ids in an order in which every file comes after the one it extends."""
    bases = {key: drafts.keys() & {draft.head.extends} - {key} for key, draft in drafts.items()}
    try:
        return list(TopologicalSorter(bases).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        message = f"they extend each other in a circle: {', '.join(circle)}"
        raise BadRuleset(message, "extends", drafts[circle[0]].file) from error


def _finished(draft: _Draft, known: Mapping[str, Ruleset]) -> Ruleset:
    with _naming(draft.file):
        if draft.head.extends is None:
            return ruleset_of(draft.data)
        base = known.get(draft.head.extends)
        if base is None:
            raise BadRuleset(f"there is no ruleset {draft.head.extends!r} to extend", "extends")
        changes = {key: value for key, value in draft.data.items() if key != "extends"}
        return ruleset_of(_merged(msgspec.to_builtins(base), changes))


def _merged(base: object, changes: object) -> object:
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return base | {key: _merged(base.get(key), value) for key, value in changes.items()}


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Let a complaint say in which file the trouble is."""
    try:
        yield
    except BadRuleset as bad:
        raise BadRuleset(bad.message, bad.field, file) from bad
