"""What the studio has to know about a model: what it can do, and what it does best.

Reads configurations only; knows nothing about drawing.
"""

from inspect import Parameter, signature
from typing import Any

import diffusers
import torch
from loading import Model
from schedules import Schedules

# Steps and guidance that each kind is mostly run with, by the beginning of its pipeline's name; the longest wins.
HABITS = {
    "StableDiffusion": (25, 7.5),
    "StableDiffusionXL": (30, 5.0),
    "StableDiffusion3": (28, 7.0),
    "LatentConsistencyModel": (4, 8.0),
    "PixArt": (20, 4.5),
    "Flux": (28, 3.5),
}
# Of the studio's own starter, which is known by its text encoder.
STARTER = (20, 3.0)
# Kinds that are made for a few steps and no guidance are known by their scheduler.
FEW_STEPS = 4
FAMILIES = {
    "StableDiffusion": "sd1",
    "StableDiffusionXL": "sdxl",
    "StableDiffusion3": "sd3",
    "LatentConsistencyModel": "sd1",
    "PixArt": "pixart",
    "Flux": "flux",
}
# The width of the text encoder that came with version 2.
SECOND = 1024
LEAST_SIDE = 256
# Latents of others than these are refused by the pipelines that paint over pictures.
UNET_CHANNELS = 4


def longest(table: dict[str, Any], name: str) -> Any:
    """Return what a table says of the longest beginning of a name, or None."""
    return table.get(max((start for start in table if name.startswith(start)), key=len, default=""))


def pipelines(model: Model) -> dict[str, Any]:
    """Return the pipelines with the model's parts, by what they do; diffusers calls those of one model alike."""
    pipeline = model.pipeline
    name = type(pipeline).__name__.removesuffix("Pipeline")
    if name.endswith("Inpaint"):
        return {"inpaint": pipeline}
    found = {"text": pipeline}
    for task, ending in (("image", "Img2Img"), ("inpaint", "Inpaint")):
        kind = getattr(diffusers, f"{name}{ending}Pipeline", None)
        if kind and (made := assembled(kind, pipeline)):
            found[task] = made
    if "unet" in pipeline.components and model.denoiser.config.in_channels != UNET_CHANNELS:
        found.pop("inpaint", None)
    return found


def assembled(kind: type, pipeline: Any) -> Any | None:
    """Return a pipeline of another kind with the same parts, or None if it needs others."""
    given = {}
    for name, parameter in signature(kind).parameters.items():
        if name in pipeline.components:
            given[name] = pipeline.components[name]
        elif name in pipeline.config:
            given[name] = pipeline.config[name]
        elif parameter.default is Parameter.empty:
            return None
    made = kind(**given)
    made.set_progress_bar_config(disable=True)
    return made


def options(pipeline: Any) -> dict[str, Any]:
    """Return what a pipeline may be told, with its defaults."""
    return {name: one.default for name, one in signature(pipeline.__call__).parameters.items()}


def read(model: Model, tasks: list[str], schedules: Schedules, weighted: bool) -> dict[str, Any]:
    """Return the facts."""
    pipeline, name = model.pipeline, type(model.pipeline).__name__
    steps, guidance = habits(pipeline, name)
    side, multiple = native_side(model), pixels(model)
    takes = options(pipeline)
    return {
        "family": family(model, name),
        "tasks": tasks,
        "width": side,
        "height": side,
        "multiple": multiple,
        "largest": max(2 * side, LEAST_SIDE),
        "steps": steps,
        "guidance": guidance,
        "scheduler": schedules.own,
        "schedulers": schedules.names,
        "negative": "negative_prompt" in takes and family(model, name) != "flux",
        "weights": weighted,
        "loras": hasattr(pipeline, "load_lora_weights"),
        "device": model.device,
        "dtype": str(model.dtype).removeprefix("torch."),
        "batch": 1,
        "tokens": tokens(pipeline, takes),
        "made_with": made_with(model),
    }


def family(model: Model, name: str) -> str:
    """Return what a model is a kind of, in one word."""
    known = longest(FAMILIES, name) or name.removesuffix("Pipeline").lower()
    is_second = known == "sd1" and model.denoiser.config.get("cross_attention_dim") == SECOND
    return "sd2" if is_second else known


def habits(pipeline: Any, name: str) -> tuple[int, float]:
    """Return the steps and the guidance to begin with."""
    kind, config = type(pipeline.scheduler).__name__, pipeline.scheduler.config
    is_turbo = kind == "EulerAncestralDiscreteScheduler" and config.get("timestep_spacing") == "trailing"
    if kind == "LCMScheduler" or is_turbo:
        return FEW_STEPS, 1.0
    if type(getattr(pipeline, "text_encoder", None)).__name__ == "BertModel":
        return STARTER
    own = options(pipeline)
    return longest(HABITS, name) or (int(own.get("num_inference_steps") or 25), float(own.get("guidance_scale") or 5))


def native_side(model: Model) -> int:
    """Return the side of the pictures that a model was trained on."""
    size = model.denoiser.config.get("sample_size") or getattr(model.pipeline, "default_sample_size", 64)
    size = size if isinstance(size, int) else max(size)
    side, multiple = size * model.pipeline.vae_scale_factor, pixels(model)
    return max(side - side % multiple, multiple)


def pixels(model: Model) -> int:
    """Return what both sides of a picture have to be a multiple of."""
    patch = model.denoiser.config.get("patch_size") or 1
    packed = 2 if hasattr(model.pipeline, "_pack_latents") else 1
    return model.pipeline.vae_scale_factor * (patch if isinstance(patch, int) else max(patch)) * packed


def tokens(pipeline: Any, takes: dict[str, Any]) -> int:
    """Return how much of a prompt is read."""
    most = takes.get("max_sequence_length")
    length = getattr(getattr(pipeline, "tokenizer", None), "model_max_length", 77)
    return int(most if isinstance(most, int) else min(length, 10_000))


def made_with(model: Model) -> dict[str, str]:
    """Return what has to be the same for the same pixels."""
    where = torch.cuda.get_device_name() if model.device == "cuda" else torch.backends.cpu.get_cpu_capability()
    return {
        "torch": torch.__version__,
        "diffusers": diffusers.__version__,
        "device": f"{model.device} {where}",
        "dtype": str(model.dtype).removeprefix("torch."),
        "model": model.identity,
        "seeds": "same",
    }
