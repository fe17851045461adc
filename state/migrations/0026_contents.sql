-- Contents of records that are newer than what record_hash says of them. Where few records of
-- many change, record_hash would be written a page for each.
CREATE TABLE record_content (
    source   INTEGER NOT NULL REFERENCES source (id),
    key_hash BLOB    NOT NULL CHECK (length(key_hash) = 16),
    content  BLOB    NOT NULL CHECK (length(content) = 16),
    PRIMARY KEY (source, key_hash)
) STRICT, WITHOUT ROWID;
