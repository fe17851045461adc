-- When a listing was last compared with what the API holds; one that never was
-- has no row. A table of its own, so that deliveries do not write it.
CREATE TABLE checked (
    listing INTEGER NOT NULL PRIMARY KEY, -- listing.id
    at      INTEGER NOT NULL
) STRICT;

-- Fields that a person leaves to the API, of one listing key or, with '', of all.
CREATE TABLE left_field (
    sync  TEXT    NOT NULL,
    field TEXT    NOT NULL,
    key   TEXT    NOT NULL,
    at    INTEGER NOT NULL,
    PRIMARY KEY (sync, field, key)
) STRICT, WITHOUT ROWID;
