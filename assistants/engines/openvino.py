"""Chat with a GGUF model on the CPU, by OpenVINO GenAI: continuous batching and a prefix cache for all who ask at once.

Knows LangChain and how to talk to the process that runs the model (``openvino_worker``, which see for the reasons);
loads no native code itself, and knows nothing about catalogs or downloads.
"""

import contextlib
import importlib.util
import itertools
import json
import queue
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage, convert_to_openai_messages
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field, PrivateAttr

from assistants.engines import openvino_worker
from assistants.engines.gguf import read_metadata
from assistants.engines.stopping import StopStrings
from assistants.errors import GenerationFailed, InvalidInput, ModelUnavailable

PACKAGE = "openvino-genai"
CONTROL_TOKEN = 3
# An empty chunk comes this often while there is nothing to say, so that a caller gets a chance to stop.
QUIET_SECONDS = 0.25

Event = dict[str, Any]


class WorkerProcess:
    """A running ``openvino_worker``: sends it commands and hands its events to whoever asked."""

    def __init__(self, file: Path, context: int, control: dict[str, int]) -> None:
        """Load the model, which takes seconds; raises ``ModelUnavailable``."""
        command = [sys.executable, "-P", openvino_worker.__file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._numbers = itertools.count(1)
        self._inboxes: dict[int, queue.SimpleQueue[Event]] = {}
        self._end: str | None = None
        self._loaded: queue.SimpleQueue[bool] = queue.SimpleQueue()
        # Two, for nobody may wait for the pipe to take a command while the reader waits to hand on an event.
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._reader = threading.Thread(target=self._read, name="openvino", daemon=True)
        self._reader.start()
        self._send({"model": str(file), "context": context, "control": control})
        if not self._loaded.get():
            self.close()
            raise ModelUnavailable("The model file {file} does not load: {cause}.", file=file.name, cause=self._end)

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

    def forget(self, number: int) -> None:
        """Take no more events for ``number``; if it is still under way, it ends before the next step."""
        with self._lock:
            self._inboxes.pop(number, None)
        self._send({"id": number})

    def close(self) -> None:
        """End the process; whoever still waits for it gets an error."""
        self._process.kill()
        self._reader.join()
        with self._writing, contextlib.suppress(OSError):
            self._process.stdin.close()

    def _send(self, command: Event) -> None:
        # A process that is gone takes nothing; the reader tells everybody.
        with self._writing, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            self._process.stdin.flush()

    def _read(self) -> None:
        cause = None
        with self._process.stdout as lines:
            for line in lines:
                event = json.loads(line)
                if "id" in event:
                    with self._lock:
                        inbox = self._inboxes.get(event["id"])
                    if inbox:
                        inbox.put(event)
                elif "ready" in event:
                    self._loaded.put(True)
                else:
                    cause = event["broken"]
        status = self._process.wait()
        with self._lock:
            self._end = cause or f"its process ended with status {status}"
            for inbox in self._inboxes.values():
                inbox.put({"error": self._end})
        self._loaded.put(False)


def failure(cause: str) -> GenerationFailed:
    """Return the error for a generation that the model or its process broke off."""
    return GenerationFailed("The model broke off: {cause}.", cause=cause)


class OpenVINOChat(BaseChatModel):
    """A GGUF model that is open; ``slots`` generations run at once at hardly less than the speed of one.

    A process that dies takes its generations with it, and the next one starts it again.
    """

    model: str
    file: Path
    context: int = Field(description="Tokens of a prompt and its reply together")
    control: dict[str, int] = Field(description="The tokens that structure a conversation; each of them ends a reply")
    slots: int = 8
    capabilities: ClassVar[frozenset[str]] = frozenset({"min_tokens"})
    # What a small model stays coherent with.
    temperature: float = Field(0.3, description="0 takes the likeliest word each time")
    top_p: float = 0.9
    top_k: int | None = None
    repetition_penalty: float = 1.1

    _worker: WorkerProcess | None = PrivateAttr(None)
    _closed: bool = PrivateAttr(False)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "openvino"

    def start(self) -> WorkerProcess:
        """Return the process, started if need be; raises ``ModelUnavailable``."""
        with self._lock:
            if self._closed:
                raise ModelUnavailable("The model {model} is closed.", model=self.model)
            if self._worker is None or not self._worker.alive:
                if self._worker:
                    self._worker.close()
                self._worker = WorkerProcess(self.file, self.context, self.control)
            return self._worker

    def close(self) -> None:
        """End the process and free its memory; whoever still waits for it gets an error."""
        with self._lock:
            self._closed = True
            if self._worker:
                self._worker.close()

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Any = None) -> int:
        """Count the tokens of the prompt that ``messages`` make, with the chat template."""
        worker = self.start()
        number, inbox = worker.ask(messages=convert_to_openai_messages(messages))
        event = inbox.get()
        worker.forget(number)
        if "error" in event:
            raise failure(event["error"])
        return event["prompt"]

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        max_tokens: int | None = None,
        min_tokens: int | None = None,
        **sampling: Any,
    ) -> Iterator[ChatGenerationChunk]:
        worker = self.start()
        limits = {"max_new_tokens": max_tokens, "min_new_tokens": min_tokens}
        options = self._options(**sampling) | {name: limit for name, limit in limits.items() if limit}
        number, inbox = worker.ask(messages=convert_to_openai_messages(messages), options=options)
        texts, prompt, event = StopStrings(stop), 0, {}
        try:
            while not (texts.found or event.get("finish")):
                try:
                    event = inbox.get(timeout=QUIET_SECONDS)
                except queue.Empty:
                    yield ChatGenerationChunk(message=AIMessageChunk(""))
                    continue
                if "prompt" in event:
                    prompt = self._checked(event["prompt"])
                elif text := self._text(event, texts):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(text))
                    if run_manager:
                        run_manager.on_llm_new_token(text, chunk=chunk)
                    yield chunk
        finally:
            worker.forget(number)
        yield self._last(prompt, event["tokens"], "stop" if texts.found else event["finish"])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **params: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **params))

    def _options(
        self,
        *,
        temperature: float | None = None,
        top_p: float | None = None,
        top_k: int | None = None,
        repetition_penalty: float | None = None,
        seed: int | None = None,
    ) -> dict[str, Any]:
        temperature = self.temperature if temperature is None else temperature
        penalty = {"repetition_penalty": repetition_penalty or self.repetition_penalty}
        if temperature == 0:
            return penalty
        options = {
            "do_sample": True,
            "temperature": temperature,
            "top_p": top_p or self.top_p,
            "top_k": top_k or self.top_k,
            # The library's own default is always the same.
            "rng_seed": random.getrandbits(32) if seed is None else seed,
        }
        return penalty | {name: value for name, value in options.items() if value is not None}

    def _checked(self, tokens: int) -> int:
        """Return the length of the prompt; raises ``InvalidInput`` if it leaves no room for a reply."""
        if tokens >= self.context:
            template = "{field} is too long: the prompt has {tokens} tokens, and {model} takes fewer than {limit}."
            raise InvalidInput("message", template, tokens=tokens, model=self.model, limit=self.context)
        return tokens

    @staticmethod
    def _text(event: Event, texts: StopStrings) -> str:
        if "error" in event:
            raise failure(event["error"])
        text = texts.push(event["text"])
        return text + texts.flush() if event["finish"] else text

    def _last(self, prompt: int, tokens: int, reason: str) -> ChatGenerationChunk:
        usage = {"input_tokens": prompt, "output_tokens": tokens, "total_tokens": prompt + tokens}
        metadata = {"finish_reason": reason, "model_name": self.model}
        message = AIMessageChunk("", usage_metadata=usage, response_metadata=metadata, chunk_position="last")
        return ChatGenerationChunk(message=message)


def open_chat(model: str, file: Path) -> OpenVINOChat:
    """Load the GGUF file as ``model``; takes seconds and blocks. Raises ``ModelUnavailable``."""
    if importlib.util.find_spec(PACKAGE.replace("-", "_")) is None:
        template = "{model} runs on the package {package}, which is not installed (pip install {package})."
        raise ModelUnavailable(template, model=model, package=PACKAGE)
    try:
        metadata = read_metadata(file)
        context = metadata[f"{metadata['general.architecture']}.context_length"]
        kinds = zip(metadata["tokenizer.ggml.tokens"], metadata["tokenizer.ggml.token_type"], strict=True)
        control = {token: number for number, (token, kind) in enumerate(kinds) if kind == CONTROL_TOKEN}
    except (OSError, KeyError, ValueError) as error:
        raise ModelUnavailable("The model file {file} does not load: {cause}.", file=file.name, cause=error) from error
    engine = OpenVINOChat(model=model, file=file, context=context, control=control)
    engine.start()
    return engine
