"""How this device gets in: ``connect``, its answers, and who waits for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger

from ..wire.errors import ErrorCode
from .entering import TOKEN, Device, Joined, Way
from .envelope import Message, new_id, write
from .mirror import Came, Mirror
from .outbox import ClientRefused
from .tokens import TokenStore

_LATER = (ErrorCode.RATE_LIMITED, ErrorCode.STORAGE, ErrorCode.OVERLOADED)


class Entrance:
    """
    :ivar token: our device token; None before the first ``connect`` was answered
    :ivar way: where we want to be; asked for again on each new connection
    :ivar identified: whether the server knows us on the present connection
    :ivar later: whether we have to ask again, when the wait is over
    """

    _log = Logger()

    def __init__(
        self,
        server_url: str,
        device: Device,
        tokens: TokenStore,
        mirror: Mirror,
        say: Callable[[bytes], bool],
    ) -> None:
        kept = tokens.load(server_url)
        self.token = kept if kept is not None and TOKEN.fullmatch(kept) else None
        self.way = Way()
        self.identified = False
        self.later = False
        self._server_url = server_url
        self._device = device
        self._tokens = tokens
        self._mirror = mirror
        self._say = say
        self._asked: str | None = None
        self._joins: list[Deferred[Joined]] = []
        self._known: list[Deferred[None]] = []

    @property
    def settled(self) -> bool:
        """Whether the server knows us and nothing more is asked."""
        return self.identified and self._asked is None and not self.later

    @property
    def waited_for(self) -> bool:
        """Whether somebody waits to get in."""
        return bool(self._joins)

    def known(self) -> Deferred[None]:
        """Fires when the server has answered a ``connect`` of this connection, with yes or no."""
        if self.identified:
            return succeed(None)
        done: Deferred[None] = Deferred()
        self._known.append(done)
        return done

    def wish(self, way: Way) -> Deferred[Joined]:
        """From now on be there; fires when the server says that we are."""
        done: Deferred[Joined] = Deferred()
        self._joins.append(done)
        if way.game_id != self._mirror.game_id or way.code is not None or way.key is not None:
            self._mirror.leave()  # with another right one sees other things
        self._mirror.refusal = None
        self.way = way
        return done

    def ask(self, heartbeat_ms: int) -> None:
        """Say who we are, which game we want, and what we have of it."""
        self.later = False
        self._asked = new_id()
        way, mirror = self.way, self._mirror
        resume = mirror.resume if mirror.game_id == way.game_id else None
        data = self._device.connect(way, self.token, resume, heartbeat_ms)
        mirror.asked()
        self._say(write("connect", data, game_id=way.game_id, id_=self._asked))

    def lost(self) -> None:
        """The connection is gone."""
        self.identified = self.later = False
        self._asked = None

    def is_answer(self, message: Message) -> bool:
        """Whether *message* answers what was asked last."""
        return message.id is not None and message.id == self._asked

    def joined(self, message: Message, at_ms: float) -> Came:
        """The server let us in; what that did to the mirror. ``settle`` tells those who wait."""
        self._asked = None
        token: Any = message.data.get("token")
        if isinstance(token, str) and token != self.token:
            self.token = token
            self._keep(token)
        came = self._mirror.joined(message, at_ms)
        self.identified = True
        if message.game_id is not None:
            # A code works once, a key as often as one likes; the token is enough from now on.
            self.way = Way(game_id=message.game_id)
        return came

    def settle(self) -> None:
        mirror = self._mirror
        joined = Joined(
            game_id=mirror.game_id, role=mirror.role, player=mirror.player, rights=mirror.rights,
            recovered=mirror.recovered,
        )  # fmt: skip
        joins, self._joins = self._joins, []
        for done in joins:
            done.callback(joined)
        self._tell_known()

    def refused(self, error: ClientRefused) -> float | None:
        """
        The server did not let us in.

        :return: seconds after which to ask again; None: those who wait have been told
        """
        self._asked = None
        if error.code in _LATER:
            self.later = True
            return (error.retry_after_ms or 1_000) / 1000
        self._mirror.refused(error.message)
        expired = error.code == ErrorCode.TOKEN_EXPIRED
        if expired:
            self.token = None  # from now on we are somebody new
        # Where we may not go is settled; who we are is still worth saying.
        self.later, self.way = expired or self.way.anywhere, Way()
        self.fail(error)
        self._tell_known()
        return None

    def fail(self, error: ClientRefused) -> None:
        """Nobody gets in any more."""
        joins, self._joins = self._joins, []
        for done in joins:
            done.errback(error)

    def _tell_known(self) -> None:
        known, self._known = self._known, []
        for done in known:
            done.callback(None)

    def _keep(self, token: str) -> None:
        try:
            self._tokens.save(self._server_url, token)
        except Exception:  # the app's own; without it we are only somebody new tomorrow
            self._log.failure("the device token could not be kept")
