-- Times are nanoseconds since 1970 in UTC; 0 stands for "never". Texts that may
-- be absent are ''. The words of every CHECK are the constants of Go: a test
-- compares them. They are spelled out with OR because SQLite builds a temporary
-- table for an IN of more than two words, at every single row.

CREATE TABLE counter (
    name  TEXT    NOT NULL PRIMARY KEY CHECK (name = 'revision'),
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO counter (name, value) VALUES ('revision', 0);

-- What was read ---------------------------------------------------------------

CREATE TABLE source (
    id      INTEGER PRIMARY KEY,
    name    TEXT    NOT NULL UNIQUE,
    reads   INTEGER NOT NULL DEFAULT 0, -- complete reads so far
    proofs  INTEGER NOT NULL DEFAULT 0, -- those that proved what is missing
    cursor  TEXT    NOT NULL DEFAULT '',
    read_at INTEGER NOT NULL DEFAULT 0,
    present INTEGER NOT NULL DEFAULT 0, -- records that the last read held
    missing INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The narrow form of every record, for the scan that finds what moved.
CREATE TABLE record_hash (
    source   INTEGER NOT NULL REFERENCES source (id),
    key_hash BLOB    NOT NULL CHECK (length(key_hash) = 16),
    content  BLOB    NOT NULL CHECK (length(content) = 16),
    missing  INTEGER NOT NULL CHECK (missing BETWEEN 0 AND 1),
    record   INTEGER NOT NULL, -- record.id
    PRIMARY KEY (source, key_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE record (
    id             INTEGER PRIMARY KEY,
    source         INTEGER NOT NULL REFERENCES source (id),
    revision       INTEGER NOT NULL,
    missing_read   INTEGER,          -- the proof that lacked it first; NULL: present
    missing_since  INTEGER,
    place          INTEGER NOT NULL, -- its order in what was read
    line           INTEGER NOT NULL,
    key            TEXT    NOT NULL,
    parent         TEXT    NOT NULL,
    product        TEXT    NOT NULL, -- parent, or key where there is none
    file           TEXT    NOT NULL,
    product_fields BLOB    NOT NULL, -- JSON
    variant_fields BLOB    NOT NULL  -- JSON
) STRICT;

CREATE INDEX record_product ON record (source, product);
CREATE INDEX record_revision ON record (source, revision, product);
CREATE INDEX record_missing ON record (source, product, key, missing_read, missing_since)
    WHERE missing_read IS NOT NULL;

-- What each API accepted ------------------------------------------------------

CREATE TABLE listing (
    id             INTEGER PRIMARY KEY,
    destination    TEXT    NOT NULL,
    sync           TEXT    NOT NULL,
    key            TEXT    NOT NULL,
    parent         TEXT    NOT NULL,
    natural_key    TEXT    NOT NULL,
    remote_id      TEXT    NOT NULL,
    status         TEXT    NOT NULL CHECK (status = 'active' OR status = 'archived' OR status = 'absent'),
    mode           TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    synced_at      INTEGER NOT NULL,
    verdict        TEXT, -- NULL: none; '': the API's null
    verdict_final  INTEGER CHECK (verdict_final BETWEEN 0 AND 1),
    verdict_source TEXT    CHECK (
        verdict_source = 'response' OR verdict_source = 'webhook' OR
        verdict_source = 'poll'),
    verdict_mode   TEXT    CHECK (verdict_mode = '' OR verdict_mode = 'test' OR verdict_mode = 'live'),
    verdict_at     INTEGER,
    hash           BLOB    NOT NULL,
    payload        BLOB    NOT NULL
) STRICT;

CREATE UNIQUE INDEX listing_key ON listing (destination, key);
-- Law 4: a remote id belongs to at most one listing of a destination.
CREATE UNIQUE INDEX listing_remote ON listing (destination, remote_id) WHERE remote_id <> '';
CREATE INDEX listing_parent ON listing (destination, parent) WHERE parent <> '';
CREATE INDEX listing_status ON listing (sync, destination, status);

-- Remote ids that a listing held before. A look-up never accepts them again.
CREATE TABLE former (
    destination TEXT    NOT NULL,
    remote_id   TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (destination, remote_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX former_key ON former (destination, key);

CREATE TABLE eligibility (
    listing   INTEGER NOT NULL REFERENCES listing (id),
    n         INTEGER NOT NULL, -- from 1, in the order in which it became known
    at        INTEGER NOT NULL,
    remote_id TEXT    NOT NULL,
    verdict   TEXT    NOT NULL,
    final     INTEGER NOT NULL CHECK (final BETWEEN 0 AND 1),
    source    TEXT    NOT NULL CHECK (source = 'response' OR source = 'webhook' OR source = 'poll'),
    mode      TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    PRIMARY KEY (listing, n)
) STRICT, WITHOUT ROWID;

-- What an adoption walk found and no listing holds.
CREATE TABLE remote (
    destination    TEXT    NOT NULL,
    id             TEXT    NOT NULL,
    natural_key    TEXT    NOT NULL,
    active         INTEGER NOT NULL CHECK (active BETWEEN 0 AND 1),
    mode           TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL,
    verdict        TEXT,
    verdict_final  INTEGER CHECK (verdict_final BETWEEN 0 AND 1),
    verdict_source TEXT    CHECK (
        verdict_source = 'response' OR verdict_source = 'webhook' OR
        verdict_source = 'poll'),
    verdict_mode   TEXT    CHECK (verdict_mode = '' OR verdict_mode = 'test' OR verdict_mode = 'live'),
    verdict_at     INTEGER,
    payload        BLOB    NOT NULL,
    PRIMARY KEY (destination, id)
) STRICT;

CREATE INDEX remote_key ON remote (destination, natural_key);

-- The outbox ------------------------------------------------------------------

-- Plans under construction; a released, held or discarded plan has no row.
CREATE TABLE plan (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    sync         TEXT    NOT NULL,
    destination  TEXT    NOT NULL,
    run          INTEGER NOT NULL,
    begun        INTEGER NOT NULL,
    first_intent INTEGER NOT NULL DEFAULT 0, -- the ids between which its staged intents lie
    last_intent  INTEGER NOT NULL DEFAULT -1,
    touch_mark   INTEGER NOT NULL            -- the newest touch that it has seen
) STRICT;

CREATE TABLE plan_drop (
    plan   INTEGER NOT NULL REFERENCES plan (id) ON DELETE CASCADE,
    intent INTEGER NOT NULL,
    PRIMARY KEY (plan, intent)
) STRICT, WITHOUT ROWID;

-- Narrow, because its rows are rewritten at every change of status; the bytes
-- are in step.
CREATE TABLE intent (
    id          INTEGER PRIMARY KEY,
    plan        INTEGER NOT NULL,
    sync        TEXT    NOT NULL,
    destination TEXT    NOT NULL,
    key         TEXT    NOT NULL,
    parent      TEXT    NOT NULL,
    product     TEXT    NOT NULL, -- parent, or key where there is none
    natural_key TEXT    NOT NULL,
    remote_id   TEXT    NOT NULL,
    op          TEXT    NOT NULL CHECK (
        op = 'create' OR op = 'adopt' OR op = 'update' OR
        op = 'replace' OR op = 'archive' OR op = 'restore'),
    old_active  INTEGER NOT NULL CHECK (old_active BETWEEN 0 AND 1),
    reason      TEXT    NOT NULL,
    want_hash   BLOB    NOT NULL,
    created     INTEGER NOT NULL,
    status      TEXT    NOT NULL CHECK (
        status = 'staged' OR status = 'ready' OR status = 'claimed' OR
        status = 'unclear' OR status = 'parked' OR status = 'rejected' OR
        status = 'done' OR status = 'dropped'),
    live        INTEGER NOT NULL CHECK (live = (
        status = 'ready' OR status = 'claimed' OR status = 'unclear' OR status = 'parked')),
    not_before  INTEGER NOT NULL DEFAULT 0,
    step        INTEGER,          -- the current one; NULL for an adoption without a request
    attempts    INTEGER NOT NULL DEFAULT 0,
    absences    INTEGER NOT NULL DEFAULT 0,
    absent_at   INTEGER NOT NULL DEFAULT 0,
    doubt       INTEGER NOT NULL DEFAULT 0 CHECK (doubt BETWEEN 0 AND 1), -- parked while unclear
    settled     INTEGER NOT NULL DEFAULT 0,
    done_run    INTEGER
) STRICT;

CREATE INDEX intent_key ON intent (destination, key);
-- At most one live intent of a listing.
CREATE UNIQUE INDEX intent_live ON intent (destination, key) WHERE live = 1;
CREATE INDEX intent_product ON intent (sync, product) WHERE live = 1;
-- Without the claimed ones: claiming and settling write it once, not thrice.
CREATE INDEX intent_due ON intent (destination, sync, status, not_before)
    WHERE status = 'ready' OR status = 'unclear' OR status = 'parked';
CREATE INDEX intent_rejected ON intent (destination, key) WHERE status = 'rejected';
CREATE INDEX intent_done ON intent (done_run, op) WHERE done_run IS NOT NULL;

-- One request each. The id is intent * 16 + n, so that the steps of an intent
-- are found without an index. Those before the intent's current one were
-- accepted; how the current one ended, the intent's status says.
CREATE TABLE step (
    id              INTEGER PRIMARY KEY,
    op              TEXT    NOT NULL CHECK (
        op = 'create' OR op = 'adopt' OR op = 'update' OR
        op = 'replace' OR op = 'archive' OR op = 'restore'),
    name            TEXT    NOT NULL,
    remote_id       TEXT    NOT NULL,
    method          TEXT    NOT NULL,
    path            TEXT    NOT NULL,
    idempotency_key TEXT    NOT NULL,
    repeatable      INTEGER NOT NULL CHECK (repeatable BETWEEN 0 AND 1),
    obtained_id     TEXT    NOT NULL DEFAULT '' -- an id whose answer could not be accepted
) STRICT;

-- The wide part of a step, for as long as its intent is not done.
CREATE TABLE step_bytes (
    id   INTEGER PRIMARY KEY, -- step.id
    body BLOB,
    want BLOB -- the intent's wanted payload, with its step 0
) STRICT;

-- What an adoption without a request takes over when its plan is released.
CREATE TABLE adoption (
    intent         INTEGER PRIMARY KEY,
    remote_id      TEXT    NOT NULL,
    active         INTEGER NOT NULL CHECK (active BETWEEN 0 AND 1),
    mode           TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    verdict        TEXT,
    verdict_final  INTEGER CHECK (verdict_final BETWEEN 0 AND 1),
    verdict_source TEXT    CHECK (
        verdict_source = 'response' OR verdict_source = 'webhook' OR
        verdict_source = 'poll'),
    verdict_mode   TEXT    CHECK (verdict_mode = '' OR verdict_mode = 'test' OR verdict_mode = 'live'),
    verdict_at     INTEGER,
    want           BLOB    NOT NULL
) STRICT;

CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    intent      INTEGER NOT NULL,
    step        INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    class       TEXT    NOT NULL,
    http_status INTEGER NOT NULL,
    message     TEXT    NOT NULL
) STRICT;

CREATE INDEX attempt_intent ON attempt (intent);

-- Problems and upkeep ---------------------------------------------------------

CREATE TABLE problem (
    id         INTEGER PRIMARY KEY,
    sync       TEXT    NOT NULL, -- '' for a source's own
    source     TEXT    NOT NULL,
    sku        TEXT    NOT NULL, -- '' where the key could not be read
    kind       TEXT    NOT NULL CHECK (kind = 'quarantined' OR kind = 'rejected'),
    field      TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    remedy     TEXT    NOT NULL,
    file       TEXT    NOT NULL,
    line       INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    count      INTEGER NOT NULL,
    seen       INTEGER NOT NULL -- the read or plan that named it last
) STRICT;

CREATE INDEX problem_seen ON problem (sync, sku, kind, field, seen);
CREATE INDEX problem_place ON problem (sync, sku, field, line);
CREATE INDEX problem_source ON problem (source, sku) WHERE sync = '';

-- Products that have to be looked at although nothing of theirs was read anew.
CREATE TABLE touch (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    sync    TEXT NOT NULL,
    product TEXT NOT NULL
) STRICT;

CREATE INDEX touch_product ON touch (sync, product);

CREATE TABLE sync (
    name          TEXT    NOT NULL PRIMARY KEY,
    destination   TEXT    NOT NULL DEFAULT '',
    revision      INTEGER NOT NULL DEFAULT 0,
    fingerprint   TEXT    NOT NULL DEFAULT '',
    first_load    TEXT    NOT NULL DEFAULT 'waiting' CHECK (
        first_load = 'waiting' OR first_load = 'loading' OR
        first_load = 'over'),
    backfill_from INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE held_plan (
    sync    TEXT    NOT NULL PRIMARY KEY,
    run     INTEGER NOT NULL,
    digest  TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    counts  TEXT    NOT NULL, -- JSON
    reasons TEXT    NOT NULL  -- JSON
) STRICT, WITHOUT ROWID;

CREATE TABLE held_key (
    sync    TEXT NOT NULL REFERENCES held_plan (sync) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    product TEXT NOT NULL,
    PRIMARY KEY (sync, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE run (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    sync    TEXT    NOT NULL,
    kind    TEXT    NOT NULL CHECK (kind = 'sync' OR kind = 'backfill'),
    started INTEGER NOT NULL,
    ended   INTEGER NOT NULL DEFAULT 0,
    status  TEXT    NOT NULL CHECK (
        status = 'running' OR status = 'ok' OR status = 'nothing to do' OR
        status = 'partial' OR status = 'held' OR status = 'failed' OR
        status = 'interrupted'),
    report  BLOB,
    error   TEXT    NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX run_sync ON run (sync, status);

CREATE TABLE destination (
    name               TEXT    NOT NULL PRIMARY KEY,
    type               TEXT    NOT NULL,
    base_url           TEXT    NOT NULL,
    tenant             TEXT    NOT NULL,
    mode               TEXT    NOT NULL CHECK (mode = '' OR mode = 'test' OR mode = 'live'),
    walked             INTEGER NOT NULL,
    denied             TEXT    NOT NULL,
    breaker_open_until INTEGER NOT NULL,
    breaker_failures   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
