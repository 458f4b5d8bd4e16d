"""
Makes the states anew that an older program wrote.

The log is what happened; the state beside it, and every readable table, is what the rules make of
it. Where newer rules make something else of the same log (a field more is enough), the states of
games that nobody plays any more would stay as they were, and no longer be what their log adds up
to.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
from twisted.logger import Logger

from ..domain.events import Entry
from ..domain.log import fold
from ..domain.venue import VenueEntry, fold_venue
from ..domain.view import deadline
from ..store import VENUE
from . import rows, writing

FOLDED_BY = 1
"""To be raised by whoever changes what a log adds up to; a test notices."""

_entry = msgspec.json.Decoder(Entry)
_venue_entry = msgspec.json.Decoder(VenueEntry)
_log = Logger()


def up_to_date(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT value FROM meta WHERE key = 'folded by'").fetchone()
    return found is not None and found[0] == str(FOLDED_BY)


def bring_up_to_date(connection: sqlite3.Connection) -> int:
    """
    Fold every log again if that was done last by other rules; all or nothing.

    :returns: how many games there were to fold
    """
    if up_to_date(connection):
        return 0
    connection.execute("BEGIN IMMEDIATE")
    try:
        ids = connection.execute("SELECT game_id FROM game_state").fetchall()
        cursor = connection.cursor()
        for (game_id,) in ids:
            try:
                _refold(cursor, game_id)
            except Exception:  # what cannot be folded stays, for `gamesync verify` to find
                _log.failure("the log of {game} cannot be folded", game=game_id)
        _refold_venue(cursor)
        connection.execute("INSERT OR REPLACE INTO meta VALUES ('folded by', ?)", (str(FOLDED_BY),))
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return len(ids)


def _entries(cursor: sqlite3.Cursor, game_id: str, decoder: msgspec.json.Decoder[Any]) -> list[Any]:
    bodies = cursor.execute(
        "SELECT body FROM events WHERE game_id = ? ORDER BY version", (game_id,)
    ).fetchall()
    return [decoder.decode(body) for (body,) in bodies]


def _refold(cursor: sqlite3.Cursor, game_id: str) -> None:
    entries = _entries(cursor, game_id, _entry)
    game, last = fold(entries).game, entries[-1]
    writing.update_game(cursor, rows.project(game_id, game, deadline(game), last.at_ms, last.wall))


def _refold_venue(cursor: sqlite3.Cursor) -> None:
    entries = _entries(cursor, VENUE, _venue_entry)
    if entries:
        state = rows.text(fold_venue(entries))
        cursor.execute("UPDATE venue SET state = ? WHERE version = ?", (state, len(entries)))
