-- Lists are read a page at a time, in the order of keys.
DROP INDEX listing_status;
CREATE INDEX listing_status ON listing (sync, destination, status, key);
CREATE INDEX listing_verdict ON listing (destination, verdict, key) WHERE verdict IS NOT NULL;
CREATE INDEX run_newest ON run (sync, id);
