-- How many records the last complete reads of a source had, a JSON array, the
-- newest last.
ALTER TABLE source ADD COLUMN sizes TEXT NOT NULL DEFAULT '[]';

-- A complete read that is implausibly small: it is not in force, and waits for a
-- person. keys is the sum of the hashes of its keys: which records there were.
CREATE TABLE held_read (
    source  TEXT    NOT NULL PRIMARY KEY,
    at      INTEGER NOT NULL,
    records INTEGER NOT NULL,
    usual   INTEGER NOT NULL,
    keys    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- What a held plan would change, JSON; '' beyond the first ones that are kept.
ALTER TABLE held_key ADD COLUMN change TEXT NOT NULL DEFAULT '';

-- A canary: the first changes of a plan, of which nobody knows yet whether the API has
-- them as they were sent. reason says that it has not; while that stands here,
-- nothing more of the sync goes by itself.
CREATE TABLE canary (
    sync   TEXT    NOT NULL PRIMARY KEY,
    at     INTEGER NOT NULL,
    reason TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
