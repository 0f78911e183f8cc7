"""The loop: reads prompts and writes replies, a part of each at a time.

Knows who is waiting, who is being read and who is being answered; knows nothing about pipes or files.

Measured with a 135M model on 2 cores, 8 prompts of 200 tokens at once: 1.7 times the tokens of ``generate`` on a padded
batch in the same processor time, and at least 1.6 times those of transformers' own continuous batching on a busy
machine, which besides has no seed, mask or alternatives of one request.
"""

from collections import deque
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import llguidance.hf
import torch
from batch import SPARE, Batch, Past, size
from chat_template import REASONING_TAGS, Refused
from guidance import Guidance
from loading import Network, free_memory
from looking import Amiss, Looking, Sight
from sampling import Constraint, Sampler, Wishes, choose
from tasks import Reply, Scoring, Task
from text import Prompts, Text
from worker_pipe import Event, Inbox, Say, first_line

SLOTS = 8
# Of the memory that is free once the model is loaded: for texts under way, and for those that ended.
BATCH_SHARE, PAST_SHARE = 1 / 4, 1 / 8
# A prompt is read in parts of so many tokens; a graphics processor takes more at a time.
PART, LARGE_PART = 512, 4096
# Of a model that does not say for how many tokens it was made.
SHORT_CONTEXT = 2048


class Worker:
    """A model, what it is asked for, and the loop."""

    def __init__(self, model: Any, tokenizer: Any, memory: int, say: Say) -> None:
        self._model = model
        self._network = Network(model)
        self._tokenizer = tokenizer
        self._prompts = Prompts(tokenizer)
        self._say = say
        self._ends = end_tokens(model, tokenizer)
        self._part = PART if self._network.device.type == "cpu" else LARGE_PART
        self._batch = Batch(self._network.layers)
        free = free_memory(model, memory)
        self._past = Past(int(free * PAST_SHARE))
        self._room = int(free * BATCH_SHARE) // self._token_bytes()
        if self._room < SPARE:
            raise MemoryError("out of memory")
        self._context = min(context_length(model), self._room)
        self._waiting: deque[Task] = deque()
        self._reading: deque[Task] = deque()
        self._replies: list[Reply] = []

    @property
    def facts(self) -> dict[str, Any]:
        """What the studio has to know about the model."""
        return {
            "context": self._context,
            "slots": SLOTS,
            "is_base": self._prompts.is_base,
            "device": self._network.device.type,
            "dtype": self._network.dtype,
        }

    def run(self, commands: Inbox) -> None:
        """Obey commands, read and write until there is a None."""
        while True:
            while not ((self._waiting or self._reading or self._replies) and commands.empty()):
                command = commands.get()
                if command is None:
                    return
                self._obey(**command)
            self._read()
            self._write()

    def _token_bytes(self) -> int:
        """Return how much memory the keys and values of a token take; also makes the libraries warm up."""
        batch = Batch(self._network.layers)
        batch.join({}, 0)
        batch.read(self._network, torch.zeros((1, 1), dtype=torch.long, device=self._network.device))
        return size(batch.piece(0))

    def _obey(
        self,
        id: int,
        messages: list[dict[str, str]] | None = None,
        options: dict[str, Any] | None = None,
        score: list[str] | None = None,
        look: Event | None = None,
        eager: bool = True,  # It tells of every token as soon as it has it, anyway.
    ) -> None:
        if messages is None:
            self._cancel(id)
            return
        try:
            wishes = Wishes(**options or {})
            ids = self._prompts.encode(messages, wishes.raw, wishes.reasoning)
            text = self._prompts.encode_text(look.pop("text")) if look else []
            fits = len(ids) + len(text) < self._context
            if (score is None and look is None) or not fits:
                reasons = {"reasons": True} if self._prompts.reasons(ids) else {}
                self._say({"id": id, "prompt": len(ids) + len(text), **reasons})
            if fits and look is not None:
                self._waiting.append(Looking(id, ids, text, look))
            elif fits and score is not None:
                self._waiting.append(self._scoring(id, ids, score))
            elif fits and options is not None:
                self._waiting.append(self._reply(id, ids, wishes))
        except Refused as error:
            self._say({"id": id, "refused": str(error)})
        except (TypeError, ValueError) as error:
            self._say({"id": id, "error": cause(error)})

    def _reply(self, id: int, ids: list[int], wishes: Wishes) -> Reply:
        grammar, room = wishes.grammar, self._context - len(ids)
        constraint = None if grammar is None else Constraint(self._spelling, grammar)
        sampler = Sampler(wishes, ids, sorted(self._ends), constraint)
        spell = self._spelling.decode_bytes if wishes.logprobs else None
        reply = Reply(id, ids, min(wishes.max_tokens or room, room), sampler, Text(self._tokenizer, ids), spell)
        if wishes.negative:
            other = self._prompts.encode([*wishes.negative], wishes.raw, wishes.reasoning)
            if len(other) >= self._context:
                raise ValueError(f"the negative prompt has {len(other)} tokens, and the model takes {self._context}")
            reply.guidance = Guidance(self._network.layers, other, wishes.guidance)
        return reply

    def _scoring(self, id: int, ids: list[int], texts: list[str]) -> Scoring:
        continuations = [self._prompts.encode_text(text) for text in texts]
        most = len(ids) + max(map(len, continuations), default=0)
        if most > self._context:
            raise ValueError(f"the prompt and a continuation have {most} tokens, and the model takes {self._context}")
        return Scoring(id, ids, continuations)

    @cached_property
    def _spelling(self) -> llguidance.LLTokenizer:
        """The letters of every token; takes up to a second to make."""
        vocabulary = max(self._network.vocabulary, len(self._tokenizer))
        return llguidance.hf.from_tokenizer(self._tokenizer, n_vocab=vocabulary, eos_token=sorted(self._ends))

    @cached_property
    def _sight(self) -> Sight:
        return Sight(self._model, self._network, self._spelling.decode_bytes, sorted(self._ends))

    def _cancel(self, id: int) -> None:
        for tasks in (self._waiting, self._reading):
            for task in [task for task in tasks if task.id == id]:
                tasks.remove(task)
        for row, reply in enumerate(self._replies):
            if reply.id == id:
                self._leave(row)
                return

    def _read(self) -> None:
        """Read a part of the prompt whose turn it is; those who share the time all come to an end."""
        while self._waiting and self._has_room(self._waiting[0]):
            self._reading.append(self._waiting.popleft())
        if not self._reading:
            return
        task = self._reading.popleft()
        try:
            if isinstance(task, Looking) and task.is_whole:
                self._say({"id": task.id, "found": task.found(self._sight)})
                return
            if not task.has_begun:
                task.start(self._network.layers, self._past)
            logits = task.read(self._network, self._network.device, self._part)
            if logits is None:
                self._reading.append(task)
            elif isinstance(task, Scoring):
                self._say({"id": task.id, "scores": task.scores(self._network, logits)})
            elif isinstance(task, Looking):
                self._say({"id": task.id, "found": task.found(self._sight, logits)})
            elif isinstance(task, Reply):
                self._begin(task, logits)
        except Amiss as error:
            self._say({"id": task.id, "amiss": error.told})
        except (RuntimeError, ValueError) as error:
            self._say({"id": task.id, "error": cause(error)})

    def _has_room(self, newcomer: Task) -> bool:
        tasks = [*self._reading, *self._replies, newcomer]
        return len(tasks) <= SLOTS and (len(tasks) == 1 or self._fits(tasks, SPARE))

    def _fits(self, tasks: Sequence[Task], more: int) -> bool:
        """Say whether the memory is enough for tasks side by side that go on for so many tokens."""
        return len(tasks) * (max(len(task.ids) for task in tasks) + more) <= self._room

    def _postpone(self) -> None:
        """Let the reply that came last wait until there is room for it; then it is read and goes on."""
        row, reply = max(enumerate(self._replies), key=lambda place: place[1].id)
        self._leave(row)
        self._waiting.appendleft(reply)

    def _begin(self, reply: Reply, logits: torch.Tensor) -> None:
        (event,) = self._choose([reply], logits)
        if is_over(event):
            self._past.keep(reply.ids[: reply.batch.length(0)], reply.batch.piece(0))
        else:
            self._batch.join(reply.batch.piece(0), reply.batch.length(0))
            self._replies.append(reply)
            reply.release()
        self._say(event)

    def _write(self) -> None:
        """Write a token of every reply."""
        while len(self._replies) > 1 and not self._fits(self._replies, 1):
            self._postpone()
        if not self._replies:
            return
        try:
            last = torch.tensor([[reply.ids[-1]] for reply in self._replies], device=self._network.device)
            events = self._choose(self._replies, self._batch.read(self._network, last)[:, -1])
        except (RuntimeError, ValueError) as error:
            self._say(*({"id": reply.id, "error": cause(error)} for reply in self._replies))
            self._replies.clear()
            self._batch.reset()
            return
        for row in reversed(range(len(events))):
            if is_over(events[row]):
                self._leave(row)
        self._say(*events)

    def _leave(self, row: int) -> None:
        """End a reply; the last one takes its row."""
        self._past.keep(self._replies[row].ids[: self._batch.length(row)], self._batch.piece(row))
        self._batch.leave(row)
        self._replies[row] = self._replies[-1]
        self._replies.pop()

    def _choose(self, replies: list[Reply], logits: torch.Tensor) -> list[Event]:
        raw = {row: logits[row].clone() for row, reply in enumerate(replies) if reply.sampler.wishes.logprobs}
        for row, reply in enumerate(replies):
            if reply.guidance:
                logits[row] = reply.guidance.mix(self._network, logits[row], reply.ids)
        tokens = choose(logits, [reply.sampler for reply in replies])
        events = [reply.take(token, self._ends) for reply, token in zip(replies, tokens, strict=True)]
        for row, before in raw.items():
            if tokens[row] not in self._ends:
                events[row]["logprobs"] = replies[row].logprobs(before, tokens[row])
        return events


def is_over(event: Event) -> bool:
    """Say whether an event is the last one of its reply."""
    return "error" in event or event["finish"] is not None


def end_tokens(model: Any, tokenizer: Any) -> frozenset[int]:
    """Return the tokens that end a reply: those that the model names, and whatever structures a conversation."""
    named = model.generation_config.eos_token_id
    named = named if isinstance(named, list) else [named]
    added = tokenizer.added_tokens_decoder.items()
    control = [number for number, token in added if token.special and token.content not in REASONING_TAGS]
    return frozenset(token for token in [*named, *control, tokenizer.eos_token_id] if token is not None)


def context_length(model: Any) -> int:
    """Return how many tokens a model was made for."""
    return getattr(model.config.get_text_config(), "max_position_embeddings", None) or SHORT_CONTEXT


def cause(error: Exception) -> str:
    """Return what an error says, in a few words."""
    if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return "out of memory"
    return first_line(error)
