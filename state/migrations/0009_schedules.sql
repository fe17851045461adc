-- How far each sync's schedule was kept, and whether a person paused it.
CREATE TABLE schedule (
    sync      TEXT    NOT NULL PRIMARY KEY,
    spec      TEXT    NOT NULL DEFAULT '', -- the schedule that due is of
    due       INTEGER NOT NULL DEFAULT 0,  -- the newest start that was made or left out, 0 for none
    paused    INTEGER NOT NULL DEFAULT 0,  -- since when, 0 while it is not
    paused_by TEXT    NOT NULL DEFAULT '',
    reason    TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- What people decided about what was held.
CREATE TABLE decision (
    id      INTEGER PRIMARY KEY,
    sync    TEXT    NOT NULL,
    digest  TEXT    NOT NULL, -- of the held plan; '' where only reads were held
    at      INTEGER NOT NULL,
    ruling  TEXT    NOT NULL CHECK (ruling = 'approved' OR ruling = 'dropped'),
    who     TEXT    NOT NULL
) STRICT;

CREATE INDEX decision_sync ON decision (sync, id);
