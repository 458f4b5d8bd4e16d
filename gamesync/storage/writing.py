"""
What a running store is told: functions of a cursor, run in the database's own thread.

Each is one transaction: it begins it, and whoever calls it commits or rolls back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..domain.events import Entry
from ..domain.values import Millis, Version
from ..domain.venue import VenueEntry
from ..store import VENUE, Change
from . import rows
from .gametime import Pulse

FORGET_AT_ONCE = 5_000
"""Most answers dropped in one transaction, so that no commit waits long for it."""


def write(cursor: sqlite3.Cursor, changes: Sequence[Change], pulse: Pulse) -> frozenset[str]:
    """
    Make all *changes* but those of streams that have moved on, whose ids are returned.

    :raises ValueError: versions do not follow each other
    """
    cursor.execute("BEGIN IMMEDIATE")
    stale: set[str] = set()
    for change in changes:
        if change.game_id in stale or _version(cursor, change.game_id) != change.base:
            stale.add(change.game_id)
            continue
        if change.entries:
            _step(cursor, change)
        _answers(cursor, change, pulse.game_ms)
    _beat(cursor, pulse)
    return frozenset(stale)


def beat(cursor: sqlite3.Cursor, pulse: Pulse) -> None:
    cursor.execute("BEGIN IMMEDIATE")
    _beat(cursor, pulse)


def forget(cursor: sqlite3.Cursor, now: Millis, limit: int = FORGET_AT_ONCE) -> int:
    """Drop at most *limit* answers whose time is over."""
    cursor.execute("BEGIN IMMEDIATE")
    cursor.execute(
        "DELETE FROM answers WHERE (scope, device, id) IN"
        " (SELECT scope, device, id FROM answers WHERE expires_ms <= ? LIMIT ?)",
        (now, limit),
    )
    return cursor.rowcount


def _version(cursor: sqlite3.Cursor, game_id: str) -> Version:
    """Where a stream stands; 0 if there is none."""
    row = cursor.execute(
        "SELECT version FROM game_state WHERE game_id = :id"
        " UNION ALL SELECT version FROM venue WHERE game_id = :id",
        {"id": game_id},
    ).fetchone()
    return row[0] if row else 0


def _step(cursor: sqlite3.Cursor, change: Change) -> None:
    """Write what one stream did, and all that follows from it."""
    base, new = change.base, change.base + len(change.entries)
    if [entry.version for entry in change.entries] != list(range(base + 1, new + 1)):
        raise ValueError(f"{change.game_id}: entries do not follow version {base}")
    if change.state.version != new:
        raise ValueError(f"{change.game_id}: the state is {change.state.version}, not {new}")
    cursor.executemany(
        "INSERT INTO events (game_id, version, type, role, player, device, command_id, at_ms,"
        " wall, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [_event(change.game_id, entry) for entry in change.entries],
    )
    if change.game_id == VENUE:
        _venue(cursor, change)
    else:
        _game(cursor, change)
    _codes(cursor, change)


def _event(game_id: str, entry: Entry | VenueEntry) -> tuple[rows.Column, ...]:
    by = entry.by
    return (
        game_id,
        entry.version,
        entry.type,
        by.role,
        by.player,
        by.device,
        entry.command_id,
        entry.at_ms,
        entry.wall,
        rows.text(entry),
    )


def _venue(cursor: sqlite3.Cursor, change: Change) -> None:
    last = change.entries[-1]
    at = rows.timestamp(last.wall)
    cursor.execute(
        "INSERT INTO venue (game_id, version, updated_at, updated_ms, deadline_ms, state)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (game_id) DO UPDATE SET version = excluded.version,"
        " updated_at = excluded.updated_at, updated_ms = excluded.updated_ms,"
        " deadline_ms = excluded.deadline_ms, state = excluded.state",
        (VENUE, last.version, at, last.at_ms, change.deadline_ms, rows.text(change.state)),
    )
    keep_settings(cursor, VENUE, rows.settings(VENUE, change.state.settings), at)


def _game(cursor: sqlite3.Cursor, change: Change) -> None:
    last = change.entries[-1]
    made = rows.project(change.game_id, change.state, change.deadline_ms, last.at_ms, last.wall)
    if change.base == 0:
        created_at = rows.timestamp(change.entries[0].wall)
        cursor.execute(_INSERT_GAME, {**made.game_state, "created_at": created_at})
        cursor.executemany(_INSERT_SCORE, made.scores)
        cursor.executemany(_INSERT_TIMER, made.timers)
    else:
        update_game(cursor, made)
    keep_settings(cursor, change.game_id, made.settings, str(made.game_state["updated_at"]))


def update_game(cursor: sqlite3.Cursor, made: rows.Rows) -> None:
    """Make the readable tables say *made* of a game that is in them."""
    cursor.execute(_UPDATE_GAME, made.game_state)
    cursor.executemany(_UPDATE_SCORE, made.scores)
    cursor.executemany(_UPDATE_TIMER, made.timers)


_INSERT_GAME = """
INSERT INTO game_state (
    game_id, player1_name, player2_name, current_turn, game_status, created_at, updated_at, version,
    ruleset, round, active_player, winner, shown_score1, shown_score2, visibility, venue_table,
    created_ms, updated_ms, deadline_ms, summary, state
) VALUES (
    :game_id, :player1_name, :player2_name, :current_turn, :game_status, :created_at, :updated_at,
    :version, :ruleset, :round, :active_player, :winner, :shown_score1, :shown_score2, :visibility,
    :venue_table, :created_ms, :updated_ms, :deadline_ms, :summary, :state
)
"""

_UPDATE_GAME = """
UPDATE game_state SET
    player1_name = :player1_name, player2_name = :player2_name, current_turn = :current_turn,
    game_status = :game_status, updated_at = :updated_at, version = :version, ruleset = :ruleset,
    round = :round, active_player = :active_player, winner = :winner,
    shown_score1 = :shown_score1, shown_score2 = :shown_score2, visibility = :visibility,
    venue_table = :venue_table, created_ms = :created_ms, updated_ms = :updated_ms,
    deadline_ms = :deadline_ms, summary = :summary, state = :state
WHERE game_id = :game_id
"""

_INSERT_SCORE = """
INSERT INTO scores (game_id, player_number, score, cp, updated_at)
VALUES (:game_id, :player_number, :score, :cp, :updated_at)
"""

# A score that stays keeps its time: the row says since when it has been so.
_UPDATE_SCORE = """
UPDATE scores SET score = :score, cp = :cp, updated_at = :updated_at
WHERE game_id = :game_id AND player_number = :player_number AND (score <> :score OR cp <> :cp)
"""

_INSERT_TIMER = """
INSERT INTO timers (game_id, player_number, time_remaining, is_running, updated_at)
VALUES (:game_id, :player_number, :time_remaining, :is_running, :updated_at)
"""

# A clock that runs and shows the same at another instant is another clock.
_UPDATE_TIMER = """
UPDATE timers
SET time_remaining = :time_remaining, is_running = :is_running, updated_at = :updated_at
WHERE game_id = :game_id AND player_number = :player_number
    AND (:is_running OR is_running OR time_remaining <> :time_remaining)
"""


def keep_settings(cursor: sqlite3.Cursor, game_id: str, wanted: rows.Texts, at: str) -> None:
    """Make the settings of one stream be *wanted*; what stays the same is not touched."""
    there: dict[str, str] = dict(
        cursor.execute("SELECT key, value FROM settings WHERE game_id = ?", (game_id,))
    )
    cursor.executemany(
        "DELETE FROM settings WHERE key = ?", [(key,) for key in there.keys() - wanted.keys()]
    )
    cursor.executemany(
        "INSERT INTO settings (game_id, key, value, updated_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        [(game_id, key, value, at) for key, value in wanted.items() if there.get(key) != value],
    )


def _codes(cursor: sqlite3.Cursor, change: Change) -> None:
    """Make the codes of one stream be the change's."""
    there = set(
        cursor.execute("SELECT digest, place FROM codes WHERE game_id = ?", (change.game_id,))
    )
    wanted = set(change.codes)
    cursor.executemany(
        "DELETE FROM codes WHERE digest = ?", [(digest,) for digest, _ in there - wanted]
    )
    cursor.executemany(
        "INSERT INTO codes (digest, game_id, place) VALUES (?, ?, ?)",
        [(digest, change.game_id, place) for digest, place in wanted - there],
    )


def _answers(cursor: sqlite3.Cursor, change: Change, now: Millis) -> None:
    """Keep what was answered. A first answer stands until its time is over."""
    cursor.executemany(
        "INSERT INTO answers (scope, device, id, digest, version, code, body, expires_ms)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (scope, device, id) DO UPDATE SET digest = excluded.digest,"
        " version = excluded.version, code = excluded.code, body = excluded.body,"
        " expires_ms = excluded.expires_ms"
        " WHERE answers.expires_ms <= ?",
        [
            (
                change.game_id,
                answer.device,
                answer.id,
                answer.digest,
                answer.version,
                answer.code,
                answer.body,
                answer.expires_ms,
                now,
            )
            for answer in change.answers
        ],
    )


def _beat(cursor: sqlite3.Cursor, pulse: Pulse) -> None:
    cursor.execute(
        "INSERT INTO pulse (id, game_ms, boot_id, boottime_ms, wall_ms) VALUES (1, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET game_ms = excluded.game_ms, boot_id = excluded.boot_id,"
        " boottime_ms = excluded.boottime_ms, wall_ms = excluded.wall_ms",
        (pulse.game_ms, pulse.boot_id, pulse.boottime_ms, pulse.wall_ms),
    )
