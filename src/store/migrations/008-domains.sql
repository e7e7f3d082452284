-- The projects' own domains. A host is one project's at a time.
CREATE TABLE domains (
  host TEXT PRIMARY KEY,
  project INTEGER NOT NULL REFERENCES projects (key) ON DELETE CASCADE,
  redirect_to TEXT REFERENCES domains (host) ON DELETE SET NULL,
  proved_at INTEGER,
  attached_at INTEGER,
  lost_at INTEGER,
  -- JSON: what the last look found wrong.
  problem TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  checked_at INTEGER,
  next_check INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX domains_by_project ON domains (project, created_at);
CREATE INDEX domains_by_next_check ON domains (next_check);
CREATE INDEX domains_by_redirect ON domains (redirect_to);
