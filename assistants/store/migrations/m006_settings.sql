-- What the operator has set for the whole studio; the values are JSON.

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    changed TEXT NOT NULL
);
