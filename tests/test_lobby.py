"""The list of games: its lines, who sees which, when who watches it hears, and its pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gamesync import lobby as lobbies
from gamesync.limits import Limits
from gamesync.lobby import News
from gamesync.testing import FakeClocks, InlineReactor

from .house import House, Match, Message, Person
from .server.kit import failures

FREELY = Limits(commands_per_second=1_000, commands_burst=10_000)
SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
NEWS_S = lobbies.NEWS_WAIT_MS / 1000


def lines(person: Person, **data: Any) -> dict[str, Message]:
    """The list as it is answered now, by id."""
    return {g["game_id"]: g for g in person.do("game_list", data)["data"]["games"]}


def news(person: Person) -> list[Message]:
    """What the person has been told of the list, unasked, since the last look."""
    return [m["data"] for m in person.of("game_list") if "id" not in m]


def judge(house: House) -> Person:
    person = house.person()
    person.connect("venue", key=house.official("judge", "Tom"))
    return person


# ------------------------------------------------------------------------------ lines


def test_a_line_of_a_game_in_play() -> None:
    house = House(limits=FREELY)
    match = Match(house, table="7", options={"clock": "down-90"})
    match.anna.do("setup", {"op": "profile", "faction": "Orks"})
    match.anna.do("score_update", SCORE)
    match.marek.do("judge_call", {"op": "call", "note": "line of sight"})
    (line,) = lines(house.person()).values()
    assert (line["game_id"], line["version"], line["table"]) == (match.id, match.version, "7")
    assert (line["player1_name"], line["faction1"], line["score1"]) == ("Anna", "Orks", 1)
    assert line["judge"]["note"] == "line of sight"
    assert line["seats"] == {"host": "live", "player1": "live", "player2": "live"}
    assert (line["hidden"], line["visibility"]) == (False, "listed")
    state = match.anna.do("game_state")["data"]["state"]
    clock = state["clock"] | state["clock"]["rules"]
    assert line["clock"] == {name: clock[name] for name in line["clock"]}


def test_a_game_that_is_put_away_has_the_same_line_with_nobody_there(tmp_path: Path) -> None:
    path, reactor = str(tmp_path / "games.sqlite3"), InlineReactor()
    clocks = FakeClocks(reactor)
    house = House(path, reactor=reactor, clocks=clocks, limits=FREELY)
    match = Match(house, begun=False)
    over = Match(house, options={"visibility": "link"})
    over.anna.do("score_update", SCORE)
    over.anna.do("dispute", {"op": "open", "text": "a model moved twice"})
    over.marek.do("score_update", {**SCORE, "player": 2})
    over.host.do("game_end", {"op": "abandon"})
    boss = judge(house)
    warm = lines(boss)
    assert warm.keys() == {match.id, over.id}
    for person in (match.host, match.anna, match.marek, over.host, over.anna, over.marek):
        person.hang_up()
    nobody = {"host": "gone", "player1": "gone", "player2": "gone"}
    left = {game_id: {**line, "seats": nobody} for game_id, line in warm.items()}
    assert lines(boss) == left
    house.close()
    again = House(path, reactor=reactor, clocks=clocks, limits=FREELY)
    back = again.person()
    back.connect("venue", token=boss.token)
    assert lines(back) == left
    again.wait(lobbies.NEWS_WAIT_MS)
    again.registry.rooms.clear()
    assert lines(back) == left
    assert lines(again.person()) == {match.id: left[match.id]}
    again.close()


def test_places_by_the_venue_s_word_are_held() -> None:
    house = House(limits=FREELY)
    boss = house.person()
    boss.connect("venue", key=house.official())
    match = Match(house, begun=False)
    for person in (match.host, match.anna, match.marek):
        person.hang_up()
    game = boss.create()["game_id"]
    boss.do("device", {"op": "revoke", "device": boss.device}, game)
    table = boss.do("table", {"op": "add", "name": "7"})["data"]["detail"]
    boss.do("assign", {"op": "game", "table": table["table"], "game": game})
    assert lines(boss)[game]["seats"]["host"] == "none"
    boss.do("game_list", {"subscribe": True})
    boss.take()
    house.registry.rooms.pop(game)  # as after a minute in which nobody came
    tablet = house.person()
    tablet.connect("venue", key=table["key"])
    house.wait(NEWS_S)
    (told,) = news(boss)
    assert [(g["game_id"], g["seats"]["host"]) for g in told["games"]] == [(game, "gone")]
    tablet.connect(game)
    assert lines(boss)[game]["seats"] == {"host": "live", "player1": "none", "player2": "none"}


# ------------------------------------------------------------------------------- news


def test_news_waits_a_moment_for_more() -> None:
    house = House(limits=FREELY)
    lobby = house.person()
    assert lobby.do("game_list", {"subscribe": True})["data"] == {"games": [], "whole": True}
    match = Match(house)
    unlisted = Match(house, options={"visibility": "link"})
    assert news(lobby) == []
    house.wait(NEWS_S)
    (told,) = news(lobby)
    assert told["whole"] is False
    (line,) = told["games"]
    assert (line["game_id"], line["status"], line["round"]) == (match.id, "playing", 1)
    assert line["version"] == match.version
    for _ in range(2):
        match.anna.do("score_update", SCORE)
        unlisted.anna.do("score_update", SCORE)
    house.wait(NEWS_S)
    assert [[g["score1"] for g in told["games"]] for told in news(lobby)] == [[2]]
    house.wait(10)
    assert news(lobby) == []


def test_a_judge_call_is_news_within_a_second() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    desk = judge(house)
    desk.do("game_list", {"subscribe": True})
    desk.take()
    match.anna.do("judge_call", {"op": "call"})
    house.wait(0.5)
    assert [t["games"][0]["judge"]["name"] for t in news(desk)] == [""]
    match.anna.do("judge_call", {"op": "cancel"})
    house.wait(0.5)
    assert [t["games"][0]["judge"] for t in news(desk)] == [None]


def test_who_may_see_it_no_more_is_told_that_it_is_gone() -> None:
    house = House(limits=FREELY)
    lobby, desk = house.person(), judge(house)
    match = Match(house)
    for guest in (lobby, desk):
        guest.do("game_list", {"subscribe": True})
        guest.take()
    match.anna.do("score_update", SCORE)
    match.host.do("settings_update", {"key": "visibility", "value": "link"})
    house.wait(NEWS_S)
    assert news(lobby) == [{"games": [], "whole": False, "gone": [match.id]}]
    assert [t["games"][0]["visibility"] for t in news(desk)] == ["link"]
    match.anna.do("score_update", SCORE)
    house.wait(NEWS_S)
    assert news(lobby) == []
    assert [t["games"][0]["score1"] for t in news(desk)] == [2]
    match.host.do("settings_update", {"key": "visibility", "value": "listed"})
    match.host.do("game_end", {"op": "abandon"})
    house.wait(NEWS_S)
    (line,) = news(lobby)[0]["games"]
    assert (line["status"], line["result"]["how"]) == ("ended", "abandoned")
    lobby.do("game_list", {"subscribe": False})
    match.host.do("game_end", {"op": "reopen"})
    house.wait(NEWS_S)
    assert news(lobby) == []


@pytest.mark.parametrize("cold", [False, True])
def test_what_the_organiser_hides_and_shows_again(cold: bool) -> None:
    house = House(limits=FREELY)
    match = Match(house)
    boss, lobby = house.person(), house.person()
    boss.connect("venue", key=house.official())
    for guest in (lobby, boss):
        guest.do("game_list", {"subscribe": True})
        guest.take()
    if cold:
        house.registry.rooms.pop(match.id)
    boss.do("hide_game", {"game": match.id})
    boss.do("hide_game", {"game": "elsewhere"})
    house.wait(NEWS_S)
    assert [told["gone"] for told in news(lobby)] == [[match.id]]
    assert [[g["hidden"] for g in told["games"]] for told in news(boss)] == [[True]]
    assert lines(lobby) == {}
    assert lines(boss)[match.id]["hidden"] is True
    boss.do("hide_game", {"game": match.id, "hidden": False})
    house.wait(NEWS_S)
    assert [told["games"][0]["version"] for told in news(lobby)] == [match.version]


def test_games_stay_cold_while_nobody_watches_the_list() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    boss = house.person()
    boss.connect("venue", key=house.official())
    house.registry.rooms.pop(match.id)
    boss.do("hide_game", {"game": match.id})
    assert match.id not in house.registry.rooms


def test_a_frozen_sheet_is_told_to_each_as_he_may_see_it() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    lobby, desk = house.person(), judge(house)
    for guest in (lobby, desk):
        guest.do("game_list", {"subscribe": True})
        guest.take()
    match.anna.do("dispute", {"op": "open", "text": "?"})
    match.anna.do("score_update", SCORE)
    house.wait(NEWS_S)
    for guest, score in ((lobby, 0), (desk, 1)):
        (line,) = news(guest)[0]["games"]
        assert (line["score1"], line["disputed"], line["frozen"]) == (score, True, True)
        assert lines(guest)[match.id]["score1"] == score


def test_what_is_signed_has_left_the_list_by_saying_so() -> None:
    house = House(limits=FREELY)
    lobby, match = house.person(), Match(house)
    lobby.do("game_list", {"subscribe": True})
    match.host.do("game_end", {"op": "abandon"})
    for player in (match.anna, match.marek):
        player.do("game_end", {"op": "confirm", "version": match.version})
    house.wait(NEWS_S)
    (line,) = news(lobby)[-1]["games"]
    assert (line["status"], line["signed"]) == ("signed", [1, 2])
    boss = house.person()
    boss.connect("venue", key=house.official())
    boss.do("hide_game", {"game": match.id})
    house.wait(NEWS_S)
    assert news(lobby) == []


def test_a_guest_that_breaks_keeps_the_news_from_nobody() -> None:
    class Broken:
        def listed(self, news: Mapping[str, News]) -> None:
            raise RuntimeError("it breaks")

        def look_again(self) -> None: ...

    house = House(limits=FREELY)
    house.registry.lobby.guests.add(Broken())
    lobby = house.person()
    lobby.do("game_list", {"subscribe": True})
    Match(house)
    with failures() as found:
        house.wait(NEWS_S)
    assert len(found) == 1
    assert len(news(lobby)) == 1


def test_a_server_that_stops_tells_no_more_news() -> None:
    house = House(limits=FREELY)
    lobby, match = house.person(), Match(house)
    lobby.do("game_list", {"subscribe": True})
    match.anna.do("score_update", SCORE)
    house.registry.close()
    match.anna.do("score_update", SCORE)
    assert house.reactor.getDelayedCalls() == [] or news(lobby) == []
    house.wait(10)
    assert news(lobby) == []


def test_who_is_told_that_somebody_has_gone_hears_when_he_is_back() -> None:
    house = House(limits=FREELY)
    match = Match(house)
    early, late = house.person(), house.person()
    early.do("game_list", {"subscribe": True})
    match.anna.do("score_update", SCORE)
    house.wait(NEWS_S)
    assert [t["games"][0]["seats"]["player1"] for t in news(early)] == ["live"]
    again = match.anna.again()
    assert lines(late, subscribe=True)[match.id]["seats"]["player1"] == "gone"
    again.connect(match.id)
    house.registry.lobby.present(match.room)
    house.wait(NEWS_S)
    for guest in (early, late):
        assert [t["games"][0]["seats"]["player1"] for t in news(guest)] == ["live"]
    house.registry.lobby.present(match.room)
    house.wait(NEWS_S)
    assert news(early) == []


# ------------------------------------------------------------------------------- pages


def test_the_list_has_pages() -> None:
    house = House(limits=FREELY)
    host = house.person()
    ids = sorted(Match(house).id for _ in range(5))
    page = host.do("game_list", {"limit": 2})["data"]
    found = [g["game_id"] for g in page["games"]]
    while page.get("next"):
        page = host.do("game_list", {"limit": 2, "after": page["next"]})["data"]
        assert page["whole"] is False
        found += [g["game_id"] for g in page["games"]]
    assert found == ids
    assert host.do("game_list", {"status": ["waiting"]})["data"]["games"] == []
