"""What every training run here shares: device, schedule, averaged weights, checkpoints, log.

A run is a folder. Its randomness depends on the step alone, so a run that was killed goes on as if it had not been.
Knows nothing of models or pictures.
"""

from __future__ import annotations

import copy
import json
import math
import os
import time
from collections import defaultdict
from pathlib import Path

import torch

SAVE_EVERY = 240  # seconds between checkpoints
LOG_EVERY = 50  # steps between lines of the log


class Run:
    """A model in training: its averaged copy, its optimiser and its place on disk."""

    def __init__(self, folder: Path, model: torch.nn.Module, steps: int, rate: float, decay: float = 0.999):
        self.folder, self.steps, self.rate, self.decay = folder, steps, rate, decay
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.averaged = copy.deepcopy(self.model).eval().requires_grad_(False)
        settings = {"lr": rate, "betas": (0.9, 0.99), "weight_decay": 1e-3, "fused": True}
        self.optimiser = torch.optim.AdamW(self.model.parameters(), **settings)
        self.step, self.seconds = 0, 0.0
        self._sums, self._since = defaultdict(float), 0
        self._mark = self._saved = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def checkpoint(self) -> Path:
        """Where the latest state is."""
        return self.folder / "checkpoint.pt"

    def resume(self) -> None:
        """Go on from the folder's checkpoint, if it has one."""
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step, self.seconds = state["step"], state["seconds"]
        print(f"going on from step {self.step}", flush=True)

    def save(self) -> None:
        """Write the state beside the old one, then replace it."""
        state = {"step": self.step, "seconds": self.seconds, "model": self.model.state_dict()}
        state |= {"averaged": self.averaged.state_dict(), "optimiser": self.optimiser.state_dict()}
        fresh = self.checkpoint.with_suffix(".new")
        torch.save(state, fresh)
        os.replace(fresh, self.checkpoint)
        self._saved = time.monotonic()

    def autocast(self) -> torch.autocast:
        """The run's arithmetic."""
        return fast_arithmetic(self.device)

    def seed(self) -> None:
        """Make the coming step's randomness depend on the step alone."""
        torch.manual_seed(self.step)

    def update(self, loss: torch.Tensor, batch: int, **numbers: torch.Tensor) -> None:
        """One optimiser step, the averaged weights after it, and from time to time a log line and a checkpoint."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate * rate_factor(self.step, self.steps)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step += 1
        self._average()
        self._note(batch, loss=loss, **numbers)
        if time.monotonic() - self._saved > SAVE_EVERY or self.step >= self.steps:
            self.save()

    @torch.no_grad()
    def _average(self) -> None:
        weight = 1 - min(self.decay, (1 + self.step) / (20 + self.step))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.model.parameters()), weight)

    def _note(self, batch: int, **numbers: torch.Tensor) -> None:
        for name, value in numbers.items():
            self._sums[name] += float(value.detach())
        self._since += 1
        if self._since < LOG_EVERY and self.step < self.steps:
            return
        now = time.monotonic()
        elapsed = now - self._mark
        self.seconds += elapsed
        speed = round(self._since * batch / elapsed, 1)
        line = {"step": self.step, "seconds": round(self.seconds), "per_second": speed}
        self.log(line | {name: round(total / self._since, 5) for name, total in self._sums.items()})
        self._sums.clear()
        self._since, self._mark = 0, now

    def log(self, line: dict) -> None:
        """Print a line and append it to ``log.jsonl``."""
        text = json.dumps(line)
        print(text, flush=True)
        with open(self.folder / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(text + "\n")


def rate_factor(step: int, steps: int, warmup: int = 100, hold: float = 0.5) -> float:
    """The learning rate's course: a short rise, level for ``hold`` of the run, then a cosine down to 2 %."""
    rise = min(1.0, (step + 1) / warmup)
    progress = step / max(1, steps)
    if progress < hold:
        return rise
    return rise * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - hold) / (1 - hold)))))


def fast_arithmetic(device: torch.device) -> torch.autocast:
    """bfloat16 where the hardware has it; a CPU that only emulates it is ten times slower than with float32."""
    native = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return torch.autocast(
        device.type,
        dtype=torch.bfloat16,
        enabled=device.type != "cpu" or bool(native.get("avx512_bf16") or native.get("amx_bf16")),
    )


def use_cores(workers: int) -> None:
    """Leave no core idle, and none to oversubscription by ``workers`` renderers that need a core each."""
    allowed = getattr(os, "sched_getaffinity", None)
    available = len(allowed(0)) if allowed else os.cpu_count() or 1
    torch.set_num_threads(max(1, available - workers if available > 4 else available))
