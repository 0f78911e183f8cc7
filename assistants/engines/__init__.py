"""Engines: how models run. The only place that imports torch, transformers, diffusers or openvino, and only on use.

A chat engine is a LangChain ``BaseChatModel`` that also has ``slots`` (generations at once), ``context`` (tokens),
``get_num_tokens_from_messages`` and ``close``. Its stream takes ``temperature``, ``top_p``, ``top_k``,
``repetition_penalty``, ``max_tokens`` and ``seed``; its last chunk has the usage and the ``finish_reason``; closing the
stream ends the generation at once.
"""

from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# Provider: the function that opens its models, given what stands after the colon and the model's file.
CHAT = {
    "local": "assistants.engines.openvino:open_chat",
    "echo": "assistants.engines.echo:open_chat",
}


def open_chat(name: str, file: Path | None = None) -> "BaseChatModel":
    """Open the chat model ``provider:model``, which may take seconds; ``file`` is where a local one is.

    A provider that is not in ``CHAT`` is LangChain's. Raises ``ModelUnavailable``.
    """
    provider, _, model = name.partition(":")
    if provider in CHAT:
        return resolve_name(CHAT[provider])(model, file)
    from langchain.chat_models import init_chat_model

    return init_chat_model(name)
