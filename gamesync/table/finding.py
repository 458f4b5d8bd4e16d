"""Finding the venue's box on the network, for a screen that has never been told where it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred, succeed

ALONE_MS = 5_000.0
"""A box that is the only one for so long is the one."""


class FoundBox(Protocol):
    """A box that was found."""

    @property
    def name(self) -> str: ...
    @property
    def url(self) -> str: ...


class Looks(Protocol):
    """Whoever looks: :class:`gamesync.client.discovery.Discovery`."""

    def start(self, found: Callable[[tuple[Any, ...]], object], /) -> None: ...
    def stop(self) -> Deferred[None]: ...


def discovery(reactor: Any) -> Looks | None:
    """Multicast DNS; None where ``zeroconf`` is not installed."""
    try:
        from ..client.discovery import Discovery
    except ImportError:
        return None
    return Discovery(reactor)


class Finder:
    """
    :param changed: called when other boxes are there
    :ivar boxes: those that are there now
    :ivar able: whether there is a way to look at all; None before it was tried
    """

    def __init__(
        self,
        reactor: Any,
        changed: Callable[[], object],
        now_ms: Callable[[], float],
        looks: Callable[[Any], Looks | None] = discovery,
    ) -> None:
        self.boxes: tuple[FoundBox, ...] = ()
        self.able: bool | None = None
        self._reactor = reactor
        self._changed = changed
        self._now_ms = now_ms
        self._make = looks
        self._looks: Looks | None = None
        self._since_ms = now_ms()

    def start(self) -> None:
        """Look, from now on; again if that has been stopped."""
        if self._looks is not None:
            return
        self._looks = self._make(self._reactor)
        self.able = self._looks is not None
        self._since_ms = self._now_ms()
        if self._looks is not None:
            self._looks.start(self._found)

    def stop(self) -> Deferred[None]:
        """Look no more; fires when nothing of it is left."""
        looks, self._looks, self.boxes = self._looks, None, ()
        return succeed(None) if looks is None else looks.stop()

    def _found(self, boxes: tuple[Any, ...]) -> None:
        if self._looks is None or boxes == self.boxes:
            return
        self.boxes = boxes
        self._since_ms = self._now_ms()
        self._changed()

    @property
    def alone_for_ms(self) -> float | None:
        """How long one box has been the only one; None: there is none, or there are more."""
        return self._now_ms() - self._since_ms if len(self.boxes) == 1 else None
