-- Which complete reads of a source were a sync's own. Its grace counts these: what
-- another sync reads a second later proves nothing new.
CREATE TABLE sync_read (
    sync   TEXT    NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id),
    proof  INTEGER NOT NULL, -- source.proofs at that time
    PRIMARY KEY (sync, source, proof)
) STRICT, WITHOUT ROWID;
