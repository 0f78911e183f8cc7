"""Attention, looked at while a model reads: the weights of every head, and the same computed here from Q, K and V.

Knows the library's one place where attention is computed; knows nothing about tokens or words.
"""

import base64
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from PIL import Image
from torch.nn.functional import adaptive_max_pool2d
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask
from worker_pipe import Event

DIGITS = 5
# The side of a small map of a head, in pixels.
SIDE = 96
NAME = "looked-at"


class Watch:
    """What was seen: of each layer the mean over heads and their entropies, of one layer all that goes in and out."""

    def __init__(self, layer: int) -> None:
        self.layer = layer
        self.means: list[torch.Tensor] = []
        self.entropies: list[torch.Tensor] = []
        self.kept: dict[str, Any] = {}

    def see(self, weights: torch.Tensor, /, **states: Any) -> None:
        """Take in a layer's weights of [1, heads, queries, keys], and Q, K, V, its mask, factor and output."""
        rows = weights[0].float()
        if len(self.means) == self.layer:
            self.kept = {"weights": rows, **states}
        self.means.append(rows.mean(0))
        self.entropies.append(torch.special.entr(rows).sum(-1).mean(-1))


@contextmanager
def watching(model: Any, watch: Watch) -> Iterator[None]:
    """Let ``watch`` see each layer's attention while the block runs; raises ``ValueError`` for a model without any."""

    def look(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, **options: Any) -> Any:
        eager = sys.modules[type(module).__module__].eager_attention_forward
        output, weights = eager(module, query, key, value, attention_mask, **options)
        factor = options.get("scaling") or getattr(module, "scaling", None) or query.shape[-1] ** -0.5
        watch.see(weights, query=query, key=key, value=value, mask=attention_mask, factor=factor, output=output)
        return output, weights

    AttentionInterface.register(NAME, look)
    AttentionMaskInterface.register(NAME, eager_mask)
    before = model.config._attn_implementation
    model.set_attn_implementation(NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
    if not watch.means:
        raise ValueError(f"the architecture {model.config.model_type} does not let its attention be looked at")


def attended(model: Any, ids: list[int], layer: int, head: int, pair: list[int] | None = None) -> Event:
    """Return who attends to whom: ``weights`` of a head, row by row of the tokens up to each, as far as they may look.

    ``mean`` is over the heads of the layer, ``rollout`` over all layers (Abnar and Zuidema, 2020: each layer's mean and
    the residual, half and half, multiplied). ``largest difference`` is between the model's own weights and outputs and
    softmax(Q K^T / sqrt(d_k)) V as computed here.
    """
    config = model.config.get_text_config()
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    watch = Watch(layer)
    with watching(model, watch):
        model(input_ids=torch.tensor([ids], device=model.device), use_cache=False, logits_to_keep=1)
    kept = watch.kept
    weights, difference = kept["weights"], compared(kept)
    queries, keys, values = (kept[name][0].float() for name in ("query", "key", "value"))
    group = heads // keys.shape[0]
    return {
        "layers": layers,
        "heads": heads,
        "key_value_heads": keys.shape[0],
        "width": queries.shape[-1],
        "layer": layer,
        "head": head,
        "weights": triangle(weights[head]),
        "mean": triangle(watch.means[layer]),
        "rollout": triangle(rolled(watch.means)),
        "entropies": rounded(torch.stack(watch.entropies)),
        "maps": [png(one) for one in weights],
        "difference": difference,
        "pair": pair and pair_of(queries[head], keys[head // group], values[head // group], kept["factor"],
                                 weights[head], *pair),
    }  # fmt: skip


def compared(kept: Event) -> Event:
    """Return the largest difference of weights and outputs to those computed here, in 32 bits, from Q, K and V."""
    query, key, value = (kept[name].float() for name in ("query", "key", "value"))
    group = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
    scores = query @ key.transpose(2, 3) * kept["factor"]
    tokens = scores.shape[-1]
    # What comes later may not be looked at; a layer with a window says so in its mask.
    mask = kept["mask"]
    later = torch.ones(tokens, tokens, dtype=torch.bool, device=scores.device).triu(1)
    scores = scores.masked_fill(later, float("-inf")) if mask is None else scores + mask[..., :tokens].float()
    weights = scores.softmax(-1)
    output = (weights @ value).transpose(1, 2)
    return {
        "weights": (weights[0] - kept["weights"]).abs().max().item(),
        "output": (output - kept["output"].float().view_as(output)).abs().max().item(),
    }


def rolled(means: list[torch.Tensor]) -> torch.Tensor:
    """Return the attention rollout of layers' mean weights of [tokens, tokens]."""
    eye = torch.eye(len(means[0]), device=means[0].device)
    total = eye
    for mean in means:
        total = (mean + eye) / 2 @ total
    return total


def pair_of(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    factor: float,
    weights: torch.Tensor,
    one: int,
    other: int,
) -> Event:
    """Return what goes into one weight: Q of a token, K and V of another, their product and its share of the row."""
    return {
        "query": one,
        "key": other,
        "q": rounded(query[one]),
        "k": rounded(key[other]),
        "v": rounded(value[other]),
        "product": (query[one] @ key[other]).item(),
        "score": (query[one] @ key[other]).item() * factor,
        "weight": weights[one, other].item(),
    }


def rounded(value: torch.Tensor) -> Any:
    """Return a tensor as lists of short numbers."""
    return torch.round(value.double(), decimals=DIGITS).tolist()


def triangle(weights: torch.Tensor) -> list[list[float]]:
    """Return rows of weights, each up to its own token."""
    return [row[: number + 1] for number, row in enumerate(rounded(weights))]


def png(weights: torch.Tensor) -> str:
    """Return a small grey map of a head's weights as a PNG in base64, dark where they are large."""
    small = adaptive_max_pool2d(weights[None], SIDE)[0] if len(weights) > SIDE else weights
    grey = 255 - (small / small.max().clamp(min=1e-9)).sqrt().mul(255).to(torch.uint8)
    file = io.BytesIO()
    Image.fromarray(grey.cpu().numpy()).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
