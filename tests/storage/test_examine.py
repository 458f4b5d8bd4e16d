"""Whether a database hangs together: each way in which it may not is found, and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from gamesync.storage import schema
from gamesync.storage.copying import trial
from gamesync.storage.examine import FINDINGS_MAX

from .played import change, play


@pytest.fixture
def path(tmp_path: Path) -> str:
    made = str(tmp_path / "game_state.db")
    play(made)
    return made


def test_what_was_played_hangs_together(path: str) -> None:
    before = Path(path).read_bytes()
    found = trial(path)
    assert found.findings == ()
    assert (found.games, found.schema) == (2, len(schema.SCRIPTS))
    assert found.entries > 15
    assert found.game_ms > 7_000
    assert Path(path).read_bytes() == before


GAME = "(SELECT min(game_id) FROM game_state)"

FAULTS = [
    (f"UPDATE scores SET score = score + 1 WHERE game_id = {GAME}", "its row in scores is not"),
    (f"DELETE FROM timers WHERE game_id = {GAME} AND player_number = 2", "its row in timers is"),
    (f"UPDATE timers SET is_running = 1 WHERE game_id = {GAME}", "its row in timers is not"),
    (f"UPDATE game_state SET shown_score1 = 99 WHERE game_id = {GAME}", "game_state.shown_score1"),
    (f"UPDATE game_state SET player1_name = 'X' WHERE game_id = {GAME}", "game_state.player1_name"),
    (f"UPDATE game_state SET summary = '[]' WHERE game_id = {GAME}", "game_state.summary is not"),
    (f"UPDATE settings SET value = '1' WHERE game_id = {GAME}", "its settings are not"),
    ("INSERT INTO settings (key, value, game_id) VALUES ('x', '1', 'venue')", "venue: its sett"),
    (
        "UPDATE game_state SET state = replace(state, '\"cp\":1', '\"cp\":2')"
        f" WHERE game_id = {GAME}",
        "its state is not what its log adds up to",
    ),
    ("UPDATE venue SET state = replace(state, 'Cup', 'Mug')", "venue: its state is not"),
    (f"DELETE FROM events WHERE game_id = {GAME} AND version = 4", "its log is not without gaps"),
    (f"DELETE FROM events WHERE game_id = {GAME}", "it has a log and no state, or a state and no"),
    (
        "INSERT INTO scores (game_id, player_number, score, cp) VALUES ('x', 1, 1, 1)",
        "the table",
    ),
    (
        "UPDATE events SET body = replace(body, '\"version\":3', '\"version\":9')"
        f" WHERE game_id = {GAME}",
        "its log is not without gaps",
    ),
    (f"UPDATE events SET body = '{{' WHERE game_id = {GAME} AND version = 2", "cannot be read ("),
]


@pytest.mark.parametrize(("sql", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_planted_fault_is_found(sql: str, said: str, path: str) -> None:
    change(path, sql)
    found = trial(path).findings
    assert any(said in finding for finding in found), found
    assert len(found) <= 4


def test_it_does_not_tell_all_where_all_is_wrong(path: str) -> None:
    rows = " UNION ALL ".join(f"SELECT 'x{n}', 1, 1, 1" for n in range(2 * FINDINGS_MAX))
    change(path, f"INSERT INTO scores (game_id, player_number, score, cp) {rows}")
    assert len(trial(path).findings) == FINDINGS_MAX
