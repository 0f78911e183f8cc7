-- How often a job was begun and left by a process that died.

ALTER TABLE jobs ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;
