-- Where the wanted payload stands in a request that holds it whole: the body is stored
-- without it then, as want has it. NULL for a body that is stored as it is.
ALTER TABLE step_bytes ADD COLUMN want_at INTEGER;
