-- Bases of knowledge: their sources, the chunks of these with their vectors, and the words of what answers. A
-- source's text never changes: a new version is a new row, and the ``replaced`` one shows what old answers saw.

CREATE TABLE knowledge (
    name TEXT PRIMARY KEY,
    not_found TEXT NOT NULL DEFAULT '',
    revision INTEGER NOT NULL DEFAULT 0,
    created TEXT NOT NULL
);

CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    knowledge TEXT NOT NULL REFERENCES knowledge (name),
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    file TEXT,
    job TEXT,
    text TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    ready TEXT,
    replaced TEXT
);
CREATE INDEX sources_knowledge ON sources (knowledge, name);
CREATE INDEX sources_job ON sources (job);

CREATE TABLE chunks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL REFERENCES sources (id),
    knowledge TEXT NOT NULL REFERENCES knowledge (name),
    place INTEGER NOT NULL,
    start INTEGER NOT NULL,
    text TEXT NOT NULL,
    heading TEXT NOT NULL,
    question TEXT NOT NULL,
    enabled INTEGER NOT NULL DEFAULT 1,
    live INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX chunks_source ON chunks (source, place);
CREATE INDEX chunks_live ON chunks (knowledge, number) WHERE live;

CREATE TABLE vectors (chunk INTEGER PRIMARY KEY REFERENCES chunks (number), vector BLOB);

CREATE VIRTUAL TABLE chunk_words USING fts5 (
    knowledge, text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'"
);

CREATE INDEX jobs_talk ON jobs (json_extract(result, '$.conversation'), number) WHERE assistant = 'support';
