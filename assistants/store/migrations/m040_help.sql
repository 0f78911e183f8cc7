-- Which models help a base beside the one that answers; a model's summary of what was handed over.

ALTER TABLE knowledge ADD COLUMN reranker TEXT NOT NULL DEFAULT '';
ALTER TABLE knowledge ADD COLUMN model_help TEXT NOT NULL DEFAULT 'auto';
ALTER TABLE hand_overs ADD COLUMN prose TEXT;
