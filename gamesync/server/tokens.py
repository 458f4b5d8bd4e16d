"""How long a device's token is good, and what is kept of that over a restart."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..domain.values import Millis
from ..limits import Limits
from ..store import Store, TokenAge, Unavailable

HOUR_MS: Millis = 3_600_000
KEEP_EVERY_MS: Millis = 600_000
"""So often it is written down that a token is in use."""
SIGNING_MS: Millis = 12 * HOUR_MS
"""So long a host's token outlives his match: it has to be signed, and there may be another one."""
OVER_SAID = "this device's pass has run out; come in again by link or code"


@attrs.define
class _Age:
    since_ms: Millis
    seen_ms: Millis
    kept_ms: Millis | None
    """``seen_ms`` as the store has it; None: it holds nothing, and may be as old as it likes."""
    hosted_ms: Millis | None = None
    """When it was spared last, for it hosts a match that is not over."""


class Tokens:
    """
    The tokens of the devices that are here, and how old they are.

    A token that holds something ends when it was not used for a while (to be connected is to use
    it), and at the latest some days after it was first given a right. What the venue gives for as
    long as it pleases (a table's screen, a participant of an open event) does not end so, nor does
    the token of a club's table while its match is not over: there would be nobody to go on with it.
    Ages are in game time, to which the store adds what the box was off for.
    """

    _log = Logger()

    def __init__(
        self,
        store: Store,
        limits: Limits,
        lasting: Callable[[str], bool],
        hosts: Callable[[str], bool],
    ) -> None:
        """
        :param lasting: whether a device is one that the venue keeps
        :param hosts: whether a device has made a match that is not over
        """
        self._store = store
        self._idle_ms = limits.token_idle_hours * HOUR_MS
        self._most_ms = limits.token_absolute_hours * HOUR_MS
        self._lasting = lasting
        self._hosts = hosts
        self._ages: dict[str, _Age] = {}

    async def show(self, device: str) -> bool:
        """
        Somebody shows the token of *device*; whether it is still good.

        :raises gamesync.store.Unavailable: the store is not to be had
        """
        await self._remember(device)
        if self.over(device):
            return False
        self._ages[device].seen_ms = self._store.now()
        return True

    async def ended(self, devices: Iterable[str]) -> tuple[str, ...]:
        """
        Those of *devices*, here or not, whose tokens have come to their end.

        :raises gamesync.store.Unavailable: the store is not to be had
        """
        over = []
        for device in devices:
            await self._remember(device)
            if self.over(device):
                over.append(device)
        return tuple(over)

    async def _remember(self, device: str) -> None:
        if device not in self._ages:
            found, now = await self._store.token(device), self._store.now()
            known = _Age(now, now, None)
            if found is not None:
                known = _Age(found.since_ms, found.seen_ms, found.seen_ms)
            self._ages.setdefault(device, known)

    def over(self, device: str) -> bool:
        """Whether the token of *device* has come to its end."""
        age = self._ages.get(device)
        if age is None or age.kept_ms is None:
            return False
        now = self._store.now()
        idle = 0 < self._idle_ms <= now - age.seen_ms
        old = 0 < self._most_ms <= now - age.since_ms
        if not (idle or old) or self._lasting(device):
            return False
        if self._hosts(device):
            age.hosted_ms = now
            return False
        return age.hosted_ms is None or now - age.hosted_ms >= SIGNING_MS

    def hold(self, device: str) -> None:
        """*device* holds a right; that is written down at once, if it is news."""
        now = self._store.now()
        age = self._ages.setdefault(device, _Age(now, now, None))
        if age.kept_ms is None:
            self._keep([device])

    def look(self, present: Iterable[str]) -> list[str]:
        """
        Once a minute: note who is there, and forget who is not.

        :param present: the devices that are connected
        :return: those of them whose token has come to its end
        """
        now, present = self._store.now(), set(present)
        over = [device for device in present if self.over(device)]
        for device in present.difference(over) & self._ages.keys():
            self._ages[device].seen_ms = now
        gone = self._ages.keys() - present
        self._keep([device for device in self._ages if self._stale(device, device in gone)])
        for device in gone:
            del self._ages[device]
        return over

    def keep_all(self, present: Iterable[str]) -> Deferred[None]:
        """The server stops: write down that these were there."""
        now = self._store.now()
        for device in self._ages.keys() & set(present):
            if not self.over(device):
                self._ages[device].seen_ms = now
        return self._keep([device for device in self._ages if self._stale(device, True)])

    def _stale(self, device: str, last: bool) -> bool:
        """Whether what is kept of it is older than it should be; *last*: it goes now."""
        age = self._ages[device]
        if age.kept_ms is None:
            return False
        return age.seen_ms - age.kept_ms >= (1 if last else KEEP_EVERY_MS)

    def _keep(self, devices: Iterable[str]) -> Deferred[None]:
        ages = []
        for device in devices:
            age = self._ages[device]
            age.kept_ms = age.seen_ms
            ages.append(TokenAge(device=device, since_ms=age.since_ms, seen_ms=age.seen_ms))
        if not ages:
            done: Deferred[None] = Deferred()
            done.callback(None)
            return done
        return self._store.keep_tokens(ages).addErrback(self._not_kept, ages)

    def _not_kept(self, failure: Failure, ages: list[TokenAge]) -> None:
        """Another time: a device that is there is older than the store knows, which is harmless."""
        if not failure.check(Unavailable):
            self._log.failure("the ages of tokens cannot be kept", failure=failure)
        for age in ages:
            if age.device in self._ages:
                self._ages[age.device].kept_ms = age.seen_ms - KEEP_EVERY_MS
