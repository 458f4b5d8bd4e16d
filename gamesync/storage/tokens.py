"""
How old the device tokens are: functions of a cursor, run in the database's own thread.

Each is one transaction: it begins it, and whoever calls it ends it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from ..domain.values import Millis
from ..store import TokenAge


def read(cursor: sqlite3.Cursor, device: str) -> TokenAge | None:
    cursor.execute("BEGIN")
    row = cursor.execute(
        "SELECT device, since_ms, seen_ms FROM tokens WHERE device = ?", (device,)
    ).fetchone()
    return None if row is None else TokenAge(device=row[0], since_ms=row[1], seen_ms=row[2])


def write(cursor: sqlite3.Cursor, ages: Sequence[TokenAge]) -> None:
    """A token that is known keeps its beginning."""
    cursor.execute("BEGIN IMMEDIATE")
    cursor.executemany(
        "INSERT INTO tokens (device, since_ms, seen_ms) VALUES (?, ?, ?)"
        " ON CONFLICT (device) DO UPDATE SET seen_ms = max(seen_ms, excluded.seen_ms)",
        [(age.device, age.since_ms, age.seen_ms) for age in ages],
    )


def grow_older(cursor: sqlite3.Cursor, ms: Millis) -> None:
    """So much time has passed for all of them that game time did not count."""
    cursor.execute("BEGIN IMMEDIATE")
    cursor.execute(
        "UPDATE tokens SET since_ms = since_ms - :ms, seen_ms = seen_ms - :ms", {"ms": ms}
    )
