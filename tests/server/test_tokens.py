"""How long a device's token is good: idle, absolute, for whom there is no end; over restarts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred, fail

from gamesync.access import device_id
from gamesync.limits import Limits
from gamesync.server.tokens import HOUR_MS, KEEP_EVERY_MS
from gamesync.store import TokenAge, Unavailable

from ..house import House, Match, Person, result
from .kit import failures

HOUR = HOUR_MS / 1000
SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
FREELY = Limits(observer_commands_burst=10_000, commands_burst=10_000)
GONE = (4406, "this device's pass has run out; come in again by link or code")


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "games.sqlite3")


def later(house: House, hours: float) -> None:
    """So much time passes, in steps of an hour; the server looks at its tokens after each."""
    while hours > 0:
        house.wait(min(hours, 1.0) * HOUR)
        house.hub.retire()
        hours -= 1


def kept(house: House, person: Person) -> TokenAge | None:
    return result(house.inner.token(person.device))


def restarted(house: House, hours: float = 0.0) -> House:
    house.crash()
    house.reactor.advance(hours * HOUR)
    return House(house.inner.path, reactor=house.reactor, clocks=house.clocks, limits=FREELY)


def test_the_lifetimes() -> None:
    assert (Limits().token_idle_hours, Limits().token_absolute_hours) == (12, 72)


def test_twelve_hours_without_use_end_a_token() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    match.marek.hang_up()
    later(house, 11.9)
    marek = match.marek.again()
    assert marek.connect(match.id)["data"]["rights"] == ["player:2"]
    later(house, 0.2)
    anna = match.anna.again()
    no = anna.ask("connect", {"token": anna.token}, match.id)
    assert (no["data"]["code"], no["data"]["field"]) == ("token_expired", "data.token")
    assert anna.line.gone is None, "she may come in otherwise, on the same connection"
    assert anna.device != match.anna.device
    assert anna.session.games == {}
    assert marek.code("score_update", {**SCORE, "player": 2}) == "ok", "he was here in time"


def test_who_is_connected_uses_his_token() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    later(house, 71.5)
    assert match.anna.code("score_update", SCORE) == "ok"
    assert match.anna.line.gone is None


def test_after_three_days_it_ends_however_much_it_is_used() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    watcher = match.watcher()
    house.wait(10)
    late = match.seated(1)
    later(house, 71.99)
    house.wait(30)
    assert match.anna.line.gone != GONE, "the minute in which it is noticed is not over"
    assert match.anna.code("score_update", SCORE) == "token_expired", "but no command is done"
    assert match.anna.line.gone == GONE
    house.hub.retire()
    assert match.marek.line.gone == GONE
    assert match.host.line.gone is None, "whose table it is stays until it is over"
    told = match.marek.take()[-1]
    assert (told["type"], told["data"]["come_back"]) == ("disconnect", True)
    assert late.line.gone != GONE, "each has its own"
    house.wait(7)
    house.hub.retire()
    assert late.line.gone == GONE
    assert watcher.line.gone is None, "who holds nothing may stay for ever"


def test_a_link_lets_in_again_as_somebody_new() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    later(house, 13)
    anna = match.anna.again()
    key = match.places["player:1"]["key"]
    joined = anna.connect(match.id, key=key)["data"]
    assert joined["rights"] == ["player:1"]
    assert joined["token"] != match.anna.token
    assert joined["device"] not in (match.anna.device, device_id(match.anna.token or ""))
    assert anna.code("score_update", SCORE) == "ok"


def test_whose_token_has_ended_comes_in_though_the_seat_is_full() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    tablet, coach = match.seated(1), match.seated(1)
    key = match.places["player:1"]["key"]
    match.anna.hang_up()
    tablet.hang_up()
    house.hub.retire()
    no = match.anna.again().ask("connect", {"key": key}, match.id)
    assert no["data"]["code"] == "too_many", "three are there whose tokens are good"
    later(house, 13)
    anna = match.anna.again()
    joined = anna.connect(match.id, key=key)
    assert joined["data"]["rights"] == ["player:1"]
    assert anna.code("score_update", SCORE) == "ok"
    assert coach.line.gone is None, "she uses hers"
    assert coach.code("score_update", SCORE) == "ok"
    here = [d["id"] for d in joined["data"]["state"]["devices"] if d["player"] == 1]
    assert here == [coach.device, anna.device]
    assert match.seated(1).code("score_update", SCORE) == "ok", "both of the others have gone"


def test_who_is_there_by_a_token_that_has_just_ended_is_told_that() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    later(house, 71.99)
    house.wait(60)
    assert match.seated(1).code("score_update", SCORE) == "ok"
    assert match.anna.line.gone == GONE, "not that somebody has sent her out"
    assert match.anna.device not in [d.id for d in match.room.game.devices]


def test_what_the_venue_keeps_has_no_end_but_officials_have() -> None:
    house = House(limits=FREELY)
    boss = house.person()
    boss.connect("venue", key=house.official())
    table = boss.do("table", {"op": "add", "name": "7"})["data"]["detail"]
    event = boss.do("event", {"op": "add", "name": "Cup"})["data"]["detail"]["event"]
    person = boss.do("event", {"op": "add_participant", "event": event, "name": "Mo"})
    screen, phone = house.person(), house.person()
    screen.connect("venue", key=table["key"])
    phone.connect("venue", key=person["data"]["detail"]["key"])
    for each in (screen, phone):
        assert kept(house, each) is not None
        each.hang_up()
    later(house, 100)
    assert boss.line.gone == GONE
    for each in (screen, phone):
        assert each.again().code("connect", {"token": each.token}, "venue") == "ok"
    boss = house.person()
    boss.connect("venue", key=house.official(name="Pia"))
    boss.do("event", {"op": "close", "event": event})
    assert phone.again().code("connect", {"token": phone.token}, "venue") == "token_expired"
    assert screen.again().code("connect", {"token": screen.token}, "venue") == "ok"


def test_a_club_s_table_has_its_token_until_its_match_is_signed() -> None:
    """Else nobody could go on with what was put away overnight, or sign after a long season."""
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    match.host.hang_up()
    later(house, 100)
    host = match.host.again()
    assert "host" in host.connect(match.id)["data"]["rights"]
    no = match.anna.again().ask("connect", {"token": match.anna.token}, match.id)
    assert no["data"]["code"] == "token_expired", "a player comes again by his link"
    host.do("game_end", {"op": "concede", "player": 1})
    later(house, 1)
    version = house.room(match.id).version
    host.do("game_end", {"op": "confirm", "player": 1, "version": version})
    assert host.line.gone is None
    later(house, 12.1)
    assert host.line.gone == GONE


def test_an_official_is_one_first_of_all() -> None:
    house = House(limits=FREELY)
    boss = house.person()
    boss.connect("venue", key=house.official())
    table = boss.do("table", {"op": "add", "name": "7"})["data"]["detail"]
    boss.connect("venue", key=table["key"])
    later(house, 73)
    assert boss.line.gone == GONE


def test_a_display_is_nobody_who_could_do_anything() -> None:
    """Anybody may say that he is one; so that must not keep a token young, nor end it."""
    house = House(limits=FREELY)
    display, match = house.person(), Match(house)
    display.connect("venue")
    display.do("display", {"op": "register", "name": "TV"})
    match.anna.connect("venue")
    match.anna.do("display", {"op": "register", "name": "TV 2"})
    display.connect("venue")
    assert kept(house, display) is None
    later(house, 73)
    assert display.line.gone is None
    assert match.anna.line.gone == GONE


def test_ages_outlive_a_restart(path: str) -> None:
    house = House(path, limits=FREELY)
    match = Match(house)
    later(house, 10)
    again = restarted(house, 11)
    assert again.person().code("connect", {"token": match.anna.token}, match.id) == "ok"
    again = restarted(again, 13)
    code = again.person().code("connect", {"token": match.anna.token}, match.id)
    assert code == "token_expired"
    last = restarted(again)
    code = last.person().code("connect", {"token": match.anna.token}, match.id)
    assert code == "token_expired", "what is too old does not become new"


def test_a_box_that_was_off_for_a_week_knows_nobody(path: str) -> None:
    house = House(path, limits=FREELY)
    match = Match(house)
    house.crash()
    house.clocks.reboot(7 * 24 * HOUR_MS)
    again = House(path, reactor=house.reactor, clocks=house.clocks, limits=FREELY)
    code = again.person().code("connect", {"token": match.anna.token}, match.id)
    assert code == "token_expired"


def test_a_clock_that_went_back_ends_nothing(path: str) -> None:
    house = House(path, limits=FREELY)
    match = Match(house)
    house.crash()
    house.clocks.reboot(-7 * 24 * HOUR_MS)
    again = House(path, reactor=house.reactor, clocks=house.clocks, limits=FREELY)
    assert again.person().code("connect", {"token": match.anna.token}, match.id) == "ok"


def test_it_is_written_at_once_then_seldom_and_at_the_end() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    began = house.now()
    first = kept(house, match.anna)
    assert first is not None
    assert first.since_ms == first.seen_ms <= began
    house.wait(KEEP_EVERY_MS / 1000 - 1)
    house.hub.retire()
    assert kept(house, match.anna) == first
    house.wait(1)
    house.hub.retire()
    second = kept(house, match.anna)
    assert second == TokenAge(
        device=match.anna.device, since_ms=first.since_ms, seen_ms=house.now()
    )
    house.wait(60)
    match.anna.hang_up()
    house.hub.retire()
    assert kept(house, match.anna) == second, "when it was last seen is known"
    house.wait(60)
    result(house.hub.tokens.keep_all(house.hub.by_device))
    marek = kept(house, match.marek)
    assert marek is not None
    assert marek.seen_ms == house.now()
    assert kept(house, match.watcher()) is None


def test_the_absent_are_not_kept_in_memory() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    for person in (match.host, match.anna, match.marek):
        person.hang_up()
    house.hub.retire()
    assert house.hub.tokens._ages == {}


def test_a_token_cannot_be_kept_young_by_short_visits() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    codes = []
    for _ in range(80):
        later(house, 1)
        visitor = match.anna.again()
        codes.append(visitor.code("connect", {"token": visitor.token}, match.id))
        visitor.hang_up()
    assert codes == ["ok"] * 71 + ["token_expired"] * 9


def test_limits_of_zero_are_none() -> None:
    house = House(limits=Limits(token_idle_hours=0, token_absolute_hours=0))
    match = Match(house)
    match.anna.hang_up()
    later(house, 1_000)
    assert match.anna.again().code("connect", {"token": match.anna.session.token}, match.id) == "ok"
    assert match.marek.line.gone is None


def test_a_disk_that_is_away_ends_no_token() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    house.wait(KEEP_EVERY_MS / 1000)
    refused = iter([Unavailable("full"), RuntimeError("a bug")])
    keep = house.inner.keep_tokens

    def no(ages: Any) -> Any:
        house.inner.keep_tokens = keep  # type: ignore[method-assign]
        return fail(next(refused))

    house.inner.keep_tokens = no  # type: ignore[method-assign]
    house.hub.retire()
    before = kept(house, match.anna)
    assert before is not None
    assert before.seen_ms < house.now()
    house.hub.retire()
    after = kept(house, match.anna)
    assert after is not None
    assert after.seen_ms == house.now(), "the next look writes it"
    house.wait(KEEP_EVERY_MS / 1000)
    house.inner.keep_tokens = no  # type: ignore[method-assign]
    with failures() as found:
        house.hub.retire()
    assert len(found) == 1
    assert match.anna.line.gone is None


def test_a_token_shown_while_the_disk_is_away() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    house.hub.retire()
    house.inner._serving = False
    assert match.anna.again().code("connect", {"token": match.anna.session.token}) == "storage"


def test_who_hangs_up_while_his_token_is_looked_up() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    match.anna.hang_up()
    house.hub.retire()
    asked: Deferred[Any] = Deferred()
    house.inner.token = lambda device: asked  # type: ignore[method-assign]
    back = match.anna.again()
    back.say("connect", {"token": match.anna.session.token}, match.id)
    back.hang_up()
    asked.callback(None)
    assert device_id(match.anna.session.token) not in house.hub.by_device
    assert back.session.games == {}
