-- What a model thought before it wrote its output: until now only in the events of a job that has ended.

ALTER TABLE jobs ADD COLUMN reasoning TEXT NOT NULL DEFAULT '';
UPDATE jobs SET reasoning = (
    SELECT group_concat(text, '') FROM (
        SELECT json_extract(data, '$.data.text') AS text FROM events
        WHERE events.job = jobs.id AND kind = 'part' AND json_extract(data, '$.name') = 'reasoning' ORDER BY number
    )
)
WHERE status NOT IN ('queued', 'running', 'stopping') AND id IN (
    SELECT job FROM events WHERE kind = 'part' AND json_extract(data, '$.name') = 'reasoning'
);
