"""What is told of the past: a page of a log, as long as one message may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ..domain.history import Cell, HistoryEntry, history, plain_history
from ..domain.values import Refused
from ..domain.view import Audience
from ..game_room import GameRoom
from ..room import Room
from ..venue_room import VenueRoom
from ..wire.errors import ErrorCode
from ..wire.messages import HistoryData, HistoryQuestion

ENVELOPE_BYTES = 1_024
"""What a message needs besides its entries, and more."""


def page(
    room: Room[Any], audience: Audience, question: HistoryQuestion, message_bytes: int
) -> HistoryData:
    """
    The answer to *question*, for a device with these eyes.

    :param message_bytes: longest message that may be sent; one entry is sent whatever its length
    :raises Refused: (``not_yours``) the venue's log is for officials
    """
    entries: list[HistoryEntry] = []
    left = message_bytes - ENVELOPE_BYTES
    for entry in _read(room, audience, question):
        left -= len(msgspec.json.encode(entry)) + 1
        if entries and (left < 0 or len(entries) == question.limit):
            return HistoryData(entries=tuple(entries), next=entries[-1].version)
        entries.append(entry)
    return HistoryData(entries=tuple(entries), next=None)


def _read(room: Room[Any], audience: Audience, question: HistoryQuestion) -> Iterator[HistoryEntry]:
    cell = Cell(player=question.player, category=question.category, round=question.round)
    if isinstance(room, VenueRoom):
        if audience != "match":
            raise Refused(ErrorCode.NOT_YOURS, "the venue's log is for officials")
        if cell != Cell():
            field = next(f for f in Cell.__struct_fields__ if getattr(cell, f) is not None)
            raise Refused(ErrorCode.BAD_VALUE, f"{field}: the venue has no sheet", field)
        assert room.stream is not None, "there is always a venue"
        return plain_history(room.stream.entries, question.before)
    assert isinstance(room, GameRoom), "there are no other rooms"
    assert room.stream is not None, "it was found, or joined"
    frozen = room.game.frozen.version if room.game.frozen is not None else None
    return history(room.stream.entries, audience, frozen, before=question.before, cell=cell)
