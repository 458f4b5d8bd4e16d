"""Displays driven from the desk, and announcements."""

from __future__ import annotations

import pytest

from gamesync.domain.commands import Expire
from gamesync.domain.venue import screens as venue_screens
from gamesync.domain.venue import venue_deadline
from gamesync.domain.venue.commands import (
    Announce,
    RegisterDisplay,
    ReloadDisplay,
    RemoveAnnouncement,
    RemoveDisplay,
    RenameDisplay,
    ShowOnDisplay,
)
from gamesync.domain.venue.events import Showing

from .kit import BOSS, JUDGE, MINUTE, SERVER, hall, phone


def test_a_display_has_a_name_and_is_told_what_to_show() -> None:
    it = hall(2)
    assert it.do(RegisterDisplay(name="Stream"), phone("obs")) == {"display": "d3"}
    assert it.state.displays["d3"].shows == Showing()
    it.do(ShowOnDisplay(display="d3", kind="table", table="t1", game="ignored"))
    assert it.state.displays["d3"].shows == Showing(kind="table", table="t1")
    it.do(ShowOnDisplay(display="d3", kind="game", game="g7"))
    assert it.idle(ShowOnDisplay(display="d3", kind="game", game="g7")) == {"already": True}
    it.do(ShowOnDisplay(display="d3", kind="rotation", tables=("t2", "t1"), every_ms=5_000))
    shows = it.state.displays["d3"].shows
    assert shows == Showing(kind="rotation", tables=("t2", "t1"), every_ms=5_000)
    it.do(ShowOnDisplay(display="d3", kind="round_clock"))
    it.do(ReloadDisplay(display="d3"))
    it.do(ReloadDisplay(display="d3"))
    assert it.state.displays["d3"].reload == 2
    it.do(RemoveDisplay(display="d3"))
    assert it.state.displays == {}
    it.folds()


def test_what_cannot_be_shown_is_refused() -> None:
    it = hall(1)
    it.do(RegisterDisplay(name="TV"), phone("tv"))
    for command, code in (
        (ShowOnDisplay(display="d2", kind="game"), "missing_field"),
        (ShowOnDisplay(display="d2", kind="table"), "missing_field"),
        (ShowOnDisplay(display="d2", kind="rotation"), "missing_field"),
        (ShowOnDisplay(display="d2", kind="table", table="t9"), "not_found"),
        (ShowOnDisplay(display="d2", kind="rotation", tables=("t1", "t9")), "not_found"),
        (ShowOnDisplay(display="d9", kind="board"), "not_found"),
        (ReloadDisplay(display="d9"), "not_found"),
        (RemoveDisplay(display="d9"), "not_found"),
    ):
        assert it.refuses(command)[0] == code


def test_a_fresh_browser_under_the_same_name_is_the_same_display() -> None:
    it = hall()
    it.do(RegisterDisplay(name="Stream"), phone("obs"))
    it.do(ShowOnDisplay(display="d1", kind="round_clock"))
    again = it.idle(RegisterDisplay(name="stream"), phone("obs"))
    assert again == {"already": True, "display": "d1"}
    for device in "abc":
        assert it.do(RegisterDisplay(name="STREAM"), phone(device)) == {"display": "d1"}
    assert it.state.displays["d1"].devices == ("a", "b", "c")
    assert it.state.displays["d1"].shows.kind == "round_clock"
    it.folds()


def test_a_device_is_one_display_and_a_name_nobody_needs_is_dropped() -> None:
    it = hall()
    it.do(RegisterDisplay(name="One"), phone("tv"))
    it.do(RegisterDisplay(name="Two"), phone("tv"))
    assert list(it.state.displays) == ["d2"]
    it.do(ShowOnDisplay(display="d2", kind="round_clock"))
    it.do(RegisterDisplay(name="Three"), phone("tv"))  # what the desk has set up stays
    assert {d.name: d.devices for d in it.state.displays.values()} == {"Two": (), "Three": ("tv",)}
    it.do(RegisterDisplay(name="Three"), phone("second"))
    it.do(RegisterDisplay(name="Two"), phone("tv"))
    three, two = it.state.displays["d3"], it.state.displays["d2"]
    assert (three.devices, two.devices) == (("second",), ("tv",))
    it.folds()


def test_displays_are_bounded_and_named_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_screens, "DISPLAYS_MAX", 2)
    it = hall()
    it.do(RegisterDisplay(name="One"), phone("a"))
    it.do(RegisterDisplay(name="Two"), phone("b"))
    assert it.refuses(RegisterDisplay(name="Three"), phone("c"))[0] == "too_many"
    assert it.refuses(RegisterDisplay(name="Two"), SERVER)[0] == "missing_field"
    assert it.refuses(RenameDisplay(display="d2", name="ONE"))[0] == "conflict"
    it.do(RenameDisplay(display="d2", name="Door"))
    assert it.idle(RenameDisplay(display="d2", name="Door")) == {"already": True}


def test_an_announcement_lapses() -> None:
    it = hall(1, "Anna")
    assert it.do(Announce(text="Pizza\nis here", minutes=5), JUDGE) == {"announcement": "a4"}
    it.do(Announce(text="Stay", minutes=0, target="ignored"))
    pizza, stay = it.state.announcements.values()
    assert (pizza.text, pizza.to, pizza.by) == ("Pizza is here", "all", JUDGE)
    assert pizza.until == it.now + 5 * MINUTE == venue_deadline(it.state)
    assert (stay.until, stay.target, stay.by) == (None, "", BOSS)
    it.now = pizza.until - 1
    assert it.idle(Expire(), SERVER) == {}
    it.now += 1
    it.do(Expire(), SERVER)
    assert list(it.state.announcements) == ["a5"]
    assert venue_deadline(it.state) is None
    it.do(RemoveAnnouncement(announcement="a5"))
    assert it.refuses(RemoveAnnouncement(announcement="a5"))[0] == "not_found"
    it.folds()


def test_an_announcement_is_for_a_table_or_an_event_that_exists(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(venue_screens, "ANNOUNCEMENTS_MAX", 2)
    it = hall(1, "Anna")
    it.do(Announce(text="Your turn", to="table", target="t1"))
    assert it.refuses(Announce(text="a", to="table", target="e2"))[0] == "not_found"
    assert it.refuses(Announce(text="a", to="event", target="t1"))[0] == "not_found"
    with pytest.raises(ValueError, match="something to read"):
        Announce(text="\u202e")
    it.do(Announce(text="Lunch", to="event", target="e2"))
    assert it.refuses(Announce(text="a"))[0] == "too_many"
    it.folds()
