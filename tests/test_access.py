"""Who may do what: the whole table of rights, each cell; secrets, codes, keys and guesses."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_type_hints

import pytest

from gamesync import access
from gamesync.access import RIGHTS, Actor, Held, Secrets, Stranger, permitted
from gamesync.domain import commands as c
from gamesync.domain.events import By, Placed
from gamesync.domain.profile import Overrides
from gamesync.domain.values import Refused
from gamesync.domain.venue import VENUE_RIGHTS
from gamesync.domain.venue import commands as v
from gamesync.game_room import GameRoom
from gamesync.hosting import Hosting
from gamesync.limits import Limits
from gamesync.venue_room import VenueRoom
from gamesync.wire import messages as m
from gamesync.wire.codec import decode

from .domain.playing import Table
from .house import KEY, House, Match, Person, result

FREELY = Limits(
    commands_per_second=1e6,
    commands_burst=1_000_000,
    observer_commands_per_second=1e6,
    observer_commands_burst=1_000_000,
    match_commands_per_second=1e6,
    match_commands_burst=1_000_000,
)

# ------------------------------------------------------------- one game: every message, every role

ALL = frozenset({"player1", "player2", "host", "judge", "organiser"})
TABLE = ALL - {"judge"}
OFFICIALS = frozenset({"judge", "organiser"})
HOSTS = OFFICIALS | {"host"}
OWNER = frozenset({"host", "organiser"})
FIRST = ALL - {"player2"}
"""What names seat 1 is not for who sits at seat 2."""

GAME_ROWS: list[tuple[str, dict[str, Any], frozenset[str]]] = [
    ("score_update", {"player": 1, "delta": 1}, FIRST),
    ("score_update", {"player": 2, "delta": 1}, ALL - {"player1"}),
    ("timer_update", {"op": "start"}, ALL),
    ("timer_update", {"op": "pause"}, ALL),
    ("timer_update", {"op": "pause", "why": "setup"}, HOSTS),
    ("timer_update", {"op": "pause", "why": "judge"}, OFFICIALS),
    ("timer_update", {"op": "pause", "why": "round"}, frozenset({"organiser"})),
    ("timer_update", {"op": "resume"}, ALL),
    ("timer_update", {"op": "switch"}, FIRST),  # it is on the first player's time
    ("timer_update", {"op": "switch", "player": 2}, ALL - {"player1"}),
    ("timer_update", {"op": "adjust", "player": 1, "delta_ms": 1}, HOSTS),
    ("timer_update", {"op": "set", "player": 1, "time_ms": 1}, HOSTS),
    (
        "timer_update",
        {
            "op": "batch",
            "presses": [{"kind": "turn", "player": 1, "pressed_at": 1}],
            "since_version": 1,
        },
        frozenset({"host"}),
    ),
    ("turn_change", {}, FIRST),  # it is the first player's turn
    ("turn_change", {"player": 2}, ALL - {"player1"}),
    ("turn_change", {"new_round": True}, HOSTS),
    ("game_end", {"op": "concede"}, ALL),
    ("game_end", {"op": "concede", "player": 1}, FIRST),
    ("game_end", {"op": "complete"}, HOSTS),
    ("game_end", {"op": "time_call"}, HOSTS),
    ("game_end", {"op": "abandon"}, HOSTS),
    ("game_end", {"op": "claim", "player": 1}, FIRST),
    ("game_end", {"op": "rule", "how": "tabled", "player": 1}, HOSTS),
    ("game_end", {"op": "confirm", "version": 1, "player": 1}, FIRST),
    ("game_end", {"op": "reopen"}, HOSTS),
    ("game_end", {"op": "void"}, OFFICIALS),  # the match has begun
    ("game_state", {"player1_name": "Ada"}, HOSTS),
    ("settings_update", {"key": "visibility", "value": "link"}, OWNER),
    ("settings_update", {"key": "undo_by", "value": "agreement"}, OWNER),
    ("settings_update", {"key": "frozen", "value": True}, HOSTS),
    ("setup", {"op": "profile", "player": 1, "faction": "Orks"}, FIRST),
    ("setup", {"op": "roll", "player": 1}, FIRST),
    ("setup", {"op": "result", "winner": 1}, ALL),
    ("setup", {"op": "choose", "option": "first", "player": 1}, FIRST),
    ("setup", {"op": "ready", "player": 1}, FIRST),
    ("setup", {"op": "skip", "first_player": 1}, ALL),
    ("setup", {"op": "swap"}, HOSTS),
    ("setup", {"op": "first_player", "player": 1}, HOSTS),
    ("propose", {"kind": "draw", "player": 1}, FIRST - {"judge"}),
    ("answer", {"proposal": 1, "accept": True, "player": 1}, FIRST - {"judge"}),
    ("dispute", {"op": "open", "text": "no"}, ALL),
    ("dispute", {"op": "close"}, ALL),
    ("judge_call", {"op": "call"}, ALL),
    ("judge_call", {"op": "take"}, OFFICIALS),
    ("judge_call", {"op": "close"}, OFFICIALS),
    ("judge_call", {"op": "cancel"}, ALL),
    ("undo", {"version": 2}, ALL),
    ("device", {"op": "invite", "player": 1}, OWNER),
    ("device", {"op": "rename", "device": "x", "name": "Ada"}, OWNER),
    ("device", {"op": "revoke", "device": "x"}, OWNER),
    ("device", {"op": "swap"}, OWNER),
    ("device", {"op": "restore", "device": "x"}, frozenset()),  # that is the venue's
]
ROLES = (
    "none",
    "observer",
    "player1",
    "player2",
    "host",
    "judge",
    "organiser",
    "revoked",
    "other_player",
    "other_host",
)
USED = {"player1": "player", "player2": "player"}
"""In whose name it stands in the log, where that is not the role's own name."""


class Reached(Refused):
    def __init__(self, by: By) -> None:
        super().__init__("reached", "the rules were asked", by=by.role, player=by.player)


def ask_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules say in whose name they were asked, and no: so one game serves every cell."""

    def asked(self: Any, stream: Any, asked: Any, by: By) -> Any:
        raise Reached(by)

    monkeypatch.setattr(GameRoom, "decide", asked)
    monkeypatch.setattr(VenueRoom, "decide", asked)


class Cast:
    """A game, another, and somebody of every role; all watch what they may."""

    def __init__(self) -> None:
        self.house = House(limits=FREELY)
        self.match, self.other = Match(self.house), Match(self.house)
        judge, organiser = self.house.official("judge", "Tom"), self.house.official()
        self.people = {
            "none": self.house.person(),
            "observer": self.match.watcher(),
            "player1": self.match.anna,
            "player2": self.match.marek,
            "host": self.match.host,
            "judge": self.house.person(),
            "organiser": self.house.person(),
            "revoked": self.match.seated(1),
            "other_player": self.other.anna,
            "other_host": self.other.host,
        }
        self.people["judge"].connect(self.match.id, key=judge)
        self.people["organiser"].connect(self.match.id, key=organiser)
        self.people["organiser"].connect("venue")
        revoked = self.people["revoked"]
        self.people["organiser"].do("device", {"op": "revoke", "device": revoked.device}, "venue")
        self.people["revoked"] = revoked.again()
        for role in ("revoked", "other_player", "other_host"):
            self.people[role].connect(self.match.id)

    def cell(self, role: str, type_: str, data: Any, game_id: str) -> tuple[str, Any]:
        """The code that a message comes to, and in whose name the rules were asked."""
        person = self.people[role]
        person.take()
        person.say(type_, data, game_id, "-")
        (answer,) = person.of("error")
        said = answer["data"]
        return said["code"], said.get("detail", {})


@pytest.fixture
def cast() -> Cast:
    return Cast()


def test_every_command_to_a_game_by_every_role(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    ask_the_rules(monkeypatch)
    cells = 0
    for type_, data, allowed in GAME_ROWS:
        for role in ROLES:
            code, detail = cast.cell(role, type_, data, cast.match.id)
            cells += 1
            if role in allowed:
                assert code == "reached", (type_, data, role, code)
                assert detail["by"] == USED.get(role, role), (type_, data, role)
            else:
                assert code == ("not_joined" if role == "none" else "not_yours"), (type_, role)
    assert cells == len(GAME_ROWS) * len(ROLES)


@pytest.mark.parametrize("watches", [False, True])
def test_every_command_to_another_game_by_every_role(
    cast: Cast, watches: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one holds in a game is worth nothing in another; an official's place is."""
    here = {"other_player": "player1", "other_host": "host"}
    if watches:
        for role in ROLES[1:]:
            if role not in here:
                cast.people[role].connect(cast.other.id)
    ask_the_rules(monkeypatch)
    for type_, data, allowed in GAME_ROWS:
        for role in ROLES:
            code, _ = cast.cell(role, type_, data, cast.other.id)
            rights = allowed & {here.get(role, role)} & {"judge", "organiser", *here.values()}
            own = role in here or role in ("judge", "organiser")
            if role == "none" or not (watches or role in here):
                assert code == "not_joined", (type_, role)
            elif own and rights:
                assert code == "reached", (type_, data, role)
            else:
                assert code == "not_yours", (type_, data, role)


def test_every_command_has_a_row() -> None:
    rows: set[type] = set()
    for type_, data, _ in [*GAME_ROWS, *VENUE_ROWS]:
        message: Any = decode(json.dumps({"type": type_, "data": data}).encode())
        rows.add(type(message.data))
    inbound = {kind for message in get_args(m.Message) for kind in _kinds(message)}
    free = {m.ConnectData, m.DisconnectData, m.HeartbeatData, m.GameCreateData, m.GameListData}
    free |= {m.HistoryQuestion, m.LeaveData}
    assert inbound - free == rows
    assert rows == (set(RIGHTS) | set(VENUE_RIGHTS)), "a right without a row, or the other way"


def _kinds(message: Any) -> Iterator[type]:
    hint = get_type_hints(message)["data"]
    yield from get_args(hint) if isinstance(hint, UnionType) else (hint,)


# ----------------------------------------------------------------------- the venue: the same

ANYBODY = frozenset({"observer", "player1", "host", "table", "judge", "organiser"})
ORGANISER = frozenset({"organiser"})
VENUE_ROWS: list[tuple[str, dict[str, Any], frozenset[str]]] = [
    ("table", {"op": "add", "name": "1"}, ORGANISER),
    ("table", {"op": "import", "names": ["1"]}, ORGANISER),
    ("table", {"op": "invite", "table": "t1"}, OFFICIALS),
    ("table", {"op": "rename", "table": "t1", "name": "1"}, OFFICIALS),
    ("table", {"op": "remove", "table": "t1"}, ORGANISER),
    ("table", {"op": "pair", "table": "t1", "device": "x"}, ORGANISER),
    ("table", {"op": "unpair", "table": "t1"}, ORGANISER),
    ("event", {"op": "add", "name": "Cup"}, ORGANISER),
    ("event", {"op": "rename", "event": "e1", "name": "Cup"}, OFFICIALS),
    ("event", {"op": "close", "event": "e1"}, ORGANISER),
    ("event", {"op": "add_participant", "event": "e1", "name": "Li"}, OFFICIALS),
    (
        "event",
        {"op": "import_participants", "event": "e1", "participants": [{"name": "Li"}]},
        OFFICIALS,
    ),
    ("event", {"op": "invite_participant", "event": "e1", "participant": "p1"}, OFFICIALS),
    ("event", {"op": "edit_participant", "event": "e1", "participant": "p1"}, OFFICIALS),
    ("event", {"op": "drop_participant", "event": "e1", "participant": "p1"}, OFFICIALS),
    ("event", {"op": "join", "event": "e1", "participant": "p1"}, ANYBODY),
    ("event", {"op": "leave", "event": "e1", "participant": "p1"}, ANYBODY),
    (
        "event",
        {"op": "pair_round", "event": "e1", "round": 1, "pairings": [{"p1": "p1"}]},
        OFFICIALS,
    ),
    ("event", {"op": "start_round", "event": "e1", "round": 1, "length_ms": 1000}, ORGANISER),
    ("assign", {"op": "game", "table": "t1", "game": "g"}, OFFICIALS | {"table"}),
    ("assign", {"op": "table", "event": "e1", "participant": "p1", "table": "t1"}, OFFICIALS),
    ("assign", {"op": "opponents", "event": "e1", "participant": "p1", "other": "p2"}, OFFICIALS),
    ("announce", {"op": "add", "text": "Lunch"}, OFFICIALS),
    ("announce", {"op": "remove", "announcement": "a1"}, OFFICIALS),
    ("display", {"op": "register", "name": "TV"}, ANYBODY),
    ("display", {"op": "rename", "display": "d1", "name": "TV"}, OFFICIALS),
    ("display", {"op": "show", "display": "d1", "kind": "board"}, OFFICIALS),
    ("display", {"op": "reload", "display": "d1"}, OFFICIALS),
    ("display", {"op": "remove", "display": "d1"}, OFFICIALS),
    ("round_clock", {"op": "start", "length_ms": 1000}, ORGANISER),
    ("round_clock", {"op": "pause"}, ORGANISER),
    ("round_clock", {"op": "resume"}, ORGANISER),
    ("round_clock", {"op": "resume_all"}, ORGANISER),
    ("round_clock", {"op": "extend", "delta_ms": 1}, ORGANISER),
    ("round_clock", {"op": "stop"}, ORGANISER),
    ("official", {"op": "new", "name": "Tom", "role": "judge"}, ORGANISER),
    ("official", {"op": "rename", "official": "o1", "name": "Tom"}, ORGANISER),
    ("official", {"op": "revoke", "official": "o1"}, ORGANISER),
    ("official", {"op": "invite", "official": "o1"}, ORGANISER),
    ("device", {"op": "revoke", "device": "x"}, ORGANISER),
    ("device", {"op": "restore", "device": "x"}, ORGANISER),
    ("hide_game", {"game": "g"}, ORGANISER),
    ("settings_update", {"key": "venue_name", "value": "Hall"}, ORGANISER),
]
VENUE_ROLES = ("none", "observer", "player1", "host", "table", "judge", "organiser", "revoked")


def test_every_command_to_the_venue_by_every_role(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    organiser, secrets = cast.people["organiser"], cast.house.registry.around.secrets
    table = organiser.do("table", {"op": "add", "name": "1"}, "venue")["data"]["detail"]["table"]
    ordinal = cast.house.registry.venue.venue.tables[table].ordinal
    cast.people["table"] = cast.house.person()
    cast.people["table"].connect(key=secrets.table(table, ordinal))
    for role in VENUE_ROLES[1:]:
        cast.people[role].connect("venue")
    ask_the_rules(monkeypatch)
    cells = 0
    for type_, data, allowed in VENUE_ROWS:
        for role in VENUE_ROLES:
            code, detail = cast.cell(role, type_, data, "venue")
            cells += 1
            if role in allowed:
                assert code == "reached", (type_, data, role, code)
                least = "host" if role == "table" and allowed != ANYBODY else role
                assert detail["by"] == ("observer" if allowed == ANYBODY else least)
            else:
                assert code == ("not_joined" if role == "none" else "not_yours"), (type_, role)
    assert cells == len(VENUE_ROWS) * len(VENUE_ROLES)


def test_no_command_to_a_game_is_one_to_the_venue(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.people["host"].connect("venue")
    ask_the_rules(monkeypatch)
    for type_, data, _ in GAME_ROWS:
        if data.get("op") not in ("revoke", "restore") and type_ != "settings_update":
            for role in ("organiser", "host"):
                assert cast.cell(role, type_, data, "venue")[0] == "not_yours", (type_, data)


# ------------------------------------------------- messages that need no place, by every role


def test_what_everybody_may(cast: Cast) -> None:
    for role, person in cast.people.items():
        listed = cast.match.id
        assert person.ask("heartbeat", {"t0": 1.5})["data"]["t0"] == 1.5, role
        assert person.ask("game_list")["type"] == "game_list", role
        assert person.ask("game_state", {}, listed)["type"] == "game_state", role
        assert person.ask("game_state", {}, cast.other.id)["type"] == "game_state", role
        assert person.ask("history", {}, listed)["type"] == "history", role
        assert person.ask("game_create", {})["type"] == "ack", role
        assert person.ask("connect", {}, listed)["type"] == "connect", role
        person.say("disconnect")
        assert person.line.gone == (1000, "goodbye"), role


def test_a_game_that_goes_by_its_link(cast: Cast) -> None:
    """Who has no part in it finds neither it nor that it is there; officials list it."""
    for match in (cast.match, cast.other):
        match.host.do("settings_update", {"key": "visibility", "value": "link"}, match.id)
    own = {"player1", "player2", "host", "judge", "organiser"}
    here = {"observer", "revoked", "other_player", "other_host"}  # they watch already
    for role, person in cast.people.items():
        seen = person.code("game_state", {}, cast.match.id)
        assert seen == ("ok" if role in own | here else "not_found"), role
        assert person.code("history", {}, cast.match.id) == seen, role
        joined = person.code("connect", {}, cast.match.id)
        assert joined == ("ok" if role in own else "not_found"), role
        games = {game["game_id"] for game in person.ask("game_list")["data"]["games"]}
        official = role in ("judge", "organiser")
        assert games == ({cast.match.id, cast.other.id} if official else set()), role
    nobody = cast.house.person()
    for wrong in (cast.match.id, "no-such-game"):
        assert nobody.code("connect", {}, wrong) == "not_found"
        assert nobody.code("connect", {"key": "wrong-key"}, wrong) == "bad_credentials"


def test_only_the_organiser_hosts_where_the_venue_says_so(cast: Cast) -> None:
    organiser = cast.people["organiser"]
    organiser.do("settings_update", {"key": "hosting", "value": "organiser"}, "venue")
    for role, person in cast.people.items():
        expected = "ok" if role in ("judge", "organiser") else "not_yours"
        assert person.code("game_create", {}) == expected, role
        state = {"player1_name": "A", "player2_name": "B"}
        if role == "none":
            assert person.code("game_state", state) == "not_yours"
    made = organiser.ask("game_create", {})["game_id"]
    assert cast.house.room(made).game.settings["visibility"] == "link"
    organiser.do("settings_update", {"key": "visibility", "value": "listed"}, "venue")
    made = organiser.ask("game_create", {})["game_id"]
    assert cast.house.room(made).listed
    organiser.do("settings_update", {"key": "visibility", "value": "link"}, "venue")
    assert not cast.house.room(organiser.ask("game_create", {})["game_id"]).listed
    wanted = {"options": {"visibility": "listed"}}
    assert cast.house.room(organiser.ask("game_create", wanted)["game_id"]).listed


# -------------------------------------------------------------------- rules that ask the game

P1 = Actor(device="anna", seats=(1,))
P2 = Actor(device="marek", seats=(2,))
HOST = Actor(device="table", host=True)
JUDGE = Actor(device="tom", official="judge")
BOSS = Actor(device="olga", official="organiser")
NOBODY = Actor(device="x")


def may(table: Table, command: Any, who: Actor) -> bool:
    try:
        return bool(list(permitted(command, who, table.game)))
    except Refused:
        return False


def readied() -> Table:
    """At an event, where only judges stop the clock; both are ready."""
    table = Table(profile="event")
    table.do(c.SkipSetup(first_player=1))
    return table


def judge_pauses() -> Table:
    return Table(overrides=Overrides(pause_policy="judge")).begin()


@pytest.mark.parametrize(
    ("table", "command", "allowed"),
    [
        (Table().begin(), c.ScoreUpdate(player=2, delta=1), {P2, HOST, JUDGE, BOSS}),
        (
            Table(overrides=Overrides(player_scores="both")).begin(),
            c.ScoreUpdate(player=2, delta=1),
            {P1, P2, HOST, JUDGE, BOSS},
        ),
        (judge_pauses(), c.PauseClock(), {JUDGE, BOSS}),
        (judge_pauses(), c.PauseClock(why="setup"), {JUDGE, BOSS}),
        (judge_pauses(), c.StartClock(), {HOST, JUDGE, BOSS}),
        (readied(), c.StartClock(), {P1, P2, HOST, JUDGE, BOSS}),
        (judge_pauses(), c.ResumeClock(), {P1, P2, HOST, JUDGE, BOSS}),  # the rules know whose
        (Table().begin(), c.SwitchClock(run=1), {P1, HOST, JUDGE, BOSS}),
        (Table().begin(), c.SwitchClock(player=1), {P1, HOST, JUDGE, BOSS}),
        (Table().begin().turns(1), c.SwitchClock(run=1), {P1, P2, HOST, JUDGE, BOSS}),
        (Table().begin().turns(1), c.SwitchClock(run=1, player=1), {P1, HOST, JUDGE, BOSS}),
        (Table().begin().turns(1), c.TurnChange(turn=1), {P1, P2, HOST, JUDGE, BOSS}),
        (Table().begin().turns(1), c.TurnChange(turn=2), {P2, HOST, JUDGE, BOSS}),
        (
            Table(overrides=Overrides(host_may_adjust=False)).begin(),
            c.AdjustClock(player=1, delta_ms=1),
            {JUDGE, BOSS},
        ),
        (Table(profile="event").begin(), c.RuleResult(how="tabled", player=1), {JUDGE, BOSS}),
        (Table(profile="event").begin(), c.CloseDispute(), {P1, P2, JUDGE, BOSS}),
        (Table(profile="event"), c.SkipSetup(first_player=1), {HOST, JUDGE, BOSS}),
        (Table(), c.VoidGame(), {HOST, JUDGE, BOSS}),
    ],
)
def test_rules_that_ask_the_game(table: Table, command: Any, allowed: set[Actor]) -> None:
    for who in (P1, P2, HOST, JUDGE, BOSS, NOBODY):
        assert may(table, command, who) == (who in allowed), who


def test_a_signed_result_is_opened_again_by_officials_only() -> None:
    table = Table().begin()
    table.do(c.Concede(player=1))
    assert may(table, c.Reopen(), HOST)
    for seat in (1, 2):
        table.do(c.ConfirmResult(version=table.game.sheet_version, player=seat))
    assert table.game.status == "signed"
    assert not may(table, c.Reopen(), HOST)
    assert may(table, c.Reopen(), JUDGE)


def test_the_least_right_is_used_first() -> None:
    both = Actor(device="d", seats=(1, 2), host=True, official="judge", name="Tom")
    by = list(permitted(c.CallJudge(), both, Table().begin().game))
    assert [(each.role, each.player) for each in by] == [
        ("player", 1),
        ("player", 2),
        ("host", 0),
        ("judge", 0),
    ]
    assert by[0].name == "Tom"
    assert both.rights == ("player:1", "player:2", "host", "judge")
    assert both.role == "player"
    assert both.may_press
    assert not JUDGE.may_press
    assert (HOST.role, JUDGE.role, NOBODY.role) == ("host", "judge", "observer")


def test_a_command_of_nobody_s_is_nobody_s() -> None:
    with pytest.raises(Refused) as no:
        list(permitted(c.FallFlag(), BOSS, Table().game))
    assert no.value.detail == {"role": "organiser"}
    assert not isinstance(no.value, Stranger)
    with pytest.raises(Stranger):
        list(permitted(c.CallJudge(), NOBODY, Table().game))


def test_what_a_device_holds_by_the_game_and_by_the_venue() -> None:
    table = Table()
    table.server(c.Join(device="anna", role="player", player=1, name="Anna's phone"))
    table.server(c.Join(device="anna", role="host"))
    here = access.actor(table.game, "anna")
    assert (here.seats, here.host, here.name) == ((1,), True, "Anna's phone")
    more = access.actor(table.game, "anna", Held(official="judge", name="Tom", seats=(2,)))
    assert (more.seats, more.official, more.name) == ((1, 2), "judge", "Tom")
    assert access.actor(table.game, "anna", Held(revoked=True)).rights == ()
    assert access.actor(None, "anna", Held(host=True)).rights == ("host",)


# --------------------------------------------------------------------------- secrets


def test_secrets_are_derived_and_differ() -> None:
    secrets, again, other = Secrets(KEY), Secrets(KEY), Secrets(bytes(32))
    made = [
        secrets.link("g", "player:1", 1),
        secrets.link("g", "player:1", 2),
        secrets.link("g", "player:2", 1),
        secrets.link("h", "player:1", 1),
        secrets.code("g", "player:1", 1),
        secrets.code("g", "player:1", 2),
        secrets.official(1),
        secrets.official(2),
        secrets.table("t1", 1),
        secrets.table("t1", 2),
        secrets.participant("e1", "p1"),
        secrets.game_id("d", "command-1"),
        other.link("g", "player:1", 1),
        other.official(1),
    ]
    assert len(set(made)) == len(made)
    assert again.link("g", "player:1", 1) == made[0]
    assert again.code("g", "player:1", 1) == made[4]
    assert len(made[0]) == 22
    assert len(made[4]) == access.CODE_LENGTH == 8
    assert set(made[4]) <= set(access.ALPHABET)
    assert len(set(access.ALPHABET)) == 30
    assert KEY.hex() not in repr(secrets)
    assert "k" not in secrets.digest("ABC").hex()
    m.CommandId  # noqa: B018 - ids of games fit where ids of games go
    decode(json.dumps({"type": "undo", "game_id": made[11]}).encode())


def test_a_code_is_typed_as_people_type() -> None:
    assert access.typed(" ab-23 xy z ") == "AB23XZ"  # there is no Y
    assert access.typed("") == ""


def test_device_ids_say_nothing_of_the_token() -> None:
    token = access.new_token(lambda size: bytes(range(size)))
    assert len(token) == 43
    assert len(access.device_id(token)) == 22
    assert access.device_id(token)[:8] not in token
    assert access.device_id(token) == access.device_id(token)
    assert access.same("a", "a")
    assert not access.same("a", "b")
    assert not access.same("ä", "a")


def test_secrets_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def noted(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return real(a, b)

    house = House()
    match = Match(house)
    monkeypatch.setattr(hmac, "compare_digest", noted)
    house.person().code("connect", {"key": "wrong-key"}, match.id)
    assert len(compared) == 4, "every place, whichever it might have been"


# ------------------------------------------------------------------------ codes and links


def codes(room: GameRoom, place: Placed) -> list[str]:
    """Typed codes that are live."""
    found: Any = room.ways(place)[place]["codes"]
    return list(found)


def unseated(**wanted: Any) -> tuple[House, Person, str]:
    house = House(limits=FREELY)
    host = house.person()
    return house, host, host.create(**wanted)["game_id"]


def by_code(house: House, code: str, peer: str = "10.0.0.1") -> str:
    return house.person(peer).code("connect", {"code": code})


def test_a_code_takes_its_seat_once() -> None:
    house, _, game_id = unseated()
    (code,) = codes(house.room(game_id), "player:1")
    phone = house.person()
    joined = phone.connect(code=code.lower())
    assert joined["game_id"] == game_id
    assert joined["data"]["rights"] == ["player:1"]
    assert joined["data"]["player"] == 1
    assert by_code(house, code) == "bad_credentials"


def test_wrong_used_and_closed_are_told_in_the_same_words() -> None:
    house, host, game_id = unseated()
    room = house.room(game_id)
    (used,) = codes(room, "player:1")
    (closed,) = codes(room, "player:2")
    house.person().connect(code=used)
    host.do("device", {"op": "invite", "player": 2, "renew": True})
    link = room.ways()["player:2"]["key"]
    signed = Match(house)
    key = signed.places["player:1"]["key"]
    signed.host.do("device", {"op": "invite", "player": 1}, signed.id)
    expired = codes(signed.room, "player:1")[-1]
    signed.host.do("game_end", {"op": "concede", "player": 1})
    for seat in (1, 2):
        version = signed.room.game.sheet_version
        signed.host.do("game_end", {"op": "confirm", "version": version, "player": seat})
    assert signed.room.game.status == "signed"
    told = [
        house.person("10.0.0.1").ask("connect", data, game_id_)["data"]
        for data, game_id_ in (
            ({"code": "ABCDEFGH"}, None),
            ({"code": "!"}, None),
            ({"code": used}, None),
            ({"code": closed}, None),
            ({"code": expired}, None),
            ({"key": "nothing-at-all"}, game_id),
            ({"key": "nothing-at-all"}, "nowhere"),
            ({"key": "nothing-at-all"}, None),
            ({"key": "nothing-at-all"}, "venue"),
            ({"key": key}, signed.id),
        )
    ]
    assert all(each == told[0] for each in told)
    assert told[0]["code"] == "bad_credentials"
    # Who has the seat keeps it, by his token.
    assert signed.anna.again().connect(signed.id)["data"]["rights"] == ["player:1"]
    # And the new link of seat 2 works, unlike the code before it.
    assert house.person().connect(game_id, key=link)["data"]["player"] == 2


def test_three_codes_of_a_seat_live_and_a_renewed_link_shuts_the_old_one() -> None:
    house, host, game_id = unseated()
    shown = codes(house.room(game_id), "player:1")
    for _ in range(3):
        answer = host.do("device", {"op": "invite", "player": 1})
        detail = answer["data"]["detail"]
        assert detail["place"] == "player:1"
        shown.append(detail["codes"][-1])
        assert detail["codes"] == shown[-3:]
    assert by_code(house, shown[0]) == "bad_credentials"
    old = detail["key"]
    fresh = host.do("device", {"op": "invite", "player": 1, "renew": True})["data"]["detail"]
    assert fresh["key"] != old
    assert len(fresh["codes"]) == 1
    assert fresh["link"] == f"#g={game_id}&p=player:1&k={fresh['key']}"
    for dead in shown[1:]:
        assert by_code(house, dead) == "bad_credentials"
    assert house.person().code("connect", {"key": old}, game_id) == "bad_credentials"
    assert by_code(house, fresh["codes"][0]) == "ok"
    assert house.person().code("connect", {"key": fresh["key"]}, game_id) == "ok"


def test_at_an_event_what_a_game_is_played_under_is_the_organisers_business() -> None:
    house, host, game_id = unseated(profile="event")
    assert host.code("settings_update", {"key": "pause_policy", "value": "any"}) == "not_yours"
    organiser = house.person()
    organiser.connect(game_id, key=house.official())
    organiser.do("settings_update", {"key": "pause_policy", "value": "any"}, game_id)
    assert house.room(game_id).game.options.pause_policy == "any"


def test_links_open_places_and_the_observer_s_only_shows() -> None:
    house, host, game_id = unseated()
    host.do("settings_update", {"key": "visibility", "value": "link"})
    ways = house.room(game_id).ways()
    version = house.room(game_id).version
    viewer = house.person()
    assert viewer.connect(game_id, key=ways["observer"]["key"])["data"]["rights"] == []
    assert house.room(game_id).version == version, "who watches takes no place"
    assert house.person().connect(game_id, key=ways["host"]["key"])["data"]["role"] == "host"
    seat = house.person()
    for _ in range(2):  # the second time there is nothing to take
        assert seat.connect(game_id, key=ways["player:2"]["key"])["data"]["player"] == 2
    assert house.room(game_id).version == version + 2
    assert viewer.code("turn_change") == "not_yours"


def test_an_old_invitation_asked_again_gives_its_secrets_to_a_host_only() -> None:
    house = House()
    match = Match(house)
    other = house.person()
    other.connect(match.id, key=match.places["host"]["key"])
    first = other.do("device", {"op": "invite", "player": 1}, id_="invite-1")
    assert "key" in first["data"]["detail"]
    match.host.do("device", {"op": "revoke", "device": other.device})
    assert other.line.gone == (4403, "this device's place was taken from it")
    back = other.again()
    back.connect(match.id)
    again = back.ask("device", {"op": "invite", "player": 1}, id_="invite-1")
    assert again["type"] == "ack"
    assert "detail" not in again["data"]


def test_who_is_revoked_is_told_and_cut_off_at_once() -> None:
    house = House()
    match = Match(house)
    match.host.do("device", {"op": "revoke", "device": match.anna.device})
    news = match.anna.take()
    assert news[-1]["type"] == "disconnect"
    assert news[-1]["data"] == {
        "why": "this device's place was taken from it",
        "come_back": False,
        "retry_after_ms": 0,
    }
    assert match.anna.line.gone == (4403, "this device's place was taken from it")
    assert match.marek.line.gone is None
    match.host.do("score_update", {"player": 1, "delta": 1, "category": "secondary"})
    assert [x["type"] for x in match.anna.take()] == [], "told once"
    back = match.anna.again()
    assert back.connect(match.id)["data"]["rights"] == []
    assert back.code("turn_change") == "not_yours"


def test_a_host_who_revokes_himself_hears_the_answer_first() -> None:
    match = Match(House())
    match.house.store.hold()
    match.host.say("device", {"op": "revoke", "device": match.host.device})
    match.house.store.release()
    assert match.host.line.gone is not None
    assert [x["type"] for x in match.host.heard[-2:]] == ["ack", "disconnect"]


def test_the_organiser_revokes_a_device_everywhere_at_once() -> None:
    house = House(limits=FREELY)
    one, two = Match(house), Match(house)
    key = house.official()
    boss, judge = house.person(), house.person()
    boss.connect("venue", key=key)
    judge.connect("venue", key=house.official("judge", "Tom"))
    judge.connect(one.id)
    assert judge.code("judge_call", {"op": "call"}, one.id) == "ok"
    boss.do("device", {"op": "revoke", "device": one.anna.device}, "venue")
    boss.do("device", {"op": "revoke", "device": judge.device}, "venue")
    for gone in (one.anna, judge):
        assert gone.line.gone is not None
        assert gone.line.gone[0] == 4403
    assert two.anna.line.gone is None
    assert one.marek.line.gone is None
    # It may look on, and take no place until it is restored.
    back = one.anna.again()
    assert back.connect(one.id)["data"]["rights"] == []
    for place in ("player:1", "host"):
        assert back.code("connect", {"key": one.places[place]["key"]}, one.id) == "not_yours"
    assert back.code("connect", {"key": key}) == "not_yours"
    boss.do("device", {"op": "restore", "device": back.device}, "venue")
    back.connect(one.id)
    assert back.code("turn_change", {}, one.id) == "ok"


def test_an_official_s_key() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    key = house.official("judge", "Tom")
    tom = house.person()
    joined = tom.connect(match.id, key=key, name="Tom's phone")
    assert joined["data"]["rights"] == ["judge"]
    assert joined["data"]["role"] == "judge"
    at_desk = house.person()
    assert at_desk.connect(key=key)["data"]["rights"] == ["judge"]
    boss = house.person()
    boss.connect("venue", key=house.official())
    official = next(o for o in house.registry.venue.venue.officials.values() if o.name == "Tom")
    boss.do("official", {"op": "revoke", "official": official.id})
    assert tom.line.gone is not None
    assert at_desk.line.gone is not None
    assert house.person().code("connect", {"key": key}) == "bad_credentials"


def test_a_table_s_device_follows_its_games_and_a_participant_s_his_rounds() -> None:
    house = House(limits=FREELY)
    secrets, venue = house.registry.around.secrets, house.registry.venue
    boss = house.person()
    boss.connect("venue", key=house.official())
    table = boss.do("table", {"op": "add", "name": "7"})["data"]["detail"]["table"]
    event = boss.do("event", {"op": "add", "name": "Cup"})["data"]["detail"]["event"]
    add = {"op": "add_participant", "event": event}
    li = boss.do("event", {**add, "name": "Li"})["data"]["detail"]["participant"]
    mo = boss.do("event", {**add, "name": "Mo"})["data"]["detail"]["participant"]
    game = boss.do("game_create", {})["game_id"]
    pairing = {"p1": mo, "p2": li, "table": table, "game": game}
    boss.do("event", {"op": "pair_round", "event": event, "round": 1, "pairings": [pairing]})
    boss.do("event", {"op": "start_round", "event": event, "round": 1, "length_ms": 60_000})
    tablet, phone = house.person(), house.person()
    key = secrets.table(table, venue.venue.tables[table].ordinal)
    tablet.connect(key=key)
    phone.connect(key=secrets.participant(event, li))
    assert tablet.connect(game)["data"]["rights"] == ["host"]
    assert phone.connect(game)["data"]["rights"] == ["player:2"]
    assert venue.held(phone.device, "another").seats == ()
    boss.do("event", {"op": "drop_participant", "event": event, "participant": mo})
    wrong = house.person()
    assert wrong.code("connect", {"key": secrets.participant(event, mo)}) == "bad_credentials"


def test_who_has_another_game_now_stays_and_watches_the_old_one() -> None:
    house = House(limits=FREELY)
    secrets, venue = house.registry.around.secrets, house.registry.venue
    boss = house.person()
    boss.connect("venue", key=house.official())
    event = boss.do("event", {"op": "add", "name": "Cup"})["data"]["detail"]["event"]
    add = {"op": "add_participant", "event": event}
    people = [
        boss.do("event", {**add, "name": name})["data"]["detail"]["participant"]
        for name in ("Li", "Mo", "Bo", "Al")
    ]
    tables = [
        boss.do("table", {"op": "add", "name": name})["data"]["detail"]["table"] for name in "78"
    ]
    games = [boss.do("game_create", {})["game_id"] for _ in tables]
    pairings = [
        {"p1": people[2 * n], "p2": people[2 * n + 1], "table": tables[n], "game": games[n]}
        for n in range(2)
    ]
    boss.do("event", {"op": "pair_round", "event": event, "round": 1, "pairings": pairings})
    boss.do("assign", {"op": "game", "table": tables[0], "game": games[0], "event": event})
    tablet, phone = house.person(), house.person()
    tablet.connect("venue", key=secrets.table(tables[0], venue.venue.tables[tables[0]].ordinal))
    phone.connect("venue", key=secrets.participant(event, people[0]))
    assert tablet.connect(games[0])["data"]["rights"] == ["host"]
    assert phone.connect(games[0])["data"]["rights"] == ["player:1"]
    swap = {"op": "opponents", "event": event, "participant": people[0], "other": people[2]}
    boss.do("assign", {**swap, "reason": "wrong pairing"})
    boss.do("assign", {"op": "game", "table": tables[0], "game": games[1], "reason": "moved"})
    for device in (tablet, phone):
        assert device.line.gone is None
        told = [x for x in device.heard if x["type"] == "game_state" and x["game_id"] == games[0]]
        assert told[-1]["data"]["state"]["devices"] == []
        assert device.code("setup", {"op": "swap"}, games[0]) == "not_yours"
    assert tablet.connect(games[1])["data"]["rights"] == ["host"]


# ----------------------------------------------------------------------------- guesses


def test_wrong_codes_cost_an_address_its_budget() -> None:
    house, _, game_id = unseated()
    (right,) = codes(house.room(game_id), "player:1")
    guesser = house.person("8.8.8.8")
    assert [guesser.code("connect", {"code": "ABCDEFGH"}) for _ in range(10)] == (
        ["bad_credentials"] * 10
    )
    refused = guesser.ask("connect", {"code": right})["data"]
    assert refused["code"] == "rate_limited", "or waiting would tell right from wrong"
    assert refused["retry_after_ms"] == 60_000
    assert "detail" not in refused
    same_house = house.person("8.8.8.8")
    assert same_house.code("connect", {"key": "wrong-key"}, game_id) == "rate_limited"
    assert by_code(house, right, "9.9.9.9") == "ok"


def test_each_wait_is_twice_the_one_before_up_to_five_minutes() -> None:
    house, *_ = unseated()
    waits = []
    for _ in range(5):
        guesser = house.person("8.8.8.8")
        while guesser.code("connect", {"code": "ABCDEFGH"}) == "bad_credentials":
            pass
        retry = guesser.heard[-1]["data"]["retry_after_ms"]
        waits.append(retry)
        house.wait(retry / 1000)
    assert waits == [60_000, 120_000, 240_000, 300_000, 300_000]
    house.wait(3_600)
    guesser = house.person("8.8.8.8")
    while guesser.code("connect", {"code": "ABCDEFGH"}) == "bad_credentials":
        pass
    assert guesser.heard[-1]["data"]["retry_after_ms"] == 60_000, "an hour later it is forgotten"


def test_a_household_s_addresses_are_one() -> None:
    house, *_ = unseated()
    for n in range(10):
        assert by_code(house, "ABCDEFGH", f"2a02:1234::{n}") == "bad_credentials"
    assert by_code(house, "ABCDEFGH", "2a02:1234::ffff") == "rate_limited"
    assert by_code(house, "ABCDEFGH", "2a02:1234:0:1::1") == "bad_credentials"


def test_all_together_have_a_hundred_a_minute() -> None:
    house, *_ = unseated()
    told = [by_code(house, "ABCDEFGH", f"10.0.{n}.1") for n in range(102)]
    assert told == ["bad_credentials"] * 100 + ["rate_limited"] * 2
    house.wait(0.7)
    assert by_code(house, "ABCDEFGH", "10.1.1.1") == "bad_credentials"


def test_who_has_a_link_is_not_kept_out_by_those_who_guess_codes() -> None:
    house, _, game_id = unseated()
    for n in range(101):
        by_code(house, "ABCDEFGH", f"10.0.{n}.1")
    (right,) = codes(house.room(game_id), "player:1")
    assert by_code(house, right, "10.2.0.1") == "rate_limited"
    key = house.room(game_id).ways()["player:1"]["key"]
    phone = house.person("10.2.0.1")
    assert phone.code("connect", {"key": key}, game_id) == "ok"
    for n in range(200):  # and wrong links cost only those who show them
        house.person(f"10.3.{n}.1").code("connect", {"key": "wrong-key"}, game_id)
    house.wait(60)
    assert by_code(house, right, "10.2.0.2") == "bad_credentials", "the seat was taken by link"


def test_who_guessed_long_ago_is_forgotten() -> None:
    guesses = House().hub.guesses
    for n in range(10_001):
        guesses.wrong(f"guest-{n}", 0.0)
    guesses.wrong("somebody", 10_000.0)
    assert len(guesses._by) == 1


# ------------------------------------------------------------------------ open hosting


def test_a_device_has_three_unfinished_games() -> None:
    house = House(limits=FREELY)
    host = house.person()
    made = [host.create()["game_id"] for _ in range(3)]
    assert host.code("game_create", {}) == "too_many"
    assert house.person().code("game_create", {}) == "ok", "another device, the same address"
    host.do("game_end", {"op": "void"}, made[0])
    assert host.code("game_create", {}) == "ok"


def test_the_three_games_of_a_device_outlive_a_restart(tmp_path: Path) -> None:
    path = str(tmp_path / "games.sqlite3")
    house = House(path, limits=FREELY)
    host = house.person()
    made = [host.create()["game_id"] for _ in range(3)]
    token = host.token
    house.crash()
    again = House(path, reactor=house.reactor, clocks=house.clocks, limits=FREELY)
    back, other = again.person(), again.person()
    back.connect(token=token)
    assert back.code("game_create", {}) == "too_many"
    assert other.code("game_create", {}) == "ok"
    back.connect(made[0])
    back.do("game_end", {"op": "void"}, made[0])
    assert back.code("game_create", {}) == "ok"


def test_an_address_has_twenty_and_all_have_a_bound() -> None:
    house = House(limits=FREELY, hosting=Hosting(in_all=22))
    told = [house.person("10.0.0.7").code("game_create", {}) for _ in range(21)]
    assert told == ["ok"] * 20 + ["too_many"]
    told = [house.person(f"10.0.1.{n}").code("game_create", {}) for n in range(3)]
    assert told == ["ok", "ok", "too_many"]
    boss = house.person("10.0.0.7")
    boss.connect(key=house.official())
    assert boss.code("game_create", {}) == "ok", "no bound for officials"


def test_the_default_bounds() -> None:
    hosting, limits = Hosting(), Limits()
    assert (hosting.a_device, hosting.an_address, hosting.in_all) == (3, 20, 2_000)
    assert (limits.device_games, limits.address_games, limits.open_games) == (3, 20, 2_000)
    assert hosting.unstarted_ms == 3_600_000


def test_a_game_that_nobody_starts_is_void_after_an_hour() -> None:
    house = House(limits=FREELY)
    host = house.person()
    game_id = host.create()["game_id"]
    house.wait(3_599)
    assert house.room(game_id).game.status == "waiting"
    house.wait(1.5)
    assert house.room(game_id).game.status == "void"
    assert house.room(game_id).version == 2, "once"
    boss = house.person()
    boss.connect(key=house.official())
    kept = boss.ask("game_create", {})["game_id"]
    house.wait(7_200)
    assert house.room(kept).game.status == "waiting", "an organiser's waits for its players"


def test_a_hidden_game_is_not_found_nor_listed() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    boss = house.person()
    boss.connect("venue", key=house.official())
    boss.do("hide_game", {"game": match.id})
    nobody = house.person()
    assert nobody.ask("game_list")["data"]["games"] == []
    assert nobody.code("connect", {}, match.id) == "not_found"
    assert nobody.code("game_state", {}, match.id) == "not_found"
    assert match.anna.again().connect(match.id)["data"]["player"] == 1
    boss.do("hide_game", {"game": match.id, "hidden": False})
    assert nobody.code("connect", {}, match.id) == "ok"


def test_refused_joins_say_which_field() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    for _ in range(2):
        match.seated(1)
    fourth = house.person()
    key = match.places["player:1"]["key"]
    assert fourth.ask("connect", {"key": key}, match.id)["data"]["code"] == "too_many"
    assert result(house.submit(match.id, c.Join(device="d", role="host"))).code == "ack"
    assert v.VENUE == "venue"


def test_at_an_event_each_corrects_the_others_older_cells() -> None:
    table = Table(profile="event").begin()
    older = c.ScoreUpdate(player=1, category="secondary", round=1, value=5)
    assert not may(table, older, P2), "the round is still on"
    table.turns(2)
    assert table.game.turn.round == 2
    assert may(table, older, P2)
    assert not may(table, c.ScoreUpdate(player=1, category="secondary", round=2, value=5), P2)
    assert not may(Table().begin().turns(2), older, P2)
