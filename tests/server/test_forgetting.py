"""People are forgotten in time, and when they ask; nobody else notices."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred

from gamesync.domain.values import Refused
from gamesync.server import forgetting as f
from gamesync.server.forgetting import Forgetting, doings
from gamesync.server.games import game_tag
from gamesync.storage.copying import trial
from gamesync.testing import FakeClocks, InlineReactor

from ..house import House, Match, Person
from ..storage.played import SECRETS, cup, over

DAY = 86_400.0
PLAYED = 1_795_370_400.0
"""2026-11-22T18:00:00Z, when everything in a house happens."""


class Box:
    """A house on a disk, a year and a day after it was played in."""

    def __init__(self, folder: Path, days: int = 365) -> None:
        self.path = str(folder / "game_state.db")
        self.reactor = InlineReactor()
        self.house = House(self.path, reactor=self.reactor, clocks=FakeClocks(self.reactor))
        self.wall = PLAYED + 366 * DAY
        self.forgetting = Forgetting(
            self.reactor,
            self.house.registry,
            self.house.inner,
            days,
            wall=lambda: self.wall + self.reactor.seconds(),
        )
        self.forgetting.startService()

    def told(self, done: Any) -> Any:
        """What a coroutine comes to that waits for nothing but time."""
        heard: list[Any] = []
        Deferred.fromCoroutine(done).addCallbacks(heard.append, lambda f: heard.append(f.value))
        for _ in range(200):
            if heard:
                return heard[0]
            self.reactor.advance(0.1)
        raise AssertionError("it has not come to an end")

    def hour(self) -> None:
        self.reactor.advance(f.LOOK_S)
        for _ in range(20):
            self.reactor.advance(0.1)

    def bytes(self) -> bytes:
        """All that is on the disk."""
        folder = Path(self.path).parent
        return b"".join(p.read_bytes() for p in folder.iterdir() if p.name.startswith("game_"))

    def has(self, *texts: str) -> list[bool]:
        data = self.bytes()
        return [text.encode() in data for text in texts]

    def close(self) -> None:
        self.forgetting.stopService()
        self.house.close()
        assert trial(self.path).findings == ()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    made = Box(tmp_path)
    yield made
    made.close()


def names(person: Person, game: str) -> list[str]:
    state = person.ask("game_state", {}, game)["data"]["state"]
    return [player["name"] for player in state["players"]]


def test_after_a_year_nobody_is_known_and_all_scores_are(box: Box) -> None:
    match = over(box.house)
    before = [match.version, match.room.game.result, match.room.game.cells.keys()]
    olga, event, _ = cup(box.house)
    olga.do("event", {"op": "close", "event": event}, "venue")
    assert all(box.has(*SECRETS))
    box.hour()
    assert box.forgetting.forgotten == 1
    assert box.has(*SECRETS) == [False] * len(SECRETS)
    assert box.has("Player 1", "Orks", "Cup") == [True] * 3
    assert [match.version, match.room.game.result, match.room.game.cells.keys()] == before
    box.hour()
    assert box.forgetting.forgotten == 1


def test_who_watches_sees_it_happen(box: Box) -> None:
    match = over(box.house)
    watcher = match.watcher()
    desk = box.house.person()
    lines = desk.ask("game_list", {})["data"]["games"]
    assert [line["player1_name"] for line in lines] == ["Anna"]
    watcher.take()
    box.hour()
    assert "Anna" not in json.dumps(watcher.take())
    assert names(watcher, match.id) == ["Player 1", "Player 2"]
    lines = desk.ask("game_list", {})["data"]["games"]
    assert [line["player1_name"] for line in lines] == ["Player 1"]
    # … and a command that comes then is decided on the log as it is.
    match.host.ask("judge_call", {"op": "call"}, match.id)
    assert names(watcher, match.id) == ["Player 1", "Player 2"]


def test_what_is_younger_stays(box: Box) -> None:
    over(box.house)
    olga, event, _ = cup(box.house)
    olga.do("event", {"op": "close", "event": event}, "venue")
    box.wall = PLAYED + 364 * DAY
    box.forgetting.startService()
    box.hour()
    assert all(box.has(*SECRETS))


def test_an_event_that_goes_on_keeps_its_people(box: Box) -> None:
    cup(box.house)
    box.hour()
    assert box.has(SECRETS[2]) == [True]


def test_a_wrong_date_costs_no_names(box: Box) -> None:
    """The box comes up in 1970, and is put right; or somebody mistypes the year."""
    over(box.house)
    box.wall += 10 * 365 * DAY
    box.hour()
    assert box.has("Anna") == [True]
    box.wall -= 10 * 365 * DAY + 365 * DAY
    box.hour()
    assert box.has("Anna") == [True]
    box.hour()  # the right date, an hour long: a day after it was played
    assert box.has("Anna") == [True]
    box.wall += 365 * DAY
    box.hour()
    assert box.has("Anna") == [True]
    box.hour()
    assert box.has("Anna") == [False]


def test_never_is_never(tmp_path: Path) -> None:
    box = Box(tmp_path, days=0)
    over(box.house)
    box.hour()
    assert box.has("Anna") == [True]
    box.close()


def test_a_store_that_takes_nothing_is_no_end_of_it(box: Box) -> None:
    over(box.house)
    box.house.inner.distrusted = "gone"
    box.hour()
    assert box.has("Anna") == [True]
    box.house.inner.distrusted = ""
    assert box.house.registry.commits._held is False
    box.hour()
    assert box.has("Anna") == [False]


def test_one_game_is_forgotten_at_once(box: Box) -> None:
    first, second = over(box.house), over(box.house)
    tags = [game_tag(box.house.hub, match.room) for match in (first, second)]
    assert box.told(box.forgetting.erase_game(first.id)) is True
    assert box.told(box.forgetting.erase_game(first.id)) is False
    assert names(first.watcher(), first.id) == ["Player 1", "Player 2"]
    assert names(second.watcher(), second.id) == ["Anna", "Marek"]
    # What somebody has kept of it is no longer the newest, though the version is.
    assert game_tag(box.house.hub, first.room) != tags[0]
    assert game_tag(box.house.hub, second.room) == tags[1]


def test_one_person_is_forgotten_everywhere(box: Box) -> None:
    matches = [over(box.house), over(box.house)]
    cup(box.house)
    games, people = box.told(box.forgetting.erase_person("anna"))
    assert (sorted(games), people) == (sorted(match.id for match in matches), 0)
    for match in matches:
        assert names(match.watcher(), match.id) == ["Player 1", "Marek"]
    assert box.has("Anna") == [False]
    assert box.told(box.forgetting.erase_person("ZOFIA nowak")) == ([], 1)
    assert box.has("Zofia") == [False]
    gone = box.told(box.forgetting.erase_person("Anna"))
    assert isinstance(gone, Refused)
    assert str(gone) == "nobody was ever called 'Anna' in a game or an event"


def test_who_plays_is_not_forgotten(box: Box) -> None:
    match = Match(box.house)
    for asked in (box.forgetting.erase_game(match.id), box.forgetting.erase_person("Anna")):
        refused = box.told(asked)
        assert (type(refused), refused.code) == (Refused, "not_now")
    assert box.told(box.forgetting.erase_game("none")).code == "not_found"
    assert box.has("Anna") == [True]


def test_what_the_control_socket_is_told(box: Box) -> None:
    match = over(box.house)
    asked = doings(box.forgetting)
    told = box.told(asked["erase.person"]({"name": "Marek"}))
    assert told == {"games": [match.id], "participants": 0}
    assert box.told(asked["erase.game"]({"game": match.id})) == {"changed": True}


def test_versions_and_times_stay_and_the_log_is_closed_again(box: Box) -> None:
    match = over(box.house)
    before = [(e.version, e.at_ms, e.wall, e.type, e.by.role) for e in match.room.stream.entries]
    box.told(box.forgetting.erase_game(match.id))
    after = [(e.version, e.at_ms, e.wall, e.type, e.by.role) for e in match.room.stream.entries]
    assert after == before
    heard: list[Any] = []
    assert box.house.inner._pool is not None
    for sql in ("UPDATE events SET at_ms = 1", "DELETE FROM events"):
        done = box.house.inner._pool.runOperation(sql)
        done.addErrback(lambda failure: heard.append(str(failure.value)))
    assert heard == ["the log is append-only"] * 2


def asked(box: Box, sql: str) -> list[Any]:
    """What the database says to that."""
    heard: list[Any] = []
    assert box.house.inner._pool is not None
    box.house.inner._pool.runQuery(sql).addCallback(heard.extend)
    return heard


def test_what_was_answered_goes_and_what_is_overwritten_is_gone(box: Box) -> None:
    """Even where SQLite was not built to wipe what it deletes."""
    match, other = over(box.house), over(box.house)
    asked(box, "PRAGMA secure_delete = OFF")
    count = f"SELECT count(*) FROM answers WHERE scope = '{match.id}'"
    assert asked(box, count)[0][0] > 3
    for each in (match, other):
        box.told(box.forgetting.erase_game(each.id))
    assert asked(box, count) == [(0,)]
    assert box.has(*SECRETS[:2], *SECRETS[3:]) == [False] * 4
