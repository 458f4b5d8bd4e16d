"""Where the parts of a player's half stand: low and wide, or high and narrow. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import attrs

Rect: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, width, height, from the half's lower left corner."""
Row: TypeAlias = list[tuple[str, float]]
"""What stands side by side, each with its share of the room."""

PAD, GAP = 10, 8
HEAD, HEAD_OFFER = 34, 44
NARROW = 330
"""Units; a half no wider has its steppers and the keys that end something in rows of their own."""
TOP, BOTTOM = 86, 62
"""Heights of the rows below the clock of a high half, where there is room."""
ROOM = 340
"""Units of height below the head; with less, the rows shrink."""
CELL = 0.8
"""Share of a cell beside the score's 1."""


@attrs.frozen(kw_only=True)
class Parts:
    """
    What is to be seen on a half.

    :ivar cells: how many cells of this round
    :ivar ends: the keys that end something, in their order
    :ivar offer: the offer to take something back stands in place of the head
    :ivar aside: something stands in place of the score and the keys
    """

    clock: bool = True
    score: bool = True
    cells: int = 0
    cp: bool = False
    ends: tuple[str, ...] = ()
    offer: bool = False
    aside: bool = False

    @property
    def top(self) -> Row:
        score: Row = [("score", 1.0)] if self.score and self.clock else []
        return score + ([("cells", max(1.7, CELL * self.cells))] if self.cells else [])

    @property
    def steppers(self) -> Row:
        return [("cp", 1.0)] if self.cp else []

    @property
    def closing(self) -> Row:
        return [(end, 1.0) for end in self.ends]


def places(parts: Parts, width: float, height: float, u: float) -> dict[str, Rect]:
    """
    Where each part stands that is to be seen; the clock, or where there is none the score, has
    what the others leave.

    :param u: pixels of one unit
    """
    pad, gap = PAD * u, GAP * u
    wide = width > 2 * height
    inner, tall = width - 2 * pad, height - 2 * pad
    head = (HEAD_OFFER if parts.offer else HEAD) * u
    found: dict[str, Rect] = {
        "offer" if parts.offer else "head": (pad, pad + tall - head, inner, head)
    }
    body = (pad, pad, inner, tall - head - gap)
    largest = "clock" if parts.clock else "score" if parts.score else ""
    if parts.aside:
        found |= _beside(parts, body, wide, u)
    elif wide:
        found |= _wide(parts, largest, body, gap)
    else:
        found |= _high(parts, largest, body, u, narrow=width < NARROW * u)
    return found


def _beside(parts: Parts, body: Rect, wide: bool, u: float) -> dict[str, Rect]:
    (x, y, width, height), gap = body, GAP * u
    if not parts.clock:
        return {"aside": body}
    if wide:
        left = width * 0.42
        return {
            "clock": (x, y, left, height),
            "aside": (x + left + gap, y, width - left - gap, height),
        }
    high = max(0.48 * height, 156 * u)
    return {
        "clock": (x, y + high + gap, width, height - high - gap),
        "aside": (x, y, width, high),
    }


def _wide(parts: Parts, largest: str, body: Rect, gap: float) -> dict[str, Rect]:
    """The largest at the left, the rows at its right."""
    x, y, width, height = body
    rows = [row for row in (parts.top, parts.steppers + parts.closing) if row]
    left = width * 0.5 if rows else width
    found = {largest: (x, y, left, height)} if largest else {}
    each = (height - gap * (len(rows) - 1)) / max(1, len(rows))
    for number, row in enumerate(rows, 1):
        bottom = y + height - each * number - gap * (number - 1)
        found |= _row(row, (x + left + gap, bottom, width - left - gap, each), gap)
    return found


def _high(parts: Parts, largest: str, body: Rect, u: float, *, narrow: bool) -> dict[str, Rect]:
    """The largest above, the rows below it."""
    (x, y, width, height), gap = body, GAP * u
    scale = min(1.0, height / (ROOM * u))
    rows = [row for row in _rows(parts, narrow) if row]
    high = [(TOP if row is rows[0] and parts.top else BOTTOM) * u * scale for row in rows]
    top = y + sum(high) + gap * len(rows)
    found = {largest: (x, top, width, y + height - top)} if largest else {}
    for row, each in zip(rows, high, strict=True):
        top -= each + gap
        found |= _row(row, (x, top, width, each), gap)
    return found


def _rows(parts: Parts, narrow: bool) -> Sequence[Row]:
    if narrow:
        return parts.top, parts.steppers, parts.closing
    return parts.top, parts.steppers + parts.closing


def _row(row: Row, room: Rect, gap: float) -> Iterator[tuple[str, Rect]]:
    x, y, width, height = room
    share = (width - gap * (len(row) - 1)) / sum(part for _, part in row)
    for name, part in row:
        yield name, (x, y, share * part, height)
        x += share * part + gap
