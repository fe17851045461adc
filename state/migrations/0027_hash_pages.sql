-- The narrow form of every record, for the scan that finds what moved: rows in the order of the
-- hashes of their keys, packed, 96 to a page. A row has 40 bytes: the hash of the key, that of the
-- content, and a mark, record.id times two and one more for a record that is missing, as eight bytes
-- with the highest first.
CREATE TABLE hash_page (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    first  BLOB    NOT NULL CHECK (length(first) = 16), -- the key of its first row
    packed BLOB    NOT NULL CHECK (length(packed) > 0 AND length(packed) % 40 = 0)
) STRICT;

CREATE UNIQUE INDEX hash_page_first ON hash_page (source, first);

-- Rows that are newer than the pages, or in none of them. A content of zeros is that of the page.
CREATE TABLE hash_newer (
    source   INTEGER NOT NULL REFERENCES source (id),
    key_hash BLOB    NOT NULL CHECK (length(key_hash) = 16),
    content  BLOB    NOT NULL CHECK (length(content) = 16),
    mark     BLOB    NOT NULL CHECK (length(mark) = 8),
    PRIMARY KEY (source, key_hash)
) STRICT, WITHOUT ROWID;

INSERT INTO hash_page (source, first, packed)
SELECT source, min(key_hash), CAST(group_concat(row, '' ORDER BY key_hash) AS BLOB)
FROM (SELECT h.source, h.key_hash,
             h.key_hash || coalesce(c.content, h.content) || unhex(printf('%016x', h.record * 2 + h.missing)) AS row,
             (row_number() OVER (PARTITION BY h.source ORDER BY h.key_hash) - 1) / 96 AS page
      FROM record_hash h
      LEFT JOIN record_content c ON c.source = h.source AND c.key_hash = h.key_hash)
GROUP BY source, page
ORDER BY source, page;

-- What is left of the table that they were in finds records by their keys.
CREATE TABLE record_key (
    source   INTEGER NOT NULL REFERENCES source (id),
    key_hash BLOB    NOT NULL CHECK (length(key_hash) = 16),
    record   INTEGER NOT NULL, -- record.id
    PRIMARY KEY (source, key_hash)
) STRICT, WITHOUT ROWID;

INSERT INTO record_key (source, key_hash, record) SELECT source, key_hash, record FROM record_hash;

DROP TABLE record_content;
DROP TABLE record_hash;
