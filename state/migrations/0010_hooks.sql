-- When the product that told a verdict was last changed, by the API's clock; 0 where
-- it does not say. An older telling never overwrites a newer one.
ALTER TABLE listing ADD COLUMN verdict_as_of INTEGER NOT NULL DEFAULT 0;

-- Open verdicts and settled ones, those told longest ago first.
CREATE INDEX listing_told ON listing (destination, verdict_final, verdict_at)
    WHERE verdict_final IS NOT NULL;

-- Listings whose product could not be asked for, for a reason of its own.
CREATE TABLE poll_pause (
    listing INTEGER NOT NULL PRIMARY KEY, -- listing.id
    until   INTEGER NOT NULL
) STRICT;

-- Verdicts that were settled and became others. was and became are the words.
CREATE TABLE flip (
    id          INTEGER PRIMARY KEY,
    destination TEXT    NOT NULL,
    listing     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    was         TEXT    NOT NULL,
    became      TEXT    NOT NULL
) STRICT;

CREATE INDEX flip_at ON flip (destination, at);

-- More flips than the guard allows: nothing is written back until a person lets it.
-- held_at is 0 while nothing is held; flips up to passed_at were let through.
CREATE TABLE flip_guard (
    destination TEXT    NOT NULL PRIMARY KEY,
    held_at     INTEGER NOT NULL,
    flips       INTEGER NOT NULL,
    settled     INTEGER NOT NULL,
    passed_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Webhooks as they came. The body goes once the event is worked off.
CREATE TABLE inbox (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL, -- of the destination or source
    event       TEXT    NOT NULL, -- tells repeats of the same event
    topic       TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    natural_key TEXT    NOT NULL,
    at          INTEGER NOT NULL, -- by the other side's clock, 0 where it does not say
    received    INTEGER NOT NULL,
    status      TEXT    NOT NULL CHECK (
        status = 'waiting' OR status = 'orphan' OR status = 'parked' OR status = 'done'),
    attempts    INTEGER NOT NULL DEFAULT 0,
    not_before  INTEGER NOT NULL DEFAULT 0,
    note        TEXT    NOT NULL DEFAULT '', -- what became of it, or what is in the way
    body        BLOB
) STRICT;

CREATE UNIQUE INDEX inbox_event ON inbox (name, event);
CREATE INDEX inbox_due ON inbox (name, not_before, id) WHERE status = 'waiting';
CREATE INDEX inbox_orphan ON inbox (name, subject) WHERE status = 'orphan';
CREATE INDEX inbox_received ON inbox (status, received);

-- What a person should know of now. One that is over has no row.
CREATE TABLE alert (
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL, -- of what it is about: a destination, a source, a write-back
    message TEXT    NOT NULL,
    remedy  TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
