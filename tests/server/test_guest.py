"""One connection's look at the list: whose eyes, how much at once, and what waits for it."""

from __future__ import annotations

from typing import Any

import pytest

from gamesync.hosting import Hosting
from gamesync.limits import Limits
from gamesync.lobby import NEWS_WAIT_MS
from gamesync.store import Unavailable

from ..house import House, Match, Message, Person
from .kit import failures

FREELY = Limits(commands_per_second=1_000, commands_burst=10_000)
PLENTY = Hosting(a_device=1_000, an_address=1_000)
SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}
MOST = FREELY.outbound_message_bytes


def lists(person: Person) -> list[Message]:
    """The lists that came since the last look, with the size of each message."""
    frames = person.line.frames[person._read :]
    assert all(len(frame) <= MOST for frame in frames)
    return [message["data"] for message in person.of("game_list")]


def ids(told: Message) -> list[str]:
    return [game["game_id"] for game in told["games"]]


def crowded(number: int) -> tuple[House, list[str]]:
    """A house with many games whose lines are long, and their ids in order."""
    house = House(limits=FREELY, hosting=PLENTY)
    host = house.person()
    long = "ß" * 40
    made = [
        host.create(player1_name=long, player2_name=long, table=long)["game_id"]
        for _ in range(number)
    ]
    for game_id in made:
        host.do("judge_call", {"op": "call", "note": '"' * 200}, game_id)
    return house, sorted(made)


def test_a_page_and_its_changes_fit_into_messages() -> None:
    house, games = crowded(100)
    desk = house.person()
    page = desk.do("game_list", {"limit": 100, "subscribe": True})["data"]
    assert 1 < len(page["games"]) < 100
    found = ids(page)
    while page.get("next"):
        assert page["next"] == found[-1]
        page = desk.do("game_list", {"limit": 100, "after": page["next"]})["data"]
        found += ids(page)
    assert found == games
    lists(desk)
    for game_id in games:
        house.registry.lobby.note(house.room(game_id))
    house.registry.lobby.tell()
    told = lists(desk)
    assert len(told) > 1
    assert [game_id for each in told for game_id in ids(each)] == games
    assert [each["whole"] for each in told] == [False] * len(told)


def test_who_becomes_an_official_is_sent_the_list_anew_and_who_is_none_any_more() -> None:
    house = House(limits=FREELY)
    key = house.official("judge", "Tom")
    listed, link = Match(house), Match(house, options={"visibility": "link"})
    tom = house.person()
    tom.connect()
    tom.do("game_list", {"subscribe": True, "limit": 1, "after": "-", "status": ["playing"]})
    assert link.id not in ids(lists(tom)[-1])
    tom.connect("venue", key=key)
    (page,) = lists(tom)
    both = sorted([listed.id, link.id])
    assert (page["whole"], ids(page), page["next"]) == (True, both[:1], both[0])
    only_listing = house.person()  # who watches the venue, too, is let go when he is revoked
    only_listing.connect(token=tom.token)
    only_listing.do("game_list", {"subscribe": True})
    assert ids(lists(only_listing)[-1]) == both
    organiser = house.person()
    organiser.connect("venue", key=house.official())
    assert lists(only_listing) == []  # nothing has changed for him
    organiser.do("official", {"op": "revoke", "official": "o1"})
    (page,) = lists(only_listing)
    assert (page["whole"], ids(page)) == (True, [listed.id])


def test_a_token_that_is_an_official_s_opens_his_eyes() -> None:
    house = House(limits=FREELY)
    tom = house.person()
    tom.connect("venue", key=house.official("judge", "Tom"))
    link = Match(house, options={"visibility": "link"})
    again = house.person()
    again.do("game_list", {"subscribe": True})
    assert ids(lists(again)[-1]) == []
    again.connect(token=tom.token)
    assert [ids(page) for page in lists(again)] == [[link.id]]


def test_news_waits_for_who_does_not_read() -> None:
    house = House(limits=FREELY)
    lobby = house.person()
    lobby.do("game_list", {"subscribe": True})
    lobby.take()
    lobby.line.jammed = True
    match, over = Match(house), Match(house)
    house.wait(NEWS_WAIT_MS / 1000)
    match.anna.do("score_update", SCORE)
    over.host.do("settings_update", {"key": "visibility", "value": "link"})
    house.wait(NEWS_WAIT_MS / 1000)
    assert lobby.take() == []
    lobby.line.jammed = False
    lobby.session.drained()
    (told,) = lists(lobby)
    assert [g["score1"] for g in told["games"]] == [1]
    assert told["gone"] == [over.id]
    lobby.session.drained()
    assert lists(lobby) == []


def test_who_did_not_read_when_his_eyes_changed_gets_the_list_anew_later() -> None:
    house = House(limits=FREELY)
    key, match = house.official("judge", "Tom"), Match(house)
    tom = house.person()
    tom.connect()
    tom.do("game_list", {"subscribe": True})
    tom.line.jammed = True
    match.anna.do("score_update", SCORE)
    tom.connect("venue", key=key)
    house.wait(NEWS_WAIT_MS / 1000)
    assert len(lists(tom)) == 1  # the answer of before
    tom.line.jammed = False
    tom.session.drained()
    (page,) = lists(tom)
    assert (page["whole"], page["games"][0]["score1"]) == (True, 1)
    match.anna.do("score_update", SCORE)
    house.wait(NEWS_WAIT_MS / 1000)
    assert [t["games"][0]["score1"] for t in lists(tom)] == [2]


def test_who_is_subscribed_no_more_hears_nothing() -> None:
    house = House(limits=FREELY)
    lobby = house.person()
    lobby.do("game_list", {"subscribe": True})
    lobby.do("game_list", {"subscribe": False})
    lists(lobby)
    Match(house)
    house.wait(NEWS_WAIT_MS / 1000)
    lobby.connect("venue", key=house.official())
    assert lists(lobby) == []


def test_who_cannot_be_sent_the_list_anew_has_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house = House(limits=FREELY)
    key = house.official("judge", "Tom")
    for error, logged in ((Unavailable("gone"), 0), (RuntimeError("broken"), 1)):
        tom = house.person()
        tom.connect()
        tom.do("game_list", {"subscribe": True})

        async def no_games(*_: Any, error: Exception = error) -> Any:
            raise error

        with monkeypatch.context() as broken, failures() as found:
            broken.setattr(house.registry, "games", no_games)
            tom.say("connect", {"key": key}, "venue")
        assert (len(found), tom.line.gone[0]) == (logged, 1011)
