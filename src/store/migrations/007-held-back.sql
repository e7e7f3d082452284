-- Whether a certificate waits for a limit of the authority, to be counted apart from failures.
ALTER TABLE certificates ADD COLUMN is_held_back INTEGER NOT NULL DEFAULT 0;
