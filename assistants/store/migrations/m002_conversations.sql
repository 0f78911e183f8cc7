-- A chat is a tree of message rows; ``leaf`` is the message that the active branch ends in.

CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    title TEXT NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    leaf TEXT,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX conversations_owner ON conversations (owner, pinned DESC, updated DESC);

CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    conversation TEXT NOT NULL REFERENCES conversations (id),
    parent TEXT REFERENCES messages (id),
    role TEXT NOT NULL,
    text TEXT NOT NULL,
    job TEXT REFERENCES jobs (id),
    created TEXT NOT NULL,
    deleted TEXT
);
CREATE INDEX messages_tree ON messages (conversation, parent);
CREATE INDEX messages_parent ON messages (parent);
CREATE INDEX messages_job ON messages (job);
