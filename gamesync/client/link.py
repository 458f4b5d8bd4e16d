"""
The connection to the server: one coroutine tells its whole story, from ``start`` to ``stop``.

It never gives up. It counts failures until a WebSocket has been open for a while, not until TCP
connects, so that a server that turns everybody away is not asked ever more often.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from random import SystemRandom
from typing import Any, Protocol

import attrs
from autobahn.websocket.util import parse_url
from twisted.internet.defer import Deferred, succeed
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IStreamClientEndpoint
from twisted.logger import Logger
from twisted.python.failure import Failure

from .talk import Kind, Reason, Talk, TalkFactory, reason_of
from .timer import Monotonic, Timer
from .tls import StrictTLS, trust

OPEN_SECONDS = 10.0
"""How long TCP, TLS and the upgrade may take together."""
STEADY_SECONDS = 5.0
"""A connection that was open for so long was a good one: failures are counted anew."""
LONGEST_WAIT = 8.0

_random = SystemRandom().random


class State(StrEnum):
    """The seed's three words for a connection."""

    CONNECTED = "connected"
    RECONNECTING = "reconnecting"
    """Trying, for the first time or again; or waiting to try."""
    DISCONNECTED = "disconnected"
    """Not started, stopped, or asked by the server to stay away; only ``retry_now`` changes it."""


def delay(failures: int, random: Callable[[], float] = _random) -> float:
    """
    Seconds to wait after so many *failures* in a row: about 0.2 for the first, at most 10.

    Each is stretched or shrunk at random, so that a hall full of screens does not come at once.
    """
    if failures <= 1:
        return 0.1 + 0.2 * random()
    wait: float = min(0.5 * 1.6 ** min(failures - 2, 20), LONGEST_WAIT)
    return wait * (0.75 + random() / 2)


class Handler(Protocol):
    """What a link calls, synchronously."""

    def opened(self) -> None:
        """The WebSocket is open; what is said now is sent."""

    def said(self, payload: bytes) -> None:
        """A message came."""

    def alive(self) -> None:
        """Something came, be it a part of a message."""

    def changed(self, state: State, reason: Reason) -> None:
        """The state of the connection, at each change and each failed attempt."""


class Link:
    """
    A WebSocket to *url* that comes back whenever it is lost.

    :param url: ``ws://host:port`` or ``wss://host:port``
    :param reactor: any; it is not changed, and may keep any clock (see ``Timer``)
    :param ca_file: for wss, a PEM file of the certificates to trust; None: the system's
    :param endpoint: instead of the one made from *url*
    :raises ValueError: *url* is not one
    :raises gamesync.client.tls.BadTrust: *ca_file* cannot be used
    """

    _log = Logger()

    def __init__(
        self,
        url: str,
        handler: Handler,
        reactor: Any,
        *,
        ca_file: str | None = None,
        endpoint: IStreamClientEndpoint | None = None,
        monotonic: Monotonic = time.monotonic,
        delay: Callable[[int], float] = delay,
    ) -> None:
        self.url = url
        self.state = State.DISCONNECTED
        self.reason = Reason(kind=Kind.STOPPED, words="not started")
        self._handler = handler
        self._monotonic = monotonic
        self._delay = delay
        secure, host, port, *_ = _parsed(url)
        self._factory = TalkFactory(url, reactor, monotonic, handler)
        if endpoint is None:
            # Our own deadline is the one that counts: it does not run by the wall's clock.
            endpoint = HostnameEndpoint(reactor, host, port, timeout=2 * OPEN_SECONDS)
            if secure:
                endpoint = wrapClientTLS(StrictTLS(host, trust(ca_file)), endpoint)
        self._endpoint = endpoint
        self._wanted = False
        self._opening: Deferred[Any] | None = None
        self._talk: Talk | None = None
        self._pause: Deferred[None] | None = None
        self._deadline = Timer(reactor, monotonic, self._too_late)
        self._alarm = Timer(reactor, monotonic, self.retry_now)
        self._story: Deferred[None] | None = None
        self._stopped: list[Deferred[None]] = []

    @property
    def connected(self) -> bool:
        return self._talk is not None

    def start(self) -> None:
        """Connect, and stay connected. Does nothing if that is being done."""
        if self._wanted:
            return
        self._wanted = True
        if self._story is None:
            self._story = Deferred.fromCoroutine(self._tell())
            self._story.addErrback(self._broke)

    def stop(self) -> Deferred[None]:
        """Say goodbye (close code 1000) and stay away; fires when the connection is gone."""
        self._wanted = False
        if self._story is None:
            return succeed(None)
        done: Deferred[None] = Deferred()
        self._stopped.append(done)
        if self._talk is not None:
            self._talk.goodbye()
        elif self._opening is not None:
            self._opening.cancel()
        else:
            self.retry_now()
        return done

    def say(self, payload: bytes) -> bool:
        """Send a message; False if there is no connection to send it on."""
        return self._talk is not None and self._talk.say(payload)

    def drop(self, words: str, kind: Kind = Kind.SILENT) -> None:
        """Break the connection off, to make a new one."""
        if self._talk is not None:
            self._talk.drop(Reason(kind=kind, words=words))

    def advised(self, why: str, come_back: bool, retry_after: float) -> None:
        """The server announces that it will close: whether to come back, after how many seconds."""
        if self._talk is not None:
            self._talk.advice = (why, come_back, retry_after)

    def retry_now(self) -> None:
        """Do not wait any longer, nor stay away."""
        pause, self._pause = self._pause, None
        if pause is not None:
            pause.callback(None)

    def look(self) -> None:
        """See whether something is overdue (the wall clock may have been set back)."""
        self._deadline.look()
        self._alarm.look()

    # -- the story

    async def _tell(self) -> None:
        failures = 0
        self._change(State.RECONNECTING, Reason(kind=Kind.STARTING, words="connecting"))
        while self._is_wanted():
            opened = None
            try:
                talk = await self._open()
                opened = self._monotonic()
                why = await self._open_until_lost(talk)
            except Exception as error:
                why = reason_of(error)
            if not self._is_wanted():
                break
            if opened is not None and self._monotonic() - opened >= STEADY_SECONDS:
                failures = 0
            failures += 1
            await self._wait(why, failures)
        self._story = None
        self._change(State.DISCONNECTED, Reason(kind=Kind.STOPPED, words="stopped"))
        stopped, self._stopped = self._stopped, []
        for done in stopped:
            done.callback(None)
        if self._is_wanted():  # somebody changed his mind while we were closing
            self._wanted = False
            self.start()

    async def _open(self) -> Talk:
        """TCP, TLS and the upgrade, all within the deadline."""
        self._deadline.start(OPEN_SECONDS)
        try:
            self._opening = self._endpoint.connect(self._factory)
            talk = _innermost(await self._opening)
            if not self._is_wanted():
                talk.drop(Reason(kind=Kind.STOPPED, words="stopped"))
            self._opening = talk.opened
            await self._opening
        finally:
            self._opening = None
            self._deadline.stop()
        return talk

    async def _open_until_lost(self, talk: Talk) -> Reason:
        if talk.ended.called:
            return await talk.ended
        self._talk = talk
        self._change(State.CONNECTED, Reason(kind=Kind.OPENED, words="connected"))
        if not self._is_wanted():
            talk.goodbye()
        else:
            self._guarded(self._handler.opened)
            talk.listen()
        why = await talk.ended
        self._talk = None
        if talk.advice is not None and why.kind in (Kind.CLOSED, Kind.LOST):
            said, come_back, wait = talk.advice
            words = f"the server closed the connection: {said}"
            why = attrs.evolve(why, words=words, come_back=come_back, wait=max(why.wait, wait))
        return why

    async def _wait(self, why: Reason, failures: int) -> None:
        """Until the next attempt is due, or somebody calls ``retry_now``."""
        pause: Deferred[None] = Deferred()
        self._pause = pause
        if why.come_back:
            # Those who were all told the same time should not all come at it.
            wait = max(self._delay(failures), why.wait * (1 + _random() / 4))
            self._alarm.start(wait)
            self._change(State.RECONNECTING, attrs.evolve(why, retry_in=round(wait, 3)))
        else:
            self._change(State.DISCONNECTED, why)
        await pause
        self._alarm.stop()
        if self._is_wanted() and not why.come_back:
            self._change(State.RECONNECTING, Reason(kind=Kind.STARTING, words="connecting"))

    def _is_wanted(self) -> bool:
        return self._wanted  # any await may change it

    def _too_late(self) -> None:
        if self._opening is not None:
            self._opening.cancel()

    def _change(self, state: State, reason: Reason) -> None:
        self.state, self.reason = state, reason
        self._guarded(self._handler.changed, state, reason)

    def _guarded(self, call: Callable[..., None], *args: object) -> None:
        try:
            call(*args)
        except Exception:
            self._log.failure("the app broke on news of its connection")

    def _broke(self, failure: Failure) -> None:
        self._log.failure("the link broke", failure=failure)


def _parsed(url: str) -> tuple[Any, ...]:
    try:
        parts = parse_url(url)
    except Exception as error:
        raise ValueError(f"{url}: not a ws:// or wss:// address: {error}") from None
    return tuple(parts)


def _innermost(protocol: Any) -> Talk:
    """Under TLS, ``connect`` may hand out the wrapper."""
    talk = getattr(protocol, "wrappedProtocol", protocol)
    assert isinstance(talk, Talk)
    return talk
