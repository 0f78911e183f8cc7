"""The subject of a look: a prompt and the text that follows it, a person's own or what a job gave a model.

Knows where both come from and which model may look; knows nothing about what is looked at.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assistants.errors import InvalidInput, NotFound
from assistants.generation import conversation, opened
from assistants.jobs import Event, Exchange, RunningJob
from assistants.lab.part import Look
from assistants.principals import Principal
from assistants.requests import Admission

if TYPE_CHECKING:
    from assistants.studio import Studio

INSPECT = frozenset({"inspect"})
EITHER = "Give either a text or an item of the history to look into."
OPEN = "This item is still being written. Look again when it is done."
EMPTY = "This item has no text to look into."
ELSEWHERE = "{model} runs elsewhere, so nothing of its inside can be seen here. Choose a model of this machine."


@dataclass(frozen=True)
class Subject:
    """A prompt and what follows it, and the open engine that reads both."""

    exchange: Exchange
    engine: Any
    model: str

    def inspect(self, what: str, /, **options: Any) -> dict[str, Any]:
        """Return what the engine sees; raises ``InvalidInput`` in the lab's own words."""
        messages = conversation(self.exchange.messages)
        try:
            return self.engine.inspect(messages, self.exchange.text, what, raw=self.exchange.raw, **options)
        except InvalidInput as error:
            values = {name: value for name, value in error.values.items() if name != "field"}
            raise InvalidInput("text" if error.field == "message" else error.field, error.template, **values) from error


def exchange_of(studio: "Studio", look: Look[Any], owner: str) -> Exchange:
    """Return what is to be looked at: a text by itself follows nothing. Raises ``InvalidInput``."""
    if (look.text is None) == (look.job is None):
        raise InvalidInput("text", EITHER)
    if look.job is None:
        if not (look.text or "").strip():
            raise InvalidInput("text", "{field} is empty.")
        return Exchange([("user", "")], look.text or "", raw=True)
    row = studio.jobs.get(look.job, owner)
    if row.is_open:
        raise InvalidInput("job", OPEN)
    try:
        exchange = studio.jobs.exchange(look.job, owner, look.which)
    except NotFound as error:
        raise InvalidInput("which", error.template, **error.values) from error
    if not exchange.text:
        raise InvalidInput("job", EMPTY)
    return exchange


def model_of(studio: "Studio", look: Look[Any], exchange: Exchange, who: Principal) -> str:
    """Return the model that reads: the one that is named, or that answered, or the studio's own."""
    name = look.model or exchange.model or (look.job and studio.jobs.get(look.job, who.id).model) or None
    return studio.models.resolve(name, who, "chat")


def admitted(studio: "Studio", look: Look[Any], who: Principal) -> Admission:
    """Check that there is a text to look at, and a model of this machine that reads it."""
    exchange = exchange_of(studio, look, who.id)
    model = model_of(studio, look, exchange, who)
    if not model.startswith("local:"):
        raise InvalidInput("model", ELSEWHERE, model=model)
    return Admission(exchange.text[:1000], model, settled={"model": model})


def subject(studio: "Studio", look: Look[Any], job: RunningJob) -> Generator[Event, None, Subject]:
    """Open the model that looks inside, telling how far it is."""
    exchange = exchange_of(studio, look, job.owner)
    engine = yield from opened(studio, job, INSPECT)
    return Subject(exchange, engine, job.model)
