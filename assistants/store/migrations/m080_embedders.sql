-- By which model the vectors of a base are: until now there was one.

ALTER TABLE knowledge ADD COLUMN embedder TEXT NOT NULL DEFAULT '';
UPDATE knowledge SET embedder = 'local:starter-embedder' WHERE name IN
    (SELECT knowledge FROM chunks JOIN vectors ON chunk = number WHERE vector IS NOT NULL);
-- Chunks that it did not know may be read by the other one.
DELETE FROM vectors WHERE chunk IN
    (SELECT number FROM chunks JOIN knowledge k ON k.name = chunks.knowledge WHERE k.embedder = '');
