"""Commands on their way: kept, in order, with their ids, until they are answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred

from gamesync.client.outbox import (
    HOST_KEEPS_MS,
    PLAYER_KEEPS_MS,
    Answer,
    ClientRefused,
    Outbox,
    Pending,
    settle,
)
from gamesync.wire.errors import ErrorCode

from .kit import message


def server_ms(local: float) -> float:
    return local + 1_000_000


def unknown(local: float) -> None:
    return None


def take(outbox: Outbox, now: float = 0.0) -> Pending | None:
    return outbox.next(now, server_ms, "g1")


def ack(pending: Pending, **data: Any) -> Any:
    return message("ack", data, id=pending.id, version=7, game_id="g1")


def error(pending: Pending, code: str, **data: Any) -> Any:
    return message("error", {"code": code, "message": "no", **data}, id=pending.id, version=7)


def answer(outbox: Outbox, said: Any, now: float = 0.0) -> bool:
    done = outbox.answered(said, now)
    if done is not None:
        settle(done, said)
    return done is not None


def result(deferred: Deferred[Any]) -> Any:
    found: list[Any] = []
    deferred.addBoth(found.append)
    assert found, "no answer yet"
    return found[0]


def refusal(deferred: Deferred[Any]) -> ClientRefused:
    error: ClientRefused = result(deferred).value
    assert isinstance(error, ClientRefused)
    return error


def test_one_at_a_time_in_order_each_with_an_id_of_22_signs() -> None:
    outbox = Outbox()
    first = outbox.put("score_update", {"player": 1}, now_ms=0)
    second = outbox.put("score_update", {"player": 2}, now_ms=0)
    assert take(outbox) is first
    assert first.game_id == "g1"
    assert re.fullmatch(r"[A-Za-z0-9_-]{22}", first.id)
    assert first.id != second.id
    assert take(outbox) is None
    assert answer(outbox, ack(first, detail={"die": 3}))
    assert result(first.done) == Answer(id=first.id, type="ack", version=7, game_id="g1",
                                        detail={"die": 3})  # fmt: skip
    assert take(outbox) is second
    assert outbox.waiting == (second,)
    answer(outbox, ack(second, already=True))
    assert result(second.done).already
    assert len(outbox) == 0
    assert take(outbox) is None


def test_a_refusal_carries_all_that_the_server_said() -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    take(outbox)
    answer(outbox, error(pending, "conflict", field="if_version", detail={"value": 5}))
    no = refusal(pending.done)
    assert (no.code, no.field, no.detail, no.version) == ("conflict", "if_version", {"value": 5}, 7)
    assert str(no) == no.message == "no"


def test_what_was_not_answered_is_sent_again_as_it_was() -> None:
    outbox = Outbox()
    pending = outbox.put("turn_change", {"turn": 3}, now_ms=100, press="turn", player=1)
    assert take(outbox, 200) is pending
    sent = (pending.id, dict(pending.data), pending.game_id)
    assert pending.data["pressed_at"] == 1_000_100
    outbox.lost()
    again = outbox.next(5_000, lambda local: local + 7, "g2")
    assert again is pending
    assert (pending.id, pending.data, pending.game_id) == sent


@given(st.lists(st.sampled_from(["put", "send", "ack", "lost", "later", "wait"]), max_size=60))
def test_whatever_happens_each_is_answered_once_and_in_order(steps: list[str]) -> None:
    outbox, now = Outbox(), 0.0
    made: list[Pending] = []
    seen: list[str] = []
    on_wire: Pending | None = None
    for step in steps:
        if step == "put":
            made.append(outbox.put("score_update", {"n": len(made)}, now_ms=now))
            made[-1].done.addCallback(lambda a: seen.append(a.id))
        elif step == "send":
            on_wire = take(outbox, now) or on_wire
        elif step == "lost":
            outbox.lost()
            on_wire = None
        elif step == "wait":
            now += 10_000
        elif on_wire is not None:
            if step == "ack":
                answer(outbox, ack(on_wire), now)
            else:
                answer(outbox, error(on_wire, "storage"), now)
            on_wire = None
    now += 10_000
    while (pending := take(outbox, now)) is not None or (on_wire is not None and len(outbox)):
        pending = pending or on_wire
        on_wire = None
        assert pending is not None
        answer(outbox, ack(pending), now)
        now += 10_000
    assert seen == [p.id for p in made]


@pytest.mark.parametrize("code", [c.value for c in ErrorCode if c.again == "same id"])
def test_what_passes_is_tried_again_with_the_same_id(code: str) -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    take(outbox)
    assert not answer(outbox, error(pending, code, retry_after_ms=400), now=1_000)
    assert outbox.wait_ms(1_000) == 400
    assert take(outbox, 1_399) is None
    assert take(outbox, 1_400) is pending
    assert outbox.wait_ms(1_400) is None
    answer(outbox, ack(pending), now=1_500)
    assert result(pending.done).id == pending.id


@pytest.mark.parametrize("code", [c.value for c in ErrorCode if c.again != "same id"])
def test_what_does_not_pass_is_the_apps_to_know(code: str) -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    take(outbox)
    assert answer(outbox, error(pending, code))
    assert refusal(pending.done).code == code


def test_without_a_word_on_when_it_waits_longer_each_time() -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    waits, now = [], 0.0
    for _ in range(8):
        assert take(outbox, now) is pending
        answer(outbox, error(pending, "storage"), now)
        wait = outbox.wait_ms(now)
        assert wait is not None
        waits.append(wait)
        now += wait
    assert waits == [250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000]


def test_a_fault_of_the_servers_own_is_not_asked_for_for_ever() -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    for _ in range(3):
        take(outbox, 1e9)
        answer(outbox, error(pending, "internal", retry_after_ms=0), 1e9)
    assert refusal(pending.done).code == "internal"


def test_a_new_connection_does_not_wait_for_what_the_old_one_was_told() -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    take(outbox)
    answer(outbox, error(pending, "rate_limited", retry_after_ms=9_000))
    outbox.lost()
    assert take(outbox) is pending


def test_strange_answers_answer_nothing() -> None:
    outbox = Outbox()
    pending = outbox.put("score_update", {}, now_ms=0)
    assert not answer(outbox, ack(pending))  # it has not been sent
    take(outbox)
    assert not answer(outbox, message("ack", {}, id="somebody-elses"))
    assert not answer(outbox, message("game_state", {}, id=pending.id))
    assert not pending.done.called
    assert not Outbox().wait_ms(0)


def test_questions_are_answered_with_their_own_type() -> None:
    outbox = Outbox()
    for type_, data in (("game_list", {"limit": 5}), ("game_state", {})):
        pending = outbox.put(type_, data, now_ms=0)
        take(outbox)
        assert not answer(outbox, ack(pending))
        assert answer(outbox, message(type_, {"games": []}, id=pending.id))
        assert result(pending.done).detail == {"games": []}


class TestPresses:
    @pytest.mark.parametrize(
        ("keeps", "age", "sent"),
        [
            (PLAYER_KEEPS_MS, 9_999, True),
            (PLAYER_KEEPS_MS, 10_001, False),
            (HOST_KEEPS_MS, 599_999, True),
            (HOST_KEEPS_MS, 600_001, False),
        ],
    )
    def test_an_old_one_is_asked_about_and_never_sent(
        self, keeps: float, age: float, sent: bool
    ) -> None:
        outbox = Outbox()
        outbox.keeps_ms = keeps
        press = outbox.put("timer_update", {"op": "switch"}, now_ms=0, press="switch", player=1)
        score = outbox.put("score_update", {}, now_ms=0)
        found = take(outbox, age)
        if sent:
            assert found is press
            assert press.data["pressed_at"] == 1_000_000
        else:
            assert found is score  # points are never too old
            no = refusal(press.done)
            assert no.code == "too_old"
            assert no.detail == {"sent": False, "seconds": round(age / 1000)}

    def test_one_that_was_sent_and_never_answered_says_so(self) -> None:
        outbox = Outbox()
        press = outbox.put("turn_change", {}, now_ms=0, press="turn", player=1)
        take(outbox)
        outbox.lost()
        assert take(outbox, 60_000) is None
        assert refusal(press.done).detail["sent"] is True

    def test_without_the_servers_time_it_goes_undated(self) -> None:
        outbox = Outbox()
        press = outbox.put("turn_change", {}, now_ms=0, press="turn")
        assert outbox.next(1, unknown, "g1") is press
        assert "pressed_at" not in press.data

    def test_a_pause_has_no_date_of_its_own(self) -> None:
        outbox = Outbox()
        press = outbox.put("timer_update", {"op": "pause"}, now_ms=0, press="pause")
        take(outbox)
        assert press.data == {"op": "pause"}

    def test_a_table_tells_what_it_did_alone_as_one_batch(self) -> None:
        outbox = Outbox()
        outbox.keeps_ms = HOST_KEEPS_MS
        known = outbox.put("turn_change", {"turn": 1}, now_ms=0, press="turn", player=1)
        take(outbox)
        outbox.lost()
        kinds = (
            ("turn", 2, 1_000),
            ("switch", 1, 2_000),
            ("pause", 2, 2_500),
            ("resume", 2, 3_000),
        )
        score = None
        presses = []
        for kind, player, at in kinds:
            presses.append(outbox.put("x", {}, now_ms=at, press=kind, player=player,  # type: ignore[arg-type]
                                      offline=True, game_id="g1"))  # fmt: skip
            if kind == "turn":
                score = outbox.put("score_update", {}, now_ms=1_100, offline=True)
        outbox.fold(40, server_ms)
        assert take(outbox, 9_000) is known
        answer(outbox, ack(known))
        batch = take(outbox, 9_000)
        assert batch is not None
        assert batch.type == "timer_update"
        assert batch.data == {
            "op": "batch",
            "since_version": 40,
            "presses": [
                {"kind": kind, "player": player, "pressed_at": 1_000_000 + at}
                for kind, player, at in kinds
            ],
        }
        answer(outbox, ack(batch, detail={"contested": True}))
        for press in presses:
            assert result(press.done).detail == {"contested": True}
        assert take(outbox, 9_000) is score

    def test_a_batch_that_is_refused_refuses_each_of_its_presses(self) -> None:
        outbox = Outbox()
        press = outbox.put("turn_change", {}, now_ms=0, press="turn", player=1, offline=True)
        outbox.fold(3, server_ms)
        batch = take(outbox)
        assert batch is not None
        answer(outbox, error(batch, "not_now"))
        assert refusal(press.done).code == "not_now"

    def test_nothing_to_fold_and_no_time_to_fold_it_with(self) -> None:
        outbox = Outbox()
        score = outbox.put("score_update", {}, now_ms=0, offline=True)
        outbox.fold(3, server_ms)
        assert list(outbox.waiting) == [score]
        press = outbox.put("turn_change", {}, now_ms=0, press="turn", player=1, offline=True)
        outbox.fold(3, unknown)
        assert list(outbox.waiting) == [score, press]


def test_at_the_end_all_that_waits_is_refused() -> None:
    outbox = Outbox()
    waiting = [outbox.put("score_update", {}, now_ms=0) for _ in range(2)]
    outbox.fail_all(ClientRefused("stopped", "the client was stopped"))
    assert [refusal(p.done).code for p in waiting] == ["stopped", "stopped"]
    assert len(outbox) == 0
