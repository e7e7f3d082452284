-- What a step took of the machine, as JSON; NULL where nothing was measured.
ALTER TABLE steps ADD COLUMN used TEXT;
