"""
A room: one stream (a match, or the venue's own) and those who watch it. No sockets, no SQL.

Commands wait here undecided while a commit is in flight; then :meth:`Room.decide_all` decides all
of them in order, the store makes what came of it durable, and :meth:`Room.committed` tells every
watcher and answers every sender. Nothing that is not durable is ever decided on, acked or shown.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import Any, ClassVar, Generic

from twisted.logger import Logger

from .asking import Around, Asked, Outcome, Watcher, new_request
from .deciding import Round, S, to_json
from .domain.events import By, Entry
from .domain.values import Millis, Version
from .domain.view import Audience
from .frames import Frame
from .store import Answer, Change, Saved
from .wire.errors import ErrorCode
from .wire.messages import ErrorData, PresenceData

FRAMES_KEPT = 64
"""How many versions back a watcher can resume without being told everything anew."""
ANSWERS_AT_HAND = 20_000
"""Most answers held in memory: as many as a match can have entries."""


class Room(ABC, Generic[S]):
    """
    :ivar id: of the stream
    :ivar stream: as it is durable; None before it begins
    :ivar version: of that; the watchers have been told this much
    :ivar presence: who was there, as the watchers were told last
    :ivar touched_ms: game time at which it was last changed, or asked for
    """

    _log = Logger()
    entry_type: ClassVar[type] = Entry
    secretive: ClassVar[tuple[type, ...]] = ()
    """Commands whose ``ack`` tells more than the log holds; see :meth:`besides`."""

    def __init__(self, id_: str, around: Around) -> None:
        self.id = id_
        self.around = around
        self.stream: S | None = None
        self.version: Version = 0
        self.watchers: set[Watcher] = set()
        self.presence: PresenceData | None = None
        self.touched_ms: Millis = 0
        self._waiting: deque[Asked] = deque()
        self._frames: deque[Frame] = deque(maxlen=FRAMES_KEPT)
        self._answers: dict[tuple[str, str], Answer] = {}
        self._round: Round[S] | None = None
        self._heard_ms: Millis = 0
        self._asked_ms: Millis = 0
        self._viewed: tuple[S, tuple[Any, Any]] | None = None
        self._eyes: dict[str, Audience] = {}

    # -- what the kinds of room differ in

    @abstractmethod
    def rights(self, command: Any, device: str, stream: S) -> Iterator[By]:
        """
        The rights with which *device* may give *command*, the least first.

        :raises gamesync.domain.values.Refused: (``not_yours``) it has none
        """

    @abstractmethod
    def decide(self, stream: S, asked: Asked, by: By) -> Any:
        """:raises gamesync.domain.values.Refused: the rules say no"""

    @abstractmethod
    def joining(self, device: str, command: Any) -> By:
        """In whose name a device takes a place here."""

    @abstractmethod
    def first(self, command: Any) -> tuple[Any, ...] | None:
        """The facts with which the stream begins, if *command* begins it."""

    @abstractmethod
    def begun(self, entry: Any) -> S:
        """The stream that its first entry makes."""

    @abstractmethod
    def seen(self, stream: S, audience: Audience) -> Any:
        """The view that *audience* has."""

    @abstractmethod
    def eyes(self, device: str) -> Audience:
        """With whose eyes *device* sees this room, as the logs have it now."""

    @abstractmethod
    def change(
        self, entries: tuple[Any, ...], stream: S | None, answers: tuple[Answer, ...]
    ) -> Change:
        """What is to be made durable."""

    @abstractmethod
    def played(self, saved: Saved) -> S | None:
        """The stream that the store has."""

    @property
    @abstractmethod
    def deadline(self) -> Millis | None:
        """Game time at which it wants to be looked at again."""

    @abstractmethod
    def due(self, now: Millis) -> tuple[Any, ...]:
        """The server's own commands with which it is looked at."""

    def besides(self, command: Any, detail: dict[str, Any], device: str) -> dict[str, Any]:
        """
        What the ``ack`` of a command tells its sender that no log holds: links, codes, keys.

        :param detail: what the rules told him
        """
        return {}

    # -- asking and deciding

    def ask(self, asked: Asked) -> None:
        """
        It happens when it arrived; but not before what has been asked already.

        A message may have waited for the one before it on its connection, and others came first.
        """
        asked.now = self._asked_ms = max(asked.now, self._asked_ms)
        self._waiting.append(asked)

    def interpose(self, asked: Asked, since: Millis) -> None:
        """
        Ask on behalf of the time since *since*, in which nothing could be made durable.

        It is put where the longest silence ends, and said to have happened then: between what came
        before the trouble and what came after it.
        """
        instants = [since, *(waiting.now for waiting in self._waiting), asked.now]
        silences = [after - before for before, after in pairwise(instants)]
        at = silences.index(max(silences))
        asked.now = instants[at + 1]
        self._asked_ms = max(asked.now, self._asked_ms)
        self._waiting.insert(at, asked)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def idle(self) -> bool:
        """Nobody watches, nothing waits."""
        return not (self._waiting or self.watchers or self._round)

    def decide_all(self) -> Change | None:
        """
        Decide everything that waits, in order, each on the state that the one before would make.

        :returns: what is to be made durable; None if nothing is, and all is said
        """
        assert self._round is None, "one commit at a time"
        round_ = self._round = Round(self, self._waiting)
        self._waiting = deque()
        for asked in round_.asked:
            round_.decide(asked)
        if not round_.entries and not round_.answers:
            self.committed()
            return None
        return self.change(tuple(round_.entries), round_.stream, tuple(round_.answers))

    def committed(self) -> None:
        """It is durable: everybody is told, then every sender is answered."""
        round_, self._round = self._round, None
        assert round_ is not None, "something was decided"
        self._remember(round_.answers)
        if round_.entries:
            before, self.stream = self.stream, round_.stream
            self.version = round_.version
            self.touched_ms = max(self.touched_ms, round_.entries[-1].at_ms)
            self._eyes.clear()
            self._tell_of(round_, before)
        for asked, outcome in round_.outcomes:
            asked.done.callback(outcome)
        if round_.entries:
            self.turn_out()

    def _tell_of(self, round_: Round[S], before: S | None) -> None:
        try:
            frames = list(round_.frames(before))
        except Exception:
            self._log.failure("what was done in {room} cannot be told", room=self.id)
            self._frames.clear()
            self.resync()
            return
        for frame in frames:
            self._frames.append(frame)
            for watcher in tuple(self.watchers):
                self._to(watcher, partial(_tell, frame))

    def put_back(self) -> None:
        """The commit was for another state: read the stream again, and decide it all again."""
        round_, self._round = self._round, None
        if round_ is not None:
            self._waiting.extendleft(reversed(round_.asked))

    def give_up(
        self, code: ErrorCode, message: str, *, waiting: bool = True, request: str = ""
    ) -> None:
        """
        Nothing could be made durable: everyone who asked is told, and may ask again.

        :param waiting: also those who have not been decided yet
        :param request: the id of the fault in the log, if it is one of our own
        """
        round_, self._round = self._round, None
        asked = [] if round_ is None else round_.asked
        if waiting:
            asked = [*asked, *self._waiting]
            self._waiting.clear()
        detail = {"request": request} if request else {}
        body = to_json(ErrorData(code=code, message=message, detail=detail))
        for each in asked:
            each.done.callback(Outcome(code=code, version=self.version, body=body))

    # -- answers

    def remembered(self, asked: Asked) -> Answer | None:
        return self._answers.get((asked.device, asked.id)) if asked.id else None

    def forget_answers(self, now: Millis) -> None:
        late = [key for key, answer in self._answers.items() if answer.expires_ms <= now]
        for key in late:
            del self._answers[key]

    def _remember(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            self._answers[answer.device, answer.id] = answer
        while len(self._answers) > ANSWERS_AT_HAND:
            del self._answers[next(iter(self._answers))]

    def load(self, saved: Saved) -> None:
        """Take up the stream as the store has it, after a start or a failed commit."""
        if saved.version != self.version:
            self.stream = self.played(saved)
            self.version = saved.version
            self._frames.clear()
            self._eyes.clear()
        self._answers = {}
        self._remember(sorted(saved.answers, key=lambda answer: answer.expires_ms))

    # -- seeing

    def views(self, stream: S) -> tuple[Any, Any]:
        """What the match and what the public sees of *stream*; kept for the newest."""
        if self._viewed is None or self._viewed[0] is not stream:
            self._viewed = stream, (self.seen(stream, "match"), self.seen(stream, "public"))
        return self._viewed[1]

    def view_for(self, audience: Audience) -> Any:
        """What *audience* sees now."""
        assert self.stream is not None, "there is something to see"
        match, public = self.views(self.stream)
        return match if audience == "match" else public

    def audience(self, device: str) -> Audience:
        """With whose eyes *device* sees this room."""
        found = self._eyes.get(device)
        if found is None:
            if len(self._eyes) > 1_000:
                self._eyes.clear()
            found = self._eyes[device] = self.eyes(device)
        return found

    def venue_changed(self) -> None:
        """The venue's log has moved on, and with it what devices may hold here."""
        self._eyes.clear()
        self.turn_out()

    # -- watching

    def watch(self, watcher: Watcher) -> None:
        self.watchers.add(watcher)

    def leave(self, watcher: Watcher) -> None:
        if watcher in self.watchers:
            self.watchers.discard(watcher)
            if watcher.audience == "match":
                self.heard(watcher.heard_ms)

    def heard(self, at: Millis) -> None:
        """Somebody who counts was heard, or could not have been before this."""
        self._heard_ms = max(self._heard_ms, at)

    def missed(self, since: Version, audience: Audience) -> list[bytes] | None:
        """Frames after *since*, gap-free; None if they are not all at hand."""
        if since == self.version:
            return []
        frames = [frame for frame in self._frames if frame.version > since]
        if since > self.version or not frames or frames[0].version != since + 1:
            return None
        return [frame.for_(audience) for frame in frames]

    def same_eyes_since(self, since: Version, device: str) -> bool:
        """Whether *device* saw with the eyes it has now at *since*; if not, frames do not fit."""
        return True

    def resync(self) -> None:
        """Another node moved on, or a lost commit had been made: everyone gets the whole state."""
        for watcher in tuple(self.watchers):
            self._to(watcher, lambda w: w.resync())

    def turn_out(self) -> None:
        """Let go of watchers whose device has lost its place."""
        for watcher in tuple(self.watchers):
            if watcher.seated and watcher.audience == "public":
                self._to(watcher, lambda w: w.removed())

    def _to(self, watcher: Watcher, tell: Callable[[Watcher], None]) -> None:
        """One watcher's trouble is his own; but he does not stay, as if he had missed nothing."""
        try:
            tell(watcher)
        except Exception:
            request = new_request()
            self._log.failure(
                "a watcher of {room} could not be told", room=self.id, request=request
            )
            self.watchers.discard(watcher)
            watcher.failed(request)


def _tell(frame: Frame, watcher: Watcher) -> None:
    watcher.tell(frame.version, frame.for_(watcher.audience))
