"""Models that run elsewhere: behind any OpenAI-compatible URL, or at any provider that LangChain knows.

    chat.py      the engine: waits, retries, stops, and never ends without a word or a reason
    answer.py    an answer as it comes: its reasoning apart, what it has beside words, how it ended
    images.py    the engine for models that draw
    dialects.py  what our parameters are called by whom
    wire.py      HTTP
    frames.py    bytes to frames: Server-Sent Events, lines of JSON, one JSON
    reading.py   what servers put into a frame
    listing.py   which models a server lists
    faults.py    what an error means: try again, or one sentence
    loop.py      asyncio in a thread, so that stopping closes the socket at once

Knows nothing about where URLs and keys are kept.
"""

from collections.abc import Mapping
from dataclasses import replace

from pydantic import SecretStr

from assistants.engines.remote.chat import PATIENCE, Patience, RemoteChat
from assistants.engines.remote.dialects import OPENAI, AnyProvider, Dialect, OpenAICompatible, missing_package
from assistants.engines.remote.images import RemoteImages, open_remote_image

__all__ = [
    "Patience",
    "RemoteChat",
    "RemoteImages",
    "missing_package",
    "open_provider",
    "open_remote",
    "open_remote_image",
]

OPENAI_URL = "https://api.openai.com/v1"


def open_remote(
    connection: str,
    model: str,
    *,
    provider: str = OPENAI,
    url: str | None = None,
    key: SecretStr | None = None,
    patience: Patience | None = None,
    waits: Mapping[str, float] | None = None,
) -> RemoteChat:
    """Open ``model`` of the connection of that name, which errors tell; reaches nothing yet.

    ``waits`` are those of the seconds of ``Patience`` that somebody set for this connection.

    Without a key, another provider than OpenAI-compatible ones looks for its own in the environment. Raises
    ``ModelUnavailable``.
    """
    usual, set_ = patience or PATIENCE, waits or {}
    patience = replace(
        usual,
        connect=set_.get("connect", usual.connect),
        first=set_.get("first", usual.first),
        gap=set_.get("gap", usual.gap),
    )
    dialect: Dialect
    if provider == OPENAI:
        dialect = OpenAICompatible(model, url or OPENAI_URL, key, patience.connect)
    else:
        dialect = AnyProvider(provider, model, url, key)
    return RemoteChat(connection=connection, model=model, dialect=dialect, secret=key, patience=patience)


def open_provider(name: str) -> RemoteChat:
    """Open ``provider:model`` of LangChain with the key in the environment; raises ``ModelUnavailable``."""
    provider, _, model = name.partition(":")
    return open_remote(provider, model, provider=provider)
