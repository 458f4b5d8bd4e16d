"""``run.py FAULT[,FAULT] twistd …``: plant the faults, then be twistd."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any


def ack_early() -> None:
    """Every commit is said to be durable at once, and made 50 ms later."""
    from twisted.internet import reactor
    from twisted.internet.defer import Deferred, succeed

    from gamesync.storage.sqlite import SqliteStore

    commit: Callable[..., Deferred[frozenset[str]]] = SqliteStore.commit
    soon: Any = reactor

    def early(self: SqliteStore, changes: Any) -> Deferred[frozenset[str]]:
        soon.callLater(0.05, commit, self, changes)
        return succeed(frozenset())

    SqliteStore.commit = early  # type: ignore[method-assign]


def forget_ids() -> None:
    """A command that comes again is done again."""
    from gamesync.room import Room

    Room.remembered = lambda self, asked: None  # type: ignore[method-assign]


def skip_frame() -> None:
    """Every thirtieth change is not told."""
    from gamesync.server.membership import Membership

    tell = Membership.tell

    def forgetful(self: Membership, version: int | None, frame: bytes) -> None:
        if version is None or version % 30:
            tell(self, version, frame)

    Membership.tell = forgetful  # type: ignore[method-assign]


def ignore_if_version() -> None:
    """A set value overwrites whatever is there."""
    from gamesync.domain import sheet

    sheet._same_version = lambda *args: None


def lose_update() -> None:
    """Every tenth time that a step is applied, it is not."""
    from gamesync.domain import sheet
    from gamesync.domain.events import CellStepped
    from gamesync.domain.rules import apply

    assert sheet  # has to register its own first
    whole = apply.dispatch(CellStepped)
    times = count(1)

    def lossy(fact: Any, game: Any, ctx: Any) -> Any:
        return whole(fact, game, ctx) if next(times) % 10 else game

    apply.register(CellStepped)(lossy)


def no_fsync() -> None:
    """The write-ahead log is written, and left to the operating system's cache."""
    from gamesync.storage import schema

    tune = schema.tune

    def careless(connection: Any) -> None:
        tune(connection)
        connection.execute("PRAGMA synchronous = NORMAL")

    schema.tune = careless


def hoard() -> None:
    """What a peer does not read is kept for it without end."""
    from gamesync.server.connection import Connection

    Connection.pauseProducing = lambda self: None  # type: ignore[method-assign]


def hold_up() -> None:
    """Each refused message costs the reactor a fifth of a second."""
    from gamesync.server.session import Session
    from gamesync.wire.messages import ErrorData

    send = Session.send

    def slow(self: Session, data: Any, **kwargs: Any) -> None:
        if isinstance(data, ErrorData):
            time.sleep(0.2)
        send(self, data, **kwargs)

    Session.send = slow  # type: ignore[method-assign]


def leak() -> None:
    """Sessions that are over are remembered, with 20 KiB each."""
    from gamesync.server.session import Session

    closed = Session.closed
    kept: list[tuple[Session, bytes]] = []

    def hoarding(self: Session, code: int | None, reason: str) -> None:
        closed(self, code, reason)
        kept.append((self, os.urandom(20_000)))

    Session.closed = hoarding  # type: ignore[method-assign]


def stepping_clock() -> None:
    """
    The time of day is what the file ``PLANT_STEP`` says off the truth, from SIGUSR1 on.

    No fault but a nemesis: the machine's own clock cannot be stepped for one process.
    """
    true, true_ns = time.time, time.time_ns
    step = [0.0]

    def read(*_: object) -> None:
        step[0] = float(Path(os.environ["PLANT_STEP"]).read_text("ascii"))

    time.time = lambda: true() + step[0]
    time.time_ns = lambda: true_ns() + int(step[0] * 1e9)
    signal.signal(signal.SIGUSR1, read)


def wall_clock() -> None:
    """Twisted keeps its own idea of time, which is the time of day."""
    from gamesync.server import assembly

    build = assembly.build

    def naive(settings: Any, reactor: Any, store: Any = None) -> Any:
        parts = build(settings, reactor, store)
        del reactor.seconds  # back to the class's own
        return parts

    assembly.build = naive


def wall_game_time() -> None:
    """Game time is the time of day."""
    from gamesync.storage.gametime import Clocks

    Clocks.monotonic = Clocks.wall  # type: ignore[method-assign]


def charge_stalls() -> None:
    """A process that was stopped charges the time to whoever's clock ran."""
    from gamesync.registry import Registry

    Registry.stalled = lambda self, *args: None  # type: ignore[method-assign]


def slow_sync() -> None:
    """A disk that takes ``PLANT_SYNC_MS`` longer for each commit."""
    from gamesync.storage import writing

    write, seconds = writing.write, float(os.environ["PLANT_SYNC_MS"]) / 1000

    def slower(*args: Any) -> frozenset[str]:
        stale = write(*args)
        time.sleep(seconds)
        return stale

    writing.write = slower  # type: ignore[assignment]


def one_at_a_time() -> None:
    """A commit for each game: what group commit is measured against."""
    from gamesync.commits import GroupCommit

    taken = GroupCommit._taken

    def one(self: GroupCommit) -> list[Any]:
        first, *rest = taken(self)
        self._due = {room.id: room for room in rest}
        return [first]

    GroupCommit._taken = one  # type: ignore[method-assign]


def unwatched() -> None:
    """Nothing is counted or logged of what happens (for ``bench.watched``)."""
    from gamesync.server.watch import Watch

    def nothing(*_: Any, **__: Any) -> None:
        return

    for name in ("opened", "joined", "closed", "message", "committed", "late"):
        setattr(Watch, name, nothing)


def hang() -> None:
    """
    From SIGUSR1 on the reactor stands still for ``PLANT_HANG_S`` seconds; from SIGUSR2 on the
    database's thread does. The file ``hung`` is there from then on.
    """
    from gamesync.storage.pool import OnePool

    seconds, connect = float(os.environ["PLANT_HANG_S"]), OnePool.connect
    late: list[float] = []

    def stand(length_s: float) -> None:
        Path("hung").touch()
        time.sleep(length_s)

    def slow(self: OnePool) -> Any:
        if late:
            stand(late.pop())
        return connect(self)

    OnePool.connect = slow  # type: ignore[method-assign]
    signal.signal(signal.SIGUSR1, lambda *_: stand(seconds))
    signal.signal(signal.SIGUSR2, lambda *_: late.append(seconds))


PLANTS: dict[str, Callable[[], None]] = {
    plant.__name__: plant
    for plant in (
        *(ack_early, forget_ids, skip_frame, ignore_if_version, lose_update, no_fsync, hoard),
        *(hold_up, leak, stepping_clock, wall_clock, wall_game_time, charge_stalls),
        *(slow_sync, one_at_a_time, hang, unwatched),
    )
}


def main() -> None:
    names, sys.argv = sys.argv[1], sys.argv[2:]
    # As a program in this folder: what stands beside it is not to be imported for anything else.
    sys.path[0] = ""
    for name in sorted(names.split(","), key=lambda n: n != "stepping_clock"):
        PLANTS[name]()
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
