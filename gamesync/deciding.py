"""One round of deciding: what a room's waiting commands come to, until that is durable."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import msgspec
from twisted.logger import Logger

from .access import Stranger
from .asking import Asked, Outcome, new_request
from .domain.events import By
from .domain.values import Millis, Refused
from .domain.view import view
from .frames import Frame, render, sections
from .store import Answer
from .wire.errors import ErrorCode
from .wire.messages import Ack, ErrorData

if TYPE_CHECKING:
    from .room import Room

ANSWERS_KEPT_MS: Millis = 7 * 24 * 3_600_000
"""How long an answer can be had again by sending the same id."""
OF_THE_ROLE = ("not_yours", "consent_needed", "not_now", "not_undoable", "undo_conflict")
"""Refusals that another of the sender's rights might lift."""

to_json = msgspec.json.Encoder().encode


class Stream(Protocol):
    """What a room plays: a log, and the state that it adds up to; a value."""

    def after(self, entry: Any) -> Self: ...


S = TypeVar("S", bound=Stream)


class Round(Generic[S]):
    """
    Decides each command on the state that the one before would make.

    :ivar stream: the stream as it will be
    :ivar outcomes: what to say to each sender, once it is durable
    """

    _log = Logger()

    def __init__(self, room: Room[S], asked: Sequence[Asked]) -> None:
        self.asked = list(asked)
        self.stream: S | None = room.stream
        self.version = room.version
        self.entries: list[Any] = []
        self.answers: list[Answer] = []
        self.outcomes: list[tuple[Asked, Outcome]] = []
        self._room = room
        self._streams: list[S] = []
        self._said: dict[tuple[str, str], Answer] = {}

    def decide(self, asked: Asked) -> None:
        """Decide one command, or find that it was decided before."""
        held = self._room.remembered(asked) or self._said.get((asked.device, asked.id))
        if asked.id and held is not None:
            self._repeat(asked, held)
            return
        try:
            code, body = "ack", self._accept(asked)
        except Stranger as no:
            # Not stored, or anybody could fill the disk.
            self._say(asked, no.code, _refusal(no))
            return
        except Refused as no:
            code, body = no.code, _refusal(no)
        except Exception:
            # Not stored: the same id may be sent again, once the fault is mended.
            request = new_request()
            self._log.failure(
                "deciding {type} {id} of {room} broke",
                type=asked.type,
                id=asked.id,
                room=self._room.id,
                request=request,
            )
            said = ErrorData(
                code=ErrorCode.INTERNAL, message="the server's fault", detail={"request": request}
            )
            self._say(asked, ErrorCode.INTERNAL, to_json(said))
            return
        self._say(asked, code, body)
        if asked.id:
            answer = Answer(
                device=asked.device,
                id=asked.id,
                digest=asked.digest,
                version=self.version,
                code=code,
                body=body,
                expires_ms=asked.now + ANSWERS_KEPT_MS,
            )
            self.answers.append(answer)
            self._said[asked.device, asked.id] = answer

    def frames(self, before: S | None) -> Iterator[Frame]:
        """One frame a version, for each audience."""
        views = self._room.views
        match, public = (None, None) if before is None else views(before)
        for entry, after in zip(self.entries, self._streams, strict=True):
            then, shown = views(after)
            yield render(self._room.id, entry, (match, then), (public, shown))
            match, public = then, shown

    def _repeat(self, asked: Asked, held: Answer) -> None:
        if held.digest != asked.digest:
            body = _error(ErrorCode.ID_REUSED, "id: was another command's", "id")
            self._say(asked, ErrorCode.ID_REUSED, body)
        else:
            outcome = Outcome(code=held.code, version=held.version, body=held.body, again=True)
            self.outcomes.append((asked, outcome))

    def _say(self, asked: Asked, code: str, body: bytes) -> None:
        self.outcomes.append((asked, Outcome(code=code, version=self.version, body=body)))

    def _accept(self, asked: Asked) -> bytes:
        """
        The body of the ``ack``.

        :raises Refused: by the rights or by the rules
        """
        if self.stream is None:
            self._begin(asked)
            return to_json(Ack())
        by, decision = self._decided(asked, self.stream)
        body = to_json(ack(decision.data))
        if decision.facts:
            entry = self._entry(asked, by, decision.facts)
            self._keep(entry, self.stream.after(entry))
        return body

    def _begin(self, asked: Asked) -> None:
        facts = self._room.first(asked.command)
        if facts is None:
            raise Refused("not_found", "there is no such game", "game_id")
        entry = self._entry(asked, By(role="host", device=asked.device), facts)
        self._keep(entry, self._room.begun(entry))

    def _decided(self, asked: Asked, stream: S) -> tuple[By, Any]:
        """The least right that suffices, and what the command comes to under it."""
        rights = (
            (asked.by,)
            if asked.by is not None
            else tuple(self._room.rights(asked.command, asked.device, stream))
        )
        for by in rights[:-1]:
            try:
                return by, self._room.decide(stream, asked, by)
            except Refused as no:
                if no.code not in OF_THE_ROLE:
                    raise
        return rights[-1], self._room.decide(stream, asked, rights[-1])

    def _entry(self, asked: Asked, by: By, facts: tuple[Any, ...]) -> Any:
        return self._room.entry_type(
            version=self.version + 1,
            type=asked.type,
            by=by,
            at_ms=asked.now,
            wall=self._room.around.wall(),
            facts=facts,
            command_id=asked.id,
            reason=getattr(asked.command, "reason", ""),
        )

    def _keep(self, entry: Any, stream: S) -> None:
        self.stream = stream
        self.version = entry.version
        self.entries.append(entry)
        self._streams.append(stream)


def ack(data: Any) -> Ack:
    """What the sender of an accepted command is told beside the version."""
    detail = dict(data)
    already = bool(detail.pop("already", False))
    if "game" in detail:  # a dry run of an undo: the two states, as sections
        before, after = (view(game) for game in detail.pop("game"))
        detail["state"] = sections(before, after)
        detail["before"] = sections(after, before)
    return Ack(already=already, detail=detail)


def _refusal(no: Refused) -> bytes:
    data = ErrorData(code=no.code, message=no.message, field=field_of(no), detail=dict(no.detail))
    return to_json(data)


def field_of(no: Refused) -> str | None:
    """Rules name a field of the command; on the wire that is a field of ``data``."""
    return f"data.{no.field}" if no.field not in (None, "game_id") else no.field


def _error(code: ErrorCode, message: str, field: str | None = None) -> bytes:
    return to_json(ErrorData(code=code, message=message, field=field))
