"""What is known of the models that draw, before any is open: their own settings, their needs, their words.

Knows the registry; knows nothing about engines or requests.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistants.models.files.catalog import Entry
from assistants.models.names import LOCAL
from assistants.models.registry import ModelRegistry

# Beside a model that knows few things: what they are.
WORDS = "words.json"
CHINESE = "zh_en.json"


@dataclass(frozen=True)
class Words:
    """All that a small model can draw, and where."""

    objects: tuple[str, ...] = ()
    places: tuple[str, ...] = ()


class ImageModels:
    """The models of the kind image, by ``local:`` name; of others nothing is known."""

    def __init__(self, registry: ModelRegistry) -> None:
        self._registry = registry

    def settings(self, model: str) -> dict[str, Any]:
        """Return width, height, steps, guidance and scheduler that the catalog has for a model."""
        entry = self._entry(model)
        return entry.picture.model_dump(exclude_none=True) if entry and entry.picture else {}

    def need(self, model: str) -> int | None:
        """Return how many bytes of memory a model takes at its own size."""
        entry = self._entry(model)
        return entry.need(self._registry.size(model.removeprefix(LOCAL))) if entry else None

    def smaller(self, model: str) -> str | None:
        """Return the largest installed model that needs less memory."""
        need = self.need(model) or 0
        found = {
            name: entry.need(self._registry.size(name)) or 0
            for name, entry in self._registry.entries().items()
            if entry.kind == "image" and self._registry.is_installed(name)
        }
        fitting = {name: size for name, size in found.items() if size < need}
        return LOCAL + max(fitting, key=fitting.__getitem__) if fitting else None

    def words(self, model: str) -> Words:
        """Return what a model can draw, where that is a list."""
        folder = self._folder(model)
        if folder is None or not (folder / WORDS).is_file():
            return Words()
        said = json.loads((folder / WORDS).read_text(encoding="utf-8"))
        return Words(tuple(said["objects"]), tuple(said["places"]))

    def chinese(self, model: str) -> Path | None:
        """Return the folder with a model's table of Chinese words, where it reads English only and brings one."""
        folder = self._folder(model)
        return folder if folder and (folder / CHINESE).is_file() else None

    def _folder(self, model: str) -> Path | None:
        name = model.removeprefix(LOCAL)
        return self._registry.path(name) if self._entry(model) and self._registry.is_installed(name) else None

    def _entry(self, model: str) -> Entry | None:
        entry = self._registry.get(model.removeprefix(LOCAL)) if model.startswith(LOCAL) else None
        return entry if entry and entry.kind == "image" else None
