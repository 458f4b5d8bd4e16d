"""What the screens before play say, and what they remember of dice and boxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from twisted.internet.defer import Deferred, succeed

from gamesync.domain import commands as c
from gamesync.table.before import (
    announcements,
    at_table,
    clock_name,
    listed,
    match_line,
    progress,
    resume_line,
    short_name,
    time_before,
)
from gamesync.table.dice import Dice
from gamesync.table.finding import Finder
from gamesync.table.seen import seen
from gamesync.table.texts import Words

from ..client.kit import Table

WORDS = Words("en")
GAME: dict[str, Any] = {
    "game_id": "g1",
    "status": "playing",
    "player1_name": "Anna",
    "player2_name": "",
    "score1": 12,
    "score2": 8,
    "round": 3,
    "rounds": 5,
    "table": "Table 4",
}


def device(player: int, link: str = "") -> dict[str, Any]:
    return {"id": "d", "role": "player", "player": player, "name": ""} | (
        {"link": link} if link else {}
    )


@pytest.mark.parametrize(
    ("name", "ready", "held", "link", "said"),
    [
        ("", False, False, "", "progress_missing"),
        ("Marek", False, False, "", "progress_at_table"),
        ("", False, True, "", "progress_scanned"),
        ("", False, True, "live", "progress_scanned"),
        ("Marek", False, True, "lost", "progress_named"),
        ("Marek", False, True, "gone", "progress_gone"),
        ("Marek", True, True, "gone", "progress_ready"),
    ],
)
def test_how_far_a_player_has_come(
    name: str, ready: bool, held: bool, link: str, said: str
) -> None:
    players = [{"name": "Anna", "ready": True}, {"name": name, "ready": ready}]
    state = {"players": players, "devices": [device(1)] + ([device(2)] if held else [])}
    presence = {"devices": [device(1, "live")] + ([device(2, link)] if link else [])}
    assert progress(state, presence, 2, WORDS) == WORDS(said)


@pytest.mark.parametrize(
    ("names", "phones", "nobody"),
    [
        (("", ""), (), [1, 2]),
        (("Anna", ""), (), [2]),
        (("", "Marek"), (1,), []),
        (("", ""), (2,), [1]),
        (("Anna", "Marek"), (1, 2), []),
    ],
)
def test_of_whom_nothing_is_known(
    names: tuple[str, str], phones: tuple[int, ...], nobody: list[int]
) -> None:
    state = {"players": [{"name": n} for n in names], "devices": [device(p) for p in phones]}
    assert at_table(state) == nobody


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("", "Player 1"),
        ("Anna", "Anna"),
        ("Marek von Hohenstein", "Marek"),
        ("Maximilian-Alexander von Hohenstein", "Maximilian-Alexander"),
        ("Marekvonhohensteinunddraussen", "Marekvonhohenstei…"),
    ],
)
def test_a_long_name_is_shortened_for_a_key(name: str, short: str) -> None:
    assert short_name({"players": [{"name": name}, {"name": "B"}]}, 1, WORDS) == short


@pytest.mark.parametrize(
    ("clock", "name"),
    [
        ({"mode": "none"}, "No clock"),
        ({"mode": "up"}, "Stopwatch"),
        ({"mode": "down", "budget_ms": 5_400_000}, "90 min each"),
        (
            {"mode": "down", "budget_ms": 900_000, "increment_ms": 10_000},
            "15 min each, +10 s a turn",
        ),
        (
            {"mode": "down", "budget_ms": 5_100_000, "neutral_budget_ms": 600_000},
            "85 min each, 10 min shared",
        ),
    ],
)
def test_what_a_clock_is_called(clock: dict[str, Any], name: str) -> None:
    assert clock_name(clock, WORDS) == name


def test_a_match_of_the_list() -> None:
    names, where, score = match_line(GAME, WORDS)
    assert (names, where, score) == ("Anna – Player 2", "Table 4 · Round 3 of 5", "12 : 8")
    waiting = GAME | {"status": "waiting", "table": ""}
    assert match_line(waiting, WORDS)[1:] == ("Waiting for players", "")
    endless = GAME | {"rounds": 0}
    assert match_line(endless, WORDS)[1] == "Table 4 · Round 3"


def test_the_list_has_what_is_on_first() -> None:
    statuses = ("signed", "ended", "waiting", "playing")
    games = {s: GAME | {"game_id": s, "status": s} for s in statuses}
    assert [game["game_id"] for game in listed(games)] == ["playing", "waiting", "ended"]


def test_the_match_that_was_on_before() -> None:
    table = Table()
    assert resume_line(table.state, WORDS) == ("Anna – Marek", "Waiting for players")
    table.playing()
    assert resume_line(table.state, WORDS) == ("Anna – Marek", "Round 1 of 5 · 0 : 0")


def test_announcements_for_a_table_without_a_match() -> None:
    def said(text: str, to: str, target: str = "", until: int | None = None) -> dict[str, Any]:
        return {"text": text, "to": to, "target": target, "until": until}

    hall = {
        "announcements": [
            said("lunch", "all", until=2_000),
            said("you", "table", "t1"),
            said("others", "table", "t2"),
            said("an event", "event", "e1"),
        ]
    }
    assert announcements(hall, "t1", 1_000) == ["lunch", "you"]
    assert announcements(hall, "t1", 3_000) == ["you"]
    assert announcements(hall, "", None) == ["lunch"]
    assert announcements(None, "t1", 0) == []


def test_time_that_runs_before_play() -> None:
    table = Table()
    assert time_before(table.state, None, 0, WORDS) == ""
    state = table.state
    assert time_before(state, seen(state, 0), 0, WORDS) == ""
    table.do(c.StartClock(), 1_000)
    state = table.state
    assert time_before(state, seen(state, 66_000), 66_000, WORDS) == "Set-up time 1:05"
    assert time_before(state, seen(state, 66_000), None, WORDS) == "Set-up time 0:00"
    # Where set-up is on the players' own time.
    state["clock"] |= {"side": 2, "at": 66_000}
    shown = time_before(state, seen(state, 76_000), 76_000, WORDS)
    assert shown == "Marek’s clock: 0:10"


# -- dice


def rolled(player: int, die: int, step: str = "s") -> dict[str, Any]:
    return {"fact": "rolled", "step": step, "player": player, "die": die}


def test_dice_stay_to_be_seen() -> None:
    dice = Dice()
    assert dice.get("s") == {}
    dice.told([rolled(1, 4), {"fact": "cell_set"}])
    dice.told([rolled(2, 4)])
    assert dice.get("s") == {1: 4, 2: 4}
    dice.told([rolled(2, 6)])  # it was a tie
    assert dice.get("s") == {2: 6}
    dice.told([rolled(1, 5), rolled(1, 1, "other")])
    assert (dice.get("s"), dice.get("other")) == ({1: 5, 2: 6}, {1: 1})


@pytest.mark.parametrize(
    "fact", [{"fact": "roll_decided", "step": "s"}, {"fact": "undone"}, {"fact": "setup_skipped"}]
)
def test_dice_that_do_not_count_are_not_shown(fact: dict[str, Any]) -> None:
    dice = Dice()
    dice.told([rolled(1, 4), rolled(2, 3)])
    dice.told([fact])
    assert dice.get("s") == {}


# -- boxes


@attrs.frozen
class Box:
    name: str
    url: str = "ws://10.0.0.2:8765/"


class Looks:
    """Whoever looks for boxes; it is told what it finds."""

    def __init__(self, _: object = None) -> None:
        self.found: Callable[[tuple[Any, ...]], object] | None = None

    def start(self, found: Callable[[tuple[Any, ...]], object], /) -> None:
        self.found = found

    def stop(self) -> Deferred[None]:
        self.found = None
        return succeed(None)


def test_a_box_that_is_alone_for_a_while() -> None:
    made: list[Looks] = []
    now, told = [0.0], []

    def looks(_: object) -> Looks:
        made.append(Looks())
        return made[-1]

    finder = Finder(None, lambda: told.append(finder.boxes), lambda: now[0], looks)
    assert (finder.able, finder.alone_for_ms) == (None, None)
    finder.start()
    finder.start()
    assert finder.able
    [only] = made
    found = only.found
    assert found is not None
    now[0] = 1_000
    found((Box("a"),))
    now[0] = 4_000
    found((Box("a"),))
    assert finder.alone_for_ms == 3_000
    found((Box("a"), Box("b")))
    alone: list[float | None] = [finder.alone_for_ms]
    found((Box("b"),))
    alone.append(finder.alone_for_ms)
    assert alone == [None, 0]
    assert [len(boxes) for boxes in told] == [1, 2, 1]
    finder.stop()
    found((Box("a"),))  # it was on its way
    assert finder.boxes == ()
    finder.start()
    assert len(made) == 2


def test_a_screen_that_cannot_look() -> None:
    finder = Finder(None, lambda: None, lambda: 0.0, lambda _: None)
    finder.start()
    assert finder.able is False
    finder.stop()
