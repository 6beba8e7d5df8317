-- When a person took an answer back. It stays on record and is heard no more.
ALTER TABLE answer ADD COLUMN withdrawn_at TEXT;
