-- Which products each read changed, for the syncs that have not looked at them yet:
-- it grows at its end, where an index of the records would be written all over.
CREATE TABLE moved (
    source   INTEGER NOT NULL REFERENCES source (id),
    revision INTEGER NOT NULL,
    product  TEXT    NOT NULL,
    PRIMARY KEY (source, revision, product)
) STRICT, WITHOUT ROWID;

-- The revision since which that is whole. A sync that is further behind looks at all.
ALTER TABLE source ADD COLUMN moved_after INTEGER NOT NULL DEFAULT 0;
UPDATE source SET moved_after = (SELECT value FROM counter WHERE name = 'revision');

DROP INDEX record_revision;
