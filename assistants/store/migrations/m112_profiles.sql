-- What a person wants known to the models they ask, for their chats and drafts alone; used only while it is on.

CREATE TABLE profiles (
    owner TEXT PRIMARY KEY,
    is_on INTEGER NOT NULL DEFAULT 0,
    name TEXT NOT NULL DEFAULT '',
    tone TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '',
    changed TEXT NOT NULL
);
