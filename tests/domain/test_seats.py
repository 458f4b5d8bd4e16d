"""Devices at a match, their places, and the links and codes that lead there."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain.commands import (
    Concede,
    ConfirmResult,
    Invite,
    Join,
    RenameDevice,
    RevokeDevice,
    SwapSeats,
    Undo,
    VoidGame,
)
from gamesync.domain.events import Joined, Placed
from gamesync.domain.log import fold
from gamesync.domain.seats import CODES_A_PLACE, DEVICES_A_PLACE, place_of, role_at
from gamesync.domain.state import Place
from gamesync.domain.values import Refused
from gamesync.domain.view import view

from .playing import ANNA, HOST, MAREK, ORGANISER, Table


def join(table: Table, device: str, role: Any = "player", player: Any = 1, name: str = "") -> None:
    table.server(Join(device=device, role=role, player=player, name=name))


def devices(table: Table) -> list[tuple[str, str, int]]:
    return [(d.id, d.role, d.player) for d in table.game.devices]


@pytest.mark.parametrize("place", ["player:1", "player:2", "host"])
def test_a_place_is_a_role_and_perhaps_a_seat(place: Placed) -> None:
    assert place_of(**role_at(place)) == place
    assert [role_at(p)["player"] for p in ("player:1", "player:2", "host")] == [1, 2, 0]


def test_who_watches_takes_no_place() -> None:
    assert place_of("observer", None) == "observer"
    with pytest.raises(Refused) as no:
        role_at("observer")
    assert no.value.field == "role"


def test_a_players_place_needs_a_seat() -> None:
    table = Table()
    no = table.refused(Invite(role="player"))
    assert (no.code, no.field) == ("missing_field", "player")
    no = table.refused(Join(device="x", role="player"), ORGANISER)
    assert (no.code, no.field) == ("missing_field", "player")


# -- devices --


def test_a_device_joins_a_place_once_and_may_hold_several() -> None:
    table = Table()
    join(table, "phone", name="  Anna's\tphone ")
    table.already(Join(device="phone", role="player", player=1))
    join(table, "phone", role="host", player=0)
    join(table, "phone", player=2)
    assert devices(table) == [("phone", "player", 1), ("phone", "host", 0), ("phone", "player", 2)]
    assert table.game.devices[0].name == "Anna's phone"
    assert table.game.devices[0].at_ms < table.now


def test_a_place_takes_three() -> None:
    table = Table()
    for number in range(DEVICES_A_PLACE):
        join(table, f"phone{number}")
    assert table.refused(Join(device="fourth", role="player", player=1)).code == "too_many"
    join(table, "fourth", player=2)
    table.do(RevokeDevice(device="phone0"))
    join(table, "fifth")
    assert len(table.game.devices) == 4


def test_whose_token_has_ended_makes_room() -> None:
    table = Table()
    for number in range(DEVICES_A_PLACE):
        join(table, f"phone{number}")
    join(table, "phone0", player=2)
    join(table, "other", player=2)
    links = {place: ways.link for place, ways in table.game.places.items()}
    ended = ("phone0", "phone2", "other", "of another game")
    join_ = Join(device="new", role="player", player=1, ended=ended)
    (fact,) = table.server(join_).facts
    assert fact == Joined(device="new", role="player", player=1, ended=("phone0", "phone2"))
    assert devices(table) == [
        *(("phone1", "player", 1), ("phone0", "player", 2), ("other", "player", 2)),
        ("new", "player", 1),
    ]
    kept = {place: ways.link for place, ways in table.game.places.items()}
    assert kept == links, "nobody was sent out: the link by which he came is still good"
    join(table, "third")
    no = table.refused(Join(device="fourth", role="player", player=1, ended=("phone0",)))
    assert no.code == "too_many", "who has left the place makes no room in it twice"
    table.already(join_)
    assert fold(table.match.entries).game == table.game


def test_a_device_whose_place_is_taken_has_none_left() -> None:
    table = Table()
    join(table, "phone")
    join(table, "phone", role="host", player=0)
    join(table, "other")
    table.do(RevokeDevice(device="phone"))
    assert devices(table) == [("other", "player", 1)]


def test_a_device_is_called_something_else() -> None:
    table = Table()
    join(table, "one")
    join(table, "two")
    table.do(RenameDevice(device="two", name=" Tablet "))
    assert [d.name for d in table.game.devices] == ["", "Tablet"]


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (RevokeDevice(device="x"), "not_found", "device"),
        (RenameDevice(device="x", name="y"), "not_found", "device"),
        (RenameDevice(device="phone", name=""), "bad_value", "name"),
        (Join(device="x", role="host", name="y" * 41), "bad_value", "name"),
    ],
)
def test_what_is_asked_of_devices_in_vain(command: Any, code: str, field: str) -> None:
    table = Table()
    join(table, "phone")
    no = table.refused(command)
    assert (no.code, no.field) == (code, field)


def test_devices_change_seats_and_the_players_do_not() -> None:
    table = Table()
    for device, role, player in (("a", "player", 1), ("b", "player", 2), ("t", "host", 0)):
        join(table, device, role, player)
    table.do(Invite(player=1))
    table.do(SwapSeats())
    assert devices(table) == [("a", "player", 2), ("b", "player", 1), ("t", "host", 0)]
    assert [p.name for p in table.game.players] == ["Anna", "Marek"]
    assert table.game.places["player:1"] == Place(codes=(), made=1)  # a code led elsewhere


def test_nobody_sits_down_at_a_match_that_is_filed() -> None:
    table = Table().begin()
    table.do(Concede(player=1))
    join(table, "late")
    for by in (ANNA, MAREK):
        table.do(ConfirmResult(version=table.version), by)
    assert table.refused(Join(device="later", role="player", player=2)).code == "not_now"
    join(table, "table2", role="host", player=0)
    assert len(table.game.devices) == 2


def test_joining_is_not_undone() -> None:
    table = Table()
    join(table, "phone")
    assert table.refused(Undo(version=table.version)).code == "not_undoable"


# -- ways in --


def test_each_showing_makes_a_code_and_three_live() -> None:
    table = Table()
    for _ in range(CODES_A_PLACE + 1):
        table.do(Invite(player=2))
    assert table.game.places["player:2"] == Place(link=1, codes=(2, 3, 4), made=4)
    assert table.game.places["player:1"] == Place()


def test_renewing_shuts_every_older_way() -> None:
    table = Table()
    table.do(Invite(role="host"))
    table.do(Invite(role="host", renew=True))
    assert table.game.places["host"] == Place(link=2, codes=(2,), made=2)


def test_codes_live_until_the_place_is_taken() -> None:
    table = Table()
    table.do(Invite(player=1))
    table.do(Invite(role="observer"))
    join(table, "phone")
    assert table.game.places["player:1"] == Place(link=1, codes=(), made=1)
    assert table.game.places["observer"].codes == (1,)
    table.do(Invite(player=1))
    assert table.game.places["player:1"].codes == (2,)


def test_no_way_leads_into_a_match_that_is_filed() -> None:
    table = Table()
    table.do(VoidGame())
    assert table.refused(Invite(player=1)).code == "not_now"


def test_the_public_sees_no_devices() -> None:
    table = Table()
    join(table, "phone")
    table.do(RenameDevice(device="phone", name="Phone"), HOST)
    assert [d.name for d in view(table.game).devices] == ["Phone"]
    assert view(table.game, "public").devices == ()


def test_who_was_sent_out_does_not_come_back_by_the_old_link() -> None:
    table = Table()
    join(table, "phone")
    before = table.game.places
    table.do(RevokeDevice(device="phone"))
    after = table.game.places
    assert after["player:1"].link == before["player:1"].link + 1
    assert after["player:1"].codes == ()
    assert after["player:2"] == before["player:2"]
