"""What a SQLite store does beside the seam: for backups, and for forgetting people."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from . import erasing, known, schema
from .standing import Stillness


class Upkeep(ABC):
    """Part of :class:`.sqlite.SqliteStore`, whose thread does it."""

    _still: Stillness

    @abstractmethod
    def _run(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Deferred[Any]:
        """Have *work* done in the database's thread."""

    @abstractmethod
    def _settled(
        self, cursor: sqlite3.Cursor, work: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Do *work*, which writes."""

    def games_after(self, after: str, limit: int = 100) -> Deferred[list[tuple[str, str]]]:
        """Games by id after *after*, each with its status; of any status."""
        return self._run(erasing.ids, after, limit)

    def names(self, game_id: str, name: str) -> Deferred[bool]:
        """Whether somebody in a game was ever called *name*."""
        return self._run(erasing.has, game_id, name)

    def forgettable(self, before: str, limit: int = 100) -> Deferred[list[str]]:
        """Games untouched since an instant (UTC, as SQLite writes it) that still know people."""
        return self._run(erasing.old_games, before, limit)

    def erase_game(self, game_id: str, name: str | None, wall: str) -> Deferred[bool]:
        """Take people out of what is stored of a game; see :mod:`.erasing`."""
        return self._run(self._settled, erasing.erase_game, game_id, name, wall)

    def erase_participants(self, name: str | None, before: str) -> Deferred[int]:
        """Take people out of what is stored of the venue; see :mod:`.erasing`."""
        return self._run(self._settled, erasing.erase_participants, name, before)

    def wipe(self) -> Deferred[None]:
        """What has been overwritten is gone from the write-ahead log, too."""
        return self._run(self._settled, _wiped)

    def known(self) -> Deferred[known.Known]:
        """What there is to know of the file, for those who remember it."""
        return self._run(known.of)

    def hold_still(self) -> Deferred[None]:
        """Write to the log alone, until :meth:`let_move`: the file can be copied meanwhile."""
        return self._run(self._settled, self._still.begin)

    def let_move(self) -> Deferred[bool]:
        """Whether nothing was written to the file since :meth:`hold_still`."""
        return self._run(self._still.end)


def _wiped(cursor: sqlite3.Cursor) -> None:
    schema.check_in(cursor)
