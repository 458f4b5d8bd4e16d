"""
What a running store is asked: functions of a cursor, run in the database's own thread.

Each is one transaction: it begins it, and whoever calls it ends it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import attrs
import msgspec

from ..domain.events import Entry
from ..domain.summary import Summaries
from ..domain.values import Millis, Version
from ..domain.venue.events import VenueEntry
from ..store import VENUE, Answer, Listed, Saved
from . import rows
from .gametime import Pulse

_entry = msgspec.json.Decoder(Entry)
_venue_entry = msgspec.json.Decoder(VenueEntry)
_lines = msgspec.json.Decoder(Summaries)


@attrs.frozen(kw_only=True)
class Memory:
    """What a store knows when it wakes up."""

    epoch: str
    pulse: Pulse | None


def remember(cursor: sqlite3.Cursor) -> Memory:
    cursor.execute("BEGIN")
    (epoch,) = cursor.execute("SELECT value FROM meta WHERE key = 'epoch'").fetchone()
    row = cursor.execute("SELECT game_ms, boot_id, boottime_ms, wall_ms FROM pulse").fetchone()
    if row is None:
        return Memory(epoch=epoch, pulse=None)
    game_ms, boot_id, boottime_ms, wall_ms = row
    pulse = Pulse(game_ms=game_ms, boot_id=boot_id, boottime_ms=boottime_ms, wall_ms=wall_ms)
    return Memory(epoch=epoch, pulse=pulse)


def read(cursor: sqlite3.Cursor, game_id: str, since: Version, now: Millis) -> Saved | None:
    cursor.execute("BEGIN")
    row = cursor.execute(
        "SELECT version, CAST(state AS BLOB) FROM game_state WHERE game_id = :id"
        " UNION ALL SELECT version, CAST(state AS BLOB) FROM venue WHERE game_id = :id",
        {"id": game_id},
    ).fetchone()
    if row is None:
        return None
    version, state = row
    decoder: msgspec.json.Decoder[Any] = _venue_entry if game_id == VENUE else _entry
    entries = cursor.execute(
        "SELECT body FROM events WHERE game_id = ? AND version > ? ORDER BY version",
        (game_id, since),
    ).fetchall()
    answers = cursor.execute(
        "SELECT device, id, digest, version, code, body, expires_ms FROM answers"
        " WHERE scope = ? AND expires_ms > ?",
        (game_id, now),
    ).fetchall()
    return Saved(
        version=version,
        state=state,
        entries=tuple(decoder.decode(body) for (body,) in entries),
        answers=tuple(_answer(*row) for row in answers),
    )


_LIST = """
SELECT g.game_id, g.summary
FROM game_state AS g
WHERE g.game_id > :after
"""
_LAST = "ORDER BY g.game_id LIMIT :limit"
_LIST_ALL = "\n".join((_LIST, _LAST))
# Apart, so that there is an index for it: of all games ever played, few are in play.
_SOME = "AND g.game_status IN (SELECT value FROM json_each(:statuses))"
_LIST_SOME = "\n".join((_LIST, _SOME, _LAST))


def listed(cursor: sqlite3.Cursor, statuses: Sequence[str], after: str, limit: int) -> list[Listed]:
    cursor.execute("BEGIN")
    found = cursor.execute(
        _LIST_SOME if statuses else _LIST_ALL,
        {"after": after, "statuses": rows.text(list(statuses)), "limit": limit},
    )
    return [Listed(game_id=game_id, lines=_lines.decode(summary)) for game_id, summary in found]


def find(cursor: sqlite3.Cursor, digest: bytes) -> tuple[str, str] | None:
    cursor.execute("BEGIN")
    found: tuple[str, str] | None = cursor.execute(
        "SELECT game_id, place FROM codes WHERE digest = ?", (digest,)
    ).fetchone()
    return found


def due(cursor: sqlite3.Cursor, now: Millis, limit: int) -> list[str]:
    """Streams, the venue's among them, whose deadline is *now* or before; the oldest first."""
    cursor.execute("BEGIN")
    found = cursor.execute(
        "SELECT game_id, deadline_ms FROM game_state WHERE deadline_ms <= :now"
        " UNION ALL SELECT game_id, deadline_ms FROM venue WHERE deadline_ms <= :now"
        " ORDER BY deadline_ms, game_id LIMIT :limit",
        {"now": now, "limit": limit},
    )
    return [game_id for game_id, _ in found]


def _answer(
    device: str, id_: str, digest: bytes, version: int, code: str, body: bytes, expires_ms: int
) -> Answer:
    return Answer(
        device=device,
        id=id_,
        digest=digest,
        version=version,
        code=code,
        body=body,
        expires_ms=expires_ms,
    )
