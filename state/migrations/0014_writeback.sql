-- What each write-back brought back of each product: the verdict that was accepted
-- last, and one that was refused. NULL for neither.
CREATE TABLE written (
    name     TEXT    NOT NULL, -- of the write-back
    key      TEXT    NOT NULL, -- of the listing
    accepted TEXT,
    refused  TEXT,
    at       INTEGER NOT NULL,
    PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;

-- One message each: a request, or a file. Its id and its bytes are made once, before
-- it is sent, and every retry has the same.
CREATE TABLE writeback (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT    NOT NULL,
    message    TEXT    NOT NULL, -- its id for the other side, made of chance
    created    INTEGER NOT NULL,
    status     TEXT    NOT NULL CHECK (
        status = 'ready' OR status = 'claimed' OR status = 'done'),
    attempts   INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    settled    INTEGER NOT NULL DEFAULT 0,
    note       TEXT    NOT NULL DEFAULT '', -- what is in its way
    body       BLOB                         -- gone once it is done
) STRICT;

CREATE INDEX writeback_live ON writeback (name, id) WHERE status <> 'done';
CREATE INDEX writeback_settled ON writeback (settled) WHERE status = 'done';

-- The verdicts that a message holds.
CREATE TABLE writeback_item (
    writeback INTEGER NOT NULL REFERENCES writeback (id) ON DELETE CASCADE,
    name      TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    parent    TEXT    NOT NULL,
    remote_id TEXT    NOT NULL,
    verdict   TEXT    NOT NULL,
    source    TEXT    NOT NULL CHECK (source = 'response' OR source = 'webhook' OR source = 'poll'),
    mode      TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    at        INTEGER NOT NULL,
    live      INTEGER NOT NULL CHECK (live BETWEEN 0 AND 1),
    refusal   TEXT    NOT NULL DEFAULT '', -- the other side's words
    PRIMARY KEY (writeback, key)
) STRICT, WITHOUT ROWID;

-- At most one message at a time has a product: its verdicts arrive in order.
CREATE UNIQUE INDEX writeback_item_live ON writeback_item (name, key) WHERE live = 1;
CREATE INDEX writeback_item_key ON writeback_item (key);
