-- Access tokens whose issue is rationed (law 10): never exported or shown, and
-- not part of a copy. asked is a JSON array of the times of the last requests for
-- one, in nanoseconds since 1970, oldest first.
CREATE TABLE token (
  scope   TEXT NOT NULL,
  name    TEXT NOT NULL,
  value   TEXT NOT NULL,
  expires INTEGER NOT NULL,
  asked   TEXT NOT NULL,
  PRIMARY KEY (scope, name)
) STRICT, WITHOUT ROWID;
