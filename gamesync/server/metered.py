"""A store that is watched: how long its commits take, and how much is in each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..store import Change, Store, Unavailable
from .watch import Watch


class Metered:
    """A :class:`~gamesync.store.Store` that passes everything on, and notes its commits."""

    def __init__(self, store: Store, watch: Watch, seconds: Callable[[], float]) -> None:
        """:param seconds: a monotonic clock"""
        self._store = store
        self._watch = watch
        self._seconds = seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def commit(self, changes: Sequence[Change]) -> Deferred[frozenset[str]]:
        """See :meth:`gamesync.store.Store.commit`."""
        began, entries = self._seconds(), sum(len(change.entries) for change in changes)

        def durable(stale: frozenset[str]) -> frozenset[str]:
            self._watch.committed(self._seconds() - began, len(changes), entries)
            return stale

        def failed(failure: Failure) -> Failure:
            if failure.check(Unavailable):
                self._watch.metrics.commit_failed()
            return failure

        return self._store.commit(changes).addCallbacks(durable, failed)
