"""The test of a connection: what the server lists, and the first word of one of its models."""

import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistants.connections.connection import Connection
from assistants.errors import GenerationFailed, InvalidInput, StudioError
from assistants.storable import storable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.messages import AIMessageChunk

    from assistants.engines.remote import RemoteChat

LIST_SECONDS = 10
# A server may have to load the model first.
WORD_SECONDS = 30
MESSAGE = "Say OK"
CONNECT_SECONDS = 5
# Whoever waits longer for a connection sees it in the test, too, but not for ever.
LONGEST_CONNECT_SECONDS = 20


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
    from langchain_core.messages import HumanMessage

    from assistants.engines.controls import pieces
    from assistants.engines.remote import Patience, open_remote

    def opened(model: str, seconds: float) -> "closing[RemoteChat]":
        provider, url, key = connection.provider, connection.url, connection.key
        connect = min(connection.connect_timeout or CONNECT_SECONDS, LONGEST_CONNECT_SECONDS)
        patience = Patience(connect=connect, first=seconds, gap=seconds, attempts=1)
        return closing(open_remote(connection.name, model, provider=provider, url=url, key=key, patience=patience))

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
        with closing(pieces(engine, [HumanMessage(MESSAGE)], {})) as chunks:
            word = first_word(chunks, connection.name, began)
        return Tested(listed, models_ms, model, storable(word), milliseconds_since(began))


def first_word(chunks: "Iterator[AIMessageChunk]", connection: str, began: float) -> str:
    """Return the first word, of a model that thinks first one of that; raises ``GenerationFailed`` if it is late."""
    for chunk in chunks:
        said = chunk.text or str(chunk.additional_kwargs.get("reasoning_content", ""))
        if said.strip():
            return said.strip()
        # A server may send something all the time and never a word.
        if time.monotonic() - began > WORD_SECONDS:
            template = "{connection} did not begin to answer within {seconds} seconds."
            raise GenerationFailed(template, connection=connection, seconds=WORD_SECONDS)
    return ""


def milliseconds_since(began: float) -> int:
    """Return how long ago a moment of the monotonic clock was."""
    return round((time.monotonic() - began) * 1000)
