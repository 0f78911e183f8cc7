-- What was drawn, one row a file; the boards that people put it on; and what of the queue outlives a restart.

CREATE TABLE pictures (
    id TEXT PRIMARY KEY REFERENCES files (id),
    owner TEXT NOT NULL,
    job TEXT NOT NULL REFERENCES jobs (id),
    kind TEXT NOT NULL,
    place INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    seed INTEGER,
    prompt TEXT NOT NULL,
    model TEXT NOT NULL,
    settings TEXT NOT NULL,
    style TEXT AS (json_extract(settings, '$.style')),
    made_with TEXT NOT NULL,
    pixels TEXT NOT NULL,
    starred INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX pictures_shown ON pictures (owner, id, starred, job, deleted) WHERE deleted IS NULL;
CREATE INDEX pictures_job ON pictures (job);
CREATE INDEX pictures_style ON pictures (owner, style, id) WHERE style IS NOT NULL AND deleted IS NULL;

CREATE TABLE boards (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE TABLE board_pictures (
    board TEXT NOT NULL REFERENCES boards (id),
    picture TEXT NOT NULL REFERENCES pictures (id),
    PRIMARY KEY (board, picture)
) WITHOUT ROWID;
CREATE INDEX board_pictures_picture ON board_pictures (picture);

ALTER TABLE jobs ADD COLUMN rank INTEGER;
CREATE TABLE paused (
    owner TEXT NOT NULL,
    assistant TEXT NOT NULL,
    PRIMARY KEY (owner, assistant)
) WITHOUT ROWID;
