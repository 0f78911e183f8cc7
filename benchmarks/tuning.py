"""How OpenVINO GenAI is best set up for a model here; run ``python -m benchmarks.tuning``.

One process a setting, each measured in turn in every round, so that a busy moment of the machine hits all of them.
``write`` is a story of its own, ``copy`` a rewrite that keeps most words, alone and eight of them at once; ``read`` is
a new prompt of 1,000 tokens, and ``beside`` what another reply writes while such a prompt is read. What the studio
chooses from by itself, ``assistants.engines.tuning`` says.
"""

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from assistants import processor
from assistants.engines.tuning import machine
from assistants.models.files.downloads import Halt
from assistants.models.files.gguf import read_metadata
from assistants.models.files.readiness import make_ready
from benchmarks.contenders import AT_ONCE, starter

PASSAGE = (
    "The harbour of the old town lies below the copper bridge. In winter the fishermen mend their nets by the light of "
    "a lamp, and the violin maker sells paper stars to the children who come down from the garden. On Sundays the "
    "market opens at eight, and the smell of bread follows the river to the mill. "
)
TASKS = {
    "write": "Tell a long story about a lighthouse and the people who keep it.",
    "copy": f"Repeat this text word by word, but write lantern instead of lamp: {PASSAGE}",
}
# By name: properties of the pipeline, of the scheduler, and of every generation.
F32, BF16 = {"INFERENCE_PRECISION_HINT": "f32"}, {"INFERENCE_PRECISION_HINT": "bf16"}
SETTINGS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "as it is": ({}, {}, {}),
    "bf16": (BF16, {}, {}),
    "f32": (F32, {}, {}),
    "f32, groups of 64": (F32 | {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 64}, {}, {}),
    "f32, groups of 128": (F32 | {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 128}, {}, {}),
    "f32, no groups": (F32 | {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0}, {}, {}),
    "f32, cache f16": (F32 | {"KV_CACHE_PRECISION": "f16"}, {}, {}),
    "f32, cache f32": (F32 | {"KV_CACHE_PRECISION": "f32"}, {}, {}),
    "one thread": ({"INFERENCE_NUM_THREADS": 1}, {}, {}),
    "threads pinned": ({"ENABLE_CPU_PINNING": True, "INFERENCE_NUM_THREADS": processor.usable()}, {}, {}),
    "batch of 64": ({}, {"max_num_batched_tokens": 64}, {}),
    "batch of 128": ({}, {"max_num_batched_tokens": 128}, {}),
    "batch of 512": ({}, {"max_num_batched_tokens": 512}, {}),
    "four slots": ({}, {"max_num_seqs": 4}, {}),
    "lookup 3, guess 5": ({"prompt_lookup": True}, {}, {"max_ngram_size": 3, "num_assistant_tokens": 5}),
    "lookup 3, guess 2": ({"prompt_lookup": True}, {}, {"max_ngram_size": 3, "num_assistant_tokens": 2}),
}


READ = 1000


class Pipeline:
    """A model under one setting."""

    def __init__(self, file: Path, name: str) -> None:
        sys.modules["openvino_telemetry"] = None
        import openvino_genai

        properties, scheduling, self._generating = SETTINGS[name]
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.enable_prefix_caching = True
        for key, value in scheduling.items():
            setattr(scheduler, key, value)
        folder = make_ready(file, file.parent, lambda *_: None, Halt())
        tokenizer = openvino_genai.Tokenizer(folder)
        tokenizer.set_chat_template(read_metadata(file)["tokenizer.chat_template"])
        self._pipe = openvino_genai.ContinuousBatchingPipeline(folder, tokenizer, scheduler, "CPU", **properties)
        self._number = 0

    def measure(self, task: str, count: int, tokens: int) -> float:
        """Return tokens a second: written in all by ``count`` at once, read of a new prompt, or written beside that."""
        if task == "read":
            return self._reads()
        return self._writes_beside() if task == "beside" else self.pace(task, count, tokens)

    def _ask(self, prompt: int, tokens: int) -> Any:
        """Return the handle of a prompt of so many tokens by chance; without who holds it, it is dropped."""
        import openvino
        import openvino_genai

        self._number += 1
        config = openvino_genai.GenerationConfig(max_new_tokens=tokens, min_new_tokens=tokens, ignore_eos=True)
        ids = openvino.Tensor(openvino.Type.i64, openvino.Shape([1, prompt]))
        ids.data[0] = [random.randrange(1000, 40_000) for _ in range(prompt)]
        return self._pipe.add_request(self._number, ids, config)

    def _end(self, *handles: Any) -> None:
        for handle in handles:
            handle.cancel()
        while self._pipe.has_non_finished_requests():
            self._pipe.step()

    def _reads(self) -> float:
        handle, began = self._ask(READ, 2), time.perf_counter()
        while not handle.can_read():
            self._pipe.step()
        seconds = time.perf_counter() - began
        self._end(handle)
        return READ / seconds

    def _writes_beside(self) -> float:
        writing = self._ask(16, READ)
        while not writing.can_read():
            self._pipe.step()
        writing.read()
        reading, began, seen = self._ask(READ, 2), time.perf_counter(), 0
        while not reading.can_read():
            self._pipe.step()
            while writing.can_read():
                seen += sum(len(output.generated_ids) for output in writing.read().values())
        seconds = time.perf_counter() - began
        self._end(writing, reading)
        return seen / seconds

    def pace(self, task: str, count: int, tokens: int) -> float:
        """Answer ``count`` prompts at once; return tokens a second in all, from the first token on."""
        import openvino_genai

        config = openvino_genai.GenerationConfig(max_new_tokens=tokens, **self._generating)
        template = self._pipe.get_tokenizer().apply_chat_template
        handles = []
        for number in range(count):
            self._number += 1
            message = {"role": "user", "content": f"{TASKS[task]}{' ' * number}"}
            handles.append(
                self._pipe.add_request(self._number, template([message], add_generation_prompt=True), config)
            )
        self._pipe.step()
        began, seen = time.perf_counter(), 0
        while self._pipe.has_non_finished_requests():
            self._pipe.step()
        for handle in handles:
            while handle.can_read():
                seen += sum(len(output.generated_ids) for output in handle.read().values())
        return (seen - count) / (time.perf_counter() - began)


def serve(file: str, name: str) -> None:
    """Answer commands until standard input ends."""
    pipeline = Pipeline(Path(file), name)
    for line in sys.stdin:
        print(json.dumps(pipeline.measure(*json.loads(line))), flush=True)


def main() -> None:
    """Measure every setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--file", type=Path, default=starter(), help="a GGUF that OpenVINO GenAI runs")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=96)
    parser.add_argument("--only", nargs="+", choices=SETTINGS, default=list(SETTINGS), metavar="NAME")
    asked = parser.parse_args()
    rows = [("write", 1), ("copy", 1), ("write", AT_ONCE), ("copy", AT_ONCE), ("read", 1), ("beside", 1)]
    make_ready(asked.file, asked.file.parent, lambda *_: None, Halt())
    programs = {
        name: subprocess.Popen(
            [sys.executable, "-c", f"from benchmarks.tuning import serve; serve({str(asked.file)!r}, {name!r})"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in asked.only
    }
    figures: dict[str, dict[tuple[str, int], list[float]]] = {name: {row: [] for row in rows} for name in programs}
    for number in range(-1, asked.rounds):
        for row in rows:
            for name, program in programs.items():
                with contextlib.suppress(BrokenPipeError):
                    print(json.dumps([*row, asked.tokens]), file=program.stdin, flush=True)
                # A library that does not take a setting ends its process, and says why.
                pace = float(program.stdout.readline() or "nan")
                if number >= 0:  # the first round warms up
                    figures[name][row].append(pace)
    print(f"{asked.file.name}, {os.cpu_count()} processors: {' '.join(machine()['units']) or 'no units for 16 bits'}\n")
    print("| tokens/s | " + " | ".join(f"{task}, {count} at once" for task, count in rows) + " |\n|---|" + "---|" * 6)
    for name, found in figures.items():
        with contextlib.suppress(BrokenPipeError):
            programs[name].stdin.close()
        print(f"| {name} | " + " | ".join(f"{median(found[row]):.1f}" for row in rows) + " |")


if __name__ == "__main__":
    main()
