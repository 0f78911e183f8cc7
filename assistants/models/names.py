"""Names: which ``provider:model`` a name means, and for whom.

Knows the registry, the connections and the packages; knows nothing about what state a model is in.
"""

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING

from assistants import engines
from assistants.connections.connection import OPENAI
from assistants.errors import InvalidInput, ModelUnavailable, NotAllowed, StudioError
from assistants.models.files.catalog import Kind
from assistants.models.registry import LOCAL, ModelRegistry
from assistants.principals import Principal

if TYPE_CHECKING:
    from assistants.connections import Connections

MINI, STARTER_EMBEDDER, STARTER_IMAGE = "mini", "starter-embedder", "starter-image"
MULTILINGUAL_EMBEDDER = "multilingual-e5-small"
# What the studio fetches by itself when it is needed; anything else is the operator's to install.
OWN = (MINI, STARTER_EMBEDDER, MULTILINGUAL_EMBEDDER, STARTER_IMAGE)

OF_ANOTHER_KIND: dict[tuple[Kind, Kind], str] = {
    ("embed", "chat"): "{model} makes vectors; it writes no text.",
    ("chat", "embed"): "{model} writes text; it makes no vectors.",
    ("classify", "chat"): "{model} tells labels apart; it writes no text.",
    ("classify", "embed"): "{model} tells labels apart; it makes no vectors.",
    ("chat", "classify"): "{model} writes text; it tells no labels apart.",
    ("embed", "classify"): "{model} makes vectors; it tells no labels apart.",
    ("image", "chat"): "{model} draws pictures; it writes no text.",
    ("image", "embed"): "{model} draws pictures; it makes no vectors.",
    ("image", "classify"): "{model} draws pictures; it tells no labels apart.",
    ("chat", "image"): "{model} writes text; it draws no pictures.",
    ("embed", "image"): "{model} makes vectors; it draws no pictures.",
    ("classify", "image"): "{model} tells labels apart; it draws no pictures.",
    ("rerank", "chat"): "{model} ranks passages; it writes no text.",
    ("rerank", "embed"): "{model} ranks passages; it makes no vectors.",
    ("rerank", "classify"): "{model} ranks passages; it tells no labels apart.",
    ("rerank", "image"): "{model} ranks passages; it draws no pictures.",
    ("chat", "rerank"): "{model} writes text; it ranks no passages.",
    ("embed", "rerank"): "{model} makes vectors; it ranks no passages.",
    ("classify", "rerank"): "{model} tells labels apart; it ranks no passages.",
    ("image", "rerank"): "{model} draws pictures; it ranks no passages.",
}


class Names:
    """What names mean here."""

    def __init__(self, registry: ModelRegistry, connections: "Connections") -> None:
        self._registry = registry
        self._connections = connections

    def find(self, name: str, kind: Kind | None = None) -> str | None:
        """Return the ``provider:model`` that a name means, if any, as a model of a ``kind``."""
        name = self._registry.current(name)
        if self._registry.get(name):
            return LOCAL + name
        provider, _, model = name.partition(":")
        if provider == "local":
            return name if self._registry.get(model) else None
        if provider in engines.CHAT:
            (engines.open_image if kind == "image" else engines.open_chat)(name)
            return name
        if kind == "image":
            return name if model and self._connections.find(name) else None
        is_known = self._connections.find(name) or engines.is_plugin(provider) or is_installed_provider(provider)
        return name if model and is_known else None

    def check_right(self, name: str, who: Principal) -> None:
        """Raise ``NotAllowed`` where a ``provider:model`` is not for a visitor."""
        provider, _, model = name.partition(":")
        if provider == "local":
            if model not in OWN and not self._registry.is_installed(model):
                template = (
                    "{name} is not installed here. Ask the operator of this studio for it, or choose another one."
                )
                raise NotAllowed(template, name=model)
        elif provider not in engines.CHAT:
            connection = self._connections.find(name)
            if connection is None or not connection.is_for(who, model):
                raise NotAllowed("The model {name} is for the operator of this studio only.", name=name)


def is_installed_provider(provider: str) -> bool:
    """Say whether LangChain's package for a provider is installed; OpenAI's protocol needs none."""
    if provider == OPENAI:
        return True
    return bool(re.fullmatch(r"[a-z0-9_]+", provider)) and find_spec(f"langchain_{provider}") is not None


def unknown(name: str, who: Principal) -> StudioError:
    """Return the error about a name that means no model, or none until a package is installed."""
    provider, _, model = name.partition(":")
    if model and who.is_operator and (package := engines.missing_package(provider)):
        template = "{model} runs on the package {package}, which is not installed (pip install {package})."
        return ModelUnavailable(template, model=name, package=package)
    return InvalidInput("model", "There is no model named {name}.", name=name)
