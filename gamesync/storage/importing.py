"""Brings matches of another box into a database, while no server runs."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing

import attrs
import msgspec

from ..domain.events import Entry
from ..domain.log import fold
from ..domain.state import Game
from ..domain.view import deadline
from ..store import VENUE, Change
from . import guard, known, schema, writing
from .gametime import Clocks, GameTime
from .reading import remember


class BadImport(Exception):
    """The file cannot be taken in; nothing was. One sentence."""


class _Match(msgspec.Struct, frozen=True, kw_only=True):
    format: str
    game_id: str
    version: int
    log: tuple[Entry, ...]


_match = msgspec.json.Decoder(_Match)
_GAME_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@attrs.frozen(kw_only=True)
class Imported:
    added: tuple[str, ...]
    there: tuple[str, ...]
    """Games that the database has already, exactly so."""


def read(lines: Iterable[bytes]) -> list[Change]:
    """
    Matches as ``gamesync export --form log`` writes them, each ready to be written.

    :raises BadImport: one of them cannot be taken in
    """
    changes: dict[str, Change] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            match = _match.decode(line)
        except (ValueError, RecursionError) as error:
            raise BadImport(f"line {number} is not a match in the form `log` ({error})") from error
        if match.format != "gamesync match 1":
            raise BadImport(f"line {number} has the format {match.format!r}, which is not known")
        if match.game_id in changes:
            raise BadImport(f"line {number} has the game {match.game_id} a second time")
        changes[match.game_id] = _change(match, f"line {number}, game {match.game_id}")
    if not changes:
        raise BadImport("there is no match in it")
    return list(changes.values())


def _change(match: _Match, where: str) -> Change:
    versions = [entry.version for entry in match.log]
    if not versions or versions != list(range(1, match.version + 1)):
        raise BadImport(f"{where}: its log is not complete")
    if not _GAME_ID.fullmatch(match.game_id) or match.game_id == VENUE:
        raise BadImport(f"{where}: that is no id of a game")
    try:
        game: Game = fold(match.log).game
    except Exception as error:  # a log that no server wrote may break any rule
        raise BadImport(f"{where}: its log does not make a game ({error})") from error
    if not game.over:
        raise BadImport(f"{where}: it is not over; a match in play stays where it is played")
    return Change(
        game_id=match.game_id,
        base=0,
        entries=match.log,
        state=game,
        deadline_ms=deadline(game),
    )


def take_in(changes: list[Change], database: str) -> Imported:
    """
    Write *changes* into *database*, all or none. Its history is another then: it has a new epoch.

    :raises BadImport: a game is there already, and is another
    :raises schema.BadDatabase: a server runs on it, or it cannot be served
    """
    guard.prepare(database)
    with (
        schema.in_words(database),
        closing(sqlite3.connect(schema.uri(database), uri=True, isolation_level=None)) as holder,
    ):
        schema.hold(holder)
        schema.tune(holder)
        cursor = holder.cursor()
        memory = remember(cursor)
        holder.commit()
        there = tuple(change.game_id for change in changes if _same(cursor, change))
        new = [change for change in changes if change.game_id not in there]
        time = GameTime(Clocks())
        time.resume(memory.pulse)
        # The pulse stays as it was: the time since is down time, of which nothing is known here.
        pulse = memory.pulse or time.pulse()
        stale = writing.write(cursor, new, pulse)
        if stale:
            holder.rollback()
            raise BadImport(f"the game {min(stale)} is there already, and is another")
        if new:
            cursor.execute("UPDATE meta SET value = lower(hex(randomblob(8))) WHERE key = 'epoch'")
        holder.commit()
        schema.check_in(holder)
        known.write(database, known.of(holder))
    return Imported(added=tuple(change.game_id for change in new), there=there)


def _same(cursor: sqlite3.Cursor, change: Change) -> bool:
    bodies = cursor.execute(
        "SELECT body FROM events WHERE game_id = ? ORDER BY version", (change.game_id,)
    ).fetchall()
    return bool(bodies) and [msgspec.json.decode(body, type=Entry) for (body,) in bodies] == list(
        change.entries
    )
