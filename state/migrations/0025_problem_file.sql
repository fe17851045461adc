-- Of many files of one shape the same line of each may have a row that cannot be used.
DROP INDEX problem_place;
CREATE INDEX problem_place ON problem (sync, sku, field, line, file);
