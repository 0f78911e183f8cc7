-- Experiments of the playground by name, and the answers of its jobs by what was asked.

CREATE TABLE experiments (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    request TEXT NOT NULL
);
CREATE INDEX experiments_owner ON experiments (owner, updated DESC);

CREATE TABLE answers (
    key TEXT NOT NULL,
    job TEXT NOT NULL REFERENCES jobs (id),
    answer TEXT NOT NULL,
    PRIMARY KEY (key, job)
) WITHOUT ROWID;
CREATE INDEX answers_job ON answers (job);
