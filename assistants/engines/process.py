"""A chat model in a process of its own, which is what all local engines have in common.

Knows LangChain and how to talk to the program that runs the model (lines of JSON, which see in each of ``programs``);
loads no native code itself, and knows nothing about files, catalogs or what the program runs the model with.
"""

import contextlib
import itertools
import json
import os
import queue
import random
import signal
import subprocess
import sys
import threading
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk
from pydantic import Field, PrivateAttr

from assistants.engines.reasoning import Splitter, ThoughtTokens, Unsplit, chunk_of
from assistants.engines.stopping import Alongside, StopStrings
from assistants.engines.streamed import StreamedChat
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable, without_paths

PROGRAMS = Path(__file__).with_name("programs")
# An empty chunk comes this often while there is nothing to say, so that a caller gets a chance to stop.
QUIET_SECONDS = 0.25
# What a generation may be asked for, by the capability that the engine needs for it.
OPTIONS = {
    "temperature": None,
    "top_p": None,
    "top_k": None,
    "repetition_penalty": None,
    "max_tokens": None,
    "seed": None,
    # Whether to reason first, where the model's chat template leaves that open; else it changes nothing.
    "reasoning": None,
    "min_tokens": "min_tokens",
    "frequency_penalty": "penalties",
    "presence_penalty": "penalties",
    "json_schema": "json_schema",
    "regex": "regex",
    "choice": "choice",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "raw": "completion",
    "include": "words",
    "exclude": "words",
    "negative": "guidance",
    "guidance": "guidance",
}

# Libraries know no seeds below 0, or take them for those above.
SEEDS = 2**64
# What an answer is held to while it is written, as the program is told.
CONSTRAINTS = {"json_schema", "regex", "choice", "grammar", "include", "exclude"}

Event = dict[str, Any]

# How a process ends that the system takes: Linux does so where memory runs out.
KILLED = -9
TAKEN = (
    "The model broke off: the system ended its process, most likely because memory ran out. "
    "Close other programs, or ask for something smaller, and try again."
)
CRASHED = "The model broke off: its process crashed ({signal}). Try again; if it happens again, choose another model."
CLOSED = "The model was closed while it worked. Try again."
TAKEN_ON_LOADING = (
    "The model file {file} does not load: the system ended its process, most likely because memory ran out. "
    "Close other programs, or choose a smaller model."
)


class WorkerProcess:
    """A running program: sends it commands and hands its events to whoever asked.

    ``facts`` is what it said of the model when it was loaded.
    """

    def __init__(self, program: Path, first: Event) -> None:
        """Load the model that ``first`` names, which takes seconds; raises ``ModelUnavailable``."""
        command = [sys.executable, "-P", str(program)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, env=environment(os.environ))
        assert self._process.stdin and self._process.stdout, "both are pipes"
        self._input, self._output = self._process.stdin, self._process.stdout
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, queue.SimpleQueue[Event]] = {}
        self._end: str | GenerationFailed | None = None
        self._closed = False
        self._broken: Event = {}
        self._loaded: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        # Two, for nobody may wait for the pipe to take a command while the reader waits to hand on an event.
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._reader = threading.Thread(target=self._read, name="engine", daemon=True)
        self._reader.start()
        self._send(first)
        facts = self._loaded.get()
        if facts is None:
            self.close()
            raise unfit(Path(first["model"]), self._broken, self._process.returncode)
        self.facts = facts

    @property
    def alive(self) -> bool:
        """Whether it still takes commands."""
        return self._end is None

    def ask(self, **command: Any) -> tuple[int, "queue.SimpleQueue[Event]"]:
        """Send a command and return its number and where its events will come; raises ``GenerationFailed``."""
        inbox: queue.SimpleQueue[Event] = queue.SimpleQueue()
        with self._lock:
            if self._end is not None:
                raise failure(self._end)
            number = next(self._numbers)
            self._inboxes[number] = inbox
        self._send({"id": number, **command})
        return number, inbox

    def ask_once(self, **command: Any) -> Event:
        """Send a command and return its one event; raises ``GenerationFailed``."""
        number, inbox = self.ask(**command)
        try:
            event = inbox.get()
        finally:
            self.forget(number)
        if "error" in event:
            raise failure(event["error"])
        return event

    def forget(self, number: int) -> None:
        """Take no more events for ``number``; if it is still under way, it ends before the next step."""
        with self._lock:
            self._inboxes.pop(number, None)
        self._send({"id": number})

    def close(self) -> None:
        """End the process; whoever still waits for it gets an error."""
        self._closed = True
        self._process.kill()
        self._reader.join()
        with self._writing, contextlib.suppress(OSError):
            self._input.close()

    def _send(self, command: Event) -> None:
        # A process that is gone takes nothing; the reader tells everybody.
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._input.write(json.dumps(command).encode() + b"\n")
            self._input.flush()

    def _read(self) -> None:
        with self._output as lines:
            for line in lines:
                event = json.loads(line)
                if "id" in event:
                    with self._lock:
                        inbox = self._inboxes.get(event["id"])
                    if inbox:
                        inbox.put(event)
                elif event.pop("ready", False):
                    self._loaded.put(event)
                else:
                    self._broken = event
        status = self._process.wait()
        with self._lock:
            self._end = self._broken.get("broken") or self._told(status)
            for inbox in self._inboxes.values():
                inbox.put({"error": self._end})
        self._loaded.put(None)

    def _told(self, status: int) -> str | GenerationFailed:
        """Return how the process ended, which said nothing itself."""
        if self._closed:
            return GenerationFailed(CLOSED)
        if status == KILLED:
            return GenerationFailed(TAKEN)
        if status < 0:
            return GenerationFailed(CRASHED, signal=signal.Signals(-status).name)
        return f"its process ended with status {status}"


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a program in that of the studio: it finds what all programs share."""
    path = [str(PROGRAMS), own.get("PYTHONPATH")]
    # Threads that wait in a loop for each other hardly get on where other programs want the processors, too: a step of
    # a picture then took twenty times as long, and a token ten times.
    return {"OMP_WAIT_POLICY": "PASSIVE", **own, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def unfit(model: Path, event: Event, status: int | None = None) -> ModelUnavailable:
    """Return the error for a model that a program does not load, by its last event, or else its exit status."""
    if "template" in event:
        return ModelUnavailable(event["template"], file=model.name, **event["values"])
    if "broken" not in event and status == KILLED:
        return ModelUnavailable(TAKEN_ON_LOADING, file=model.name)
    cause = without_paths(event.get("broken") or f"its process ended with status {status}")
    return ModelUnavailable("The model file {file} does not load: {cause}.", file=model.name, cause=cause)


def failure(cause: str | GenerationFailed) -> GenerationFailed:
    """Return the error for a generation that the model or its process broke off, each time a new one."""
    if isinstance(cause, GenerationFailed):
        return GenerationFailed(cause.template, **cause.values)
    return GenerationFailed("The model broke off: {cause}.", cause=without_paths(cause))


class Restarting:
    """A model in a process that is started when it is needed, and again when it has died, until it is closed.

    Whoever is one has at first no ``_worker`` and a false ``_closed``.
    """

    model: str
    _lock: threading.Lock
    _worker: WorkerProcess | None
    _closed: bool

    @abstractmethod
    def _launch(self) -> WorkerProcess:
        """Start the process; raises ``ModelUnavailable``."""

    def start(self) -> WorkerProcess:
        """Return the process, started if need be; raises ``ModelUnavailable``."""
        with self._lock:
            if self._closed:
                raise ModelUnavailable("The model {model} is closed.", model=self.model)
            if self._worker is None or not self._worker.alive:
                if self._worker:
                    self._worker.close()
                self._worker = self._launch()
            return self._worker

    def close(self) -> None:
        """End the process and free its memory; whoever still waits for it gets an error."""
        with self._lock:
            self._closed = True
            if self._worker:
                self._worker.close()


class InFolder(Restarting):
    """A model whose files lie in a folder, run by a ``program`` that needs to know nothing else."""

    program: ClassVar[Path]
    # It reads many texts at once, but one request after the other.
    slots = 1

    def __init__(self, model: str, folder: Path) -> None:
        """Load the model, which takes seconds; raises ``ModelUnavailable``."""
        self.model = model
        self._folder = folder
        self._lock = threading.Lock()
        self._worker = None
        self._closed = False
        self.start()

    def _launch(self) -> WorkerProcess:
        return WorkerProcess(self.program, {"model": str(self._folder)})


class ProcessChat(Restarting, StreamedChat):
    """A chat model that is open; a process that dies takes its generations with it, and the next one starts it again.

    An engine says which ``program`` runs its models, what its first line is and what it is capable of.
    """

    program: ClassVar[Path]
    capabilities: ClassVar[frozenset[str]]
    # What is reasoning is known from the tags in its prompt, before its first word.
    begins_reasoning: ClassVar[bool] = False

    model: str
    # What a small model stays coherent with.
    temperature: float = Field(0.3, description="0 takes the likeliest word each time")
    top_p: float = 0.9
    top_k: int | None = None
    repetition_penalty: float = 1.1

    _worker: WorkerProcess | None = PrivateAttr(None)
    _closed: bool = PrivateAttr(False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @abstractmethod
    def _first(self) -> Event:
        """Return the first line for the program; ``model`` in it is the path."""

    @property
    def facts(self) -> Event:
        """What the program said of the model; starts it if need be."""
        return (self._worker or self.start()).facts

    @property
    def context(self) -> int:
        """How many tokens a prompt and its reply may have together."""
        return self.facts["context"]

    @property
    def slots(self) -> int:
        """How many generations run at once at hardly less than the speed of one."""
        return self.facts["slots"]

    @property
    def is_base(self) -> bool:
        """Whether the model only goes on with a text, for it has no chat template."""
        return self.facts.get("is_base", False)

    def _launch(self) -> WorkerProcess:
        return WorkerProcess(self.program, self._first())

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Count the tokens of the prompt that ``messages`` make, with the chat template."""
        return self._heard(self.start().ask_once(messages=convert_to_openai_messages(messages)))["prompt"]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **options: Any,
    ) -> Iterator[ChatGenerationChunk]:
        options = self._checked(options)
        worker = self.start()
        splitter = Unsplit() if options.get("raw") or self.is_base else Splitter()
        if CONSTRAINTS & options.keys() and messages[-1].type != "ai" and not self.is_base:
            # What it must keep to from the first word on leaves it no room to reason.
            messages = [*messages, AIMessage("")]
        # A text that may end at any word is followed word by word, so that nothing is computed behind its end.
        number, inbox = worker.ask(messages=convert_to_openai_messages(messages), options=options, eager=bool(stop))
        texts, tokens, prompt, thought = StopStrings(stop), Alongside(), 0, ThoughtTokens()
        event: Event = {}
        try:
            while not (texts.found or event.get("finish")):
                try:
                    event = inbox.get(timeout=QUIET_SECONDS)
                except queue.Empty:
                    event = {}
                if "error" in event:
                    yield ChatGenerationChunk(message=chunk_of(splitter.flush(is_whole=False), tokens))
                    raise failure(event["error"])
                if "prompt" in self._heard(event):
                    prompt = self._fitting(event["prompt"])
                    splitter = Splitter(begun=True) if event.get("reasons") else splitter
                    continue
                chunk = self._chunk(event, texts, tokens, splitter)
                thought.take(chunk.message, event.get("tokens"))
                if run_manager and chunk.text:
                    run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                yield chunk
        finally:
            worker.forget(number)
        yield self._last(prompt, event["tokens"], thought.count, "stop" if texts.found else event["finish"])

    def _checked(self, options: Event) -> Event:
        """Return the options with the engine's own for those that are absent; raises ``TypeError`` on unknown ones."""
        given = {name: value for name, value in options.items() if value is not None}
        for name in options:
            if name not in OPTIONS or (name in given and OPTIONS[name] not in {None, *self.capabilities}):
                raise TypeError(f"{type(self).__name__} takes no {name}")
        if given.get("max_tokens", 1) < 1:
            raise InvalidInput("max_tokens", "{field} must be at least {ge}.", ge=1)
        if "seed" in given:
            given["seed"] %= SEEDS
        own = {name: getattr(self, name) for name in ("temperature", "top_p", "top_k", "repetition_penalty")}
        return {name: value for name, value in own.items() if value is not None} | {
            # Libraries' own seeds are always the same.
            "seed": random.getrandbits(32),
            **given,
        }

    def _heard(self, event: Event) -> Event:
        """Return an event about a conversation; raises ``InvalidInput`` if the chat template refuses that."""
        if "refused" in event:
            template = "The chat template of {model} refuses this conversation: “{reason}”."
            raise InvalidInput("message", template, model=self.model, reason=event["refused"])
        return event

    def _fitting(self, tokens: int) -> int:
        """Return the length of the prompt; raises ``InvalidInput`` if it leaves no room for a reply."""
        if tokens >= self.context:
            template = "{field} is too long: the prompt has {tokens} tokens, and {model} takes fewer than {limit}."
            raise InvalidInput("message", template, tokens=tokens, model=self.model, limit=self.context)
        return tokens

    @staticmethod
    def _chunk(event: Event, texts: StopStrings, tokens: Alongside, splitter: Splitter) -> ChatGenerationChunk:
        """Return what may be shown after an event, which is nothing while the model reads."""
        text, finish = texts.push(event.get("text", "")), event.get("finish")
        if finish and not texts.found:
            text += texts.flush()
        tokens.push(event.get("logprobs", ()))
        pieces = splitter.push(text)
        if finish or texts.found:
            pieces += splitter.flush(is_whole=texts.found or finish == "stop")
        return ChatGenerationChunk(message=chunk_of(pieces, tokens, is_last=bool(finish) and not texts.found))

    def _last(self, prompt: int, tokens: int, thought: int, reason: str) -> ChatGenerationChunk:
        """Return the chunk that ends a reply of so many ``tokens``, of which so many were ``thought``."""
        usage: Event = {"input_tokens": prompt, "output_tokens": tokens, "total_tokens": prompt + tokens}
        if thought:
            usage["output_token_details"] = {"reasoning": thought}
        metadata = {"finish_reason": reason, "model_name": self.model}
        message = AIMessageChunk(content="", usage_metadata=usage, response_metadata=metadata, chunk_position="last")
        return ChatGenerationChunk(message=message)
