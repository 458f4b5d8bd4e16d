"""
The storage seam: what the rooms ask of a disk, whichever engine is behind it.

An engine promises that a :class:`Change` whose Deferred has fired is durable, that a game's version
moves only from the base that the change names (compare-and-swap), and that :meth:`Store.read` is
one snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import attrs
from twisted.internet.defer import Deferred

from .domain.events import Entry, Placed
from .domain.summary import Summaries, Summary
from .domain.values import Millis, Version
from .domain.venue import VenueEntry

VENUE = "venue"
"""The id of the stream that belongs to the venue itself."""


class Unavailable(Exception):
    """The store did not answer; whether the change was made is unknown: read before retrying."""


@attrs.frozen(kw_only=True)
class Answer:
    """What was said to one command, so that it can be said again."""

    device: str
    id: str
    digest: bytes
    """Of the command's body: the same id with another body is a mistake."""
    version: Version
    code: str
    """``ack``, or the error's code."""
    body: bytes
    """The answer's ``data``, as it was sent."""
    expires_ms: Millis
    """Game time from which it may be forgotten."""


@attrs.frozen(kw_only=True)
class Change:
    """All that one stream decided between two commits."""

    game_id: str
    base: Version
    """The version decided upon; ``base + len(entries)`` is the new one."""
    entries: tuple[Entry | VenueEntry, ...] = ()
    state: Any = None
    """The state after the last entry (a ``Game`` or a ``Venue``); None if there is no entry."""
    deadline_ms: Millis | None = None
    """Game time at which the stream wants to be looked at again."""
    codes: tuple[tuple[bytes, Placed], ...] = ()
    """Digests of the typed codes that are live, each with the place it leads to."""
    answers: tuple[Answer, ...] = ()


@attrs.frozen(kw_only=True)
class Saved:
    """One stream as it stands in the store."""

    version: Version
    state: bytes
    """JSON of the state."""
    entries: tuple[Any, ...]
    answers: tuple[Answer, ...]


@attrs.frozen(kw_only=True)
class Listed:
    """A line of the list of games."""

    game_id: str
    lines: Summaries
    """As each audience may see it."""

    @property
    def match(self) -> Summary:
        """As it is: what the server itself and officials go by."""
        return self.lines.match


@attrs.frozen(kw_only=True)
class Boot:
    """What the store knows about the past when it is opened."""

    epoch: str
    """Names the history of the database; changed only by restore or import."""
    last_alive: Millis
    """Game time of the last durable instant; 0 for a new store."""
    gap_ms: Millis | None
    """Length of the time since, by the best clock there was; None: unknown, or none at all."""
    rebooted: bool
    """The machine has been started anew: always as if longer than the grace."""
    fresh: bool
    """There was nothing before."""
    uncounted_ms: Millis = 0
    """Time off that was too long for game time to count, as far as the time of day tells."""


@attrs.frozen(kw_only=True)
class TokenAge:
    """A device's token, which holds something: instants of game time."""

    device: str
    since_ms: Millis
    """When it was first given a right."""
    seen_ms: Millis
    """When it was last used."""


class Store(Protocol):
    """Durable streams. Every Deferred may fail with :exc:`Unavailable`."""

    def open(self) -> Deferred[Boot]: ...

    def close(self) -> Deferred[None]:
        """Await what is under way, write the last pulse, let go of the file."""

    def now(self) -> Millis:
        """The store's game time, which never goes back while it is open."""

    def read(self, game_id: str, since: Version = 0) -> Deferred[Saved | None]:
        """State and entries after *since*, of one snapshot; None if there is no such stream."""

    def commit(self, changes: Sequence[Change]) -> Deferred[frozenset[str]]:
        """
        Make *changes* durable, all in one transaction.

        :returns: the ids of streams that were not where their change's ``base`` said; these alone
            were left out
        :raises Exception: anything but :exc:`Unavailable` is a fault of a change; none was made
        """

    def pulse(self) -> Deferred[None]:
        """Write down that the server lives, at ``now()``. A commit does so by itself."""

    def list_games(
        self, statuses: Sequence[str] = (), after: str = "", limit: int = 100
    ) -> Deferred[list[Listed]]:
        """Games by id after *after*; of these statuses, or all."""

    def find(self, digest: bytes) -> Deferred[tuple[str, str] | None]:
        """Which game and place a typed code leads to."""

    def due(self, limit: int = 100) -> Deferred[list[str]]:
        """Games whose deadline has come."""

    def follow(self, callback: Callable[[str | None], None]) -> None:
        """Be told of other nodes' commits; None: the ear was deaf for a while."""

    def forget(self) -> Deferred[int]:
        """Drop answers whose time is over; how many."""

    def token(self, device: str) -> Deferred[TokenAge | None]:
        """How old a device's token is; None if none is known."""

    def keep_tokens(self, ages: Sequence[TokenAge]) -> Deferred[None]:
        """Note that these tokens are there, and when they were last seen."""

    def age_tokens(self, ms: Millis) -> Deferred[None]:
        """All tokens are older by so much: time has passed that game time did not count."""
