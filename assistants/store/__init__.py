"""The store: one SQLite file that people can open themselves, and what its tables hold.

    connection.py      the open database: one connection that writes, read-only ones
    migrations/        how the tables came to be, step by step: renaming.py
    fulltext.py        words and CJK bigrams, for the index and for what is asked
    home.py            the folder of a studio, and its lock
    row_kinds.py       what is registered of each kind of row that people have
    jobs.py            everything that was generated
    conversations.py   turns, as trees
    drafts.py          drafts, their versions and sections: draft_rows.py, documents.py
    experiments.py     what is kept of the playground
    files.py           uploads and pictures on the disk: uploads.py, quotas.py
    pictures.py        the gallery
    prompts.py         every version of every template
    settings.py        what the operator and the studio have decided

Every call that reads or changes somebody's rows takes their owner and answers ``NotFound`` for what is not theirs.
"""

from assistants.store.connection import Store, new_id, now

__all__ = ["Store", "new_id", "now"]
