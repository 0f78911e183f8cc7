-- What a conversation asks with, as JSON: what is not in it follows the studio's own. ``settled``: when that was chosen.

ALTER TABLE conversations ADD COLUMN settings TEXT NOT NULL DEFAULT '{}';
ALTER TABLE conversations ADD COLUMN settled TEXT;
