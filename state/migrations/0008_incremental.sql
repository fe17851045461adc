-- When the last read from the start began: what is read from a cursor names only what
-- changed. Until now every read was one.
ALTER TABLE source ADD COLUMN full_at INTEGER NOT NULL DEFAULT 0;
UPDATE source SET full_at = read_at;

-- Missing because the source told so, not because a read lacked it.
ALTER TABLE record ADD COLUMN told INTEGER NOT NULL DEFAULT 0 CHECK (told BETWEEN 0 AND 1);

DROP INDEX record_missing;
CREATE INDEX record_missing ON record (source, product, key, missing_read, missing_since, told)
    WHERE missing_read IS NOT NULL;
