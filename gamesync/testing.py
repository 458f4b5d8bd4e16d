"""Doubles for tests, ours and other people's: no threads, no sockets, no waiting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.interfaces import IReactorTime
from twisted.internet.testing import MemoryReactorClock
from twisted.python.failure import Failure

from .domain.values import Millis
from .storage.gametime import Clocks
from .storage.schema import MEMORY
from .storage.sqlite import SqliteStore


class InlineReactor(MemoryReactorClock):
    """Time stands still until ``advance``; what is handed over from a thread runs at once."""

    def callFromThread(self, f: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        f(*args, **kwargs)


class InlineThreads:
    """Takes the place of a pool's ``threadpool``, and has no thread."""

    def start(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def callInThreadWithCallback(
        self,
        onResult: Callable[[bool, object], None],
        work: Callable[..., object],
        *args: Any,
        **kwargs: Any,
    ) -> None:
        try:
            result = work(*args, **kwargs)
        except Exception:
            onResult(False, Failure())
        else:
            onResult(True, result)


def inline(pool: ConnectionPool) -> ConnectionPool:
    """Make *pool* do its work in the caller's thread, before it returns. Not started yet."""
    pool.threadpool = InlineThreads()  # type: ignore[assignment]
    return pool


class FakeClocks(Clocks):
    """
    A machine's clocks that are moved by a reactor's.

    ``reactor.advance`` moves all of them; what else happens to a machine has a method each. Of a
    machine that is started anew only a store opened afterwards takes notice, as in life.
    """

    def __init__(self, reactor: IReactorTime, wall_ms: Millis = 1_750_000_000_000) -> None:
        self._reactor = reactor
        self._asleep_ms = 0
        self._booted_ms = 0
        self._boots = 1
        self._wall_ms = wall_ms

    def monotonic(self) -> Millis:
        return round(self._reactor.seconds() * 1000)

    def boottime(self) -> Millis | None:
        return self.monotonic() + self._asleep_ms - self._booted_ms

    def wall(self) -> Millis:
        return self._wall_ms + self.monotonic() + self._asleep_ms

    def boot_id(self) -> str:
        return f"boot-{self._boots}"

    def sleep(self, ms: Millis) -> None:
        """The machine is suspended for so long."""
        self._asleep_ms += ms

    def step(self, ms: Millis) -> None:
        """Somebody sets the time of day, forwards or back."""
        self._wall_ms += ms

    def reboot(self, off_ms: Millis = 0) -> None:
        """The machine was off for so long, and is started anew."""
        self._wall_ms += off_ms
        self._booted_ms = self.monotonic() + self._asleep_ms
        self._boots += 1


def memory_store(
    reactor: InlineReactor | None = None, clocks: Clocks | None = None, path: str = MEMORY
) -> SqliteStore:
    """
    An open store, gone with the test, whose every Deferred has fired when it is returned.

    :param clocks: None: they move with *reactor*
    :param path: of a file, for a test that opens it again
    """
    reactor = reactor or InlineReactor()
    store = SqliteStore(path, reactor, clocks or FakeClocks(reactor), pooled=inline)
    refused: list[Failure] = []
    store.open().addErrback(refused.append)
    if refused:
        refused[0].raiseException()
    return store
