"""What drawing through the studio costs beside bare diffusers; run ``python -m benchmarks.images``.

The same pipeline in both: the engine with and without previews, and the pipeline called by itself in a process of its
own. They take turns in every round, so that a busy moment of the machine hits all of them; the ratios count, not the
absolute figures. Without ``--model`` it is an untrained model of the starter's size, for which the text encoder of
``training`` has to be installed.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from assistants.engines import diffusion
from assistants.engines.drawing import Drawing, Drawn

PROMPT = "a dog on mars"
NEVER = 1e9


class Bare:
    """The pipeline called by itself, in a process of its own."""

    def __init__(self, model: Path, encoder: Path | None) -> None:
        command = [sys.executable, "-m", "benchmarks.images", "--bare", "--model", str(model)]
        command += ["--text-encoder", str(encoder)] if encoder else []
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._process.stdout.readline()

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def draw(self, **options: Any) -> None:
        """Draw a picture."""
        print(json.dumps(options), file=self._process.stdin, flush=True)
        self._process.stdout.readline()

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def serve_bare(model: Path, encoder: Path | None) -> None:
    """Be the process that ``Bare`` starts: the engine's own way to load, and nothing of its way to draw."""
    import os

    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.path.insert(0, str(diffusion.PROGRAM))
    import torch
    from loading import load

    os.nice(10)
    pipeline = load(model, encoder).pipeline
    print("ready", flush=True)
    for line in sys.stdin:
        options = json.loads(line)
        chance = torch.Generator().manual_seed(options.pop("seed"))
        with torch.inference_mode():
            pipeline(PROMPT, generator=chance, **options).images[0].load()
        print("drawn", flush=True)


def untrained(folder: Path) -> Path:
    """Write a model of the starter's size and return the folder of its text encoder."""
    from training.export import write_weights
    from training.text import embedder_folder
    from training.unet import new_unet
    from training.vae import new_vae

    vae = new_vae()
    write_weights(vae, new_unet(vae.config.latent_channels), folder)
    return embedder_folder()


def timed(work: Callable[[], Any], process: psutil.Process) -> tuple[float, float]:
    """Return the seconds that pass, and those of the processors that the process that draws takes."""
    spent, begun = sum(process.cpu_times()[:2]), time.perf_counter()
    work()
    return time.perf_counter() - begun, sum(process.cpu_times()[:2]) - spent


def opened(model: Path, encoder: Path | None, pause: float) -> diffusion.Diffusion:
    diffusion.GLIMPSE_SECONDS = pause
    return diffusion.open_image("model", model, encoder)


def measure(model: Path, encoder: Path | None, rounds: int, steps: int) -> None:
    begun = time.perf_counter()
    shown = opened(model, encoder, 0.7)
    facts = shown.facts
    drawing = Drawing(PROMPT, width=facts.width, height=facts.height, steps=steps, guidance=5.0)

    def draw(engine: diffusion.Diffusion) -> None:
        assert any(isinstance(mark, Drawn) for mark in engine.draw(drawing))

    draw(shown)
    first = time.perf_counter() - begun
    hidden, bare = opened(model, encoder, NEVER), Bare(model, encoder)
    options = {"seed": 0, "width": facts.width, "height": facts.height}
    options |= {"num_inference_steps": steps, "guidance_scale": 5.0}
    ways = {
        "bare diffusers": (lambda: bare.draw(**options), psutil.Process(bare.pid)),
        "engine without previews": (lambda: draw(hidden), psutil.Process(hidden.start()._process.pid)),
        "engine": (lambda: draw(shown), psutil.Process(shown.start()._process.pid)),
    }
    with closing(shown), closing(hidden), closing(bare):
        for work, _ in ways.values():
            work()
        taken = {name: [] for name in ways}
        for _ in range(rounds):
            for name, way in ways.items():
                taken[name].append(timed(*way))
    print(f"{facts.width} x {facts.height}, {steps} steps, {facts.device} {facts.dtype}, {rounds} rounds")
    print(f"{'first picture, with loading':32}{first:8.2f} s")
    for name, times in taken.items():
        pairs = list(zip(times, taken["bare diffusers"], strict=True))
        wall, processor = (median(one[kind] / other[kind] for one, other in pairs) for kind in (0, 1))
        passed = [one for one, _ in times]
        print(
            f"{name:32}{median(passed):8.3f} s   fastest {min(passed):.3f} s   {wall:.3f} of bare,"
            f" {processor:.3f} in processor time"
        )


def main() -> None:
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--model", type=Path)
    line.add_argument("--text-encoder", type=Path)
    line.add_argument("--rounds", type=int, default=15)
    line.add_argument("--steps", type=int, default=20)
    line.add_argument("--bare", action="store_true", help=argparse.SUPPRESS)
    options = line.parse_args()
    if options.bare:
        serve_bare(options.model, options.text_encoder)
    elif options.model:
        measure(options.model, options.text_encoder, options.rounds, options.steps)
    else:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), untrained(Path(folder)), options.rounds, options.steps)


if __name__ == "__main__":
    main()
