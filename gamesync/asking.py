"""What passes between a session and a room: what is asked, and what it came to."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Literal, Protocol, TypeAlias

import attrs
from twisted.internet.defer import Deferred

from .access import Secrets
from .domain.events import By
from .domain.values import Millis, Version
from .domain.view import Audience


@attrs.frozen(kw_only=True)
class Outcome:
    """What a command came to: the ``data`` of its ``ack`` or ``error``, and the version."""

    code: str
    """``ack``, or the error's code."""
    version: Version
    body: bytes
    again: bool = False
    """The command had been decided before: what follows from it has followed."""


@attrs.define(kw_only=True, eq=False)
class Asked:
    """One command that waits to be decided."""

    command: Any
    device: str
    now: Millis
    """Game time of its arrival; that is when it happens, however slow the disk."""
    type: str
    id: str = ""
    digest: bytes = b""
    by: By | None = None
    """Set where no right is asked: for the server's own commands, and for taking a place."""
    lag_ms: Millis = 0
    backdate_max_ms: Millis | None = None
    done: Deferred[Outcome] = attrs.field(factory=Deferred)


def new_request() -> str:
    """An id for one fault of our own: whoever met it is told it, and the log has it beside why."""
    return secrets.token_hex(4)


def digest_of(body: bytes) -> bytes:
    """What an answer keeps of a command, to know it again."""
    return blake2b(body, digest_size=16).digest()


Dice: TypeAlias = Callable[[], int]


@attrs.frozen(kw_only=True)
class Around:
    """What every room shares: chance, wall time for people, and the box's secrets."""

    wall: Callable[[], str]
    dice: Dice
    secrets: Secrets


class Watcher(Protocol):
    """Somebody who is to be told what happens in a room."""

    @property
    def device(self) -> str: ...

    @property
    def audience(self) -> Audience:
        """Whose eyes these are."""

    @property
    def seated(self) -> bool:
        """Whether it has ever been told what only the match is told."""

    @property
    def heard_ms(self) -> Millis:
        """Game time at which it was last heard."""

    @property
    def patience_ms(self) -> Millis:
        """How long it may be silent before a clock no longer runs on its account."""

    @property
    def link(self) -> Literal["live", "lost"]:
        """``lost``: connected, but silent for two heartbeats."""

    def tell(self, version: Version | None, frame: bytes) -> None:
        """Send it a frame; *version* is None for what raises none (beats, presence)."""

    def resync(self) -> None:
        """Versions were skipped: it needs the whole state."""

    def removed(self) -> None:
        """Its device's place was taken from it."""

    def failed(self, request: str) -> None:
        """
        It could not be told something: it must not go on as if nothing was missing.

        :param request: the id of the fault in the log
        """
