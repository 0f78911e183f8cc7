"""What there is to see inside a model that reads a text: chances of tokens, layer by layer, and what attends to what.

Knows logits, hidden states and attention; knows nothing about who asks. A text is looked at as it is read, which is
another reading than the one that wrote it: a model in 16 bits may differ from it in the last digits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from attending import attended
from sampling import Sampler, Wishes, weights
from tasks import Network, Spell, Task
from worker_pipe import Event

# So many tokens of a text are read at a time, for the logits of each are as many as the vocabulary.
PART = 64
# Numbers in an answer are rounded to so many digits behind the point.
DIGITS = 5
# So many tokens are read in one go, where that must be.
MOST = 2048
# What architectures call the normalisation between their last layer and the head.
NORMS = ("norm", "ln_f", "final_layernorm", "final_layer_norm", "final_norm", "embedding_norm")

FEWER = "{field} may be at most {last} here: there are {count}, counted from 0."
TOO_LONG = "{field} is too long to look at in one piece: {tokens} tokens with its prompt, and {limit} are possible."


class Amiss(ValueError):
    """Something is asked that there is not: the field, and a sentence about it with its values."""

    def __init__(self, field: str, template: str, /, **values: Any) -> None:
        super().__init__(template)
        self.told = {"field": field, "template": template, "values": values}


def check_number(field: str, number: int, count: int, template: str = FEWER) -> None:
    """Raise ``Amiss`` unless there is a thing of the number, counted from 0."""
    if number >= count:
        raise Amiss(field, template, count=count, last=count - 1)


def check_length(ids: list[int], most: int) -> None:
    """Raise ``Amiss`` for more tokens than can be looked at in one go."""
    if len(ids) > most:
        raise Amiss("text", TOO_LONG, tokens=len(ids), limit=most)


@dataclass(frozen=True)
class Sight:
    """The model that is looked into: its network, tokenizer parts, and the tokens that end a reply."""

    model: Any
    network: Network
    spell: Callable[[list[int]], bytes]
    ends: list[int]


class Looking(Task):
    """A text that follows a prompt, and what is asked about it; ``asked`` has ``what`` and its options."""

    def __init__(self, id: int, prompt: list[int], text: list[int], asked: Event) -> None:
        place = asked.get("place", 0) if asked["what"] == "place" else 0
        super().__init__(id, [*prompt, *text[:place]])
        self.prompt, self.text, self.asked = prompt, text, asked

    @property
    def is_whole(self) -> bool:
        """Whether it is looked at in one go, so that no part of it need be read before."""
        return self.asked["what"] in WHOLE

    def found(self, sight: Sight, logits: torch.Tensor | None = None) -> Event:
        """Return what there is to see; ``logits`` of [1, vocabulary] are those behind what was read."""
        options = {name: value for name, value in self.asked.items() if name != "what"}
        if self.is_whole:
            return WHOLE[self.asked["what"]](self, sight, **options)
        assert logits is not None, "it was read"
        return STEPWISE[self.asked["what"]](self, sight, logits, **options)


def spelt(spell: Spell, token: int) -> Event:
    """Return a token as its number, its text and its bytes, which need not be whole characters."""
    letters = spell([token])
    return {"id": token, "token": letters.decode("utf-8", "replace"), "bytes": list(letters)}


def rounded(value: torch.Tensor) -> Any:
    """Return a tensor as lists of short numbers."""
    return torch.round(value.double(), decimals=DIGITS).tolist()


# Token by token


def tokens(looking: Looking, sight: Sight, logits: torch.Tensor, top: int) -> Event:
    """Say of each token of the text how likely it was, its rank, the entropy there in nats, and the likeliest ones."""
    rows = (row for part in read(looking, sight, logits) for row in part)
    found = [chance_of(sight.spell, row, token, top) for row, token in zip(rows, looking.text, strict=False)]
    return {"prompt": len(looking.prompt), "after": spelt(sight.spell, looking.prompt[-1])["token"], "tokens": found}


def read(looking: Looking, sight: Sight, logits: torch.Tensor) -> Iterator[torch.Tensor]:
    """Yield the logits before each token of the text, and behind the last one, as some rows of [vocabulary]."""
    yield logits
    for start in range(0, len(looking.text), PART):
        ids = torch.tensor([looking.text[start : start + PART]], device=logits.device)
        yield looking.batch.read(sight.network, ids, last=ids.shape[1])[0]


def chance_of(spell: Spell, logits: torch.Tensor, token: int, top: int) -> Event:
    """Say how likely a token is by ``logits`` of [vocabulary], and which are the likeliest ``top``."""
    chances = logits.log_softmax(-1)
    values, likeliest = chances.topk(top)
    return spelt(spell, token) | {
        "logprob": chances[token].item(),
        "rank": int((chances > chances[token]).sum()) + 1,
        "entropy": entropy(chances.exp()),
        "top_logprobs": [
            spelt(spell, one) | {"logprob": value}
            for one, value in zip(likeliest.tolist(), values.tolist(), strict=True)
        ],
    }


def entropy(chances: torch.Tensor) -> float:
    """Return the entropy, in nats, of probabilities of [vocabulary]."""
    return torch.special.entr(chances.double()).sum().item()


def place(looking: Looking, sight: Sight, logits: torch.Tensor, place: int, top: int, **options: Any) -> Event:
    """Say what may come at a place of the text before and after sampling's settings, by the sampler that replies use.

    ``raw`` and ``shaped`` are probabilities; ``kept`` is how many tokens may still be drawn.
    """
    check_number("place", place, len(looking.text) + 1)
    said = looking.text[:place]
    sampler = Sampler(Wishes(**options), looking.prompt, sight.ends, None)
    for token in said:
        sampler.take(token)
    raw = logits[0].softmax(-1)
    changed = logits[0].clone()
    sampler.shape(changed)
    shaped = torch.zeros_like(raw)
    if sampler.greedy:
        shaped[changed.argmax()] = 1
    else:
        drawn, masses = weights(changed[None], [sampler])
        shaped[drawn[0]] = masses[0] / masses.sum()
    likeliest = raw.topk(top).indices.tolist()
    # Penalties may bring up others.
    likeliest += [token for token in shaped.topk(top).indices.tolist() if token not in likeliest and shaped[token]]
    entries = [
        spelt(sight.spell, token) | {"raw": raw[token].item(), "shaped": shaped[token].item(), "logit": logit.item()}
        for token, logit in zip(likeliest, logits[0][likeliest], strict=True)
    ]
    own = spelt(sight.spell, looking.text[place]) if place < len(looking.text) else None
    return {
        "place": place,
        "own": own and own | {"raw": raw[own["id"]].item(), "shaped": shaped[own["id"]].item()},
        "tokens": entries,
        "kept": int((shaped > 0).sum()),
        "mass": raw[shaped > 0].sum().item(),
        "entropy": {"raw": entropy(raw), "shaped": entropy(shaped)},
    }


# All at once


def lens(looking: Looking, sight: Sight, first: int, count: int, top: int) -> Event:
    """Say of each layer what it would have said before each of ``count`` tokens of the text, and of their own chances.

    The logit lens: the final normalisation and the head, on what each layer hands on (nostalgebraist, 2020).
    """
    check_number("first", first, len(looking.text))
    ids = [*looking.prompt, *looking.text[: first + count]]
    check_length(ids, MOST)
    begin = len(looking.prompt) + first - 1
    states = hidden_states(sight, ids)
    own = torch.tensor(ids[begin + 1 :], device=states[0].device)
    norm, head = final_norm(sight.model), sight.model.get_output_embeddings()
    layers = []
    for number, state in enumerate(states):
        rows = state[0, begin : begin + len(own)]
        # What the library gives of the last layer is normalised already.
        chances = head(rows if number == len(states) - 1 else norm(rows)).float().log_softmax(-1)
        values, likeliest = chances.topk(top)
        layers.append({
            "own": rounded(chances.gather(1, own[:, None])[:, 0]),
            "top": [
                [spelt(sight.spell, one) | {"logprob": round(value, DIGITS)} for one, value in zip(*pair, strict=True)]
                for pair in zip(likeliest.tolist(), values.tolist(), strict=True)
            ],
        })
    return {"first": first, "tokens": [spelt(sight.spell, token) for token in own.tolist()], "layers": layers}


def hidden_states(sight: Sight, ids: list[int]) -> tuple[torch.Tensor, ...]:
    """Return what each layer is given, and what the last one gives, normalised: [1, tokens, width] each."""
    tensor = torch.tensor([ids], device=sight.model.device)
    return sight.model(input_ids=tensor, output_hidden_states=True, use_cache=False, logits_to_keep=1).hidden_states


def final_norm(model: Any) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the normalisation before the head; raises ``ValueError`` where it has no name that is known."""
    inner = model.base_model
    inner = getattr(inner, "decoder", inner)
    norm = next((found for name in NORMS if (found := getattr(inner, name, None)) is not None), None)
    if norm is None:
        raise ValueError(f"the architecture {model.config.model_type} has no final normalisation that is known by name")
    return norm


def attention(looking: Looking, sight: Sight, most: int = MOST, **options: Any) -> Event:
    """Say what attends to what in prompt and text, see ``attending``."""
    ids = [*looking.prompt, *looking.text]
    check_length(ids, most)
    config = sight.model.config.get_text_config()
    check_number("layer", options["layer"], config.num_hidden_layers)
    check_number("head", options["head"], config.num_attention_heads)
    for number in options.get("pair") or ():
        check_number("pair", number, len(ids))
    return {
        "prompt": len(looking.prompt),
        "tokens": [spelt(sight.spell, token) for token in ids],
        **attended(sight.model, ids, **options),
    }


STEPWISE: dict[str, Callable[..., Event]] = {"tokens": tokens, "place": place}
WHOLE: dict[str, Callable[..., Event]] = {"lens": lens, "attention": attention}
