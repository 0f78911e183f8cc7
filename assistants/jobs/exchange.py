"""An exchange: the messages that a model was given, and what it answered, as a job recorded them.

Knows what assistants leave among a job's events; one that leaves it elsewhere says so itself, by its ``exchange``.
"""

from dataclasses import dataclass
from typing import Any

from assistants.errors import InvalidInput
from assistants.store.jobs import JobRow

# Roles (system, user, assistant) and texts.
Said = list[tuple[str, str]]
NONE = "This item has no messages to a model that could be looked into."


@dataclass(frozen=True)
class Exchange:
    """What a model was given and answered; a ``raw`` prompt is one message that was given without a chat template.

    ``model`` is None where it is the job's own.
    """

    messages: Said
    text: str
    raw: bool = False
    model: str | None = None


def recorded(studio: Any, job: JobRow, which: str) -> Exchange:
    """Return the exchange that a job recorded: the last one, or of a job with several steps that of ``which``.

    Raises ``InvalidInput`` where there is none.
    """
    request, messages, text = job.request, None, job.output
    raw = bool(request.get("prompt")) and not request.get("messages")
    if raw:
        messages = [("user", request["prompt"])]
    elif request.get("messages"):
        messages = _pairs(request["messages"])
    is_wanted = False
    for _, kind, data in studio.history.jobs.events(job.id):
        if kind == "text" and is_wanted:
            text += data["delta"]
        elif kind == "part" and data["name"] == "sent":
            is_wanted = which in ("", data["data"].get("section"))
            if is_wanted:
                messages, text = _pairs(data["data"]["messages"]), ""
        elif kind == "part" and data["name"] == "why" and data["data"].get("prompt"):
            messages = [(role, content) for role, content in data["data"]["prompt"]]
            text = data["data"].get("draft") or job.output
    if not messages:
        raise InvalidInput("job", NONE)
    return Exchange(messages, text, raw)


def _pairs(messages: list[dict[str, str]]) -> Said:
    return [(one["role"], one["content"]) for one in messages]
