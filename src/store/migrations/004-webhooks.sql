-- Where to tell what happened. The secrets are sealed by a key that is not in this file.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  -- NULL: all projects.
  project INTEGER REFERENCES projects (key) ON DELETE CASCADE,
  url TEXT NOT NULL,
  events TEXT NOT NULL,
  sealed BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  -- Set where the receiver said that it has gone.
  disabled_at INTEGER,
  attempted_at INTEGER,
  result TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX webhooks_by_project ON webhooks (project);
CREATE INDEX webhooks_by_age ON webhooks (created_at, id);

-- What is still to be told, until it was taken or given up.
CREATE TABLE webhook_deliveries (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, key);
CREATE INDEX webhook_deliveries_by_due ON webhook_deliveries (webhook, due_at, key);
