"""A message as it is put to a room."""

from __future__ import annotations

from gamesync.domain import commands as c
from gamesync.server.received import Received, asked
from gamesync.wire.codec import decode

from ..house import House, Match


def received(raw: bytes, *, now: int, previous_ms: int) -> Received:
    return Received(message=decode(raw), now=now, previous_ms=previous_ms, size=len(raw))


def test_who_asks_what_and_when() -> None:
    match = Match(House())
    session = match.host.session
    session.rtt_ms = 300
    it = received(b'{"type": "undo", "id": "undo-0001"}', now=9_000, previous_ms=8_000)
    told = asked(session, it, match.room)
    assert told.command == c.Undo()
    assert (told.type, told.id, told.device) == ("undo", "undo-0001", session.device)
    assert (told.now, told.lag_ms, told.backdate_max_ms) == (9_000, 150, 600_000)
    assert told.by is None, "its rights are the room's to find"
    assert asked(match.anna.session, it, match.room).backdate_max_ms is None


def test_a_message_without_an_id() -> None:
    session = House().person().session
    it = received(b'{"type": "leave"}', now=9_000, previous_ms=8_000)
    told = asked(session, it, None)
    assert (told.type, told.id) == ("leave", "")


def test_a_press_that_comes_again_is_known_again_though_it_is_dated_otherwise() -> None:
    match = Match(House())
    session = match.anna.session
    session.opened_ms = 1_000
    raw = b'{"type": "turn_change", "id": "press-001", "data": {"pressed_at": 5000}}'
    first = asked(session, received(raw, now=9_000, previous_ms=4_000), match.room)
    again = asked(session, received(raw, now=9_500, previous_ms=9_000), match.room)
    assert (first.command.pressed_at, again.command.pressed_at) == (5_000, 9_000)
    assert first.digest == again.digest
