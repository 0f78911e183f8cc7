"""The test of a connection: what the server lists, and the first word of one of its models."""

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants.connections.connection import Connection
from assistants.errors import InvalidInput, StudioError
from assistants.storable import storable

if TYPE_CHECKING:
    from assistants.engines.remote import RemoteChat

LIST_SECONDS = 10
# A server may have to load the model first.
WORD_SECONDS = 30
MESSAGE = "Say OK"
# Models that think first need a few hundred before they say a word; the first word ends it.
TOKENS = 256


@dataclass(frozen=True)
class Tested:
    """What a test found: the server's models, and the first word of one of them, with how long each took."""

    models: list[str]
    models_ms: int
    model: str
    word: str
    word_ms: int


def tested(connection: Connection) -> Tested:
    """Test a connection as it stands."""
    from assistants.engines.remote import Patience, open_remote

    def opened(model: str, seconds: float) -> "closing[RemoteChat]":
        where = {"provider": connection.provider, "url": connection.url, "key": connection.key}
        patience = Patience(connect=5, first=seconds, gap=seconds, attempts=1)
        return closing(open_remote(connection.name, model, patience=patience, **where))

    chosen = next(iter(connection.models), None)
    with opened(chosen or "?", LIST_SECONDS) as engine:
        began = time.monotonic()
        try:
            listed = storable(engine.models())
        except StudioError:
            # Some servers list nothing; then a word of a model that was named is proof enough.
            if chosen is None:
                raise
            listed = []
        models_ms = milliseconds_since(began)
    model = chosen or next(iter(listed), None)
    if model is None:
        raise InvalidInput("models", "The server lists no models. Name one.")
    with opened(model, WORD_SECONDS) as engine:
        began = time.monotonic()
        with closing(engine.stream(MESSAGE, max_tokens=TOKENS)) as chunks:
            word = next((chunk.text for chunk in chunks if chunk.text.strip()), "")
        return Tested(listed, models_ms, model, storable(word.strip()), milliseconds_since(began))


def milliseconds_since(began: float) -> int:
    """Return how long ago a moment of the monotonic clock was."""
    return round((time.monotonic() - began) * 1000)
