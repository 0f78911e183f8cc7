-- Conversations of which nothing is kept: they are in no list, their words in no index, and go once they are left.

ALTER TABLE conversations ADD COLUMN temporary INTEGER NOT NULL DEFAULT 0;
CREATE INDEX conversations_temporary ON conversations (updated) WHERE temporary;
