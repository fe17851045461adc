-- Which alerts were told, and to whom: each once, and once that it is over.
CREATE TABLE notice (
    target  TEXT    NOT NULL, -- where to, by its name in the configuration
    kind    TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    message TEXT    NOT NULL,
    since   INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (target, kind, name)
) STRICT, WITHOUT ROWID;
