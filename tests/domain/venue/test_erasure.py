"""Taking participants out of the venue's log."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from gamesync.domain.venue import fold_venue
from gamesync.domain.venue.commands import (
    CloseEvent,
    DropParticipant,
    EditParticipant,
    JoinEvent,
    LeaveEvent,
)
from gamesync.domain.venue.erasure import arranged, called, erased_people, of_old_events
from gamesync.domain.venue.events import VenueEntry

from .kit import Hall, hall, phone


def full() -> tuple[Hall, str]:
    """Two tables and an event of three; Anna (p4) was Annie, and had two phones."""
    made = hall(tables=2, people="Annie Marek Zofia")
    (event,) = made.state.events
    made.do(EditParticipant(event=event, participant="p4", name="Anna"))
    made.do(EditParticipant(event=event, participant="p4", faction="Orks"))
    for device in ("old-phone", "new-phone"):
        made.do(JoinEvent(event=event, participant="p4", device=device))
    made.do(LeaveEvent(event=event, participant="p4"), phone("old-phone"))
    made.do(JoinEvent(event=event, participant="p5"), phone("mareks"))
    made.do(DropParticipant(event=event, participant="p6"))
    return made, event


def text_of(entries: tuple[VenueEntry, ...]) -> str:
    return msgspec.json.encode((entries, fold_venue(entries))).decode()


def test_one_participant_goes() -> None:
    made, event = full()
    entries = made.stream.entries
    assert called(entries, "ANNIE") == called(entries, "anna") == {"p4"}
    assert called(entries, "nobody") == frozenset()
    after = erased_people(entries, {"p4"})
    for gone in ("Anna", "Annie", "old-phone", "new-phone"):
        assert gone in text_of(entries)
        assert gone not in text_of(after)
    venue = fold_venue(after)
    assert arranged(venue) == arranged(made.state)
    people = venue.events[event].participants
    assert [person.name for person in people.values()] == ["Player 4", "Marek", "Zofia"]
    assert people["p4"].faction == "Orks"
    assert people["p4"].devices == ("erased-p4-2",)
    assert people["p5"] == made.state.events[event].participants["p5"]


def test_all_of_an_event_that_was_closed_long_ago() -> None:
    made, event = full()
    made.do(CloseEvent(event=event))
    entries = tuple(
        replace(entry, wall=f"2026-01-{entry.version:02}T00:00:00.000Z")
        for entry in made.stream.entries
    )
    closed = entries[-1].wall
    assert of_old_events(entries, closed) == frozenset()
    assert of_old_events(entries, "2026-02") == {"p4", "p5", "p6"}
    after = fold_venue(erased_people(entries, of_old_events(entries, "2026-02")))
    names = [person.name for person in after.events[event].participants.values()]
    assert names == ["Player 4", "Player 5", "Player 6"]
    # One that was opened again is not over.
    made.do(CloseEvent(event=event, closed=False))
    assert of_old_events(made.stream.entries, "2026-02") == frozenset()


def test_another_venue_is_seen_to_be_another() -> None:
    made, event = full()
    before = arranged(made.state)
    made.do(CloseEvent(event=event))
    assert arranged(made.state) != before
