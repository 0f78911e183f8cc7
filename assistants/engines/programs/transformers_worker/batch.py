"""The keys and values of all texts under way, side by side in one batch, and of texts that ended.

The texts of a batch end at the same place and begin where they must, as in a batch that is padded on the left, which
every model takes that can be batched at all. A text may join or leave between any two tokens. Written in place, for a
cache that grows by concatenation copies itself at every token. Knows nothing about words or wishes.
"""

from collections.abc import Callable
from typing import Any

import torch
from transformers.cache_utils import Cache, DummyLayer, DynamicLayer

# A batch that has outgrown its room is copied to where there is room for so many tokens more.
SPARE = 256

# The keys and values of one text by layer, each of [1, heads, tokens, dimension].
Piece = dict[int, tuple[torch.Tensor, torch.Tensor]]


class Strip(DynamicLayer):
    """One layer of a batch: keys and values of [rows, heads, room, dimension], once there are any."""

    is_initialized: bool

    def __init__(self, batch: "Batch") -> None:
        super().__init__()
        self._batch = batch

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        """Add the keys and values of new tokens and return all that the model may look at."""
        batch, rows = self._batch, len(self._batch)
        self.put(slice(rows), batch.end, key_states, value_states)
        span = slice(batch.start, batch.end + key_states.shape[2])
        return self.keys[:rows, :, span], self.values[:rows, :, span]

    def get_seq_length(self) -> int:
        """Return how many tokens the longest text has."""
        return self._batch.end - self._batch.start

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        """Return how many keys there will be, and which is the first."""
        return self.get_seq_length() + query_length, 0

    def put(self, rows: slice, place: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Write keys and values from ``place`` on."""
        if not self.is_initialized:
            self.keys, self.values = (self._blank(states) for states in (keys, values))
            self.is_initialized = True
        span = slice(place, place + keys.shape[2])
        self.keys[rows, :, span], self.values[rows, :, span] = keys, values

    def move(self, span: slice, place: int) -> None:
        """Move what is in ``span`` to ``place``, in tensors of the batch's new size."""
        moved = []
        for states in (self.keys, self.values):
            moved.append(self._blank(states))
            moved[-1][: len(states), :, place : place + span.stop - span.start] = states[:, :, span]
        self.keys, self.values = moved

    def _blank(self, like: torch.Tensor) -> torch.Tensor:
        # Zeros, for what is masked is multiplied all the same, and what lies in memory may be no number.
        return like.new_zeros(self._batch.rows, like.shape[1], self._batch.room, like.shape[3])


class Batch(Cache):
    """Texts side by side: ``starts`` has the place where each begins; all of them end at ``end``.

    ``layers`` says of each layer whether it has keys and values of its own; it may share those of another.
    """

    def __init__(self, layers: list[bool]) -> None:
        super().__init__(layers=[Strip(self) if own else DummyLayer() for own in layers])
        self.rows = self.room = self.end = 0
        self.starts: list[int] = []

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def start(self) -> int:
        """Where the longest text begins."""
        return min(self.starts, default=self.end)

    def length(self, row: int) -> int:
        """Return how many tokens a text has."""
        return self.end - self.starts[row]

    def read(self, network: Callable[..., torch.Tensor], ids: torch.Tensor, last: int = 1) -> torch.Tensor:
        """Let every text go on with its row of ``ids``; return the logits of the last tokens."""
        new = ids.shape[1]
        self._fit(len(self), 0, new)
        starts = torch.tensor(self.starts, device=ids.device)[:, None]
        places = torch.arange(self.start, self.end + new, device=ids.device)[None]
        logits = network(
            input_ids=ids,
            attention_mask=(places >= starts).long(),
            position_ids=places[:, -new:] - starts,
            past_key_values=self,
            use_cache=True,
            logits_to_keep=last,
        )
        self.end += new
        return logits

    def join(self, piece: Piece, tokens: int, room: int = 1) -> None:
        """Add a text that begins with the first ``tokens`` tokens of ``piece``, and will have ``room`` more."""
        self._fit(len(self) + 1, max(tokens - (self.end - self.start), 0), room)
        if not self.starts:
            self.end = tokens
        row, start = len(self), self.end - tokens
        for layer, (keys, values) in piece.items():
            self.layers[layer].put(slice(row, row + 1), start, keys[:, :, :tokens], values[:, :, :tokens])
        self.starts.append(start)

    def forget(self, tokens: int) -> None:
        """Take back the last tokens of every text."""
        self.end -= tokens

    def leave(self, row: int) -> None:
        """Drop a text; the last one takes its row."""
        last = len(self) - 1
        if row != last:
            for layer, (keys, values) in self.piece(last).items():
                self.layers[layer].put(slice(row, row + 1), self.starts[last], keys, values)
        self.starts[row] = self.starts[last]
        self.starts.pop()
        if not self.starts:
            self.reset()

    def reset(self) -> None:
        """Drop every text and free the memory."""
        super().reset()
        self.rows = self.room = self.end = 0
        self.starts = []

    def piece(self, row: int) -> Piece:
        """Return a text's keys and values, which are not copied."""
        rows, span = slice(row, row + 1), slice(self.starts[row], self.end)
        return {
            layer: (strip.keys[rows, :, span], strip.values[rows, :, span])
            for layer, strip in enumerate(self.layers)
            if strip.keys is not None
        }

    def _fit(self, rows: int, before: int, after: int) -> None:
        """Have room for so many rows, and for so many tokens before and after the longest text."""
        start, end = self.start, self.end
        if rows <= self.rows and before <= start and end + after <= self.room:
            return
        self.rows, self.room = max(rows, self.rows), before + end - start + after + SPARE
        for strip in self.layers:
            if strip.keys is not None:
                strip.move(slice(start, end), before)
        self.starts = [place + before - start for place in self.starts]
        self.end += before - start


class Past:
    """The keys and values of texts that ended, the last used ones, as many as fit into ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts: list[tuple[list[int], Piece]] = []

    def keep(self, ids: list[int], piece: Piece) -> None:
        """Keep a copy of a text's keys and values; it takes the place of those that it goes on from."""
        self._texts = [text for text in self._texts if shared(text[0], ids) < len(text[0])]
        if size(piece) > self._limit:
            return
        copy = {layer: (keys.clone(), values.clone()) for layer, (keys, values) in piece.items()}
        self._texts.append((ids, copy))
        while sum(size(piece) for _, piece in self._texts) > self._limit:
            self._texts.pop(0)

    def find(self, ids: list[int]) -> tuple[int, Piece]:
        """Return how many of the first of ``ids`` some text shares, and its keys and values."""
        place, tokens = max(
            ((place, shared(text, ids)) for place, (text, _) in enumerate(self._texts)),
            key=lambda found: found[1],
            default=(0, 0),
        )
        if not tokens:
            return 0, {}
        self._texts.append(self._texts.pop(place))
        return tokens, self._texts[-1][1]


def shared(first: list[int], second: list[int]) -> int:
    """Return how many tokens two texts have in common before they differ."""
    pairs = enumerate(zip(first, second, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(first), len(second)))


def size(piece: Piece) -> int:
    """Return how many bytes the keys and values of a text take."""
    return sum(states.numel() * states.element_size() for pair in piece.values() for states in pair)
