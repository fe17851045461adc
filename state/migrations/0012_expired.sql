-- Records whose grace is over for a sync, in a catalog of several sources: their
-- products were looked at again because of it. One that came back and went missing
-- again has another missing_since.
CREATE TABLE expired (
    sync          TEXT    NOT NULL,
    record        INTEGER NOT NULL,
    missing_since INTEGER NOT NULL,
    PRIMARY KEY (sync, record)
) STRICT, WITHOUT ROWID;
