-- What a source itself knows a record's product by, where that is all that it says of one
-- that is gone.
ALTER TABLE record ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX record_subject ON record (source, subject, key) WHERE subject <> '';
