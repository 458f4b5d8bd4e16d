"""How fast one connection may speak; knows no message, no socket, and no clock but its argument."""

from __future__ import annotations

from typing import Literal

from ..domain.values import Millis
from ..limits import Bucket, Limits

ABUSE = 2
"""Times the burst that a connection may be over its rate before it is cut off."""


class Rate:
    """
    What comes from who plays is measured against a seat's rate, all else against a narrower one.

    What was too much is counted for both together. Each message that passes takes one off again, so
    that who slows down is forgiven.
    """

    def __init__(self, limits: Limits) -> None:
        self._seated = Bucket(limits.commands_per_second, limits.commands_burst)
        self._unseated = Bucket(limits.observer_commands_per_second, limits.observer_commands_burst)
        self._over = 0

    def judge(self, now: float, *, seated: bool) -> Literal["passes", "too fast", "cut off"]:
        """
        What becomes of a message.

        :param now: seconds of any monotonic clock
        :param seated: it is from somebody who plays
        """
        bucket = self._bucket(seated)
        if bucket.take(now):
            self._over = max(0, self._over - 1)
            return "passes"
        self._over += 1
        return "cut off" if self._over > ABUSE * bucket.burst else "too fast"

    def wait_ms(self, now: float, *, seated: bool) -> Millis:
        """After how long the next one passes."""
        return int(self._bucket(seated).wait(now) * 1000) + 1

    def _bucket(self, seated: bool) -> Bucket:
        return self._seated if seated else self._unseated
