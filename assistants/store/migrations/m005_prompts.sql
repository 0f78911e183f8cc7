-- Prompt templates: one row for each that an owner made or changed, and every version of its text. The owner '' is
-- the studio: its rows are the built-in texts, so that what an older studio sent can be sent again. ``in_use`` is
-- the version that is sent; NULL is the built-in one, whatever it becomes.

CREATE TABLE prompts (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    in_use TEXT,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE UNIQUE INDEX prompts_name ON prompts (owner, name) WHERE deleted IS NULL;

CREATE TABLE prompt_versions (
    number INTEGER PRIMARY KEY,
    prompt TEXT NOT NULL REFERENCES prompts (id),
    version TEXT NOT NULL,
    source TEXT NOT NULL,
    note TEXT NOT NULL,
    created TEXT NOT NULL,
    UNIQUE (prompt, version)
);
