-- Stars, templates, an index that answers for every filter by itself, and words found by their beginnings. A row's
-- columns behind a long output cost a read of all of it, so lists are made from the index alone.

ALTER TABLE jobs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN template TEXT AS (json_extract(request, '$.template'));
DROP INDEX jobs_owner;
CREATE INDEX jobs_shown ON jobs (owner, number, assistant, model, template, status, starred, created)
    WHERE deleted IS NULL;
CREATE INDEX jobs_trashed ON jobs (owner, deleted) WHERE deleted IS NOT NULL;
CREATE INDEX files_job ON files (job);

DROP TABLE words;
CREATE VIRTUAL TABLE words USING fts5 (
    text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'", prefix = '1 2 3'
);
