"""Every message there and back; text that is cleaned on its way in; what bounds there are."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from gamesync.domain import commands as c
from gamesync.domain.profile import Overrides
from gamesync.wire import messages as m
from gamesync.wire.codec import Malformed, body_of, decode, encode
from gamesync.wire.errors import ErrorCode
from gamesync.wire.schema import messages_from_clients

from .samples import name_of, samples

SAMPLES = samples()


def sent(type_: str, /, **data: Any) -> m.Message:
    return decode(json.dumps({"type": type_, "data": data}).encode())


def again(message: m.Message) -> bytes:
    return msgspec.json.encode(message)


def test_any_reason_to_pause_can_be_lifted_by_name() -> None:
    for why in ("judge", "link", "server", "player:1", "player:2", "both"):
        resume = sent("timer_update", op="resume", why=why)
        assert isinstance(resume, m.TimerUpdate)
        assert resume.data == c.ResumeClock(why=why)
    for why in ("", "player:3", "Judge", "judge\n", "player:1\n"):
        with pytest.raises(Malformed):
            sent("timer_update", op="resume", why=why)


@pytest.mark.parametrize("sample", SAMPLES, ids=name_of)
def test_every_form_of_every_message_comes_through(sample: dict[str, Any]) -> None:
    message = decode(json.dumps(sample).encode())
    back = json.loads(again(message))
    assert back["type"] == sample["type"]
    for field, value in sample["data"].items():
        assert back["data"][field] == value or isinstance(value, list | dict)
    assert decode(again(message)) == message


def test_the_samples_leave_nothing_out() -> None:
    assert {s["type"] for s in SAMPLES} == {
        *("connect", "disconnect", "heartbeat", "game_create", "game_list", "game_state"),
        *("score_update", "timer_update", "turn_change", "game_end", "settings_update"),
        *("setup", "propose", "answer", "dispute", "judge_call", "undo", "device"),
        *("table", "event", "assign", "announce", "display", "round_clock", "official"),
        *("hide_game", "history", "leave"),
    }
    ops = {(s["type"], s["data"].get("op")) for s in SAMPLES}
    assert {op for type_, op in ops if type_ == "timer_update"} == {
        *("start", "pause", "resume", "switch", "adjust", "set", "batch")
    }
    assert len({type(decode(json.dumps(s).encode())) for s in SAMPLES if "id" not in s}) == len(
        messages_from_clients()
    )


@pytest.mark.parametrize(
    "type_",
    [
        *("connect", "disconnect", "heartbeat", "game_create", "game_list", "game_state"),
        *("undo", "history"),
    ],
)
def test_some_messages_need_say_nothing_but_their_name(type_: str) -> None:
    bare = decode(json.dumps({"type": type_}).encode())
    assert bare == sent(type_)
    assert bare == decode(
        json.dumps({"type": type_, "game_id": None, "id": None, "timestamp": None}).encode()
    )


def test_a_bare_turn_change_and_a_bare_call_mean_the_usual_thing() -> None:
    assert sent("turn_change") == decode(b'{"type":"turn_change"}')
    assert decode(b'{"type":"judge_call"}') == m.JudgeCall(data=c.CallJudge())


def test_the_seeds_messages_are_understood() -> None:
    beat = decode(b'{"type": "heartbeat", "timestamp": "2026-11-22T18:07:00.123456"}')
    assert beat.timestamp == datetime.fromisoformat("2026-11-22T18:07:00.123456")
    state = decode(
        b'{"type": "game_state", "data": {"player1_name": "Anna", "player2_name": "Marek",'
        b' "current_turn": 1, "game_status": "playing"}, "timestamp": "2026-11-22T18:07:00.5",'
        b' "game_id": null}'
    )
    assert isinstance(state, m.GameState)
    assert state.data.player1_name == "Anna"
    assert not state.data.empty
    score = sent("score_update", player=2, score=17, cp=3)
    assert isinstance(score, m.ScoreUpdate)
    assert (score.data.score, score.data.cp) == (17, 3)


def test_a_timestamp_keeps_the_zone_it_has() -> None:
    zoned = decode(b'{"type":"heartbeat","timestamp":"2026-11-22T18:07:00+00:00"}')
    assert zoned.timestamp == datetime(2026, 11, 22, 18, 7, tzinfo=UTC)


def test_options_that_are_absent_are_the_profiles() -> None:
    create = sent("game_create", options={"clock": "down-90"})
    assert isinstance(create, m.GameCreate)
    assert create.data.options == Overrides(clock="down-90")
    assert create.data.options.pause_policy is msgspec.UNSET


# ------------------------------------------------------------------------- text of people

DIRTY = "  Ange\u0301\u202elique\x00 \t\u2066x\u2069\n"
CLEAN = "Ang\xe9lique x"


@pytest.mark.parametrize(
    ("type_", "data", "field"),
    [
        ("connect", {}, "name"),
        ("disconnect", {}, "reason"),
        ("game_create", {}, "player1_name"),
        ("game_create", {}, "player2_name"),
        ("game_create", {}, "table"),
        ("game_state", {}, "player1_name"),
        ("game_state", {}, "reason"),
        ("setup", {"op": "profile"}, "name"),
        ("setup", {"op": "profile"}, "faction"),
        ("setup", {"op": "profile"}, "team"),
        ("score_update", {"player": 1}, "reason"),
        ("dispute", {"op": "open"}, "text"),
        ("judge_call", {"op": "call"}, "note"),
        ("device", {"op": "rename", "device": "d"}, "name"),
    ],
)
def test_text_is_cleaned_as_it_is_read(type_: str, data: dict[str, Any], field: str) -> None:
    message: Any = sent(type_, **data, **{field: DIRTY})
    assert getattr(message.data, field) == CLEAN


@pytest.mark.parametrize(
    ("type_", "data", "field", "code"),
    [
        ("connect", {"name": "   "}, "data.name", ErrorCode.BAD_VALUE),
        ("connect", {"name": "\u200b\u202e"}, "data.name", ErrorCode.BAD_VALUE),
        ("connect", {"name": "a" * 41}, "data.name", ErrorCode.TOO_LONG),
        ("connect", {"name": "a" * 201}, "data.name", ErrorCode.TOO_LONG),
        ("game_create", {"player1_name": "\u3164"}, "data.player1_name", ErrorCode.BAD_VALUE),
        ("game_create", {"table": "a" * 41}, "data.table", ErrorCode.TOO_LONG),
        ("game_create", {"table": " \u200b "}, "data.table", ErrorCode.BAD_VALUE),
        ("game_state", {"player2_name": "b" * 50}, "data.player2_name", ErrorCode.TOO_LONG),
        ("setup", {"op": "profile", "name": "e" + "\u0323" * 4}, "data.name", ErrorCode.BAD_VALUE),
        ("setup", {"op": "profile", "list_link": "x"}, "data.list_link", ErrorCode.BAD_VALUE),
        ("disconnect", {"reason": "r" * 201}, "data.reason", ErrorCode.TOO_LONG),
        ("dispute", {"op": "open", "text": ""}, "data.text", ErrorCode.BAD_VALUE),
        ("turn_change", {"phase": "p" * 61}, "data.phase", ErrorCode.TOO_LONG),
    ],
)
def test_text_that_cannot_be_shown_is_refused(
    type_: str, data: dict[str, Any], field: str, code: ErrorCode
) -> None:
    with pytest.raises(Malformed) as refused:
        sent(type_, **data)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_an_empty_name_clears() -> None:
    cleared = sent("setup", op="profile", faction="")
    assert isinstance(cleared, m.Setup)
    assert cleared.data == c.SetProfile(faction="")


# ---------------------------------------------------------------------- what is sent back


def test_a_frame_has_only_what_it_says() -> None:
    frame = encode(m.Outbound(type="ack", data=m.Ack(), timestamp="t", id="tap-000001", version=3))
    assert json.loads(frame) == {
        "type": "ack",
        "data": {},
        "timestamp": "t",
        "id": "tap-000001",
        "version": 3,
    }


def test_a_body_is_what_is_asked_and_nothing_of_the_envelope() -> None:
    score = {"type": "score_update", "game_id": "g", "data": {"player": 1, "delta": 5}}

    def body(**changes: Any) -> bytes:
        return body_of(decode(json.dumps(score | changes).encode()))

    assert body() == body(id="tap-000001", timestamp="2026-11-22T18:07:00Z")
    assert body() == body(data={"delta": 5, "player": 1, "x_seen": True})
    assert body() == body(data={"player": 1, "delta": 5, "reason": ""})
    assert body() != body(game_id="h")
    assert body() != body(data={"player": 1, "delta": 6})
    assert body() != body(data={"player": 1, "value": 5})
    assert body_of(decode(b'{"type":"undo"}')) != body_of(decode(b'{"type":"heartbeat"}'))
    pause, resume = sent("timer_update", op="pause"), sent("timer_update", op="resume")
    assert body_of(pause) != body_of(resume)


def test_every_kind_of_answer_says_its_type() -> None:
    assert {kind.TYPE for kind in m.SENT} >= {"connect", "ack", "error", "heartbeat", "game_state"}
    assert m.Changed in m.SENT
    assert len(set(m.SENT)) == len(m.SENT)
