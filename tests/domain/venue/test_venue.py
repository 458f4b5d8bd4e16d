"""The venue's stream: its log, its commands as they come over a wire, its rights."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from gamesync.domain import commands
from gamesync.domain.commands import RevokeDevice, ServerDown, SettingsUpdate, Undo
from gamesync.domain.events import By, Undone
from gamesync.domain.values import Refused
from gamesync.domain.venue import (
    VENUE_RIGHTS,
    Venue,
    VenueCommand,
    VenueStream,
    fold_venue,
    games_of,
    moves,
    venue_changed,
    venue_view,
)
from gamesync.domain.venue import commands as venue_commands
from gamesync.domain.venue.commands import (
    AddEvent,
    AddParticipant,
    AddTable,
    Announce,
    AssignGame,
    AssignOpponents,
    AssignTable,
    CloseEvent,
    DropParticipant,
    Enter,
    ExtendRound,
    HideGame,
    JoinEvent,
    LeaveEvent,
    NewOfficial,
    PairingIn,
    PairRound,
    PairTable,
    PauseRoundClock,
    RegisterDisplay,
    RemoveTable,
    RestoreDevice,
    ResumeAll,
    ResumeRoundClock,
    RevokeOfficial,
    RoundOver,
    ShowOnDisplay,
    StartRound,
    StartRoundClock,
    StopRoundClock,
    UnpairTable,
)
from gamesync.domain.venue.events import TableAdded, TableRemoved, VenueEntry
from gamesync.domain.venue.state import VenueContext, apply

from .kit import BOSS, JUDGE, SERVER, Hall, hall, phone, tablet


def entry(version: int, *facts: Any) -> VenueEntry:
    return VenueEntry(version=version, type="table", by=BOSS, at_ms=7, wall="", facts=facts)


def test_nothing_has_happened_at_first() -> None:
    assert fold_venue([]) == Venue() == VenueStream().state
    hall().folds()


def test_the_log_goes_on_from_a_state() -> None:
    one = entry(1, TableAdded(table="t1", name="1"))
    two = entry(2, TableAdded(table="t2", name="2"))
    first = fold_venue([one])
    assert fold_venue([two], first) == fold_venue([one, two])
    stream = VenueStream((), first).after(two)
    assert stream.entries == (two,)
    assert stream.state == fold_venue([one, two])
    assert (stream.state.version, stream.state.touched_ms) == (2, 7)


def test_an_entry_that_no_longer_fits_has_no_effect() -> None:
    venue = fold_venue(
        [
            entry(1, TableAdded(table="t1", name="1")),
            entry(2, TableAdded(table="t2", name="2"), TableRemoved(table="t9")),
            entry(3, TableAdded(table="t3", name="3")),
        ]
    )
    assert list(venue.tables) == ["t1", "t3"]
    assert venue.version == 3


def test_versions_are_contiguous() -> None:
    with pytest.raises(ValueError, match="version 2 does not follow 0"):
        VenueStream().after(entry(2, TableAdded(table="t1", name="1")))


def test_what_is_for_a_match_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        VenueStream().decide(Undo(), BOSS, 0, lag_ms=3)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.field) == ("bad_value", "game_id")
    ctx = VenueContext(by=BOSS, now=0, version=1)
    with pytest.raises(TypeError, match="no rule applies Undone"):
        apply(Undone(version=1), Venue(), ctx)


MESSAGES: list[Any] = [
    venue_commands.TableUpdate,
    venue_commands.EventUpdate,
    venue_commands.Assign,
    venue_commands.AnnounceUpdate,
    venue_commands.DisplayUpdate,
    venue_commands.RoundClockUpdate,
    venue_commands.OfficialUpdate,
    venue_commands.VenueDevice,
]


@pytest.mark.parametrize("message", MESSAGES)
def test_the_forms_of_a_message_are_told_apart_by_op(message: Any) -> None:
    msgspec.json.Decoder(message)  # it would say if two had one tag
    assert all(form.__struct_config__.tag_field == "op" for form in get_args(message))


def test_commands_are_read_and_their_text_cleaned() -> None:
    raw = b'{"op":"add_participant","event":"e1","name":"  Zoe\\u0308 ","faction":"Orks"}'
    read = msgspec.json.decode(raw, type=venue_commands.EventUpdate)
    assert read == AddParticipant(event="e1", name="Zo\xeb", faction="Orks")
    imported = b'{"op":"import_participants","event":"e1","participants":[{"name":"\\u202e"}]}'
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(imported, type=venue_commands.EventUpdate)


def test_everything_that_comes_over_a_wire_has_its_rights() -> None:
    wire = {form for message in MESSAGES for form in get_args(message)}
    wire |= {venue_commands.HideGame, SettingsUpdate}
    inner = {venue_commands.Enter, venue_commands.RoundOver, ServerDown, commands.Expire}
    assert set(VENUE_RIGHTS) == wire
    assert set(get_args(VenueCommand)) == wire | inner
    assert all("organiser" in roles for roles in VENUE_RIGHTS.values())
    assert VENUE_RIGHTS[venue_commands.RegisterDisplay] >= {"observer", "table"}
    assert "judge" not in VENUE_RIGHTS[RevokeDevice]


# -- whatever is done, the log adds up to the state --

IDS = st.sampled_from([f"{letter}{n}" for letter in "tepo" for n in range(1, 9)])
NAMES = st.sampled_from(["1", "2", "Anna", "Bert", "Li"])
DEVICES = st.sampled_from(["a", "b", "c", "desk"])
GAMES = st.sampled_from(["", "g1", "g2", "g3"])
ROLES = st.sampled_from([BOSS, JUDGE, SERVER, phone("a"), phone("b"), tablet("c")])
LENGTHS = st.integers(1_000, 5_000)


def of(letter: str) -> st.SearchStrategy[str]:
    return st.integers(1, 9).map(lambda n: f"{letter}{n}")


PAIRINGS = st.lists(
    st.builds(
        PairingIn,
        p1=of("p"),
        p2=st.one_of(st.just(""), of("p")),
        table=st.one_of(st.just(""), of("t")),
        game=GAMES,
    ),
    min_size=1,
    max_size=3,
).map(tuple)
REASONS = st.sampled_from(["", "why"])
ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.builds(AddTable, name=NAMES),
    st.builds(RemoveTable, table=of("t")),
    st.builds(PairTable, table=of("t"), device=DEVICES),
    st.builds(UnpairTable, table=of("t"), renew=st.booleans()),
    st.builds(AddEvent, name=NAMES),
    st.builds(CloseEvent, event=of("e"), closed=st.booleans()),
    st.builds(AddParticipant, event=of("e"), name=NAMES),
    st.builds(DropParticipant, event=of("e"), participant=of("p"), dropped=st.booleans()),
    st.builds(JoinEvent, event=of("e"), participant=of("p")),
    st.builds(LeaveEvent, event=of("e"), participant=of("p")),
    st.builds(AssignGame, table=of("t"), game=GAMES, reason=REASONS),
    st.builds(RegisterDisplay, name=NAMES),
    st.builds(ShowOnDisplay, display=of("d"), kind=st.just("table"), table=of("t")),
    st.builds(Announce, text=NAMES, minutes=st.integers(0, 2)),
    st.builds(StartRoundClock, length_ms=LENGTHS),
    st.builds(PauseRoundClock),
    st.builds(ResumeRoundClock),
    st.builds(ResumeAll),
    st.builds(StopRoundClock),
    st.builds(ExtendRound, delta_ms=st.integers(-2_000, 2_000)),
    st.builds(NewOfficial, name=NAMES, role=st.sampled_from(["judge", "organiser"])),
    st.builds(RevokeOfficial, official=of("o")),
    st.builds(Enter, place=st.just("official"), id=of("o"), device=DEVICES),
    st.builds(RevokeDevice, device=DEVICES),
    st.builds(RestoreDevice, device=DEVICES),
    st.builds(HideGame, game=st.sampled_from(["g1", "g2"]), hidden=st.booleans()),
    st.builds(SettingsUpdate, key=st.just("hosting"), value=st.sampled_from(["open", None])),
    st.builds(RoundOver),
    st.builds(commands.Expire),
    st.builds(ServerDown, last_alive=st.integers(0, 9_000), gap_ms=st.none(), long=st.booleans()),
)


class AnyDay(RuleBasedStateMachine):
    """A hall where three tables and four participants are, and people do what they like."""

    def __init__(self) -> None:
        super().__init__()
        self.it: Hall = hall(2, "Ute Vera Wim Xaver")
        self.public = venue_view(self.it.state, "public")
        self.screen = msgspec.structs.asdict(self.public)

    def tried(self, command: Any, by: By = BOSS, *started: str) -> None:
        before = self.it.state
        try:
            done, _ = self.it.does(command, by, *started)
        except Refused:
            done = False
        assert self.it.state.version == before.version + done
        if not done:
            assert self.it.state is before
        for move in moves(before, self.it.state):
            assert move.text

    @rule(command=ANYTHING, by=ROLES, wait=st.integers(0, 3_000))
    def anything(self, command: Any, by: By, wait: int) -> None:
        self.it.now += wait
        self.tried(command, by)

    @rule(data=st.data(), number=st.integers(1, 3), reason=REASONS)
    def pair(self, data: st.DataObject, number: int, reason: str) -> None:
        pairings = data.draw(PAIRINGS)
        self.tried(PairRound(event="e3", round=number, pairings=pairings, reason=reason))

    @rule(number=st.integers(1, 3), length=LENGTHS)
    def start(self, number: int, length: int) -> None:
        self.tried(StartRound(event="e3", round=number, length_ms=length))

    @rule(person=of("p"), table=of("t"), swap=st.booleans(), reason=REASONS)
    def move(self, person: str, table: str, swap: bool, reason: str) -> None:
        command = AssignTable(event="e3", participant=person, table=table, swap=swap, reason=reason)
        self.tried(command, BOSS, "g1")

    @rule(person=of("p"), other=of("p"), reason=REASONS)
    def oppose(self, person: str, other: str, reason: str) -> None:
        self.tried(AssignOpponents(event="e3", participant=person, other=other, reason=reason))

    @invariant()
    def the_log_adds_up(self) -> None:
        self.it.folds()

    @invariant()
    def a_screen_that_merges_sections_shows_the_view(self) -> None:
        view = venue_view(self.it.state, "public")
        self.screen.update(venue_changed(self.public, view), version=view.version)
        self.public = view
        assert self.screen == msgspec.structs.asdict(view)

    @invariant()
    def nothing_is_in_two_places(self) -> None:
        state = self.it.state
        games = [table.game for table in state.tables.values() if table.game]
        assert len(games) == len(set(games))
        held = [device for table in state.tables.values() for device in table.devices]
        assert len(held) == len(set(held))
        for event in state.events.values():
            joined = [d for p in event.participants.values() for d in p.devices]
            assert len(joined) == len(set(joined))
            for round_ in event.rounds:
                people = [p for pair in round_.pairings for p in (pair.p1, pair.p2) if p]
                assert len(people) == len(set(people))
                tables = [pair.table for pair in round_.pairings if pair.table]
                assert len(tables) == len(set(tables))
        ordinals = [table.ordinal for table in state.tables.values()]
        ordinals += [official.ordinal for official in state.officials.values()]
        for event in state.events.values():
            ordinals += [person.ordinal for person in event.participants.values()]
        assert len(ordinals) == len(set(ordinals))
        assert all(ordinal <= state.made for ordinal in ordinals)
        assert "" not in games_of(state, None)

    @invariant()
    def the_round_clock_loses_nothing(self) -> None:
        clock = self.it.state.round_clock
        if clock is not None:
            total = clock.accounts(self.it.now).total_ms
            assert total == self.it.now - clock.started_at


TestAnyDay = AnyDay.TestCase
