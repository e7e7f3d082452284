-- What is known of each certificate; the files are in the data folder. Times in ms since 1970.
CREATE TABLE certificates (
  name TEXT PRIMARY KEY,
  not_before INTEGER,
  not_after INTEGER,
  failures INTEGER NOT NULL,
  reason TEXT,
  next_try INTEGER NOT NULL,
  renew_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX certificates_by_next_try ON certificates (next_try);

-- What was ordered of the authority, as long as its limits count it.
CREATE TABLE certificate_orders (
  key INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  names TEXT NOT NULL,
  outcome TEXT NOT NULL,
  is_renewal INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_orders_by_age ON certificate_orders (at);
