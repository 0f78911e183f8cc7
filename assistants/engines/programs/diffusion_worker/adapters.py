"""Adapters (LoRA): small files of safetensors that change how a model draws. Knows no drawing."""

import logging
from pathlib import Path
from typing import Any

from errors import Refused
from safetensors import SafetensorError, safe_open

OTHER = "{name} is made for another base model than this one."


class Adapters:
    """The adapters of a pipeline. Those of the last drawing stay, for the next one mostly has the same."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline
        self._loaded: list[tuple[str, int]] = []

    def use(self, wanted: list[tuple[str, float]]) -> None:
        """Draw with these files, each so strongly; raises ``Refused``."""
        files = [(path, Path(path).stat().st_mtime_ns) if Path(path).is_file() else (path, 0) for path, _ in wanted]
        if files != self._loaded:
            self._unload()
            for place, (path, _) in enumerate(files):
                self._load(Path(path), f"lora{place}")
            self._loaded = files
        if wanted:
            names = [f"lora{place}" for place in range(len(wanted))]
            self._pipeline.set_adapters(names, [weight for _, weight in wanted])

    def _unload(self) -> None:
        self._loaded = []
        if hasattr(self._pipeline, "unload_lora_weights"):
            self._pipeline.unload_lora_weights()

    def _load(self, file: Path, name: str) -> None:
        check(file)
        try:
            self._pipeline.load_lora_weights(
                file.parent, weight_name=file.name, adapter_name=name, use_safetensors=True, local_files_only=True
            )
            known = {one for names in self._pipeline.get_list_adapters().values() for one in names}
        except (RuntimeError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            logging.warning("%s: %s", file.name, error)
            known = set()
        if name not in known:
            self._unload()
            raise Refused("loras", OTHER, name=file.name)


def check(file: Path) -> None:
    """Raise ``Refused`` unless a file holds an adapter."""
    if file.suffix != ".safetensors":
        raise Refused("loras", "{name} is no safetensors file; others can run any program when opened.", name=file.name)
    try:
        with safe_open(file, "pt") as opened:
            names = list(opened.keys())
    except (OSError, SafetensorError):
        raise Refused("loras", "{name} cannot be read as a safetensors file.", name=file.name) from None
    if not any("lora" in name.lower() for name in names):
        raise Refused("loras", "{name} holds no LoRA.", name=file.name)
