"""Settings, tables, officials, devices, hidden games."""

from __future__ import annotations

import pytest

from gamesync.domain.commands import RevokeDevice, Scalar, SettingsUpdate
from gamesync.domain.events import By
from gamesync.domain.venue import official_of, setting, table_of
from gamesync.domain.venue import officials as venue_officials
from gamesync.domain.venue import places as venue_places
from gamesync.domain.venue import state as venue_state
from gamesync.domain.venue.commands import (
    AddTable,
    Enter,
    HideGame,
    ImportTables,
    InviteOfficial,
    InviteTable,
    JoinEvent,
    NewOfficial,
    PairingIn,
    PairRound,
    PairTable,
    RegisterDisplay,
    RemoveTable,
    RenameOfficial,
    RenameTable,
    RestoreDevice,
    RevokeOfficial,
    ShowOnDisplay,
    UnpairTable,
)
from gamesync.domain.venue.events import Showing

from .kit import BOSS, JUDGE, SERVER, Hall, hall, phone


def devices_at(it: Hall, table: str) -> tuple[str, ...]:
    return it.state.tables[table].devices


def hidden(it: Hall) -> tuple[str, ...]:
    return it.state.hidden


# -- settings --


def test_a_setting_is_set_and_unset() -> None:
    it = hall()
    assert setting(it.state, "hosting") == "open"
    it.do(SettingsUpdate(key="hosting", value="organiser"))
    assert setting(it.state, "hosting") == "organiser"
    assert it.idle(SettingsUpdate(key="hosting", value="organiser")) == {"already": True}
    it.do(SettingsUpdate(key="hosting", value=None))
    assert setting(it.state, "hosting") == "open"
    assert it.state.settings == {}
    it.folds()


def test_clients_share_settings_of_their_own() -> None:
    it = hall()
    it.do(SettingsUpdate(key="x.screensaver.pictures", value="cats\u202e \n"))
    assert setting(it.state, "x.screensaver.pictures") == "cats"
    it.do(SettingsUpdate(key="x.dim", value=True))
    it.do(SettingsUpdate(key="x.dim", value=1))
    assert it.state.settings["x.dim"] is not True
    assert setting(it.state, "x.none") is None


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("hostign", "open", "not_found"),
        ("hosting", "closed", "bad_value"),
        ("hosting", True, "wrong_type"),
        ("allow_plain_organiser", 1, "wrong_type"),
        ("screensaver_ms", True, "wrong_type"),
        ("screensaver_ms", -1, "out_of_range"),
        ("screensaver_ms", 86_400_001, "out_of_range"),
        ("venue_name", "n" * 41, "out_of_range"),
        ("round_end", "panic", "bad_value"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(key: str, value: Scalar, code: str) -> None:
    assert hall().refuses(SettingsUpdate(key=key, value=value))[0] == code


def test_every_setting_takes_its_default() -> None:
    it = hall()
    for key, value in venue_places.DEFAULTS.items():
        it.do(SettingsUpdate(key=key, value=value))
    it.do(SettingsUpdate(key="screensaver_ms", value=0))
    assert it.state.settings == {**venue_places.DEFAULTS, "screensaver_ms": 0}


def test_settings_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_places, "SETTINGS_MAX", 1)
    it = hall()
    it.do(SettingsUpdate(key="x.a", value=1))
    it.do(SettingsUpdate(key="x.a", value=2))
    assert it.refuses(SettingsUpdate(key="x.b", value=1))[0] == "too_many"


# -- tables --


def test_tables_come_and_go_and_their_ordinals_never_come_back() -> None:
    it = hall(2)
    assert [t.ordinal for t in it.state.tables.values()] == [1, 2]
    it.do(RemoveTable(table="t2"))
    assert it.do(AddTable(name="2")) == {"table": "t3"}
    assert it.state.tables["t3"].ordinal == 3
    assert it.refuses(AddTable(name="2"))[0] == "conflict"
    assert it.refuses(RemoveTable(table="t2"))[0] == "not_found"
    it.folds()


def test_a_table_is_renamed() -> None:
    it = hall(2)
    it.do(RenameTable(table="t1", name="Window"))
    it.do(RenameTable(table="t1", name="window"))  # its own name is not in the way
    assert it.idle(RenameTable(table="t1", name="window")) == {"already": True}
    assert it.refuses(RenameTable(table="t2", name="WINDOW"))[0] == "conflict"
    assert it.state.tables["t1"].name == "window"


def test_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_places, "TABLES_MAX", 1)
    assert hall(1).refuses(AddTable(name="2"))[0] == "too_many"


def test_many_tables_at_once() -> None:
    it = hall(2)
    told = it.do(ImportTables(names=("2", " Window ", "WINDOW", "3")))
    assert told == {"added": 2, "skipped": ["2", "WINDOW"]}
    assert [(t.id, t.name, t.ordinal) for t in it.state.tables.values()] == [
        ("t1", "1", 1),
        ("t2", "2", 2),
        ("t3", "Window", 3),
        ("t4", "3", 4),
    ]
    assert it.idle(ImportTables(names=("3",))) == {"already": True, "skipped": ["3"]}
    assert it.do(AddTable(name="4")) == {"table": "t5"}
    it.folds()


def test_too_many_tables_at_once_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_places, "TABLES_MAX", 3)
    it = hall(1)
    assert it.refuses(ImportTables(names=("2", "3", "4")))[0] == "too_many"
    assert it.do(ImportTables(names=("1", "2", "3"))) == {"added": 2, "skipped": ["1"]}


def test_every_imported_table_has_a_name_to_read() -> None:
    with pytest.raises(ValueError, match=r"names: A name needs at least one visible sign"):
        ImportTables(names=("1", " "))


def test_who_is_shown_the_link_of_a_table() -> None:
    it = hall(1)
    assert it.idle(InviteTable(table="t1")) == {"table": "t1"}
    assert it.refuses(InviteTable(table="t2"))[0] == "not_found"


def test_a_tablet_follows_its_table_and_has_one() -> None:
    it = hall(2)
    it.do(PairTable(table="t1", device="tab"))
    assert it.idle(PairTable(table="t1", device="tab")) == {"already": True, "table": "t1"}
    it.do(PairTable(table="t2", device="tab"))
    table = table_of(it.state, "tab")
    assert table is not None
    assert table.id == "t2"
    assert devices_at(it, "t1") == ()
    assert table_of(it.state, "other") is None
    it.folds()


def test_the_oldest_of_too_many_tablets_is_let_go() -> None:
    it = hall(1)
    for device in "abcd":
        it.do(PairTable(table="t1", device=device))
    assert devices_at(it, "t1") == ("b", "c", "d")


def test_a_tablet_is_unpaired_and_the_link_renewed() -> None:
    it = hall(1)
    for device in "abc":
        it.do(PairTable(table="t1", device=device))
    it.do(UnpairTable(table="t1", device="b"))
    assert devices_at(it, "t1") == ("a", "c")
    assert it.idle(UnpairTable(table="t1", device="b")) == {"already": True}
    it.do(UnpairTable(table="t1", renew=True))
    assert devices_at(it, "t1") == ()
    assert it.state.tables["t1"].ordinal == 2
    it.do(UnpairTable(table="t1", renew=True))
    assert it.state.tables["t1"].ordinal == 3
    it.folds()


def test_the_link_of_a_table_pairs_the_device_that_opened_it() -> None:
    it = hall(1)
    it.do(Enter(place="table", id="t1", device="tab"), SERVER)
    assert devices_at(it, "t1") == ("tab",)
    assert it.idle(Enter(place="table", id="t1", device="tab"), SERVER)["table"] == "t1"
    assert it.refuses(Enter(place="table", id="t1", device=""), SERVER)[0] == "missing_field"


def test_a_table_that_is_played_at_stays() -> None:
    it = hall(2, "Anna Li")
    pairing = PairingIn(p1="p4", p2="p5", table="t1")
    it.do(PairRound(event="e3", round=1, pairings=(pairing,)))
    assert it.refuses(RemoveTable(table="t1"))[0] == "not_now"
    it.do(RemoveTable(table="t2"))


def test_displays_forget_a_table_that_is_removed() -> None:
    it = hall(3)
    shown = {
        "one": ShowOnDisplay(display="", kind="table", table="t1"),
        "two": ShowOnDisplay(display="", kind="rotation", tables=("t1", "t2")),
        "three": ShowOnDisplay(display="", kind="rotation", tables=("t1",)),
        "four": ShowOnDisplay(display="", kind="table", table="t3"),
    }
    ids = {}
    for name, show in shown.items():
        ids[name] = str(it.do(RegisterDisplay(name=name), phone(name))["display"])
        it.do(
            ShowOnDisplay(display=ids[name], kind=show.kind, table=show.table, tables=show.tables)
        )
    it.do(RemoveTable(table="t1"))
    assert {name: it.state.displays[id_].shows for name, id_ in ids.items()} == {
        "one": Showing(),
        "two": Showing(kind="rotation", tables=("t2",)),
        "three": Showing(),
        "four": Showing(kind="table", table="t3"),
    }
    it.folds()


# -- officials --


def test_an_official_comes_in_by_his_key() -> None:
    it = hall()
    assert it.do(NewOfficial(name="Olga", role="organiser"), SERVER) == {"official": "o1"}
    assert [o.used for o in it.state.officials.values()] == [False]
    assert official_of(it.state, "desk") is None
    it.do(Enter(place="official", id="o1", device="desk"), SERVER)
    assert it.idle(Enter(place="official", id="o1", device="desk"), SERVER)["official"] == "o1"
    assert it.state.officials["o1"].used
    olga = official_of(it.state, "desk")
    assert olga is not None
    assert olga.name == "Olga"
    for device in "abcde":
        it.do(Enter(place="official", id="o1", device=device), SERVER)
    assert it.state.officials["o1"].devices == tuple("abcde")
    it.folds()


def test_who_holds_two_keys_is_an_organiser() -> None:
    it = hall()
    for name, role in (("Tom", "judge"), ("Olga", "organiser"), ("Ute", "judge")):
        command = NewOfficial(name=name, role=role)  # type: ignore[arg-type]
        it.do(Enter(place="official", id=str(it.do(command)["official"]), device="d"), SERVER)
    both = official_of(it.state, "d")
    assert both is not None
    assert both.role == "organiser"


def test_a_revoked_key_opens_nothing() -> None:
    it = hall()
    it.do(NewOfficial(name="Olga", role="organiser"))
    it.do(NewOfficial(name="Tom", role="judge"))
    it.do(Enter(place="official", id="o2", device="phone"), SERVER)
    assert it.do(RevokeOfficial(official="o2")) == {"devices": ("phone",)}
    assert it.idle(RevokeOfficial(official="o2")) == {"already": True}
    assert official_of(it.state, "phone") is None
    entering = Enter(place="official", id="o2", device="phone")
    assert it.refuses(entering, SERVER)[0] == "not_yours"
    it.do(NewOfficial(name="Tom", role="judge"))  # the name is free again, the ordinal is not
    assert it.state.officials["o3"].ordinal == 3
    it.folds()


def test_the_link_of_an_official_is_shown_until_he_is_revoked() -> None:
    it = hall()
    it.do(NewOfficial(name="Olga", role="organiser"))
    it.do(NewOfficial(name="Tom", role="judge"))
    assert it.idle(InviteOfficial(official="o2")) == {"official": "o2"}
    it.do(RevokeOfficial(official="o2"))
    assert it.refuses(InviteOfficial(official="o2"))[0] == "not_now"
    assert it.refuses(InviteOfficial(official="o3"))[0] == "not_found"


def test_the_last_organiser_stays() -> None:
    it = hall()
    it.do(NewOfficial(name="Olga", role="organiser"))
    assert it.refuses(RevokeOfficial(official="o1"))[0] == "not_now"
    it.do(NewOfficial(name="Omar", role="organiser"))
    it.do(RevokeOfficial(official="o1"))
    assert it.refuses(RevokeOfficial(official="o2"))[0] == "not_now"


def test_officials_have_names_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_officials, "OFFICIALS_MAX", 2)
    it = hall()
    it.do(NewOfficial(name="Olga", role="organiser"))
    assert it.refuses(NewOfficial(name="olga", role="judge"))[0] == "conflict"
    it.do(NewOfficial(name="Tom", role="judge"))
    assert it.refuses(NewOfficial(name="Ute", role="judge"))[0] == "too_many"
    it.do(RenameOfficial(official="o2", name="Tim"))
    assert it.idle(RenameOfficial(official="o2", name="Tim")) == {"already": True}
    assert it.refuses(RenameOfficial(official="o2", name="Olga"))[0] == "conflict"
    assert it.refuses(RenameOfficial(official="o9", name="Olga"))[0] == "not_found"
    assert it.state.officials["o2"].name == "Tim"


# -- devices and hidden games --


def test_a_revoked_device_loses_all_places_and_gets_none() -> None:
    it = hall(1, "Anna")
    it.do(NewOfficial(name="Olga", role="organiser"))
    bad = phone("bad")
    it.do(Enter(place="official", id="o4", device="bad"), SERVER)
    it.do(PairTable(table="t1", device="bad"))
    it.do(JoinEvent(event="e2", participant="p3"), bad)
    it.do(RegisterDisplay(name="TV"), bad)
    it.do(RevokeDevice(device="bad"))
    assert it.idle(RevokeDevice(device="bad")) == {"already": True}
    assert it.state.revoked == ("bad",)
    assert devices_at(it, "t1") == ()
    assert it.state.officials["o4"].devices == ()
    assert it.state.displays["d5"].devices == ()
    assert it.state.events["e2"].participants["p3"].devices == ()
    for command, by in (
        (PairTable(table="t1", device="bad"), BOSS),
        (JoinEvent(event="e2", participant="p3"), bad),
        (RegisterDisplay(name="TV"), bad),
        (Enter(place="official", id="o4", device="bad"), SERVER),
        (Enter(place="participant", id="p3", device="bad", event="e2"), SERVER),
    ):
        assert it.refuses(command, by)[0] == "not_yours"
    it.do(RestoreDevice(device="bad"))
    assert it.idle(RestoreDevice(device="bad")) == {"already": True}
    it.do(PairTable(table="t1", device="bad"))
    it.folds()


def test_nobody_revokes_what_he_holds_in_his_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(venue_officials, "REVOKED_MAX", 1)
    it = hall()
    assert it.refuses(RevokeDevice(device="desk"))[0] == "not_now"
    it.do(RevokeDevice(device="desk"), By(role="organiser", device="laptop"))
    assert it.refuses(RevokeDevice(device="more"))[0] == "too_many"


def test_a_game_is_hidden_and_shown() -> None:
    it = hall()
    it.do(HideGame(game="g1"))
    assert it.idle(HideGame(game="g1")) == {"already": True}
    assert hidden(it) == ("g1",)
    it.do(HideGame(game="g1", hidden=False))
    assert it.idle(HideGame(game="g1", hidden=False)) == {"already": True}
    assert hidden(it) == ()
    it.folds()


def test_official_is_who_decides_for_the_venue() -> None:
    assert venue_state.official(JUDGE)
    assert venue_state.official(SERVER)
    assert not venue_state.official(phone("a"))
