"""The tables that people read: whatever was committed, they say what the state says."""

from __future__ import annotations

import sqlite3
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from twisted.internet.defer import Deferred

from gamesync.domain.profile import GameOptions
from gamesync.domain.state import Game, Result, Shown, Status
from gamesync.domain.summary import summaries
from gamesync.storage import rows
from gamesync.storage.sqlite import SqliteStore
from gamesync.store import Change
from gamesync.testing import memory_store

from .stored import Venue, change, entry, game, playing, venue


def now(done: Deferred[Any]) -> Any:
    told: list[Any] = []
    done.addBoth(told.append)
    assert told, "an inline store has answered by now"
    if hasattr(told[0], "raiseException"):
        told[0].raiseException()
    return told[0]


def table(store: SqliteStore, sql: str) -> list[dict[str, Any]]:
    """What a person would see."""
    assert store._pool is not None

    def ask(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
        found = cursor.execute(sql).fetchall()
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    return now(store._pool.runInteraction(ask))  # type: ignore[no-any-return]


def tell(store: SqliteStore, sql: str) -> None:
    assert store._pool is not None
    now(store._pool.runOperation(sql))


@pytest.fixture
def store() -> SqliteStore:
    return memory_store()


def test_a_game_as_its_rows_say(store: SqliteStore) -> None:
    state = playing(
        2,
        at_ms=1_000,
        table="4",
        created_ms=500,
        options=GameOptions(clock=playing(1).clock.rules, visibility="link"),
    )
    now(store.commit([change("one", game(1), at_ms=400), change("one", state, at_ms=61_000)]))
    (row,) = table(store, "SELECT * FROM game_state")
    assert msgspec.json.decode(row.pop("state"), type=Game) == state
    assert row == {
        "id": 1,
        "game_id": "one",
        "player1_name": "Ann",
        "player2_name": "Bob",
        "current_turn": 1,
        "game_status": "playing",
        "created_at": "2026-03-01 12:00:01.250",
        "updated_at": "2026-03-01 12:00:02.250",
        "version": 2,
        "ruleset": "skirmish",
        "round": 1,
        "active_player": 1,
        "winner": None,
        "shown_score1": 7,
        "shown_score2": 0,
        "visibility": "link",
        "venue_table": "4",
        "created_ms": 500,
        "updated_ms": 61_000,
        "deadline_ms": None,
        "summary": rows.text(summaries(state)),
    }
    scores = table(store, "SELECT player_number, score, cp FROM scores ORDER BY player_number")
    assert [tuple(row.values()) for row in scores] == [(1, 7, 3), (2, 0, 0)]
    timers = table(store, "SELECT player_number, time_remaining, is_running FROM timers")
    # Started with ten minutes at 1 s; a minute later:
    assert [tuple(row.values()) for row in timers] == [(1, 540_000, 1), (2, 600_000, 0)]


def test_sqlite_understands_the_times(store: SqliteStore) -> None:
    now(store.commit([change("one", game(1))]))
    (row,) = table(
        store, "SELECT strftime('%s', updated_at) AS t, date(created_at) AS d FROM game_state"
    )
    assert row == {"t": "1772366401", "d": "2026-03-01"}


@pytest.mark.parametrize(
    ("wall", "shown"),
    [
        ("2026-03-01T12:00:01Z", "2026-03-01 12:00:01"),
        ("2026-03-01T12:00:01.5+00:00", "2026-03-01 12:00:01.5"),
    ],
)
def test_times_look_like_those_of_sqlite(wall: str, shown: str) -> None:
    assert rows.timestamp(wall) == shown


def test_who_won(store: SqliteStore) -> None:
    over = game(1, status="ended", result=Result(how="conceded", winner=2))
    drawn = game(1, status="ended", result=Result(how="draw_agreed", winner=0))
    now(store.commit([change("a", over), change("b", drawn), change("c", game(1))]))
    found = table(store, "SELECT winner FROM game_state ORDER BY game_id")
    assert [row["winner"] for row in found] == [2, 0, None]


def test_a_row_says_since_when_it_has_been_so(store: SqliteStore) -> None:
    for version, score in ((1, 5), (2, 5), (3, 6)):
        now(store.commit([change("one", playing(version, score=score))]))
    found = table(store, "SELECT score, updated_at FROM scores ORDER BY player_number")
    assert [row["updated_at"][17:19] for row in found] == ["03", "01"]
    clocks = table(store, "SELECT updated_at FROM timers ORDER BY player_number")
    assert [row["updated_at"][17:19] for row in clocks] == ["03", "01"]  # 2's stands


def test_a_clock_that_stops_on_the_instant_has_stopped(store: SqliteStore) -> None:
    state = playing(1, at_ms=1_000)
    now(store.commit([change("one", state, at_ms=1_000)]))
    paused = msgspec.structs.replace(state, version=2, clock=state.clock.pause(1_000, "break"))
    now(store.commit([change("one", paused, at_ms=1_000)]))
    clocks = table(store, "SELECT time_remaining, is_running FROM timers ORDER BY player_number")
    assert [tuple(row.values()) for row in clocks] == [(600_000, 0), (600_000, 0)]


def test_rows_keep_their_id(store: SqliteStore) -> None:
    now(store.commit([change("one", game(1, settings={"a": 1})), change("two", game(1))]))
    now(store.commit([change("one", game(2, settings={"a": 2}))]))
    now(store.commit([change("three", game(1, settings={"a": 1}))]))
    for name in ("game_state", "scores", "timers"):
        found = table(store, f"SELECT id, game_id FROM {name} ORDER BY id")
        assert [row["id"] for row in found] == list(range(1, len(found) + 1))
        assert found[0]["game_id"] == "one"
        assert found[-1]["game_id"] == "three"


def test_settings_of_games_and_of_the_venue_stand_apart(store: SqliteStore) -> None:
    now(
        store.commit(
            [
                change("one", game(1, settings={"sound": True, "theme": 'dark "x"'})),
                change("one2", game(1, settings={"sound": None})),
                venue(1, settings={"sound": 3, "motd": "hé"}),
            ]
        )
    )
    sql = "SELECT key, value FROM settings ORDER BY key"
    assert {row["key"]: row["value"] for row in table(store, sql)} == {
        "one/sound": "true",
        "one/theme": '"dark \\"x\\""',
        "one2/sound": "null",
        "sound": "3",
        "motd": '"hé"',
    }
    now(store.commit([change("one", game(2, settings={"theme": "light"}))]))
    now(store.commit([venue(2, settings={"motd": "hé"})]))
    assert {row["key"]: row["value"] for row in table(store, sql)} == {
        "one/theme": '"light"',
        "one2/sound": "null",
        "motd": '"hé"',
    }
    (kept,) = table(store, "SELECT updated_at FROM settings WHERE key = 'motd'")
    assert kept["updated_at"] == "2026-03-01 12:00:01.250"


def test_no_setting_of_the_venue_passes_for_a_games(store: SqliteStore) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        now(store.commit([venue(1, settings={"one/sound": True})]))


def test_the_venue_has_one_row(store: SqliteStore) -> None:
    now(store.commit([venue(1)]))
    log = (entry(2, at_ms=5_000),)
    state = Venue(version=2, settings={})
    now(store.commit([Change(game_id="venue", base=1, entries=log, state=state, deadline_ms=9)]))
    assert table(store, "SELECT * FROM venue") == [
        {
            "game_id": "venue",
            "version": 2,
            "updated_at": "2026-03-01 12:00:02.250",
            "updated_ms": 5_000,
            "deadline_ms": 9,
            "state": '{"version":2,"settings":{}}',
        }
    ]
    with pytest.raises(sqlite3.IntegrityError):
        now(store.commit([change("venues/x", game(1))]))


def test_the_log_says_who_did_what_when(store: SqliteStore) -> None:
    now(store.commit([change("one", game(2), entries=2, at_ms=77)]))
    found = table(store, "SELECT * FROM events ORDER BY version")
    body = found[1].pop("body")
    assert found[1] == {
        "game_id": "one",
        "version": 2,
        "type": "score_update",
        "role": "player",
        "player": 2,
        "device": "phone",
        "command_id": "command-2",
        "at_ms": 77,
        "wall": "2026-03-01T12:00:02.250Z",
    }
    assert msgspec.json.decode(body)["facts"] == [{"fact": "cp_set", "player": 1, "value": 2}]


@pytest.mark.parametrize("sql", ["DELETE FROM events", "UPDATE events SET body = '{}'"])
def test_the_log_is_append_only(store: SqliteStore, sql: str) -> None:
    now(store.commit([change("one", game(1))]))
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        tell(store, sql)
    assert len(table(store, "SELECT * FROM events")) == 1


def test_every_status_of_the_domain_can_be_stored(store: SqliteStore) -> None:
    for status in get_args(Status):
        assert now(store.commit([change(f"is-{status}", game(1, status=status))])) == frozenset()
    with pytest.raises(sqlite3.IntegrityError):
        now(store.commit([change("odd", game(1, status="odd"))]))


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE scores SET player_number = 3",
        "UPDATE scores SET score = 'many'",
        "UPDATE timers SET is_running = 2",
        "UPDATE timers SET time_remaining = 1.5",
        "UPDATE game_state SET active_player = 3",
        "UPDATE game_state SET version = 0",
        "UPDATE scores SET game_id = 'nobody'",
        "INSERT INTO scores SELECT 9, game_id, 1, 0, 0, updated_at FROM game_state",
        "INSERT INTO pulse VALUES (2, 1, '', 1, 1)",
    ],
)
def test_the_tables_refuse_nonsense(store: SqliteStore, sql: str) -> None:
    now(store.commit([change("one", game(1))]))
    with pytest.raises(sqlite3.IntegrityError):
        tell(store, sql)


def test_every_commit_is_a_sign_of_life(store: SqliteStore) -> None:
    assert table(store, "SELECT * FROM pulse") == []
    store._reactor.advance(2)  # type: ignore[union-attr]
    now(store.commit([]))
    (row,) = table(store, "SELECT * FROM pulse")
    assert row == {
        "id": 1,
        "game_ms": store.now(),
        "boot_id": "boot-1",
        "boottime_ms": 2_000,
        "wall_ms": 1_750_000_002_000,
    }


games = st.builds(
    lambda score, cp, name, settings, paused, status, result, at: (
        playing(1, at_ms=at, score=score, settings=settings)
        .with_player(2, name=name, cp=cp),
        paused, status, result,
    ),
    score=st.integers(-99, 999),
    cp=st.integers(0, 99),
    name=st.text(max_size=10).filter(lambda s: s.isprintable()),
    settings=st.dictionaries(st.sampled_from("abc"), st.booleans() | st.integers(0, 9), max_size=3),
    paused=st.booleans(),
    status=st.sampled_from(get_args(Status)),
    result=st.none() | st.builds(Result, how=st.just("tabled"), winner=st.sampled_from([0, 1, 2])),
    at=st.integers(1, 10_000),
)  # fmt: skip


@given(
    st.lists(st.tuples(st.sampled_from(["one", "two"]), games, st.integers(0, 800_000)), max_size=8)
)
def test_the_tables_always_say_what_the_state_says(steps: list[Any]) -> None:
    store = memory_store()
    states: dict[str, tuple[Game, int, str]] = {}
    for game_id, (state, paused, status, result), later in steps:
        version = states[game_id][0].version + 1 if game_id in states else 1
        at = 10_000 + later
        clock = state.clock.pause(at // 2, "break") if paused else state.clock
        state = msgspec.structs.replace(
            state, version=version, status=status, result=result, clock=clock
        )
        made = change(game_id, state, at_ms=at)
        states[game_id] = (state, at, made.entries[-1].wall)
        assert now(store.commit([made])) == frozenset()
    wanted = [rows.project(i, s, None, at, wall) for i, (s, at, wall) in sorted(states.items())]
    columns = ", ".join(wanted[0].game_state) if wanted else "*"
    assert table(store, f"SELECT {columns} FROM game_state ORDER BY game_id") == [
        each.game_state for each in wanted
    ]
    lines = {line.game_id: line.lines for line in now(store.list_games())}
    assert lines == {game_id: summaries(state) for game_id, (state, _, _) in states.items()}
    for name, found in (("scores", "score, cp"), ("timers", "time_remaining, is_running")):
        sql = f"SELECT game_id, player_number, {found} FROM {name} ORDER BY game_id, player_number"
        pairs = [row for each in wanted for row in getattr(each, name)]
        assert table(store, sql) == [
            {k: v for k, v in row.items() if k != "updated_at"} for row in pairs
        ]
    settings = {key: value for each in wanted for key, value in each.settings.items()}
    assert {r["key"]: r["value"] for r in table(store, "SELECT * FROM settings")} == settings
    now(store.close())


def test_the_list_shows_a_disputed_sheet_as_it_was(store: SqliteStore) -> None:
    seen = playing(1, table="4")
    frozen = Shown(cells=seen.cells, cp=(0, 0), result=None)
    disputed = replace(playing(2, table="4"), cells={}, frozen=frozen)
    now(store.commit([change("one", seen), change("one", disputed)]))
    (line,) = now(store.list_games())
    seen_by = [line.lines.of("public"), line.match]
    assert [(each.score1, each.frozen) for each in seen_by] == [(7, True), (0, True)]
    (row,) = table(store, "SELECT shown_score1, shown_score2 FROM game_state")
    assert row == {"shown_score1": 7, "shown_score2": 0}
    scores = table(store, "SELECT score FROM scores ORDER BY player_number")
    assert [row["score"] for row in scores] == [0, 0]
