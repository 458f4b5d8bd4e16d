"""What anybody sees of the venue, and what is told of a change."""

from __future__ import annotations

import msgspec

from gamesync.domain.commands import RevokeDevice, ServerDown, SettingsUpdate
from gamesync.domain.venue import VENUE_SECTIONS, venue_changed, venue_view
from gamesync.domain.venue.commands import (
    AddEvent,
    Announce,
    CloseEvent,
    Enter,
    HideGame,
    JoinEvent,
    NewOfficial,
    PairingIn,
    PairRound,
    PairTable,
    PauseRoundClock,
    RegisterDisplay,
    ShowOnDisplay,
    StartRound,
)

from .kit import MINUTE, SERVER, Hall, hall, phone


def full() -> Hall:
    """Tables t1, t2; event e3 with p4, p5 in round 1 at t1 with g1; one of everything else."""
    it = hall(2, "Anna Bert")
    it.do(AddEvent(name="Last year"))
    it.do(CloseEvent(event="e6"))
    it.do(PairTable(table="t1", device="tab"))
    it.do(JoinEvent(event="e3", participant="p4"), phone("anna"))
    pairing = PairingIn(p1="p4", p2="p5", table="t1", game="g1")
    it.do(PairRound(event="e3", round=1, pairings=(pairing,)))
    it.do(StartRound(event="e3", round=1, length_ms=60 * MINUTE))
    it.do(NewOfficial(name="Olga", role="organiser"))
    it.do(Enter(place="official", id="o7", device="desk"), SERVER)
    it.do(RegisterDisplay(name="TV"), phone("tv"))
    it.do(ShowOnDisplay(display="d8", kind="game", game="g1"))
    it.do(Announce(text="Welcome"))
    it.do(SettingsUpdate(key="x.dim", value=True))
    it.do(SettingsUpdate(key="allow_plain_organiser", value=True))
    it.do(RevokeDevice(device="bad"))
    return it


def test_officials_see_all() -> None:
    it = full()
    view = venue_view(it.state, "official")
    assert [(t.name, t.game, t.devices) for t in view.tables] == [
        ("1", "g1", ("tab",)),
        ("2", "", ()),
    ]
    assert [e.name for e in view.events] == ["Open", "Last year"]
    anna, bert = view.events[0].participants
    assert (anna.name, anna.joined, anna.devices) == ("Anna", True, ("anna",))
    assert (bert.name, bert.joined, bert.devices) == ("Bert", False, ())
    assert view.displays[0].devices == ("tv",)
    assert [(o.name, o.role, o.used, o.devices) for o in view.officials] == [
        ("Olga", "organiser", True, ("desk",))
    ]
    assert view.revoked == ("bad",)
    assert view.settings["allow_plain_organiser"] is True
    assert view.settings["ruleset"] == ""
    assert msgspec.json.decode(msgspec.json.encode(view))["version"] == it.state.version


def test_the_public_sees_no_devices_officials_or_inner_settings() -> None:
    view = venue_view(full().state, "public")
    assert [e.name for e in view.events] == ["Open"]
    assert view.events[0].participants[0].joined
    assert view.events[0].rounds[0].pairings[0].game == "g1"
    assert view.announcements[0].text == "Welcome"
    assert view.displays[0].shows.game == "g1"
    assert (view.officials, view.revoked, view.hidden) == ((), (), ())
    assert set(view.settings) == {
        "venue_name", "language", "screensaver_ms", "hosting", "join", "x.dim",
    }  # fmt: skip
    text = msgspec.json.encode([view.tables, view.events, view.displays]).decode()
    assert not any(f'"{device}"' in text for device in ("tab", "anna", "tv"))


def test_a_hidden_game_is_nowhere_in_public() -> None:
    it = full()
    it.do(HideGame(game="g1"))
    assert b'"g1"' not in msgspec.json.encode(venue_view(it.state, "public"))
    official = venue_view(it.state, "official")
    assert official.tables[0].game == "g1"
    assert official.hidden == ("g1",)


def test_the_round_clock_says_when_it_ends_and_warns() -> None:
    it = full()
    assert venue_view(hall().state, "public").round_clock is None
    clock = venue_view(it.state, "public").round_clock
    assert clock is not None
    start = it.now
    assert (clock.event, clock.round, clock.at, clock.left_ms) == ("e3", 1, start, 60 * MINUTE)
    assert (clock.ends_at, clock.running, clock.over) == (start + 60 * MINUTE, True, False)
    assert clock.warnings == tuple(start + m * MINUTE for m in (30, 45, 55))
    it.now += MINUTE
    it.do(PauseRoundClock())
    clock = venue_view(it.state, "public").round_clock
    assert clock is not None
    assert (clock.left_ms, clock.ends_at, clock.paused) == (59 * MINUTE, None, ("organiser",))


def test_a_change_is_told_as_the_sections_that_differ() -> None:
    it = full()
    before = venue_view(it.state, "public")
    assert venue_changed(before, before) == {}
    it.now += MINUTE
    it.do(ServerDown(last_alive=it.now - 5, gap_ms=5, long=False), SERVER)
    after = venue_view(it.state, "public")
    assert venue_changed(before, after) == {"round_clock": after.round_clock, "gaps": after.gaps}
    it.do(NewOfficial(name="Tom", role="judge"))
    assert venue_changed(after, venue_view(it.state, "public")) == {}
    assert "officials" in VENUE_SECTIONS
    assert "version" not in VENUE_SECTIONS
