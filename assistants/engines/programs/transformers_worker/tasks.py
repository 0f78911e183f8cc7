"""What the program is asked for: a prompt to read, then a reply to write or texts to score.

Knows how one task goes on; knows nothing about the others.
"""

from collections.abc import Callable

import torch
from batch import Batch, Past
from guidance import Guidance
from sampling import Sampler, likely
from text import Text
from worker_pipe import Event

Network = Callable[..., torch.Tensor]
Spell = Callable[[list[int]], bytes]


class Task:
    """A prompt that is being read, in a batch of its own."""

    def __init__(self, id: int, ids: list[int]) -> None:
        self.id = id
        self.ids = ids
        self.cached: int | None = None
        self._batch: Batch | None = None

    def start(self, layers: list[bool], past: Past) -> None:
        """Take over what was read before; the last token has to be read in any case."""
        known, piece = past.find(self.ids)
        known = min(known, len(self.ids) - 1)
        self._batch = Batch(layers)
        self._batch.join(piece, known, len(self.ids) - known)
        if self.cached is None:
            self.cached = known

    @property
    def has_begun(self) -> bool:
        """Whether it has a batch, which another one may have taken over since."""
        return self._batch is not None

    @property
    def batch(self) -> Batch:
        """What has been read, of a task that has begun."""
        assert self._batch is not None, "it has begun"
        return self._batch

    def release(self) -> None:
        """Let go of the batch."""
        self._batch = None

    def read(self, network: Network, device: torch.device, part: int) -> torch.Tensor | None:
        """Read at most ``part`` tokens; return the logits of [1, vocabulary] after the last one of all."""
        done = self.batch.length(0)
        ids = self.ids[done : done + part]
        logits = self.batch.read(network, torch.tensor([ids], device=device))
        return logits[:, -1] if done + len(ids) == len(self.ids) else None


class Reply(Task):
    """A reply; its tokens follow those of the prompt in ``ids``. ``spell`` gives the bytes of tokens."""

    guidance: Guidance | None = None

    def __init__(self, id: int, ids: list[int], limit: int, sampler: Sampler, text: Text, spell: Spell | None) -> None:
        super().__init__(id, list(ids))
        self.sampler = sampler
        self._spell = spell
        self._prompt = len(ids)
        self._limit = limit
        self._text = text

    def take(self, token: int, ends: frozenset[int]) -> Event:
        """Go on with a token and return what there is to say."""
        text = ""
        finish: str | None = "stop"
        if token not in ends:
            self.ids.append(token)
            self.sampler.take(token)
            text, finish = self._text.push(token), self._finish()
        if self.sampler.error:
            return {"id": self.id, "error": self.sampler.error}
        event = {"id": self.id, "text": text, "tokens": len(self.ids) - self._prompt, "finish": finish}
        return event | {"cached": self.cached} if finish else event

    def logprobs(self, logits: torch.Tensor, token: int) -> list[Event]:
        """Return how likely the token was by raw ``logits`` of [vocabulary], and the likeliest ones."""
        own, *others = (self._spelt(*found) for found in likely(logits, token, self.sampler.wishes.top_logprobs))
        return [{**own, "top_logprobs": others}]

    def _spelt(self, token: int, logprob: float) -> Event:
        assert self._spell, "who asks for tokens brings their bytes"
        letters = self._spell([token])
        return {"token": letters.decode("utf-8", "replace"), "logprob": logprob, "bytes": list(letters)}

    def _finish(self) -> str | None:
        if self.sampler.complete:
            return "stop"
        return "length" if len(self.ids) - self._prompt >= self._limit else None


class Scoring(Task):
    """How likely each of some texts is after a prompt."""

    def __init__(self, id: int, ids: list[int], texts: list[list[int]]) -> None:
        super().__init__(id, ids)
        self._texts = texts

    def scores(self, network: Network, logits: torch.Tensor) -> list[list[float]]:
        """Return the log-probability of each token of each text; ``logits`` are those after the prompt."""
        return [self._score(network, logits, text) for text in self._texts]

    def _score(self, network: Network, logits: torch.Tensor, text: list[int]) -> list[float]:
        ids = torch.tensor([text], device=logits.device, dtype=torch.long)
        if len(text) > 1:
            rest = self.batch.read(network, ids[:, :-1], last=len(text) - 1)
            logits = torch.cat([logits, rest[0]])
            self.batch.forget(len(text) - 1)
        chances = logits[: len(text)].log_softmax(-1)
        return chances.gather(1, ids.T).flatten().tolist()
