-- The projects' own variables of their builds, sealed by a key that is not in this file.
CREATE TABLE variables (
  project INTEGER NOT NULL REFERENCES projects (key) ON DELETE CASCADE,
  name TEXT NOT NULL,
  -- Nonce of 12 bytes, tag of 16, and what AES-256-GCM made of the value.
  sealed BLOB NOT NULL,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

-- What a request with an Idempotency-Key was answered, until the key is forgotten.
CREATE TABLE answers (
  token TEXT NOT NULL REFERENCES tokens (id) ON DELETE CASCADE,
  idempotency_key TEXT NOT NULL,
  request_sha256 BLOB NOT NULL,
  status INTEGER NOT NULL,
  location TEXT,
  body TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (token, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_age ON answers (created_at);
