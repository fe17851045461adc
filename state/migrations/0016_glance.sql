-- In which fields a change of a known product differs from what was accepted last,
-- for people. Creates have none: everything of them is new.
CREATE TABLE change_fields (
    intent INTEGER PRIMARY KEY,
    fields BLOB NOT NULL -- JSON
) STRICT;

-- How a destination stood, once an hour.
CREATE TABLE sample (
    destination TEXT    NOT NULL,
    hour        INTEGER NOT NULL, -- since 1970
    pending     INTEGER NOT NULL,
    problems    INTEGER NOT NULL,
    verdicts    TEXT    NOT NULL, -- JSON: listings by verdict, '' for none yet
    PRIMARY KEY (destination, hour)
) STRICT, WITHOUT ROWID;
