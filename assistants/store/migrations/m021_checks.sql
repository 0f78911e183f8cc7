-- What a base must answer and what it must refuse, and the runs that asked for it.

CREATE TABLE expectations (
    knowledge TEXT PRIMARY KEY REFERENCES knowledge (name),
    lines TEXT NOT NULL
);

CREATE TABLE check_runs (
    number INTEGER PRIMARY KEY,
    knowledge TEXT NOT NULL REFERENCES knowledge (name),
    job TEXT NOT NULL,
    results TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX check_runs_knowledge ON check_runs (knowledge, number);
