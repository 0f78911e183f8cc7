-- What the operator of a base has taught it to tell apart: the examples, what was learned, and how good it is.

CREATE TABLE intents (
    knowledge TEXT PRIMARY KEY REFERENCES knowledge (name),
    examples TEXT NOT NULL,
    hand_over TEXT NOT NULL,
    model TEXT,
    head TEXT,
    report TEXT,
    trained TEXT NOT NULL
);
