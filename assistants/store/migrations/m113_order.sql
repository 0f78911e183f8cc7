-- Where conversations are kept and what they are called by, and messages that no job of this studio wrote: copies of
-- others and what came from elsewhere. Their words are found in a table of their own. What is shared has a link.

ALTER TABLE conversations ADD COLUMN folder TEXT NOT NULL DEFAULT '';
ALTER TABLE conversations ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE conversations ADD COLUMN source TEXT NOT NULL DEFAULT '';

ALTER TABLE messages ADD COLUMN model TEXT;
ALTER TABLE messages ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';

CREATE VIRTUAL TABLE message_words USING fts5 (
    message UNINDEXED, text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'", prefix = '1 2 3'
);

CREATE TABLE shares (
    id TEXT PRIMARY KEY,
    token TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    conversation TEXT NOT NULL REFERENCES conversations (id),
    leaf TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX shares_conversation ON shares (conversation);
CREATE INDEX shares_owner ON shares (owner);
