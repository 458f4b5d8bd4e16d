"""Long work that touches nothing of ours: in a thread, one piece at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.interfaces import IReactorThreads, IReactorTime
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure

T = TypeVar("T")

WAITING_MAX = 16
"""Pieces of work that may wait; who asks for more is told to come back."""


class Busy(Exception):
    """Too much waits already."""


class Aside:
    """
    Folding a log of 20,000 entries takes about a second, and play must not wait for it.

    One piece at a time, so that however many ask, the reactor's thread has its half of the time.
    """

    def __init__(self, reactor: IReactorTime) -> None:
        self._reactor = cast(IReactorThreads, reactor)
        self._lock = DeferredLock()

    async def do(self, work: Callable[[], T]) -> T:
        """
        What *work* returns; it may read only what never changes.

        Who no longer waits for it does not let the next piece begin early: a thread cannot be
        stopped.

        :raises Busy: too much waits already
        """
        if len(self._lock.waiting) >= WAITING_MAX:
            raise Busy
        await self._lock.acquire()
        done: Deferred[T] = Deferred()
        pool = self._reactor.getThreadPool()
        deferToThreadPool(self._reactor, pool, work).addBoth(self._finished, done)
        return await done

    def _finished(self, result: T | Failure, done: Deferred[T]) -> None:
        self._lock.release()
        # Should the asker be gone, his Deferred was cancelled and takes one result in silence.
        done.callback(cast(T, result))
