-- Uploaded and generated files; the bytes lie in the home folder under the id.

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    job TEXT REFERENCES jobs (id),
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX files_owner ON files (owner, created);
