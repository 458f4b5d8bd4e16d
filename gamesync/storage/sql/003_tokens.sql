-- Device tokens that hold something: since when, and when they were last used. A token that is too
-- old stays here, or it would be new again. No secret: the device is the token's hash.

CREATE TABLE tokens (
    device TEXT PRIMARY KEY,
    since_ms INTEGER NOT NULL,     -- game time at which it was first given a right
    seen_ms INTEGER NOT NULL       -- game time at which it was last there
) STRICT, WITHOUT ROWID;

INSERT INTO meta (key, value) VALUES ('schema 3', 'lifetimes of device tokens');
