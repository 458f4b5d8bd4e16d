"""One room and its watchers: what each is told, what can be had again, who is let go."""

from __future__ import annotations

from typing import Any, Literal

import attrs
import pytest

from gamesync import room as rooms
from gamesync.access import Secrets
from gamesync.asking import Around, Asked
from gamesync.domain import commands as c
from gamesync.domain.events import By
from gamesync.domain.values import Millis
from gamesync.domain.view import Audience
from gamesync.game_room import GameRoom
from gamesync.room import FRAMES_KEPT
from gamesync.store import Saved
from gamesync.venue_room import VenueRoom
from gamesync.wire.errors import ErrorCode

from .house import KEY, House, Match, result
from .server.kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


@attrs.define(eq=False, slots=False)
class Eye:
    """A watcher that keeps what it is told, and breaks if it is to."""

    room: Any
    device: str = "eye"
    seated: bool = False
    heard_ms: Millis = 0
    patience_ms: Millis = 15_000
    link: Literal["live", "lost"] = "live"
    breaks: bool = False
    told: list[Any] = attrs.field(factory=list)

    @property
    def audience(self) -> Audience:
        found: Audience = self.room.audience(self.device)
        return found

    def tell(self, version: int | None, frame: bytes) -> None:
        if self.breaks:
            raise RuntimeError("no")
        self.told.append(version)

    def resync(self) -> None:
        self.told.append("resync")

    def removed(self) -> None:
        self.told.append("removed")

    def failed(self, request: str) -> None:
        self.told.append("failed")


# --------------------------------------------------------------------------- watchers


def test_one_watcher_s_trouble_is_his_own() -> None:
    match = Match(House())
    bad, good = Eye(match.room, breaks=True), Eye(match.room)
    for eye in (bad, good):
        match.room.watch(eye)
    with failures() as found:
        assert match.anna.code("score_update", SCORE) == "ok"
        assert match.anna.code("score_update", SCORE) == "ok"
    assert len(found) == 1, "it is told nothing more"
    assert bad.told == ["failed"]
    assert good.told == [match.version - 1, match.version]
    assert bad not in match.room.watchers


def test_a_session_that_could_not_be_told_is_closed_with_1011(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    match = Match(House())
    watcher = match.watcher()
    with failures():
        membership = watcher.session.games[match.id]
        monkeypatch.setattr(membership, "tell", lambda *_: 1 / 0)
        match.anna.do("score_update", SCORE)
    assert watcher.line.gone is not None
    assert watcher.line.gone[0] == 1011
    assert match.marek.versions(match.id)[-1] == match.version


def test_who_leaves_while_all_are_told_disturbs_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(House())
    one, two = Eye(match.room), Eye(match.room)

    def leaves(version: int | None, frame: bytes) -> None:
        match.room.leave(one)
        match.room.leave(two)

    monkeypatch.setattr(one, "tell", leaves)
    match.room.watch(one)
    match.room.watch(two)
    match.anna.do("score_update", SCORE)
    assert one not in match.room.watchers
    match.room.leave(one)  # twice is once


def test_what_cannot_be_told_as_a_change_is_told_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(House())
    watcher = match.watcher()
    watcher.take()
    monkeypatch.setattr("gamesync.deciding.render", lambda *_: 1 / 0)
    with failures() as found:
        assert match.anna.code("score_update", SCORE) == "ok"
    assert len(found) == 1
    (state,) = watcher.take()
    assert (state["type"], state["version"]) == ("game_state", match.version)
    assert match.room.missed(match.version - 1, "public") is None


# ----------------------------------------------------------------------------- resuming


def test_what_was_missed_is_sent_as_it_happened_or_not_at_all() -> None:
    house = House()
    match = Match(house)
    since = match.version
    for _ in range(3):
        match.host.do("score_update", SCORE)
    room = match.room
    assert room.missed(match.version, "public") == []
    frames = room.missed(since, "match")
    assert frames is not None
    assert len(frames) == 3
    assert room.missed(match.version + 1, "match") is None, "that has not happened"
    result(house.submit(match.id, c.Undo(), by=By(role="host", device=match.host.device)))
    for n in range(FRAMES_KEPT):
        step = c.ScoreUpdate(**{**SCORE, "delta": -1 if n % 2 else 1})
        assert result(house.submit(match.id, step, by=By(role="judge", device="j"))).code == "ack"
    assert room.missed(since, "match") is None, "too long ago"
    assert len(room.missed(match.version - FRAMES_KEPT, "match") or ()) == FRAMES_KEPT


def test_a_device_that_comes_back_gets_just_what_it_missed() -> None:
    house = House()
    match = Match(house)
    assert house.boot is not None
    seen = match.marek.versions(match.id)
    back = match.marek.again()
    for _ in range(3):
        match.host.do("score_update", SCORE)
    resume = {"epoch": house.boot.epoch, "version": seen[-1]}
    joined = back.connect(match.id, resume=resume)
    assert joined["data"]["recovered"] is True
    assert "state" not in joined["data"]
    assert back.versions(match.id) == [seen[-1] + 1, seen[-1] + 2, seen[-1] + 3]
    match.host.do("score_update", SCORE)
    assert back.versions(match.id)[-1] == match.version
    other = {**resume, "epoch": "another-history"}
    whole = match.marek.again().connect(match.id, resume=other)
    assert whole["data"]["recovered"] is False
    assert whole["data"]["state"]["status"] == "playing"
    none = match.watcher()
    assert "recovered" not in none.heard[-1]["data"]


def test_who_has_just_taken_a_place_gets_the_whole_state() -> None:
    """What it has was seen with other eyes."""
    house = House()
    match = Match(house)
    assert house.boot is not None
    resume = {"epoch": house.boot.epoch, "version": match.version}
    phone = house.person()
    joined = phone.connect(match.id, key=match.places["player:1"]["key"], resume=resume)
    assert joined["data"]["recovered"] is False
    assert joined["data"]["state"]["devices"]


# ---------------------------------------------------------- the public, while it is disputed


def test_a_disputed_sheet_is_frozen_for_the_public_and_numbered_without_holes() -> None:
    match = Match(House())
    watcher = match.watcher()
    match.host.do("score_update", SCORE)
    match.anna.do("dispute", {"op": "open", "text": "That was two."})
    match.marek.take()
    watcher.take()
    change = {**SCORE, "delta": 4, "correct": True, "reason": "two secondaries"}
    match.host.do("score_update", change)
    bare = watcher.take()[-1]
    told = match.marek.take()[-1]
    assert told["data"]["state"]["scores"]["players"][0]["score"] == 5
    assert told["data"]["reason"] == "two secondaries"
    assert bare["version"] == told["version"]
    assert bare["data"]["facts"] == []
    assert bare["data"]["state"] == {}
    assert "reason" not in bare["data"]
    state = watcher.ask("game_state")["data"]["state"]
    assert state["scores"]["players"][0]["score"] == 1
    assert state["scores"]["frozen"] is True
    assert state["devices"] == []
    match.host.do("dispute", {"op": "close", "note": "it was"})
    assert watcher.take()[-1]["data"]["state"]["scores"]["players"][0]["score"] == 5
    versions = watcher.versions(match.id)
    assert versions == list(range(versions[0], match.version + 1))
    rest = match.house.registry.rooms[match.id].public
    assert rest.scores.players[0].score == 5


def test_who_becomes_an_official_while_he_watches_sees_all_of_it() -> None:
    """With other eyes, a change is not enough."""
    house = House()
    match = Match(house)
    tom = match.watcher()
    match.anna.do("dispute", {"op": "open", "text": "No."})
    match.host.do("score_update", SCORE)
    tom.connect(key=house.official("judge", "Tom"))
    tom.take()
    match.host.do("score_update", SCORE)
    match.host.do("score_update", SCORE)
    state, change = tom.take()
    assert state["type"] == "game_state"
    assert state["data"]["state"]["scores"]["players"][0]["score"] == 2
    assert (change["type"], change["version"]) == ("score_update", state["version"] + 1)


def test_many_changes_at_once_after_the_eyes_have_changed() -> None:
    house = House()
    match = Match(house)
    tom = match.watcher()
    tom.connect(key=house.official("judge", "Tom"))
    tom.take()
    house.registry.commits.hold()
    for person in (match.host, match.anna):
        person.say("score_update", SCORE)
    match.marek.say("judge_call", {"op": "call"})
    house.registry.commits.release()
    (state,) = tom.take()
    assert (state["type"], state["version"]) == ("game_state", match.version)
    match.host.do("score_update", SCORE)
    assert tom.versions(match.id)[-1] == match.version


# ------------------------------------------------------------------------------- answers


def test_no_more_answers_are_held_than_a_match_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "ANSWERS_AT_HAND", 3)
    match = Match(House())
    for n in range(5):
        match.anna.do("score_update", SCORE, id_=f"score-00{n}")
    assert len(match.room._answers) == 3
    assert match.anna.do("score_update", SCORE, id_="score-004")["version"] == match.version


def test_a_stranger_s_refusals_fill_no_disk() -> None:
    house = House()
    match = Match(house)
    watcher = match.watcher()
    house.store.log.clear()
    for _ in range(3):
        assert watcher.code("turn_change", id_="not-mine-1") == "not_yours"
    assert house.store.log == []
    assert match.marek.code("game_end", {"op": "abandon"}, id_="refused-1") == "not_yours"
    assert len(house.store.log) == 1, "a player's are kept"


def test_giving_up_answers_those_who_wait() -> None:
    house = House()
    room = house.registry.venue
    asked = [Asked(command=None, device="", now=1, type="x") for _ in range(3)]
    told: list[str] = []
    for each in asked:
        each.done.addCallback(lambda outcome: told.append(outcome.code))
        room.ask(each)
    room.give_up(ErrorCode.STORAGE, "no", waiting=False)
    assert told == []
    room.give_up(ErrorCode.STORAGE, "no")
    assert told == ["storage"] * 3
    room.put_back()  # nothing was decided: nothing is put back
    assert room.waiting == 0


# --------------------------------------------------------------------------- kinds of room


def around() -> Around:
    return Around(wall=lambda: "2026-11-22T18:00:00Z", dice=lambda: 0, secrets=Secrets(KEY))


def test_a_room_before_its_game_begins() -> None:
    house = House()
    room = GameRoom("nowhere", around(), house.registry.venue.held)
    assert not room.listed
    assert room.who("anybody").rights == ()
    house.registry.rooms[room.id] = room
    outcome = result(house.submit(room.id, c.Expire()))
    assert outcome.code == "not_found"
    assert room.stream is None
    assert room.idle
    room.load(Saved(version=1, state=b"{}", entries=(), answers=()))
    assert room.stream is None


def test_the_table_s_own_screen_pays_for_its_lag_and_phones_do_not() -> None:
    house = House()
    match = Match(house)
    house.wait(10)
    match.anna.say("heartbeat", {"rtt_ms": 800})
    match.host.say("heartbeat", {"rtt_ms": 800})
    match.anna.do("turn_change")
    assert match.room.game.clock.accounts(house.now()).p1_ms == 9_600
    match.host.do("turn_change")
    assert match.room.game.clock.free_ms == 400


def test_the_venue_s_room() -> None:
    house = House()
    venue = house.registry.venue
    assert venue.first(c.Create(facts=())) is None
    assert isinstance(venue, VenueRoom)
    assert venue.audience("anybody") == "public"
    key = house.official()
    person = house.person()
    person.connect("venue", key=key)
    assert venue.audience(person.device) == "match"
    assert venue.official(person.device) == ("organiser", "Olga")
    assert house.registry.venue.version == 2
    state = person.ask("game_state", {}, "venue")["data"]["state"]
    assert [o["name"] for o in state["officials"]] == ["Olga"]
    nobody = house.person()
    nobody.connect("venue")
    assert nobody.ask("game_state", {}, "venue")["data"]["state"]["officials"] == []
    assert person.code("game_state", {"round": 2}, "venue") == "not_yours"


def test_a_right_taken_away_in_the_same_group_is_gone() -> None:
    house = House()
    one, two = house.person(), house.person()
    one.connect("venue", key=house.official())
    two.connect("venue", key=house.official("organiser", "Otto"))
    otto = next(o for o in house.registry.venue.venue.officials.values() if o.name == "Otto")
    house.registry.commits.hold()
    one.say("official", {"op": "revoke", "official": otto.id})
    late = two.say("table", {"op": "add", "name": "2"})
    house.registry.commits.release()
    assert two.answers(late)[0]["data"]["code"] == "not_yours"
    assert two.line.gone is not None
    assert house.registry.venue.venue.tables == {}


def test_secrets_are_told_to_who_may_ask_and_kept_nowhere() -> None:
    house = House()
    boss, judge = house.person(), house.person()
    boss.connect("venue", key=house.official())
    judge.connect("venue", key=house.official("judge", "Tom"))

    def made(type_: str, data: Any, by: Any = boss, id_: str = "") -> Any:
        return by.do(type_, data, None, id_)["data"]["detail"]

    def opens(key: str) -> list[str]:
        rights: list[str] = house.person().connect(key=key)["data"]["rights"]
        return rights

    official = {"op": "new", "name": "Otto", "role": "organiser"}
    assert opens(made("official", official, id_="make-otto")["key"]) == ["organiser"]
    table = made("table", {"op": "add", "name": "1"})
    assert opens(table["key"]) == []
    assert len(house.registry.venue.venue.tables[table["table"]].devices) == 1
    unpair = {"op": "unpair", "table": table["table"]}
    assert "key" not in boss.do("table", unpair)["data"].get("detail", {})
    fresh = made("table", {**unpair, "renew": True})["key"]
    assert fresh != table["key"]
    assert house.person().code("connect", {"key": table["key"]}) == "bad_credentials"
    event = made("event", {"op": "add", "name": "Cup"})
    assert "key" not in event
    join = {"op": "add_participant", "event": event["event"], "name": "Li"}
    li = made("event", join, judge)
    assert opens(li["key"]) == []
    # Each of them can be shown again.
    tom = made("official", {"op": "invite", "official": "o2"})
    assert tom["official"] == "o2"
    assert (opens(tom["key"]), tom["link"]) == (["judge"], f"#v=official:o2&k={tom['key']}")
    again = made("table", {"op": "invite", "table": table["table"]}, judge)
    assert again == {
        "table": table["table"],
        "key": fresh,
        "link": f"#v=table:{table['table']}&k={fresh}",
        "code": again["code"],
    }
    assert again["code"] not in (fresh, table["code"])
    asked = {"op": "invite_participant", "event": event["event"], "participant": li["participant"]}
    link = f"#v=participant:{event['event']}:{li['participant']}&k={li['key']}"
    shown = {"participant": li["participant"], "key": li["key"], "link": link}
    assert made("event", asked, judge) == shown == li
    version = house.registry.venue.version
    made("event", asked, judge)
    assert house.registry.venue.version == version
    # Asked again by the same device, that is no organiser any more.
    me = next(o for o in house.registry.venue.venue.officials.values() if boss.device in o.devices)
    other = house.person()
    other.connect("venue", key=house.official("organiser", "Oda"))
    other.do("official", {"op": "revoke", "official": me.id})
    back = boss.again()
    back.connect("venue", key=house.official("judge", "Tim"))
    assert "key" not in made("official", official, back, "make-otto")
    kept = str([(a.body, a.id) for a in house.registry.venue._answers.values()])
    assert fresh not in kept


def test_many_eyes_are_remembered_and_not_for_ever() -> None:
    match = Match(House())
    for n in range(1_500):
        match.room.audience(f"device-{n}")
    assert len(match.room._eyes) < 1_002
