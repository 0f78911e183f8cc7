"""Which token comes next, for every reply of a batch by its own wishes.

Knows about logits and what may be wished for them; knows nothing about models or texts.
"""

import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import llguidance
import torch

# The likeliest tokens nearly always hold the nucleus; sorting a whole vocabulary takes longer than a small model.
HEAD = 1024
NEVER = float("-inf")


@dataclass(frozen=True)
class Wishes:
    """What a reply may ask for; ``None`` and the neutral numbers change nothing."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int | None = None
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    max_tokens: int | None = None
    min_tokens: int = 0
    seed: int | None = None
    json_schema: dict[str, Any] | None = None
    regex: str | None = None
    choice: Sequence[str] | None = None
    logprobs: bool = False
    top_logprobs: int = 0
    raw: bool = False
    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    negative: Sequence[dict[str, str]] = ()
    guidance: float = 1.0
    reasoning: bool = False

    @property
    def grammar(self) -> str | None:
        """The grammar that the reply has to keep to, as llguidance takes it."""
        matcher = llguidance.LLMatcher
        if self.json_schema is not None:
            return matcher.grammar_from_json_schema(self.json_schema, defaults={"whitespace_flexible": False})
        if self.regex is not None:
            return matcher.grammar_from_regex(self.regex)
        if self.choice is not None:
            choices = " | ".join(json.dumps(choice, ensure_ascii=False) for choice in self.choice)
            return matcher.grammar_from_lark(f"start: {choices}")
        if self.include or self.exclude:
            return matcher.grammar_from_lark(f"start: TEXT\nTEXT: {words(self.include, self.exclude)}")
        return None


def words(include: Sequence[str], exclude: Sequence[str]) -> str:
    """Return the expression for texts that hold some words, as letters in any case, and none of some others."""
    every = "/(?s:.*)/"
    holds = ["/(?s:.*)(?i:" + re.escape(word).replace("/", "\\/") + ")(?s:.*)/" for word in (*include, *exclude)]
    return " & ".join([every, *holds[: len(include)], *(f"~{one}" for one in holds[len(include) :])])


class Constraint:
    """Lets through only the tokens that keep a reply within a grammar."""

    def __init__(self, tokenizer: llguidance.LLTokenizer, grammar: str) -> None:
        """Raise ``ValueError`` if the grammar is wrong."""
        self._matcher = llguidance.LLMatcher(tokenizer, grammar, log_level=0)
        if self.error:
            raise ValueError(self.error)

    @property
    def error(self) -> str | None:
        """Why it cannot go on, if it cannot: a grammar may turn out to be too complex at any token."""
        return self._matcher.get_error().splitlines()[0] if self._matcher.is_error() else None

    @property
    def complete(self) -> bool:
        """Whether nothing may come any more."""
        return self._matcher.is_stopped()

    def apply(self, logits: torch.Tensor) -> None:
        """Forbid in ``logits`` of [vocabulary] what may not come next."""
        # llguidance has a function for this, but it is compiled at its first use, which takes a compiler and seconds.
        mask = self._matcher.compute_bitmask()
        if not self.error:
            packed = torch.frombuffer(bytearray(mask), dtype=torch.uint8)
            bits = (packed[:, None] >> torch.arange(8) & 1).flatten()[: len(logits)]
            logits.masked_fill_((bits == 0).to(logits.device), NEVER)

    def take(self, token: int) -> None:
        """Go on with a token."""
        self._matcher.consume_token(token)


class Sampler:
    """Picks the tokens of one reply."""

    def __init__(self, wishes: Wishes, prompt: list[int], ends: Sequence[int], constraint: Constraint | None) -> None:
        self.wishes = wishes
        self._constraint = constraint
        self._ends = list(ends)
        self._chance = random.Random(wishes.seed)
        self._seen = set(prompt)
        self._counts: dict[int, int] = {}

    @property
    def complete(self) -> bool:
        """Whether nothing may come any more."""
        return self._constraint is not None and self._constraint.complete

    @property
    def error(self) -> str | None:
        """Why it cannot go on, if it cannot."""
        return self._constraint.error if self._constraint else None

    @property
    def greedy(self) -> bool:
        """Whether it takes the likeliest token each time."""
        return self.wishes.temperature == 0

    def shape(self, logits: torch.Tensor) -> None:
        """Change ``logits`` of [vocabulary] by what came before and by what may come."""
        wishes = self.wishes
        if wishes.repetition_penalty != 1:
            seen = torch.tensor(list(self._seen), device=logits.device)
            values = logits[seen]
            logits[seen] = torch.where(
                values > 0, values / wishes.repetition_penalty, values * wishes.repetition_penalty
            )
        if self._counts and (wishes.frequency_penalty or wishes.presence_penalty):
            said = torch.tensor(list(self._counts), device=logits.device)
            counts = torch.tensor(list(self._counts.values()), device=logits.device)
            logits[said] -= wishes.frequency_penalty * counts + wishes.presence_penalty
        if self._constraint:
            self._constraint.apply(logits)
        # A constraint says by itself when the end may come.
        elif sum(self._counts.values()) < wishes.min_tokens:
            logits[self._ends] = NEVER

    def take(self, token: int) -> None:
        """Go on with a token."""
        self._seen.add(token)
        self._counts[token] = self._counts.get(token, 0) + 1
        if self._constraint:
            self._constraint.take(token)

    def chance(self) -> float:
        """Return the next random number of this reply."""
        return self._chance.random()


def choose(logits: torch.Tensor, samplers: list[Sampler]) -> list[int]:
    """Return the next token of each reply; ``logits`` of [replies, vocabulary] are changed."""
    for row, sampler in zip(logits, samplers, strict=True):
        sampler.shape(row)
    likeliest = logits.argmax(-1).tolist()
    rows = [row for row, sampler in enumerate(samplers) if not sampler.greedy]
    if rows:
        for row, token in zip(rows, draw(logits[rows], [samplers[row] for row in rows]), strict=True):
            likeliest[row] = token
    return likeliest


def draw(logits: torch.Tensor, samplers: list[Sampler]) -> list[int]:
    """Return a random token for each row of [replies, vocabulary]."""
    tokens, masses = weights(logits, samplers)
    sums = masses.cumsum(-1)
    chances = torch.tensor([sampler.chance() for sampler in samplers], device=logits.device)[:, None]
    places = torch.searchsorted(sums, sums[:, -1:] * chances, right=True)
    # Rounded, a share of the sum may be all of it.
    last = (sums < sums[:, -1:]).sum(-1, keepdim=True)
    return tokens.gather(1, torch.minimum(places, last)).flatten().tolist()


def weights(logits: torch.Tensor, samplers: list[Sampler]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return tokens, the likeliest first, and the probability of each that may be drawn; both of [replies, some]."""

    def column(wish: Callable[[Sampler], float]) -> torch.Tensor:
        return torch.tensor([wish(sampler) for sampler in samplers], device=logits.device)[:, None]

    vocabulary = logits.shape[1]
    probabilities = (logits / column(lambda sampler: sampler.wishes.temperature)).softmax(-1)
    top_p = column(lambda sampler: sampler.wishes.top_p)
    top_k = column(lambda sampler: sampler.wishes.top_k or vocabulary)
    head, tokens = probabilities.topk(min(HEAD, vocabulary))
    if ((head.sum(-1, keepdim=True) < top_p) & (top_k > head.shape[1])).any():
        head, tokens = probabilities.sort(descending=True)
    before = head.cumsum(-1) - head
    ranks = torch.arange(head.shape[1], device=head.device)
    return tokens, head.masked_fill((before >= top_p) | (ranks >= top_k), 0)


def likely(logits: torch.Tensor, token: int, most: int) -> list[tuple[int, float]]:
    """Return ``token`` and the ``most`` likeliest tokens with their log-probabilities; ``logits`` are [vocabulary]."""
    chances = logits.log_softmax(-1)
    values, tokens = chances.topk(most)
    return [(token, chances[token].item()), *zip(tokens.tolist(), values.tolist(), strict=True)]
