"""The program that runs OpenVINO GenAI: commands come in, events go out, each one line of JSON.

It is a process of its own for two reasons: ``ContinuousBatchingPipeline.step()`` holds the interpreter's lock while it
computes, so that a page served beside it would freeze at every step; and native code may crash. It is run by its path
and imports nothing of the studio. One loop does everything, for the pipeline takes requests between steps only.

In    {"model": folder, "context": tokens, "control": {text: id},
       "eos": the id that ends a text or -1,
       "template": the chat template or null, "tokens": texts of
       special tokens by their names, "cache": tokens,
       "properties": of the library, "part": how many tokens of
       a prompt are read at a time,
       "slots": generations at once}                                the first line
      {"id", "messages": [{"role", "content"}], "options": {...}}   generate; options as ``process`` names them, and
                                                                    "grammar" as xgrammar reads it; "eager": true tells
                                                                    of every token at once
      {"id", "messages"}                                            count the tokens of the prompt
      {"id"}                                                        cancel
Out   {"ready": true, "context", "slots", "is_base"}                the model is loaded
      {"id", "prompt": tokens}                                      the prompt is read; one that is too long ends here;
                                                                    "reasons": true: the reply begins with reasoning
      {"id", "text", "tokens": so far, "finish": reason or null}    the last of them has a reason, "stop" or "length";
                                                                    "logprobs": [...] where asked for
      {"id", "refused": reason}                                     the chat template does not take the messages
      {"id", "error": cause}                                        this generation is over
      {"broken": cause}                                             everything is over
"""

import codecs
import functools
import re
import secrets
import sys
import time
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from chat_template import LAST_TOKENS, REASONING_TAGS, REASONS, ChatTemplate, Refused, begin, disarmed, joined, render
from worker_pipe import Event, Inbox, Incoming, Say, keep_quiet, last_line, listen, run

# The tokenizer of a GGUF silently keeps the last 8192 tokens of a longer text. A text has at most as many as bytes.
CHUNK = re.compile(r".{1,2000}\Z|.{1,2000}(?=\s)|.{1,2000}", re.DOTALL)
# How many of these it remembers: some megabytes.
REMEMBERED = 512
# The tokens whose keys and values the library keeps together on a processor.
BLOCK = 32
# Seconds between two reports of what is under way: nobody sees them, and each report costs the next step, for telling,
# passing on and showing a token takes the same cores as computing it.
PAUSE = 0.05
# Our names of options, where the library has others.
NAMES = {"max_tokens": "max_new_tokens", "min_tokens": "min_new_tokens", "seed": "rng_seed"}
# What it refuses where nothing is left to chance.
SAMPLING = {"temperature", "top_p", "top_k", "rng_seed"}


class Prompts:
    """Turns messages into token ids by the model's own chat template."""

    def __init__(self, tokenizer: Any, control: dict[str, int], template: ChatTemplate | None) -> None:
        self._tokenizer = tokenizer
        self._template = template
        self._control = control
        longest_first = sorted(control, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
        # Nobody can write it, for nobody knows it.
        self._seam = secrets.token_hex(16)
        # A call takes the library half a millisecond and more, and a conversation comes again at each turn.
        self._ids = functools.lru_cache(REMEMBERED)(self._encode_chunk)

    def encode(self, messages: list[dict[str, str]], raw: bool = False, thinks: bool = False) -> list[int]:
        """Return the ids; an assistant's message at the end stays open, so that the model goes on with it.

        ``thinks``: it is to reason first, where the template leaves that open. A ``raw`` prompt is taken as it is, with
        the control tokens in it; so is what a model without a template gets, but without them. Raises ``Refused``.
        """
        if raw or self._template is None:
            text = "\n".join(message["content"] for message in messages)
            start = self._tokenizer.encode("", add_special_tokens=True).input_ids.data[0].tolist()
            return [*start, *(self._encode_part(text) if raw else self._encode_text(text))]
        plain = [{**one, "content": disarmed(one["content"], self._pattern, self._seam)} for one in messages]
        messages = joined(plain)
        reply = messages.pop()["content"] if messages[-1]["role"] == "assistant" else None
        text = begin(render(functools.partial(self._template, thinks=thinks), messages), reply)
        return [token for part in text.split(self._seam) for token in self._encode_part(part)]

    def _encode_part(self, text: str) -> Iterator[int]:
        place = 0
        for match in self._pattern.finditer(text):
            yield from self._encode_text(text[place : match.start()])
            yield self._control[match[0]]
            place = match.end()
        yield from self._encode_text(text[place:])

    def _encode_text(self, text: str) -> Iterator[int]:
        for chunk in CHUNK.findall(text):
            yield from self._ids(chunk)

    def _encode_chunk(self, chunk: str) -> array:
        return array("i", self._tokenizer.encode(chunk, add_special_tokens=False).input_ids.data[0].tolist())


class Vocabulary(dict[int, bytes]):
    """The bytes that each token stands for, looked up because the library's decoding takes up to a millisecond a token.

    Of two tokens with the same bytes ``get_vocab`` knows one; the other is decoded once.
    """

    def __init__(self, tokenizer: Any) -> None:
        super().__init__((token, piece) for piece, token in tokenizer.get_vocab().items())
        self._tokenizer = tokenizer

    def __missing__(self, token: int) -> bytes:
        return self.setdefault(token, self._tokenizer.decode([token], skip_special_tokens=False).encode())


class Detokenizer:
    """Turns ids that come a few at a time into text, whole characters only; bytes that are no text are left out."""

    def __init__(self, vocabulary: Mapping[int, bytes]) -> None:
        self._vocabulary = vocabulary
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")

    def push(self, ids: list[int]) -> str:
        """Return the text that ``ids`` complete."""
        return self._decoder.decode(b"".join(self._vocabulary[token] for token in ids))


class Generation:
    """One reply under way."""

    def __init__(
        self, handle: Any, vocabulary: Mapping[int, bytes], control: frozenset[int], logprobs: bool, eager: bool
    ) -> None:
        self.handle = handle
        self._eager = eager
        self._vocabulary = vocabulary
        self._logprobs = logprobs
        self._text = Detokenizer(vocabulary)
        self._control = control
        self._tokens = 0

    @property
    def is_urgent(self) -> bool:
        """Whether its news cannot wait: its first token and its end."""
        return self._eager or not self._tokens or self.handle.get_status().name != "RUNNING"

    def news(self) -> dict[str, Any] | None:
        """Return what the steps since the last time brought, if anything."""
        text, reason, logprobs = "", "NONE", []
        while self.handle.can_read():
            for output in self.handle.read().values():
                ids = [token for token in output.generated_ids if token not in self._control]
                self._tokens += len(ids)
                text += self._text.push(ids)
                if self._logprobs:
                    pairs = zip(output.generated_ids, output.generated_log_probs, strict=True)
                    logprobs += [self._entry(*pair) for pair in pairs if pair[0] not in self._control]
                reason = output.finish_reason.name
        if reason == "NONE" and self.handle.get_status().name == "IGNORED":
            return {"error": "out of memory"}
        finish = None if reason == "NONE" else reason.lower()
        event = {"text": text, "tokens": self._tokens, "finish": finish} | ({"logprobs": logprobs} if logprobs else {})
        return event if text or finish or logprobs else None

    def _entry(self, token: int, logprob: float) -> dict[str, Any]:
        """Return what is said of a token; the library knows no alternatives."""
        data = self._vocabulary[token]
        text = data.decode("utf-8", "replace")
        return {"token": text, "logprob": logprob, "bytes": list(data), "top_logprobs": []}


class Worker:
    """The pipeline, its generations and the loop."""

    def __init__(self, pipeline: Any, first: Event, say: Say) -> None:
        tokenizer, control = pipeline.get_tokenizer(), first["control"]
        self._pipeline = pipeline
        self._context = first["context"]
        template = ChatTemplate(first["template"], first["tokens"]) if first["template"] else None
        self._prompts = Prompts(tokenizer, control, template)
        self._vocabulary = Vocabulary(tokenizer)
        self._eos = pipeline.get_config().eos_token_id
        self._control = frozenset({*(id for text, id in control.items() if text not in REASONING_TAGS), self._eos})
        self._say = say
        self._running: dict[int, Generation] = {}
        self._reported = 0.0

    def run(self, commands: Inbox) -> None:
        """Obey commands and step until there is a None; raises ``RuntimeError`` if a step does."""
        while True:
            while not (self._pipeline.has_non_finished_requests() and commands.empty()):
                command = commands.get()
                if command is None:
                    return
                self._obey(**command)
            self._pipeline.step()
            self._report()

    def _obey(
        self,
        id: int,
        messages: list[dict[str, str]] | None = None,
        options: dict[str, Any] | None = None,
        eager: bool = False,
    ) -> None:
        if messages is None:
            generation = self._running.pop(id, None)
            if generation:
                generation.handle.cancel()
            return
        try:
            options = options and dict(options)
            raw, thinks = (bool(options and options.pop(name, False)) for name in ("raw", "reasoning"))
            ids = self._prompts.encode(messages, raw, thinks)
            end = Detokenizer(self._vocabulary).push(ids[-LAST_TOKENS:])
            self._say({"id": id, "prompt": len(ids), **({"reasons": True} if REASONS.search(end) else {})})
            if options is not None and len(ids) < self._context:
                self._running[id] = self._start(id, ids, options, eager)
        except Refused as error:
            self._say({"id": id, "refused": str(error)})
        except (RuntimeError, TypeError, ValueError) as error:
            self._say({"id": id, "error": last_line(error)})

    def _start(self, id: int, ids: list[int], options: dict[str, Any], eager: bool) -> Generation:
        import openvino
        import openvino_genai

        prompt = openvino.Tensor(openvino.Type.i64, openvino.Shape([1, len(ids)]))
        prompt.data[0] = ids
        config = openvino_genai.GenerationConfig(eos_token_id=self._eos, stop_token_ids=set(self._control))
        if grammar := options.pop("grammar", None):
            config.structured_output_config = openvino_genai.StructuredOutputConfig(grammar=grammar)
        for name, value in settings(options, self._context - len(ids)).items():
            setattr(config, name, value)
        handle = self._pipeline.add_request(id, prompt, config)
        return Generation(handle, self._vocabulary, self._control, config.logprobs > 0, eager)

    def _report(self) -> None:
        is_due = time.monotonic() - self._reported >= PAUSE
        news = {id: each.news() for id, each in self._running.items() if is_due or each.is_urgent}
        if is_due:
            self._reported = time.monotonic()
        for id, event in news.items():
            if event and (event.get("finish") or "error" in event):
                del self._running[id]
        self._say(*({"id": id, **event} for id, event in news.items() if event))


def settings(options: dict[str, Any], room: int) -> dict[str, Any]:
    """Return the options as the library's ``GenerationConfig`` has them; ``room`` is how many tokens there may be."""
    named = {NAMES.get(name, name): value for name, value in options.items()}
    named["logprobs"] = int(named.get("logprobs", False))
    named["max_new_tokens"] = limit = min(named.get("max_new_tokens", room), room)
    # The library refuses more; a conversation that has nearly filled the context leaves no room for it.
    named["min_new_tokens"] = min(named.get("min_new_tokens", 0), limit)
    if named.get("temperature") == 0:
        return {name: value for name, value in named.items() if name not in SAMPLING}
    return named | {"do_sample": True}


def load(model: str, cache: int, part: int, properties: dict[str, Any]) -> Any:
    """Return the pipeline of what was made ready at ``model``, with the keys and values of at most ``cache`` tokens."""
    keep_quiet()
    import openvino_genai

    # By benchmarks.tuning: prompt lookup writes a fifth faster what is copied by one request alone, and up to half as
    # fast everything else; other threads and slots made no difference beyond the noise.
    scheduler = openvino_genai.SchedulerConfig()
    scheduler.enable_prefix_caching = True
    # Without a bound it grows with every prompt that is new.
    scheduler.num_kv_blocks = cache // BLOCK
    scheduler.max_num_batched_tokens = part
    folder = Path(model)
    tokenizer = openvino_genai.Tokenizer(folder)
    return openvino_genai.ContinuousBatchingPipeline(folder, tokenizer, scheduler, "CPU", **properties)


def work(first: Event, commands: Incoming, say: Say) -> None:
    """Load the model and generate until standard input ends."""
    # The reader gets the interpreter's lock between two steps, however short they are.
    sys.setswitchinterval(0.0005)
    worker = Worker(load(first["model"], first["cache"], first["part"], first["properties"]), first, say)
    say({"ready": True, "context": first["context"], "slots": first["slots"], "is_base": not first["template"]})
    worker.run(listen(commands))


if __name__ == "__main__":
    run(work, expected=(ImportError, OSError, RuntimeError))
