"""
Whether all that a database says hangs together: its pages, its log, and what the log adds up to.

It reads one game at a time, and changes nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from ..domain.events import Entry
from ..domain.log import fold
from ..domain.state import Game
from ..domain.values import Millis
from ..domain.venue import VenueEntry, fold_venue
from ..domain.venue.state import Venue
from ..domain.view import deadline
from ..store import VENUE
from . import known, rows

FINDINGS_MAX = 20
"""More than this are not told: something is wrong with all of it."""

_entry = msgspec.json.Decoder(Entry)
_venue_entry = msgspec.json.Decoder(VenueEntry)
_game = msgspec.json.Decoder(Game)
_venue = msgspec.json.Decoder(Venue)


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    epoch: str
    schema: int
    game_ms: Millis
    """Game time of its last durable instant."""
    games: int
    entries: int
    """Of all logs."""
    findings: tuple[str, ...]
    """What is wrong, a sentence each; empty: nothing."""


def examine(connection: sqlite3.Connection) -> Examined:
    """
    Read a database of the newest schema through, and fold every log of it.

    :raises sqlite3.Error: it is so damaged that it cannot be read
    """
    said = known.of(connection)
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (games,) = connection.execute("SELECT count(*) FROM game_state").fetchone()
    (entries,) = connection.execute("SELECT count(*) FROM events").fetchone()
    findings = []
    for finding in _findings(connection):
        findings.append(finding)
        if len(findings) == FINDINGS_MAX:
            break
    return Examined(
        epoch=said.epoch,
        schema=version,
        game_ms=said.game_ms,
        games=games,
        entries=entries,
        findings=tuple(findings),
    )


def _findings(connection: sqlite3.Connection) -> Iterator[str]:
    for (finding,) in connection.execute(f"PRAGMA integrity_check({FINDINGS_MAX})"):
        if finding != "ok":
            yield " ".join(finding.split())
    for table, *_ in connection.execute("PRAGMA foreign_key_check"):
        yield f"the table {table} speaks of a game that is not there"
    streams = connection.execute(
        "SELECT game_id FROM game_state UNION SELECT game_id FROM venue"
        " UNION SELECT game_id FROM events ORDER BY 1"
    ).fetchall()
    for (game_id,) in streams:
        try:
            yield from _stream(connection, game_id)
        except Exception as error:  # a log that cannot be folded is a finding, whatever the reason
            yield f"{game_id}: its log cannot be read ({type(error).__name__}: {error})"


def _stream(connection: sqlite3.Connection, game_id: str) -> Iterator[str]:
    bodies = connection.execute(
        "SELECT version, body FROM events WHERE game_id = ? ORDER BY version", (game_id,)
    ).fetchall()
    decoder: msgspec.json.Decoder[Any] = _venue_entry if game_id == VENUE else _entry
    entries = [decoder.decode(body) for _, body in bodies]
    versions = list(range(1, len(entries) + 1))
    if [v for v, _ in bodies] != versions or [e.version for e in entries] != versions:
        yield f"{game_id}: its log is not without gaps"
        return
    if game_id == VENUE:
        yield from _venue_row(connection, entries)
    else:
        yield from _game_rows(connection, game_id, entries)


def _venue_row(connection: sqlite3.Connection, entries: list[VenueEntry]) -> Iterator[str]:
    row = connection.execute("SELECT version, state FROM venue").fetchone()
    folded = fold_venue(entries)
    if row is None or row[0] != len(entries) or _venue.decode(row[1]) != folded:
        yield f"{VENUE}: its state is not what its log adds up to"
        return
    yield from _settings(connection, VENUE, rows.settings(VENUE, folded.settings))


def _game_rows(connection: sqlite3.Connection, game_id: str, entries: list[Entry]) -> Iterator[str]:
    row = _row(connection, "SELECT * FROM game_state WHERE game_id = ?", game_id)
    if row is None or not entries:
        yield f"{game_id}: it has a log and no state, or a state and no log"
        return
    game, last = fold(entries).game, entries[-1]
    if _game.decode(row["state"]) != game:
        yield f"{game_id}: its state is not what its log adds up to"
        return
    wanted = rows.project(game_id, game, deadline(game), last.at_ms, last.wall)
    for column, value in wanted.game_state.items():
        if column != "state" and row[column] != value:
            yield f"{game_id}: game_state.{column} is not what its log adds up to"
    for table, each in (("scores", wanted.scores), ("timers", wanted.timers)):
        for line in each:
            there = _row(
                connection,
                f"SELECT * FROM {table} WHERE game_id = ? AND player_number = ?",  # noqa: S608
                game_id,
                line["player_number"],
            )
            # Since when it has been so is told by the row alone.
            now = {column: value for column, value in line.items() if column != "updated_at"}
            if there is None or any(there[column] != value for column, value in now.items()):
                yield f"{game_id}: its row in {table} is not what its log adds up to"
    yield from _settings(connection, game_id, wanted.settings)


def _settings(connection: sqlite3.Connection, game_id: str, wanted: rows.Texts) -> Iterator[str]:
    found = connection.execute("SELECT key, value FROM settings WHERE game_id = ?", (game_id,))
    if dict(found) != wanted:
        yield f"{game_id}: its settings are not what its log adds up to"


def _row(connection: sqlite3.Connection, sql: str, *values: Any) -> dict[str, Any] | None:
    cursor = connection.execute(sql, values)
    row = cursor.fetchone()
    return None if row is None else dict(zip((c[0] for c in cursor.description), row, strict=True))
