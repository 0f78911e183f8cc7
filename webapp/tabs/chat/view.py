"""What the chat shows, as plain data: the thread, the list of conversations and the state of the model.

Texts of people and titles travel as text; only replies are HTML, made safe by ``webapp.render``.
"""

import json
import re
from dataclasses import replace
from hashlib import blake2s
from typing import Any

from assistants import chat
from assistants.errors import NotFound, StudioError
from assistants.history.snippets import REACH, excerpt, marks, pattern
from assistants.jobs import TERMINAL
from assistants.models import ModelState
from assistants.principals import Principal
from assistants.store.conversations import Hit, Turn
from assistants.studio import Studio
from webapp.better import offered
from webapp.i18n import t
from webapp.kit import model_label, sentence, why
from webapp.render import markdown

EXAMPLES = 4
# So many characters of a text are shown below a title in the list.
SNIPPET = 90
# Seconds of a reply that came nearly at once, of which nobody can tell how fast it was written.
LEAST_TIMED = 0.05


def thread(
    studio: Studio, owner: str, conversation_id: str | None, limit: int, have: dict[str, str], lang: str
) -> dict[str, Any]:
    """Return the last turns of a conversation; those whose key is in ``have`` by id and key alone."""
    if conversation_id is None:
        return {"conversation": None, "turns": [], "earlier": False}
    conversation = studio.history.conversations.get(conversation_id, owner)
    window = studio.history.conversations.window(conversation_id, owner, limit)
    turns = [drawn(as_it_stands(studio, owner, turn), lang) for turn in window.turns]
    return {
        "conversation": {"id": conversation.id, "title": conversation.title, "pinned": conversation.pinned},
        "turns": [short(turn) if have.get(turn["id"]) == turn["key"] else turn for turn in turns],
        "earlier": window.earlier,
    }


def as_it_stands(studio: Studio, owner: str, turn: Turn) -> Turn:
    """Return a turn as its job has it, where that has ended and the disk has not taken the end yet."""
    if turn.job is None or turn.status in TERMINAL:
        return turn
    job = studio.jobs.get(turn.job, owner)
    if job.is_open:
        return turn
    return replace(turn, text=turn.before + job.output, status=job.status, failure=job.failure, usage=job.usage)


def short(turn: dict[str, Any]) -> dict[str, Any]:
    """Return what the script needs to know of a turn that it shows already."""
    return {name: turn[name] for name in ("id", "key")}


def drawn(turn: Turn, lang: str) -> dict[str, Any]:
    """Return a turn as the script draws it, with a key that changes when it does.

    A reply that is being written comes without its words, which the script gets from the job's events.
    """
    is_open = turn.status not in TERMINAL
    text = turn.before if is_open else turn.text
    fields: dict[str, Any] = {
        "id": turn.id,
        "role": turn.role,
        "parent": turn.parent,
        "source": text,
        # Running or stopping is told by events; here it must not change the key of a turn that is being streamed.
        "status": "queued" if is_open else turn.status,
        "job": turn.job,
        "siblings": turn.siblings,
        "created": turn.created,
    }
    if turn.role == "assistant":
        fields |= {
            "html": markdown(text) if text else "",
            "model": turn.model,
            "notes": [
                {"text": t(note["template"], lang, **note["values"]), "cut": note["values"].get("cut")}
                for note in turn.notes
            ],
            "error": why(turn.failure, lang),
            **pace(turn.usage or {}),
        }
    if is_open:
        fields["notes"] = []
    digest = blake2s(json.dumps(fields, sort_keys=True).encode(), digest_size=8)
    return fields | {"key": digest.hexdigest()}


def pace(usage: dict[str, Any]) -> dict[str, Any]:
    """Return how long a reply took, in seconds, and how fast it came after its first piece, in tokens per second."""
    seconds, timed = usage.get("seconds"), usage.get("timed_seconds", 0)
    return {
        "seconds": f"{seconds:.1f}" if seconds else None,
        "speed": f"{usage['timed_tokens'] / timed:.0f}" if timed >= LEAST_TIMED else None,
    }


def turn_of(studio: Studio, owner: str, job_id: str) -> Turn:
    """Return the reply that a job of the chat writes; raises ``NotFound``."""
    job = studio.jobs.get(job_id, owner)
    if job.assistant != chat.ID or job.result is None:
        raise NotFound("There is no such item.")
    return studio.history.conversations.message(job.result["message"], owner)


def chats(studio: Studio, owner: str, q: str, shown: int) -> dict[str, Any]:
    """Return the first conversations of the list and whether there are more."""
    found = studio.history.conversations.list(owner, q, limit=shown + 1)
    fields = ("id", "title", "pinned", "updated")
    items = [{name: getattr(one, name) for name in fields} for one in found[:shown]]
    words = pattern(q)
    hits = studio.history.conversations.hits([one["id"] for one in items], q) if words else {}
    for one in items:
        hit = hits.get(one["id"])
        one |= {"title_marks": marks(one["title"], words)} | (found_in(hit, words) if hit and words else {})
    return {"items": items, "more": len(found) > shown}


def found_in(hit: Hit, words: re.Pattern[str]) -> dict[str, Any]:
    """Return the piece of a reply, or of its question, where what was searched stands, and the message to open at."""
    text = next((text for text in (hit.input, hit.output) if words.search(text[:REACH])), hit.output)
    snippet = excerpt(text[:REACH], SNIPPET, words)
    return {"snippet": snippet, "snippet_marks": marks(snippet, words), "message": hit.message}


def template(studio: Studio, owner: str, chosen: str | None) -> dict[str, Any] | None:
    """Return what the composer says of the template in use, and the variables to fill; None where there is none."""
    try:
        found = studio.prompts.get(chosen, owner) if chosen else None
    except NotFound:
        return None
    if found is None:
        return None
    variables = [name for name in found.variables if name != found.question]
    return {"id": found.id, "name": found.name, "variables": variables, "question": found.question}


def model(studio: Studio, who: Principal, name: str, lang: str) -> dict[str, Any]:
    """Return how far a model is and what suits it: ``progress``, ``suggestions``, and a better one that is offered."""
    try:
        state = studio.models.state(studio.models.resolve(name, who))
    except StudioError as error:
        said = {"note": sentence(error, lang), "share": None, "is_busy": False}
    else:
        name, said = state.name, progress(state, lang)
    return said | suggestions(studio, name, lang) | {"model": name, "offer": offered(studio, who, lang)}


def progress(state: ModelState, lang: str) -> dict[str, Any]:
    """Return a line on how far a model is, if it is not ready."""
    share = state.done / state.total if state.state == "downloading" and state.total else None
    note: str | None
    if state.failure:
        note = sentence(state.failure, lang)
    else:
        note = None if state.state == "ready" else t(f"model.{state.state}", lang, name=state.name)
    return {"note": note, "share": share, "is_busy": state.is_under_way}


def suggestions(studio: Studio, name: str, lang: str) -> dict[str, Any]:
    """Return the examples of an empty chat, in English where the model knows no other language, with a word on that."""
    wanted, advice = model_label(studio, name, lang)
    if studio.models.is_base(name):
        advice = t("model.base", lang)
    return {
        "advice": advice,
        "examples": [t(f"chat.example.{number}", wanted) for number in range(1, EXAMPLES + 1)],
    }
