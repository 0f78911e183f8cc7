"""Engines: how models run. The only place that imports torch, transformers, diffusers or openvino, and only on use.

A chat engine is what ``chat_engine.ChatEngine`` says, an image engine what ``drawing.ImageEngine`` does.
"""

import json
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Literal

from assistants.engines.chat_engine import Foreign
from assistants.engines.plugins import open_plugin, plugins
from assistants.errors import ModelUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from langchain_core.embeddings import Embeddings
    from PIL.Image import Image

    from assistants.engines.chat_engine import ChatEngine
    from assistants.engines.classifier import LocalClassifier
    from assistants.engines.drawing import ImageEngine
    from assistants.engines.reranker import LocalReranker

__all__ = [
    "CHAT",
    "CLASSIFY",
    "EMBED",
    "IMAGE",
    "RUNNERS",
    "Runner",
    "engine_of",
    "is_plugin",
    "missing_package",
    "open_chat",
    "open_classifier",
    "open_embedder",
    "open_image",
    "open_reranker",
    "upscale",
]

Runner = Literal["openvino", "transformers"]
# In a folder that the studio has made of a GGUF: which engine opens it, and of what it was made.
MARK = "ready.json"
# Provider: the function that opens its models, given what stands after the colon and the model's file or folder.
CHAT = {
    "local": "assistants.engines:open_local",
    "echo": "assistants.engines.echo:open_chat",
}
# The engines behind the provider ``local``, by their names.
RUNNERS: dict[Runner, str] = {
    "openvino": "assistants.engines.openvino:open_chat",
    "transformers": "assistants.engines.transformers_chat:open_chat",
}
# Provider: the function that opens its models, given also the folder of the text encoder that a model may lack.
IMAGE = {
    "local": "assistants.engines.diffusion:open_image",
    "echo": "assistants.engines.echo_images:open_image",
}
EMBED = "assistants.engines.embeddings:open_embedder"
CLASSIFY = "assistants.engines.classifier:open_classifier"
RERANK = "assistants.engines.reranker:open_reranker"
UPSCALE = "assistants.engines.upscaling:upscale"


def is_plugin(provider: str) -> bool:
    """Say whether an installed package brings the provider."""
    return provider in plugins(CHAT)


def open_chat(name: str, path: Path | None = None) -> "ChatEngine":
    """Open the chat model ``provider:model``, which may take seconds.

    ``path`` is the folder of a local one, whose GGUF was made ready. A provider that is neither in ``CHAT`` nor a
    plugin is LangChain's. Raises ``ModelUnavailable``.
    """
    provider, _, model = name.partition(":")
    if provider in CHAT:
        return resolve_name(CHAT[provider])(model, path)
    if plugin := plugins(CHAT).get(provider):
        return Foreign(open_plugin(plugin, model, path))
    from assistants.engines.remote import open_provider

    return open_provider(name)


def missing_package(provider: str) -> str | None:
    """Return the package that a provider of LangChain needs and that is not installed."""
    from assistants.engines.remote import missing_package

    return missing_package(provider)


def open_local(model: str, folder: Path) -> "ChatEngine":
    """Open a model of this machine on the engine that runs it; raises ``ModelUnavailable``."""
    return resolve_name(RUNNERS[engine_of(folder)])(model, folder)


def engine_of(folder: Path) -> Runner:
    """Return the engine for a folder: the one for which it was made ready, else transformers, for safetensors."""
    mark = folder / MARK
    return json.loads(mark.read_text(encoding="utf-8"))["engine"] if mark.is_file() else "transformers"


def open_embedder(name: str, folder: Path) -> "Embeddings":
    """Open the embedder in ``folder``, which may take seconds; raises ``ModelUnavailable``."""
    return resolve_name(EMBED)(name, folder)


def open_classifier(name: str, folder: Path) -> "LocalClassifier":
    """Open the classifier or encoder in ``folder``, which may take seconds; raises ``ModelUnavailable``."""
    return resolve_name(CLASSIFY)(name, folder)


def open_reranker(name: str, folder: Path) -> "LocalReranker":
    """Open the reranker in ``folder``, which may take seconds; raises ``ModelUnavailable``."""
    return resolve_name(RERANK)(name, folder)


def open_image(name: str, path: Path | None = None, text_encoder: Path | None = None) -> "ImageEngine":
    """Open the model ``provider:model`` that draws, which may take seconds; raises ``ModelUnavailable``.

    ``path`` is a local one's folder or file, and ``text_encoder`` the folder with the one that it comes without.
    """
    provider, _, model = name.partition(":")
    if provider not in IMAGE:
        raise ModelUnavailable("No engine of the studio draws with {model}.", model=name)
    return resolve_name(IMAGE[provider])(model, path, text_encoder)


def upscale(file: Path, picture: "Image", scale: int) -> "Iterator[tuple[int, int] | Image]":
    """Make a picture larger with the model in ``file``; yields how far it is, and at last the picture."""
    return resolve_name(UPSCALE)(file, picture, scale)
