"""How the tests of the history fill it."""

import io
from typing import Any

from assistants.history import History
from assistants.principals import of_owner
from assistants.store import new_id, now
from assistants.store.jobs import JobRow


def add_job(history: History, question: str, answer: str, owner: str = "me", **changes: Any) -> str:
    """Write down a job that has ended; returns its id."""
    plain = {"assistant": "chat", "status": "done", "model": "echo:", "request": {}, "created": now()}
    row = JobRow(id=new_id(), owner=owner, input=question, output=answer, **(plain | changes))
    history.jobs.insert(row)
    history.jobs.save([(row, [(1, "text", {"delta": answer})])])
    return row.id


def add_turn(history: History, conversation: str, question: str, answer: str, owner: str = "me") -> tuple[str, str]:
    """Append a question and its reply to a conversation's active branch; returns the ids of the reply and its job."""
    talk = history.conversations
    below = talk.append(conversation, talk.get(conversation, owner).leaf, "user", question)
    job = add_job(history, question, answer, owner)
    return talk.append(conversation, below, "assistant", "", job), job


def add_file(history: History, name: str, data: bytes, job: str | None = None, owner: str = "me") -> str:
    """Keep a file; returns its id."""
    return history.files.add(of_owner(owner), name, io.BytesIO(data), job).id
