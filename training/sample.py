"""Pictures from prompts, through diffusers' own StableDiffusionPipeline.

Run ``python -m training.sample --model DIR --out grid.png`` for the fixed prompts, or add ``--prompt``. Knows nothing
of training.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from diffusers import AutoencoderKL, DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel
from PIL import Image

from training.loop import fast_arithmetic
from training.sheet import contact_sheet
from training.text import load_text_encoder

STEPS = 20
GUIDANCE = 3.0
PROMPTS = (
    "a snowman", "a dog on mars", "a dragon at night", "a penguin in the snow", "an owl in a forest",
    "a cat on a pink background", "a fire truck", "a sailboat on the sea", "a turtle on the beach", "a robot at night",
    "a rocket in space", "a car in the city", "a horse on mars", "a unicorn at sunset", "a giraffe in the desert",
    "a steam train in the mountains", "an astronaut on the moon", "a hamburger on a table", "a red rose",
    "a guitar on a blue background", "a whale underwater", "a castle at sunset", "a photo of a lion on the grass",
    "a pizza on a yellow background", "an astronaut riding a horse on mars", "two apples on a table",
    "a cat and a dog on the grass", "three penguins in the snow", "a small robot in a city", "a blue car on the beach",
    "a pineapple in the sky", "a crown on a red background",
)  # fmt: skip


def new_scheduler() -> DDIMScheduler:
    """The noise schedule that the UNet is trained on; its end is so noisy that nothing of the picture is left."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.02,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        clip_sample=False,
        set_alpha_to_one=False,
        steps_offset=1,
        timestep_spacing="trailing",
    )


def assemble(unet: UNet2DConditionModel, vae: AutoencoderKL, embedder: Path | None = None) -> StableDiffusionPipeline:
    """The whole pipeline out of its trained parts and the embedder."""
    tokenizer, encoder = load_text_encoder(embedder)
    pipeline = StableDiffusionPipeline(
        vae=vae,
        text_encoder=encoder.to(unet.device),
        tokenizer=tokenizer,
        unet=unet,
        scheduler=new_scheduler(),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def load_exported(folder: Path, embedder: Path | None = None) -> StableDiffusionPipeline:
    """An exported model with the embedder put in its place."""
    tokenizer, encoder = load_text_encoder(embedder)
    parts = {"tokenizer": tokenizer, "text_encoder": encoder, "safety_checker": None}
    pipeline = StableDiffusionPipeline.from_pretrained(folder, dtype=torch.float32, local_files_only=True, **parts)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda" if torch.cuda.is_available() else "cpu")


def generate(pipeline: StableDiffusionPipeline, prompts: list[str], seed: int = 0, **settings) -> list[Image.Image]:
    """One 128 x 128 picture a prompt; picture ``i`` depends on ``seed + i`` alone."""
    generators = [torch.Generator().manual_seed(seed + index) for index in range(len(prompts))]
    settings = {"num_inference_steps": STEPS, "guidance_scale": GUIDANCE} | settings
    with fast_arithmetic(pipeline.device):
        return pipeline(list(prompts), height=128, width=128, generator=generators, **settings).images


def main() -> None:
    """Write one grid."""
    line = argparse.ArgumentParser(description=__doc__)
    line.add_argument("--model", type=Path, required=True, help="an exported model")
    line.add_argument("--embedder", type=Path)
    line.add_argument("--out", type=Path, required=True)
    line.add_argument("--prompt", action="append", help="may be repeated; default: the fixed list")
    line.add_argument("--seed", type=int, default=0)
    line.add_argument("--steps", type=int, default=STEPS)
    line.add_argument("--guidance", type=float, default=GUIDANCE)
    options = line.parse_args()
    pipeline = load_exported(options.model, options.embedder)
    prompts = options.prompt or list(PROMPTS)
    settings = {"num_inference_steps": options.steps, "guidance_scale": options.guidance}
    contact_sheet(generate(pipeline, prompts, options.seed, **settings), prompts).save(options.out)


if __name__ == "__main__":
    main()
