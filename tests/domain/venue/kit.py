"""A hall for tests of the venue: say what is done, and look at what it has come to."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import pytest

from gamesync.domain.events import SERVER, By
from gamesync.domain.values import Millis, Refused
from gamesync.domain.venue import Venue, VenueCommand, VenueStream, fold_venue
from gamesync.domain.venue.commands import AddEvent, AddTable, ImportParticipants, NewParticipant
from gamesync.domain.venue.events import VenueEntry

BOSS = By(role="organiser", device="desk", name="Olga")
JUDGE = By(role="judge", device="judge-phone", name="Tom")
MINUTE = 60_000


def phone(device: str) -> By:
    return By(role="observer", device=device)


def tablet(device: str) -> By:
    return By(role="host", device=device)


class Hall:
    """The venue's stream, and the time."""

    def __init__(self) -> None:
        self.stream = VenueStream()
        self.now: Millis = 1_000

    @property
    def state(self) -> Venue:
        return self.stream.state

    def does(
        self, command: VenueCommand, by: By = BOSS, *started: str
    ) -> tuple[bool, Mapping[str, object]]:
        """Whether anything came of it, and what the sender is told."""
        decision = self.stream.decide(command, by, self.now, 0, started=frozenset(started))
        if not decision.facts:
            return False, decision.data
        entry = VenueEntry(
            version=self.state.version + 1,
            type="test",
            by=by,
            at_ms=self.now,
            wall="",
            facts=decision.facts,
        )
        # What is kept is text.
        kept = msgspec.json.decode(msgspec.json.encode(entry), type=VenueEntry)
        assert kept == entry
        self.stream = self.stream.after(kept)
        return True, decision.data

    def do(self, command: VenueCommand, by: By = BOSS, *started: str) -> Mapping[str, object]:
        """It is done, in one more version."""
        before = self.state.version
        done, data = self.does(command, by, *started)
        assert done
        assert self.state.version == before + 1
        return data

    def idle(self, command: VenueCommand, by: By = BOSS) -> Mapping[str, object]:
        """It comes to nothing, and is no mistake."""
        done, data = self.does(command, by)
        assert not done
        return data

    def refuses(self, command: VenueCommand, by: By = BOSS, *started: str) -> tuple[str, str]:
        """Code and text of the refusal; nothing has changed."""
        before = self.state
        with pytest.raises(Refused) as refused:
            self.does(command, by, *started)
        assert self.state == before
        return refused.value.code, refused.value.message

    def folds(self) -> None:
        """The log adds up to the state, and the state survives being kept as text."""
        assert fold_venue(self.stream.entries) == self.state
        kept = msgspec.json.decode(msgspec.json.encode(self.state), type=Venue)
        assert kept == self.state
        versions = [entry.version for entry in self.stream.entries]
        assert versions == list(range(1, len(versions) + 1))


def hall(tables: int = 0, people: str = "") -> Hall:
    """
    A hall with tables 1, 2 … and, if *people* are named, an event of them.

    Ids are t1, t2 …; the event's and the participants' go on counting: e4, p5 …
    """
    made = Hall()
    for number in range(1, tables + 1):
        made.do(AddTable(name=str(number)))
    if people:
        event = str(made.do(AddEvent(name="Open"))["event"])
        names = tuple(NewParticipant(name=name) for name in people.split())
        made.do(ImportParticipants(event=event, participants=names))
    return made


__all__ = ["BOSS", "JUDGE", "MINUTE", "SERVER", "Hall", "hall", "phone", "tablet"]
