"""What lies in a database, read without the server: logs, answers, and what they add up to."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import attrs
import msgspec

from gamesync.domain.events import Entry
from gamesync.domain.log import Fold, fold

_entry = msgspec.json.Decoder(Entry)


@attrs.frozen(kw_only=True)
class Ledger:
    """
    :ivar integrity: SQLite's own verdict: ``ok``
    :ivar entries: the log of each game
    :ivar acked: ids that were answered by ``ack``, by game
    :ivar scores: what the seed's table says, by game
    :ivar states: version and status in the seed's table, by game
    """

    integrity: str
    entries: dict[str, tuple[Entry, ...]]
    acked: dict[str, frozenset[str]]
    scores: dict[str, tuple[int, int]]
    states: dict[str, tuple[int, str]]

    def fold(self, game_id: str) -> Fold:
        return fold(self.entries[game_id])

    def doubled(self) -> list[str]:
        """Ids of commands that were done more than once."""
        done = Counter(
            (game_id, entry.by.device, entry.command_id)
            for game_id, entries in self.entries.items()
            for entry in entries
            if entry.command_id
        )
        return [id_ for (_, _, id_), times in done.items() if times > 1]

    def faults(self) -> list[str]:
        """What is wrong with it in itself."""
        found = [] if self.integrity == "ok" else [self.integrity]
        found += [f"done twice: {id_}" for id_ in self.doubled()]
        for game_id, entries in self.entries.items():
            versions = [entry.version for entry in entries]
            if versions != list(range(1, len(versions) + 1)):
                found.append(f"{game_id}: the versions have a hole: {versions}")
            game = self.fold(game_id).game
            if (game.version, game.status) != self.states[game_id]:
                found.append(f"{game_id}: the table is not what the log adds up to")
        return found


def read(database: Path) -> Ledger:
    """What *database* holds; it is recovered from its log, so pass a copy or a stopped server's."""
    with closing(sqlite3.connect(database)) as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        entries: dict[str, list[Entry]] = {}
        rows = connection.execute("SELECT game_id, body FROM events ORDER BY game_id, version")
        for game_id, body in rows:
            if game_id != "venue":
                entries.setdefault(game_id, []).append(_entry.decode(body))
        acked: dict[str, set[str]] = {}
        for game_id, id_ in connection.execute("SELECT scope, id FROM answers WHERE code = 'ack'"):
            acked.setdefault(game_id, set()).add(id_)
        scores: dict[str, list[int]] = {}
        for game_id, score in connection.execute(
            "SELECT game_id, score FROM scores ORDER BY game_id, player_number"
        ):
            scores.setdefault(game_id, []).append(score)
        states = {
            game_id: (version, status)
            for game_id, version, status in connection.execute(
                "SELECT game_id, version, game_status FROM game_state"
            )
        }
    return Ledger(
        integrity=integrity,
        entries={game_id: tuple(log) for game_id, log in entries.items()},
        acked={game_id: frozenset(ids) for game_id, ids in acked.items()},
        scores={game_id: (both[0], both[1]) for game_id, both in scores.items()},
        states=states,
    )


def image(database: Path, into: Path) -> Ledger:
    """What a killed server's files hold, read from a copy so that the next start finds them so."""
    into.mkdir(parents=True, exist_ok=True)
    for old in into.iterdir():
        old.unlink()
    for name in (database.name, f"{database.name}-wal"):
        if (found := database.with_name(name)).exists():
            shutil.copyfile(found, into / name)
    return read(into / database.name)
