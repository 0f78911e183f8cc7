"""A title for a conversation by a model of this machine, asked for when nothing else is to be done.

Until then, and where no model is able enough, its title is the beginning of the first message. One that a person gave
stays. Knows nothing about when nobody is waiting: whoever shows the conversation does.
"""

import re
from threading import Semaphore
from typing import TYPE_CHECKING

from assistants.history.search import TITLE, shorten
from assistants.models import LOCAL
from assistants.principals import Principal
from assistants.store.conversations import MAX_TITLE, Turn

if TYPE_CHECKING:
    from assistants.studio import Studio

ASK = (
    "Give the conversation below a title of two to six words, in the language it is written in. Answer with the title"
    " alone, without quotes.\n\n<conversation>\n{said}\n</conversation>"
)
MAX_TOKENS = 24
# Of each message as much as tells what it is about.
CHARACTERS = 600
SECONDS = 30.0
MARKS = " \t\"'`*_#“”‘’「」『』《》"
# Each holds a thread of the server until it is found.
_ONE_AT_A_TIME = Semaphore(1)
LABEL = re.compile(r"^(?:title|标题)\s*[:：]\s*", re.IGNORECASE)


def entitle(studio: "Studio", conversation_id: str, who: Principal) -> str | None:
    """Give a conversation a title and return it; None where it has one of its own, or none was found.

    Nor is one found where no model is there that can, or while one is sought for another conversation.
    Raises ``NotFound``, and what a job's beginning raises. What the model was asked is not kept.
    """
    conversations = studio.history.conversations
    conversation = conversations.get(conversation_id, who.id)
    turns = conversations.window(conversation_id, who.id, limit=1000).turns[:2]
    model = _model(studio, turns, who)
    if conversation.temporary or model is None or conversation.title != shorten(turns[0].text, TITLE):
        return None
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        return None
    try:
        title = _asked(studio, turns, model, who)
    finally:
        _ONE_AT_A_TIME.release()
    # Somebody may have named it meanwhile.
    if not title or conversations.get(conversation_id, who.id).title != conversation.title:
        return None
    conversations.rename(conversation_id, who.id, title)
    return title


def _asked(studio: "Studio", turns: list[Turn], model: str, who: Principal) -> str:
    said = "\n\n".join(f"{turn.role}: {turn.text[:CHARACTERS]}" for turn in turns)
    request = {
        "messages": [{"role": "user", "content": ASK.format(said=said)}],
        "model": model,
        "params": {"max_tokens": MAX_TOKENS, "temperature": 0.3},
    }
    job = studio.jobs.begin("completions", request, who, recorded=False)
    if not job.ended.wait(SECONDS):
        studio.jobs.stop(job.id, who.id)
    return cleaned(job.snapshot().output)


def _model(studio: "Studio", turns: list[Turn], who: Principal) -> str | None:
    """Return the model that answered, if it is of this machine, able enough, and has ended."""
    if len(turns) < 2 or turns[1].status != "done" or not turns[1].model:
        return None
    name = turns[1].model
    return name if name in studio.models.pickable(who) and able(studio, name) else None


def able(studio: "Studio", name: str) -> bool:
    """Say whether a model finds titles: a large one of this machine, for elsewhere each question may cost something."""
    return name.startswith(LOCAL) and studio.models.is_capable(name)


def cleaned(output: str) -> str:
    """Return what a model said as a title: its first line without marks and label; empty if it is none."""
    line = next((line for line in output.strip().splitlines() if line.strip()), "")
    title = LABEL.sub("", line.strip(MARKS)).strip(MARKS).rstrip(".。").strip(MARKS)
    return title if 0 < len(title) <= MAX_TITLE // 2 else ""
