"""What the engines do with the same model; run ``python -m benchmarks.engines``.

One table of one run: the studio by itself and through ``/v1``, bare OpenVINO GenAI, transformers, and llama.cpp where
``xllamacpp`` is installed; the same GGUF, prompts, token counts and threads. The engines take turns in every round, so
that a busy moment of the machine hits all of them; figures are medians of the rounds, and the ratios count, not the
absolute figures. A cold prompt is a new one that shares nothing with any other but what the chat template begins with.
After its answer the conversation goes on with a question of some twenty tokens, and the prompt is asked once more.
"""

import argparse
import contextlib
import itertools
import json
import random
import subprocess
import sys
import threading
from bisect import bisect_right
from collections.abc import Iterator
from statistics import median, quantiles
from typing import Any

import psutil

from benchmarks.contenders import AT_ONCE, CONTENDERS

WORDS = ("river", "stone", "lamp", "winter", "paper", "garden", "bridge", "violin", "harbour", "copper", "sparrow")
TASK = ": tell a long story in which these words occur."
MORE = "Now tell it once more, much shorter, for a child of five years who loves ships and dogs."
ROWS = {
    "decode, single (tokens/s)": True,
    "first token, 200 tokens, cold (s)": False,
    "first token, 200 tokens, going on (s)": False,
    "first token, 200 tokens, asked again (s)": False,
    "first token, 1,500 tokens, cold (s)": False,
    "first token, 1,500 tokens, going on (s)": False,
    "first token, 1,500 tokens, asked again (s)": False,
    "8 at once (tokens/s in all)": True,
    "8 at once, 95th percentile of the first token (s)": False,
    "peak memory (MB)": False,
}


class Process:
    """A contender in its own process, and how much memory it has taken at most."""

    def __init__(self, name: str) -> None:
        command = [sys.executable, "-m", "benchmarks.contenders", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        ready = json.loads(self._process.stdout.readline() or '{"absent": "it does not start"}')
        self.absent = ready.get("absent")
        self.peak = 0
        # A server's client is none of its memory.
        self._root = ready.get("server", self._process.pid)
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def ask(self, **command: Any) -> Any:
        """Send a command and return the answer."""
        print(json.dumps(command), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        """End it."""
        self._ended.set()
        self._watcher.join()
        self._process.stdin.close()
        self._process.wait()

    def _watch(self) -> None:
        root = psutil.Process(self._root)
        while not self._ended.wait(0.1):
            with contextlib.suppress(psutil.NoSuchProcess):
                family = [root, *root.children(recursive=True)]
                self.peak = max(self.peak, sum(one.memory_info().rss for one in family))


def prompts(counter: Process, tokens: int, seed: str) -> Iterator[str]:
    """Yield prompts of at most so many tokens and hardly fewer, each with words in an order of its own."""
    for number in itertools.count():
        shuffled = random.Random(f"{seed} {tokens} {number}")
        words = [str(shuffled.randrange(10**6)), *(shuffled.choice(WORDS) for _ in range(tokens))]
        length = bisect_right(range(tokens), tokens, key=lambda size: counter.ask(count=asked(words[:size]))) - 1
        yield asked(words[:length])


def asked(words: list[str]) -> str:
    """Return the prompt that begins with the words."""
    return " ".join(words) + TASK


def measured(process: Process, cold: dict[int, Iterator[str]], tokens: int) -> Iterator[tuple[str, float]]:
    """Yield a figure for each row."""
    for size in (200, 1500):
        prompt = next(cold[size])
        (sample,) = process.ask(talks=[[prompt]], tokens=tokens)
        yield f"first token, {size:,} tokens, cold (s)", sample["first"]
        for name, talk in (("going on", [prompt, sample["text"], MORE]), ("asked again", [prompt])):
            (warm,) = process.ask(talks=[talk], tokens=8)
            yield f"first token, {size:,} tokens, {name} (s)", warm["first"]
        if size == 200:
            yield "decode, single (tokens/s)", (sample["tokens"] - 1) / (sample["seconds"] - sample["first"])
    samples = process.ask(talks=[[next(cold[200])] for _ in range(AT_ONCE)], tokens=tokens)
    yield "8 at once (tokens/s in all)", sum(one["tokens"] for one in samples) / max(one["seconds"] for one in samples)
    firsts = [one["first"] for one in samples]
    yield "8 at once, 95th percentile of the first token (s)", quantiles(firsts, n=20, method="inclusive")[-1]


def report(figures: dict[str, dict[str, list[float]]], rounds: int, tokens: int) -> None:
    """Print the table; in brackets, how many times better the studio is than each of the others."""
    names = list(figures)
    print(f"\nStarter, {tokens} new tokens, median of {rounds}; in brackets: the studio against it\n")
    print("| | " + " | ".join(names) + " |\n|---|" + "---|" * len(names))
    for row, more_is_better in ROWS.items():
        medians = {name: median(figures[name][row]) for name in names}
        own, cells = medians["studio"], []
        for name, value in medians.items():
            ratio = own / value if more_is_better else value / own
            digits = 3 if value < 10 else 0
            cells.append(f"{value:,.{digits}f}" + (f" ({ratio:.2f})" if name != "studio" else ""))
        print(f"| {row} | " + " | ".join(cells) + " |")


def main() -> None:
    """Measure all that are installed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS), metavar="NAME")
    options = parser.parse_args()
    processes = {name: Process(name) for name in ["studio", *(one for one in options.only if one != "studio")]}
    for name, process in processes.items():
        if process.absent:
            print(f"{name} is left out: {process.absent}")
    present = {name: process for name, process in processes.items() if not process.absent}
    figures: dict[str, dict[str, list[float]]] = {name: {row: [] for row in ROWS} for name in present}
    cold = {size: prompts(present["studio"], size, str(random.random())) for size in (200, 1500)}
    for number in range(-1, options.rounds):
        for name, process in present.items():
            for row, value in measured(process, cold, options.tokens):
                if number >= 0:  # the first round warms up
                    figures[name][row].append(value)
            print(f"round {number + 1} of {options.rounds}: {name}", file=sys.stderr, flush=True)
    for name, process in present.items():
        figures[name]["peak memory (MB)"].append(process.peak / 1e6)
        process.close()
    report(figures, options.rounds, options.tokens)


if __name__ == "__main__":
    main()
