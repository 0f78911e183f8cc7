-- Drafts and every version of them, a tree by ``parent``; ``redo`` lists the versions that were undone. The
-- document comes last: what stands before a long text is read without it.

CREATE TABLE drafts (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    brief TEXT NOT NULL,
    version TEXT NOT NULL,
    redo TEXT NOT NULL DEFAULT '[]',
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX drafts_owner ON drafts (owner, updated DESC);

CREATE TABLE draft_versions (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    draft TEXT NOT NULL REFERENCES drafts (id),
    parent TEXT,
    cause TEXT NOT NULL,
    job TEXT,
    model TEXT,
    changed TEXT NOT NULL,
    words INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX draft_versions_draft ON draft_versions (draft, number);
CREATE INDEX draft_versions_parent ON draft_versions (parent);
CREATE INDEX draft_versions_job ON draft_versions (job) WHERE job IS NOT NULL;
