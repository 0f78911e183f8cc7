"""Guidance away from another prompt: each token is drawn from what the prompt makes likelier than that one does.

Classifier-free guidance for text (Sanchez and others, "Stay on topic with Classifier-Free Guidance", 2023), as the
library's own logits processor has it. Knows one text's negative prompt; knows nothing about replies.
"""

from collections.abc import Callable

import torch
from batch import Batch

Network = Callable[..., torch.Tensor]


class Guidance:
    """The negative prompt of one reply, which goes on with the reply's own tokens; ``scale`` 1 changes nothing."""

    def __init__(self, layers: list[bool], prompt: list[int], scale: float) -> None:
        self._batch = Batch(layers)
        self._batch.join({}, 0)
        self._next = prompt
        self._scale = scale

    def mix(self, network: Network, logits: torch.Tensor, said: list[int]) -> torch.Tensor:
        """Return ``logits`` of [vocabulary] moved away from those behind the negative prompt and what was ``said``."""
        ids = torch.tensor([self._next or said[-1:]], device=logits.device)
        self._next = []
        other = self._batch.read(network, ids)[0, -1].log_softmax(-1)
        return self._scale * (logits.log_softmax(-1) - other) + other
