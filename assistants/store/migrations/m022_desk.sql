-- What customers think of answers, and the conversations that were handed to a person.

CREATE TABLE feedback (
    job TEXT PRIMARY KEY REFERENCES jobs (id),
    knowledge TEXT NOT NULL,
    good INTEGER NOT NULL,
    reason TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX feedback_knowledge ON feedback (knowledge, created);

CREATE TABLE hand_overs (
    id TEXT PRIMARY KEY,
    knowledge TEXT NOT NULL,
    conversation TEXT NOT NULL,
    owner TEXT NOT NULL,
    summary TEXT NOT NULL,
    transcript TEXT NOT NULL,
    answer TEXT,
    created TEXT NOT NULL,
    answered TEXT
);
CREATE UNIQUE INDEX hand_overs_open ON hand_overs (conversation, owner) WHERE answered IS NULL;
CREATE INDEX hand_overs_knowledge ON hand_overs (knowledge, created);

CREATE TABLE dismissed (
    knowledge TEXT NOT NULL,
    question TEXT NOT NULL,
    PRIMARY KEY (knowledge, question)
);

ALTER TABLE knowledge ADD COLUMN origins TEXT NOT NULL DEFAULT '';
ALTER TABLE knowledge ADD COLUMN suggested TEXT NOT NULL DEFAULT '';
ALTER TABLE knowledge ADD COLUMN synonyms TEXT NOT NULL DEFAULT '';
