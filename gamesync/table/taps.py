"""What became of the taps: sending, counted, or refused with its reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..client import Answer, ClientRefused


@attrs.define
class Tap:
    """The last tap of its kind."""

    done: bool = False
    problem: str = ""
    """Why it did not count, in words for people; empty: it did, or nobody knows yet."""
    code: str = ""
    at_ms: float = 0.0


class Taps:
    """
    :param changed: called when the fate of a tap is known
    :param now_ms: the local monotonic clock
    """

    def __init__(
        self,
        changed: Callable[[], object],
        now_ms: Callable[[], float],
        words: Callable[[ClientRefused], str],
    ) -> None:
        self._changed = changed
        self._now_ms = now_ms
        self._words = words
        self._taps: dict[str, Tap] = {}

    def __getitem__(self, key: str) -> Tap:
        """The last tap of kind *key*; one that is done if there was none."""
        return self._taps.get(key) or Tap(done=True)

    def sending(self, key: str) -> bool:
        return not self[key].done

    def problem(self, key: str, for_ms: float = 8_000.0) -> str:
        """Why the last tap of this kind did not count, for as long as people need to read it."""
        tap = self[key]
        return tap.problem if self._now_ms() - tap.at_ms < for_ms else ""

    def latest_problem(self, for_ms: float = 8_000.0) -> str:
        """The newest of all problems."""
        now = self._now_ms()
        fresh = [t for t in self._taps.values() if t.problem and now - t.at_ms < for_ms]
        return max(fresh, key=lambda t: t.at_ms).problem if fresh else ""

    def put(self, key: str, done: Deferred[Answer]) -> Deferred[Answer | None]:
        """
        Follow a command; fires with None where it was refused, which is then told on the screen.
        """
        tap = self._taps[key] = Tap(at_ms=self._now_ms())

        def counted(answer: Answer) -> Answer:
            tap.done = True
            self._changed()
            return answer

        def refused(failure: Failure) -> None:
            error: Any = failure.value
            if not isinstance(error, ClientRefused):
                failure.raiseException()
            tap.done, tap.code, tap.at_ms = True, error.code, self._now_ms()
            tap.problem = "" if error.code == "stopped" else self._words(error)
            self._changed()

        follow: Deferred[Answer | None] = Deferred()
        done.addCallbacks(counted, refused)
        done.addBoth(follow.callback)
        self._changed()
        return follow

    def clear(self) -> None:
        self._taps.clear()
