"""Events, participants, rounds, pairings, and what is moved where."""

from __future__ import annotations

import pytest

from gamesync.domain.commands import SettingsUpdate
from gamesync.domain.venue import games_of, moves, participants_of, round_left, seats_of
from gamesync.domain.venue import people as venue_people
from gamesync.domain.venue.commands import (
    AddEvent,
    AddParticipant,
    AddTable,
    AssignGame,
    AssignOpponents,
    AssignTable,
    CloseEvent,
    DropParticipant,
    EditParticipant,
    Enter,
    ImportParticipants,
    InviteParticipant,
    JoinEvent,
    LeaveEvent,
    NewParticipant,
    PairingIn,
    PairRound,
    PairTable,
    RemoveTable,
    RenameEvent,
    StartRound,
    StopRoundClock,
)
from gamesync.domain.venue.state import Pairing

from .kit import BOSS, JUDGE, MINUTE, SERVER, Hall, hall, phone, tablet

# -- events --


def test_an_event_is_made_renamed_closed_and_opened_again() -> None:
    it = hall()
    assert it.do(AddEvent(name="Open", round_end="pause")) == {"event": "e1"}
    assert it.refuses(AddEvent(name="open"))[0] == "conflict"
    it.do(RenameEvent(event="e1", name="Spring Open"))
    assert it.idle(RenameEvent(event="e1", name="Spring Open")) == {"already": True}
    it.do(CloseEvent(event="e1"))
    assert it.idle(CloseEvent(event="e1")) == {"already": True}
    assert it.refuses(RenameEvent(event="e1", name="Open"))[0] == "not_now"
    it.do(AddEvent(name="Spring Open"))
    reopened = CloseEvent(event="e1", closed=False)
    assert it.refuses(reopened)[0] == "conflict"
    it.do(RenameEvent(event="e2", name="Autumn"))
    it.do(reopened)
    assert it.refuses(RenameEvent(event="e1", name="AUTUMN"))[0] == "conflict"
    assert it.state.events["e1"].round_end == "pause"
    assert it.refuses(CloseEvent(event="e9"))[0] == "not_found"
    it.folds()


def test_events_are_bounded_and_old_ones_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_people, "EVENTS_MAX", 1)
    monkeypatch.setattr(venue_people, "CLOSED_KEPT", 2)
    it = hall()
    for name in ("one", "two", "three"):
        it.do(CloseEvent(event=str(it.do(AddEvent(name=name))["event"])))
    assert list(it.state.events) == ["e2", "e3"]
    it.do(AddEvent(name="four"))
    assert it.refuses(AddEvent(name="five"))[0] == "too_many"
    assert it.refuses(CloseEvent(event="e3", closed=False))[0] == "too_many"
    it.do(CloseEvent(event="e4"))
    it.do(CloseEvent(event="e3", closed=False))
    it.do(CloseEvent(event="e3"))  # closed last, let go last
    assert list(it.state.events) == ["e4", "e3"]
    it.folds()


# -- participants --


def test_participants_come_singly_and_in_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_people, "PARTICIPANTS_MAX", 4)
    it = hall(0, "Anna Li")
    assert it.do(AddParticipant(event="e1", name="Zoë", faction="Orks")) == {"participant": "p4"}
    assert it.refuses(AddParticipant(event="e1", name="anna"))[0] == "conflict"
    some = (NewParticipant(name="LI"), NewParticipant(name="Max"), NewParticipant(name="max"))
    told = it.do(ImportParticipants(event="e1", participants=some))
    assert told == {"added": 1, "skipped": ["LI", "max"]}
    none = it.idle(ImportParticipants(event="e1", participants=some[:1]))
    assert none == {"already": True, "skipped": ["LI"]}
    people = it.state.events["e1"].participants
    assert [(p.id, p.name, p.faction, p.ordinal) for p in people.values()] == [
        ("p2", "Anna", "", 2),
        ("p3", "Li", "", 3),
        ("p4", "Zoë", "Orks", 4),
        ("p5", "Max", "", 5),
    ]
    assert it.refuses(AddParticipant(event="e1", name="Ed"))[0] == "too_many"
    assert it.refuses(AddParticipant(event="e9", name="Ed"))[0] == "not_found"
    it.folds()


def test_the_link_of_a_participant_is_shown_while_it_opens_something() -> None:
    it = hall(0, "Anna Li")
    assert it.idle(InviteParticipant(event="e1", participant="p2")) == {"participant": "p2"}
    it.do(DropParticipant(event="e1", participant="p2"))
    assert it.refuses(InviteParticipant(event="e1", participant="p2"))[0] == "not_now"
    assert it.refuses(InviteParticipant(event="e1", participant="p9"))[0] == "not_found"
    it.do(CloseEvent(event="e1"))
    assert it.refuses(InviteParticipant(event="e1", participant="p3"))[0] == "not_now"


def test_a_participant_is_corrected_and_dropped() -> None:
    it = hall(0, "Anna Li")
    it.do(EditParticipant(event="e1", participant="p2", name="Anne"))
    it.do(EditParticipant(event="e1", participant="p2", faction="Tau"))
    assert it.idle(EditParticipant(event="e1", participant="p2")) == {"already": True}
    same = EditParticipant(event="e1", participant="p2", name="Anne", faction="Tau")
    assert it.idle(same) == {"already": True}
    taken = EditParticipant(event="e1", participant="p2", name="li")
    assert it.refuses(taken)[0] == "conflict"
    it.do(DropParticipant(event="e1", participant="p2"))
    assert it.idle(DropParticipant(event="e1", participant="p2")) == {"already": True}
    assert it.state.events["e1"].participants["p2"].dropped
    it.do(DropParticipant(event="e1", participant="p2", dropped=False))
    anne = it.state.events["e1"].participants["p2"]
    assert (anne.name, anne.faction, anne.dropped) == ("Anne", "Tau", False)
    assert it.refuses(DropParticipant(event="e1", participant="p9"))[0] == "not_found"
    it.folds()


def test_a_device_becomes_a_participant_once() -> None:
    it = hall(0, "Anna Li")
    anna = JoinEvent(event="e1", participant="p2")
    assert it.do(anna, phone("a")) == {"participant": "p2"}
    assert it.idle(anna, phone("a")) == {"already": True, "participant": "p2"}
    assert it.refuses(anna, phone("b"))[0] == "not_yours"
    assert it.refuses(JoinEvent(event="e1", participant="p3"), phone("a"))[0] == "conflict"
    [(event, person)] = participants_of(it.state, "a")
    assert (event.id, person.name) == ("e1", "Anna")
    it.do(CloseEvent(event="e1"))
    assert participants_of(it.state, "a") == ()
    assert it.refuses(JoinEvent(event="e1", participant="p3"), phone("c"))[0] == "not_now"
    it.folds()


def test_an_official_or_a_link_joins_more_devices_up_to_a_limit() -> None:
    it = hall(0, "Anna Li")
    it.do(JoinEvent(event="e1", participant="p2"), phone("a"))
    other = JoinEvent(event="e1", participant="p2", device="b")
    assert it.refuses(other, phone("a"))[0] == "not_yours"
    it.do(other, JUDGE)
    link = Enter(place="participant", id="p2", device="c", event="e1")
    it.do(link, SERVER)
    assert it.idle(link, SERVER) == {"already": True, "participant": "p2"}
    more = Enter(place="participant", id="p2", device="d", event="e1")
    assert it.refuses(more, SERVER)[0] == "too_many"
    it.do(LeaveEvent(event="e1", participant="p2"), phone("a"))
    assert it.idle(LeaveEvent(event="e1", participant="p2"), phone("a")) == {"already": True}
    leave = LeaveEvent(event="e1", participant="p2", device="b")
    assert it.refuses(leave, phone("c"))[0] == "not_yours"
    it.do(leave, JUDGE)
    it.do(more, SERVER)
    assert it.state.events["e1"].participants["p2"].devices == ("c", "d")
    it.folds()


def test_where_links_are_wanted_a_name_alone_is_not_enough() -> None:
    it = hall(0, "Anna Li")
    it.do(SettingsUpdate(key="join", value="link"))
    anna = JoinEvent(event="e1", participant="p2")
    assert it.refuses(anna, phone("a"))[0] == "not_yours"
    it.do(anna, BOSS)
    assert it.state.events["e1"].participants["p2"].devices == ("desk",)


# -- rounds --

WITH_GAMES = (
    PairingIn(p1="p5", p2="p6", table="t1", game="g1"),
    PairingIn(p1="p7", p2="p8", table="t2", game="g2"),
    PairingIn(p1="p9"),
)


def paired(*, start: bool = False) -> Hall:
    """Three tables t1 … t3; event e4 of p5 … p9, Eve (p9) with a bye; each has a phone."""
    it = hall(3, "Anna Bert Carl Dora Eve")
    for number, device in enumerate("abcde", start=5):
        it.do(JoinEvent(event="e4", participant=f"p{number}"), phone(device))
    it.do(PairRound(event="e4", round=1, pairings=WITH_GAMES))
    if start:
        it.do(StartRound(event="e4", round=1, length_ms=180 * MINUTE))
    return it


def on_tables(it: Hall) -> list[str]:
    return [table.game for table in it.state.tables.values()]


def newest(it: Hall) -> tuple[Pairing, ...]:
    return it.state.events["e4"].rounds[-1].pairings


def test_a_round_begins_at_its_tables() -> None:
    it = paired()
    assert on_tables(it) == ["", "", ""]
    assert games_of(it.state, "e4") == ("g1", "g2")
    it.now = 5_000
    start = StartRound(event="e4", round=1, length_ms=180 * MINUTE)
    assert it.refuses(StartRound(event="e4", round=2, length_ms=1_000))[0] == "out_of_range"
    it.do(start)
    assert it.idle(start) == {"already": True}
    assert on_tables(it) == ["g1", "g2", ""]
    [round_] = it.state.events["e4"].rounds
    assert (round_.started_at, round_.length_ms) == (5_000, 180 * MINUTE)
    clock = it.state.round_clock
    assert clock is not None
    assert (clock.event, clock.round, clock.ends_at) == ("e4", 1, 5_000 + 180 * MINUTE)
    assert games_of(it.state, None) == ("g1", "g2")
    it.folds()


def test_a_participant_has_the_seat_of_each_round() -> None:
    it = paired(start=True)
    assert seats_of(it.state, "b") == (("g1", 2),)
    assert seats_of(it.state, "e") == ()
    assert seats_of(it.state, "stranger") == ()
    it.do(StopRoundClock())
    second = (PairingIn(p1="p6", p2="p9", table="t3", game="g3"), PairingIn(p1="p5"))
    it.do(PairRound(event="e4", round=2, pairings=second))
    assert seats_of(it.state, "b") == (("g3", 1), ("g1", 2))
    # The first round is in play until the second has started.
    assert games_of(it.state, "e4") == ("g1", "g2")
    it.do(StartRound(event="e4", round=2, length_ms=MINUTE))
    assert games_of(it.state, "e4") == ("g3",)
    assert games_of(it.state, None) == ("g1", "g2", "g3")
    it.folds()


def test_no_round_starts_while_another_is_on() -> None:
    it = paired(start=True)
    second = (PairingIn(p1="p6", p2="p9"),)
    it.do(PairRound(event="e4", round=2, pairings=second))
    start = StartRound(event="e4", round=2, length_ms=MINUTE)
    assert it.refuses(start)[0] == "not_now"
    it.do(StopRoundClock())
    it.do(start)  # games and tables may come later
    assert on_tables(it) == ["g1", "g2", ""]
    it.folds()


def test_closing_an_event_ends_its_round_clock() -> None:
    it = paired(start=True)
    it.do(AddEvent(name="Side"))
    it.do(CloseEvent(event="e10"))
    assert round_left(it.state, it.now) == 180 * MINUTE
    it.do(CloseEvent(event="e4"))
    assert round_left(it.state, it.now) is None
    assert games_of(it.state, None) == ("g1", "g2")  # they are still at their tables
    it.folds()


def test_rounds_come_in_order() -> None:
    it = hall(1, "Anna Bert")
    one = (PairingIn(p1="p3", p2="p4", table="t1"),)
    assert it.refuses(StartRound(event="e2", round=1, length_ms=1_000))[0] == "not_now"
    assert it.refuses(PairRound(event="e2", round=2, pairings=one))[0] == "out_of_range"
    it.do(PairRound(event="e2", round=1, pairings=one))
    assert it.idle(PairRound(event="e2", round=1, pairings=one)) == {"already": True}
    assert it.refuses(PairRound(event="e2", round=2, pairings=one))[0] == "not_now"
    it.do(StartRound(event="e2", round=1, length_ms=1_000))
    assert it.refuses(PairRound(event="e2", round=3, pairings=one))[0] == "out_of_range"


@pytest.mark.parametrize(
    ("pairings", "code"),
    [
        ((PairingIn(p1="p5", p2="p5"),), "conflict"),
        ((PairingIn(p1="p5", p2="p6"), PairingIn(p1="p6")), "conflict"),
        (
            (PairingIn(p1="p5", p2="p6", table="t1"), PairingIn(p1="p7", p2="p8", table="t1")),
            "conflict",
        ),
        (
            (PairingIn(p1="p5", p2="p6", game="g"), PairingIn(p1="p7", p2="p8", game="g")),
            "conflict",
        ),
        ((PairingIn(p1="p5", p2="p6", table="t9"),), "not_found"),
        ((PairingIn(p1="p5", p2="p66"),), "not_found"),
        ((PairingIn(p1="p5", table="t1"),), "bad_value"),
    ],
)
def test_pairings_that_cannot_be_are_refused(pairings: tuple[PairingIn, ...], code: str) -> None:
    it = hall(3, "Anna Bert Carl Dora Eve")
    assert it.refuses(PairRound(event="e4", round=1, pairings=pairings))[0] == code


def test_who_has_dropped_out_is_not_paired_again() -> None:
    it = paired()
    it.do(DropParticipant(event="e4", participant="p5"))
    # As he is in this round already, correcting the rest of it is no new pairing of his.
    it.do(PairRound(event="e4", round=1, pairings=WITH_GAMES[:2]))
    it.do(StartRound(event="e4", round=1, length_ms=1_000))
    code, message = it.refuses(PairRound(event="e4", round=2, pairings=WITH_GAMES))
    assert code == "not_now"
    assert "Anna" in message


def test_a_round_is_paired_anew_and_who_stay_together_keep_their_game() -> None:
    it = paired()
    again = (
        PairingIn(p1="p5", p2="p6", table="t3"),
        PairingIn(p1="p7", p2="p9", table="t2"),
        PairingIn(p1="p8"),
    )
    it.do(PairRound(event="e4", round=1, pairings=again))
    assert newest(it) == (
        Pairing(p1="p5", p2="p6", table="t3", game="g1"),
        Pairing(p1="p7", p2="p9", table="t2"),
        Pairing(p1="p8"),
    )
    it.folds()


def test_a_started_round_is_paired_anew_with_a_reason_only() -> None:
    it = paired(start=True)
    again = (
        PairingIn(p1="p5", p2="p6", table="t3"),
        PairingIn(p1="p7", p2="p9", table="t2", game="g9"),
        PairingIn(p1="p8"),
    )
    assert it.refuses(PairRound(event="e4", round=1, pairings=again))[0] == "missing_field"
    it.do(PairRound(event="e4", round=1, pairings=again, reason="typo"))
    assert on_tables(it) == ["", "g9", "g1"]
    it.folds()


# -- assign --


def test_a_game_is_put_on_a_table_and_is_on_one_only() -> None:
    it = hall(2)
    assert it.do(AssignGame(table="t1", game="g1")) == {"was": ""}
    assert it.idle(AssignGame(table="t1", game="g1")) == {"already": True}
    it.do(AssignGame(table="t2", game="g1"))
    assert on_tables(it) == ["", "g1"]
    assert it.do(AssignGame(table="t2", game="")) == {"was": "g1"}
    assert on_tables(it) == ["", ""]
    it.folds()


def test_a_game_in_play_is_moved_by_an_official_with_a_reason() -> None:
    it = hall(2)
    it.do(PairTable(table="t1", device="tab"))
    it.do(AssignGame(table="t1", game="g1"), tablet("tab"))
    move = AssignGame(table="t1", game="g2")
    assert it.refuses(move, tablet("tab"), "g1")[0] == "consent_needed"
    assert it.refuses(move, tablet("other"))[0] == "not_yours"
    assert it.refuses(AssignGame(table="t2", game="g2"), tablet("tab"))[0] == "not_yours"
    assert it.refuses(move, JUDGE, "g1")[0] == "missing_field"
    it.do(move, SERVER, "g1")
    it.do(AssignGame(table="t1", game="g1", reason="wrong game"), JUDGE, "g1")
    it.do(move, tablet("tab"), "g3")  # what is in play elsewhere is no matter
    assert on_tables(it) == ["g2", ""]


def test_a_game_is_given_to_a_pairing() -> None:
    it = hall(2, "Anna Bert")
    give = AssignGame(table="t1", game="g1", event="e3")
    assert it.refuses(give)[0] == "not_now"
    it.do(PairRound(event="e3", round=1, pairings=(PairingIn(p1="p4", p2="p5", table="t1"),)))
    it.do(PairTable(table="t1", device="tab"))
    assert it.refuses(give, tablet("tab"))[0] == "not_yours"
    before = it.state
    it.do(give, SERVER)
    assert it.state.events["e3"].rounds[0].pairings[0].game == "g1"
    assert on_tables(it) == ["g1", ""]
    elsewhere = AssignGame(table="t2", game="g2", event="e3")
    assert it.refuses(elsewhere)[0] == "not_found"
    [one, two] = moves(before, it.state)
    assert (one.game, two.game) == ("g1", "g1")
    it.folds()


def test_a_pairing_goes_to_another_table_and_its_game_with_it() -> None:
    it = paired(start=True)
    before = it.state
    move = AssignTable(event="e4", participant="p6", table="t3")
    assert it.refuses(move)[0] == "missing_field"
    it.do(AssignTable(event="e4", participant="p6", table="t3", reason="too loud"))
    assert it.idle(move) == {"already": True}
    assert on_tables(it) == ["", "g2", "g1"]
    [anna, bert] = moves(before, it.state)
    assert (anna.participant, anna.devices, anna.table, anna.game) == ("p5", ("a",), "t3", "g1")
    assert anna.text == "You are now at table 3 against Bert (was 1)"
    assert bert.text == "You are now at table 3 against Anna (was 1)"
    it.folds()


def test_two_pairings_exchange_their_tables() -> None:
    it = paired()
    it.do(AssignGame(table="t1", game="g1"))  # sits there already; g2 not yet
    move = AssignTable(event="e4", participant="p5", table="t2")
    assert it.refuses(move)[0] == "conflict"
    swap = AssignTable(event="e4", participant="p5", table="t2", swap=True)
    assert it.refuses(swap, BOSS, "g2")[0] == "missing_field"
    before = it.state
    it.do(swap)
    assert [p.table for p in newest(it)] == ["t2", "t1", ""]
    assert on_tables(it) == ["", "g1", ""]
    assert len(moves(before, it.state)) == 4
    it.folds()


def test_what_cannot_be_moved_is_refused() -> None:
    it = paired()
    for command, code in (
        (AssignTable(event="e4", participant="p9", table="t3"), "bad_value"),
        (AssignTable(event="e4", participant="p99", table="t3"), "not_found"),
        (AssignTable(event="e4", participant="p5", table="t99"), "not_found"),
        (AssignTable(event="e9", participant="p5", table="t3"), "not_found"),
        (AssignOpponents(event="e4", participant="p5", other="p99"), "not_found"),
        (AssignOpponents(event="e4", participant="p99", other="p5"), "not_found"),
    ):
        assert it.refuses(command)[0] == code
    assert it.idle(AssignOpponents(event="e4", participant="p5", other="p6"))["already"]


def test_two_participants_exchange_their_places() -> None:
    it = paired(start=True)
    before = it.state
    swap = AssignOpponents(event="e4", participant="p5", other="p9")
    assert it.refuses(swap)[0] == "missing_field"
    it.do(AssignOpponents(event="e4", participant="p5", other="p9", reason="wrong list"))
    assert newest(it) == (
        Pairing(p1="p9", p2="p6", table="t1"),
        Pairing(p1="p7", p2="p8", table="t2", game="g2"),
        Pairing(p1="p5"),
    )
    assert on_tables(it) == ["", "g2", ""]
    told = {move.participant: move.text for move in moves(before, it.state)}
    assert told == {
        "p5": "You have a bye in round 1",
        "p6": "You are now at table 1 against Eve",
        "p9": "You are now at table 1 against Bert",
    }
    it.folds()


def test_a_late_player_takes_the_place_of_one_who_dropped_out() -> None:
    it = paired()
    it.do(AddParticipant(event="e4", name="Finn"))
    it.do(DropParticipant(event="e4", participant="p5"))
    wrong = AssignOpponents(event="e4", participant="p10", other="p5")
    assert it.refuses(wrong)[0] == "not_found"
    wrong = AssignOpponents(event="e4", participant="p6", other="p5")
    assert it.idle(wrong)["already"]
    wrong = AssignOpponents(event="e4", participant="p7", other="p5")
    assert it.refuses(wrong)[0] == "not_now"
    before = it.state
    it.do(AssignOpponents(event="e4", participant="p5", other="p10"))
    assert newest(it)[0] == Pairing(p1="p10", p2="p6", table="t1")
    assert [move.participant for move in moves(before, it.state)] == ["p6", "p10"]
    it.folds()


def test_a_table_without_a_number_is_told_by_its_name() -> None:
    it = paired()
    it.do(AddTable(name="The Window"))
    before = it.state
    it.do(AssignTable(event="e4", participant="p5", table="t10"))
    assert moves(before, it.state)[0].text == "You are now at The Window against Bert (was 1)"
    it.do(PairRound(event="e4", round=1, pairings=(PairingIn(p1="p5", p2="p6"),)))
    assert moves(before, it.state)[0].text == "You are now against Bert (was 1)"
    fresh = moves(hall().state, it.state)
    assert [move.was for move in fresh] == ["", ""]
    assert moves(it.state, it.state) == ()
    it.do(CloseEvent(event="e4"))
    assert moves(before, it.state) == ()


def test_an_event_that_is_opened_again_may_miss_its_tables() -> None:
    it = paired(start=True)
    it.do(CloseEvent(event="e4"))
    it.do(RemoveTable(table="t1"))
    it.do(CloseEvent(event="e4", closed=False))
    it.do(AssignTable(event="e4", participant="p5", table="t3", reason="t1 is gone"))
    assert on_tables(it) == ["g2", "g1"]
    it.folds()


def test_a_round_starts_without_a_table_that_is_no_more() -> None:
    it = paired()
    it.do(CloseEvent(event="e4"))
    it.do(RemoveTable(table="t1"))
    it.do(CloseEvent(event="e4", closed=False))
    it.do(StartRound(event="e4", round=1, length_ms=1_000))
    assert on_tables(it) == ["g2", ""]
    it.folds()
