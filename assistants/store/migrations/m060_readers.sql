-- Who may read a base's sources in full, beside the answers and what these quote.

ALTER TABLE knowledge ADD COLUMN readers TEXT NOT NULL DEFAULT 'operator';
