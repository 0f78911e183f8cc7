-- Which file wrote; the small model is called mini; and whether a home was in use before there was a better one.

ALTER TABLE jobs ADD COLUMN model_sha256 TEXT;
