-- Who may see what is shared, in the words that all kinds of rows have for it; the people that a base names, as JSON.

ALTER TABLE knowledge ADD COLUMN visibility TEXT NOT NULL DEFAULT 'private';
ALTER TABLE knowledge ADD COLUMN people TEXT NOT NULL DEFAULT '[]';
UPDATE knowledge SET visibility = 'all' WHERE readers = 'everyone';
ALTER TABLE knowledge DROP COLUMN readers;
