"""The engines that ``benchmarks.engines`` compares, one a process: ``python -m benchmarks.contenders NAME``.

Commands come in and samples go out, each one line of JSON. All of them run the starter's GGUF on the same number of
threads, take a conversation through the model's own chat template, and choose the likeliest token each time without
any penalty. Knows nothing about what is asked or compared.
"""

import contextlib
import gc
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol

from assistants import processor
from assistants.models.files.catalog import read_catalog
from assistants.models.files.downloads import Halt
from assistants.models.files.gguf import read_metadata
from assistants.models.files.readiness import make_ready
from assistants.settings import Settings

AT_ONCE = 8
CONTEXT = 2048

# What was said by turns, first by the user.
Talk = list[str]


@dataclass
class Sample:
    """One generation: seconds from the question to its first and to its last token, how many came, and the text."""

    first: float
    seconds: float
    tokens: int
    text: str


class Contender(Protocol):
    """An open engine."""

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Go on with all conversations at once, each by exactly so many tokens."""


def starter() -> Path:
    """Return the file that all of them run."""
    return read_catalog()["mini"].path(Settings().models_folder / "mini")


def messages(talk: Talk) -> list[dict[str, str]]:
    """Return a conversation as chat templates and OpenAI's protocol have it."""
    return [{"role": "assistant" if number % 2 else "user", "content": text} for number, text in enumerate(talk)]


def clocked(pieces: Iterator[tuple[str, int | None]]) -> Sample:
    """Run through a stream of (text, tokens so far if known) and return its times."""
    began, first, tokens, texts = time.perf_counter(), 0.0, 0, []
    for text, counted in pieces:
        if text and not first:
            first = time.perf_counter()
        tokens = counted or tokens
        texts.append(text)
    return Sample(first - began, time.perf_counter() - began, tokens, "".join(texts))


def together(one: Callable[[Talk], Sample], talks: list[Talk]) -> list[Sample]:
    """Go on with each conversation on a thread of its own."""
    with ThreadPoolExecutor(len(talks)) as pool:
        return list(pool.map(one, talks))


class Studio:
    """Our engine as the assistants use it."""

    def __init__(self, name: str = "mini") -> None:
        from assistants.connections import Connections
        from assistants.models import Models

        settings = Settings()
        self._models = Models(settings, Connections(settings))
        for _ in self._models.waiting(name):
            pass
        self._engine = self._models.engine(name)

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Answer through ``stream``."""
        limits = {"max_tokens": tokens, "min_tokens": tokens}

        def one(talk: Talk) -> Sample:
            chunks = self._engine.stream(messages(talk), temperature=0.0, repetition_penalty=1.0, **limits)
            return clocked((chunk.text, (chunk.usage_metadata or {}).get("output_tokens")) for chunk in chunks)

        return together(one, talks)

    def count(self, prompt: str) -> int:
        """Return how many tokens a prompt has."""
        from langchain_core.messages import HumanMessage

        return self._engine.get_num_tokens_from_messages([HumanMessage(prompt)])


class Api:
    """The same engine behind ``/v1``, in a studio of its own."""

    def __init__(self) -> None:
        from benchmarks.server import serving

        # Left open until this process ends, which is when it is killed.
        self._open = contextlib.ExitStack()
        self._server = self._open.enter_context(serving("mini"))
        self.server = self._server.process.pid

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Answer through a stream of chat completions."""
        return together(lambda talk: clocked(self._stream(talk, tokens)), talks)

    def _stream(self, talk: Talk, tokens: int) -> Iterator[tuple[str, int | None]]:
        body = {
            "model": "mini",
            "messages": messages(talk),
            "stream": True,
            "stream_options": {"include_usage": True},
            "temperature": 0,
            "repetition_penalty": 1.0,
            "max_tokens": tokens,
            "min_tokens": tokens,
        }
        connection = HTTPConnection("127.0.0.1", self._server.port, timeout=600)
        with contextlib.closing(connection):
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            if response.status != 200:
                raise RuntimeError(response.read().decode())
            while line := response.readline():
                if line.startswith(b"data: {"):
                    event = json.loads(line[6:])
                    choices = event["choices"]
                    text = choices[0]["delta"].get("content", "") if choices else ""
                    yield text, (event.get("usage") or {}).get("completion_tokens")

    def close(self) -> None:
        """End the studio."""
        self._open.close()


class OpenVINO:
    """OpenVINO GenAI's own loop, with its prefix cache and nothing around it."""

    def __init__(self) -> None:
        sys.modules["openvino_telemetry"] = None
        import openvino_genai

        scheduler = openvino_genai.SchedulerConfig()
        scheduler.enable_prefix_caching = True
        folder = make_ready(starter(), starter().parent, lambda *_: None, Halt())
        tokenizer = openvino_genai.Tokenizer(folder)
        tokenizer.set_chat_template(read_metadata(starter())["tokenizer.chat_template"])
        self._pipe = openvino_genai.ContinuousBatchingPipeline(folder, tokenizer, scheduler, "CPU")
        self._number = 0

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Answer by steps until all are finished."""
        import openvino_genai

        tokenizer = self._pipe.get_tokenizer()
        config = openvino_genai.GenerationConfig(max_new_tokens=tokens, min_new_tokens=tokens)
        began = time.perf_counter()
        handles, ids, samples = [], [[] for _ in talks], [Sample(0.0, 0.0, 0, "") for _ in talks]
        for talk in talks:
            self._number += 1
            text = tokenizer.apply_chat_template(messages(talk), add_generation_prompt=True)
            handles.append(self._pipe.add_request(self._number, text, config))
        while self._pipe.has_non_finished_requests():
            self._pipe.step()
            passed = time.perf_counter() - began
            for handle, written, sample in zip(handles, ids, samples, strict=True):
                while handle.can_read():
                    (output,) = handle.read().values()
                    written += output.generated_ids
                    sample.first = sample.first or passed
                    sample.seconds = passed
        for written, sample in zip(ids, samples, strict=True):
            sample.tokens, sample.text = len(written), tokenizer.decode(written)
        return samples


class Transformers:
    """``generate`` of transformers in bfloat16, without a cache between calls."""

    def __init__(self) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        torch.set_num_threads(processor.usable())
        place = {"pretrained_model_name_or_path": str(starter().parent), "gguf_file": starter().name}
        self._tokenizer = AutoTokenizer.from_pretrained(**place, padding_side="left")
        self._model = AutoModelForCausalLM.from_pretrained(
            **place, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Answer as one padded batch, noting when each token came."""
        from transformers import StoppingCriteria

        times = []

        class Clock(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                times.append(time.perf_counter())
                return input_ids.new_zeros(len(input_ids)).bool()

        began = time.perf_counter()
        inputs = self._tokenizer.apply_chat_template(
            list(map(messages, talks)), add_generation_prompt=True, return_tensors="pt", return_dict=True, padding=True
        )
        limits = {"max_new_tokens": tokens, "min_new_tokens": tokens}
        ids = self._model.generate(**inputs, **limits, do_sample=False, stopping_criteria=[Clock()])
        texts = self._tokenizer.batch_decode(ids[:, -len(times) :])
        return [Sample(times[0] - began, times[-1] - began, len(times), text) for text in texts]


class LlamaCpp:
    """llama.cpp by the package xllamacpp, with as many slots as there are prompts at once."""

    def __init__(self) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(starter())
        params.n_parallel = AT_ONCE
        params.n_ctx = AT_ONCE * CONTEXT
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = processor.usable()
        params.warmup = True
        self._server = xllamacpp.Server(params)

    def run(self, talks: list[Talk], tokens: int) -> list[Sample]:
        """Answer through its in-process door for chat completions."""
        return together(lambda talk: self._one(talk, tokens), talks)

    def _one(self, talk: Talk, tokens: int) -> Sample:
        came: list[float] = []
        texts: list[str] = []

        def take(event: Any) -> None:
            for one in event if isinstance(event, list) else [event]:
                if one.get("choices") and (text := one["choices"][0]["delta"].get("content")):
                    came.append(time.perf_counter())
                    texts.append(text)

        request = {
            "messages": messages(talk),
            "stream": True,
            "temperature": 0,
            "ignore_eos": True,
            "max_tokens": tokens,
            "cache_prompt": True,
        }
        began = time.perf_counter()
        self._server.handle_chat_completions(request, take)
        return Sample(came[0] - began, came[-1] - began, tokens, "".join(texts))


CONTENDERS = {
    "studio": Studio,
    "studio /v1": Api,
    "openvino-genai": OpenVINO,
    "xllamacpp": LlamaCpp,
    "transformers": Transformers,
}


def main(name: str) -> None:
    """Open the engine and answer commands until standard input ends."""
    # What native code prints must not get between the samples.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(answer: Any) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    try:
        contender = CONTENDERS[name]()
    except ImportError as error:
        say({"absent": str(error)})
        return
    say({"ready": True} | ({"server": contender.server} if isinstance(contender, Api) else {}))
    for line in sys.stdin:
        command = json.loads(line)
        if "count" in command:
            say(contender.count(command["count"]))
        else:
            gc.collect()
            say([asdict(sample) for sample in contender.run(command["talks"], command["tokens"])])
    if isinstance(contender, Api):
        contender.close()
    # Engines' own threads may be in the way of an orderly end.
    threading._shutdown = lambda: None
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
