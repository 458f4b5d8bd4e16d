"""Wrong codes and keys, counted: guessing must not pay."""

from __future__ import annotations

import attrs

from ..limits import Bucket, Limits
from .gate import key_of


@attrs.define
class _Guesser:
    bucket: Bucket
    wait: float = 0.0
    until: float = 0.0


@attrs.define
class Guesses:
    """
    The budget of wrong guesses: of each address, and for typed codes of all together.

    A code is short, so many who guess at once must find no more than one who does. Links, keys and
    tokens are too long to be guessed by any number: one address's tries at them cost nobody else.

    An address that has spent its budget waits a minute, then twice as long each time, up to a
    bound; while it waits, right guesses are refused too, or waiting would tell them apart.
    """

    _limits: Limits
    _all: Bucket = attrs.field(init=False)
    _by: dict[str, _Guesser] = attrs.field(init=False, factory=dict)

    def __attrs_post_init__(self) -> None:
        each = self._limits.wrong_codes_per_minute_total
        self._all = Bucket(each / 60, each)

    def wait(self, address: str, now: float, *, typed: bool = False) -> float:
        """
        Seconds until *address* may guess again; 0: now.

        :param typed: it is a code that people type
        """
        guesser = self._by.get(key_of(address)[0])
        own = max(0.0, guesser.until - now) if guesser is not None else 0.0
        return max(own, self._all.wait(now)) if typed else own

    def wrong(self, address: str, now: float, *, typed: bool = False) -> None:
        """*address* guessed, and was wrong."""
        if typed:
            self._all.take(now)
        address = key_of(address)[0]
        guesser = self._by.get(address)
        if guesser is None:
            self._sweep(now)
            each = self._limits.wrong_codes_per_minute
            guesser = self._by[address] = _Guesser(Bucket(each / 60, each))
        guesser.bucket.take(now)
        if guesser.bucket.wait(now) > 0:
            most = self._limits.wrong_codes_wait_seconds
            if now - guesser.until > most:  # long ago: somebody else by now, or wiser
                guesser.wait = 0.0
            guesser.wait = min(most, guesser.wait * 2 or 60.0)
            guesser.until = now + guesser.wait

    def _sweep(self, now: float) -> None:
        if len(self._by) > 10_000:
            self._by = {
                a: g for a, g in self._by.items() if g.until > now or not g.bucket.full(now)
            }
