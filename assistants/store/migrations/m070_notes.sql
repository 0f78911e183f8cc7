-- What of a source was not read, as a list of sentences (template and values).

ALTER TABLE sources ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';
