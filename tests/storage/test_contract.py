"""What the rooms may rely on, whichever engine is behind it."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
import pytest
from attrs import evolve
from twisted.internet.defer import CancelledError, Deferred, succeed

from gamesync.domain.state import Game
from gamesync.domain.summary import summaries
from gamesync.store import VENUE, Change, Saved, Store, Unavailable

from .stored import Engine, Venue, answer, awaited, change, entry, game, playing, venue


async def saved(store: Store, game_id: str, since: int = 0) -> Saved:
    found = await store.read(game_id, since)
    assert found is not None
    return found


@awaited
async def test_a_new_store_has_no_past(engine: Engine) -> None:
    store, opened = engine.open()
    boot = await opened
    assert (boot.fresh, boot.last_alive, boot.gap_ms, boot.rebooted) == (True, 0, None, False)
    assert len(boot.epoch) >= 8
    assert store.now() > 0


@awaited
async def test_what_was_committed_is_read_back_whole(store: Store) -> None:
    state = playing(3, score=11)
    made = change("one", state, entries=3, answers=(answer(), answer("command-2", "stale")))
    assert await store.commit([made]) == frozenset()
    found = await saved(store, "one")
    assert found.version == 3
    assert msgspec.json.decode(found.state, type=Game) == state
    assert found.entries == made.entries
    assert set(found.answers) == set(made.answers)


@awaited
async def test_entries_after_a_version(store: Store) -> None:
    await store.commit([change("one", game(4), entries=4)])
    assert [e.version for e in (await saved(store, "one", 2)).entries] == [3, 4]
    assert (await saved(store, "one", 4)).entries == ()


@awaited
async def test_no_such_stream(store: Store) -> None:
    assert await store.read("nobody") is None
    assert await store.read(VENUE) is None


@awaited
async def test_of_two_from_one_base_the_first_wins_and_the_other_leaves_nothing(
    store: Store,
) -> None:
    await store.commit([change("one", game(1))])
    first = change("one", playing(2, score=5))
    late = change(
        "one", playing(3, score=9), entries=2, answers=(answer(),), codes=((b"c", "host"),)
    )
    assert await store.commit([first]) == frozenset()
    assert await store.commit([late]) == {"one"}
    found = await saved(store, "one")
    assert (found.version, len(found.entries), found.answers) == (2, 2, ())
    assert await store.find(b"c") is None


@awaited
async def test_only_the_stale_ones_of_a_group_are_left_out(store: Store) -> None:
    await store.commit([change("one", game(1)), change("two", game(1))])
    group = [change("one", game(2)), change("two", game(3)), change("three", game(1)), venue(2)]
    assert await store.commit(group) == {"two", VENUE}
    assert (await saved(store, "one")).version == 2
    assert (await saved(store, "two")).version == 1
    assert (await saved(store, "three")).version == 1


@awaited
async def test_a_stream_is_made_once(store: Store) -> None:
    assert await store.commit([change("one", game(1, table="A"))]) == frozenset()
    assert await store.commit([change("one", game(1, table="B"))]) == {"one"}
    assert b'"A"' in (await saved(store, "one")).state


@awaited
async def test_a_stream_that_was_stale_stays_so_for_the_rest_of_its_group(store: Store) -> None:
    await store.commit([change("one", game(1))])
    group = [change("one", game(3)), change("one", game(2))]
    assert await store.commit(group) == {"one"}
    assert (await saved(store, "one")).version == 1


@awaited
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Change(game_id="b", base=0, entries=(entry(2),), state=game(1)), ValueError),
        (Change(game_id="b", base=0, entries=(entry(1),), state=game(2)), ValueError),
        (change("b", game(1, table=object())), TypeError),
        (change("a/b", game(1)), sqlite3.IntegrityError),
        (change("b", game(1), codes=((b"c", "host"), (b"c", "player:1"))), sqlite3.IntegrityError),
    ],
)
async def test_one_faulty_change_and_none_is_made(
    store: Store, fault: Change, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await store.commit([change("a", game(1)), fault])
    assert await store.read("a") is None
    assert await store.commit([change("a", game(1))]) == frozenset()


@awaited
async def test_the_first_answer_stands(store: Store) -> None:
    await store.commit([change("one", game(1), answers=(answer(code="ack"),))])
    await store.commit([Change(game_id="one", base=1, answers=(answer(code="refused"),))])
    assert [a.code for a in (await saved(store, "one")).answers] == ["ack"]


@awaited
async def test_an_answer_is_over_at_its_time_and_not_before(engine: Engine, store: Store) -> None:
    ends = store.now() + 5_000
    await store.commit([change("one", game(1), answers=(answer(expires_ms=ends),))])
    engine.time.advance(4.999)
    assert await store.forget() == 0
    assert len((await saved(store, "one")).answers) == 1
    engine.time.advance(0.001)
    assert (await saved(store, "one")).answers == ()
    again = answer(code="refused", expires_ms=ends + 9_000)
    await store.commit([Change(game_id="one", base=1, answers=(again,))])
    assert (await saved(store, "one")).answers == (again,)
    engine.time.advance(9)
    assert await store.forget() == 1
    assert await store.forget() == 0


@awaited
async def test_many_answers_are_forgotten_at_once(engine: Engine, store: Store) -> None:
    answers = tuple(answer(f"command-{n}", expires_ms=2_000) for n in range(5_001))
    await store.commit([change("one", game(1), answers=(*answers, answer("kept")))])
    engine.time.advance(3)
    assert await store.forget() == 5_001
    assert [a.id for a in (await saved(store, "one")).answers] == ["kept"]


@awaited
async def test_answers_alone_need_the_version_that_they_were_given_at(store: Store) -> None:
    refusal = (answer(code="refused"),)
    assert await store.commit([Change(game_id="one", base=0, answers=refusal)]) == frozenset()
    assert await store.read("one") is None  # a refusal makes no stream
    await store.commit([change("one", game(2), entries=2, deadline_ms=1, codes=((b"c", "host"),))])
    assert (await saved(store, "one")).answers == refusal
    stale = Change(game_id="one", base=1, answers=(answer("other"),))
    assert await store.commit([stale]) == {"one"}
    assert await store.commit([Change(game_id="one", base=2)]) == frozenset()
    # … and leave all else as it was
    assert await store.due() == ["one"]
    assert await store.find(b"c") == ("one", "host")


@awaited
async def test_answers_belong_to_one_stream(store: Store) -> None:
    await store.commit([change("one", game(1), answers=(answer(),)), change("two", game(1))])
    assert (await saved(store, "two")).answers == ()


@awaited
async def test_codes_are_those_of_the_last_change(store: Store) -> None:
    await store.commit([change("one", game(1), codes=((b"a", "player:1"), (b"b", "host")))])
    assert await store.find(b"a") == ("one", "player:1")
    await store.commit([change("one", game(2), codes=((b"b", "player:2"), (b"c", "host")))])
    assert await store.find(b"a") is None
    assert await store.find(b"b") == ("one", "player:2")
    assert await store.find(b"c") == ("one", "host")
    await store.commit([change("one", game(3))])
    assert await store.find(b"c") is None


@awaited
async def test_streams_are_due_at_their_deadline(engine: Engine, store: Store) -> None:
    later = store.now() + 1_000
    await store.commit(
        [
            change("one", game(1), deadline_ms=later),
            change("two", game(1), deadline_ms=later - 500),
            change("never", game(1)),
        ]
    )
    assert await store.due() == []
    engine.time.advance(1)
    assert await store.due() == ["two", "one"]
    assert await store.due(limit=1) == ["two"]
    await store.commit([change("two", game(2)), change("one", game(2), deadline_ms=later + 1)])
    assert await store.due() == []


@awaited
async def test_the_venue_is_a_stream_and_can_be_due(store: Store) -> None:
    made = venue(1, settings={"motd": "hello"})
    await store.commit([made])
    found = await saved(store, VENUE)
    assert msgspec.json.decode(found.state, type=Venue) == made.state
    assert found.entries == made.entries
    late = evolve(venue(2), deadline_ms=1)
    assert await store.commit([late, venue(1)]) == {VENUE}
    assert (await saved(store, VENUE)).version == 2
    assert await store.due() == [VENUE]
    assert await store.list_games() == []


@awaited
async def test_the_list_of_games(store: Store) -> None:
    shown = playing(2, score=12, table="7")
    games = {"a": game(1), "b": shown, "c": game(1, status="void"), "d": playing(1)}
    await store.commit([change(k, g, entries=g.version, at_ms=1_500) for k, g in games.items()])
    lines = await store.list_games()
    assert [line.game_id for line in lines] == ["a", "b", "c", "d"]
    assert [line.lines for line in lines] == [summaries(game) for game in games.values()]
    line = lines[1].match
    assert (line.player1_name, line.score1, line.status) == ("Ann", 12, "playing")
    page = await store.list_games(limit=2)
    rest = await store.list_games(after=page[-1].game_id, limit=2)
    assert [line.game_id for line in page + rest] == ["a", "b", "c", "d"]
    some = await store.list_games(["playing", "void"])
    assert [line.game_id for line in some] == ["b", "c", "d"]
    assert await store.list_games(["signed"]) == []


@awaited
async def test_a_restart_finds_everything_and_the_gap(engine: Engine, store: Store) -> None:
    if not engine.lasting:
        pytest.skip("forgets with intent")
    engine.time.advance(20)
    await store.commit([change("one", playing(1), answers=(answer(expires_ms=99_000),))])
    alive = store.now()
    engine.time.advance(1)
    await store.pulse()
    before = await saved(store, "one")
    await store.close()
    engine.time.advance(7)
    again, opened = engine.open()
    boot = await opened
    assert (boot.last_alive, boot.gap_ms) == (alive + 1_000, 7_000)
    assert (boot.fresh, boot.rebooted) == (False, False)
    assert again.now() == alive + 8_000
    assert await saved(again, "one") == before


@awaited
async def test_the_epoch_is_of_the_database_and_not_of_the_server(engine: Engine) -> None:
    if not engine.lasting:
        pytest.skip("forgets with intent")
    epochs = []
    for _ in range(2):
        store, opened = engine.open()
        epochs.append((await opened).epoch)
        await store.close()
    assert epochs[0] == epochs[1]


@awaited
async def test_a_server_that_dies_before_its_first_commit_finds_the_same_gap(
    engine: Engine, store: Store
) -> None:
    if not engine.lasting:
        pytest.skip("forgets with intent")
    await store.pulse()
    alive = store.now()
    await store.close()
    engine.time.advance(60)
    looker, opened = engine.open()
    assert (await opened).last_alive == alive
    # As if it had died here: closed without being told so.
    looker._serving = False
    await looker.close()
    engine.time.advance(60)
    _, opened = engine.open()
    boot = await opened
    assert (boot.last_alive, boot.gap_ms) == (alive, 120_000)


CALLS: list[Any] = [
    lambda store: store.read("one"),
    lambda store: store.commit([change("one", game(1))]),
    lambda store: store.pulse(),
    lambda store: store.list_games(),
    lambda store: store.find(b"c"),
    lambda store: store.due(),
    lambda store: store.forget(),
]


@awaited
@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_is_closed_answers_at_once(store: Store, call: Any) -> None:
    await store.close()
    with pytest.raises(Unavailable):
        await call(store)


@awaited
@pytest.mark.parametrize("call", CALLS)
async def test_a_store_that_is_not_open_answers_at_once(engine: Engine, call: Any) -> None:
    store = engine.store()
    assert store.now() == 0
    with pytest.raises(Unavailable):
        await call(store)
    await store.close()


@awaited
async def test_closing_awaits_what_is_under_way_and_may_be_asked_twice(store: Store) -> None:
    told: list[Any] = []
    for n in range(50):
        store.commit([change(f"game-{n}", game(1))]).addBoth(told.append)
    first, second = store.close(), store.close()
    await first
    assert told == [frozenset()] * 50
    await second
    await store.close()


@awaited
async def test_closing_while_it_opens(engine: Engine) -> None:
    store, opened = engine.open()
    told: list[str] = []
    opened.addCallback(lambda boot: told.append("open" if boot.fresh else "old"))
    await store.close().addCallback(lambda _: told.append("closed"))
    assert told == ["open", "closed"]
    with pytest.raises(Unavailable):
        await store.pulse()


@awaited
async def test_calls_are_carried_out_in_order(store: Store) -> None:
    told: list[tuple[int, frozenset[str]]] = []
    last: Deferred[None] = succeed(None)
    for version in range(1, 41):
        done = store.commit([change("one", game(version))])
        last = done.addCallback(lambda stale, v: told.append((v, stale)), version)
    await last
    assert told == [(version, frozenset()) for version in range(1, 41)]


@awaited
async def test_cancelling_a_commit_does_not_undo_it(store: Store) -> None:
    done = store.commit([change("one", game(1))])
    fired = done.called
    done.cancel()
    if not fired:
        with pytest.raises(CancelledError):
            await done
    assert (await saved(store, "one")).version == 1


@awaited
async def test_nobody_else_commits(store: Store) -> None:
    heard: list[str | None] = []
    store.follow(heard.append)
    await store.commit([change("one", game(1))])
    assert heard == []
