"""``connect``: who a device is, by what right it comes in, and what it is told first."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync import access
from gamesync.access import device_id
from gamesync.limits import Limits
from gamesync.store import Unavailable

from ..house import House, Match, Person

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
FREELY = Limits(observer_commands_burst=10_000, commands_burst=10_000)
TOKEN = "A" * 43


def test_a_device_is_its_token() -> None:
    house = House()
    match = Match(house)
    joined = match.anna.heard[1]
    said = next(m for m in match.anna.heard if m["type"] == "connect" and "token" in m["data"])
    token = said["data"]["token"]
    assert said["data"]["device"] == device_id(token) == match.anna.device
    assert token not in str(match.marek.line.frames)
    back = match.anna.again()
    answer = back.connect(match.id)
    assert answer["data"]["device"] == match.anna.device
    assert answer["data"]["rights"] == ["player:1"]
    assert (answer["data"]["role"], answer["data"]["player"]) == ("player", 1)
    assert answer["data"]["epoch"] == joined["data"].get("epoch", answer["data"]["epoch"])


def test_who_only_says_who_it_is_joins_nothing() -> None:
    house = House()
    person = house.person()
    answer = person.connect(token=TOKEN, name="  Anna's   phone ", client_type="player")
    assert "game_id" not in answer
    assert "version" not in answer
    assert answer["data"]["token"] == TOKEN
    assert answer["data"]["rights"] == []
    assert person.session.name == "Anna's phone"
    assert person.session.games == {}


def test_a_bad_name_changes_nothing() -> None:
    house = House()
    match = Match(house)
    device = match.anna.device
    answer = match.anna.ask("connect", {"name": "\u200b", "token": TOKEN}, match.id)
    assert answer["data"]["code"] == "bad_value"
    assert answer["data"]["field"] == "data.name"
    assert match.anna.device == device
    assert match.anna.code("score_update", SCORE) == "ok"


def test_who_becomes_another_device_leaves_what_it_had_joined() -> None:
    house = House()
    match = Match(house)
    match.anna.connect(token=TOKEN)
    assert match.anna.code("score_update", SCORE, match.id) == "not_joined"
    assert house.hub.by_device.keys() == {
        match.host.device,
        match.marek.device,
        device_id(TOKEN),
    }


def test_a_token_has_eight_connections_and_the_oldest_goes() -> None:
    house = House(limits=FREELY)
    people: list[Person] = []
    for _ in range(8):
        person = house.person()
        person.connect(token=TOKEN)
        people.append(person)
        house.wait(1)
    assert all(person.line.gone is None for person in people)
    for n in range(2):
        late = house.person()
        late.connect(token=TOKEN)
        assert late.line.gone is None
        assert people[n].line.gone == (4409, "this device opened too many connections")
        assert people[n + 1].line.gone is None
        people[n].hang_up() if n else None
    assert people[0].take()[-1]["data"]["come_back"] is False


def test_a_match_has_sixteen_connections_and_watchers_of_its_own() -> None:
    house = House(limits=Limits(match_connections=4, match_observers=2))
    match = Match(house)
    fourth = house.person()
    fourth.connect(match.id, token=match.anna.session.token)
    fifth = house.person()
    answer = fifth.ask("connect", {"token": match.anna.session.token}, match.id)
    assert answer["data"]["code"] == "too_many"
    assert fifth.session.games == {}
    for _ in range(2):
        match.watcher()
    third = house.person()
    assert third.code("connect", {}, match.id) == "too_many"
    assert fourth.code("connect", {}, match.id) == "ok", "who is in stays in"
    fourth.hang_up()
    assert fifth.code("connect", {}, match.id) == "ok"
    assert (Limits().match_connections, Limits().match_observers) == (16, 200)
    for _ in range(5):
        assert house.person().code("connect", {}, "venue") == "ok", "the venue is for all"


def test_the_answer_says_what_it_is_and_comes_before_what_it_missed() -> None:
    house = House()
    match = Match(house)
    assert house.boot is not None
    resume = {"epoch": house.boot.epoch, "version": match.version}
    watcher = match.watcher()
    watcher.hang_up()
    match.anna.do("score_update", SCORE)
    match.anna.do("score_update", SCORE)
    back = house.person()
    back.take()
    answer = back.ask("connect", {"resume": resume}, match.id)
    told = back.take()
    assert told[0] == answer
    assert [m["version"] for m in told[1:]] == [match.version - 1, match.version]
    assert answer["version"] == match.version
    assert answer["data"]["now"] == house.now()
    assert answer["data"]["recovered"] is True
    none = back.ask("connect", {"resume": {**resume, "version": match.version}}, match.id)
    assert none["data"]["recovered"] is True
    assert "state" not in none["data"]
    future = back.ask("connect", {"resume": {**resume, "version": 9_999}}, match.id)
    assert future["data"]["recovered"] is False
    assert future["data"]["state"]["status"] == "playing"


def test_what_is_said_once_stays_until_it_is_said_anew() -> None:
    house = House()
    match = Match(house)
    match.anna.connect(match.id, heartbeat_ms=7_000, beat_ms=1_000, name="Anna")
    match.anna.connect(match.id)
    session = match.anna.session
    assert (session.heartbeat_ms, session.beat_ms, session.name) == (7_000, 1_000, "Anna")
    assert len(match.room.watchers) == 3, "joining twice is joining once"


def test_the_name_goes_with_the_seat() -> None:
    house = House()
    match = Match(house)
    phone = house.person()
    phone.connect(match.id, key=match.places["player:2"]["key"], name="Marek's phone")
    devices = match.host.ask("game_state")["data"]["state"]["devices"]
    assert {"id": phone.device, "role": "player", "player": 2, "name": "Marek's phone"} in devices


def test_a_key_for_no_game_opens_the_venue() -> None:
    house = House()
    boss = house.person()
    answer = boss.connect(key=house.official())
    assert answer["game_id"] == "venue"
    assert answer["data"]["rights"] == ["organiser"]
    assert answer["data"]["role"] == "organiser"
    assert answer["data"]["state"]["officials"]
    again = house.person()
    assert again.connect("venue", token=boss.session.token)["data"]["rights"] == ["organiser"]


def test_joining_while_the_disk_is_away() -> None:
    house = House()
    match = Match(house)
    phone = house.person()
    house.store.commit_fails = [Unavailable("full")]
    key = {"key": match.places["player:1"]["key"]}
    assert phone.code("connect", key, match.id) == "storage"
    assert phone.session.games == {}
    assert phone.code("connect", key, match.id) == "ok"
    for person in (match.host, match.anna, match.marek, phone):
        person.hang_up()
    house.registry._put_away(match.room)
    house.store.read_fails = [Unavailable("gone")]
    assert house.person().code("connect", {}, match.id) == "storage"


def test_a_room_that_was_put_away_while_an_official_came_in() -> None:
    """He watches the room that the others have."""
    house = House()
    match = Match(house)
    key = house.official("judge", "Tom")
    tom = house.person()
    house.store.hold()
    tom.say("connect", {"key": key}, match.id)
    del house.registry.rooms[match.id]
    house.store.release()
    assert tom.session.games[match.id].room is house.room(match.id)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"code": ""}, "bad_value"),
        ({"code": "A" * 17}, "too_long"),
        ({"key": "short"}, "bad_value"),
        ({"token": "?"}, "bad_value"),
        ({"client_type": "king"}, "bad_value"),
        ({"resume": {"version": 1}}, "missing_field"),
        ({"heartbeat_ms": 1}, "out_of_range"),
    ],
)
def test_a_connect_that_is_wrong(data: dict[str, Any], code: str) -> None:
    assert House().person().code("connect", data) == code


def test_a_code_that_was_used_up_a_moment_ago() -> None:
    house = House()
    match = Match(house, begun=False)
    match.host.do("device", {"op": "invite", "player": 1})
    (code,) = match.room.ways("player:1")["player:1"]["codes"]
    find = house.store.find
    digest = house.registry.around.secrets.digest(code)

    def late(asked: bytes) -> Any:
        found = find(asked)
        match.host.do("device", {"op": "invite", "player": 1, "renew": True})
        return found

    house.store.find = late
    assert digest != b""
    assert house.person().code("connect", {"code": code}) == "bad_credentials"


# ------------------------------------------------------------------ a code of the venue's table


class Hall:
    """A venue with tables: its organiser, and the code and key of each table, as he is told."""

    def __init__(self, *names: str) -> None:
        self.house = House(limits=FREELY)
        self.olga = self.house.person()
        self.olga.connect("venue", key=self.house.official())
        self.tables = [self.table("add", name=name) for name in names]

    def table(self, op: str, **data: Any) -> dict[str, Any]:
        answer = self.olga.do("table", {"op": op, **data}, "venue")
        detail: dict[str, Any] = answer["data"].get("detail", {})
        return detail

    def seen(self, n: int) -> Any:
        return self.house.registry.venue.venue.tables[self.tables[n]["table"]]

    def typed(self, code: str) -> str:
        return self.house.person("10.0.0.1").code("connect", {"code": code})


@pytest.mark.parametrize("between", ["", " ", "-"])
def test_a_table_s_code_makes_a_screen_the_table_s_own_as_its_key_does(between: str) -> None:
    hall = Hall("Table 1", "Table 2")
    code, table = hall.tables[1]["code"], hall.tables[1]["table"]
    assert len(code) == 8
    by_code, by_key = hall.house.person(), hall.house.person()
    joined = by_code.connect(code=f"{code[:4]}{between}{code[4:]}".lower())
    keyed = by_key.connect("venue", key=hall.tables[1]["key"])
    assert joined["game_id"] == keyed["game_id"] == "venue"
    own = {name: joined["data"][name] for name in ("role", "rights", "player", "places")}
    assert own == {name: keyed["data"][name] for name in own}
    assert own["places"] == [{"place": "table", "id": table}]
    assert joined["data"]["state"]["tables"][1]["name"] == "Table 2"
    assert hall.seen(1).devices == (by_code.device, by_key.device)
    assert hall.seen(0).devices == ()
    # The token is enough from then on, and the table's match is open to the screen.
    match = Match(hall.house)
    put = {"op": "game", "table": table, "game": match.id, "reason": "x"}
    hall.olga.do("assign", put, "venue")
    assert by_code.again().connect(match.id)["data"]["rights"] == ["host"]


def test_a_table_s_code_works_as_often_as_one_likes_and_only_moves_a_screen() -> None:
    hall = Hall("Table 1", "Table 2")
    screen = hall.house.person()
    for table in (0, 1, 1, 0):
        screen.connect(code=hall.tables[table]["code"])
        assert hall.seen(table).devices == (screen.device,)
        assert hall.seen(1 - table).devices == ()


def test_a_table_s_code_lives_as_long_as_its_link() -> None:
    hall = Hall("Table 1", "Table 2")
    table, old = hall.tables[0]["table"], hall.tables[0]["code"]
    assert hall.table("invite", table=table)["code"] == old, "it is the same until it is renewed"
    hall.table("rename", table=table, name="Table 10")
    assert hall.typed(old) == "ok"
    assert "code" not in hall.table("unpair", table=table)
    fresh = hall.table("unpair", table=table, renew=True)["code"]
    assert fresh not in (old, hall.tables[1]["code"])
    assert hall.typed(old) == "bad_credentials"
    assert hall.typed(fresh) == "ok"
    hall.table("remove", table=table)
    assert hall.typed(fresh) == "bad_credentials"
    assert hall.typed(hall.tables[1]["code"]) == "ok"


def test_a_table_s_code_is_told_to_officials_alone() -> None:
    hall = Hall("Table 1")
    table = hall.tables[0]["table"]
    judge, visitor = hall.house.person(), hall.house.person()
    judge.connect("venue", key=hall.house.official("judge", "Tom"))
    visitor.connect("venue", code=hall.tables[0]["code"])
    asked = {"op": "invite", "table": table}
    told = judge.do("table", asked, "venue")["data"]["detail"]
    assert told == hall.tables[0]
    assert visitor.code("table", asked, "venue") == "not_yours", "not to the screen itself"
    assert told["code"] not in str(visitor.heard)
    assert told["code"] not in str(hall.house.registry.venue.stream), "it is not kept"


def test_a_screen_that_was_revoked_gets_no_table_by_its_code() -> None:
    hall = Hall("Table 1")
    screen = hall.house.person()
    screen.connect(code=hall.tables[0]["code"])
    hall.olga.do("device", {"op": "revoke", "device": screen.device}, "venue")
    again = screen.again()
    again.connect()
    assert again.code("connect", {"code": hall.tables[0]["code"]}) == "not_yours"
    assert hall.seen(0).devices == ()


def test_wrong_codes_of_tables_and_games_have_one_budget_and_one_answer() -> None:
    hall = Hall("Table 1")
    old = hall.tables[0]["code"]
    hall.table("unpair", table=hall.tables[0]["table"], renew=True)
    right = hall.table("invite", table=hall.tables[0]["table"])["code"]
    guesser = hall.house.person("8.8.8.8")
    told = [guesser.ask("connect", {"code": ["ABCDEFGH", old][n % 2]})["data"] for n in range(10)]
    assert told == [told[0]] * 10
    assert told[0]["code"] == "bad_credentials"
    assert guesser.code("connect", {"code": right}) == "rate_limited"
    for n in range(100):
        hall.house.person(f"10.0.{n}.1").code("connect", {"code": old})
    assert hall.typed(right) == "rate_limited", "of all together, as for any typed code"
    hall.house.wait(1)
    assert hall.typed(right) == "ok"


def test_whatever_a_code_opens_all_tables_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall(*(f"Table {n}" for n in range(1, 21)))
    places = hall.house.person().create()["data"]["detail"]["places"]
    used, seat = (places[f"player:{player}"]["codes"][0] for player in (1, 2))
    assert hall.typed(used) == "ok"
    hall.table("unpair", table=hall.tables[3]["table"], renew=True)
    looks: list[str] = []
    looked = access.Secrets.table_code

    def table_code(self: access.Secrets, table: str, ordinal: int) -> str:
        looks.append(table)
        return looked(self, table, ordinal)

    monkeypatch.setattr(access.Secrets, "table_code", table_code)
    codes = {
        "wrong": ("ABCDEFGH", "bad_credentials"),
        "renewed": (hall.tables[3]["code"], "bad_credentials"),
        "a used seat's": (used, "bad_credentials"),
        "a seat's": (seat, "ok"),
        "the first table's": (hall.tables[0]["code"], "ok"),
        "the last table's": (hall.tables[-1]["code"], "ok"),
    }
    for what, (code, answer) in codes.items():
        looks.clear()
        assert hall.typed(code) == answer, what
        assert looks == [table["table"] for table in hall.tables], what
