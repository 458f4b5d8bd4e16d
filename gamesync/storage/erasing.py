"""
Takes people out of what has been stored: functions of a cursor, run in the database's own thread.

The log is append-only, and a trigger sees to it. This is the one exception: inside one transaction
the trigger is gone, and the log is written anew without its people. Versions, times and scores stay
as they are; that is compared before anything is made durable.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from ..domain.erasure import erased, played, seats_of
from ..domain.events import Entry
from ..domain.log import fold
from ..domain.values import PLAYERS
from ..domain.venue import VenueEntry, fold_venue
from ..domain.venue.erasure import arranged, called, erased_people, of_old_events
from ..domain.view import deadline
from ..store import VENUE
from . import rows, writing

_entry = msgspec.json.Decoder(Entry)
_venue_entry = msgspec.json.Decoder(VenueEntry)
_TRIGGER = "events_are_not_changed"


def old_games(cursor: sqlite3.Cursor, before: str, limit: int) -> list[str]:
    """
    Games that nobody has touched since an instant, and whose people are still known.

    :param before: UTC, as SQLite writes it
    """
    cursor.execute("BEGIN")
    found = cursor.execute(
        "SELECT game_id FROM game_state WHERE updated_at < ? AND NOT EXISTS"
        " (SELECT 1 FROM meta WHERE key = 'erased ' || game_id) ORDER BY updated_at LIMIT ?",
        (before, limit),
    )
    return [game_id for (game_id,) in found]


def ids(cursor: sqlite3.Cursor, after: str, limit: int) -> list[tuple[str, str]]:
    """Games by id after *after*, each with its status."""
    cursor.execute("BEGIN")
    return cursor.execute(
        "SELECT game_id, game_status FROM game_state WHERE game_id > ? ORDER BY game_id LIMIT ?",
        (after, limit),
    ).fetchall()


def has(cursor: sqlite3.Cursor, game_id: str, name: str) -> bool:
    """Whether somebody in a game was ever called *name*."""
    cursor.execute("BEGIN")
    return bool(seats_of(_log(cursor, game_id), name))


def erase_game(cursor: sqlite3.Cursor, game_id: str, name: str | None, wall: str) -> bool:
    """
    Take people out of one game.

    :param name: those who were ever called so; None: all
    :returns: whether anything changed
    """
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("BEGIN IMMEDIATE")
    old = _log(cursor, game_id)
    new: Sequence[Entry] = old
    for player in PLAYERS if name is not None else ():
        if player in seats_of(old, str(name)):
            new = erased(new, only=player)
    if name is None:
        new = erased(old)
        cursor.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"erased {game_id}", wall))
    cursor.execute("DELETE FROM answers WHERE scope = ?", (game_id,))
    if new == old:
        return False
    game, last = fold(new).game, new[-1]
    if played(game) != played(fold(old).game):
        raise ValueError(f"{game_id}: without its people it would be another game")
    _rewrite(cursor, game_id, new)
    made = rows.project(game_id, game, deadline(game), last.at_ms, last.wall)
    cursor.execute(
        "UPDATE game_state SET player1_name = :player1_name, player2_name = :player2_name,"
        " summary = :summary, state = :state WHERE game_id = :game_id",
        made.game_state,
    )
    writing.keep_settings(cursor, game_id, made.settings, str(made.game_state["updated_at"]))
    return True


def erase_participants(cursor: sqlite3.Cursor, name: str | None, before: str) -> int:
    """
    Take people out of the venue's log.

    :param name: participants who were ever called so; None: those of events closed long ago
    :param before: of how long ago: UTC, as ``wall`` of an entry
    :returns: how many were found
    """
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.execute("BEGIN IMMEDIATE")
    bodies = cursor.execute(
        "SELECT body FROM events WHERE game_id = ? ORDER BY version", (VENUE,)
    ).fetchall()
    old = tuple(_venue_entry.decode(body) for (body,) in bodies)
    people = of_old_events(old, before) if name is None else called(old, name)
    new = erased_people(old, people)
    if new == old:
        return 0
    venue = fold_venue(new)
    if arranged(venue) != arranged(fold_venue(old)):
        raise ValueError("without its people the venue would be another")
    _rewrite(cursor, VENUE, new)
    cursor.execute("UPDATE venue SET state = ?", (rows.text(venue),))
    cursor.execute("DELETE FROM answers WHERE scope = ?", (VENUE,))
    return len(people)


def _log(cursor: sqlite3.Cursor, game_id: str) -> tuple[Entry, ...]:
    bodies = cursor.execute(
        "SELECT body FROM events WHERE game_id = ? ORDER BY version", (game_id,)
    ).fetchall()
    return tuple(_entry.decode(body) for (body,) in bodies)


def _rewrite(cursor: sqlite3.Cursor, game_id: str, entries: Sequence[Entry | VenueEntry]) -> None:
    (trigger,) = cursor.execute(
        "SELECT sql FROM sqlite_schema WHERE name = ?", (_TRIGGER,)
    ).fetchone()
    cursor.execute(f"DROP TRIGGER {_TRIGGER}")
    cursor.executemany(
        "UPDATE events SET device = ?, command_id = ?, body = ? WHERE game_id = ? AND version = ?",
        [
            (each.by.device, each.command_id, rows.text(each), game_id, each.version)
            for each in entries
        ],
    )
    cursor.execute(trigger)
