"""The engines that ``benchmarks.engines`` compares, one a process: ``python -m benchmarks.contenders NAME``.

Commands come in and samples go out, each one line of JSON. All of them run the starter's GGUF on the same number of
threads, take a user message through the model's own chat template, and choose the likeliest token each time without
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

from assistants.engines.catalog import read_catalog
from assistants.settings import Settings

AT_ONCE = 8
CONTEXT = 2048


@dataclass
class Sample:
    """One generation: seconds from the question to its first and to its last token, and how many there were."""

    first: float
    seconds: float
    tokens: int


class Contender(Protocol):
    """An open engine."""

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer all prompts at once, each with exactly so many tokens."""


def starter() -> Path:
    """Return the file that all of them run."""
    return read_catalog()["starter"].path(Settings().models_folder / "starter")


def clocked(pieces: Iterator[tuple[bool, int | None]]) -> Sample:
    """Run through a stream of (is this text, tokens if known) and return its times."""
    began, first, tokens = time.perf_counter(), 0.0, 0
    for has_text, counted in pieces:
        if has_text and not first:
            first = time.perf_counter()
        tokens = counted or tokens
    return Sample(first - began, time.perf_counter() - began, tokens)


def together(one: Callable[[str], Sample], prompts: list[str]) -> list[Sample]:
    """Answer each prompt on a thread of its own."""
    with ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(one, prompts))


class Studio:
    """Our engine as the assistants use it."""

    def __init__(self, name: str = "starter") -> None:
        from assistants.connections import Connections
        from assistants.models import Models

        settings = Settings()
        self._models = Models(settings, Connections(settings))
        for _ in self._models.waiting(name):
            pass
        self._engine = self._models.engine(name)

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer through ``stream``."""
        from langchain_core.messages import HumanMessage

        limits = {"max_tokens": tokens, "min_tokens": tokens}

        def one(prompt: str) -> Sample:
            chunks = self._engine.stream([HumanMessage(prompt)], temperature=0.0, repetition_penalty=1.0, **limits)
            usages = ((bool(chunk.text), (chunk.usage_metadata or {}).get("output_tokens")) for chunk in chunks)
            return clocked(usages)

        return together(one, prompts)

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
        self._server = self._open.enter_context(serving("starter"))
        self.server = self._server.process.pid

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer through a stream of chat completions."""
        return together(lambda prompt: clocked(self._stream(prompt, tokens)), prompts)

    def _stream(self, prompt: str, tokens: int) -> Iterator[tuple[bool, int | None]]:
        body = {
            "model": "starter",
            "messages": [{"role": "user", "content": prompt}],
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
                    has_text = bool(choices and choices[0]["delta"].get("content"))
                    yield has_text, (event.get("usage") or {}).get("completion_tokens")

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
        self._pipe = openvino_genai.ContinuousBatchingPipeline(starter(), scheduler, "CPU")
        self._number = 0

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer by steps until all are finished."""
        import openvino_genai

        template = self._pipe.get_tokenizer().apply_chat_template
        config = openvino_genai.GenerationConfig(max_new_tokens=tokens, min_new_tokens=tokens)
        began = time.perf_counter()
        handles, samples = [], [Sample(0.0, 0.0, 0) for _ in prompts]
        for prompt in prompts:
            self._number += 1
            text = template([{"role": "user", "content": prompt}], add_generation_prompt=True)
            handles.append(self._pipe.add_request(self._number, text, config))
        while self._pipe.has_non_finished_requests():
            self._pipe.step()
            passed = time.perf_counter() - began
            for handle, sample in zip(handles, samples, strict=True):
                while handle.can_read():
                    (output,) = handle.read().values()
                    sample.tokens += len(output.generated_ids)
                    sample.first = sample.first or passed
                    sample.seconds = passed
        return samples


class Transformers:
    """``generate`` of transformers in bfloat16, without a cache between calls."""

    def __init__(self) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

        torch.set_num_threads(threads())
        place = {"pretrained_model_name_or_path": str(starter().parent), "gguf_file": starter().name}
        self._tokenizer = AutoTokenizer.from_pretrained(**place, padding_side="left")
        self._model = AutoModelForCausalLM.from_pretrained(
            **place, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer as one padded batch, noting when each token came."""
        from transformers import StoppingCriteria

        times = []

        class Clock(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                times.append(time.perf_counter())
                return input_ids.new_zeros(len(input_ids)).bool()

        talks = [[{"role": "user", "content": prompt}] for prompt in prompts]
        began = time.perf_counter()
        inputs = self._tokenizer.apply_chat_template(
            talks, add_generation_prompt=True, return_tensors="pt", return_dict=True, padding=True
        )
        limits = {"max_new_tokens": tokens, "min_new_tokens": tokens}
        self._model.generate(**inputs, **limits, do_sample=False, stopping_criteria=[Clock()])
        return [Sample(times[0] - began, times[-1] - began, len(times)) for _ in prompts]


class LlamaCpp:
    """llama.cpp by the package xllamacpp, with as many slots as there are prompts at once."""

    def __init__(self) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(starter())
        params.n_parallel = AT_ONCE
        params.n_ctx = AT_ONCE * CONTEXT
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads()
        params.warmup = True
        self._server = xllamacpp.Server(params)

    def run(self, prompts: list[str], tokens: int) -> list[Sample]:
        """Answer through its in-process door for chat completions."""
        return together(lambda prompt: self._one(prompt, tokens), prompts)

    def _one(self, prompt: str, tokens: int) -> Sample:
        came: list[float] = []

        def take(event: Any) -> None:
            for one in event if isinstance(event, list) else [event]:
                if one.get("choices") and one["choices"][0]["delta"].get("content"):
                    came.append(time.perf_counter())

        request = {
            "messages": [{"role": "user", "content": prompt}],
            "stream": True,
            "temperature": 0,
            "ignore_eos": True,
            "max_tokens": tokens,
            "cache_prompt": True,
        }
        began = time.perf_counter()
        self._server.handle_chat_completions(request, take)
        return Sample(came[0] - began, came[-1] - began, tokens)


def threads() -> int:
    """Return how many threads each of them computes on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
            say([asdict(sample) for sample in contender.run(command["prompts"], command["tokens"])])
    if isinstance(contender, Api):
        contender.close()
    # Engines' own threads may be in the way of an orderly end.
    threading._shutdown = lambda: None
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
