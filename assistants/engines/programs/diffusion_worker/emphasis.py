"""Words that count more or less: ``(word)``, ``(word:1.3)`` and ``[word]``, as in other programs.

What a text encoder says of a word is multiplied by its weight, on its way into the pipeline, and all of it is then
brought back to the length that it had. Works where the encoder says something of each word; knows no pipeline.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

MORE = 1.1
ENCODERS = ("CLIPTextModel", "CLIPTextModelWithProjection", "BertModel")
PIECE = re.compile(r"\\[()\[\]\\]|[()\[\]]|:\s*([+-]?\d*\.?\d+)\s*\)|[^\\()\[\]:]+|.", re.DOTALL)
LEAST, MOST = 0.0, 3.0

Span = tuple[int, int, float]


def parse(prompt: str) -> tuple[str, list[Span]]:
    """Return a prompt without its marks, and where each weight holds: first and last character, weight."""
    pieces: list[tuple[str, float]] = []
    opened: list[tuple[str, int]] = []
    for match in PIECE.finditer(prompt):
        piece, number = match[0], match[1]
        closes = ")" if number is not None or piece == ")" else piece if piece == "]" else None
        if piece in ("(", "["):
            opened.append((piece, len(pieces)))
        elif closes and opened and (opened[-1][0] == "(") == (closes == ")"):
            factor = float(number) if number is not None else MORE if closes == ")" else 1 / MORE
            _, first = opened.pop()
            pieces[first:] = [(text, weight * factor) for text, weight in pieces[first:]]
        else:
            pieces.append((piece[1:] if piece.startswith("\\") and len(piece) == 2 else piece, 1.0))
    # What was opened and never closed is meant as it stands.
    for mark, place in reversed(opened):
        pieces.insert(place, (mark, 1.0))
    text, spans = "", []
    for piece, weight in pieces:
        if weight != 1:
            spans.append((len(text), len(text) + len(piece), min(max(weight, LEAST), MOST)))
        text += piece
    return text, spans


class Emphasis:
    """The encoders of a pipeline, each with its tokenizer."""

    def __init__(self, encoders: list[tuple[Any, Any]]) -> None:
        self._encoders = encoders

    @property
    def possible(self) -> bool:
        """Whether weights work with these encoders; else marks are read as text."""
        return bool(self._encoders) and all(
            type(encoder).__name__ in ENCODERS and getattr(tokenizer, "is_fast", False)
            for tokenizer, encoder in self._encoders
        )

    @contextmanager
    def reading(self, *prompts: str) -> Iterator[list[str]]:
        """Give the prompts without marks; while the block runs, the encoders weigh their words."""
        parsed = [parse(prompt) for prompt in prompts] if self.possible else [(prompt, []) for prompt in prompts]
        hooks = []
        if any(spans for _, spans in parsed):
            for tokenizer, encoder in self._encoders:
                known = {ids(tokenizer, text): weights(tokenizer, text, spans) for text, spans in parsed if spans}
                hooks.append(encoder.register_forward_hook(weighing(known), with_kwargs=True))
        try:
            yield [text for text, _ in parsed]
        finally:
            for hook in hooks:
                hook.remove()


def encoded(tokenizer: Any, text: str) -> Any:
    """Read a text as pipelines do."""
    length = tokenizer.model_max_length
    return tokenizer(text, padding="max_length", max_length=length, truncation=True, return_offsets_mapping=True)


def ids(tokenizer: Any, text: str) -> tuple[int, ...]:
    """Return a text as the numbers that an encoder is given."""
    return tuple(encoded(tokenizer, text).input_ids)


def weights(tokenizer: Any, text: str, spans: list[Span]) -> torch.Tensor:
    """Return the weight of each token: that of the span that it begins in."""
    found = []
    for first, last in encoded(tokenizer, text).offset_mapping:
        # A token may begin with the space before its word.
        begin = first + len(text[first:last]) - len(text[first:last].lstrip())
        found.append(next((weight for start, end, weight in spans if start <= begin < end and last > first), 1.0))
    return torch.tensor(found)


def weighing(known: dict[tuple[int, ...], torch.Tensor]) -> Any:
    """Return a hook that multiplies what an encoder says of texts that are ``known``."""

    def hook(module: Any, inputs: tuple, options: dict[str, Any], output: Any) -> Any:
        given = options["input_ids"] if "input_ids" in options else inputs[0]
        rows = [known.get(tuple(row.tolist())) for row in given]
        if all(row is None for row in rows):
            return output
        factors = torch.stack([torch.ones(given.shape[1]) if row is None else row for row in rows])
        if getattr(output, "last_hidden_state", None) is not None:
            output["last_hidden_state"] = weighed(output.last_hidden_state, factors)
        if getattr(output, "hidden_states", None):
            output["hidden_states"] = tuple(weighed(one, factors) for one in output.hidden_states)
        return output

    return hook


def weighed(states: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Return states times factors, each text as long as it was."""
    changed = states * factors.to(states)[..., None]
    return changed * (states.norm(dim=(1, 2), keepdim=True) / changed.norm(dim=(1, 2), keepdim=True).clamp(min=1e-6))
