-- What records of a sync's sources are joined by, where that is not their key:
-- a GTIN, another number, a key in one spelling. '' matches nothing and has no row.
CREATE TABLE matched (
    sync    TEXT    NOT NULL,
    source  INTEGER NOT NULL REFERENCES source (id),
    value   TEXT    NOT NULL,
    key     TEXT    NOT NULL, -- of the record
    product TEXT    NOT NULL, -- of the record
    PRIMARY KEY (sync, value, source, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX matched_key ON matched (sync, source, key);

-- How far a sync's matches are worked out, and by which rules.
CREATE TABLE match_state (
    sync        TEXT    NOT NULL PRIMARY KEY,
    revision    INTEGER NOT NULL,
    fingerprint TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
