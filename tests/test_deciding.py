"""One round of deciding: order, answers, the right that is used, and faults."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.domain import commands as c
from gamesync.domain.events import By
from gamesync.domain.log import Match as Log

from .house import House, Match, result
from .server.kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def test_each_is_decided_on_what_the_one_before_would_make() -> None:
    house = House()
    match = Match(house)
    house.store.hold()
    match.marek.say("judge_call", {"op": "call"})
    first = match.anna.say("turn_change", {"turn": 1, "player": 1})
    second = match.host.say("turn_change", {"turn": 1, "player": 1})
    house.store.release()
    assert match.anna.answers(first)[0]["data"] == {}
    told = match.host.answers(second)[0]["data"]
    assert told["already"] is True
    assert told["detail"]["by"]["device"] == match.anna.device
    assert match.room.game.turn.ordinal == 2


def test_two_of_the_same_id_in_one_group() -> None:
    house = House()
    match = Match(house)
    by = By(role="player", device="anna", player=1)
    house.registry.commits.hold()
    asked: list[dict[str, Any]] = [
        {"command": c.ScoreUpdate(**SCORE), "id": "same-id-1", "digest": b"1"},
        {"command": c.ScoreUpdate(**SCORE), "id": "same-id-1", "digest": b"1"},
        {"command": c.ScoreUpdate(**SCORE), "id": "same-id-1", "digest": b"2"},
        {"command": c.Abandon(), "id": "refused-1", "digest": b"1", "by": None},
        {"command": c.Abandon(), "id": "refused-1", "digest": b"1", "by": None},
    ]
    device = match.anna.device
    done = [
        house.submit(match.id, each.pop("command"), **{"device": device, "by": by, **each})
        for each in asked
    ]
    before = match.version
    house.registry.commits.release()
    first, again, reused, refused, too = (result(each) for each in done)
    assert (first.code, first.version, first.again) == ("ack", before + 1, False)
    assert (again.code, again.version, again.body, again.again) == (
        "ack",
        first.version,
        first.body,
        True,
    )
    assert reused.code == "id_reused"
    assert refused.code == too.code == "not_yours"
    assert refused.body == too.body
    assert match.version == before + 1


def test_a_command_without_an_id_is_done_each_time() -> None:
    match = Match(House())
    before = match.version
    for _ in range(2):
        match.anna.say("score_update", SCORE, id_="-")
    assert match.version == before + 2
    assert [m["type"] for m in match.anna.take()][-1] == "ack"


def test_a_bug_in_the_rules_is_not_an_answer_that_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(House())
    monkeypatch.setattr(Log, "decide", lambda *_, **__: 1 / 0)
    with failures() as found:
        answer = match.anna.ask("score_update", SCORE, id_="unlucky-1")
    assert answer["data"]["code"] == "internal"
    assert answer["data"]["message"] == "the server's fault"
    assert list(answer["data"]["detail"]) == ["request"]
    assert len(found) == 1
    monkeypatch.undo()
    assert match.anna.code("score_update", SCORE, id_="unlucky-1") == "ok"


def test_what_cannot_be_answered_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    match = Match(House())
    before = match.version
    monkeypatch.setattr("gamesync.deciding.ack", lambda _: 1 / 0)
    with failures():
        assert match.anna.code("score_update", SCORE) == "internal"
    assert match.version == before


def test_the_least_of_several_rights_is_used_and_the_next_if_it_does_not_do() -> None:
    house = House()
    match = Match(house)
    both = match.anna
    both.connect(match.id, key=match.places["host"]["key"])
    assert match.room.who(both.device).rights == ("player:1", "host")
    both.do("score_update", SCORE)
    assert match.room.stream is not None
    assert match.room.stream.entries[-1].by.role == "player"
    version = both.do("score_update", {**SCORE, "player": 2})["version"]
    assert match.room.stream.entries[-1].by.role == "host"
    # As a player he would need consent to take back an older one; as the host he does not.
    both.do("score_update", SCORE)
    both.do("undo", {"version": version - 1})
    assert match.room.stream.entries[-1].by.role == "host"
    # What is wrong whoever asks is refused at once.
    answer = both.ask("score_update", {**SCORE, "category": "no-such"})
    assert answer["data"]["code"] in ("bad_value", "not_found")


def test_an_undo_tried_dry_shows_both_states() -> None:
    match = Match(House())
    match.anna.do("score_update", SCORE)
    before = match.version
    told = match.anna.do("undo", {"dry_run": True})["data"]["detail"]
    assert told["dry_run"] is True
    assert told["undone"] == [before]
    assert told["state"]["scores"]["players"][0]["score"] == 0
    assert told["before"]["scores"]["players"][0]["score"] == 1
    assert match.version == before


def test_a_conflict_names_its_field_and_the_current_value() -> None:
    match = Match(House())
    cell = {"player": 1, "category": "secondary", "value": 3}
    version = match.anna.do("score_update", cell)["version"]
    match.host.do("score_update", {**cell, "value": 5})
    answer = match.anna.ask("score_update", {**cell, "value": 4, "if_version": version})
    assert answer["data"]["code"] == "conflict"
    assert answer["data"]["field"] == "data.if_version"
    assert answer["data"]["detail"] == {"value": 5, "cell_version": match.version}
    assert answer["version"] == match.version


def test_two_hosts_race_for_a_turn() -> None:
    house = House()
    match = Match(house)
    rival = house.person()
    rival.connect(match.id, key=match.places["host"]["key"])
    for _ in range(9):
        house.wait(1)
        turn, player = match.room.game.turn.ordinal, match.room.game.turn.active_player
        house.store.hold()
        match.marek.say("judge_call", {"op": "call"})
        data = {"turn": turn, "player": player}
        ids = [(p, p.say("turn_change", data)) for p in (match.host, rival)]
        house.store.release()
        told = [p.answers(id_)[0]["data"].get("already", False) for p, id_ in ids]
        assert told == [False, True]
        assert match.room.game.turn.ordinal == turn + 1
        match.marek.do("judge_call", {"op": "cancel"})


def test_a_refusal_names_the_field_of_data() -> None:
    match = Match(House())
    answer = match.host.ask("game_end", {"op": "rule", "how": "conceded"})
    assert answer["data"]["field"] == "data.player"
