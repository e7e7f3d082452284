-- Times are milliseconds since 1970 in UTC: they compare and sort as numbers and come back as the
-- same Date. Text that holds a structure is JSON. Names of states are checked where rows are read,
-- so that a new step or state needs no migration.

CREATE TABLE projects (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  schema_name TEXT,
  framework TEXT,
  production_branch TEXT NOT NULL,
  settings TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Counters, so that a number is never given twice, whatever was deleted meanwhile.
  deployments_made INTEGER NOT NULL DEFAULT 0,
  events_made INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX projects_by_age ON projects (created_at, key);

CREATE TABLE deployments (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  project INTEGER NOT NULL REFERENCES projects (key) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  status TEXT NOT NULL,
  cause TEXT NOT NULL,
  commit_oid TEXT,
  branch TEXT,
  actor TEXT NOT NULL,
  options TEXT NOT NULL,
  release INTEGER,
  error TEXT,
  facts TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  finished_at INTEGER,
  UNIQUE (project, number)
) STRICT;
CREATE INDEX deployments_unfinished ON deployments (key) WHERE status IN ('queued', 'in_progress');

CREATE TABLE steps (
  key INTEGER PRIMARY KEY,
  deployment INTEGER NOT NULL REFERENCES deployments (key) ON DELETE CASCADE,
  step TEXT NOT NULL,
  status TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  finished_at INTEGER,
  UNIQUE (deployment, step)
) STRICT;

CREATE TABLE events (
  project INTEGER NOT NULL REFERENCES projects (key) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  deployment INTEGER NOT NULL,
  step TEXT NOT NULL,
  status TEXT NOT NULL,
  stream TEXT,
  text TEXT NOT NULL,
  PRIMARY KEY (project, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_by_deployment ON events (project, deployment, seq);
CREATE INDEX events_milestones ON events (project, seq) WHERE stream IS NULL;

CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  -- NULL: all projects.
  project INTEGER REFERENCES projects (key) ON DELETE CASCADE,
  scope TEXT NOT NULL,
  name TEXT NOT NULL,
  secret_sha256 BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_by_project ON tokens (project, created_at);
