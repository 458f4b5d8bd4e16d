"""One accepted command as it is told: one frame, with all that it changed, for each audience."""

from __future__ import annotations

from typing import Any

import attrs

from .domain.values import Version
from .domain.view import Audience
from .wire.codec import encode
from .wire.messages import Changed, Outbound


@attrs.frozen(kw_only=True)
class Frame:
    """One version as it is told, rendered once for each audience."""

    version: Version
    match: bytes
    public: bytes

    def for_(self, audience: Audience) -> bytes:
        return self.match if audience == "match" else self.public


def render(game_id: str, entry: Any, match: tuple[Any, Any], public: tuple[Any, Any]) -> Frame:
    """
    The frame that tells of *entry*.

    :param match: the view of those who play, before (None: there was nothing) and after it
    :param public: the same of those who watch
    """
    told, shown = sections(*match), sections(*public)
    whole = _frame(game_id, entry, told, entry.facts, entry.reason)
    if told == shown:
        return Frame(version=entry.version, match=whole, public=whole)
    # What the public may not see yet is told as a bare version: the numbering has no holes.
    bare = _frame(game_id, entry, shown, (), "")
    return Frame(version=entry.version, match=whole, public=bare)


def sections(before: Any, after: Any) -> dict[str, Any]:
    """The sections of a view that differ from the one before, or all if there was none."""
    return {
        name: getattr(after, name)
        for name in after.__struct_fields__
        if before is None or getattr(before, name) != getattr(after, name)
    }


def _frame(
    game_id: str, entry: Any, state: dict[str, Any], facts: tuple[Any, ...], reason: str
) -> bytes:
    data = Changed(
        by=entry.by,
        at=entry.at_ms,
        now=entry.at_ms,
        facts=facts,
        state=state,
        reason=reason,
    )
    return encode(
        Outbound(
            type=entry.type,
            data=data,
            timestamp=entry.wall,
            game_id=game_id,
            version=entry.version,
        )
    )
