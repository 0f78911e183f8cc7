-- The list of conversations, found by words of their titles, read from one index that holds those.

DROP INDEX conversations_owner;
CREATE INDEX conversations_listed ON conversations (owner, pinned DESC, updated DESC, title, id)
    WHERE deleted IS NULL;
