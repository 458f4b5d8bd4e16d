"""Rooms by their id: opening and putting away, alarms, restarts, making games, the lobby."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred

from gamesync.asking import Asked, Outcome
from gamesync.domain import commands as c
from gamesync.domain.events import DownTime, Flagged, Lapsed
from gamesync.domain.values import Millis
from gamesync.limits import Limits
from gamesync.registry import ALARM_MAX_MS, FORGET_EVERY_MS, IDLE_MS, Registry
from gamesync.store import Unavailable

from .house import House, Match, Person, result
from .server.kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
FREELY = Limits(commands_burst=10_000, match_commands_burst=10_000, observer_commands_burst=1_000)
CHESS: dict[str, Any] = {"options": {"clock": "chess-5-3"}}


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "games.sqlite3")


def after(house: House, seconds: float, path: str, **more: Any) -> House:
    """The server is killed, and started again so many seconds later."""
    house.crash()
    house.reactor.advance(seconds)
    return House(path, reactor=house.reactor, clocks=house.clocks, **more)


def facts(house: House, game_id: str, kind: type) -> list[Any]:
    stream = house.room(game_id).stream
    assert stream is not None
    return [f for entry in stream.entries for f in entry.facts if isinstance(f, kind)]


# -------------------------------------------------------------------------- opening rooms


def test_a_room_is_opened_when_somebody_comes(path: str) -> None:
    house = House(path)
    match = Match(house)
    match.host.do("timer_update", {"op": "pause"})
    for person in (match.host, match.anna, match.marek):
        person.hang_up()
    house.wait(IDLE_MS / 1000 + 1)
    result(house.registry.sweep())
    assert house.registry.rooms == {}
    back = house.person()
    assert back.connect(match.id)["data"]["state"]["players"][0]["name"] == "Anna"
    assert match.id in house.registry.rooms
    assert result(house.registry.room("nowhere")) is None
    assert result(house.registry.room("venue")) is None


def test_two_who_come_at_once_find_one_room(path: str) -> None:
    house = House(path)
    match = Match(house)
    del house.registry.rooms[match.id]
    reads: list[Deferred[Any]] = []
    read = house.store.read

    def slow(game_id: str, since: int = 0) -> Deferred[Any]:
        done: Deferred[Any] = Deferred()
        done.addCallback(lambda _: read(game_id, since))
        reads.append(done)
        return done

    house.store.read = slow
    found = [Deferred.fromCoroutine(house.registry.room(match.id)) for _ in range(2)]
    for done in reads:
        done.callback(None)
    one, two = (result(done) for done in found)
    assert one is two is house.room(match.id)


def test_a_room_is_kept_while_it_is_needed() -> None:
    house = House()
    watched, running, waiting, asked_for = (Match(house) for _ in range(4))
    for match in (watched, waiting, asked_for):
        match.host.do("timer_update", {"op": "pause"})
    for match in (running, waiting, asked_for):
        for person in (match.host, match.anna, match.marek):
            person.hang_up()
    house.wait(IDLE_MS / 1000 + 1)
    house.store.hold()
    house.registry.commits.pulse()
    waiting.house.submit(waiting.id, c.Expire())
    result(house.registry.room(asked_for.id))
    result(house.registry.sweep())
    assert set(house.registry.rooms) == {watched.id, running.id, waiting.id, asked_for.id}
    house.store.release()
    house.wait(IDLE_MS / 1000 + 1)
    result(house.registry.sweep())
    assert set(house.registry.rooms) == {watched.id, running.id}


def test_the_sweep_opens_what_is_due_and_forgets_old_answers() -> None:
    house = House(limits=FREELY)
    host = house.person()
    game_id = host.create()["game_id"]
    host.hang_up()
    house.wait(IDLE_MS / 1000 + 1)
    result(house.registry.sweep())
    assert house.registry.rooms == {}
    house.wait(3_600)
    result(house.registry.sweep())
    house.wait(0)
    assert house.room(game_id).game.status == "void"
    forgotten: list[int] = []

    def forget() -> Deferred[int]:
        forgotten.append(1)
        return house.inner.forget()

    house.store.forget = forget
    result(house.registry.sweep())
    house.wait(FORGET_EVERY_MS / 1000)
    result(house.registry.sweep())
    assert forgotten == [1]


def test_answers_are_forgotten_after_a_week() -> None:
    house = House(limits=attrs.evolve(FREELY, token_idle_hours=0, token_absolute_hours=0))
    match = Match(house, begun=False)
    match.host.say("setup", {"op": "skip", "first_player": 1}, id_="skipped-1")
    assert match.host.code("setup", {"op": "swap"}, id_="skipped-1") == "id_reused"
    house.wait(7 * 86_400)
    result(house.registry.sweep())
    assert match.host.code("setup", {"op": "swap"}, id_="skipped-1") == "not_now"


# ------------------------------------------------------------------------------ alarms


def test_a_flag_falls_once_and_at_its_instant() -> None:
    house = House()
    match = Match(house, **CHESS)
    falls = match.room.game.clock.flag_at()
    assert falls is not None
    match.anna.take()
    house.wait(300)
    house.wait(1.9)
    assert facts(house, match.id, Flagged) == [], "the grace is not over"
    house.wait(0.2)
    house.wait(600)
    assert len(facts(house, match.id, Flagged)) == 1
    assert match.room.game.status == "ended"
    assert match.room.game.clock.flagged == (falls, None)
    assert [m["type"] for m in match.anna.take()].count("timer_update") == 1


def test_a_proposal_lapses_once() -> None:
    house = House()
    match = Match(house)
    match.anna.do("propose", {"kind": "draw", "expires_ms": 5_000})
    match.marek.do("propose", {"kind": "pause", "expires_ms": 10_000})
    house.wait(4.9)
    assert len(match.room.game.proposals) == 2
    house.wait(0.2)
    assert [p.kind for p in match.room.game.proposals] == ["pause"]
    house.wait(60)
    assert match.room.game.proposals == ()
    assert len(facts(house, match.id, Lapsed)) == 2


def test_an_alarm_far_off_is_looked_at_again_on_the_way() -> None:
    house = House()
    match = Match(house, options={"clock": "down-90"})
    assert match.room.deadline is not None
    assert match.room.deadline - house.now() > ALARM_MAX_MS
    house.wait(90 * 60 + 1)
    assert facts(house, match.id, Flagged) == []
    house.wait(2)
    assert len(facts(house, match.id, Flagged)) == 1


def test_an_alarm_that_the_disk_refused_rings_again() -> None:
    house = House()
    match = Match(house, **CHESS)
    house.store.commit_fails = [Unavailable("full")]
    house.store.pulse_fails = [Unavailable("full")] * 2
    house.wait(302.5)
    assert facts(house, match.id, Flagged) == []
    assert match.room.game.status == "playing"
    house.registry.commits.pulse()
    house.wait(1)
    house.registry.commits.pulse()
    house.wait(1)
    # The store takes nothing: whose time it is will be seen when it does.
    assert match.room.game.status == "playing"
    house.registry.commits.pulse()
    assert house.live()


def test_no_flag_falls_in_time_that_may_turn_out_nobody_s() -> None:
    house = House()
    match = Match(house, **CHESS)
    house.wait(295)
    house.registry.commits.pulse()
    house.store.hold()
    match.anna.say("score_update", SCORE)
    for _ in range(40):
        house.wait(1)
    house.store.release()
    assert match.room.game.status == "playing"
    assert match.shown(1) == 5_000
    match.host.do("timer_update", {"op": "resume"})
    house.wait(8)
    assert match.room.game.status == "ended"


def test_no_alarm_is_left_after_the_end() -> None:
    house = House()
    match = Match(house, **CHESS)
    house.registry.close()
    match.anna.do("score_update", SCORE)
    left = [repr(call) for call in house.reactor.getDelayedCalls()]
    assert [call for call in left if "_ring" in call] == []


def test_an_alarm_of_a_room_put_away_does_nothing() -> None:
    house = House()
    match = Match(house, **CHESS)
    room = house.registry.rooms.pop(match.id)
    house.registry._ring(room)
    house.wait(400)
    assert match.room if match.id in house.registry.rooms else True
    assert room.game.status == "playing"


def test_what_tables_should_follow_may_break_and_the_venue_goes_on() -> None:
    house = House(limits=FREELY)
    boss, match, _ = hall(house)
    for person in (match.host, match.anna, match.marek):
        person.hang_up()
    house.registry._put_away(match.room)
    house.store.read_fails = [RuntimeError("no")]
    with failures() as found:
        assert boss.code("round_clock", {"op": "pause"}) == "ok", "it is done, and durable"
    assert len(found) == 1
    result(house.registry.room(match.id))
    assert match.room.game.clock.running


# ---------------------------------------------------------------------------- restarts


@pytest.mark.parametrize(
    ("seconds", "what", "long", "gap"),
    [
        (5, "nothing", False, 5_000),
        (15, "nothing", False, 15_000),
        (16, "nothing", True, 16_000),
        (5, "reboot", True, 5_000),
        (5, "unknown", True, None),
        (90_000, "nothing", True, None),
    ],
)
def test_the_time_of_a_restart_is_nobody_s(
    path: str, seconds: float, what: str, long: bool, gap: Millis | None
) -> None:
    house = House(path)
    match, paused, ready = Match(house), Match(house), Match(house, begun=False)
    ready.host.do("setup", {"op": "skip", "first_player": 1})
    house.wait(10)
    paused.host.do("timer_update", {"op": "pause"})
    house.wait(10)
    match.anna.do("turn_change")
    house.wait(7)
    match.marek.do("score_update", {**SCORE, "player": 2})
    last = house.now()
    house.crash()
    if what == "reboot":
        house.clocks.reboot()
    if what == "unknown":
        house.clocks.reboot(-10_000_000)
    house.reactor.advance(seconds)
    lasting = Limits(token_idle_hours=0)
    again = House(path, reactor=house.reactor, clocks=house.clocks, limits=lasting)
    # Before anybody is served.
    game = again.room(match.id).game
    accounts = game.clock.accounts(again.now())
    (fact,) = facts(again, match.id, DownTime)
    assert (fact.last_alive, fact.gap_ms, fact.long) == (last, gap, long)
    assert accounts.p1_ms == 20_000
    assert accounts.p2_ms == 7_000
    assert accounts.down_ms == again.now() - last
    assert accounts.total_ms == again.now() - game.clock.started_at
    assert ("server" in game.clock.paused) is long
    assert len(facts(again, paused.id, DownTime)) == 1
    assert facts(again, ready.id, DownTime) == []
    assert again.store.log == [("commit", (match.id, paused.id))] or again.store.log == [
        ("commit", tuple(sorted((match.id, paused.id))))
    ]
    again.wait(3)
    mine = Person(again)
    mine.token = match.marek.token
    back = mine.connect(match.id)
    assert back["data"]["rights"] == ["player:2"]
    # An hour later, killed once more, there is one more gap.
    third = after(again, 5, path)
    assert len(facts(third, match.id, DownTime)) == 2


def test_a_start_that_dies_before_its_first_commit_finds_the_same_gap_again(path: str) -> None:
    house = House(path)
    match = Match(house)
    house.wait(10)
    match.anna.do("score_update", SCORE)
    last = house.now()
    house.crash()
    house.reactor.advance(30)
    failed = House(path, reactor=house.reactor, clocks=house.clocks, opened=False)
    failed.store.commit_fails = [Unavailable("full")]
    with pytest.raises(Unavailable, match="full"):
        result(failed.registry.open())
    failed.crash()
    failed.reactor.advance(30)
    again = House(path, reactor=house.reactor, clocks=house.clocks)
    (fact,) = facts(again, match.id, DownTime)
    assert (fact.last_alive, fact.gap_ms) == (last, 60_000)


def test_more_games_than_a_page_are_all_there(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamesync.registry.PAGE", 2)
    house = House(path)
    matches = [Match(house) for _ in range(5)]
    matches[0].host.do("game_end", {"op": "abandon"})
    again = after(house, 1, path)
    assert set(again.registry.rooms) == {match.id for match in matches[1:]}
    assert len(again.registry.maker.made_by) == 4


def test_answers_outlive_a_restart(path: str) -> None:
    """Accepted, refused and without effect: the same id has the same answer."""
    house = House(path)
    match = Match(house)
    asked = [
        ("score_update", SCORE, "accepted-1"),
        ("score_update", {**SCORE, "player": 2}, "refused--1"),
        ("timer_update", {"op": "start"}, "already--1"),
    ]
    first = [match.anna.ask(type_, data, None, id_) for type_, data, id_ in asked]
    assert [a["type"] for a in first] == ["ack", "error", "ack"]
    assert first[2]["data"]["already"] is True
    again = after(house, 1, path)
    version = again.room(match.id).version
    mine = Person(again)
    mine.token = match.anna.token
    mine.connect(match.id)
    for (type_, data, id_), answer in zip(asked, first, strict=True):
        repeated = mine.ask(type_, data, None, id_)
        assert (repeated["data"], repeated["version"]) == (answer["data"], answer["version"])
    reused = mine.ask("score_update", {**SCORE, "delta": 2}, None, "accepted-1")
    assert reused["data"]["code"] == "id_reused"
    assert again.room(match.id).version == version
    other = Person(again)
    other.token = match.marek.token
    other.connect(match.id)
    assert other.code("score_update", {**SCORE, "player": 2}, None, "accepted-1") == "ok", (
        "an id is a device's own"
    )


def test_the_venue_is_there_after_a_restart(path: str) -> None:
    house = House(path)
    boss = house.person()
    boss.connect("venue", key=house.official())
    boss.do("table", {"op": "add", "name": "7"})
    boss.do("round_clock", {"op": "start", "length_ms": 60_000})
    again = after(house, 5, path)
    venue = again.registry.venue.venue
    assert [t.name for t in venue.tables.values()] == ["7"]
    assert venue.gaps[-1].gap_ms == 5_000
    assert venue.round_clock is not None
    assert venue.round_clock.ends_at == again.now() + 60_000, "the 5 s were nobody's"
    again.wait(60)
    assert again.registry.venue.venue.round_clock is not None
    assert again.registry.venue.venue.round_clock.over


def test_a_resume_after_a_restart_is_whole_and_says_so(path: str) -> None:
    house = House(path)
    match = Match(house)
    assert house.boot is not None
    newest = {"epoch": house.boot.epoch, "version": match.version}
    older = {"epoch": house.boot.epoch, "version": match.version - 1}
    again = after(house, 1, path)
    assert again.boot is not None
    assert again.boot.epoch == house.boot.epoch
    back = Person(again)
    assert back.connect(match.id, resume=newest)["data"]["recovered"] is True
    assert [m["data"]["facts"][0]["fact"] for m in back.of("timer_update")] == ["down_time"]
    joined = Person(again).connect(match.id, resume=older)
    assert joined["data"]["recovered"] is False
    assert joined["version"] == match.version + 1
    assert joined["data"]["state"]["gaps"]


# ------------------------------------------------------ when the process itself stood still


def watched(house: House) -> Match:
    match = Match(house)
    house.registry.watch_time()
    house.wait(10)
    match.anna.do("score_update", SCORE)
    return match


def test_a_stopped_process_charges_nobody() -> None:
    house = House()
    match = watched(house)
    house.reactor.rightNow += 30  # SIGSTOP and SIGCONT: no timer rang meanwhile
    match.anna.take()
    assert match.anna.code("turn_change") == "ok"
    (fact,) = facts(house, match.id, DownTime)
    assert (fact.gap_ms, fact.long) == (30_000, True)
    assert match.room.game.clock.accounts(house.now()).p1_ms == 10_000
    assert [m["type"] for m in match.anna.take()] == ["timer_update", "turn_change", "ack"]
    house.registry.look_back()
    assert len(facts(house, match.id, DownTime)) == 1, "once"


def test_a_flag_does_not_fall_in_a_stopped_process() -> None:
    house = House()
    match = Match(house, **CHESS)
    house.wait(280)
    house.registry.watch_time()
    match.anna.do("score_update", SCORE)
    house.reactor.rightNow += 60
    house.wait(0)  # all that was due rings first
    assert match.room.game.status == "playing"
    assert match.shown(1) == 20_000


def test_a_short_stop_is_played_time() -> None:
    house = House()
    match = watched(house)
    house.reactor.rightNow += 15
    match.anna.do("score_update", SCORE)
    assert facts(house, match.id, DownTime) == []
    house.registry.watch_time(False)
    house.reactor.rightNow += 60
    match.anna.do("score_update", SCORE)
    assert facts(house, match.id, DownTime) == []


def test_a_box_that_slept_pauses_its_games() -> None:
    house = House()
    match = watched(house)
    before = match.room.game.clock.accounts(house.now())
    house.clocks.sleep(3_600_000)
    house.registry.look_back()
    (fact,) = facts(house, match.id, DownTime)
    assert (fact.gap_ms, fact.long) == (3_600_000, True)
    assert "server" in match.room.game.clock.paused
    assert match.room.game.clock.accounts(house.now()) == before, "game time stood still"
    house.registry.look_back()
    assert len(facts(house, match.id, DownTime)) == 1


def test_two_sleeps_before_the_disk_is_back_are_one_gap() -> None:
    house = House()
    match = watched(house)
    house.store.hold()
    house.clocks.sleep(60_000)
    house.registry.look_back()
    house.clocks.sleep(60_000)
    house.registry.look_back()
    house.store.release()
    assert facts(house, match.id, DownTime)[-1].gap_ms == 120_000


def test_a_lost_link_pauses_as_of_when_somebody_was_heard() -> None:
    house = House()
    match = Match(house)
    house.wait(20)
    room = match.room
    assert room.silent_since(house.now()) is None, "45 s for those who declared nothing"
    for person in (match.host, match.anna):
        person.hang_up()
    match.marek.connect(match.id, heartbeat_ms=5_000)
    heard = house.now()
    watcher = match.watcher()
    house.wait(14.9)
    watcher.ask("heartbeat")
    assert room.silent_since(house.now()) is None
    house.wait(0.1)
    assert room.silent_since(house.now()) == heard, "who only watches does not count"
    house.registry.link_lost(room, heard)
    assert room.game.clock.paused == ("link",)
    assert room.game.clock.accounts(house.now()).p1_ms == 20_000
    assert room.silent_since(house.now()) is None, "no clock runs"
    match.marek.do("timer_update", {"op": "resume"})
    match.marek.hang_up()
    house.wait(15)
    assert room.silent_since(house.now()) == heard + 15_000, "he was heard, then gone"


# ------------------------------------------------------------------------- making games


def test_a_game_is_made_once_however_often_it_is_asked_for(path: str) -> None:
    house = House(path)
    host = house.person()
    data = {"player1_name": "Anna", "player2_name": "Marek"}
    first = host.do("game_create", data, None, "create-01")
    again = host.do("game_create", data, None, "create-01")
    assert again["game_id"] == first["game_id"]
    assert again["data"]["detail"]["places"] == first["data"]["detail"]["places"]
    assert host.code("game_create", {"player1_name": "Else"}, None, "create-01") == "id_reused"
    host.token = first["data"]["detail"]["token"]
    back = after(house, 1, path).person()
    back.connect(token=host.token)
    assert back.do("game_create", data, None, "create-01")["game_id"] == first["game_id"]
    assert back.session.hub.registry.maker.made_by.keys() == {first["game_id"]}


def test_a_game_that_could_not_be_kept_is_made_at_the_next_try() -> None:
    house = House()
    host = house.person()
    house.store.commit_fails = [Unavailable("full")]
    assert host.code("game_create", {}, None, "create-01") == "storage"
    assert house.registry.rooms == {}
    assert house.registry.maker.made_by == {}
    assert host.code("game_create", {}, None, "create-01") == "ok"
    house.store.made_fails = [Unavailable("full")]
    assert host.code("game_create", {}, None, "create-02") == "storage"
    made = host.do("game_create", {}, None, "create-02")
    assert made["version"] == 1
    assert len(house.registry.rooms) == 2


def test_two_that_make_the_same_game_at_once() -> None:
    house = House(limits=FREELY)
    one = house.person()
    one.token = one.session.token
    for _ in range(2):
        one.do("game_create", {})
    two = house.person()
    two.connect(token=one.token)
    house.store.hold()
    for person in (one, two):
        person.say("game_create", {}, None, "create-01")
    house.store.release()
    first, second = one.answers("create-01")[0], two.answers("create-01")[0]
    assert first["type"] == second["type"] == "ack"
    assert first["game_id"] == second["game_id"]
    assert house.room(first["game_id"]).version == 1


def test_what_there_is_not_cannot_be_played() -> None:
    house = House(limits=FREELY)
    host = house.person()
    told: dict[str, list[dict[str, Any]]] = {
        "not_found": [{"ruleset": "no-such-rules"}, {"rematch_of": "no-such-game"}],
        "bad_value": [{"options": {"clock": {"mode": "up", "increment_ms": 5}}}],
    }
    for code, wrong in told.items():
        for data in wrong:
            answer = host.ask("game_create", data)["data"]
            assert answer["code"] == code, answer
            assert answer["field"].startswith("data."), answer
    assert house.registry.maker.made_by == {}
    assert house.registry.rooms == {}


def test_factions_come_with_the_names() -> None:
    house = House()
    host = house.person()
    made = host.create(player1_faction=" Orks ", player2_faction="Necrons")
    players = house.room(made["game_id"]).game.players
    assert [p.faction for p in players] == ["Orks", "Necrons"]


def test_officials_leave_the_hosts_place_to_the_table() -> None:
    house = House(limits=FREELY)
    boss = house.person()
    boss.connect("venue", key=house.official())
    made = boss.do("game_create", {"host": False})
    room = house.room(made["game_id"])
    assert room.game.devices == ()
    assert boss.connect(room.id)["data"]["rights"] == ["organiser"]
    answer = house.person().ask("game_create", {"host": False})["data"]
    assert (answer["code"], answer["field"]) == ("not_yours", "data.host")


def test_a_rematch() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    assert house.person().code("game_create", {"rematch_of": match.id}) == "not_yours"
    made = match.anna.do("game_create", {"rematch_of": match.id, "swap": True})
    game = house.room(made["game_id"]).game
    assert [p.name for p in game.players] == ["Marek", "Anna"]
    assert game.rematch_of == match.id
    assert match.room.game.settings["next_game"] == made["game_id"]
    made = match.anna.do("game_create", {"rematch_of": match.id})
    assert house.room(made["game_id"]).game.players[0].name == "Anna"


def test_the_players_devices_sit_down_at_a_rematch_and_are_told_of_it() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.marek.take()
    made = match.host.do("game_create", {"rematch_of": match.id, "swap": True}, id_="again-0001")
    (told,) = match.marek.of("settings_update")
    assert told["data"]["state"]["settings"]["next_game"] == made["game_id"]
    assert match.marek.connect(made["game_id"])["data"]["rights"] == ["player:1"]
    assert match.anna.connect(made["game_id"])["data"]["rights"] == ["player:2"]
    version = match.room.version
    again = match.host.do("game_create", {"rematch_of": match.id, "swap": True}, id_="again-0001")
    assert again["game_id"] == made["game_id"]
    assert match.room.version == version, "it is said once"


def test_a_game_without_an_id_is_another_each_time() -> None:
    house = House()
    host = house.person()
    made = set()
    for _ in range(2):
        host.say("game_create", {}, None, "-")
        made.add(host.take()[-1]["game_id"])
    assert len(made) == 2


# --------------------------------------------------------------------- the round clock


def hall(house: House, **event: Any) -> tuple[Person, Match, str]:
    """An organiser, and a match on the table of an event's round that is on."""
    boss = house.person()
    boss.connect("venue", key=house.official())
    match = Match(house)
    table = boss.do("table", {"op": "add", "name": "7"})["data"]["detail"]["table"]
    made = boss.do("event", {"op": "add", "name": "Cup", **event})["data"]["detail"]["event"]
    people = [
        boss.do("event", {"op": "add_participant", "event": made, "name": name})["data"]["detail"][
            "participant"
        ]
        for name in ("Li", "Mo")
    ]
    pairing = {"p1": people[0], "p2": people[1], "table": table, "game": match.id}
    boss.do("event", {"op": "pair_round", "event": made, "round": 1, "pairings": [pairing]})
    boss.do("event", {"op": "start_round", "event": made, "round": 1, "length_ms": 60_000})
    return boss, match, made


def test_a_round_clock_stops_its_tables() -> None:
    house = House(limits=FREELY)
    boss, match, _ = hall(house)
    pause = boss.do("round_clock", {"op": "pause"}, None, "pause-001")
    assert match.room.game.clock.paused == ("round",)
    boss.do("round_clock", {"op": "resume"})
    assert match.room.game.clock.paused == ()
    again = boss.do("round_clock", {"op": "pause"}, None, "pause-001")
    assert (again["data"], again["version"]) == (pause["data"], pause["version"])
    assert match.room.game.clock.paused == (), "an old answer asked again stops nothing"
    boss.do("round_clock", {"op": "pause"})
    boss.do("round_clock", {"op": "stop"})
    assert match.room.game.clock.paused == ()
    assert boss.code("round_clock", {"op": "pause"}) == "not_now"


def test_resume_all_after_a_power_cut(path: str) -> None:
    house = House(path, limits=FREELY)
    boss, match, event = hall(house)
    token = boss.session.token
    house.crash()
    house.clocks.reboot(60_000)
    again = House(path, reactor=house.reactor, clocks=house.clocks, limits=FREELY)
    assert again.room(match.id).game.clock.paused == ("server",)
    boss = again.person()
    boss.connect("venue", token=token)
    boss.do("round_clock", {"op": "resume_all", "event": event})
    assert again.room(match.id).game.clock.running
    assert again.registry.venue.venue.round_clock is not None
    assert again.registry.venue.venue.round_clock.running


class Dying(Registry):
    """Its server dies between what the venue decides and what the tables do about it."""

    async def venue_followed(self, asked: Asked, outcome: Outcome) -> None:
        """Nothing of it."""


def dies_over(house: House, boss: Person, *orders: dict[str, Any]) -> House:
    """The last order reaches no table; the server is killed, and started again after 5 s."""
    house.wait(1)
    for order in orders[:-1]:
        boss.do("round_clock", order)
        house.wait(1)
    house.registry.__class__ = Dying
    boss.do("round_clock", orders[-1])
    return after(house, 5, house.inner.path, limits=FREELY)


PAUSE, RESUME, STOP = {"op": "pause"}, {"op": "resume"}, {"op": "stop"}


def test_a_pause_that_the_server_died_over_reaches_its_tables(path: str) -> None:
    house = House(path, limits=FREELY)
    boss, match, _ = hall(house)
    again = dies_over(house, boss, PAUSE)
    assert again.room(match.id).game.clock.paused == ("round",)
    version = again.room(match.id).version
    last = after(again, 5, path)
    assert last.room(match.id).game.clock.paused == ("round",)
    assert last.room(match.id).version == version + 1, "the down time, and nothing twice"


@pytest.mark.parametrize("order", [RESUME, STOP, {"op": "resume_all"}])
def test_so_does_the_end_of_a_pause(path: str, order: dict[str, Any]) -> None:
    house = House(path, limits=FREELY)
    boss, match, _ = hall(house)
    again = dies_over(house, boss, PAUSE, order)
    assert again.room(match.id).game.clock.paused == ()


def test_after_a_long_time_off_tables_wait_for_people_all_the_same(path: str) -> None:
    house = House(path, limits=FREELY)
    boss, match, _ = hall(house)
    house.wait(1)
    boss.do("round_clock", PAUSE)
    house.wait(1)
    house.registry.__class__ = Dying
    boss.do("round_clock", {"op": "resume_all"})
    house.clocks.reboot(60_000)
    again = after(house, 1, path)
    assert again.room(match.id).game.clock.paused == ("server",)


def test_the_end_of_a_round_that_the_server_died_over(path: str) -> None:
    house = House(path, limits=FREELY)
    _, match, _ = hall(house, round_end="no_new_turn")
    house.registry.__class__ = Dying
    house.wait(61)
    assert match.room.game.settings.get("no_new_turn") is None
    again = after(house, 5, path)
    assert again.room(match.id).game.settings.get("no_new_turn") is True


def test_what_people_did_after_the_order_stands(path: str) -> None:
    house = House(path, limits=FREELY)
    boss, match, _ = hall(house)
    house.wait(1)
    boss.do("round_clock", PAUSE)
    boss.connect(match.id)
    boss.do("timer_update", {"op": "resume", "why": "round"}, match.id)
    house.wait(1)
    late = Match(house)
    table = boss.do("table", {"op": "add", "name": "8"})["data"]["detail"]["table"]
    boss.do("assign", {"op": "game", "table": table, "game": late.id, "reason": "late"})
    assert late.room.game.clock.running
    again = after(house, 5, path)
    assert again.room(match.id).game.clock.running
    assert again.room(late.id).game.clock.running, "it began after the pause"


@pytest.mark.parametrize(
    ("round_end", "paused", "key"),
    [("announce", (), None), ("pause", ("round",), None), ("no_new_turn", (), True)],
)
def test_the_end_of_a_round(round_end: str, paused: tuple[str, ...], key: bool | None) -> None:
    house = House(limits=FREELY)
    _, match, _ = hall(house, round_end=round_end)
    house.wait(61)
    clock = house.registry.venue.venue.round_clock
    assert clock is not None
    assert clock.over
    assert match.room.game.clock.paused == paused
    assert match.room.game.settings.get("no_new_turn") is key
    version = house.registry.venue.version
    house.wait(60)
    assert house.registry.venue.version == version, "once"


def test_an_announcement_lapses() -> None:
    house = House()
    boss = house.person()
    boss.connect("venue", key=house.official())
    boss.do("announce", {"op": "add", "text": "Lunch", "minutes": 1})
    house.wait(59)
    assert house.registry.venue.venue.announcements
    house.wait(2)
    assert not house.registry.venue.venue.announcements


def test_a_game_that_has_begun_is_not_assigned_by_its_table() -> None:
    house = House(limits=FREELY)
    _, match, _ = hall(house)
    assert house.registry._begun() == {match.id}
    match.host.do("game_end", {"op": "abandon"})
    assert house.registry._begun() == frozenset()


def test_a_command_of_the_server_s_own_has_its_answer() -> None:
    house = House()
    match = Match(house)
    outcome: Outcome = result(house.registry.serve(match.room, c.Expire()))
    assert (outcome.code, outcome.version) == ("ack", match.version)
