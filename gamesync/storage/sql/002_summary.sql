-- The line of each game in the list of games, so that the list is read without any state. It stands
-- before the state, which is long and stays the last column: so the table is made anew.
-- summary_of() is this program's own (gamesync/storage/schema.py).

CREATE TABLE game_state_2 (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    game_id TEXT UNIQUE NOT NULL CHECK (game_id <> 'venue' AND instr(game_id, '/') = 0),
    player1_name TEXT NOT NULL,
    player2_name TEXT NOT NULL,
    current_turn INTEGER NOT NULL CHECK (current_turn >= 0),  -- turns begun in the whole game
    game_status TEXT NOT NULL CHECK (
        game_status IN ('waiting', 'setup', 'ready', 'playing', 'ended', 'signed', 'void')
    ),
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    --
    version INTEGER NOT NULL CHECK (version > 0),             -- commands accepted so far
    ruleset TEXT NOT NULL,
    round INTEGER NOT NULL CHECK (round >= 0),                -- battle round; 0 before the first
    active_player INTEGER NOT NULL CHECK (active_player IN (0, 1, 2)),  -- whose turn; 0: nobody's
    winner INTEGER CHECK (winner IN (0, 1, 2)),               -- 0: a draw, or nobody; NULL: not over
    shown_score1 INTEGER NOT NULL,                            -- what the public sees: while a result
    shown_score2 INTEGER NOT NULL,                            -- is disputed, what it saw before
    visibility TEXT NOT NULL,
    venue_table TEXT NOT NULL,                                -- '' if it is at none
    created_ms INTEGER NOT NULL,
    updated_ms INTEGER NOT NULL,
    deadline_ms INTEGER,                                      -- when to look at it again
    summary TEXT NOT NULL, -- its line in the list of games, as JSON
    state TEXT NOT NULL    -- all of it, as JSON. Last, so that a scan need not step over it
);

INSERT INTO game_state_2 (
    id, game_id, player1_name, player2_name, current_turn, game_status, created_at, updated_at,
    version, ruleset, round, active_player, winner, shown_score1, shown_score2, visibility,
    venue_table, created_ms, updated_ms, deadline_ms, summary, state
)
SELECT
    id, game_id, player1_name, player2_name, current_turn, game_status, created_at, updated_at,
    version, ruleset, round, active_player, winner, shown_score1, shown_score2, visibility,
    venue_table, created_ms, updated_ms, deadline_ms, summary_of(state), state
FROM game_state
ORDER BY id;

DROP TABLE game_state;
ALTER TABLE game_state_2 RENAME TO game_state;

CREATE INDEX game_state_deadline ON game_state (deadline_ms) WHERE deadline_ms IS NOT NULL;
CREATE INDEX game_state_status ON game_state (game_status, game_id);

INSERT INTO meta (key, value) VALUES ('schema 2', 'a summary of each game');
