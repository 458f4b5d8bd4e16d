-- The four tables of the original design, with its columns as it wrote them; what was added stands
-- below the line in each. They always say what is true now, for anyone with the sqlite3 shell.
-- Times named *_ms are milliseconds of the server's game time (see the table pulse), which stands
-- in no relation to the time of day; times named *_at are UTC, for people.

CREATE TABLE game_state (
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
    state TEXT NOT NULL    -- all of it, as JSON. Last, so that a scan need not step over it
);

CREATE INDEX game_state_deadline ON game_state (deadline_ms) WHERE deadline_ms IS NOT NULL;
CREATE INDEX game_state_status ON game_state (game_status, game_id);

CREATE TABLE scores (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    game_id TEXT NOT NULL,
    player_number INTEGER NOT NULL CHECK (player_number IN (1, 2)),
    score INTEGER NOT NULL CHECK (typeof(score) = 'integer'),
    cp INTEGER NOT NULL CHECK (typeof(cp) = 'integer'),
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    --
    UNIQUE (game_id, player_number),
    FOREIGN KEY (game_id) REFERENCES game_state(game_id)
);

CREATE TABLE timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    game_id TEXT NOT NULL,
    player_number INTEGER NOT NULL CHECK (player_number IN (1, 2)),
    time_remaining INTEGER NOT NULL                    -- ms; what the clock showed at updated_at
        CHECK (typeof(time_remaining) = 'integer'),    -- below 0: overtime
    is_running BOOLEAN NOT NULL CHECK (is_running IN (0, 1)),
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    --
    UNIQUE (game_id, player_number),
    FOREIGN KEY (game_id) REFERENCES game_state(game_id)
);

CREATE TABLE settings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT UNIQUE NOT NULL,      -- '<game_id>/<name>' for a game, '<name>' for the venue
    value TEXT NOT NULL,           -- JSON
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    --
    game_id TEXT NOT NULL,         -- 'venue' for the venue
    CHECK (
        CASE game_id
            WHEN 'venue' THEN instr(key, '/') = 0
            ELSE substr(key, 1, length(game_id) + 1) = game_id || '/'
        END
    )
);

CREATE INDEX settings_game ON settings (game_id);

-- What belongs to the venue and to no game: one stream of its own, in one row.
CREATE TABLE venue (
    game_id TEXT PRIMARY KEY CHECK (game_id = 'venue'),
    version INTEGER NOT NULL CHECK (version > 0),
    updated_at TEXT NOT NULL,
    updated_ms INTEGER NOT NULL,
    deadline_ms INTEGER,
    state TEXT NOT NULL
) STRICT;

-- The log: one row for each accepted command, and never a change to it.
CREATE TABLE events (
    game_id TEXT NOT NULL,
    version INTEGER NOT NULL CHECK (version > 0),
    type TEXT NOT NULL,            -- the message that asked for it
    role TEXT NOT NULL,            -- by the right of which it was done
    player INTEGER NOT NULL CHECK (player IN (0, 1, 2)),   -- seat of who did it; 0: none
    device TEXT NOT NULL,
    command_id TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    wall TEXT NOT NULL,            -- UTC, ISO 8601
    body TEXT NOT NULL,            -- all of it, as JSON
    PRIMARY KEY (game_id, version)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

-- What each command was told, so that it can be told again.
CREATE TABLE answers (
    scope TEXT NOT NULL,           -- a game_id
    device TEXT NOT NULL,
    id TEXT NOT NULL,              -- of the command
    digest BLOB NOT NULL,          -- of the command's body
    version INTEGER NOT NULL,
    code TEXT NOT NULL,            -- 'ack', or the error's
    body BLOB NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, device, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_expiry ON answers (expires_ms);

-- Typed codes that are live, by digest.
CREATE TABLE codes (
    digest BLOB PRIMARY KEY,
    game_id TEXT NOT NULL,
    place TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX codes_game ON codes (game_id);

-- The last instant at which the server is known to have lived, by every clock there is.
CREATE TABLE pulse (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    game_ms INTEGER NOT NULL,
    boot_id TEXT NOT NULL,         -- of the machine; '' if it has none
    boottime_ms INTEGER,           -- since that boot, time asleep included
    wall_ms INTEGER NOT NULL       -- since 1970, UTC
) STRICT;

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES
    ('epoch', lower(hex(randomblob(8)))),
    ('created', strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    ('schema 1', 'the first');
