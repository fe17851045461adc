-- How many products or variants the sources of a sync have together, kept by whoever
-- changes which records there are. A count that nobody can keep has no row, and is
-- taken anew.
CREATE TABLE unit_count (
    sync  TEXT    NOT NULL PRIMARY KEY,
    scope TEXT    NOT NULL, -- JSON: of which sources, and at which level
    n     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
