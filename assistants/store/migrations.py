"""The shape of the database, as functions that are only ever appended, never edited.

Each runs once, in a transaction with its own record (sqlite-utils' ``Migrations``). Times are ISO 8601 text in UTC,
JSON is text, ids are 32 hex digits that sort by time. Knows nothing about what the rows are used for.
"""

from sqlite_utils import Database, Migrations

from assistants.store.fulltext import indexable
from assistants.store.renaming import rename_model

migrations = Migrations("studio")


@migrations()
def m001_jobs(db: Database) -> None:
    """One row a generation, its numbered events, and its words for full-text search."""
    db.executescript("""
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            assistant TEXT NOT NULL,
            owner TEXT NOT NULL,
            status TEXT NOT NULL,
            model TEXT,
            input TEXT NOT NULL,
            output TEXT NOT NULL DEFAULT '',
            request TEXT NOT NULL,
            result TEXT,
            usage TEXT,
            error TEXT,
            after TEXT,
            created TEXT NOT NULL,
            started TEXT,
            finished TEXT,
            deleted TEXT
        );
        CREATE INDEX jobs_owner ON jobs (owner, number);
        CREATE INDEX jobs_open ON jobs (status) WHERE status IN ('queued', 'running', 'stopping');

        CREATE TABLE events (
            job TEXT NOT NULL REFERENCES jobs (id),
            number INTEGER NOT NULL,
            kind TEXT NOT NULL,
            data TEXT NOT NULL,
            PRIMARY KEY (job, number)
        ) WITHOUT ROWID;

        CREATE VIRTUAL TABLE words USING fts5 (text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'");
    """)


@migrations()
def m002_conversations(db: Database) -> None:
    """A chat is a tree of message rows; ``leaf`` is the message that the active branch ends in."""
    db.executescript("""
        CREATE TABLE conversations (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            title TEXT NOT NULL,
            pinned INTEGER NOT NULL DEFAULT 0,
            leaf TEXT,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX conversations_owner ON conversations (owner, pinned DESC, updated DESC);

        CREATE TABLE messages (
            id TEXT PRIMARY KEY,
            conversation TEXT NOT NULL REFERENCES conversations (id),
            parent TEXT REFERENCES messages (id),
            role TEXT NOT NULL,
            text TEXT NOT NULL,
            job TEXT REFERENCES jobs (id),
            created TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX messages_tree ON messages (conversation, parent);
        CREATE INDEX messages_parent ON messages (parent);
        CREATE INDEX messages_job ON messages (job);
    """)


@migrations()
def m003_files(db: Database) -> None:
    """Uploaded and generated files; the bytes lie in the home folder under the id."""
    db.executescript("""
        CREATE TABLE files (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            job TEXT REFERENCES jobs (id),
            name TEXT NOT NULL,
            type TEXT NOT NULL,
            size INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            created TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX files_owner ON files (owner, created);
    """)


@migrations()
def m004_finding(db: Database) -> None:
    """Stars, templates, an index that answers for every filter by itself, and words found by their beginnings.

    A row's columns behind a long output cost a read of all of it, so lists are made from the index alone.
    """
    db.executescript("""
        ALTER TABLE jobs ADD COLUMN starred INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE jobs ADD COLUMN template TEXT AS (json_extract(request, '$.template'));
        DROP INDEX jobs_owner;
        CREATE INDEX jobs_shown ON jobs (owner, number, assistant, model, template, status, starred, created)
            WHERE deleted IS NULL;
        CREATE INDEX jobs_trashed ON jobs (owner, deleted) WHERE deleted IS NOT NULL;
        CREATE INDEX files_job ON files (job);

        DROP TABLE words;
        CREATE VIRTUAL TABLE words USING fts5 (
            text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'", prefix = '1 2 3'
        );
    """)
    ended = db.execute("SELECT number, input, output FROM jobs WHERE status NOT IN ('queued', 'running', 'stopping')")
    db.conn.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)", ((row[0], indexable(row[1], row[2])) for row in ended)
    )


@migrations()
def m005_prompts(db: Database) -> None:
    """Prompt templates: one row for each that an owner made or changed, and every version of its text.

    The owner '' is the studio: its rows are the built-in texts, so that what an older studio sent can be sent again.
    ``in_use`` is the version that is sent; NULL is the built-in one, whatever it becomes.
    """
    db.executescript("""
        CREATE TABLE prompts (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            in_use TEXT,
            created TEXT NOT NULL,
            deleted TEXT
        );
        CREATE UNIQUE INDEX prompts_name ON prompts (owner, name) WHERE deleted IS NULL;

        CREATE TABLE prompt_versions (
            number INTEGER PRIMARY KEY,
            prompt TEXT NOT NULL REFERENCES prompts (id),
            version TEXT NOT NULL,
            source TEXT NOT NULL,
            note TEXT NOT NULL,
            created TEXT NOT NULL,
            UNIQUE (prompt, version)
        );
    """)


@migrations()
def m006_settings(db: Database) -> None:
    """What the operator has set for the whole studio; the values are JSON."""
    db.executescript("""
        CREATE TABLE settings (
            name TEXT PRIMARY KEY,
            value TEXT NOT NULL,
            changed TEXT NOT NULL
        );
    """)


@migrations()
def m007_titles(db: Database) -> None:
    """The list of conversations, found by words of their titles, read from one index that holds those."""
    db.executescript("""
        DROP INDEX conversations_owner;
        CREATE INDEX conversations_listed ON conversations (owner, pinned DESC, updated DESC, title, id)
            WHERE deleted IS NULL;
    """)


@migrations()
def m008_drafts(db: Database) -> None:
    """Drafts and every version of them, a tree by ``parent``; ``redo`` lists the versions that were undone.

    The document comes last: what stands before a long text is read without it.
    """
    db.executescript("""
        CREATE TABLE drafts (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            brief TEXT NOT NULL,
            version TEXT NOT NULL,
            redo TEXT NOT NULL DEFAULT '[]',
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX drafts_owner ON drafts (owner, updated DESC);

        CREATE TABLE draft_versions (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            draft TEXT NOT NULL REFERENCES drafts (id),
            parent TEXT,
            cause TEXT NOT NULL,
            job TEXT,
            model TEXT,
            changed TEXT NOT NULL,
            words INTEGER NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            document TEXT NOT NULL
        );
        CREATE INDEX draft_versions_draft ON draft_versions (draft, number);
        CREATE INDEX draft_versions_parent ON draft_versions (parent);
        CREATE INDEX draft_versions_job ON draft_versions (job) WHERE job IS NOT NULL;
    """)


@migrations()
def m009_knowledge(db: Database) -> None:
    """Bases of knowledge: their sources, the chunks of these with their vectors, and the words of what answers.

    A source's text never changes: a new version is a new row, and the ``replaced`` one shows what old answers saw.
    """
    db.executescript("""
        CREATE TABLE knowledge (
            name TEXT PRIMARY KEY,
            not_found TEXT NOT NULL DEFAULT '',
            revision INTEGER NOT NULL DEFAULT 0,
            created TEXT NOT NULL
        );

        CREATE TABLE sources (
            id TEXT PRIMARY KEY,
            knowledge TEXT NOT NULL REFERENCES knowledge (name),
            name TEXT NOT NULL,
            sha256 TEXT NOT NULL,
            file TEXT,
            job TEXT,
            text TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            ready TEXT,
            replaced TEXT
        );
        CREATE INDEX sources_knowledge ON sources (knowledge, name);
        CREATE INDEX sources_job ON sources (job);

        CREATE TABLE chunks (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            source TEXT NOT NULL REFERENCES sources (id),
            knowledge TEXT NOT NULL REFERENCES knowledge (name),
            place INTEGER NOT NULL,
            start INTEGER NOT NULL,
            text TEXT NOT NULL,
            heading TEXT NOT NULL,
            question TEXT NOT NULL,
            enabled INTEGER NOT NULL DEFAULT 1,
            live INTEGER NOT NULL DEFAULT 0
        );
        CREATE UNIQUE INDEX chunks_source ON chunks (source, place);
        CREATE INDEX chunks_live ON chunks (knowledge, number) WHERE live;

        CREATE TABLE vectors (chunk INTEGER PRIMARY KEY REFERENCES chunks (number), vector BLOB);

        CREATE VIRTUAL TABLE chunk_words USING fts5 (
            knowledge, text, tokenize = "unicode61 remove_diacritics 2 tokenchars '+#'"
        );

        CREATE INDEX jobs_talk ON jobs (json_extract(result, '$.conversation'), number) WHERE assistant = 'support';
    """)


@migrations()
def m010_experiments(db: Database) -> None:
    """Experiments of the playground by name, and the answers of its jobs by what was asked."""
    db.executescript("""
        CREATE TABLE experiments (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            request TEXT NOT NULL
        );
        CREATE INDEX experiments_owner ON experiments (owner, updated DESC);

        CREATE TABLE answers (
            key TEXT NOT NULL,
            job TEXT NOT NULL REFERENCES jobs (id),
            answer TEXT NOT NULL,
            PRIMARY KEY (key, job)
        ) WITHOUT ROWID;
        CREATE INDEX answers_job ON answers (job);
    """)


@migrations()
def m020_intents(db: Database) -> None:
    """What the operator of a base has taught it to tell apart: the examples, what was learned, and how good it is."""
    db.executescript("""
        CREATE TABLE intents (
            knowledge TEXT PRIMARY KEY REFERENCES knowledge (name),
            examples TEXT NOT NULL,
            hand_over TEXT NOT NULL,
            model TEXT,
            head TEXT,
            report TEXT,
            trained TEXT NOT NULL
        );
    """)


@migrations()
def m021_checks(db: Database) -> None:
    """What a base must answer and what it must refuse, and the runs that asked for it."""
    db.executescript("""
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
    """)


@migrations()
def m022_desk(db: Database) -> None:
    """What customers think of answers, and the conversations that were handed to a person."""
    db.executescript("""
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
    """)


@migrations()
def m030_pictures(db: Database) -> None:
    """What was drawn, one row a file; the boards that people put it on; and what of the queue outlives a restart."""
    db.executescript("""
        CREATE TABLE pictures (
            id TEXT PRIMARY KEY REFERENCES files (id),
            owner TEXT NOT NULL,
            job TEXT NOT NULL REFERENCES jobs (id),
            kind TEXT NOT NULL,
            place INTEGER NOT NULL,
            width INTEGER NOT NULL,
            height INTEGER NOT NULL,
            seed INTEGER,
            prompt TEXT NOT NULL,
            model TEXT NOT NULL,
            settings TEXT NOT NULL,
            style TEXT AS (json_extract(settings, '$.style')),
            made_with TEXT NOT NULL,
            pixels TEXT NOT NULL,
            starred INTEGER NOT NULL DEFAULT 0,
            created TEXT NOT NULL,
            deleted TEXT
        );
        CREATE INDEX pictures_shown ON pictures (owner, id, starred, job, deleted) WHERE deleted IS NULL;
        CREATE INDEX pictures_job ON pictures (job);
        CREATE INDEX pictures_style ON pictures (owner, style, id) WHERE style IS NOT NULL AND deleted IS NULL;

        CREATE TABLE boards (
            id TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            created TEXT NOT NULL
        );
        CREATE TABLE board_pictures (
            board TEXT NOT NULL REFERENCES boards (id),
            picture TEXT NOT NULL REFERENCES pictures (id),
            PRIMARY KEY (board, picture)
        ) WITHOUT ROWID;
        CREATE INDEX board_pictures_picture ON board_pictures (picture);

        ALTER TABLE jobs ADD COLUMN rank INTEGER;
        CREATE TABLE paused (
            owner TEXT NOT NULL,
            assistant TEXT NOT NULL,
            PRIMARY KEY (owner, assistant)
        ) WITHOUT ROWID;
    """)


@migrations()
def m040_help(db: Database) -> None:
    """Which models help a base beside the one that answers; a model's summary of what was handed over."""
    db.executescript("""
        ALTER TABLE knowledge ADD COLUMN reranker TEXT NOT NULL DEFAULT '';
        ALTER TABLE knowledge ADD COLUMN model_help TEXT NOT NULL DEFAULT 'auto';
        ALTER TABLE hand_overs ADD COLUMN prose TEXT;
    """)


@migrations()
def m050_starts(db: Database) -> None:
    """How often a job was begun and left by a process that died."""
    db.executescript("ALTER TABLE jobs ADD COLUMN starts INTEGER NOT NULL DEFAULT 0;")


@migrations()
def m060_readers(db: Database) -> None:
    """Who may read a base's sources in full, beside the answers and what these quote."""
    db.executescript("ALTER TABLE knowledge ADD COLUMN readers TEXT NOT NULL DEFAULT 'operator';")


@migrations()
def m070_notes(db: Database) -> None:
    """What of a source was not read, as a list of sentences (template and values)."""
    db.executescript("ALTER TABLE sources ADD COLUMN notes TEXT NOT NULL DEFAULT '[]';")


@migrations()
def m080_embedders(db: Database) -> None:
    """By which model the vectors of a base are: until now there was one."""
    db.executescript("""
        ALTER TABLE knowledge ADD COLUMN embedder TEXT NOT NULL DEFAULT '';
        UPDATE knowledge SET embedder = 'local:starter-embedder' WHERE name IN
            (SELECT knowledge FROM chunks JOIN vectors ON chunk = number WHERE vector IS NOT NULL);
        -- Chunks that it did not know may be read by the other one.
        DELETE FROM vectors WHERE chunk IN
            (SELECT number FROM chunks JOIN knowledge k ON k.name = chunks.knowledge WHERE k.embedder = '');
    """)


@migrations()
def m090_role(db: Database) -> None:
    """Which file wrote; the small model is called ``mini``; and whether a home was in use before there was a better."""
    db.execute("ALTER TABLE jobs ADD COLUMN model_sha256 TEXT")
    was_used = any(db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone() for table in ("jobs", "drafts", "settings"))
    rename_model(db, "local:starter", "local:mini")
    if was_used:
        moment = "strftime('%Y-%m-%dT%H:%M:%fZ')"
        db.execute(f"INSERT INTO settings (name, value, changed) VALUES ('was_used', 'true', {moment})")
