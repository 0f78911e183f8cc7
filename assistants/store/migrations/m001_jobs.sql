-- One row a generation, its numbered events, and its words for full-text search.

CREATE TABLE jobs (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    assistant TEXT NOT NULL,
    owner TEXT NOT NULL,
    status TEXT NOT NULL,
    model TEXT,
    input TEXT NOT NULL,
    output TEXT NOT NULL DEFAULT '',
    request TEXT NOT NULL,
    result TEXT,
    usage TEXT,
    error TEXT,
    after TEXT,
    created TEXT NOT NULL,
    started TEXT,
    finished TEXT,
    deleted TEXT
);
CREATE INDEX jobs_owner ON jobs (owner, number);
CREATE INDEX jobs_open ON jobs (status) WHERE status IN ('queued', 'running', 'stopping');

CREATE TABLE events (
    job TEXT NOT NULL REFERENCES jobs (id),
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (job, number)
) WITHOUT ROWID;

CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'");
