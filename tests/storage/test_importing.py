"""Matches of another box: taken in whole, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gamesync.server.takeout import Whole
from gamesync.storage import importing, known
from gamesync.storage.copying import trial
from gamesync.storage.importing import BadImport, read, take_in
from gamesync.store import VENUE

from ..house import House, Match
from .played import over, play, reopened


def line(match: Match, **changes: Any) -> bytes:
    """As ``gamesync export --form log`` writes it."""
    entries = match.room.stream.entries
    whole = Whole(game_id=match.id, version=len(entries), log=entries)
    told = {**json.loads(msgspec.json.encode(whole)), **changes}
    return json.dumps(told).encode() + b"\n"


@pytest.fixture
def lines() -> list[bytes]:
    house = House()
    made = [line(over(house)), line(over(house))]
    house.close()
    return made


@pytest.fixture
def path(tmp_path: Path) -> str:
    made = str(tmp_path / "game_state.db")
    play(made)
    return made


def test_matches_are_taken_in_once(path: str, tmp_path: Path) -> None:
    other = House(str(tmp_path / "other.db"))
    lines = []
    for _ in range(3):
        Match(other)  # so that ids differ from those of the first box
    matches = [over(other), over(other)]
    lines = [line(match) for match in matches]
    before, epoch = trial(path), known.read(path)
    done = take_in(read(lines), path)
    assert (len(done.added), done.there) == (2, ())
    after, new = trial(path), known.read(path)
    assert after.findings == ()
    assert after.games == before.games + 2
    assert epoch is not None
    assert new is not None
    assert new.epoch != epoch.epoch
    house = reopened(path)
    assert house.boot is not None
    assert house.boot.last_alive == before.game_ms  # the time off is what it was
    watcher = house.person()
    state = watcher.ask("game_state", {}, matches[0].id)["data"]["state"]
    assert [player["name"] for player in state["players"]] == ["Anna", "Marek"]
    house.close()
    other.close()
    again = take_in(read([*lines, b"\n"]), path)
    assert (again.added, len(again.there)) == ((), 2)
    same = known.read(path)
    assert same is not None
    assert same.epoch == new.epoch


def test_one_that_is_there_and_is_another_stops_all(path: str, lines: list[bytes]) -> None:
    take_in(read(lines[:1]), path)
    before = trial(path)
    told = json.loads(lines[0])
    told["log"][-1]["wall"] = "2026-11-22T18:00:01.000Z"
    changes = read([lines[1], json.dumps(told).encode()])
    with pytest.raises(BadImport, match=f"{told['game_id']} is there already, and is another"):
        take_in(changes, path)
    assert trial(path) == before


def test_a_new_database_takes_them_too(tmp_path: Path, lines: list[bytes]) -> None:
    new = str(tmp_path / "new.db")
    assert len(take_in(read(lines), new).added) == 2
    assert trial(new).findings == ()


def test_what_cannot_be_taken_in(lines: list[bytes]) -> None:
    house = House()
    match = over(house)
    going = Match(house)
    log = json.loads(line(match))["log"]
    cases: list[tuple[list[bytes], str]] = [
        ([], "there is no match in it"),
        ([b"\n", b"{}"], "line 2 is not a match in the form `log`"),
        ([b"\xff\xfe"], "line 1 is not a match"),
        ([b"[" * 100_000], "line 1 is not a match"),
        ([line(match, format="gamesync match 2")], "has the format 'gamesync match 2'"),
        ([line(match), line(match)], "line 2 has the game .* a second time"),
        ([line(match, log=log[:-1])], "its log is not complete"),
        ([line(match, log=[], version=0)], "its log is not complete"),
        ([line(match, log=[log[0], *log[2:], log[1]])], "its log is not complete"),
        ([line(match, game_id=VENUE + "/")], "is no id of a game"),
        ([line(match, game_id="")], "is no id of a game"),
        ([line(match, game_id="x" * 65)], "is no id of a game"),
        ([line(match, game_id=VENUE)], "is no id of a game"),
        ([line(match, log=[{**log[1], "version": 1}], version=1)], "does not make a game"),
        ([line(going)], "it is not over"),
    ]
    for given, said in cases:
        with pytest.raises(BadImport, match=said):
            importing.read(given)
    house.close()
