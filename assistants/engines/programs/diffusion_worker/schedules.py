"""Schedulers by short names, made anew for each picture, and what can be learnt by watching one.

Knows nothing about pipelines.
"""

from functools import wraps
from typing import Any

import diffusers
import torch


class Schedules:
    """The schedulers that a model can be run with; ``known`` are our names with the class and options of each."""

    def __init__(self, own: Any, known: dict[str, str]) -> None:
        self._own = own
        compatible = {kind.__name__ for kind in own.compatibles}
        # Made for a kind of training that an adapter (LoRA) can bring to a model of another scheduler.
        compatible |= {"LCMScheduler"} if "beta_schedule" in own.config else set()
        self._known = {name: words.split() for name, words in known.items() if words.split()[0] in compatible}

    @property
    def names(self) -> list[str]:
        """Our names of those that fit."""
        return list(self._known)

    @property
    def own(self) -> str | None:
        """Our name of the model's own, if it has one."""
        karras = bool(self._own.config.get("use_karras_sigmas"))
        for name, (kind, *options) in self._known.items():
            if kind == type(self._own).__name__ and karras == ("use_karras_sigmas" in options):
                return name
        return None

    def make(self, name: str | None) -> Any:
        """Return a new scheduler, for it keeps the state of the picture that it was made for."""
        if name is None:
            return type(self._own).from_config(self._own.config)
        kind, *options = self._known[name]
        given = {"use_karras_sigmas": False} if self._own.config.get("use_karras_sigmas") else {}
        return getattr(diffusers, kind).from_config(self._own.config, **given | dict.fromkeys(options, True))


class Watch:
    """Looks over a scheduler's shoulder.

    ``guess`` is what it takes the finished picture to be, if it says so; ``start`` and ``noise`` are the initial
    picture's latents and what was laid on them.
    """

    def __init__(self, scheduler: Any) -> None:
        self.guess: torch.Tensor | None = None
        self.start: torch.Tensor | None = None
        self.noise: torch.Tensor | None = None
        self._scheduler = scheduler
        self._flows = hasattr(scheduler, "scale_noise")
        scheduler.step = self._watched(scheduler.step)
        name = "scale_noise" if self._flows else "add_noise"
        self._lay = getattr(scheduler, name)
        setattr(scheduler, name, self._noted(self._lay))

    def noisy(self, time: Any) -> torch.Tensor:
        """Return the initial picture as noisy as the picture on its way is after the step of that time."""
        steps = self._scheduler.timesteps
        after = int((steps == time).nonzero()[-1]) + 1
        assert self.start is not None, "noise was laid on an initial picture"
        return self._laid(steps[after : after + 1].repeat(len(self.start))) if after < len(steps) else self.start

    def _laid(self, time: torch.Tensor) -> torch.Tensor:
        return self._lay(self.start, time, self.noise) if self._flows else self._lay(self.start, self.noise, time)

    def _watched(self, step: Any) -> Any:
        @wraps(step)
        def watched(model_output: torch.Tensor, timestep: Any, sample: torch.Tensor, *rest: Any, **options: Any) -> Any:
            sigma = self._sigma()
            result = step(model_output, timestep, sample, *rest, **options)
            self.guess = self._guess(result, model_output, sample, sigma)
            return result

        return watched

    def _sigma(self) -> Any:
        place = getattr(self._scheduler, "step_index", None)
        return self._scheduler.sigmas[place or 0] if self._flows else None

    def _guess(self, result: Any, output: torch.Tensor, sample: torch.Tensor, sigma: Any) -> torch.Tensor | None:
        if isinstance(result, tuple) and len(result) > 1 and getattr(result[1], "shape", None) == sample.shape:
            return result[1]
        if sigma is not None and output.shape == sample.shape:
            return sample - sigma.to(sample.device) * output
        # The solvers keep what the model said, as the finished picture.
        said = [one for one in getattr(self._scheduler, "model_outputs", None) or [] if one is not None]
        predicts = self._scheduler.config.get("predict_x0", True) and "++" in str(
            self._scheduler.config.get("algorithm_type", "++")
        )
        return said[-1] if said and predicts else None

    def _noted(self, lay: Any) -> Any:
        @wraps(lay)
        def noted(sample: torch.Tensor, second: Any, third: Any) -> torch.Tensor:
            self.start, self.noise = sample, third if self._flows else second
            return lay(sample, second, third)

        return noted
