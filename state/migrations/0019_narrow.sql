-- Every delivery writes these: without keys they grow at their ends only. Pages in the
-- order of keys go by listing_key, or sort what is few.
DROP INDEX listing_status;
CREATE INDEX listing_status ON listing (sync, destination, status);
DROP INDEX listing_verdict;
CREATE INDEX listing_verdict ON listing (destination, verdict) WHERE verdict IS NOT NULL;
