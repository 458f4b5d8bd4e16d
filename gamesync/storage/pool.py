"""A pool of one connection in one thread, which can be renewed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, cast

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorCore

from ..domain.values import Millis
from . import schema


class OnePool(ConnectionPool):
    """
    One connection: SQLite has one writer anyway, and so interactions run in the order asked for.

    :ivar renew: set it, and the next interaction has a new connection
    """

    renew = False  # set by the reactor's thread, seen to by the database's

    def __init__(
        self,
        path: str,
        opened: Callable[[sqlite3.Connection], None],
        busy_ms: Millis,
        reactor: IReactorCore | None,
    ) -> None:
        """
        :param opened: makes a new connection ready, in the database's thread
        :param busy_ms: how long an interaction waits for a stranger to let go of the file
        :param reactor: None: Twisted's global one
        """
        super().__init__(
            "sqlite3",
            schema.uri(path),
            uri=True,
            isolation_level=None,  # the transactions are our own
            check_same_thread=False,  # adbapi closes from the reactor's thread
            timeout=busy_ms / 1000,
            cp_min=1,
            cp_max=1,
            cp_openfun=opened,
            cp_reactor=reactor,
        )

    def runInteraction(
        self, interaction: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Deferred[Any]:
        """As adbapi's, and what failed has let go of the connection (:func:`_let_go`)."""
        done: Deferred[Any] = super().runInteraction(_let_go, interaction, *args, **kwargs)
        return done

    def connect(self) -> sqlite3.Connection:
        old = self.connections.get(self.threadID())
        if self.renew and old is not None:
            self.disconnect(old)
        self.renew = False
        return cast(sqlite3.Connection, super().connect())


def _let_go(cursor: Any, interaction: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """
    Do *interaction*, and close its cursor if it fails.

    The traceback would keep the cursor, and a closed connection with a living cursor still has its
    lock: the one that is to come after it would find the file "in use by another process".
    """
    try:
        return interaction(cursor, *args, **kwargs)
    except BaseException:
        cursor.close()
        raise
