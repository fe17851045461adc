-- How many listings there are, kept by whoever changes their statuses.
CREATE TABLE listing_count (
    destination TEXT    NOT NULL,
    sync        TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status = 'active' OR status = 'archived' OR status = 'absent'),
    n           INTEGER NOT NULL,
    PRIMARY KEY (destination, sync, status)
) STRICT, WITHOUT ROWID;

INSERT INTO listing_count (destination, sync, status, n)
SELECT destination, sync, status, count(*) FROM listing GROUP BY sync, destination, status;
