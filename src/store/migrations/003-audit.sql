-- Who changed what, and from where. Names stand here as they were: tokens and projects go, this stays.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  token_id TEXT NOT NULL,
  token_name TEXT NOT NULL,
  action TEXT NOT NULL,
  project_id TEXT,
  object TEXT,
  address TEXT NOT NULL,
  request_id TEXT NOT NULL,
  -- NULL: it runs, or the server ended while it did. Else `done`, or the code of why not.
  outcome TEXT
) STRICT;
