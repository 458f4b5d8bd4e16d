"""
Commands on their way: each kept, with its id, until the server has answered it. Pure.

One is on its way at a time, so that their order is that of the app whatever is refused, delayed
or sent again. Local times are milliseconds of the monotonic clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import attrs
from twisted.internet.defer import Deferred

from ..wire.errors import ErrorCode
from .envelope import Message, new_id

PressKind: TypeAlias = Literal["switch", "turn", "pause", "resume"]
DATED = ("switch", "turn")
"""Presses whose command says when they were made."""
PLAYER_KEEPS_MS = 10_000.0
HOST_KEEPS_MS = 600_000.0
"""How old a press may be when it is sent; the server would not believe an older one."""
BATCH_MAX = 200
_INTERNAL_TRIES = 3
_FIRST_WAIT_MS, _LONGEST_WAIT_MS = 250.0, 5_000.0
_AGAIN = frozenset(code.value for code in ErrorCode if code.again == "same id")


class ClientRefused(Exception):
    """
    The command was refused, and changed nothing. As text it is the sentence for people.

    :ivar code: one of the protocol's error codes; of the client's own there are ``too_old`` (a
        press that lay too long while there was no connection) and ``stopped``
    :ivar field: the field at fault, or None
    :ivar detail: what a program needs to go on, like the current value of a cell
    :ivar version: the game's, where the server said it
    """

    def __init__(
        self,
        code: str,
        message: str,
        field: str | None = None,
        detail: dict[str, Any] | None = None,
        version: int | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.detail = detail or {}
        self.version = version
        self.retry_after_ms = retry_after_ms

    @classmethod
    def of(cls, message: Message) -> ClientRefused:
        """The refusal in an ``error`` message."""
        data = message.data
        return cls(
            str(data.get("code", "")),
            str(data.get("message", "")),
            data.get("field"),
            data.get("detail"),
            message.version,
            data.get("retry_after_ms"),
        )


@attrs.frozen(kw_only=True)
class Answer:
    """The command is done, and durable."""

    id: str
    type: str
    """``ack``, or the message that a question was answered with."""
    version: int | None = None
    game_id: str | None = None
    already: bool = False
    """Somebody had done it; nothing has changed."""
    detail: dict[str, Any] = attrs.field(factory=dict)
    """What else the server said; for a question, all of it."""


@attrs.define(kw_only=True, eq=False)
class Pending:
    """One command until its answer is there."""

    type: str
    data: dict[str, Any]
    game_id: str | None
    made_ms: float
    press: PressKind | None = None
    player: int = 0
    offline: bool = False
    """Made while there was no connection."""
    id: str = attrs.field(factory=new_id)
    done: Deferred[Answer] = attrs.field(factory=Deferred)
    sent: bool = False
    """The server may know it: from now on it stays as it is, to be known again."""
    on_its_way: bool = False
    not_before_ms: float = float("-inf")
    tries: int = 0
    folded: list[Pending] = attrs.field(factory=list)
    """The presses that this batch stands for."""

    @property
    def question(self) -> bool:
        """It changes nothing, and is answered with a message of its own type."""
        if self.type in ("game_list", "history"):
            return True
        return self.type == "game_state" and not self.data


class Outbox:
    """
    :ivar keeps_ms: how old a press may become before it is not sent any more
    """

    def __init__(self) -> None:
        self.keeps_ms = PLAYER_KEEPS_MS
        self._queue: deque[Pending] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def waiting(self) -> tuple[Pending, ...]:
        """What is not answered yet, in order; for a screen that shows it."""
        return tuple(self._queue)

    def put(
        self,
        type_: str,
        data: dict[str, Any],
        *,
        now_ms: float,
        game_id: str | None = None,
        press: PressKind | None = None,
        player: int = 0,
        offline: bool = False,
    ) -> Pending:
        """Queue a command; its ``done`` fires with an :class:`Answer` or :exc:`ClientRefused`."""
        pending = Pending(
            type=type_, data=dict(data), game_id=game_id, made_ms=now_ms, press=press,
            player=player, offline=offline,
        )  # fmt: skip
        self._queue.append(pending)
        return pending

    def lost(self) -> None:
        """The connection is gone: what was on its way has to be sent again, as it was."""
        for pending in self._queue:
            pending.on_its_way = False
            pending.not_before_ms = float("-inf")

    def next(
        self, now_ms: float, server_ms: Callable[[float], float | None], game_id: str | None
    ) -> Pending | None:
        """
        The command to send now, if there is one; it is on its way then.

        :param server_ms: game time at a local time, None if it is not known
        :param game_id: for commands made before there was a game
        """
        while self._queue:
            head = self._queue[0]
            if head.on_its_way or head.not_before_ms > now_ms:
                return None
            if head.press is not None and now_ms - head.made_ms > self.keeps_ms:
                self._queue.popleft()
                _fail(head, _too_old(head, now_ms))
                continue
            if not head.sent:
                head.game_id = head.game_id or game_id
                if head.press in DATED and "pressed_at" not in head.data:
                    pressed = server_ms(head.made_ms)
                    if pressed is not None:
                        head.data["pressed_at"] = max(0, round(pressed))
            head.sent = head.on_its_way = True
            return head
        return None

    def wait_ms(self, now_ms: float) -> float | None:
        """How long until ``next`` is worth asking again; None: until something happens."""
        if not self._queue or self._queue[0].on_its_way:
            return None
        return max(0.0, self._queue[0].not_before_ms - now_ms)

    def answered(self, message: Message, now_ms: float) -> Pending | None:
        """The command that *message* answers for good; its ``done`` is the caller's to fire."""
        head = self._queue[0] if self._queue else None
        if head is None or message.id != head.id or not head.sent:
            return None
        if message.type == "error":
            if self._again(head, message, now_ms):
                return None
        elif message.type != ("ack" if not head.question else head.type):
            return None
        self._queue.popleft()
        return head

    def fold(self, since_version: int, server_ms: Callable[[float], float | None]) -> None:
        """
        Make one ``batch`` of the presses made without a connection; for the table's own device.

        Its place is that of the first of them. Presses that the server may know already stay as
        they are. However old they are, all are told: where they cannot be honoured an official
        has to see them.

        :param since_version: the last version at which this device knew clock and turn
        """
        loose = [p for p in self._queue if p.press is not None and p.offline and not p.sent]
        loose = loose[:BATCH_MAX]
        if not loose:
            return
        presses = []
        for press in loose:
            at = server_ms(press.made_ms)
            if at is None:
                return
            presses.append(
                {"kind": press.press, "player": press.player, "pressed_at": max(0, round(at))}
            )
        batch = Pending(
            type="timer_update",
            data={"op": "batch", "presses": presses, "since_version": since_version},
            game_id=loose[0].game_id,
            made_ms=loose[0].made_ms,
            folded=loose,
        )
        held = list(self._queue)
        held[held.index(loose[0])] = batch
        self._queue = deque(p for p in held if p not in loose)

    def fail_all(self, error: ClientRefused) -> None:
        """Nothing of this will be sent any more."""
        held, self._queue = list(self._queue), deque()
        for pending in held:
            _fail(pending, error)

    def _again(self, head: Pending, message: Message, now_ms: float) -> bool:
        """Whether an error is one of those after which the same is sent again, later."""
        code = message.data.get("code")
        head.tries += 1
        if code not in _AGAIN or (code == ErrorCode.INTERNAL and head.tries >= _INTERNAL_TRIES):
            return False
        asked = message.data.get("retry_after_ms")
        wait = min(_FIRST_WAIT_MS * 2 ** min(head.tries - 1, 10), _LONGEST_WAIT_MS)
        head.on_its_way = False
        head.not_before_ms = now_ms + (float(asked) if isinstance(asked, int | float) else wait)
        return True


def settle(pending: Pending, message: Message) -> None:
    """Tell whoever waits for *pending* what the server answered."""
    if message.type == "error":
        _fail(pending, ClientRefused.of(message))
        return
    data = message.data
    answer = Answer(
        id=pending.id,
        type=message.type,
        version=message.version,
        game_id=message.game_id,
        already=bool(data.get("already")) if message.type == "ack" else False,
        detail=data.get("detail", {}) if message.type == "ack" else data,
    )
    for each in (pending, *pending.folded):
        if not each.done.called:
            each.done.callback(answer)


def _fail(pending: Pending, error: ClientRefused) -> None:
    for each in (pending, *pending.folded):
        if not each.done.called:
            each.done.errback(error)
    if pending.folded:
        pending.done.addErrback(lambda _: None)  # nobody but the presses waits for a batch


def _too_old(head: Pending, now_ms: float) -> ClientRefused:
    seconds = round((now_ms - head.made_ms) / 1000)
    words = f"pressed {seconds} s ago, while there was no connection: press again if it still holds"
    if head.sent:
        words = f"sent {seconds} s ago and never answered: look whether it counted"
    return ClientRefused("too_old", words, detail={"sent": head.sent, "seconds": seconds})
