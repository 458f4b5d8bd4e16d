"""Memory, log and tables: compared game by game, and each difference is found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import msgspec
import pytest
from twisted.internet.defer import Deferred

from gamesync.domain.events import Entry
from gamesync.server import consistency
from gamesync.server.consistency import EVERY_S, FIRST_S, Consistency
from gamesync.store import VENUE, Saved, Unavailable
from gamesync.testing import InlineThreads

from ..house import House, Match
from .kit import log_entries

SCORE: dict[str, Any] = {"player": 1, "category": "secondary", "delta": 1}


def compared(house: House, checker: Consistency | None = None) -> Consistency:
    """One whole look, with the pauses that it makes."""
    checker = checker or Consistency(house.hub)
    checker.ask()
    while checker.looking:
        house.wait(1)
    return checker


def played(house: House) -> Match:
    match = Match(house)
    match.anna.do("score_update", SCORE)
    house.wait(3)
    match.anna.do("undo")
    match.anna.do("turn_change")
    return match


def spoil(house: House, change: Callable[[Saved], Saved], game_id: str) -> None:
    """What the store says of one game is not what it was told."""
    read = house.store.inner.read

    def reads(asked: str, since: int = 0) -> Deferred[Saved | None]:
        done: Deferred[Saved | None] = read(asked, since)
        if asked == game_id:
            done.addCallback(lambda saved: saved and change(saved))
        return done

    house.store.read = reads


def test_what_is_as_it_should_be() -> None:
    house = House()
    house.official()
    for _ in range(3):
        played(house)
    played(house).host.hang_up()
    checker = Consistency(house.hub)
    assert (checker.last, checker.differing) == (None, ())
    with log_entries() as entries:
        compared(house, checker)
    assert checker.last == consistency.Found(at=house.wall(), games=5)
    (said,) = [entry for entry in entries if "differing" in entry]
    assert (said["games"], said["differing"]) == (5, 0)


def test_games_that_nobody_has_open_are_looked_at_too() -> None:
    house = House()
    match = Match(house, begun=False)
    for person in (match.host, match.anna, match.marek):
        person.hang_up()
    house.wait(61)
    result = house.registry.sweep()
    Deferred.fromCoroutine(result)
    assert match.id not in house.registry.rooms
    found = compared(house).last
    assert found is not None
    assert (found.games, found.differing) == (2, ())
    assert match.id not in house.registry.rooms


def _score_in_memory(house: House, match: Match) -> None:
    stream = match.room.stream
    stream.game = msgspec.structs.replace(stream.game, table="Table 9")


def _state(house: House, match: Match) -> None:
    def change(saved: Saved) -> Saved:
        return attrs.evolve(saved, state=saved.state.replace(b'"Anna"', b'"Hanna"'))

    spoil(house, change, match.id)


def _version(house: House, match: Match) -> None:
    spoil(house, lambda saved: attrs.evolve(saved, version=saved.version - 1), match.id)


def _log(house: House, match: Match) -> None:
    def change(saved: Saved) -> Saved:
        kept: tuple[Entry, ...] = saved.entries[:-1]
        return attrs.evolve(saved, entries=kept)

    spoil(house, change, match.id)


def _no_log(house: House, match: Match) -> None:
    spoil(house, lambda saved: attrs.evolve(saved, entries=()), match.id)


def _swapped(house: House, match: Match) -> None:
    def change(saved: Saved) -> Saved:
        first, second, *rest = saved.entries
        return attrs.evolve(saved, entries=(second, first, *rest))

    spoil(house, change, match.id)


def _one_fact(house: House, match: Match) -> None:
    def change(saved: Saved) -> Saved:
        entries = [
            msgspec.structs.replace(entry, at_ms=entry.at_ms + 1_000)
            if entry.type == "turn_change"
            else entry
            for entry in saved.entries
        ]
        return attrs.evolve(saved, entries=tuple(entries))

    spoil(house, change, match.id)


@pytest.mark.parametrize(
    ("fault", "what"),
    [
        (_score_in_memory, "memory against the tables"),
        (_state, "the log and memory against the tables"),
        (_version, "memory is at version"),
        (_log, "the log is at version"),
        (_no_log, "the log is empty"),
        (_swapped, "the log cannot be folded"),
        (_one_fact, "the log against the tables"),
    ],
)
def test_each_difference_is_found_and_named(
    fault: Callable[[House, Match], None], what: str
) -> None:
    house = House()
    sound, match = played(house), played(house)
    fault(house, match)
    with log_entries() as entries:
        checker = compared(house)
    assert checker.differing == (match.id,)
    (said,) = [entry for entry in entries if "what" in entry]
    assert said["what"].startswith(what)
    assert (said["game"], said["log_level"].name) == (match.id, "error")
    assert sound.id not in checker.differing


def test_the_venue_is_compared_too() -> None:
    house = House()
    house.official(name="Olga")
    spoil(
        house,
        lambda saved: attrs.evolve(saved, state=saved.state.replace(b"Olga", b"Otto")),
        VENUE,
    )
    assert compared(house).differing == (VENUE,)


def test_a_room_that_has_to_be_read_again_is_not_held_against_the_tables() -> None:
    house = House()
    match = played(house)
    house.store.made_fails = [Unavailable("it may have been made")]
    match.anna.say("score_update", SCORE)
    assert house.registry.commits.unsure(match.room)
    assert compared(house).differing == ()


def test_long_logs_are_folded_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    match = played(house)
    monkeypatch.setattr(consistency, "AT_ONCE", 2)
    used: list[object] = []

    def pool() -> InlineThreads:
        used.append(1)
        return InlineThreads()

    monkeypatch.setattr(house.reactor, "getThreadPool", pool, raising=False)
    assert compared(house).differing == ()
    assert len(used) == 1
    _state(house, match)
    assert compared(house).differing == (match.id,)


def test_play_goes_on_between_two_games() -> None:
    house = House()
    matches = [played(house) for _ in range(4)]
    checker = Consistency(house.hub)
    checker.ask()
    seen = 0
    while checker.looking:
        for match in matches:
            match.host.do("score_update", {**SCORE, "delta": 1 if seen % 2 == 0 else -1})
        seen += 1
        house.wait(0.1)
    assert seen >= 4
    assert checker.differing == ()


def test_a_store_that_is_away_ends_the_look_and_the_last_one_stands() -> None:
    house = House()
    checker = compared(house)
    last = checker.last
    house.store.read_fails = [Unavailable("gone")]
    compared(house, checker)
    assert checker.last is last


def test_a_fault_of_the_comparison_itself_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    checker = Consistency(house.hub)
    monkeypatch.setattr(checker, "_ids", lambda: 1 / 0)
    with log_entries() as entries:
        checker.ask()
    assert [entry["log_format"] for entry in entries] == ["comparing {game} broke"]
    assert not checker.looking


def test_it_looks_by_itself_every_hour_until_it_is_stopped() -> None:
    house = House()
    checker = Consistency(house.hub)
    looks: list[object] = []

    def wait(seconds: float) -> int:
        """How many looks there have been."""
        house.wait(seconds)
        house.wait(1)
        if checker.last is not None and not any(checker.last is look for look in looks):
            looks.append(checker.last)
        return len(looks)

    checker.start()
    assert wait(FIRST_S - 2) == 0
    assert wait(1) == 1
    assert wait(EVERY_S) == 2
    checker.stop()
    assert wait(2 * EVERY_S) == 2


def test_a_stop_ends_a_look() -> None:
    house = House()
    played(house)
    checker = Consistency(house.hub)
    checker.ask()
    checker.ask()
    house.hub.stopping = True
    house.wait(1)
    assert (checker.looking, checker.last) == (False, None)
