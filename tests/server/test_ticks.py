"""The beats: clocks for people, presence, silence, the pulse, and time that nobody had."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gamesync.domain.commands import Expire
from gamesync.server.ticks import Ticks
from gamesync.store import Unavailable

from ..house import House, Match, Message, Person
from .kit import failures

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    ticks = Ticks(made.hub)
    ticks.startService()
    yield made
    ticks.stopService()
    assert not any("LoopingCall" in repr(call) for call in made.reactor.getDelayedCalls())


def wait(house: House, seconds: int) -> None:
    for _ in range(seconds):
        house.wait(1)


def beats(person: Person) -> list[Message]:
    return [m for m in person.of("timer_update") if m["data"].get("beat")]


# ------------------------------------------------------------------------------- beats


def test_a_running_clock_beats_every_five_seconds_and_each_second_for_who_asks(
    house: House,
) -> None:
    match = Match(house)
    watcher = match.watcher()
    watcher.connect(match.id, beat_ms=1_000)
    wait(house, 1)  # the first comes at once
    for person in (match.anna, watcher):
        person.take()
    wait(house, 20)
    told = beats(match.anna)
    assert len(told) == 4
    assert len(beats(watcher)) == 20
    last = told[-1]
    assert last["version"] == match.version
    assert last["data"]["running"] is True
    assert last["data"]["side"] == 1
    assert last["data"]["p1_ms"] == match.shown(1) - (house.now() - last["data"]["now"])
    assert last["data"]["time_remaining"] == [last["data"]["p1_ms"], last["data"]["p2_ms"]]


def test_no_beat_for_a_clock_that_stands_nor_for_who_does_not_read(house: House) -> None:
    match = Match(house)
    match.marek.line.jammed = True
    match.anna.take()
    match.marek.take()
    wait(house, 10)
    assert len(beats(match.anna)) == 2
    assert match.marek.take() == []
    match.host.do("timer_update", {"op": "pause"})
    wait(house, 10)
    assert beats(match.anna) == []


def test_beats_raise_no_version(house: House) -> None:
    match = Match(house)
    version = match.version
    wait(house, 14)
    assert match.version == version


# ---------------------------------------------------------------------------- presence


def present(person: Person) -> list[tuple[str, str]]:
    news = person.of("presence")
    return [(d["device"], d["link"]) for d in news[-1]["data"]["devices"]] if news else []


def test_who_is_there_is_told_when_it_changes(house: House) -> None:
    match = Match(house, begun=False)
    wait(house, 1)
    (first,) = match.anna.of("presence")
    devices = {d["device"]: d for d in first["data"]["devices"]}
    assert devices[match.anna.device]["player"] == 1
    assert devices[match.host.device]["role"] == "host"
    assert first["data"]["observers"] == 0
    assert first["version"] == match.version
    wait(house, 5)
    assert match.anna.of("presence") == [], "only when it changes"
    watcher = match.watcher()
    wait(house, 1)
    assert match.anna.of("presence")[0]["data"]["observers"] == 1
    assert watcher.of("presence")[0]["data"]["observers"] == 1
    match.marek.hang_up()
    wait(house, 1)
    assert (match.marek.device, "gone") in present(match.anna)
    wait(house, 41)
    assert (match.host.device, "lost") in present(match.anna)
    match.host.say("heartbeat")
    wait(house, 1)
    assert (match.host.device, "live") in present(match.anna)


def test_who_comes_as_another_goes_is_told_too(house: House) -> None:
    match = Match(house)
    one = match.watcher()
    wait(house, 1)
    one.hang_up()
    two = match.watcher()
    match.anna.take()
    wait(house, 1)
    assert len(two.of("presence")) == 1
    assert match.anna.of("presence") == [], "for the others it is as it was"


def test_who_does_not_read_is_told_who_is_there_when_he_does(house: House) -> None:
    match = Match(house, begun=False)
    wait(house, 1)
    watcher = match.watcher()
    watcher.line.jammed = True
    wait(house, 1)
    assert watcher.of("presence") == []
    watcher.line.jammed = False
    wait(house, 1)
    assert len(watcher.of("presence")) == 1


# ----------------------------------------------------------------------------- silence


def test_when_nobody_who_may_press_is_heard_the_clock_stops_as_of_then(house: House) -> None:
    match = Match(house)
    for person in (match.host, match.anna, match.marek):
        person.connect(match.id, heartbeat_ms=5_000)
    wait(house, 5)
    match.anna.say("heartbeat")
    watcher = match.watcher()
    for _ in range(15):
        assert match.room.game.clock.paused == ()
        watcher.say("heartbeat")
        wait(house, 1)
    assert match.room.game.clock.paused == ("link",)
    accounts = match.room.game.clock.accounts(house.now())
    assert accounts.p1_ms == 5_000
    version = match.version
    wait(house, 30)
    assert match.version == version, "once"
    match.anna.do("timer_update", {"op": "resume"})
    assert match.room.game.clock.running


def test_silence_is_not_asked_about_while_nothing_can_be_recorded(house: House) -> None:
    match = Match(house)
    for person in (match.host, match.anna, match.marek):
        person.connect(match.id, heartbeat_ms=5_000)
    wait(house, 10)
    house.store.hold()
    house.submit(match.id, Expire())
    wait(house, 60)
    assert match.room.waiting == 1, "asked once, and then waited"
    house.store.release()
    wait(house, 1)
    accounts = match.room.game.clock.accounts(house.now())
    assert accounts.total_ms == house.now() - match.room.game.clock.started_at


# ----------------------------------------------------------------- the pulse, and its lack


def test_the_pulse_is_written_each_second_while_a_clock_runs_and_rarely_otherwise(
    house: House,
) -> None:
    wait(house, 1)
    house.store.log.clear()
    wait(house, 60)
    assert 5 <= house.store.log.count(("pulse",)) <= 6
    Match(house)
    house.store.log.clear()
    wait(house, 10)
    assert 9 <= house.store.log.count(("pulse",)) <= 10


def test_beats_go_on_while_the_disk_hangs(house: House) -> None:
    match = Match(house)
    house.store.hold()
    wait(house, 1)
    match.anna.take()
    wait(house, 10)
    assert len(beats(match.anna)) == 2
    house.store.release()


def test_a_disk_that_hung_costs_nobody_anything(house: House) -> None:
    match = Match(house)
    wait(house, 20)
    durable = house.registry.commits.durable_ms
    house.store.hold()
    wait(house, 60)
    assert not house.live()
    house.store.release()
    accounts = match.room.game.clock.accounts(house.now())
    assert accounts.down_ms == house.now() - durable
    assert accounts.p1_ms + accounts.paused_ms == durable - 1
    wait(house, 30)
    assert len(match.room.game.gaps) == 1


def test_a_disk_that_refused_costs_nobody_anything(house: House) -> None:
    match = Match(house)
    wait(house, 20)
    durable = house.registry.commits.durable_ms
    house.store.pulse_fails = [Unavailable("full")] * 30
    wait(house, 30)
    assert not house.live()
    assert match.anna.ask("heartbeat")["data"]["live"] is False
    wait(house, 2)
    assert house.live()
    (gap,) = match.room.game.gaps
    assert gap.from_ms == durable
    assert match.room.game.clock.accounts(house.now()).down_ms >= 29_000


def test_a_process_that_was_stopped_costs_nobody_anything(house: House) -> None:
    match = Match(house)
    wait(house, 20)
    durable = house.registry.commits.durable_ms
    house.reactor.rightNow += 30
    house.wait(0)
    (gap,) = match.room.game.gaps
    assert (gap.from_ms, gap.long) == (durable, True)
    accounts = match.room.game.clock.accounts(house.now())
    assert accounts.p1_ms == durable - 1
    assert match.room.game.clock.paused == ("server",), "and nobody is said to be lost"
    wait(house, 5)
    assert len(match.room.game.gaps) == 1


def test_a_box_that_slept(house: House) -> None:
    match = Match(house)
    wait(house, 20)
    house.clocks.sleep(60_000)
    wait(house, 1)
    (gap,) = match.room.game.gaps
    assert gap.gap_ms is not None
    assert gap.gap_ms >= 60_000
    assert "server" in match.room.game.clock.paused


# --------------------------------------------------------------------------- and faults


def test_one_room_s_fault_stops_no_other_s_beat(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = Match(house), Match(house)
    wait(house, 1)
    good.anna.take()
    monkeypatch.setattr(bad.room, "silent_since", lambda _: 1 / 0)
    with failures() as found:
        wait(house, 5)
    assert len(found) == 5
    assert len(beats(good.anna)) == 1


def test_a_beat_that_fails_is_logged_and_goes_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = Match(house)
    monkeypatch.setattr(house.registry, "look_back", lambda: 1 / 0)
    with failures() as found:
        wait(house, 3)
    assert len(found) == 3
    monkeypatch.undo()
    match.anna.take()
    wait(house, 5)
    assert len(beats(match.anna)) == 1


def test_the_lobby_hears_who_comes_and_goes(house: House) -> None:
    desk = house.person()
    desk.do("game_list", {"subscribe": True})
    match = Match(house)
    match.marek.connect(match.id, heartbeat_ms=1_000)

    def seats() -> dict[str, str] | None:
        """Who is there, by what the desk was told last."""
        told: list[Message] = desk.of("game_list")
        return told[-1]["data"]["games"][0]["seats"] if told else None

    wait(house, 2)
    assert seats() == {"host": "live", "player1": "live", "player2": "live"}
    wait(house, 5)
    assert seats() is None
    match.anna.hang_up()
    wait(house, 2)
    assert seats() == {"host": "live", "player1": "gone", "player2": "live"}
    wait(house, 8)
    assert seats() == {"host": "live", "player1": "gone", "player2": "lost"}
    match.host.hang_up()
    match.anna.again().connect(match.id)
    wait(house, 2)
    assert seats() == {"host": "gone", "player1": "live", "player2": "lost"}


def test_a_room_whose_game_is_being_made_is_passed_by(house: House) -> None:
    house.store.hold()
    person = house.person()
    person.say("game_create", {})
    with failures() as found:
        wait(house, 6)
    assert found == []
    house.store.release()
    assert person.take()[-1]["type"] == "ack"
