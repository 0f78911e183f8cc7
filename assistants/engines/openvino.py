"""Chat with a GGUF model on the CPU, by OpenVINO GenAI: continuous batching and a prefix cache for all who ask at once.

Knows what the program that runs it (``openvino_worker``) has to be told; loads no native code itself, and knows nothing
about catalogs or downloads.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field

from assistants import bounded, memory
from assistants.engines import MARK, grammar, tuning
from assistants.engines.constraints import CANNOT_SERVE, grammar_of
from assistants.engines.process import PROGRAMS, ProcessChat
from assistants.errors import InvalidInput, ModelUnavailable

PACKAGE = "openvino-genai"
CONTROL_TOKEN = 3
# The library keeps keys and values as bytes, with a scale for every group of them.
STORED_BYTES = 1.25
SLOTS = 8
# Tokens of a long conversation, and of a model that does not say how much it reads.
LONG = CONTEXT = 2048
NO_TOKEN = -1


class OpenVINOChat(ProcessChat):
    """A GGUF model that is open."""

    program: ClassVar[Path] = PROGRAMS / "openvino_worker.py"
    # Its log-probabilities are of the chosen tokens only, and of the whole vocabulary before anything was asked for.
    capabilities: ClassVar[frozenset[str]] = frozenset({
        "min_tokens",
        "penalties",
        "json_schema",
        "regex",
        "choice",
        "logprobs",
        "completion",
    })

    folder: Path
    described: dict[str, Any] = Field(description="What the file says of the model, as the program needs it")

    @property
    def _llm_type(self) -> str:
        return "openvino"

    def _checked(self, options: dict[str, Any]) -> dict[str, Any]:
        """Put a constraint into words that the program's library takes; raises ``InvalidInput`` if there are none."""
        options = super()._checked(options)
        for field in grammar.GRAMMARS:
            if field in options:
                options |= bounded.call(grammar_of, field, options.pop(field), field=field)
                if cause := options.pop("cause", None):
                    raise InvalidInput(field, CANNOT_SERVE, cause=cause)
                # The library would go on past the end of what the grammar lets through.
                options.pop("min_tokens", None)
        return options

    def _first(self) -> dict[str, Any]:
        described = {name: value for name, value in self.described.items() if name != "token_bytes"}
        cache = cache_tokens(self.described["token_bytes"], self.described["context"], memory.available())
        chosen = tuning.chosen(self.folder)
        return {"model": str(self.folder), "cache": cache, "slots": SLOTS, **described, **chosen}


def open_chat(model: str, folder: Path) -> OpenVINOChat:
    """Load what was made ready in ``folder`` as ``model``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    if importlib.util.find_spec(PACKAGE.replace("-", "_")) is None:
        template = "{model} runs on the package {package}, which is not installed (pip install {package})."
        raise ModelUnavailable(template, model=model, package=PACKAGE)
    described = json.loads((folder / MARK).read_text(encoding="utf-8"))["facts"]
    engine = OpenVINOChat(model=model, folder=folder, described=described)
    engine.start()
    return engine


def describe(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return what the program needs to know of a model; raises ``KeyError`` or ``ValueError``.

    ``context`` in tokens; ``control``: the tokens that structure a conversation, each of which ends a reply, as ``eos``
    does;
    ``template``: the chat template, if there is one, and the ``tokens`` that it may name; ``token_bytes``: how much
    memory the keys and values of a token take.
    """
    fact = {name.partition(".")[2]: value for name, value in metadata.items()}
    heads = largest(fact["attention.head_count"])
    widths = (fact.get(f"attention.{name}_length", fact["embedding_length"] // heads) for name in ("key", "value"))
    shared = largest(fact.get("attention.head_count_kv", heads))
    kinds = zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"], strict=True)
    return {
        "context": fact.get("context_length", CONTEXT),
        "eos": metadata.get("tokenizer.ggml.eos_token_id", NO_TOKEN),
        "control": {token: number for number, (token, kind) in enumerate(kinds) if kind == CONTROL_TOKEN},
        "template": metadata.get("tokenizer.chat_template") or None,
        "tokens": {
            f"{name}_token": metadata["tokenizer.ggml.tokens"][metadata[f"tokenizer.ggml.{name}_token_id"]]
            for name in ("bos", "eos")
            if f"tokenizer.ggml.{name}_token_id" in metadata
        },
        "token_bytes": int(fact["block_count"] * shared * sum(widths) * STORED_BYTES),
    }


def largest(count: int | tuple[int, ...]) -> int:
    """Return a count that is one for all layers or one for each."""
    return count if isinstance(count, int) else max(count)


def cache_tokens(token_bytes: int, context: int, free: int) -> int:
    """Return how many tokens the cache may hold: the longest prompt or all slots at once, in half of what is free."""
    return min(max(context, SLOTS * LONG), free // 2 // token_bytes)
